/* SPDX-License-Identifier: MIT */
#include "checks/facts/facts.h"
#include "checks/judge/inbound_words.h"
#include "checks/judge/judge_stages.h"
#include "probe/base/arena.h"

/*
 * A port of this machine that was watched. Who came says whether the service is let in;
 * what left says what this machine made of it. Silence says nothing: the service may
 * have had no reason, and many computes need nothing to come in at all. What addresses
 * other than the service's met is told, and decides nothing.
 */

/* --- Findings --------------------------------------------------------------------- */

/* Who is not known to be the service, and packets that may be missing, leave doubt. */
static enum confidence doubt(const struct inbound_facts *f, enum confidence c)
{
	if (f->lossy)
		return CONFIDENCE_POSSIBLE;
	if (f->from == INBOUND_UNKNOWN && c == CONFIDENCE_CERTAIN)
		return CONFIDENCE_LIKELY;
	return c;
}

static void find(struct judging *j, enum status status, const char *cause,
    enum confidence confidence, const char *summary)
{
	finding_set(j, &(struct finding){ .status = status,
			   .stage = STAGE_TCP,
			   .cause = cause,
			   .confidence = confidence,
			   .summary = summary,
			   .key = inbound_service(j) });
}

static void find_unproven(struct judging *j, const char *summary)
{
	find(j, STATUS_INCONCLUSIVE, "inbound_unproven", CONFIDENCE_CANNOT_TELL,
	    summary);
}

static void judge_unseen(struct judging *j, const struct inbound_facts *f)
{
	const struct obs *capture = j->facts->flows.capture;
	const char *why = capture && capture->capture->refused
			      ? quote(j, capture->capture->refused)
			      : "nothing was captured";

	say(j, EVIDENCE_SUPPORTS, capture, "connections from outside were not seen: %s",
	    why);
	find(j, STATUS_INCONCLUSIVE, "inbound_not_watched", CONFIDENCE_CANNOT_TELL,
	    arena_printf(j->arena, "what comes in could not be seen (%s); %s", why,
		inbound_listening_words(f)));
}

static double watched(const struct inbound_facts *f)
{
	const struct obs *o = f->listeners;
	return (double)(o->end - o->begin) / (double)NSEC_PER_SEC;
}

static void judge_silence(struct judging *j, const struct inbound_facts *f)
{
	uint64_t lost = f->inbound->inbound.unknown_syns;

	say(j, EVIDENCE_SUPPORTS, f->inbound, "no SYN came in for %.1f s%s", watched(f),
	    f->lossy ? ", as far as can be told: packets may be missing" : "");
	if (lost)
		say(j, EVIDENCE_CONTEXT, f->inbound,
		    "%llu SYNs came from more addresses than are told apart",
		    (unsigned long long)lost);
	find_unproven(j, arena_printf(j->arena, "no connection came in for %.0f s; %s",
			     watched(f), inbound_listening_words(f)));
}

/* The answer took another way than the question, and got there all the same. */
static void warn_elsewhere(struct judging *j, const struct inbound_facts *f)
{
	j->verdict->attributes |= ATTR_ASYMMETRIC_PATH;
	find(j, STATUS_WARN, "inbound_reply_elsewhere",
	    doubt(f, f->sum.elsewhere > 1 ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY),
	    arena_printf(j->arena,
		"connections come in by %s and are answered by %s; they work all the "
		"same",
		quote(j, f->sum.came_by), quote(j, f->sum.left_by)));
}

static void judge_completed(struct judging *j, const struct inbound_facts *f)
{
	struct verdict *v = j->verdict;

	if (f->sum.elsewhere) {
		warn_elsewhere(j, f);
		return;
	}
	v->confidence =
	    f->from == INBOUND_SERVICE ? CONFIDENCE_CERTAIN : CONFIDENCE_POSSIBLE;
	v->summary = arena_printf(j->arena, "%s from %s came in and %s answered",
	    inbound_connections(j, f->sum.completed), inbound_from_words(j, f->from),
	    f->sum.completed == 1 ? "was" : "were");
}

/* Forged addresses and scanners leave half-open connections everywhere. */
static void judge_unacknowledged(struct judging *j, const struct inbound_facts *f)
{
	const char *came = inbound_connections(j, f->unacknowledged);

	if (f->sum.elsewhere) {
		j->verdict->attributes |= ATTR_ASYMMETRIC_PATH;
		find(j, STATUS_FAIL, "inbound_reply_elsewhere",
		    doubt(f, f->from == INBOUND_SERVICE ? CONFIDENCE_LIKELY
							: CONFIDENCE_POSSIBLE),
		    arena_printf(j->arena,
			"%s from %s came in by %s, the answer left by %s, and none was "
			"acknowledged",
			came, inbound_from_words(j, f->from), quote(j, f->sum.came_by),
			quote(j, f->sum.left_by)));
	} else if (f->from == INBOUND_SERVICE) {
		find(j, STATUS_FAIL, "inbound_reply_lost",
		    doubt(f, f->unacknowledged > 1 ? CONFIDENCE_LIKELY
						   : CONFIDENCE_POSSIBLE),
		    arena_printf(j->arena,
			"%s from %s came in and got an answer, which was never "
			"acknowledged",
			came, inbound_service(j)));
	} else {
		find_unproven(j,
		    arena_printf(j->arena,
			"%s came in, and the answer was never acknowledged: a scan, or "
			"the way back is cut",
			came));
		finding_alternative(j, "inbound_reply_lost");
	}
}

static void judge_answered(struct judging *j, const struct inbound_facts *f)
{
	if (f->unacknowledged)
		judge_unacknowledged(j, f);
	else
		find_unproven(j,
		    arena_printf(j->arena,
			"%s came in and the peer reset the answer, as a port scan does",
			inbound_connections(j, f->sum.aborted)));
}

/* --- What this machine did not answer --------------------------------------------- */

static void find_filter(struct judging *j, const struct inbound_facts *f,
    enum confidence confidence, const char *how)
{
	words_add(j->arena, &j->verdict->remediation,
	    arena_printf(j->arena,
		"Allow TCP %u from %s in the INPUT rules of this machine (nft list "
		"ruleset, iptables -S INPUT, ufw).",
		(unsigned)j->target->port, inbound_service(j)));
	find(j, STATUS_FAIL, "inbound_filtered", doubt(f, confidence),
	    arena_printf(j->arena, "%s from %s reached this machine, %s, and %s",
		inbound_connections(j, f->sum.connections - f->sum.pending),
		inbound_from_words(j, f->from), inbound_listening_words(f), how));
}

static void find_no_listener(struct judging *j, const struct inbound_facts *f)
{
	bool elsewhere = inbound_listening(f, NULL) == LISTENING_ALWAYS;
	bool twice = f->sum.refused > 1;

	find(j, STATUS_FAIL, "inbound_no_listener",
	    doubt(f, twice && !elsewhere ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY),
	    arena_printf(j->arena, "%s from %s came in, and %s",
		inbound_connections(j, f->sum.connections - f->sum.pending),
		inbound_from_words(j, f->from),
		elsewhere ? arena_printf(j->arena, "no program listens at %s",
				addr_words(j->arena, &f->sum.local))
			  : "nothing listens on the port"));
}

/*
 * A counter of the whole host: enough only if it covers every SYN, but for those that
 * came between the begin of the capture and that of the count.
 */
static bool reverse_path(struct judging *j, const struct inbound_facts *f)
{
	const struct probes *p = &j->facts->probes;
	uint64_t dropped;

	if (!probes_counter(p, "TcpExt.IPReversePathFilter", &dropped) ||
	    dropped == 0 || dropped + f->sum.connections < f->sum.syns ||
	    f->sum.local.family != AF_INET)
		return false;
	say(j, EVIDENCE_SUPPORTS, p->counters,
	    "%llu packets were dropped by reverse path filtering meanwhile",
	    (unsigned long long)dropped);
	find(j, STATUS_FAIL, "local_rp_filter", doubt(f, CONFIDENCE_LIKELY),
	    arena_printf(j->arena,
		"%s from %s came in by %s, by which this machine would not answer",
		inbound_connections(j, f->unanswered), inbound_from_words(j, f->from),
		quote(j, f->sum.came_by)));
	return true;
}

static void judge_unanswered(struct judging *j, const struct inbound_facts *f)
{
	enum inbound_listening l = inbound_listening(f, &f->sum.local);

	if (f->sum.refused && l == LISTENING_NEVER)
		find_no_listener(j, f);
	else if (f->sum.refused)
		find_filter(j, f,
		    l == LISTENING_ALWAYS ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE,
		    "was refused");
	else if (f->sum.rejected)
		find_filter(
		    j, f, CONFIDENCE_LIKELY, "was rejected by its packet filter");
	else if (reverse_path(j, f))
		return;
	else
		find_filter(j, f,
		    l == LISTENING_ALWAYS ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE,
		    "no answer left it");
	if (l == LISTENING_NEVER && !f->sum.refused)
		finding_alternative(j, "inbound_no_listener");
}

static void judge_peers(struct judging *j, const struct inbound_facts *f)
{
	inbound_say_peers(j, f);
	if (f->from == INBOUND_OTHERS)
		find_unproven(j,
		    arena_printf(j->arena,
			"%s came in, none of them from %s, so that nothing is proven "
			"about it",
			inbound_connections(j, f->sum.connections),
			inbound_service(j)));
	else if (f->sum.completed)
		judge_completed(j, f);
	else if (f->sum.connections <= f->sum.pending)
		find_unproven(
		    j, "what came in was not decided yet when the watch ended");
	else if (f->sum.answered)
		judge_answered(j, f);
	else
		judge_unanswered(j, f);
}

void judge_inbound(struct judging *j)
{
	struct inbound_facts f;

	inbound_facts_read(j, &f);
	if (!f.listeners) {
		judge_unfinished(j, STAGE_TCP);
		return;
	}
	if (f.listeners->listeners.cut)
		say(j, EVIDENCE_CONTEXT, f.listeners,
		    "the run ended after %.1f of %.1f s", watched(&f),
		    (double)f.listeners->listeners.wanted / (double)NSEC_PER_SEC);
	inbound_say_listeners(j, &f);
	if (!f.inbound)
		judge_unseen(j, &f);
	else if (f.from == INBOUND_NOBODY)
		judge_silence(j, &f);
	else
		judge_peers(j, &f);
}
