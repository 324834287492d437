/* SPDX-License-Identifier: MIT */
#include "probe/loop/loop.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

struct loop {
	uv_loop_t uv;
};

struct loop *loop_new(void)
{
	struct loop *l = calloc(1, sizeof *l);
	if (l && uv_loop_init(&l->uv) != 0) {
		free(l);
		l = NULL;
	}
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	/* Stopped handles leave in one more iteration. */
	uv_run(&l->uv, UV_RUN_NOWAIT);
	int r = uv_loop_close(&l->uv);
	assert(r == 0);
	(void)r;
	free(l);
}

void loop_run(struct loop *l)
{
	uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_end(struct loop *l)
{
	uv_stop(&l->uv);
}

static void free_handle(uv_handle_t *h)
{
	free(h->data);
}

struct loop_io {
	uv_poll_t uv;
	loop_io_fn *fn;
	void *arg;
	int fd;
	unsigned events;
	bool stopped;
};

static void on_poll(uv_poll_t *p, int status, int events);

static int arm(struct loop_io *io)
{
	int events = (io->events & LOOP_READ ? UV_READABLE : 0) |
		     (io->events & LOOP_WRITE ? UV_WRITABLE : 0);
	return uv_poll_start(&io->uv, events, on_poll);
}

static void on_poll(uv_poll_t *p, int status, int events)
{
	struct loop_io *io = p->data;
	unsigned got = (events & UV_READABLE ? LOOP_READ : 0U) |
		       (events & UV_WRITABLE ? LOOP_WRITE : 0U);

	/* libuv reports EPOLLERR as a negative status and disarms the handle. */
	if (status < 0)
		got = io->events | LOOP_ERROR;
	io->fn(io->arg, io->fd, got);
	/* Memory of a stopped handle stays until the end of the iteration. */
	if (!io->stopped && status < 0)
		arm(io);
}

struct loop_io *loop_io_start(
    struct loop *l, int fd, unsigned events, loop_io_fn *fn, void *arg)
{
	struct loop_io *io = calloc(1, sizeof *io);
	if (!io)
		return NULL;
	*io = (struct loop_io){ .fn = fn, .arg = arg, .fd = fd, .events = events };
	if (uv_poll_init(&l->uv, &io->uv, fd) != 0) {
		free(io);
		return NULL;
	}
	io->uv.data = io;
	if (arm(io) != 0) {
		loop_io_stop(io);
		return NULL;
	}
	return io;
}

void loop_io_change(struct loop_io *io, unsigned events)
{
	if (events == io->events)
		return;
	io->events = events;
	arm(io);
}

void loop_io_stop(struct loop_io *io)
{
	if (!io)
		return;
	io->stopped = true;
	/*
	 * At once, even inside the callback: closing takes the descriptor out of the
	 * kernel's set, and by then its number must not belong to anybody else.
	 */
	uv_close((uv_handle_t *)&io->uv, free_handle);
}

struct loop_timer {
	uv_timer_t uv;
	loop_timer_fn *fn;
	void *arg;
};

static void on_timer(uv_timer_t *t)
{
	struct loop_timer *timer = t->data;
	timer->fn(timer->arg);
}

struct loop_timer *loop_timer_start(
    struct loop *l, nsec_t delay, loop_timer_fn *fn, void *arg)
{
	struct loop_timer *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	*t = (struct loop_timer){ .fn = fn, .arg = arg };
	uv_timer_init(&l->uv, &t->uv);
	t->uv.data = t;
	loop_timer_again(t, delay);
	return t;
}

void loop_timer_again(struct loop_timer *t, nsec_t delay)
{
	/* The cached time of a long iteration would let the timer fire early. */
	uv_update_time(t->uv.loop);
	nsec_t ms = (delay + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
	uv_timer_start(&t->uv, on_timer, (uint64_t)ms, 0);
}

void loop_timer_pause(struct loop_timer *t)
{
	uv_timer_stop(&t->uv);
}

void loop_timer_stop(struct loop_timer *t)
{
	if (!t)
		return;
	uv_timer_stop(&t->uv);
	uv_close((uv_handle_t *)&t->uv, free_handle);
}
