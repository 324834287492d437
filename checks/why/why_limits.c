/* SPDX-License-Identifier: MIT */
#include "checks/facts/facts.h"
#include "checks/why/why.h"
#include "probe/base/arena.h"

/*
 * Limits that were reached during the run: what was accepted at first is not any more.
 * A translation of addresses runs out of ports towards one address and port, a stateful
 * device out of sessions towards everybody.
 */

/* Nobody has come through since: neither a second attempt nor one of the scan. */
static bool stays_silent(
    const struct probes *p, const struct obs *attempt, const struct obs **ret_scan)
{
	const struct addr *peer = &attempt->tcp.peer;
	const struct obs *repeat = probes_control(p, peer, CONTROL_REPEAT);
	const struct obs *scan = probes_find(p, OBS_TTL_SCAN, peer);

	*ret_scan = scan;
	return repeat && scan && repeat->control_connect.outcome == TCP_TIMEOUT &&
	       !scan_first(&scan->ttl_scan, TTL_CONNECTED) &&
	       !scan_first(&scan->ttl_scan, TTL_REFUSED);
}

static bool sessions_ran_out(
    struct judging *j, const struct obs *attempt, struct why *w)
{
	const struct probes *p = &j->facts->probes;
	const struct obs *silent = p->known_good_silent;
	const struct obs *survivor = j->facts->survivor;

	if (!silent || p->known_good_answered || !survivor)
		return false;
	say(j, EVIDENCE_SUPPORTS, silent,
	    "%s had accepted a connection in this run, and is silent for a new one too",
	    addr_port_words(j->arena, &silent->control_connect.peer));
	say(j, EVIDENCE_SUPPORTS, survivor,
	    "a connection that was open before got its answer afterwards");
	say_cite(j, attempt);
	w->cause = "session_limit_suspected";
	/* So does an outage between the two. */
	w->confidence = CONFIDENCE_POSSIBLE;
	w->key = "new connections";
	return true;
}

static bool ports_ran_out(
    struct judging *j, const struct obs *attempt, const struct obs *scan, struct why *w)
{
	const struct addr *peer = &attempt->tcp.peer;
	const struct obs *accepted = facts_accepted(j->facts, peer);
	const struct obs *other = probes_other_port(&j->facts->probes, peer);

	if (!accepted || !other || accepted->begin > attempt->begin)
		return false;
	say(j, EVIDENCE_SUPPORTS, accepted,
	    "the same address and port accepted a connection that began earlier");
	say(j, EVIDENCE_SUPPORTS, scan,
	    "all later attempts, from other source ports, stayed silent");
	say_cite(j, attempt);
	say(j, EVIDENCE_SUPPORTS, other,
	    "port %u of the same address answers at the same time",
	    (unsigned)facts_connected_peer(other)->port);
	w->cause = "snat_exhaustion_suspected";
	w->confidence = CONFIDENCE_LIKELY;
	w->key = addr_port_words(j->arena, peer);
	return true;
}

bool why_limits(struct judging *j, const struct obs *attempt, struct why *w)
{
	const struct obs *scan;

	if (!stays_silent(&j->facts->probes, attempt, &scan))
		return false;
	return sessions_ran_out(j, attempt, w) || ports_ran_out(j, attempt, scan, w);
}
