/* SPDX-License-Identifier: MIT */
#include "checks/flow/judge_flow.h"

#include "checks/facts/facts.h"
#include "checks/flow/flow_names.h"
#include "checks/judge/judge_stages.h"
#include "probe/base/arena.h"

/*
 * The check of an endpoint that a capture shows. Its flows may have gone several ways;
 * the most frequent failure is told, and whether others went well.
 */

enum {
	/* Of so many flows one may fail by chance: then it is a warning. */
	TOLERATED = 10,
	/* Beside so many that went well a silent one may be chance. */
	OTHERS = 2,
};

struct tally {
	const struct flow_case *worst; /* failure with most flows, or NULL */
	const struct flow_case *unclear;
	uint64_t fine, failed;
	bool v4_fine;
};

static enum flow_fate fate_of(const struct judging *j, const struct obs_flow *f)
{
	enum flow_fate fate = flow_fate(f);
	/* With one direction alone whatever is missing may simply not be there. */
	if (j->facts->flows.one_way && fate != FATE_FINE && fate != FATE_PARTIAL)
		return FATE_ONE_WAY;
	return fate;
}

static void take(struct tally *t, const struct flow_case *c)
{
	uint32_t alike = c->flow->alike;
	if (flow_fate_is_failure(c->fate)) {
		t->failed += alike;
		if (!t->worst || alike > t->worst->flow->alike)
			t->worst = c;
	} else if (c->fate == FATE_FINE || c->fate == FATE_PARTIAL) {
		t->fine += alike;
		t->v4_fine = t->v4_fine || (c->fate == FATE_FINE &&
					       c->flow->server.family == AF_INET);
	} else if (!t->unclear) {
		t->unclear = c;
	}
}

static const char *server_words(const struct judging *j, const struct addr *server)
{
	const char *words = addr_port_words(j->arena, server);
	const struct catalogue_entry *e =
	    flow_names_platform(j->plan->catalogue, server);
	return e ? arena_printf(j->arena, "%s (%s)", words, e->title) : words;
}

static void say_case(struct judging *j, const struct flow_case *c)
{
	const char *peer = server_words(j, &c->flow->server);
	const char *what = flow_words(j->arena, c);
	bool context = c->fate == FATE_PARTIAL || c->fate == FATE_UNFINISHED ||
		       c->fate == FATE_TRACE;
	if (c->flow->alike == 1)
		say(j, context ? EVIDENCE_CONTEXT : EVIDENCE_SUPPORTS, c->obs, "%s: %s",
		    peer, what);
	else
		say(j, context ? EVIDENCE_CONTEXT : EVIDENCE_SUPPORTS, c->obs,
		    "%s: %s (%u flows alike)", peer, what, (unsigned)c->flow->alike);
}

/* --- What the capture cannot show ---------------------------------------------------
 */

static void say_limits(struct judging *j, struct why *w)
{
	const struct flow_view *v = &j->facts->flows;
	const struct obs_capture *c = v->capture ? v->capture->capture : NULL;
	if (!c)
		return;
	say(j, EVIDENCE_CONTEXT, v->capture, "the capture was taken %s",
	    capture_place_words(v->place));
	if (c->dropped > 0)
		say(j, EVIDENCE_CONTEXT, v->capture,
		    "%llu packets were lost while capturing",
		    (unsigned long long)c->dropped);
	if (c->cut > 0)
		say(j, EVIDENCE_CONTEXT, v->capture,
		    "%llu packets were cut within their headers",
		    (unsigned long long)c->cut);
	if (c->left_out > 0)
		say(j, EVIDENCE_CONTEXT, v->capture,
		    "%llu flows are beyond what a report holds",
		    (unsigned long long)c->left_out);
	if (c->stopped)
		say(j, EVIDENCE_CONTEXT, v->capture,
		    "the file could not be read to "
		    "its end: %s",
		    quote(j, c->stopped));
	/* What is missing might have told another story. */
	if (v->lossy && w->confidence == CONFIDENCE_CERTAIN)
		w->confidence = CONFIDENCE_LIKELY;
}

static void take_attributes(struct judging *j, const struct obs_flow *f)
{
	if (f->icmp.mtu > 0 && f->icmp.progress)
		j->verdict->attributes |= ATTR_PMTU_REDUCED;
	if (f->of_server.syns > 0 && f->of_server.zero_window &&
	    f->of_server.ttl_low != f->of_server.ttl_high)
		j->verdict->attributes |= ATTR_SYN_PROXY;
}

/* --- Chance and IPv6 -----------------------------------------------------------------
 */

static bool is_silent_v6(const struct flow_case *c)
{
	return c->flow->server.family == AF_INET6 && !c->flow->dns.present &&
	       (c->fate == FATE_SYN_SILENT || c->fate == FATE_SYN_ICMP);
}

/* What lost packets look like. A reset or a refusal never comes by chance. */
static bool may_be_loss(enum flow_fate fate)
{
	return fate == FATE_SYN_SILENT || fate == FATE_ANSWER_LOST ||
	       fate == FATE_HALF_OPEN || fate == FATE_DATA_SILENT ||
	       fate == FATE_ANSWER_SILENT || fate == FATE_ANSWER_STUCK ||
	       fate == FATE_DNS_SILENT;
}

/* --- Verdict ------------------------------------------------------------------------
 */

static void conclude(struct judging *j, const struct tally *t,
    const struct flow_case *c, enum status status)
{
	struct why w = { .cause = NULL };
	j->address = c->flow->server;
	flow_blame(j, c, &w);
	if (t->v4_fine && is_silent_v6(c)) {
		w.cause = "ipv6_broken";
		w.confidence = CONFIDENCE_LIKELY;
		status = STATUS_WARN;
	}
	say_limits(j, &w);
	w.summary = arena_printf(j->arena, "%s: %s%s",
	    server_words(j, &c->flow->server), flow_words(j->arena, c),
	    t->fine > 0 && t->failed > 0
		? arena_printf(j->arena, " (%llu of %llu flows failed)",
		      (unsigned long long)t->failed,
		      (unsigned long long)(t->failed + t->fine))
		: "");
	/* What a capture cannot show accuses nobody. */
	if (w.cause && cause_find(w.cause)->rank >= CAPTURE_RANK)
		status = STATUS_INCONCLUSIVE;
	why_conclude(j, status, flow_stage(c), &w);
}

static enum status status_of(const struct tally *t)
{
	/* A name that does not exist is often only one of several that are tried. */
	if (t->worst->fate == FATE_DNS_NAME_ERROR)
		return STATUS_WARN;
	/* Seen once, and the others went well: a path with loss does that. */
	if (t->failed == 1 && t->fine >= OTHERS && may_be_loss(t->worst->fate))
		return STATUS_WARN;
	return t->failed * TOLERATED >= t->failed + t->fine ? STATUS_FAIL : STATUS_WARN;
}

static void describe(
    struct judging *j, const struct tally *t, const struct flow_case *c)
{
	struct verdict *v = j->verdict;
	v->address = c->flow->server;
	/* That somebody accepts is less than that somebody answers. */
	v->confidence = c->fate != FATE_FINE ? CONFIDENCE_POSSIBLE
			: c->flow->of_server.bytes > 0 || c->flow->dns.present
			    ? CONFIDENCE_CERTAIN
			    : CONFIDENCE_LIKELY;
	v->summary = arena_printf(j->arena, "%llu flows, %s",
	    (unsigned long long)t->fine, flow_words(j->arena, c));
}

static size_t read_cases(struct judging *j, struct flow_case *cases, size_t max)
{
	size_t n = 0;
	for (const struct obs *o = j->first; o && n < max; o = o->next_of_target)
		if (o->kind == OBS_FLOW)
			cases[n++] =
			    (struct flow_case){ o, o->flow, fate_of(j, o->flow) };
	return n;
}

bool judge_flows(struct judging *j)
{
	struct flow_case cases[FLOW_CASES_MAX];
	struct tally t = { .worst = NULL };
	const struct flow_case *fine = NULL;
	size_t n = read_cases(j, cases, FLOW_CASES_MAX);
	for (size_t i = 0; i < n; i++) {
		take(&t, &cases[i]);
		say_case(j, &cases[i]);
		take_attributes(j, cases[i].flow);
		if (!fine && cases[i].fate == FATE_FINE)
			fine = &cases[i];
	}
	if (t.worst)
		conclude(j, &t, t.worst, status_of(&t));
	else if (t.unclear && t.fine == 0)
		conclude(j, &t, t.unclear, STATUS_INCONCLUSIVE);
	else if (n > 0)
		describe(j, &t, fine ? fine : &cases[0]);
	return false;
}
