/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/facts/answer.h"
#include "checks/judge/judge_stages.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

/*
 * The signed-in conversation with Jupyter. The first step that did not work names the
 * cause; steps that worked before it are controls: a server that starts a kernel is
 * there, genuine and takes the token.
 */

static const char *const step_words[] = {
	[JUPYTER_START_KERNEL] = "start of a kernel",
	[JUPYTER_OPEN_CHANNEL] = "websocket of the kernel",
	[JUPYTER_EXECUTE] = "computing 1+1",
	[JUPYTER_DELETE_KERNEL] = "deletion of the kernel",
	[JUPYTER_START_TERMINAL] = "start of a terminal",
	[JUPYTER_OPEN_TERMINAL] = "websocket of the terminal",
	[JUPYTER_TERMINAL_ECHO] = "computing in the terminal",
	[JUPYTER_DELETE_TERMINAL] = "deletion of the terminal",
};

static const char *const outcome_words[] = {
	[JUPYTER_DONE] = "worked",
	[JUPYTER_REFUSED] = "was refused",
	[JUPYTER_NO_ANSWER] = "got no answer",
	[JUPYTER_WRONG_ANSWER] = "gave a wrong answer",
	[JUPYTER_BROKEN] = "broke",
	[JUPYTER_TOKEN_WITHHELD] = "was not tried",
	[JUPYTER_CUT] = "was cut by the end of the run",
};

static void say_step(struct judging *j, const struct obs *o)
{
	const struct obs_jupyter *s = &o->jupyter;
	const char *status =
	    s->http_status ? arena_printf(j->arena, " (HTTP %d)", s->http_status) : "";
	const char *more = s->reason ? s->reason : s->result;

	say(j, EVIDENCE_SUPPORTS, o, "%s %s%s in %.0f ms%s%s", step_words[s->step],
	    outcome_words[s->outcome], status, obs_ms(o), more ? ": " : "",
	    quote(j, more));
}

static void find(struct judging *j, enum status status, const char *cause,
    enum confidence confidence, const char *summary)
{
	finding_set(j, &(struct finding){ .status = status,
			   .stage = STAGE_WEBSOCKET,
			   .cause = cause,
			   .confidence = confidence,
			   .summary = summary });
}

static void find_failed(
    struct judging *j, const struct obs_jupyter *s, enum status status)
{
	find(j, status, "jupyter_failed", CONFIDENCE_LIKELY,
	    arena_printf(j->arena, "Jupyter was reached, but the %s %s",
		step_words[s->step], outcome_words[s->outcome]));
}

static void judge_start(struct judging *j, const struct obs_jupyter *s)
{
	if (s->outcome == JUPYTER_TOKEN_WITHHELD)
		find(j, STATUS_INCONCLUSIVE, "jupyter_token_withheld",
		    CONFIDENCE_CERTAIN,
		    arena_printf(
			j->arena, "the token was not sent: %s", quote(j, s->reason)));
	else if (s->outcome == JUPYTER_REFUSED &&
		 (s->http_status == 401 || s->http_status == 403))
		find(j, STATUS_INCONCLUSIVE, "jupyter_token_refused", CONFIDENCE_LIKELY,
		    arena_printf(
			j->arena, "Jupyter refused the token with %d", s->http_status));
	else
		find_failed(j, s, STATUS_FAIL);
}

/* Jupyter did start a kernel: what now lacks the upgrade lost it on the way. */
static void judge_channel(struct judging *j, const struct obs_jupyter *s)
{
	bool missing = s->result && text_says_upgrade_missing(s->result);

	if (s->outcome == JUPYTER_REFUSED && s->http_status == 101)
		find(j, STATUS_FAIL, "ws_accept_bad", CONFIDENCE_CERTAIN,
		    "101 came with a wrong Sec-WebSocket-Accept");
	else if (s->outcome == JUPYTER_REFUSED && (missing || s->http_status == 426))
		find(j, STATUS_FAIL, "ws_upgrade_stripped", CONFIDENCE_CERTAIN,
		    arena_printf(j->arena,
			"a kernel was started, but the upgrade to its WebSocket did "
			"not arrive (HTTP %d)",
			s->http_status));
	else
		find_failed(j, s, STATUS_FAIL);
}

static void judge_execution(struct judging *j, const struct obs_jupyter *s)
{
	if (s->outcome == JUPYTER_NO_ANSWER)
		find(j, STATUS_FAIL, "ws_no_frames", CONFIDENCE_CANNOT_TELL,
		    "the kernel's WebSocket was opened, and no result came");
	else
		find_failed(j, s, STATUS_FAIL);
}

/* A terminal is an extra: Jupyter may have none. */
static void judge_terminal(struct judging *j, const struct obs_jupyter *s)
{
	bool none = s->step == JUPYTER_START_TERMINAL && s->outcome == JUPYTER_REFUSED;

	if (!none)
		find_failed(j, s, STATUS_WARN);
}

static void judge_step(struct judging *j, const struct obs_jupyter *s)
{
	switch (s->step) {
	case JUPYTER_START_KERNEL:
		judge_start(j, s);
		break;
	case JUPYTER_OPEN_CHANNEL:
		judge_channel(j, s);
		break;
	case JUPYTER_EXECUTE:
		judge_execution(j, s);
		break;
	case JUPYTER_DELETE_KERNEL:
	case JUPYTER_DELETE_TERMINAL:
		find(j, STATUS_WARN, "jupyter_left_behind", CONFIDENCE_CERTAIN,
		    arena_printf(j->arena, "the %s %s", step_words[s->step],
			outcome_words[s->outcome]));
		break;
	default:
		judge_terminal(j, s);
	}
}

bool judge_jupyter(struct judging *j)
{
	bool computed = false, cut = false, any = false;

	for (const struct obs *o = j->first; o; o = o->next_of_target) {
		const struct obs_jupyter *s = &o->jupyter;
		if (o->kind != OBS_JUPYTER)
			continue;
		any = true;
		say_step(j, o);
		if (s->outcome == JUPYTER_CUT)
			cut = true;
		else if (s->outcome != JUPYTER_DONE)
			judge_step(j, s);
		else if (s->step == JUPYTER_EXECUTE)
			computed = true;
	}
	if (cut && !computed)
		judge_unfinished(j, STAGE_WEBSOCKET);
	if (j->verdict->status == STATUS_PASS && computed) {
		j->verdict->confidence =
		    judge_tls_proven(j) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
		j->verdict->summary = "a kernel computed 1+1";
	}
	return any;
}
