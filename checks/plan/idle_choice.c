/* SPDX-License-Identifier: MIT */
#include "checks/plan/idle_choice.h"

#include <stdlib.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/plan/features.h"
#include "probe/base/arena.h"

/*
 * Around the four minutes after which Azure's load balancer, NAT gateway and firewall
 * forget an idle flow by default.
 */
static const nsec_t usual_times[] = { 30 * NSEC_PER_SEC, 60 * NSEC_PER_SEC,
	120 * NSEC_PER_SEC, 230 * NSEC_PER_SEC, 250 * NSEC_PER_SEC,
	300 * NSEC_PER_SEC };

bool idle_takes(const struct target *t, const struct check *c)
{
	if (c->must_not_reach)
		return false;
	if (c->entry)
		return strcmp(c->entry->id, "jupyter.websocket") == 0;
	return protocol_is_http(t->protocol) || t->protocol == PROTO_TCP;
}

static int ascending(const void *a, const void *b)
{
	const nsec_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void take_times(const struct settings *s, struct arena *arena, struct plan *plan)
{
	bool usual = !s->idle.n_items && feature_is_on("long-idle", &s->features);
	const nsec_t *from = usual ? usual_times : s->idle.items;
	size_t n = usual ? sizeof usual_times / sizeof *usual_times : s->idle.n_items;
	nsec_t *times = arena_array(arena, n + 1, sizeof *times);

	if (n)
		memcpy(times, from, n * sizeof *times);
	qsort(times, n, sizeof *times, ascending);
	plan->n_idle = 0;
	for (size_t i = 0; i < n; i++)
		if (!i || times[i] != times[i - 1])
			times[plan->n_idle++] = times[i];
	plan->idle = times;
}

int idle_choose(const struct settings *settings, struct arena *arena, struct plan *plan,
    struct input_error *reterr)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n_targets; i++)
		n += plan->targets[i].idle;
	take_times(settings, arena, plan);
	if (!n && settings->idle.n_items) {
		input_error_set(reterr,
		    "--idle: no target takes it; jupyter.websocket does, and endpoints "
		    "such as wss://HOST/, https://HOST/ and tcp://HOST:PORT");
		return -1;
	}
	if (!n)
		plan->n_idle = 0;
	if (plan->n_idle && n > IDLE_MAX_TARGETS) {
		input_error_set(reterr,
		    "--idle: %zu endpoints would be left idle; it must be at most %d",
		    n, IDLE_MAX_TARGETS);
		return -1;
	}
	return 0;
}
