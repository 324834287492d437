/* SPDX-License-Identifier: MIT */
#include "probe/idle/idle_test.h"

#include <stdlib.h>

/*
 * The connection with pings is opened later than the others: what ends connections at
 * an age meets it later, what ends all of them at one moment does not.
 */
static const nsec_t longest_delay = 2 * NSEC_PER_SEC;

struct slot {
	struct idle_test *test;
	struct idle_socket *socket; /* NULL = over */
};

struct idle_test {
	struct line_options line;
	struct idle_test_events on;
	size_t n_open, n_slots;
	bool died, asked_fresh;
	struct slot slots[]; /* of the times, the controls and the fresh one */
};

static void add(struct idle_test *t, enum idle_mode mode, nsec_t idle, nsec_t interval,
    nsec_t delay);

static void on_socket_done(
    void *arg, const struct obs_idle *result, nsec_t begin, nsec_t end)
{
	struct slot *slot = arg;
	struct idle_test *t = slot->test;

	slot->socket = NULL;
	t->n_open--;
	t->died |= idle_has_died(result->outcome);
	t->on.seen(t->on.arg, result, begin, end);
	if (!t->n_open && t->died && !t->asked_fresh) {
		t->asked_fresh = true;
		add(t, IDLE_FRESH, 0, 0, 0);
	}
	if (t->n_open)
		return;
	const struct idle_test_events on = t->on;
	free(t);
	on.done(on.arg);
}

/* Without memory there is one less to see. */
static void add(struct idle_test *t, enum idle_mode mode, nsec_t idle, nsec_t interval,
    nsec_t delay)
{
	struct slot *slot = &t->slots[t->n_slots++];
	const struct idle_socket_options options = { .line = t->line,
		.mode = mode,
		.delay = delay,
		.idle = idle,
		.interval = interval };

	slot->test = t;
	slot->socket = idle_socket_start(&options, on_socket_done, slot);
	if (slot->socket)
		t->n_open++;
}

struct idle_test *idle_test_start(
    const struct line_options *options, const struct idle_test_events *events)
{
	const struct plan *p = options->plan;
	size_t n = p->n_idle + IDLE_CONTROLS + 1;
	struct idle_test *t = calloc(1, sizeof *t + n * sizeof *t->slots);
	nsec_t half = p->idle[0] / 2, longest = p->idle[p->n_idle - 1];

	if (!t)
		return NULL;
	t->line = *options;
	t->on = *events;
	for (size_t i = 0; i < p->n_idle; i++)
		add(t, IDLE_SILENT_FLOW, p->idle[i], 0, 0);
	/* tcp(7) counts in seconds. */
	nsec_t probes = half / NSEC_PER_SEC * NSEC_PER_SEC;
	add(t, IDLE_KEEPALIVE, longest, probes ? probes : NSEC_PER_SEC, 0);
	if (options->websocket)
		add(t, IDLE_PINGS, longest, half,
		    half < longest_delay ? half : longest_delay);
	if (t->n_open)
		return t;
	free(t);
	return NULL;
}

void idle_test_stop(struct idle_test *t)
{
	struct obs_idle result;
	nsec_t begin;

	if (!t)
		return;
	for (size_t i = 0; i < t->n_slots; i++) {
		if (!t->slots[i].socket)
			continue;
		idle_socket_cancel(t->slots[i].socket, &result, &begin);
		t->on.seen(t->on.arg, &result, begin, nsec_now());
	}
	free(t);
}
