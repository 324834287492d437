/* SPDX-License-Identifier: MIT */
#include "probe/capture/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/base/alloc.h"
#include "probe/base/arena.h"
#include "probe/base/vec.h"
#include "probe/capture/flow_owner.h"
#include "probe/capture/privileges.h"
#include "probe/capture/tap.h"
#include "probe/flow/engine.h"

struct live_flow {
	struct obs_flow flow;
	nsec_t begin; /* wall clock */
	int target;
};

struct live_capture {
	struct tap *tap;
	struct flow_engine *engine;
	struct arena *arena;
	struct live_flow **flows;
	size_t n_flows, cap;
	bool full;
};

/* --- While the run lasts ------------------------------------------------------------
 */

static void take_flow(void *arg, const struct obs_flow *flow, nsec_t begin)
{
	struct live_capture *l = arg;
	if (l->n_flows == LIVE_FLOWS_MAX) {
		l->full = true;
		return;
	}
	struct live_flow *f = arena_alloc(l->arena, sizeof *f);
	*f = (struct live_flow){ .flow = *flow, .begin = begin };
	f->flow.name = arena_strdup(l->arena, flow->name);
	f->flow.tls.alpn = arena_strdup(l->arena, flow->tls.alpn);
	f->flow.tls.certificate = arena_strdup(l->arena, flow->tls.certificate);
	f->flow.http.request = arena_strdup(l->arena, flow->http.request);
	l->flows = vec_grow(l->arena, l->flows, l->n_flows, &l->cap, sizeof(void *));
	l->flows[l->n_flows++] = f;
}

static void take_frame(void *arg, const struct tap_frame *frame, const struct packet *p)
{
	struct live_capture *l = arg;
	flow_engine_packet(l->engine, p, frame->at);
}

struct live_capture *live_capture_open(
    unsigned snaplen, struct arena *arena, char err[CAPTURE_ERROR_MAX])
{
	struct tap *tap = tap_open(snaplen, err);
	int r = tap ? privileges_drop() : 0;
	if (r < 0) {
		snprintf(err, CAPTURE_ERROR_MAX, "cannot give up privileges: %s",
		    strerror(-r));
		tap_close(tap);
		tap = NULL;
	}
	if (!tap)
		return NULL;
	struct live_capture *l = alloc_zeroed(1, sizeof *l);
	l->tap = tap;
	l->arena = arena;
	l->engine = flow_engine_new(take_flow, l);
	return l;
}

void live_capture_close(struct live_capture *l)
{
	if (!l)
		return;
	flow_engine_free(l->engine);
	tap_close(l->tap);
	free(l);
}

void live_capture_connecting(struct live_capture *l, const struct addr *peer)
{
	tap_connecting(l->tap, peer);
}

void live_capture_connected(
    struct live_capture *l, const struct addr *local, const struct addr *peer)
{
	tap_connected(l->tap, local, peer);
}

void live_capture_drain(struct live_capture *l)
{
	tap_drain(l->tap, take_frame, l);
}

/* --- After it -----------------------------------------------------------------------
 */

/* By check, its own flows before those of follow-ups, as they began. */
static int by_owner(const void *x, const void *y)
{
	const struct live_flow *a = *(const struct live_flow *const *)x;
	const struct live_flow *b = *(const struct live_flow *const *)y;
	int c = (a->target > b->target) - (a->target < b->target);
	if (!c)
		c = a->flow.follow_up - b->flow.follow_up;
	return c ? c : (a->begin > b->begin) - (a->begin < b->begin);
}

static void append(struct obslog *log, struct live_flow *f)
{
	nsec_t begin = f->begin - log->started_wall;
	begin = begin < 0 ? 0 : begin;
	obslog_append(log, &(struct obs){ .target = f->target,
			       .stage = f->flow.dns.present ? STAGE_DNS : STAGE_TCP,
			       .kind = OBS_FLOW,
			       .begin = begin,
			       .end = begin + flow_duration(&f->flow),
			       .flow = &f->flow });
}

/* Returns how many were left out. Flows of no check are only counted. */
static uint64_t append_flows(struct live_capture *l, struct obslog *log)
{
	uint64_t left_out = 0;
	unsigned n = 0;
	if (l->n_flows > 1)
		qsort(l->flows, l->n_flows, sizeof *l->flows, by_owner);
	for (size_t i = 0; i < l->n_flows; i++) {
		struct live_flow *f = l->flows[i];
		if (f->target < 0)
			continue;
		n = i > 0 && l->flows[i - 1]->target == f->target ? n : 0;
		if (f->flow.follow_up && n >= LIVE_FLOWS_OF_CHECK) {
			left_out++;
			continue;
		}
		n += f->flow.follow_up;
		append(log, f);
	}
	return left_out;
}

static void append_whole(struct obslog *log, const struct obs_capture *whole)
{
	obslog_append(log, &(struct obs){ .target = OBS_NO_TARGET,
			       .stage = STAGE_HOST,
			       .kind = OBS_CAPTURE,
			       .end = log->duration,
			       .capture = whole });
}

void live_capture_refused(struct obslog *log, const char *why)
{
	const struct obs_capture none = { .source = "any",
		.refused = arena_strdup(log->arena, why) };
	append_whole(log, arena_memdup(log->arena, &none, sizeof none));
}

void live_capture_finish(
    struct live_capture *l, const struct plan *plan, struct obslog *log)
{
	struct obs_capture *whole = arena_alloc(l->arena, sizeof *whole);
	live_capture_drain(l);
	flow_engine_end(l->engine);
	const struct flow_owners *owners = flow_owners_new(plan, log, l->arena);
	for (size_t i = 0; i < l->n_flows; i++)
		l->flows[i]->target = flow_owner(owners, &l->flows[i]->flow);
	*whole = (struct obs_capture){ .source = "any" };
	flow_engine_count(l->engine, whole);
	whole->drops_known = tap_dropped(l->tap, &whole->dropped);
	whole->stopped = l->full ? "more flows than a run keeps"
				 : arena_strdup(l->arena, tap_stopped(l->tap));
	append_whole(log, whole);
	whole->left_out = append_flows(l, log);
}
