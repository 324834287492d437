/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "probe/base/arena.h"
#include "probe/forensics/counters.h"
#include "probe/forensics/job.h"
#include "probe/forensics/volley.h"

/*
 * Windows of time with a burst of SYNs and windows without, in an order that others
 * do not know: what moves in all of the former and not in the latter was moved by
 * these SYNs, whatever else goes on. A burst whose answers take longer than a window
 * looks like none.
 */
struct counted {
	struct job job;
	struct volley volley;
	struct counter_set before;
	struct counted_window *windows;
	unsigned bursts; /* one bit a window */
	bool lost;       /* this host lost packets while a burst was under way */
};

static const nsec_t window_length = 50 * NSEC_PER_MSEC;

static void on_volley(void *arg)
{
	(void)arg; /* the window ends by its own timer */
}

/* Any order of as many windows with a burst as without. */
static unsigned draw_bursts(void)
{
	static const uint8_t orders[] = { 0x07, 0x0b, 0x0d, 0x0e, 0x13, 0x15, 0x16,
		0x19, 0x1a, 0x1c, 0x23, 0x25, 0x26, 0x29, 0x2a, 0x2c, 0x31, 0x32, 0x34,
		0x38 };
	return orders[(uint64_t)nsec_now() / NSEC_PER_USEC % sizeof orders];
}

static void on_window_end(void *arg);

/* Returns whether the next window runs. */
static bool open_window(struct counted *c)
{
	struct obs_counted_syns *o = &c->job.obs.counted_syns;

	counters_read(&c->before);
	if (c->bursts & 1U << o->n_windows) {
		c->volley.n_shots = ORDER_BURST;
		for (unsigned i = 0; i < ORDER_BURST; i++)
			c->volley.shots[i].options =
			    (struct tcp_connect_options){ .timeout = window_length };
		unsigned sent = volley_fire(&c->volley);
		c->windows[o->n_windows].syns = sent;
		c->job.packets += sent;
		if (!sent)
			return false;
	}
	return job_wait(&c->job, window_length, on_window_end);
}

static void keep_answers(struct counted *c, struct counted_window *w)
{
	struct obs_counted_syns *o = &c->job.obs.counted_syns;

	if (c->volley.timer)
		volley_stop(&c->volley);
	for (unsigned i = 0; i < w->syns; i++) {
		const struct volley_shot *s = &c->volley.shots[i];
		if (!volley_is_syn_ack(s) && !volley_is_reset(s))
			continue;
		w->heard++;
		if (!o->rtt || s->rtt < o->rtt)
			o->rtt = s->rtt;
	}
}

static void keep_counters(struct counted *c, struct counted_window *w)
{
	struct counter_set after;
	struct obs_counters moved;
	struct counter *items;

	counters_read(&after);
	c->lost |= w->syns > 0 && counters_show_loss(&c->before, &after);
	counters_compare(&c->before, &after, c->job.f->arena, &moved);
	items = arena_array(c->job.f->arena, moved.n_items + 1, sizeof *items);
	for (size_t i = 0; i < moved.n_items; i++)
		if (moved.items[i].delta > 0)
			items[w->n_items++] = moved.items[i];
	w->items = items;
}

static void on_window_end(void *arg)
{
	struct counted *c = arg;
	struct obs_counted_syns *o = &c->job.obs.counted_syns;
	struct counted_window *w = &c->windows[o->n_windows];

	keep_answers(c, w);
	keep_counters(c, w);
	if (++o->n_windows == OBS_MAX_WINDOWS) {
		c->job.f->counted_in_vain = !c->lost;
		job_end(&c->job, ORDER_DONE, 0);
	} else if (!open_window(c)) {
		job_end(&c->job, ORDER_CANNOT, ENOMEM);
	}
}

static void begin(struct job *job)
{
	struct counted *c = (struct counted *)job;

	if (!job->f->can.counters || !job->f->counters) {
		job_end(job, ORDER_UNSUPPORTED, 0);
		return;
	}
	counters_read(&c->before);
	if (!counters_show_loss(job->f->counters, &c->before)) {
		job_end(job, ORDER_DONE, 0);
		return;
	}
	if (job->f->n_counted == ORDER_COUNTED_MAX) {
		job_end(job, ORDER_NO_BUDGET, 0);
		return;
	}
	job->f->n_counted++;
	c->windows = arena_array(job->f->arena, OBS_MAX_WINDOWS, sizeof *c->windows);
	job->obs.counted_syns.windows = c->windows;
	job->obs.counted_syns.length = window_length;
	c->bursts = draw_bursts();
	c->volley = (struct volley){
		.f = job->f, .peer = job->order.peer, .all_ended = on_volley, .arg = c
	};
	if (!open_window(c))
		job_end(job, ORDER_CANNOT, ENOMEM);
}

static void stop(struct job *job)
{
	struct counted *c = (struct counted *)job;

	if (c->volley.timer)
		volley_stop(&c->volley);
}

const struct job_kind job_counted_syns = {
	.size = sizeof(struct counted), .begin = begin, .stop = stop
};
