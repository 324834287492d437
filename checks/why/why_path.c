/* SPDX-License-Identifier: MIT */
#include "checks/facts/facts.h"
#include "checks/flow/flow_reset.h"
#include "checks/why/why.h"
#include "probe/base/arena.h"

/*
 * Facts of a path. They are true of many healthy networks and are never a fault by
 * themselves.
 */

enum {
	IPV4_TCP_HEADERS = 40,
	IPV6_TCP_HEADERS = 60,
	TIMESTAMPS = 12, /* what the option takes from every segment */
	/* A peer with a slightly smaller MTU is common; tunnels take more. */
	CLAMP_MIN = 60
};

/* --- Somebody accepts in the peer's place ------------------------------------------
 */

static const struct obs *canary_for(const struct judging *j, const struct addr *peer)
{
	const struct probes *p = &j->facts->probes;
	const struct obs *o = p->canary ? p->canary : p->canary_odd;

	if (!o || addr_is_private(peer) ||
	    (j->check->entry && j->check->entry->platform) ||
	    o->control_connect.peer.family != peer->family)
		return NULL;
	/* On an odd port, too: then it accepts whatever it sees. */
	if (p->canary_odd)
		return o;
	return o->control_connect.peer.port == peer->port ? o : NULL;
}

/* A SYN that lives for one hop cannot reach a host behind a gateway. */
static const struct obs *accepted_at_first_hop(
    const struct judging *j, const struct addr *peer)
{
	const struct probes *p = &j->facts->probes;
	const struct obs *scan = probes_find(p, OBS_TTL_SCAN, peer);
	const struct obs *route = probes_find(p, OBS_ROUTE, peer);
	const struct ttl_step *first;

	if (!scan || !route || !route->route.gateway.family)
		return NULL;
	first = scan_first(&scan->ttl_scan, TTL_CONNECTED);
	return first && first->ttl == 1 ? scan : NULL;
}

/* Or one that accepts sooner than another port of the same address is reached. */
static const struct obs *accepted_too_near(
    const struct judging *j, const struct addr *peer)
{
	const struct probes *p = &j->facts->probes;
	const struct obs *scan = probes_find(p, OBS_TTL_SCAN, peer);
	const struct obs *control = probes_control_scan(p, peer);
	const struct ttl_step *first, *host;

	if (!scan || !control)
		return NULL;
	first = scan_first(&scan->ttl_scan, TTL_CONNECTED);
	host = scan_first(&control->ttl_scan, TTL_CONNECTED);
	/* Two hops apart: one may be a lost answer. */
	return first && host && first->ttl + 1 < host->ttl ? scan : NULL;
}

const struct obs *why_terminated(const struct judging *j, const struct addr *peer)
{
	const struct obs *o = canary_for(j, peer);

	if (!o)
		o = accepted_at_first_hop(j, peer);
	return o ? o : accepted_too_near(j, peer);
}

/* Behind a SYN proxy the first window is zero, since nobody is there yet. */
static bool is_syn_proxy(const struct judging *j, const struct obs *proof)
{
	const struct tcp_facts *i = proof->kind == OBS_CONTROL_CONNECT
					? &proof->control_connect.info
				    : j->connected ? &j->connected->tcp.info
						   : NULL;

	return i && i->present && i->zero_window;
}

static void say_proof(struct judging *j, const struct obs *proof)
{
	if (proof->kind == OBS_TTL_SCAN) {
		const struct ttl_step *first =
		    scan_first(&proof->ttl_scan, TTL_CONNECTED);
		say(j, EVIDENCE_CONTEXT, proof,
		    "a SYN that lives for %u %s is accepted: somebody on the path "
		    "answers for the peer",
		    first->ttl, first->ttl == 1 ? "hop" : "hops");
		return;
	}
	say(j, EVIDENCE_CONTEXT, proof,
	    "%s, where nobody can be, accepts connections: somebody on the path "
	    "answers for everybody",
	    addr_port_words(j->arena, &proof->control_connect.peer));
}

static void note_termination(struct judging *j)
{
	struct verdict *v = j->verdict;
	const struct obs *proof;

	if (!j->connected || j->connected->tcp.via_proxy)
		return;
	proof = why_terminated(j, &j->connected->tcp.peer);
	if (!proof)
		return;
	v->attributes |=
	    is_syn_proxy(j, proof) ? ATTR_SYN_PROXY : ATTR_TRANSPARENT_TCP_PROXY;
	say_proof(j, proof);
	if (j->target->protocol != PROTO_TCP || v->status != STATUS_PASS)
		return;
	v->confidence = CONFIDENCE_POSSIBLE;
	v->summary = arena_printf(j->arena,
	    "connected to %s, which proves nothing: a device on the path accepts "
	    "every connection to this port",
	    addr_port_words(j->arena, &j->connected->tcp.peer));
}

/* --- Sizes -------------------------------------------------------------------------
 */

static unsigned headers_of(const struct addr *peer)
{
	return peer->family == AF_INET6 ? IPV6_TCP_HEADERS : IPV4_TCP_HEADERS;
}

static bool is_clamped(const struct addr *peer, const struct tcp_facts *i)
{
	return i->present && i->snd_mss > 0 &&
	       i->snd_mss + TIMESTAMPS + headers_of(peer) + CLAMP_MIN <= i->pmtu;
}

/* Our own interface allows more than the path has told us it does. */
static bool is_reduced(const struct addr *peer, const struct tcp_facts *i)
{
	return i->present && i->pmtu > 0 && i->advmss > 0 &&
	       i->pmtu < i->advmss + headers_of(peer);
}

/* What the path said while we connected, or while we talked. */
static void note_reduced(struct judging *j)
{
	const struct obs *o = j->connected, *http = j->http;
	const struct tcp_facts *i = &o->tcp.info;

	if (http && !http->http.via_proxy &&
	    is_reduced(&http->http.peer, &http->http.info)) {
		o = http;
		i = &http->http.info;
	} else if (!is_reduced(&o->tcp.peer, i)) {
		return;
	}
	j->verdict->attributes |= ATTR_PMTU_REDUCED;
	say(j, EVIDENCE_CONTEXT, o, "the path's MTU is %u, less than this machine's",
	    (unsigned)i->pmtu);
}

static void note_sizes(struct judging *j)
{
	const struct obs *o = j->connected;
	const struct tcp_facts *i;

	if (!o || o->tcp.via_proxy)
		return;
	i = &o->tcp.info;
	if (is_clamped(&o->tcp.peer, i)) {
		j->verdict->attributes |= ATTR_MSS_CLAMPED;
		say(j, EVIDENCE_CONTEXT, o,
		    "segments of %u bytes at most, although the path's MTU is %u",
		    (unsigned)i->snd_mss, (unsigned)i->pmtu);
	}
	note_reduced(j);
}

/* --- Ways --------------------------------------------------------------------------
 */

static unsigned forward_hops(const struct obs *scan)
{
	const struct ttl_step *first =
	    scan ? scan_first(&scan->ttl_scan, TTL_CONNECTED) : NULL;

	return first ? first->ttl : 0;
}

static bool read_ways(
    const struct judging *j, const struct addr *peer, unsigned *out, unsigned *back)
{
	const struct probes *p = &j->facts->probes;
	const struct obs *reply = probes_find(p, OBS_REPLY_TTL, peer);

	*out = forward_hops(probes_find(p, OBS_TTL_SCAN, peer));
	if (*out == 0 || !reply || reply->reply_ttl.reply != REPLY_SYN_ACK ||
	    !reply->reply_ttl.confirmed || why_terminated(j, peer))
		return false;
	*back = hops_of_ttl(reply->reply_ttl.ttl_low) + 1;
	return *out != *back;
}

bool why_is_asymmetric(const struct judging *j, const struct addr *peer)
{
	unsigned out, back;

	return read_ways(j, peer, &out, &back);
}

static void note_asymmetry(struct judging *j, const struct addr *peer)
{
	const struct probes *p = &j->facts->probes;
	const struct obs *scan = probes_find(p, OBS_TTL_SCAN, peer);
	const struct obs *reply = probes_find(p, OBS_REPLY_TTL, peer);
	unsigned out, back;

	if (!read_ways(j, peer, &out, &back))
		return;
	j->verdict->attributes |= ATTR_ASYMMETRIC_PATH;
	say(j, EVIDENCE_CONTEXT, scan, "%u routers on the way out, %u on the way back",
	    out - 1, back - 1);
	say_cite(j, reply);
}

/* --- Somebody else's resets --------------------------------------------------------
 */

static bool is_survived(const struct obs *o)
{
	return o->kind == OBS_FLOW && flow_reset_survived(o->flow);
}

/* It does no harm to a connection that ignores it, and shows that somebody is there. */
static void note_tampering(struct judging *j)
{
	const struct obs *o = j->first;

	while (o && !is_survived(o))
		o = o->next_of_target;
	if (!o)
		return;
	j->verdict->attributes |= ATTR_TAMPERING_SEEN;
	say(j, EVIDENCE_CONTEXT, o,
	    "a reset with TTL %u and an old sequence number came in the server's name, "
	    "which went on: somebody else has sent it",
	    o->flow->reset.ttl);
}

/* --- The whole ---------------------------------------------------------------------
 */

void why_path(struct judging *j)
{
	const struct addr *peer = j->connected ? &j->connected->tcp.peer : &j->address;

	note_termination(j);
	note_sizes(j);
	note_tampering(j);
	if (!peer->family)
		return;
	note_asymmetry(j, peer);
	why_tunnelled(j, peer);
}
