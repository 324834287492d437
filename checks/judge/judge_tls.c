/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/facts/facts.h"
#include "checks/facts/net_error.h"
#include "checks/facts/tls_errors.h"
#include "checks/judge/judge_stages.h"
#include "checks/why/why.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

/*
 * The handshake, and who stands behind the certificate. Every verification error
 * counts: the first one often hides the telling one (an expired certificate of an
 * unknown issuer is an unknown issuer first).
 */

enum {
	ALERT_PROTOCOL_VERSION = 70, /* RFC 8446 section 6 */
	SHOWN_NAMES = 4
};

static void conclude(struct judging *j, const char *cause, enum confidence confidence,
    const char *summary, const char *key)
{
	finding_set(j, &(struct finding){ .status = STATUS_FAIL,
			   .stage = STAGE_TLS,
			   .cause = cause,
			   .confidence = confidence,
			   .summary = summary,
			   .key = key });
}

static const struct certificate *leaf_of(const struct obs_tls *t)
{
	return t->n_chain > 0 ? &t->chain[0] : NULL;
}

static const char *issuer_of(struct judging *j)
{
	const struct certificate *leaf = leaf_of(&j->tls->tls);
	return leaf ? quote(j, leaf->issuer) : "an unknown issuer";
}

bool judge_tls_proven(const struct judging *j)
{
	return j->tls && j->tls->tls.outcome == TLS_DONE && j->tls->tls.verified;
}

/* --- Certificates ---------------------------------------------------------------- */

static void say_errors(struct judging *j)
{
	const struct obs_tls *t = &j->tls->tls;

	for (size_t i = 0; i < t->n_errors; i++)
		say(j, EVIDENCE_SUPPORTS, j->tls,
		    "verification error %d at depth %d: %s", t->errors[i].code,
		    t->errors[i].depth, quote(j, t->errors[i].text));
	if (t->n_errors == 0)
		say(j, EVIDENCE_SUPPORTS, j->tls,
		    "the certificate was not verified, and no error says why");
}

static void say_certificate(struct judging *j)
{
	const struct obs_tls *t = &j->tls->tls;
	const struct certificate *leaf = leaf_of(t);

	say(j, EVIDENCE_SUPPORTS, j->tls, "%s, certificate %s issued by %s%s",
	    t->version ? quote(j, t->version) : "TLS",
	    leaf ? quote(j, leaf->subject) : "(none)", issuer_of(j),
	    t->verified ? ", verified" : "");
}

/* Two unrelated names with certificates of one unknown issuer: nobody but a device
 * on the path makes those. */
static bool judge_interception(struct judging *j)
{
	const struct certificate *leaf = leaf_of(&j->tls->tls);
	struct pair p = { NULL, NULL };

	if (leaf)
		p = facts_untrusted_issuer(j->facts, leaf->issuer);
	if (!p.first)
		return false;
	say(j, EVIDENCE_SUPPORTS, p.first,
	    "the same unknown issuer signed for the unrelated names %s and %s",
	    quote(j, p.first->tls.sni), quote(j, p.second->tls.sni));
	say_cite(j, p.second);
	conclude(j, "tls_intercepted", CONFIDENCE_CERTAIN,
	    arena_printf(j->arena, "certificates are replaced by %s", issuer_of(j)),
	    leaf->issuer);
	return true;
}

/* The same issuer signs for whatever name we ask this very address for. */
static bool judge_forgery(struct judging *j)
{
	const struct obs_tls *t = &j->tls->tls;
	const struct certificate *leaf = leaf_of(t);
	const struct obs *o =
	    probes_variant(&j->facts->probes, VARIANT_OTHER_NAME, &t->peer, t->sni);
	const struct obs_tls_variant *v = o ? &o->tls_variant : NULL;

	if (!leaf || !t->sni || !v || !v->issuer || !v->subject ||
	    facts_issuer_claims_public(leaf->issuer) ||
	    strcmp(v->issuer, leaf->issuer) != 0 ||
	    !text_find_nocase(v->subject, v->sni) ||
	    text_equal_nocase(
		facts_registrable_domain(v->sni), facts_registrable_domain(t->sni)))
		return false;
	const struct obs *genuine = facts_served_elsewhere(j->facts, v->sni, &t->peer);
	if (genuine) {
		/* Whoever signs here does not do so for everybody. */
		say(j, EVIDENCE_CONTEXT, o,
		    "the same address also shows a certificate for %s by the same "
		    "issuer, which %s proves otherwise",
		    quote(j, v->sni), addr_port_words(j->arena, &genuine->tls.peer));
		say_cite(j, genuine);
		return false;
	}
	say(j, EVIDENCE_SUPPORTS, o,
	    "asked for the unrelated name %s, the same address showed a certificate "
	    "for "
	    "it by the same issuer",
	    quote(j, v->sni));
	conclude(j, "tls_intercepted", CONFIDENCE_CERTAIN,
	    arena_printf(j->arena, "certificates are replaced by %s", issuer_of(j)),
	    leaf->issuer);
	return true;
}

static void judge_untrusted(struct judging *j)
{
	const struct certificate *leaf = leaf_of(&j->tls->tls);

	if (judge_interception(j) || judge_forgery(j))
		return;
	conclude(j, "tls_untrusted", CONFIDENCE_LIKELY,
	    arena_printf(j->arena,
		"the certificate was issued by %s, which leads to no "
		"trusted root",
		issuer_of(j)),
	    leaf ? leaf->issuer : NULL);
}

/* Is it our clock? A Date that agrees with it ends the question. */
static bool judge_clock(struct judging *j, int code)
{
	const struct obs *agrees = facts_clock_agrees(j->facts);
	struct pair dates = facts_clock_disagrees(j->facts, code);
	struct pair names = facts_date_errors(j->facts, code);
	const char *way = code == X509_EXPIRED ? "ahead" : "behind";

	if (agrees) {
		say(j, EVIDENCE_CONTEXT, agrees,
		    "our clock agrees with the Date of an HTTP answer");
		return false;
	}
	if (!dates.first && !names.first)
		return false;
	if (dates.first) {
		say(j, EVIDENCE_SUPPORTS, dates.first,
		    "our clock is more than 5 minutes %s of the Date of %s", way,
		    dates.second ? "two unrelated servers" : "a server");
		say_cite(j, dates.second);
	}
	if (names.first) {
		say(j, EVIDENCE_SUPPORTS, names.first,
		    "certificates of the unrelated names %s and %s fail in the same "
		    "way",
		    quote(j, names.first->tls.sni), quote(j, names.second->tls.sni));
		say_cite(j, names.second);
	}
	conclude(j, "clock_skew",
	    dates.second || (dates.first && names.first) ? CONFIDENCE_CERTAIN
							 : CONFIDENCE_LIKELY,
	    arena_printf(j->arena,
		"the clock of this machine is %s, so certificates %s", way,
		code == X509_EXPIRED ? "look expired" : "look not yet valid"),
	    way);
	return true;
}

static void judge_dates(struct judging *j, int code)
{
	if (judge_clock(j, code))
		return;
	conclude(j, "tls_expired", CONFIDENCE_CERTAIN,
	    code == X509_EXPIRED ? "the certificate has expired"
				 : "the certificate is not valid yet",
	    NULL);
}

static void judge_name(struct judging *j)
{
	const struct certificate *leaf = leaf_of(&j->tls->tls);
	const char *names = "";

	for (size_t i = 0; leaf && i < leaf->n_sans && i < SHOWN_NAMES; i++)
		names = arena_printf(
		    j->arena, "%s%s%s", names, i ? ", " : "", quote(j, leaf->sans[i]));
	if (*names)
		say(j, EVIDENCE_SUPPORTS, j->tls, "the certificate is for %s%s", names,
		    leaf->n_sans > SHOWN_NAMES ? " and others" : "");
	const struct obs *right = facts_served_elsewhere(
	    j->facts, j->tls->tls.sni ? j->tls->tls.sni : "", &j->tls->tls.peer);
	if (right)
		say(j, EVIDENCE_SUPPORTS, right,
		    "%s showed a trusted certificate for this name",
		    addr_port_words(j->arena, &right->tls.peer));
	conclude(j, right ? "wrong_peer" : "tls_name_mismatch",
	    right ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN,
	    arena_printf(
		j->arena, "the certificate is not for %s", quote(j, j->target->host)),
	    NULL);
}

static void note_inspection(struct judging *j)
{
	const struct certificate *leaf = leaf_of(&j->tls->tls);
	struct pair p = { NULL, NULL };

	if (leaf)
		p = facts_inspecting_issuer(j->facts, leaf->issuer);
	if (!p.first)
		return;
	j->verdict->attributes |= ATTR_TLS_INSPECTED;
	say(j, EVIDENCE_CONTEXT, p.first,
	    "%s signed for both %s and %s, without transparency timestamps",
	    issuer_of(j), quote(j, p.first->tls.sni), quote(j, p.second->tls.sni));
	say_cite(j, p.second);
}

static void check_alpn(struct judging *j)
{
	const char *want = j->check->entry ? j->check->entry->expect_alpn : NULL;
	const char *got = j->tls->tls.alpn;

	if (!want || (got && strcmp(got, want) == 0))
		return;
	say(j, EVIDENCE_SUPPORTS, j->tls, "ALPN %s was offered and %s came back", want,
	    got ? quote(j, got) : "none");
	finding_set(j, &(struct finding){ .status = STATUS_WARN,
			   .stage = STAGE_TLS,
			   .cause = "alpn_rewritten",
			   .confidence = CONFIDENCE_LIKELY,
			   .summary = arena_printf(
			       j->arena, "%s was not negotiated end to end", want) });
}

/* The handshake is complete; does the certificate prove who answered? */
static bool judge_certificate(struct judging *j)
{
	struct tls_errors e = tls_errors_of(&j->tls->tls);
	bool own_ca = j->check->entry && j->check->entry->private_ca;

	say_certificate(j);
	if (j->tls->tls.verified) {
		note_inspection(j);
		check_alpn(j);
		return true;
	}
	say_errors(j);
	if ((e.untrusted && !own_ca) || e.other)
		judge_untrusted(j);
	else if (e.expired || e.not_yet)
		judge_dates(j, e.expired ? X509_EXPIRED : X509_NOT_YET_VALID);
	else if (e.name)
		judge_name(j);
	else
		check_alpn(
		    j); /* only the issuer is unknown, as this service's must be */
	return j->verdict->status != STATUS_FAIL;
}

/* --- Handshakes that did not come about ------------------------------------------- */

static void judge_refusing_alert(struct judging *j)
{
	struct why w = {
		.cause = "tls_alert",
		.confidence = CONFIDENCE_CANNOT_TELL,
		.summary = arena_printf(j->arena,
		    "the handshake was refused with alert %d", j->tls->tls.alert),
	};

	why_alert(j, &w);
	why_conclude(j, STATUS_FAIL, STAGE_TLS, &w);
}

static void judge_alert(struct judging *j)
{
	const struct obs_tls *t = &j->tls->tls;

	say(j, EVIDENCE_SUPPORTS, j->tls, "%s sent TLS alert %d%s%s",
	    addr_port_words(j->arena, &t->peer), t->alert, t->reason ? ": " : "",
	    quote(j, t->reason));
	if (t->alert == ALERT_PROTOCOL_VERSION)
		conclude(j, "tls_version", CONFIDENCE_CERTAIN,
		    "the peer accepts none of our TLS versions", NULL);
	else
		judge_refusing_alert(j);
}

static void judge_not_tls(struct judging *j)
{
	const struct obs_tls *t = &j->tls->tls;
	bool http = t->n_first_bytes >= 5 && memcmp(t->first_bytes, "HTTP/", 5) == 0;

	say(j, EVIDENCE_SUPPORTS, j->tls, "first bytes: \"%s\"",
	    quote_bytes(j, t->first_bytes, t->n_first_bytes));
	conclude(j, "not_tls", CONFIDENCE_CERTAIN,
	    http ? "plain HTTP came instead of TLS: a proxy or a plain-text server "
		   "answers"
		 : "something other than TLS answered",
	    NULL);
}

static void judge_tls_error(struct judging *j)
{
	const struct obs_tls *t = &j->tls->tls;
	const char *reason = t->reason ? t->reason : "no reason given";
	bool version = text_find_nocase(reason, "unsupported protocol") ||
		       text_find_nocase(reason, "no protocols available");

	say(j, EVIDENCE_SUPPORTS, j->tls, "the TLS library said: %s", quote(j, reason));
	if (version)
		conclude(j, "tls_version", CONFIDENCE_CERTAIN,
		    "the peer offers no TLS version we accept", NULL);
	else
		conclude(j, "tls_error", CONFIDENCE_POSSIBLE,
		    arena_printf(
			j->arena, "the handshake failed: %s", quote(j, reason)),
		    NULL);
}

static void end_of_stream(struct judging *j, enum stream_end end)
{
	const struct obs_tls *t = &j->tls->tls;

	if (t->icmp.present)
		say(j, EVIDENCE_SUPPORTS, j->tls, "%s", icmp_words(j->arena, &t->icmp));
	judge_stream_end(j, &(struct stream_death){ .obs = j->tls,
				.end = end,
				.peer = &t->peer,
				.info = &t->info,
				.sni = t->sni });
}

bool judge_tls(struct judging *j)
{
	/* Through a proxy that refused CONNECT there is no handshake, but an answer. */
	if (!j->tls && j->http && j->http->http.outcome != HTTP_ANSWERED)
		return true;
	if (!j->tls)
		return judge_unfinished(j, STAGE_TLS);
	switch (j->tls->tls.outcome) {
	case TLS_DONE:
		return judge_certificate(j);
	case TLS_ALERT:
		judge_alert(j);
		break;
	case TLS_RESET:
		end_of_stream(j, STREAM_RESET);
		break;
	case TLS_CLOSED:
		end_of_stream(j, STREAM_CLOSED);
		break;
	case TLS_TIMEOUT:
		end_of_stream(j, STREAM_SILENT);
		break;
	case TLS_NOT_TLS:
		judge_not_tls(j);
		break;
	case TLS_ERROR:
		judge_tls_error(j);
		break;
	}
	return false;
}
