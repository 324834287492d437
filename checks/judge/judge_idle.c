/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "checks/judge/judge_stages.h"
#include "probe/base/arena.h"

/*
 * Connections that were left idle. The longest silence that was survived and the
 * shortest that was not bracket a limit; what was sent meanwhile on the controls tells
 * whose limit it is: a flow table sees keepalive probes, a proxy sees pings only, and
 * what ends a connection at an age sees neither.
 */

struct idle_facts {
	const struct obs *survivor; /* the longest silence that was survived */
	const struct obs *victim;   /* the shortest that was not */
	const struct obs *keepalive, *pings, *fresh;
	const struct obs *unusable; /* not opened, or not kept by the server */
	bool cut;
};

/* Azure's load balancer, NAT gateway and firewall, unless somebody changed it. */
static const nsec_t azure_default = 240 * NSEC_PER_SEC;

static bool is_alive(const struct obs *o)
{
	return o && o->idle.outcome == IDLE_ALIVE;
}

static bool has_died(const struct obs *o)
{
	return o && idle_has_died(o->idle.outcome);
}

/* By itself, not when it was used. */
static bool was_ended(const struct obs *o)
{
	return o->idle.outcome == IDLE_RESET || o->idle.outcome == IDLE_CLOSED;
}

static bool is_silent(const struct obs *o)
{
	return o->idle.outcome == IDLE_UNACKNOWLEDGED ||
	       o->idle.outcome == IDLE_UNANSWERED;
}

static double seconds(nsec_t t)
{
	return (double)t / (double)NSEC_PER_SEC;
}

static nsec_t age(const struct obs *o)
{
	return o->end - o->begin;
}

/* --- Facts ------------------------------------------------------------------------ */

static void take_silent(struct idle_facts *f, const struct obs *o)
{
	if (is_alive(o) && (!f->survivor || o->idle.idle > f->survivor->idle.idle))
		f->survivor = o;
	if (has_died(o) && (!f->victim || o->idle.idle < f->victim->idle.idle))
		f->victim = o;
}

static bool read_facts(const struct judging *j, struct idle_facts *ret)
{
	bool any = false;

	*ret = (struct idle_facts){ 0 };
	for (const struct obs *o = j->first; o; o = o->next_of_target) {
		if (o->kind != OBS_IDLE)
			continue;
		any = true;
		ret->cut |= o->idle.outcome == IDLE_CUT;
		if (o->idle.outcome == IDLE_NOT_OPENED ||
		    o->idle.outcome == IDLE_NOT_KEPT)
			ret->unusable = o;
		switch (o->idle.mode) {
		case IDLE_SILENT_FLOW:
			take_silent(ret, o);
			break;
		case IDLE_KEEPALIVE:
			ret->keepalive = o;
			break;
		case IDLE_PINGS:
			ret->pings = o;
			break;
		case IDLE_FRESH:
			ret->fresh = o;
			break;
		}
	}
	return any;
}

/* --- Words ------------------------------------------------------------------------ */

static const char *outcome_words(struct judging *j, const struct obs *o)
{
	const struct obs_idle *i = &o->idle;

	switch (i->outcome) {
	case IDLE_ALIVE:
		return arena_printf(
		    j->arena, "answered in %.1f ms", nsec_to_ms(i->answer));
	case IDLE_RESET:
		return arena_printf(
		    j->arena, "was reset by itself after %.1f s", seconds(i->silent));
	case IDLE_CLOSED:
		return i->close_code
			   ? arena_printf(j->arena, "was closed with %d after %.1f s",
				 i->close_code, seconds(age(o)))
			   : arena_printf(j->arena, "was closed by itself after %.1f s",
				 seconds(age(o)));
	case IDLE_RESET_AT_USE:
		return "was reset when it was used";
	case IDLE_UNACKNOWLEDGED:
		return "what was sent was never acknowledged";
	case IDLE_UNANSWERED:
		return "what was sent was acknowledged and never answered";
	case IDLE_NOT_OPENED:
		return "could not be opened";
	case IDLE_NOT_KEPT:
	case IDLE_CUT:
		break;
	}
	return "was not measured";
}

static void say_one(struct judging *j, const struct obs *o, const char *what)
{
	const struct obs_idle *i = &o->idle;

	if (!is_alive(o) && !has_died(o) && i->mode != IDLE_FRESH)
		return;
	say(j, EVIDENCE_SUPPORTS, o, "%s: %s%s", what, outcome_words(j, o),
	    i->mode == IDLE_SILENT_FLOW && i->frames_in
		? ", and the peer sent something meanwhile by itself"
		: "");
}

static const char *left_words(struct judging *j, const char *how, const struct obs *o)
{
	return arena_printf(j->arena, "%s for %.0f s", how, seconds(o->idle.idle));
}

static const char *control_words(
    struct judging *j, const char *what, const struct obs *o)
{
	return arena_printf(j->arena, "%s every %.1f s, %.0f s long", what,
	    seconds(o->idle.interval), seconds(o->idle.idle));
}

static void say_facts(struct judging *j, const struct idle_facts *f)
{
	if (f->survivor)
		say_one(j, f->survivor, left_words(j, "silent", f->survivor));
	if (f->victim)
		say_one(j, f->victim, left_words(j, "silent", f->victim));
	if (f->keepalive)
		say_one(j, f->keepalive,
		    control_words(j, "with TCP keepalive", f->keepalive));
	if (f->pings)
		say_one(
		    j, f->pings, control_words(j, "with WebSocket pings", f->pings));
	if (f->fresh)
		say_one(j, f->fresh, "a new connection afterwards");
	if (f->unusable)
		say(j, EVIDENCE_CONTEXT, f->unusable, "%s%s%s",
		    f->unusable->idle.outcome == IDLE_NOT_KEPT
			? "the server keeps no connection open after an answer"
			: "a connection to be left idle could not be opened",
		    f->unusable->idle.reason ? ": " : "",
		    quote(j, f->unusable->idle.reason));
	if (f->victim && f->victim->idle.idle >= azure_default &&
	    (!f->survivor || f->survivor->idle.idle < azure_default))
		say(j, EVIDENCE_CONTEXT, f->victim,
		    "4 minutes are the default of Azure's load balancer, NAT gateway "
		    "and firewall");
}

/* Up to where the limit is not, and from where on it is. */
static const char *bracket(struct judging *j, const struct idle_facts *f)
{
	const char *from = f->survivor ? arena_printf(j->arena, "more than %.0f s and ",
					     seconds(f->survivor->idle.idle))
				       : "";
	nsec_t most =
	    was_ended(f->victim) ? f->victim->idle.silent : f->victim->idle.idle;

	return arena_printf(j->arena, "%sat most %.1f s", from, seconds(most));
}

/* --- Findings --------------------------------------------------------------------- */

static void find(struct judging *j, const struct obs *victim, const char *cause,
    enum confidence confidence, const char *summary)
{
	finding_set(j, &(struct finding){ .status = STATUS_FAIL,
			   .stage = victim->stage,
			   .cause = cause,
			   .confidence = confidence,
			   .summary = summary });
}

static const char *cure_words(const struct idle_facts *f)
{
	if (is_alive(f->keepalive))
		return is_alive(f->pings) ? "; TCP keepalive and pings prevent it"
					  : "; TCP keepalive prevents it";
	return is_alive(f->pings) ? "; pings prevent it, TCP keepalive does not" : "";
}

static void find_limit(
    struct judging *j, const struct idle_facts *f, enum confidence confidence)
{
	bool silent = is_silent(f->victim);
	bool steady = !f->survivor || f->survivor->idle.idle < f->victim->idle.idle;

	if (!steady) {
		confidence = CONFIDENCE_POSSIBLE;
		say(j, EVIDENCE_CONTEXT, f->survivor,
		    "a longer silence was survived, so it is not the time alone");
	}
	find(j, f->victim, silent ? "idle_drop_silent" : "idle_reset", confidence,
	    arena_printf(j->arena, "an idle connection %s after %s%s",
		silent ? "goes dead without a word" : "is ended",
		steady ? bracket(j, f) : left_words(j, "being silent", f->victim),
		cure_words(f)));
}

/* A new connection fails too: silence is not the reason. */
static void find_gone(struct judging *j, const struct idle_facts *f)
{
	bool refused = f->fresh->idle.err == ECONNREFUSED;

	find(j, f->fresh, refused ? "remote_refused" : "silent_drop",
	    CONFIDENCE_CANNOT_TELL,
	    "the peer went away while connections were idle, and takes no new one");
}

/* The controls died, and a new connection works. */
static void find_moment(struct judging *j, const struct idle_facts *f)
{
	const char *cause = is_silent(f->pings) ? "data_not_acknowledged"
			    : f->pings->idle.outcome == IDLE_CLOSED
				? "connection_closed"
				: "connection_reset";

	find(j, f->pings, cause, CONFIDENCE_CANNOT_TELL,
	    "all connections ended at one moment, idle or not");
}

/*
 * It was opened later than the victim: an age that both reached is a limit, a moment at
 * which both ended is none.
 */
static bool same_age(const struct obs *a, const struct obs *b)
{
	return was_ended(a) && was_ended(b) &&
	       llabs(age(a) - age(b)) < llabs(a->end - b->end);
}

static void judge_frames(struct judging *j, const struct idle_facts *f)
{
	const struct obs *p = f->pings;
	bool outlived = p && (is_alive(p) || age(p) > age(f->victim) * 5 / 4);

	if (!p || !(has_died(p) || is_alive(p)))
		find_limit(j, f, CONFIDENCE_POSSIBLE);
	else if (outlived)
		find_limit(j, f, CONFIDENCE_LIKELY);
	else if (f->fresh && !is_alive(f->fresh))
		find_gone(j, f);
	else if (same_age(p, f->victim))
		find(j, p, "ws_lifetime_cap", CONFIDENCE_LIKELY,
		    arena_printf(j->arena,
			"a WebSocket is ended %.1f s after it was opened, although "
			"pings are answered",
			seconds(age(p))));
	else
		find_moment(j, f);
}

/*
 * Servers end connections on which no request comes, and may do so with a reset. That
 * is no fault; but they do not count keepalive probes.
 */
static bool is_habit(const struct idle_facts *f)
{
	return was_ended(f->victim) && !is_alive(f->keepalive);
}

static void judge_requests(struct judging *j, const struct idle_facts *f)
{
	if (is_alive(f->keepalive))
		find_limit(j, f, CONFIDENCE_LIKELY);
	else if (is_habit(f))
		say(j, EVIDENCE_CONTEXT, f->victim,
		    "servers end idle connections by themselves, so a limit of the "
		    "path could be seen below %.1f s only",
		    seconds(f->victim->idle.silent));
	else if (f->fresh && !is_alive(f->fresh))
		find_gone(j, f);
	else
		find_limit(j, f, CONFIDENCE_POSSIBLE);
}

static void judge_cut(struct judging *j, const struct idle_facts *f)
{
	const char *known = f->victim ? arena_printf(j->arena, "; %s", bracket(j, f))
			    : f->survivor
				? arena_printf(j->arena, "; %s a connection survived",
				      left_words(j, "silent", f->survivor))
				: "";

	finding_set(j,
	    &(struct finding){ .status = STATUS_INCONCLUSIVE,
		.stage = protocol_is_http(j->target->protocol) ? STAGE_HTTP : STAGE_TCP,
		.cause = "not_finished",
		.confidence = CONFIDENCE_CANNOT_TELL,
		.summary = arena_printf(
		    j->arena, "the run ended while connections were idle%s", known) });
}

void judge_idle(struct judging *j)
{
	struct verdict *v = j->verdict;
	struct idle_facts f;

	if ((v->status != STATUS_PASS && v->status != STATUS_WARN) ||
	    !read_facts(j, &f))
		return;
	say_facts(j, &f);
	if (f.cut)
		judge_cut(j, &f);
	else if (f.victim && f.victim->stage == STAGE_WEBSOCKET)
		judge_frames(j, &f);
	else if (f.victim)
		judge_requests(j, &f);
	if (v->status == STATUS_PASS && f.survivor)
		v->summary = arena_printf(j->arena, "%s; %s it stays alive", v->summary,
		    left_words(j, "silent", f.survivor));
}
