/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "checks/facts/facts.h"
#include "checks/facts/net_error.h"
#include "checks/why/why.h"
#include "checks/why/why_captured.h"
#include "checks/why/why_captured_syn.h"
#include "probe/base/arena.h"

/*
 * What this machine itself does to its packets. The kernel's counters belong to the
 * whole host: they speak of one address where they were read beside SYNs of its own,
 * else only when they cover every silent attempt of the run.
 */

enum {
	/* Answers to one attempt that an input filter would drop: the server repeats
	 * its SYN-ACK, and we repeat the SYN. */
	ANSWERS_PER_ATTEMPT = 3
};

/* Whether some answer shows that packets to this address leave the machine. */
static const struct obs *seen_outside(
    const struct judging *j, const struct obs *attempt)
{
	const struct addr *peer = &attempt->tcp.peer;
	const struct obs *scan = probes_find(&j->facts->probes, OBS_TTL_SCAN, peer);

	if (attempt->tcp.info.present && attempt->tcp.info.segs_in > 0)
		return attempt;
	for (size_t i = 0; scan && i < scan->ttl_scan.n_steps; i++) {
		const struct ttl_step *s = &scan->ttl_scan.steps[i];
		if (s->answer != TTL_SILENT && s->answer != TTL_ERROR && !s->icmp.local)
			return scan;
	}
	return NULL;
}

static bool judge_route(struct judging *j, const struct addr *peer, struct why *w)
{
	const struct obs *o = probes_find(&j->facts->probes, OBS_ROUTE, peer);

	if (!o || o->route.err == 0)
		return false;
	say(j, EVIDENCE_SUPPORTS, o, "the routing table has no way to %s: %s",
	    addr_words(j->arena, peer), errno_words(o->route.err));
	w->cause = "local_no_route";
	w->confidence = CONFIDENCE_CERTAIN;
	return true;
}

static bool conntrack_is_full(const struct judging *j)
{
	const struct obs *o = j->facts->probes.counters;

	return o && o->counters.conntrack_max > 0 &&
	       o->counters.conntrack_count >= o->counters.conntrack_max;
}

/*
 * What a count of this address' own SYNs says. Where it is not known, the counters of
 * the whole run may speak, unless they are spoken for: another address was acquitted.
 */
static enum counted counted_here(
    struct judging *j, const struct addr *peer, enum lost where, const char *words)
{
	const struct obs *o;
	enum counted c = why_counted(j, peer, where, &o);

	if (c == COUNTED_ALL)
		say(j, EVIDENCE_SUPPORTS, o,
		    "bursts of SYNs to %s, and the kernel's counters beside them: %s",
		    addr_port_words(j->arena, peer), words);
	return c;
}

/* The kernel counts a SYN it could not hand to the network at its first repetition. */
static bool retransmissions_failed(struct judging *j, struct why *w)
{
	const struct probes *p = &j->facts->probes;
	uint64_t failed;

	if (!probes_counter(p, "TcpExt.TCPRetransFail", &failed) || failed == 0)
		return false;
	if (failed < j->facts->n_silent || why_counted_innocent(j, LOST_OUT)) {
		say(j, EVIDENCE_CONTEXT, p->counters,
		    "%llu repeated SYNs of this machine did not leave it, but not "
		    "those of each of the %zu silent attempts",
		    (unsigned long long)failed, j->facts->n_silent);
		why_alternative(j, w, "local_output_filter");
		return false;
	}
	say(j, EVIDENCE_SUPPORTS, p->counters,
	    "%llu repeated SYNs did not leave this machine (TCPRetransFail)",
	    (unsigned long long)failed);
	return true;
}

static bool did_not_leave(struct judging *j, const struct addr *peer, struct why *w)
{
	switch (counted_here(j, peer, LOST_OUT, "none of them left this machine")) {
	case COUNTED_ALL:
		return true;
	case COUNTED_NONE:
		words_add(j->arena, &j->verdict->ruled_out, "local_output_filter");
		return false;
	case COUNTED_NOTHING:
		break;
	}
	return retransmissions_failed(j, w);
}

static bool judge_output(struct judging *j, const struct addr *peer, struct why *w)
{
	const struct obs *udp = probes_find(&j->facts->probes, OBS_LOCAL_UDP, peer);
	bool refused = udp && udp->local_udp.err == EPERM;

	if (refused)
		say(j, EVIDENCE_SUPPORTS, udp,
		    "a datagram to the same address and port: %s, which only a filter "
		    "of this machine says",
		    errno_words(EPERM));
	if (!refused && !did_not_leave(j, peer, w))
		return false;
	w->cause = "local_output_filter";
	w->confidence = refused ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
	if (!conntrack_is_full(j))
		return true;
	const struct obs_counters *c = &j->facts->probes.counters->counters;
	say(j, EVIDENCE_SUPPORTS, j->facts->probes.counters,
	    "the connection tracking table is full: %u of %u entries",
	    (unsigned)c->conntrack_count, (unsigned)c->conntrack_max);
	w->cause = "local_conntrack_full";
	w->confidence = CONFIDENCE_CERTAIN;
	return true;
}

static bool judge_reverse_path(
    struct judging *j, const struct addr *peer, struct why *w)
{
	const struct probes *p = &j->facts->probes;
	enum counted c = counted_here(j, peer, LOST_REVERSE_PATH,
	    "reverse path filtering dropped as many answers");
	uint64_t dropped;

	if (c == COUNTED_NONE)
		words_add(j->arena, &j->verdict->ruled_out, "local_rp_filter");
	if (c == COUNTED_ALL) {
		w->cause = "local_rp_filter";
		w->confidence = CONFIDENCE_LIKELY;
	}
	if (c != COUNTED_NOTHING)
		return c == COUNTED_ALL;
	if (!probes_counter(p, "TcpExt.IPReversePathFilter", &dropped) || dropped == 0)
		return false;
	if (dropped < j->facts->n_silent ||
	    why_counted_innocent(j, LOST_REVERSE_PATH)) {
		why_alternative(j, w, "local_rp_filter");
		return false;
	}
	say(j, EVIDENCE_SUPPORTS, p->counters,
	    "reverse path filtering dropped %llu packets during the run",
	    (unsigned long long)dropped);
	w->cause = "local_rp_filter";
	w->confidence = CONFIDENCE_LIKELY;
	return true;
}

static bool read_input(const struct probes *p, bool v6, uint64_t *received,
    uint64_t *delivered, uint64_t *forwarded)
{
	return probes_counter(p, v6 ? "Ip6.InReceives" : "Ip.InReceives", received) &&
	       probes_counter(p, v6 ? "Ip6.InDelivers" : "Ip.InDelivers", delivered) &&
	       probes_counter(
		   p, v6 ? "Ip6.OutForwDatagrams" : "Ip.ForwDatagrams", forwarded);
}

/* As many as the SYNs of the scan that went beyond the last router which spoke. */
static bool covers_scan(const struct judging *j, const struct addr *peer, uint64_t lost)
{
	const struct obs *scan = probes_find(&j->facts->probes, OBS_TTL_SCAN, peer);
	uint64_t silent = 0;

	for (size_t i = 0; scan && i < scan->ttl_scan.n_steps; i++)
		silent += scan->ttl_scan.steps[i].answer == TTL_SILENT;
	return silent > ANSWERS_PER_ATTEMPT && lost >= silent;
}

/* By the counters of the whole run. */
static bool judge_input_of_run(
    struct judging *j, const struct addr *peer, struct why *w)
{
	const struct probes *p = &j->facts->probes;
	uint64_t received, delivered, forwarded, bad = 0;

	if (!read_input(p, peer->family == AF_INET6, &received, &delivered, &forwarded))
		return false;
	probes_counter(p, "Tcp.InCsumErrors", &bad);
	if (received <= delivered + forwarded)
		return false;
	uint64_t lost = received - delivered - forwarded;
	if (bad > 0 || lost < (uint64_t)ANSWERS_PER_ATTEMPT * j->facts->n_silent ||
	    why_counted_innocent(j, LOST_IN)) {
		why_alternative(j, w, "local_input_filter");
		return false;
	}
	say(j, EVIDENCE_SUPPORTS, p->counters,
	    "%llu packets reached this machine and were not delivered",
	    (unsigned long long)lost);
	w->cause = "local_input_filter";
	w->confidence =
	    covers_scan(j, peer, lost) ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
	return true;
}

static bool judge_input(struct judging *j, const struct addr *peer, struct why *w)
{
	switch (counted_here(
	    j, peer, LOST_IN, "as many packets came in and were not delivered")) {
	case COUNTED_ALL:
		w->cause = "local_input_filter";
		w->confidence = CONFIDENCE_LIKELY;
		return true;
	case COUNTED_NONE:
		words_add(j->arena, &j->verdict->ruled_out, "local_input_filter");
		return false;
	case COUNTED_NOTHING:
		break;
	}
	return judge_input_of_run(j, peer, w);
}

static void say_other_source(struct judging *j, const struct addr *peer, struct why *w)
{
	const struct addr *given = &j->plan->probe.source;
	const struct obs *o = probes_find(&j->facts->probes, OBS_ROUTE, peer);

	if (!o || !given->family || !o->route.source.family ||
	    addr_same_ip(given, &o->route.source))
		return;
	say(j, EVIDENCE_CONTEXT, o, "the route would use source address %s, not %s",
	    addr_words(j->arena, &o->route.source), addr_words(j->arena, given));
	why_alternative(j, w, "local_source_address");
}

/* --- What the packets themselves say ---------------------------------------------- */

/*
 * No SYN passed the device. A next hop that does not answer looks the same, unless the
 * kernel counts otherwise or something else went to that address.
 */
static bool judge_not_left(struct judging *j, const struct obs *attempt,
    const struct obs *capture, struct why *w)
{
	const struct addr *peer = &attempt->tcp.peer;
	const struct obs *unused, *other = why_captured_leaving(j, peer);

	say(j, EVIDENCE_SUPPORTS, capture,
	    "none of the SYNs to %s left this machine, as its own packets show",
	    addr_port_words(j->arena, peer));
	if (judge_output(j, peer, w)) {
		w->confidence = CONFIDENCE_CERTAIN;
		return true;
	}
	if (why_counted(j, peer, LOST_OUT, &unused) == COUNTED_NONE) {
		why_alternative(j, w, "local_gateway_unresolved");
		return false;
	}
	w->cause = "local_output_filter";
	w->confidence = other ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
	if (other)
		say(j, EVIDENCE_SUPPORTS, other,
		    "packets to port %u of the same address did leave",
		    (unsigned)other->flow->server.port);
	else
		why_alternative(j, w, "local_gateway_unresolved");
	return true;
}

/* The SYN-ACK passed the device and did not reach the socket. */
static bool judge_not_delivered(
    struct judging *j, const struct obs *attempt, const struct obs *flow, struct why *w)
{
	const struct addr *peer = &attempt->tcp.peer;
	const struct probes *p = &j->facts->probes;
	const struct obs *unused;
	uint64_t reverse = 0, bad = 0;
	bool known = probes_counter(p, "TcpExt.IPReversePathFilter", &reverse);
	enum counted c = why_counted(j, peer, LOST_REVERSE_PATH, &unused);
	bool by_path = c == COUNTED_ALL || (c == COUNTED_NOTHING && reverse > 0);
	bool sure = c != COUNTED_NOTHING || (known && reverse == 0);

	say(j, EVIDENCE_SUPPORTS, flow,
	    "%u SYN-ACKs of %s reached this machine, and the socket got none",
	    (unsigned)flow->flow->of_server.syns, addr_port_words(j->arena, peer));
	words_add(j->arena, &j->verdict->ruled_out, "return_path_drop");
	probes_counter(p, "Tcp.InCsumErrors", &bad);
	w->cause = by_path ? "local_rp_filter" : "local_input_filter";
	w->confidence = sure && bad == 0 ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
	if (!sure)
		why_alternative(
		    j, w, by_path ? "local_input_filter" : "local_rp_filter");
	return true;
}

static void rule_out_this_machine(
    struct judging *j, const struct obs *attempt, const struct obs *flow)
{
	say(j, EVIDENCE_SUPPORTS, flow,
	    "%u SYNs to %s left this machine, and no packet came back to it",
	    (unsigned)flow->flow->of_client.syns,
	    addr_port_words(j->arena, &attempt->tcp.peer));
	words_add(j->arena, &j->verdict->ruled_out, "local_output_filter");
	words_add(j->arena, &j->verdict->ruled_out, "local_input_filter");
	words_add(j->arena, &j->verdict->ruled_out, "local_rp_filter");
}

bool why_local(struct judging *j, const struct obs *attempt, struct why *w)
{
	const struct addr *peer = &attempt->tcp.peer;
	const struct obs *outside, *packets;

	/* Nothing was sent for want of a source; a route from it says no more. */
	if (attempt->tcp.outcome == TCP_CANNOT_TRY)
		return false;
	if (judge_route(j, peer, w))
		return true;
	if (attempt->tcp.outcome != TCP_TIMEOUT)
		return false;
	switch (why_captured(j, attempt, &packets)) {
	case CAPTURED_NONE:
		return judge_not_left(j, attempt, packets, w);
	case CAPTURED_CAME:
		return judge_not_delivered(j, attempt, packets, w);
	case CAPTURED_LEFT:
		rule_out_this_machine(j, attempt, packets);
		say_other_source(j, peer, w);
		return false;
	case CAPTURED_OTHER:
		if (captured_other(j, attempt, packets, w))
			return true;
		break;
	case CAPTURED_UNKNOWN:
		break;
	}
	outside = seen_outside(j, attempt);
	if (!outside && judge_output(j, peer, w))
		return true;
	if (outside)
		words_add(j->arena, &j->verdict->ruled_out, "local_output_filter");
	say_other_source(j, peer, w);
	return judge_reverse_path(j, peer, w) || judge_input(j, peer, w);
}

bool why_own_reset(struct judging *j, const struct obs *attempt, struct why *w)
{
	const struct addr *peer = &attempt->tcp.peer;
	const struct obs *packets;
	enum captured c = why_captured(j, attempt, &packets);
	bool forged = c == CAPTURED_NONE && packets->kind == OBS_FLOW &&
		      packets->flow->reset.present;

	if (c == CAPTURED_OTHER || c == CAPTURED_CAME) {
		words_add(j->arena, &j->verdict->ruled_out, "local_output_rst");
		return false;
	}
	if (forged)
		say(j, EVIDENCE_SUPPORTS, packets,
		    "a reset in the name of %s came in although no SYN had left",
		    addr_port_words(j->arena, peer));
	if (!forged &&
	    counted_here(j, peer, LOST_OUT,
		"each was refused, and none of them left this machine") != COUNTED_ALL)
		return false;
	say(j, EVIDENCE_SUPPORTS, attempt, "the refusal came after %.2f ms",
	    obs_ms(attempt));
	w->cause = "local_output_rst";
	w->confidence = forged ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
	w->key = NULL;
	return true;
}
