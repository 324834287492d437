/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/facts/answer.h"
#include "checks/facts/facts.h"
#include "checks/facts/net_error.h"
#include "checks/why/why.h"
#include "probe/base/arena.h"

/*
 * The explicit proxy as the cause, or as the cure: what the same request met on the
 * other way, and what should never be sent to a proxy.
 */

const struct obs *why_other_way(const struct judging *j)
{
	for (const struct obs *o = j->first; o; o = o->next_of_target)
		if (o->kind == OBS_REQUEST_VARIANT && probe_end(o) == ORDER_DONE &&
		    o->request_variant.what == REQUEST_OTHER_WAY)
			return o;
	return NULL;
}

bool why_variant_answered(const struct obs_request_variant *v)
{
	return v->n_http && v->http->outcome == HTTP_ANSWERED;
}

/* The peer spoke, and no proxy in its place. */
static bool reached_peer(struct judging *j, const struct obs_request_variant *v)
{
	if (!why_variant_answered(v))
		return false;
	if (v->n_tls)
		return v->tls->outcome == TLS_DONE;
	return !answer_proxy_mark(v->http, j->arena);
}

static const char *no_connection_words(
    struct judging *j, const struct obs_request_variant *v)
{
	if (!v->n_tcp && !v->n_dns)
		return "no attempt was made";
	if (!v->n_tcp)
		return v->dns->outcome == DNS_ANSWERED
			   ? "its name has no address here"
			   : "its name could not be resolved here";
	if (v->tcp->outcome == TCP_TIMEOUT)
		return "nothing answered";
	return arena_printf(j->arena, "%s", errno_words(v->tcp->err));
}

/* How far the other way led, as half a sentence. */
static const char *outcome_words(struct judging *j, const struct obs_request_variant *v)
{
	if (why_variant_answered(v))
		return arena_printf(j->arena, "answered HTTP %d", v->http->status);
	if (v->n_http && v->http->proxy_status)
		return arena_printf(
		    j->arena, "refused by the proxy with %d", v->http->proxy_status);
	if (v->n_http)
		return "no answer came";
	if (v->n_tls)
		return "TLS did not come about";
	return no_connection_words(j, v);
}

void why_compare_ways(struct judging *j)
{
	const struct obs *o = why_other_way(j);
	const struct verdict *v = j->verdict;

	if (!o)
		return;
	bool works = reached_peer(j, &o->request_variant);
	bool fails = v->status == STATUS_FAIL;
	const char *way = o->request_variant.via_proxy
			      ? "through the proxy that it is exempt from"
			      : "directly, past the proxy";
	say(j, fails && works ? EVIDENCE_SUPPORTS : EVIDENCE_CONTEXT, o,
	    "the same request %s: %s", way, outcome_words(j, &o->request_variant));
	if (fails && works && o->request_variant.via_proxy && v->stage == STAGE_TLS &&
	    v->confidence != CONFIDENCE_CERTAIN)
		finding_alternative(j, "explicit_proxy_required");
}

bool why_proxy_needed(struct judging *j, const struct obs *attempt, struct why *w)
{
	const struct facts *f = j->facts;
	const struct obs *other = why_other_way(j);
	bool works = other && other->request_variant.via_proxy &&
		     reached_peer(j, &other->request_variant);

	if (attempt->tcp.via_proxy || (j->check->entry && j->check->entry->platform))
		return false;
	/* The comparison itself is told when the check's verdict stands. */
	if (!works && (!f->proxy_answered || f->public_connected ||
			  addr_is_private(&attempt->tcp.peer)))
		return false;
	if (works) {
		say(j, EVIDENCE_SUPPORTS, other,
		    "the proxy gets through to the same endpoint");
	} else {
		say(j, EVIDENCE_SUPPORTS, f->proxy_answered,
		    "another check got its answer through the proxy");
		say(j, EVIDENCE_SUPPORTS, attempt,
		    "no direct connection to a public address came about in this run");
	}
	w->cause = "explicit_proxy_required";
	w->confidence = CONFIDENCE_LIKELY;
	w->key = NULL;
	return true;
}

void why_proxy_unreachable(struct judging *j, const struct obs *attempt, struct why *w)
{
	static const char *const meant[] = { "silent_drop", "remote_refused",
		"host_or_net_unreachable" };

	if (!attempt->tcp.via_proxy)
		return;
	for (size_t i = 0; i < sizeof meant / sizeof *meant; i++) {
		if (strcmp(w->cause, meant[i]) != 0)
			continue;
		why_alternative(j, w, meant[i]);
		w->cause = "proxy_unreachable";
		/* A refusal is the word of somebody; silence may be the path's. */
		w->confidence = attempt->tcp.outcome == TCP_TIMEOUT
				    ? CONFIDENCE_LIKELY
				    : CONFIDENCE_CERTAIN;
		return;
	}
}

/* --- What should not be sent to a proxy ---------------------------------------------
 */

/* The private address of a target that is sent to a proxy; false when none is known. */
static bool private_address(const struct judging *j, struct addr *ret)
{
	const struct obs *other = why_other_way(j);

	if (addr_parse(j->target->host, ret))
		return addr_is_private(ret);
	if (!other || other->request_variant.via_proxy)
		return false;
	*ret = other->request_variant.peer;
	return ret->family && addr_is_private(ret);
}

static const char *misrouted(struct judging *j)
{
	struct addr address;

	if (j->check->others_proxied_by)
		return arena_printf(j->arena,
		    "by %s other programs send this platform address to a proxy, and "
		    "no entry of no_proxy keeps them from it",
		    j->check->others_proxied_by);
	if (!j->target->proxy)
		return NULL;
	if (private_address(j, &address))
		return arena_printf(j->arena,
		    "the private address %s is sent to a proxy by %s",
		    addr_words(j->arena, &address), j->check->proxy_reason);
	if (j->check->expect_private)
		return arena_printf(j->arena,
		    "a private endpoint is sent to a proxy by %s",
		    j->check->proxy_reason);
	return NULL;
}

void why_misrouted(struct judging *j)
{
	const char *summary = j->first && j->expecting ? misrouted(j) : NULL;

	if (!summary)
		return;
	say(j, EVIDENCE_SUPPORTS, j->http ? j->http : j->first, "%s", summary);
	finding_set(j, &(struct finding){ .status = STATUS_WARN,
			   .stage = j->http ? j->http->stage : STAGE_HTTP,
			   .cause = "proxy_bypass_missing",
			   .confidence = CONFIDENCE_CERTAIN,
			   .summary = summary,
			   .key = j->target->host });
}
