/* SPDX-License-Identifier: MIT */
#include "checks/facts/net_error.h"
#include "checks/judge/judge_stages.h"
#include "probe/base/arena.h"

/*
 * Datagrams. Silence is what a working path and a dropping one have in common, so it
 * passes with the weakest word and says so.
 */

static const char *failure_words(struct judging *j, const struct obs_udp *u)
{
	return arena_printf(j->arena, "%s%s%s%s",
	    u->outcome == UDP_CANNOT_TRY ? "could not send: " : "", errno_words(u->err),
	    u->icmp.present ? ", " : "", icmp_words(j->arena, &u->icmp));
}

static struct net_error net_error_of(const struct judging *j, const struct obs *o)
{
	static const struct addr unknown;

	return (struct net_error){
		.peer = &o->udp.peer,
		.local = &unknown,
		.icmp = &o->udp.icmp,
		.err = o->udp.err,
		.waited = o->end - o->begin,
		.bound = j->plan->probe.source.family || j->plan->probe.interface,
		.udp = true,
	};
}

static void judge_refusal(struct judging *j, const struct obs *o, bool others_work)
{
	struct net_error e = net_error_of(j, o);
	struct net_cause c = net_error_judge(j->facts, &e);
	const struct addr *offender = &o->udp.icmp.offender;

	j->address = o->udp.peer;
	finding_set(j,
	    &(struct finding){ .status = others_work ? STATUS_WARN : c.status,
		.stage = STAGE_UDP,
		.cause = c.cause,
		.confidence = c.confidence,
		.summary = arena_printf(j->arena, "%s: %s",
		    addr_port_words(j->arena, &o->udp.peer), failure_words(j, &o->udp)),
		.key = c.from_device && offender->family
			   ? addr_words(j->arena, offender)
			   : NULL });
}

static void say_udp(struct judging *j, const struct obs *o, bool no_ipv6)
{
	const char *peer = addr_port_words(j->arena, &o->udp.peer);

	if (o->udp.outcome == UDP_ANSWERED)
		say(j, EVIDENCE_SUPPORTS, o, "a datagram came back from %s", peer);
	else if (o->udp.outcome == UDP_SILENT)
		say(j, EVIDENCE_SUPPORTS, o,
		    "%u datagrams sent to %s, nothing said no in %.0f ms", o->udp.sent,
		    peer, obs_ms(o));
	else
		say(j, no_ipv6 ? EVIDENCE_CONTEXT : EVIDENCE_SUPPORTS, o, "%s: %s%s",
		    peer, failure_words(j, &o->udp),
		    no_ipv6 ? "; this machine has no IPv6" : "");
}

static void pass(struct judging *j, const struct obs *o)
{
	struct verdict *v = j->verdict;

	j->address = v->address = o->udp.peer;
	if (o->udp.outcome == UDP_ANSWERED) {
		v->confidence = CONFIDENCE_LIKELY;
		v->summary = "a datagram came back";
	} else {
		v->confidence = CONFIDENCE_POSSIBLE;
		v->summary = "sent, nothing said no";
	}
}

bool judge_udp(struct judging *j)
{
	const struct obs *worked = NULL, *failed = NULL, *no_ipv6 = NULL;

	for (const struct obs *o = j->first; o; o = o->next_of_target) {
		if (o->kind != OBS_UDP)
			continue;
		struct net_error e = net_error_of(j, o);
		bool silent_fact = net_error_means_no_ipv6(&e);
		say_udp(j, o, silent_fact);
		if (o->udp.outcome == UDP_ANSWERED ||
		    (o->udp.outcome == UDP_SILENT && !worked))
			worked = o;
		else if (silent_fact)
			no_ipv6 = o;
		else if (o->udp.outcome != UDP_SILENT && !failed)
			failed = o;
	}
	if (!worked && !failed && !no_ipv6)
		return judge_unfinished(j, STAGE_UDP);
	if (worked)
		pass(j, worked);
	if (failed || !worked)
		judge_refusal(j, failed ? failed : no_ipv6, worked != NULL);
	return j->verdict->status == STATUS_PASS || j->verdict->status == STATUS_WARN;
}
