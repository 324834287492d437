/* SPDX-License-Identifier: MIT */
#include "checks/facts/facts.h"
#include "checks/why/why.h"
#include "checks/why/why_captured.h"
#include "checks/why/why_captured_syn.h"
#include "probe/base/arena.h"

/*
 * Attempts that were answered with silence or with a reset. A client sees the same
 * silence whoever drops, so most of this narrows the place and the class.
 */

enum {
	OUTSIDE_CITED = 8, /* silent attempts that one sentence cites */
	RESETS_ALWAYS = 3  /* equal answers that exclude a choice among servers */
};

static const nsec_t long_path = 15 * NSEC_PER_MSEC; /* round trip */

/* --- Silence -----------------------------------------------------------------------
 */

static const char *router_words(struct judging *j, const struct ttl_step *s)
{
	if (!s->icmp.offender.family)
		return arena_printf(j->arena, "hop %u", s->ttl);
	return arena_printf(
	    j->arena, "hop %u (%s)", s->ttl, addr_words(j->arena, &s->icmp.offender));
}

/* A router that answers to this very port got the packet past our own vNIC. */
static void rule_out_own_subnet(struct judging *j)
{
	words_add(
	    j->arena, &j->verdict->ruled_out, "NSG or admin rule denies outbound");
}

/* A device that filters behind its TTL check still answers: hence two hops. */
static void locate(
    struct judging *j, const struct obs *scan, const struct obs *control, struct why *w)
{
	const struct ttl_step *last = scan_last_router(&scan->ttl_scan);
	const struct ttl_step *further =
	    control ? scan_last_router(&control->ttl_scan) : NULL;

	if (last) {
		const char *place = arena_printf(j->arena, "between %s and hop %u",
		    router_words(j, last), last->ttl + 1);
		say(j, EVIDENCE_SUPPORTS, scan,
		    "SYNs to port %u get lost %s: routers up to there answer, nobody "
		    "beyond",
		    (unsigned)scan->ttl_scan.peer.port, place);
		w->summary = arena_printf(
		    j->arena, "%s; packets get lost %s", w->summary, place);
		rule_out_own_subnet(j);
		words_add(j->arena, &j->verdict->remediation,
		    arena_printf(j->arena,
			"Look for a rule about port %u on %s and on the device after "
			"it.",
			(unsigned)scan->ttl_scan.peer.port, router_words(j, last)));
	} else if (further) {
		say(j, EVIDENCE_SUPPORTS, scan, "no router answers to SYNs for port %u",
		    (unsigned)scan->ttl_scan.peer.port);
	}
	if (further && (!last || further->ttl > last->ttl))
		say(j, EVIDENCE_SUPPORTS, control,
		    "SYNs to port %u of the same address get as far as %s",
		    (unsigned)control->ttl_scan.peer.port, router_words(j, further));
}

/* The other port is one that something on the path accepts for everybody. */
static bool is_proxied_port(const struct judging *j, const struct addr *peer)
{
	const struct probes *p = &j->facts->probes;

	return (p->canary && p->canary->control_connect.peer.port == peer->port) ||
	       p->canary_odd;
}

static bool other_port_answers(struct judging *j, const struct addr *peer)
{
	const struct obs *o = facts_other_port(j->facts, peer);
	bool refused;

	if (!o)
		o = probes_other_port(&j->facts->probes, peer);
	if (!o || is_proxied_port(j, facts_connected_peer(o)))
		return false;
	refused = o->kind == OBS_CONTROL_CONNECT &&
		  o->control_connect.outcome != TCP_CONNECTED;
	say(j, EVIDENCE_SUPPORTS, o,
	    "the same address answers on port %u%s: a filter for this port, or no "
	    "service there",
	    (unsigned)facts_connected_peer(o)->port,
	    refused ? " (with a refusal)" : "");
	words_add(j->arena, &j->verdict->ruled_out, "the destination is down");
	words_add(j->arena, &j->verdict->ruled_out, "missing peering");
	words_add(j->arena, &j->verdict->ruled_out, "route to None or dead next hop");
	return true;
}

static void say_sibling(struct judging *j)
{
	for (const struct obs *o = j->first; o; o = o->next_of_target) {
		if (o->kind != OBS_CONTROL_CONNECT || probe_end(o) != ORDER_DONE ||
		    o->control_connect.purpose != CONTROL_SIBLING)
			continue;
		say(j, EVIDENCE_CONTEXT, o, "%s, another address of the service, %s",
		    addr_port_words(j->arena, &o->control_connect.peer),
		    probe_was_heard(&o->control_connect) ? "answers" : "is silent too");
	}
}

/* Another attempt with another source port came through. */
static void note_flicker(struct judging *j, const struct obs *repeat, struct why *w)
{
	say(j, EVIDENCE_CONTRADICTS, repeat,
	    "another attempt at the same address and port connected");
	why_alternative(j, w, "partial_path_loss");
	why_alternative(j, w, "random_loss");
	why_alternative(j, w, "a short outage");
}

/* Everything outside is silent: one cause on the way out rather than many. */
static void judge_outside(struct judging *j, struct why *w)
{
	const struct facts *f = j->facts;
	unsigned cited = 0;

	say(j, EVIDENCE_SUPPORTS, NULL,
	    "none of %zu public addresses answers, and no direct connection to one "
	    "came about",
	    f->n_silent_public);
	for (size_t i = 0; i < f->n_silent && cited < OUTSIDE_CITED; i++) {
		const struct obs *o = facts_silent(f, i);
		if (addr_is_private(&o->tcp.peer))
			continue;
		say_cite(j, o);
		cited++;
	}
	if (f->platform_connected)
		say(j, EVIDENCE_CONTEXT, f->platform_connected,
		    "this machine's network works: %s answers",
		    addr_words(j->arena, facts_connected_peer(f->platform_connected)));
	words_add(j->arena, &j->verdict->ruled_out, "the destination is down");
	words_add(
	    j->arena, &j->verdict->ruled_out, "the other side's NSG denies inbound");
	words_add(j->arena, &j->verdict->remediation,
	    "Look at the way out first: the next hop of 0.0.0.0/0 in the effective "
	    "routes of this NIC, and an outbound rule that denies the Internet.");
	w->key = "the way out";
}

/* Where it comes through from another address of this machine, the source matters. */
static bool judge_source(struct judging *j, const struct addr *peer, struct why *w)
{
	const struct probes *p = &j->facts->probes;
	const struct obs *other = probes_other_source(p, peer);

	if (!other || probes_repeat(p, peer) || !probes_repeat_is_silent(p, peer))
		return false;
	say(j, EVIDENCE_SUPPORTS, other,
	    "the same connection from %s, another address of this machine, came about",
	    addr_words(j->arena, &other->control_connect.local));
	words_add(j->arena, &j->verdict->ruled_out, "the destination is down");
	w->cause = "local_source_address";
	w->confidence = CONFIDENCE_LIKELY;
	return true;
}

void why_silent(struct judging *j, const struct obs *attempt, struct why *w)
{
	const struct addr *peer = &attempt->tcp.peer;
	const struct probes *p = &j->facts->probes;
	const struct obs *scan = probes_find(p, OBS_TTL_SCAN, peer);
	const struct obs *repeat = probes_repeat(p, peer);

	if (why_local(j, attempt, w) || judge_source(j, peer, w) ||
	    why_source_ports(j, peer, w))
		return;
	if (!repeat && scan && scan_first(&scan->ttl_scan, TTL_CONNECTED))
		repeat = scan;
	if (repeat) {
		note_flicker(j, repeat, w);
		return;
	}
	if (why_proxy_needed(j, attempt, w) || why_limits(j, attempt, w))
		return;
	if (attempt->tcp.info.present && attempt->tcp.info.segs_in > 0)
		say(j, EVIDENCE_CONTRADICTS, attempt,
		    "%u segments came back, but none completed the connection",
		    (unsigned)attempt->tcp.info.segs_in);
	if (other_port_answers(j, peer))
		w->confidence = CONFIDENCE_LIKELY;
	else if (why_tunnel_blocks(j, peer, w))
		why_alternative(j, w, "silent_drop");
	else if (facts_outside_is_silent(j->facts) && !addr_is_private(peer))
		judge_outside(j, w);
	if (scan)
		locate(j, scan, probes_control_scan(p, peer), w);
	say_sibling(j);
}

/* --- Resets ------------------------------------------------------------------------
 */

/* The times and places at which resets and genuine answers came. */
struct replies {
	const struct obs *reset, *genuine;   /* OBS_REPLY_TTL, exact */
	const struct obs *scan, *scan_other; /* of the port, of another port */
	const struct obs *other;             /* another port that accepted */
	const struct obs *repeat;            /* this port accepted, too */
	nsec_t rtt;                          /* to the other port; 0 = unknown */
};

static const struct obs *exact_reply(
    const struct judging *j, const struct addr *peer, enum tcp_reply reply)
{
	const struct obs *o = probes_find(&j->facts->probes, OBS_REPLY_TTL, peer);

	if (!o || o->reply_ttl.reply != reply || o->reply_ttl.ttl_low == 0 ||
	    o->reply_ttl.ttl_low != o->reply_ttl.ttl_high)
		return NULL;
	return o;
}

static void keep_shorter(nsec_t *rtt, nsec_t other)
{
	if (other > 0 && other < *rtt)
		*rtt = other;
}

/* The fastest such answer of a scan; 0 = none. */
static nsec_t shortest_step(const struct obs *scan, enum ttl_answer answer)
{
	nsec_t rtt = INT64_MAX;

	for (size_t i = 0; scan && i < scan->ttl_scan.n_steps; i++)
		if (scan->ttl_scan.steps[i].answer == answer)
			keep_shorter(&rtt, scan->ttl_scan.steps[i].rtt);
	return rtt == INT64_MAX ? 0 : rtt;
}

/* A busy machine measures too much, seldom everywhere. */
static nsec_t shortest_accept(const struct replies *r)
{
	nsec_t rtt = r->other->end - r->other->begin;
	const struct tcp_facts *i = &r->other->control_connect.info;

	if (i->present)
		keep_shorter(&rtt, (nsec_t)i->rtt_us * NSEC_PER_USEC);
	if (r->genuine)
		keep_shorter(&rtt, r->genuine->reply_ttl.rtt);
	keep_shorter(&rtt, shortest_step(r->scan_other, TTL_CONNECTED));
	return rtt;
}

static struct replies read_replies(const struct judging *j, const struct addr *peer)
{
	const struct probes *p = &j->facts->probes;
	struct replies r = { 0 };

	r.reset = exact_reply(j, peer, REPLY_RESET);
	r.scan = probes_find(p, OBS_TTL_SCAN, peer);
	r.scan_other = probes_control_scan(p, peer);
	r.repeat = probes_repeat(p, peer);
	r.other = probes_other_port(p, peer);
	if (r.other && (r.other->control_connect.outcome != TCP_CONNECTED ||
			   is_proxied_port(j, &r.other->control_connect.peer)))
		r.other = NULL;
	if (!r.other)
		return r;
	r.genuine = exact_reply(j, &r.other->control_connect.peer, REPLY_SYN_ACK);
	r.rtt = shortest_accept(&r);
	return r;
}

/* How many TTLs too small for the other port's host were enough for a reset. */
static unsigned resets_before_the_host(struct judging *j, const struct replies *r)
{
	const struct ttl_step *host, *reset;
	unsigned n = 0;

	if (!r->scan || !r->scan_other || !r->other)
		return 0;
	host = scan_first(&r->scan_other->ttl_scan, TTL_CONNECTED);
	reset = scan_first(&r->scan->ttl_scan, TTL_REFUSED);
	if (!host || !reset || reset->ttl >= host->ttl)
		return 0;
	for (size_t i = 0; i < r->scan->ttl_scan.n_steps; i++) {
		const struct ttl_step *s = &r->scan->ttl_scan.steps[i];
		n += s->answer == TTL_REFUSED && s->ttl < host->ttl;
	}
	say(j, EVIDENCE_SUPPORTS, r->scan,
	    "a SYN that lives for %u hops is reset, and port %u of the same address is "
	    "%u hops away",
	    reset->ttl, (unsigned)r->other->control_connect.peer.port, host->ttl);
	say_cite(j, r->scan_other);
	return n;
}

/* The reset's sender stands nearer than the host that accepts on the other port. */
static bool reset_from_nearer(struct judging *j, const struct replies *r)
{
	unsigned ttl, control;

	if (!r->reset || !r->genuine)
		return false;
	ttl = r->reset->reply_ttl.ttl_low;
	control = r->genuine->reply_ttl.ttl_low;
	bool nearer = hops_of_ttl(ttl) < hops_of_ttl(control);
	say(j, nearer ? EVIDENCE_SUPPORTS : EVIDENCE_CONTEXT, r->reset,
	    "the reset arrives with TTL %u, the SYN-ACK of port %u with %u", ttl,
	    (unsigned)r->other->control_connect.peer.port, control);
	say_cite(j, r->genuine);
	return nearer;
}

/*
 * One reset may be read late by a busy machine, the first of many hardly. But only as
 * many answers of the other port are a match for those, and only on a path that is
 * longer than what such a machine adds to all of them.
 */
static const struct obs *fastest_reset(
    const struct replies *r, const struct obs *attempt, nsec_t *ret_after)
{
	const struct obs *fastest = attempt;

	*ret_after = attempt->end - attempt->begin;
	if (!r->genuine || r->genuine->reply_ttl.rtt == 0 || r->rtt < long_path)
		return attempt;
	if (r->reset && r->reset->reply_ttl.rtt > 0 &&
	    r->reset->reply_ttl.rtt < *ret_after) {
		fastest = r->reset;
		*ret_after = r->reset->reply_ttl.rtt;
	}
	nsec_t scanned = shortest_step(r->scan, TTL_REFUSED);
	if (r->scan_other && scanned > 0 && scanned < *ret_after) {
		fastest = r->scan;
		*ret_after = scanned;
	}
	return fastest;
}

static bool reset_too_early(
    struct judging *j, const struct replies *r, const struct obs *attempt)
{
	nsec_t after;
	const struct obs *fastest = fastest_reset(r, attempt, &after);

	if (!why_is_too_early(after, r->rtt))
		return false;
	say(j, EVIDENCE_SUPPORTS, fastest,
	    "the reset came after %.2f ms, the answer of port %u takes %.2f ms",
	    nsec_to_ms(after), (unsigned)r->other->control_connect.peer.port,
	    nsec_to_ms(r->rtt));
	say_cite(j, r->other);
	return true;
}

bool why_is_too_early(nsec_t after, nsec_t rtt)
{
	/*
	 * On a shorter path nobody can tell a device from the server by time: a busy
	 * machine is as late as that with one answer and not with the next.
	 */
	return rtt >= 10 * NSEC_PER_MSEC && after * 10 < rtt * 6;
}

bool why_no_late_answer(const struct judging *j)
{
	uint64_t resets;

	return probes_counter(&j->facts->probes, "Tcp.OutRsts", &resets) && resets == 0;
}

/* A SYN is always reset, but accepted once resets of a low TTL are ignored. */
static bool two_senders(
    struct judging *j, const struct addr *peer, const struct replies *r)
{
	const struct obs *o = probes_find(&j->facts->probes, OBS_REPLY_TTL, peer);
	unsigned resets = 0;

	if (!o || !o->reply_ttl.mixed || !r->scan ||
	    scan_first(&r->scan->ttl_scan, TTL_CONNECTED))
		return false;
	for (size_t i = 0; i < r->scan->ttl_scan.n_steps; i++)
		resets += r->scan->ttl_scan.steps[i].answer == TTL_REFUSED;
	if (resets < RESETS_ALWAYS)
		return false;
	say(j, EVIDENCE_SUPPORTS, o,
	    "where resets of a low TTL are ignored the peer accepts: two senders "
	    "answer");
	say(j, EVIDENCE_SUPPORTS, r->scan, "%u plain SYNs were all reset", resets);
	return true;
}

static bool race_is_lost(struct judging *j, const struct replies *r)
{
	const struct obs *o = r->repeat;

	if (!o && r->scan && scan_first(&r->scan->ttl_scan, TTL_CONNECTED))
		o = r->scan;
	if (!o)
		return false;
	say(j, EVIDENCE_SUPPORTS, o,
	    "other attempts at the same address and port were accepted");
	return true;
}

static bool captured_no_late_answer(struct judging *j, const struct captured_resets *c,
    const struct obs *attempt, struct why *w)
{
	const struct obs *flow;

	if (c->flows < 2 || c->others_after > 0 ||
	    why_captured(j, attempt, &flow) != CAPTURED_OTHER)
		return false;
	say(j, EVIDENCE_SUPPORTS, flow,
	    "%u connections were reset, and nothing came in behind any reset",
	    c->flows);
	w->confidence = CONFIDENCE_CERTAIN;
	return true;
}

/* The genuine SYN-ACK follows the reset: a fact of the packets, twice no accident. */
static bool captured_two_senders(
    struct judging *j, const struct captured_resets *c, struct why *w)
{
	if (c->syn_ack_after == 0)
		return false;
	say(j, EVIDENCE_SUPPORTS, c->first,
	    "a SYN-ACK came in after the reset, on %u of %u connections",
	    c->syn_ack_after, c->flows);
	say_cite(j, c->second);
	w->cause = "rst_injected_onpath";
	w->confidence = c->syn_ack_after > 1 ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
	w->key = NULL;
	return true;
}

void why_refused(struct judging *j, const struct obs *attempt, struct why *w)
{
	if (why_own_reset(j, attempt, w))
		return;
	struct captured_resets c = why_captured_resets(j, &attempt->tcp.peer);
	if (captured_two_senders(j, &c, w))
		return;
	struct replies r = read_replies(j, &attempt->tcp.peer);
	unsigned before = resets_before_the_host(j, &r);
	bool nearer = reset_from_nearer(j, &r);
	bool early = reset_too_early(j, &r, attempt) ||
		     captured_too_early(j, &attempt->tcp.peer);
	unsigned facts =
	    (before > 0 ? 1U : 0U) + (nearer ? 1U : 0U) + (early ? 1U : 0U);

	if (two_senders(j, &attempt->tcp.peer, &r)) {
		w->cause = "rst_injected_onpath";
		w->confidence = CONFIDENCE_LIKELY;
		w->key = NULL;
		return;
	}
	if (facts == 0) {
		if (r.reset && r.genuine &&
		    r.reset->reply_ttl.ttl_low == r.genuine->reply_ttl.ttl_low)
			w->confidence = CONFIDENCE_LIKELY;
		return;
	}
	w->key = NULL;
	if (race_is_lost(j, &r)) {
		w->cause = "rst_injected_onpath";
		w->confidence = CONFIDENCE_LIKELY;
		return;
	}
	w->cause = "rst_injected_inline";
	w->confidence = CONFIDENCE_LIKELY;
	/* A device beside the path looks the same but for the late SYN-ACK, to which
	 * the kernel answers with a reset of its own. */
	if ((before > 1 || (before > 0 && facts > 1)) &&
	    captured_no_late_answer(j, &c, attempt, w))
		return;
	if ((before > 1 || (before > 0 && facts > 1)) && why_no_late_answer(j)) {
		say(j, EVIDENCE_SUPPORTS, j->facts->probes.counters,
		    "the kernel sent no reset of its own, so no late SYN-ACK came");
		w->confidence = CONFIDENCE_CERTAIN;
	}
}
