/* SPDX-License-Identifier: MIT */
#include "checks/facts/answer.h"
#include "checks/facts/net_error.h"
#include "checks/judge/judge_stages.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

/*
 * Who answered, and what. The catalogue knows how the genuine service answers
 * without credentials and how its own network rules deny; a fact that is only
 * believed never makes a certain verdict.
 */

static void conclude(struct judging *j, enum status status, const char *cause,
    enum confidence confidence, const char *summary)
{
	finding_set(j, &(struct finding){ .status = status,
			   .stage = j->http->stage,
			   .cause = cause,
			   .confidence = confidence,
			   .summary = summary });
}

static void fail(struct judging *j, const char *cause, enum confidence confidence,
    const char *summary)
{
	conclude(j, STATUS_FAIL, cause, confidence, summary);
}

static void pass(struct judging *j, enum confidence confidence, const char *summary)
{
	j->verdict->confidence = confidence;
	j->verdict->summary = summary;
}

/* --- Answers ---------------------------------------------------------------------- */

static void say_disclosures(struct judging *j)
{
	const struct catalogue_entry *e = j->check->entry;

	for (size_t i = 0; e && i < e->n_disclosures; i++) {
		const char *value =
		    answer_disclosed(&e->disclosures[i], &j->http->http, j->arena);
		if (value)
			say(j, EVIDENCE_SUPPORTS, j->http, "%s: %s",
			    e->disclosures[i].what, quote(j, value));
	}
}

/* Key Vault says how the connection reached it; nothing else is as sure. */
static void note_path(struct judging *j)
{
	const char *info = http_header(&j->http->http, "x-ms-keyvault-network-info");

	if (!info || !judge_tls_proven(j))
		return;
	if (text_find_nocase(info, "conn_type=Subnet"))
		j->verdict->attributes |= ATTR_SERVICE_ENDPOINT;
	if (text_find_nocase(info, "conn_type=PrivateLink"))
		j->verdict->attributes |= ATTR_PRIVATE_ENDPOINT;
	if (text_find_nocase(info, "conn_type=Ipv4") &&
	    (j->verdict->attributes & ATTR_PRIVATE_ENDPOINT)) {
		/* A device on the path resolved the name again and went elsewhere. */
		j->verdict->attributes &= ~(unsigned)ATTR_PRIVATE_ENDPOINT;
		say(j, EVIDENCE_CONTRADICTS, j->http,
		    "the address is private, but the vault saw a public connection");
	}
}

static void say_answer(struct judging *j)
{
	const struct obs_http *h = &j->http->http;
	const char *server = http_header(h, "server");

	say(j, EVIDENCE_SUPPORTS, j->http, "HTTP %d in %.0f ms%s%s%s%s", h->status,
	    obs_ms(j->http), server ? ", server " : "", quote(j, server),
	    h->location ? ", to " : "", quote(j, h->location));
}

static const char *meaning_of(const struct answer_rule *rule, const char *otherwise)
{
	return rule->meaning ? rule->meaning : otherwise;
}

static enum confidence surest(const struct judging *j, const struct answer_rule *rule)
{
	if (rule->mark == MARK_BELIEVED)
		return CONFIDENCE_POSSIBLE;
	return judge_tls_proven(j) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
}

static bool judge_firewall(struct judging *j)
{
	enum firewall_mark mark = answer_azure_firewall(&j->http->http);

	if (mark == FIREWALL_NONE)
		return false;
	if (j->http->http.body)
		say(j, EVIDENCE_SUPPORTS, j->http, "the answer says \"%s\"",
		    quote_bytes(j, j->http->http.body, j->http->http.body_len));
	fail(j, "azure_firewall_http_deny",
	    mark == FIREWALL_SENTENCE ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY,
	    "Azure Firewall denied the request: no application rule matches");
	return true;
}

static bool judge_denial(struct judging *j)
{
	const struct catalogue_entry *e = j->check->entry;
	const struct answer_rule *rule =
	    e ? answer_match(e->denied, e->n_denied, &j->http->http) : NULL;

	if (!rule)
		return false;
	say(j, EVIDENCE_SUPPORTS, j->http, "HTTP %d means: %s", j->http->http.status,
	    meaning_of(rule, "denied by the service's own network rules"));
	fail(j, "service_denied", surest(j, rule),
	    arena_printf(j->arena, "the service denies this client: %s",
		meaning_of(rule, "its network rules say no")));
	return true;
}

static bool judge_genuine(struct judging *j)
{
	const struct catalogue_entry *e = j->check->entry;
	const struct answer_rule *rule =
	    e ? answer_match(e->genuine, e->n_genuine, &j->http->http) : NULL;

	if (!rule)
		return false;
	say(j, EVIDENCE_SUPPORTS, j->http, "recognised: %s",
	    meaning_of(rule, "the service's own answer"));
	pass(j, surest(j, rule), meaning_of(rule, "the service answered"));
	return true;
}

/* Behind a proven certificate a proxy's page is the peer's own, not the path's. */
static bool judge_block_page(struct judging *j)
{
	const struct obs_http *h = &j->http->http;
	const char *mark = answer_proxy_mark(h, j->arena);

	if (judge_tls_proven(j))
		return false;
	if (h->status == 407) {
		judge_proxy_status(j, 407);
		return true;
	}
	if (!mark)
		return false;
	say(j, EVIDENCE_SUPPORTS, j->http, "the answer bears a proxy's mark: %s", mark);
	if (judge_user_agent(j))
		return true;
	if (h->via_proxy && !j->tls && h->status >= 400) {
		judge_proxy_status(j, h->status);
		return true;
	}
	fail(j, "l7_block_page", CONFIDENCE_LIKELY,
	    arena_printf(j->arena, "a proxy or filter answered %d", h->status));
	return true;
}

static void judge_ad_hoc(struct judging *j)
{
	pass(j, judge_tls_proven(j) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY,
	    arena_printf(j->arena, "HTTP %d", j->http->http.status));
}

/* The service by its marks, in a state that no rule describes. */
static bool judge_marked(struct judging *j, const struct catalogue_entry *e)
{
	const struct answer_rule *rule =
	    answer_marked(e->genuine, e->n_genuine, &j->http->http);
	int status = j->http->http.status;

	if (!rule)
		return false;
	say(j, EVIDENCE_SUPPORTS, j->http,
	    "the answer bears the service's marks, but not its status");
	conclude(j, status >= 500 ? STATUS_FAIL : STATUS_WARN, "http_unexpected",
	    CONFIDENCE_LIKELY,
	    arena_printf(j->arena, "the service answered %d", status));
	return true;
}

static void judge_unrecognised(struct judging *j, const struct catalogue_entry *e)
{
	bool proven = judge_tls_proven(j);

	if (judge_marked(j, e))
		return;
	if (e->n_genuine == 0) {
		pass(j, proven ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE,
		    "an answer came; no mark of this service is known");
		return;
	}
	bool known = answer_rules_known(e->genuine, e->n_genuine);
	if (proven && !known) {
		say(j, EVIDENCE_CONTEXT, j->http,
		    "the answer is not the one believed of this service; the "
		    "certificate is");
		pass(j, CONFIDENCE_POSSIBLE,
		    "the certificate fits, the answer is unknown");
		return;
	}
	const char *mark = answer_proxy_mark(&j->http->http, j->arena);
	if (mark)
		say(j, EVIDENCE_SUPPORTS, j->http,
		    "the answer bears a proxy's mark: %s", mark);
	say(j, EVIDENCE_SUPPORTS, j->http, "no mark of the genuine service is in it");
	fail(j, "not_the_service", known ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE,
	    arena_printf(j->arena,
		"something answered %d that is not the genuine service",
		j->http->http.status));
}

static void judge_answer(struct judging *j)
{
	const struct catalogue_entry *e = j->check->entry;

	say_answer(j);
	say_disclosures(j);
	note_path(j);
	if (judge_firewall(j) || judge_denial(j))
		return;
	if (j->http->http.upgrade && (judge_jupyter(j) || judge_websocket(j)))
		return;
	if (!judge_genuine(j) && !judge_block_page(j)) {
		if (e)
			judge_unrecognised(j, e);
		else
			judge_ad_hoc(j);
	}
	judge_websocket_doubt(j);
}

/* --- No answer -------------------------------------------------------------------- */

static void end_of_stream(struct judging *j, enum stream_end end)
{
	const struct obs_http *h = &j->http->http;

	if (h->icmp.present)
		say(j, EVIDENCE_SUPPORTS, j->http, "%s",
		    icmp_words(j->arena, &h->icmp));
	judge_stream_end(
	    j, &(struct stream_death){
		   .obs = j->http, .end = end, .peer = &h->peer, .info = &h->info });
}

static void judge_not_http(struct judging *j, enum confidence confidence)
{
	const char *reason = j->http->http.reason;

	say(j, EVIDENCE_SUPPORTS, j->http, "the answer cannot be read as HTTP: %s",
	    reason ? quote(j, reason) : "no reason given");
	fail(
	    j, "http_unexpected", confidence, "the answer is not HTTP as it should be");
}

bool judge_http(struct judging *j)
{
	if (!j->http)
		return judge_unfinished(j, protocol_is_websocket(j->target->protocol)
					       ? STAGE_WEBSOCKET
					       : STAGE_HTTP);
	if (judge_proxy(j))
		return false;
	switch (j->http->http.outcome) {
	case HTTP_ANSWERED:
		judge_answer(j);
		break;
	case HTTP_RESET:
		end_of_stream(j, STREAM_RESET);
		break;
	case HTTP_CLOSED:
		end_of_stream(j, STREAM_CLOSED);
		break;
	case HTTP_TIMEOUT:
		end_of_stream(j, STREAM_SILENT);
		break;
	case HTTP_MALFORMED:
		judge_not_http(j, CONFIDENCE_LIKELY);
		break;
	case HTTP_PROXY_REFUSED: /* has been told */
	case HTTP_ERROR:
		judge_not_http(j, CONFIDENCE_POSSIBLE);
		break;
	}
	return j->verdict->status == STATUS_PASS || j->verdict->status == STATUS_WARN;
}
