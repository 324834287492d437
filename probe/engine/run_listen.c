/* SPDX-License-Identifier: MIT */
#include "probe/base/arena.h"
#include "probe/engine/run.h"
#include "probe/host/listeners.h"

/*
 * A port of this machine that is watched. Nothing is sent and no socket is held: what
 * comes in is seen by a capture beside the engine, and who listens by the kernel's
 * list. An errand of the target from the very start of the run, whatever --parallel
 * says, so that all ports are watched as long as the capture lasts.
 */
struct run_listen {
	struct loop_timer *timer;
	nsec_t begin;
	struct obs_listeners seen;
};

static const struct addr *kept(const struct listeners *l, struct arena *arena)
{
	return arena_memdup(arena, l->at, l->n * sizeof *l->at);
}

static void end_listen(struct run *r, bool cut)
{
	struct engine *e = r->engine;
	struct run_listen *w = r->listen;
	struct obs o = { .stage = STAGE_TCP, .kind = OBS_LISTENERS };
	struct listeners now;
	int err = listeners_read(r->target->port, &now);

	loop_timer_stop(w->timer);
	r->listen = NULL;
	w->seen.err = err ? err : w->seen.err;
	w->seen.cut = cut;
	w->seen.at_end = kept(&now, e->log->arena);
	w->seen.n_at_end = now.n;
	o.listeners = w->seen;
	if (e->hooks->port_watched)
		e->hooks->port_watched(e->hooks->arg, (unsigned)r->index);
	engine_append(e, &o, r, w->begin, nsec_now());
	r->n_errands--;
	engine_try_end(r);
}

static void on_time(void *arg)
{
	end_listen(arg, false);
}

void run_begin_listen(struct run *r)
{
	struct engine *e = r->engine;
	struct listeners now;

	if (r->target->protocol != PROTO_INBOUND || !e->plan->listen)
		return;
	struct run_listen *w = arena_alloc(e->log->arena, sizeof *w);
	*w = (struct run_listen){ .begin = nsec_now(),
		.seen = { .port = r->target->port, .wanted = e->plan->listen } };
	w->seen.err = listeners_read(r->target->port, &now);
	w->seen.at_begin = kept(&now, e->log->arena);
	w->seen.n_at_begin = now.n;
	w->timer = loop_timer_start(e->loop, e->plan->listen, on_time, r);
	if (!w->timer)
		return;
	r->listen = w;
	r->n_errands++;
}

void run_stop_listen(struct run *r)
{
	if (r->listen)
		end_listen(r, true);
}
