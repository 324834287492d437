/* SPDX-License-Identifier: MIT */
#include "probe/idle/idle_socket.h"

#include <errno.h>
#include <stdlib.h>

enum phase {
	PHASE_WAITING, /* for its turn to open */
	PHASE_OPENING,
	PHASE_IDLE,
	PHASE_USED,
	PHASE_OVER /* the result is there, the line is in a call of ours */
};

struct idle_socket {
	struct idle_socket_options o;
	struct line *line;
	struct loop_timer *timer;
	enum phase phase;
	struct obs_idle result;
	nsec_t begin, due; /* PHASE_IDLE: when it is used */
	nsec_t last;       /* byte of either side, keepalive probes aside */
	nsec_t asked;      /* 0 = no answer is due */
	nsec_t end;
	idle_socket_done_fn *done;
	void *arg;
};

static void release(struct idle_socket *s)
{
	line_close(s->line);
	loop_timer_stop(s->timer);
	free(s);
}

/* From a timer: a line is not closed in its own call. */
static void deliver(struct idle_socket *s)
{
	struct obs_idle result = s->result;
	nsec_t begin = s->begin, end = s->end;
	idle_socket_done_fn *done = s->done;
	void *arg = s->arg;

	release(s);
	done(arg, &result, begin, end);
}

static void conclude(struct idle_socket *s, enum idle_outcome outcome)
{
	s->end = nsec_now();
	if (s->phase == PHASE_IDLE)
		s->result.silent = s->end - s->last;
	if (s->line)
		line_report(s->line, &s->result);
	s->result.outcome = outcome;
	s->phase = PHASE_OVER;
	loop_timer_again(s->timer, 0);
}

static void use(struct idle_socket *s)
{
	s->asked = nsec_now();
	s->result.silent = s->asked - s->last;
	s->phase = PHASE_USED;
	loop_timer_again(s->timer, s->o.line.plan->timeout);
	line_use(s->line);
}

/* Sets the timer for the next ping, or for the use. */
static void arm(struct idle_socket *s)
{
	nsec_t left = s->due - nsec_now();

	if (s->o.mode == IDLE_PINGS && left > s->o.interval)
		left = s->o.interval;
	loop_timer_again(s->timer, left > 0 ? left : 0);
}

static void begin_silence(struct idle_socket *s)
{
	s->begin = s->last = nsec_now();
	s->due = s->begin + s->o.idle;
	s->phase = PHASE_IDLE;
	if (s->o.mode == IDLE_KEEPALIVE)
		line_keep_alive(s->line, (unsigned)(s->o.interval / NSEC_PER_SEC));
	arm(s);
}

/* Nothing came although it was due; bare TCP has no data that could be acknowledged. */
static enum idle_outcome unanswered(const struct idle_socket *s)
{
	struct obs_idle now = { 0 };

	line_report(s->line, &now);
	bool acknowledged = protocol_is_http(s->o.line.target->protocol) &&
			    now.info.present && now.info.unacked == 0;
	return acknowledged ? IDLE_UNANSWERED : IDLE_UNACKNOWLEDGED;
}

static void ping(struct idle_socket *s)
{
	nsec_t now = nsec_now();

	if (s->asked && now - s->asked >= s->o.line.plan->timeout) {
		conclude(s, unanswered(s));
		return;
	}
	if (!s->asked) {
		s->asked = now;
		line_use(s->line);
	}
	arm(s);
}

static enum idle_outcome broken(const struct idle_socket *s)
{
	if (s->phase == PHASE_OPENING)
		return IDLE_NOT_OPENED;
	switch (s->line->err) {
	case ETIMEDOUT: /* keepalive probes, or data, without an answer */
	case EHOSTUNREACH:
	case ENETUNREACH:
		return IDLE_UNACKNOWLEDGED;
	case EPROTO:
		return IDLE_CLOSED;
	default:
		return s->phase == PHASE_USED ? IDLE_RESET_AT_USE : IDLE_RESET;
	}
}

static void on_answer(struct idle_socket *s)
{
	nsec_t now = nsec_now();

	if (!s->asked)
		return;
	if (s->phase == PHASE_USED) {
		s->result.answer = now - s->asked;
		conclude(s, IDLE_ALIVE);
		return;
	}
	s->result.pings++;
	s->asked = 0;
	s->last = now;
}

static void on_heard(struct idle_socket *s)
{
	if (s->phase != PHASE_IDLE)
		return;
	s->result.frames_in++;
	s->last = nsec_now();
}

static void on_line(void *arg, enum line_event event)
{
	struct idle_socket *s = arg;

	if (s->phase == PHASE_OVER)
		return;
	switch (event) {
	case LINE_READY:
		begin_silence(s);
		break;
	case LINE_ANSWERED:
		on_answer(s);
		break;
	case LINE_HEARD:
		on_heard(s);
		break;
	case LINE_CLOSED:
		conclude(s, s->phase == PHASE_OPENING ? IDLE_NOT_OPENED : IDLE_CLOSED);
		break;
	case LINE_BROKEN:
		conclude(s, broken(s));
		break;
	case LINE_NOT_KEPT:
		conclude(s, IDLE_NOT_KEPT);
		break;
	}
}

/* Connecting, TLS and the first answer have limits of their own; this is the last. */
static nsec_t opening_limit(const struct plan *p)
{
	return p->connect_timeout + 2 * p->timeout;
}

static void open_line(struct idle_socket *s)
{
	s->begin = nsec_now();
	s->phase = PHASE_OPENING;
	s->line = line_open(&s->o.line);
	if (!s->line) {
		s->result.err = ENOMEM;
		conclude(s, IDLE_NOT_OPENED);
		return;
	}
	loop_timer_again(s->timer, opening_limit(s->o.line.plan));
}

static void on_timer(void *arg)
{
	struct idle_socket *s = arg;

	switch (s->phase) {
	case PHASE_WAITING:
		open_line(s);
		break;
	case PHASE_OPENING:
		conclude(s, IDLE_NOT_OPENED);
		break;
	case PHASE_IDLE:
		if (nsec_now() >= s->due)
			use(s);
		else if (s->o.mode == IDLE_PINGS)
			ping(s);
		else
			arm(s);
		break;
	case PHASE_USED:
		conclude(s, unanswered(s));
		break;
	case PHASE_OVER:
		deliver(s);
		break;
	}
}

struct idle_socket *idle_socket_start(
    const struct idle_socket_options *options, idle_socket_done_fn *done, void *arg)
{
	struct idle_socket *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	*s = (struct idle_socket){ .o = *options,
		.result = { .peer = options->line.peer,
		    .via_proxy = options->line.target->proxy != NULL,
		    .mode = options->mode,
		    .idle = options->idle,
		    .interval = options->interval },
		.begin = nsec_now(),
		.done = done,
		.arg = arg };
	s->o.line.fn = on_line;
	s->o.line.arg = s;
	s->timer = loop_timer_start(options->line.loop, options->delay, on_timer, s);
	if (s->timer)
		return s;
	free(s);
	return NULL;
}

void idle_socket_cancel(struct idle_socket *s, struct obs_idle *ret, nsec_t *ret_begin)
{
	if (s->phase != PHASE_OVER)
		conclude(s, IDLE_CUT);
	*ret = s->result;
	*ret_begin = s->begin;
	release(s);
}
