/* SPDX-License-Identifier: MIT */
#include "checks/facts/facts.h"
#include "checks/why/why.h"
#include "checks/why/why_captured.h"

/*
 * Public addresses reached by way of somebody's own network: a VPN or ExpressRoute
 * gateway that attracts the default route, or an appliance. Harmless in itself.
 */

enum {
	SIGNS_MIN = 3, /* of five, the private router among them */
	/* A step in the round trip that no neighbouring region explains. */
	STEP_FACTOR = 3,
	CLAMP_MIN = 60,  /* bytes; a slightly smaller MTU of a peer is common */
	CONTROLS_MIN = 2 /* that agree; one may be another leg of the same path */
};

#define STEP_MIN (5 * NSEC_PER_MSEC)

static unsigned forward_hops(const struct obs *scan)
{
	const struct ttl_step *first =
	    scan ? scan_first(&scan->ttl_scan, TTL_CONNECTED) : NULL;

	return first ? first->ttl : 0;
}

static bool is_inner(const struct ttl_step *s)
{
	return s->answer == TTL_EXCEEDED && s->ttl > 1 && s->icmp.offender.family &&
	       addr_is_private(&s->icmp.offender);
}

/* Behind the first gateway a tunnel leads through private addresses. */
static const struct ttl_step *inner_router(const struct obs *scan)
{
	for (size_t i = 0; scan && i < scan->ttl_scan.n_steps; i++)
		if (is_inner(&scan->ttl_scan.steps[i]))
			return &scan->ttl_scan.steps[i];
	return NULL;
}

/* --- The attribute -----------------------------------------------------------------
 */

static bool is_longer(const struct obs *scan, const struct obs *control)
{
	unsigned here = forward_hops(scan), there = forward_hops(control);

	if (!scan || !control)
		return false;
	if (here && there)
		return here > there;
	const struct ttl_step *a = scan_last_router(&scan->ttl_scan);
	return there && a && a->ttl >= there;
}

static bool is_farther_back(
    const struct judging *j, const struct addr *peer, const struct obs *control)
{
	const struct probes *p = &j->facts->probes;
	const struct obs *here = probes_find(p, OBS_REPLY_TTL, peer);
	const struct obs *there =
	    control ? probes_find(p, OBS_REPLY_TTL, &control->ttl_scan.peer) : NULL;

	return here && there && here->reply_ttl.confirmed &&
	       there->reply_ttl.confirmed &&
	       hops_of_ttl(here->reply_ttl.ttl_low) >
		   hops_of_ttl(there->reply_ttl.ttl_low);
}

static bool has_syn_ack(const struct obs_flow *f)
{
	return f->of_server.syns > 0 && f->of_server.ttl > 0;
}

/* The nearest of the other public addresses that answered, by their packets. */
static const struct obs *nearest_other(
    const struct judging *j, const struct addr *peer, unsigned hops)
{
	const struct flow_view *v = &j->facts->flows;
	const struct obs *nearest = NULL;

	for (size_t i = 0; i < v->n_flows; i++) {
		const struct obs_flow *f = v->flows[i]->flow;
		if (f->udp || !has_syn_ack(f) || addr_is_private(&f->server) ||
		    f->server.family != peer->family ||
		    addr_same_ip(&f->server, peer) ||
		    hops_of_ttl(f->of_server.ttl) >= hops)
			continue;
		hops = hops_of_ttl(f->of_server.ttl);
		nearest = v->flows[i];
	}
	return nearest;
}

/* What a captured SYN-ACK tells of the way that it took. */
struct tunnel_packets {
	const struct obs *flow, *nearer; /* or NULL */
	bool small;                      /* its MSS is smaller than ours */
};

static struct tunnel_packets read_packets(
    const struct judging *j, const struct addr *peer)
{
	struct captured_flows c = why_captured_flows(j, peer, has_syn_ack);
	struct tunnel_packets t = { .flow = c.first };

	if (!c.first || why_terminated(j, peer))
		return (struct tunnel_packets){ 0 };
	const struct obs_flow *f = c.first->flow;
	t.nearer = nearest_other(j, peer, hops_of_ttl(f->of_server.ttl));
	t.small =
	    f->of_server.mss > 0 && f->of_server.mss + CLAMP_MIN <= f->of_client.mss;
	return t;
}

static nsec_t round_trip(const struct obs *o)
{
	return o && o->kind == OBS_TCP && o->tcp.info.present
		   ? (nsec_t)o->tcp.info.rtt_us * NSEC_PER_USEC
		   : 0;
}

/* This public address is far, while the fabric, which no tunnel takes, is near. */
static bool is_step(const struct judging *j)
{
	nsec_t here = round_trip(j->connected);
	nsec_t fabric = round_trip(j->facts->platform_connected);

	return fabric > 0 && here > STEP_FACTOR * fabric && here - fabric >= STEP_MIN;
}

void why_tunnelled(struct judging *j, const struct addr *peer)
{
	const struct probes *p = &j->facts->probes;
	const struct obs *scan = probes_find(p, OBS_TTL_SCAN, peer);
	const struct obs *control = probes_control_scan(p, peer);
	/* What leads to one public address leads, as a rule, to the others, too. */
	const struct obs *way = scan ? scan : p->n_reached > 0 ? p->reached[0] : NULL;
	const struct ttl_step *inner = inner_router(way);

	if (addr_is_private(peer) || !inner)
		return;
	struct tunnel_packets seen = read_packets(j, peer);
	bool clamped = (j->verdict->attributes & ATTR_MSS_CLAMPED) || seen.small;
	bool reduced = j->verdict->attributes & ATTR_PMTU_REDUCED;
	bool longer = is_longer(scan, control);
	bool farther = is_farther_back(j, peer, control) || (scan && seen.nearer);
	bool step = is_step(j);

	if (1 + (clamped || reduced) + longer + farther + step < SIGNS_MIN)
		return;
	j->verdict->attributes |= ATTR_FORCED_TUNNEL;
	say(j, EVIDENCE_CONTEXT, way,
	    "the way %s leads through the private address %s at hop %u%s%s%s%s",
	    scan ? "there" : "to public addresses",
	    addr_words(j->arena, &inner->icmp.offender), inner->ttl,
	    clamped || reduced ? ", with small segments" : "",
	    longer ? ", farther than to another port" : "",
	    farther ? ", and back the same way" : "",
	    step ? ", and takes longer than the fabric explains" : "");
	if (!seen.nearer)
		return;
	say(j, EVIDENCE_CONTEXT, seen.flow,
	    "its SYN-ACK has MSS %u and TTL %u, that of %s has MSS %u and TTL %u",
	    seen.flow->flow->of_server.mss, seen.flow->flow->of_server.ttl,
	    addr_words(j->arena, &seen.nearer->flow->server),
	    seen.nearer->flow->of_server.mss, seen.nearer->flow->of_server.ttl);
	say_cite(j, seen.nearer);
}

/* --- The cause ---------------------------------------------------------------------
 */

/* Whether that scan met somebody else at this hop, and this router nowhere. */
static bool goes_elsewhere(const struct obs *scan, const struct ttl_step *router)
{
	bool elsewhere = false;

	for (size_t i = 0; i < scan->ttl_scan.n_steps; i++) {
		const struct ttl_step *s = &scan->ttl_scan.steps[i];
		if (s->answer == TTL_EXCEEDED &&
		    addr_same_ip(&s->icmp.offender, &router->icmp.offender))
			return false;
		elsewhere |= s->ttl == router->ttl &&
			     (s->answer == TTL_EXCEEDED || s->answer == TTL_CONNECTED);
	}
	return elsewhere;
}

bool why_tunnel_blocks(struct judging *j, const struct addr *peer, struct why *w)
{
	const struct probes *p = &j->facts->probes;
	const struct obs *scan = probes_find(p, OBS_TTL_SCAN, peer);
	const struct ttl_step *last = scan ? scan_last_router(&scan->ttl_scan) : NULL;
	const struct obs *elsewhere[PROBES_REACHED];
	unsigned n = 0;

	if (!last || !is_inner(last) || addr_is_private(peer))
		return false;
	for (size_t i = 0; i < p->n_reached; i++) {
		const struct obs *other = p->reached[i];
		if (addr_same_ip(&other->ttl_scan.peer, peer))
			continue;
		if (!goes_elsewhere(other, last))
			return false;
		elsewhere[n++] = other;
	}
	if (n == 0)
		return false;
	say(j, EVIDENCE_SUPPORTS, scan,
	    "the way to %s leads through the private address %s at hop %u, and ends "
	    "there",
	    addr_words(j->arena, peer), addr_words(j->arena, &last->icmp.offender),
	    last->ttl);
	say(j, EVIDENCE_SUPPORTS, elsewhere[0],
	    "%u public %s by another way and can be reached", n,
	    n == 1 ? "address is led" : "addresses are led");
	for (unsigned i = 1; i < n; i++)
		say_cite(j, elsewhere[i]);
	w->cause = "forced_tunnel";
	w->confidence = n >= CONTROLS_MIN ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
	w->key = addr_words(j->arena, &last->icmp.offender);
	return true;
}
