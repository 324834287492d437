/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/facts/answer.h"
#include "checks/facts/facts.h"
#include "checks/why/why.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

/*
 * Whether requests and answers arrive as they were sent, where somebody on the path can
 * read them. A verified handshake proves that nobody can, so only plain text and
 * intercepted TLS are compared, once for each path: the check that did it is warned.
 */

static void warn(struct judging *j, const char *cause, enum confidence confidence,
    const char *summary)
{
	finding_set(j, &(struct finding){ .status = STATUS_WARN,
			   .stage = STAGE_HTTP,
			   .cause = cause,
			   .confidence = confidence,
			   .summary = summary });
}

static const struct obs_http *answer_of(const struct obs *o)
{
	return why_variant_answered(&o->request_variant) ? o->request_variant.http
							 : NULL;
}

/* --- Requests that are filtered ------------------------------------------------------
 */

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* How sure it is that not the peer of the control answered; CANNOT_TELL = it did. */
static enum confidence foreign(struct judging *j, const struct obs_http *answer)
{
	const struct obs_http *control = &j->http->http;

	if (answer_proxy_mark(control, j->arena))
		return CONFIDENCE_CANNOT_TELL;
	if (answer_proxy_mark(answer, j->arena) ||
	    answer_azure_firewall(answer) != FIREWALL_NONE)
		return CONFIDENCE_LIKELY;
	if (answer->status >= 400 && answer->status != control->status &&
	    !same_text(http_header(answer, "server"), http_header(control, "server")))
		return CONFIDENCE_POSSIBLE;
	return CONFIDENCE_CANNOT_TELL;
}

static const char *variant_words(struct judging *j, const struct obs *o)
{
	const struct obs_request_variant *v = &o->request_variant;

	return v->what == REQUEST_METHOD
		   ? arena_printf(j->arena, "%s", quote(j, v->method))
		   : arena_printf(
			 j->arena, "User-Agent \"%s\"", quote(j, v->user_agent));
}

/* The check's own request was answered; this one went dead on an open connection. */
static bool was_cut(const struct obs_request_variant *v)
{
	const struct obs_http *h = v->n_http ? v->http : NULL;

	return h && (h->outcome == HTTP_RESET || h->outcome == HTTP_CLOSED);
}

static void judge_variant(struct judging *j, const struct obs *o)
{
	const struct obs_request_variant *v = &o->request_variant;
	const struct obs_http *answer = answer_of(o);
	enum confidence c = answer       ? foreign(j, answer)
			    : was_cut(v) ? CONFIDENCE_POSSIBLE
					 : CONFIDENCE_CANNOT_TELL;

	if (c == CONFIDENCE_CANNOT_TELL)
		return;
	if (answer)
		say(j, EVIDENCE_SUPPORTS, o, "the same request with %s: HTTP %d, %s",
		    variant_words(j, o), answer->status,
		    c == CONFIDENCE_LIKELY ? "in a proxy's or filter's words"
					   : "from another server");
	else
		say(j, EVIDENCE_SUPPORTS, o,
		    "the same request with %s: the connection ended without an answer",
		    variant_words(j, o));
	say_cite(j, j->http);
	warn(j,
	    v->what == REQUEST_METHOD ? "http_method_filtered" : "user_agent_filtered",
	    c,
	    arena_printf(
		j->arena, "requests with %s are filtered", variant_words(j, o)));
}

bool judge_user_agent(struct judging *j)
{
	for (const struct obs *o = j->first; o; o = o->next_of_target) {
		if (o->kind != OBS_REQUEST_VARIANT ||
		    o->request_variant.what != REQUEST_USER_AGENT || !answer_of(o) ||
		    answer_proxy_mark(answer_of(o), j->arena) ||
		    answer_of(o)->status == j->http->http.status)
			continue;
		say(j, EVIDENCE_SUPPORTS, o, "with %s the same request got HTTP %d",
		    variant_words(j, o), answer_of(o)->status);
		finding_set(
		    j, &(struct finding){ .status = STATUS_FAIL,
			   .stage = j->http->stage,
			   .cause = "user_agent_filtered",
			   .confidence = CONFIDENCE_LIKELY,
			   .summary =
			       "a proxy or filter refuses our User-Agent and lets a "
			       "browser's through" });
		return true;
	}
	return false;
}

/* --- What differs from the other way -------------------------------------------------
 */

/* Fields of one connection (RFC 9110 section 7.6.1), or that caches and clocks change.
 */
static bool may_differ(const char *name)
{
	static const char *const names[] = { "connection", "keep-alive",
		"proxy-connection", "transfer-encoding", "te", "trailer", "upgrade",
		"date", "age", "via", "content-length", "etag", "last-modified",
		"set-cookie", "expires", "accept-ranges", "alt-svc", "warning" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static const char *missing_fields(
    struct judging *j, const struct obs_http *whole, const struct obs_http *of)
{
	const char *all = "";

	for (size_t i = 0; i < whole->n_headers; i++) {
		const char *name = whole->headers[i].name;
		if (!may_differ(name) && !http_header(of, name))
			all = arena_printf(
			    j->arena, "%s%s%s", all, *all ? ", " : "", quote(j, name));
	}
	return all;
}

static void compare_fields(
    struct judging *j, const struct obs *o, const struct obs_http *direct)
{
	const struct obs_http *ours = &j->http->http;
	const char *missing =
	    direct->status == ours->status ? missing_fields(j, direct, ours) : "";

	if (!*missing)
		return;
	say(j, EVIDENCE_SUPPORTS, o,
	    "header fields of the direct answer that the proxied one lacks: %s",
	    missing);
	say_cite(j, j->http);
	warn(j, "http_header_stripped", CONFIDENCE_LIKELY,
	    arena_printf(j->arena, "the proxy removes header fields: %s", missing));
}

static void compare_version(
    struct judging *j, const struct obs *o, const struct obs_http *direct)
{
	const char *ours = j->http->http.version;

	if (!ours || strcmp(ours, "1.0") != 0 || !direct->version ||
	    strcmp(direct->version, "1.0") == 0)
		return;
	say(j, EVIDENCE_SUPPORTS, o,
	    "the direct answer is HTTP/%s, the proxied one 1.0",
	    quote(j, direct->version));
	say_cite(j, j->http);
	warn(j, "http_downgraded", CONFIDENCE_LIKELY,
	    "the proxy turns HTTP/1.1 into HTTP/1.0");
}

static void compare_alpn(
    struct judging *j, const struct obs *o, const struct obs_tls *direct)
{
	const struct obs_tls *ours = &j->tls->tls;

	if (!direct->verified || !direct->alpn || ours->verified ||
	    same_text(direct->alpn, ours->alpn))
		return;
	say(j, EVIDENCE_SUPPORTS, o, "the direct handshake negotiated %s, this one %s",
	    quote(j, direct->alpn), ours->alpn ? quote(j, ours->alpn) : "nothing");
	say_cite(j, j->tls);
	warn(j, "alpn_rewritten", CONFIDENCE_LIKELY,
	    "the device that reads TLS changes the negotiated protocol");
}

static void compare_with_direct(struct judging *j)
{
	const struct obs *o = why_other_way(j);
	const struct obs_http *direct = o ? answer_of(o) : NULL;

	if (!direct || o->request_variant.via_proxy || !j->http->http.via_proxy)
		return;
	if (j->tls && o->request_variant.n_tls)
		compare_alpn(j, o, o->request_variant.tls);
	/* Inside a verified handshake nobody can have changed anything. */
	if (j->tls && j->tls->tls.verified)
		return;
	compare_version(j, o, direct);
	compare_fields(j, o, direct);
}

void judge_fidelity(struct judging *j)
{
	if (!j->http || j->http->http.outcome != HTTP_ANSWERED)
		return;
	for (const struct obs *o = j->first; o; o = o->next_of_target)
		if (o->kind == OBS_REQUEST_VARIANT && probe_end(o) == ORDER_DONE &&
		    o->request_variant.what != REQUEST_OTHER_WAY)
			judge_variant(j, o);
	compare_with_direct(j);
}
