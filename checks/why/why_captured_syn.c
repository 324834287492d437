/* SPDX-License-Identifier: MIT */
#include "checks/why/why_captured_syn.h"

#include "checks/facts/facts.h"
#include "checks/facts/net_error.h"
#include "checks/why/why_captured.h"
#include "probe/base/arena.h"

/* --- Other answers than SYN-ACK and reset
 * ---------------------------------------------
 */

/*
 * Something knows these ports from an older connection. The same for other ports would
 * be no memory: a new connection has to be accepted.
 */
static bool judge_stale(
    struct judging *j, const struct obs *attempt, const struct obs *flow, struct why *w)
{
	const struct addr *peer = &attempt->tcp.peer;
	const struct obs *repeat = probes_repeat(&j->facts->probes, peer);

	if (!flow->flow->stray_ack && !flow->flow->wrong_ack)
		return false;
	say(j, EVIDENCE_SUPPORTS, flow,
	    "what came back from %s acknowledges another connection than this one",
	    addr_port_words(j->arena, peer));
	if (!repeat)
		return false;
	say(j, EVIDENCE_SUPPORTS, repeat, "an attempt from another port was accepted");
	w->cause = "stale_connection";
	w->confidence = CONFIDENCE_LIKELY;
	return true;
}

/*
 * The kernel passes an ICMP error on only while nobody uses the socket, and older ones
 * (before Linux 5.8) pass on none of those that a SYN meets.
 */
static bool judge_icmp(
    struct judging *j, const struct obs *attempt, const struct obs *flow, struct why *w)
{
	const struct flow_icmp *i = &flow->flow->icmp;
	const struct icmp_error icmp = net_error_of_flow(i);
	const struct net_error e = {
		.peer = &attempt->tcp.peer, .local = &attempt->tcp.local, .icmp = &icmp
	};
	bool unreachable = i->type == (i->v6 ? 1 : 3) && (i->v6 || i->code != 4);

	if (!i->present || i->quotes_server || !unreachable)
		return false;
	say(j, EVIDENCE_SUPPORTS, flow, "%s came in, and the socket was not told",
	    icmp_words(j->arena, &icmp));
	struct net_cause cause = net_error_judge(j->facts, &e);
	w->cause = cause.cause;
	w->confidence = cause.confidence;
	if (cause.from_device)
		w->key = addr_words(j->arena, &i->from);
	return true;
}

bool captured_other(
    struct judging *j, const struct obs *attempt, const struct obs *flow, struct why *w)
{
	return judge_icmp(j, attempt, flow, w) || judge_stale(j, attempt, flow, w);
}

/* --- Resets
 * ---------------------------------------------------------------------------
 */

static bool is_reset_syn(const struct obs_flow *f)
{
	return f->reset.present && f->reset.by_server && f->of_client.syns == 1 &&
	       f->of_client.bytes == 0;
}

/* By the packets a busy machine cannot be late: the kernel has stamped them. */
bool captured_too_early(struct judging *j, const struct addr *peer)
{
	struct captured_flows c = why_captured_flows(j, peer, is_reset_syn);
	nsec_t rtt = flow_view_rtt(&j->facts->flows, peer);
	const struct obs *first = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < c.n; i++) {
		if (!why_is_too_early(c.items[i]->flow->reset.at, rtt))
			continue;
		n++;
		first = first ? first : c.items[i];
	}
	if (n < 2)
		return false;
	say(j, EVIDENCE_SUPPORTS, first,
	    "by the packets the reset came after %.2f ms, and no SYN-ACK of this "
	    "address in less than %.2f ms; so it was on %u connections",
	    nsec_to_ms(first->flow->reset.at), nsec_to_ms(rtt), n);
	return true;
}
