/* SPDX-License-Identifier: MIT */
#include "probe/engine/run.h"
#include "probe/idle/idle_test.h"

/*
 * Idle connections to a target that was reached. They are errands of the target, not
 * part of its chain: minutes of silence must not hold a place of --parallel.
 */

/* The silent ones and their controls, open at once. */
static int sockets(const struct engine *e)
{
	return (int)e->plan->n_idle + IDLE_CONTROLS;
}

static enum stage stage_of(const struct run *r)
{
	if (r->upgraded)
		return STAGE_WEBSOCKET;
	return protocol_is_http(r->target->protocol) ? STAGE_HTTP : STAGE_TCP;
}

static void on_seen(void *arg, const struct obs_idle *result, nsec_t begin, nsec_t end)
{
	struct run *r = arg;
	struct obs o = { .stage = stage_of(r), .kind = OBS_IDLE, .idle = *result };

	engine_append(r->engine, &o, r, begin, end);
}

static void end_test(struct run *r)
{
	r->idle = NULL;
	engine_count_socket(r->engine, -sockets(r->engine));
	r->n_errands--;
	engine_try_end(r);
}

static void on_done(void *arg)
{
	end_test(arg);
}

void run_begin_idle(struct run *r)
{
	struct engine *e = r->engine;
	const struct line_options options = { .loop = e->loop,
		.plan = e->plan,
		.http = e->http,
		.arena = e->log->arena,
		.target = r->target,
		.peer = r->peer,
		.websocket = r->upgraded };
	const struct idle_test_events events = {
		.seen = on_seen, .done = on_done, .arg = r
	};

	if (!r->target->idle || !e->plan->n_idle || !r->reached || e->stopping)
		return;
	r->idle = idle_test_start(&options, &events);
	if (!r->idle)
		return;
	engine_count_socket(e, sockets(e));
	r->n_errands++;
}

void run_stop_idle(struct run *r)
{
	if (!r->idle)
		return;
	idle_test_stop(r->idle);
	end_test(r);
}
