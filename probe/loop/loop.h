/* SPDX-License-Identifier: MIT */
#ifndef PROBE_LOOP_LOOP_H
#define PROBE_LOOP_LOOP_H

#include "probe/base/nsec.h"

/*
 * The event loop: libuv behind three nouns. Handles are heap objects owned by
 * whoever started them; _stop() takes the handle back, accepts NULL, and no callback
 * runs after it returned, even when its event is already in the current batch.
 */
struct loop;

/** NULL when the system gives no event loop. */
struct loop *loop_new(void);

/** Every handle must have been stopped. */
void loop_free(struct loop *l);

/** Runs until loop_end() was called. */
void loop_run(struct loop *l);
void loop_end(struct loop *l);

enum {
	LOOP_READ = 1,
	LOOP_WRITE = 2,
	/*
	 * Reported, never asked for: the descriptor has an error or an entry in its
	 * error queue. The callback must consume it or stop the handle.
	 */
	LOOP_ERROR = 4,
};

typedef void loop_io_fn(void *arg, int fd, unsigned events);

/** Level-triggered interest in a descriptor; NULL when it cannot be watched. */
struct loop_io *loop_io_start(
    struct loop *l, int fd, unsigned events, loop_io_fn *fn, void *arg);
void loop_io_change(struct loop_io *io, unsigned events);

/** Before close(fd), always. */
void loop_io_stop(struct loop_io *io);

typedef void loop_timer_fn(void *arg);

/**
 * One shot after at least delay; 0 means the next iteration, never inside this call.
 * Resolution is a millisecond, rounded up. Still has to be stopped after it fired.
 */
struct loop_timer *loop_timer_start(
    struct loop *l, nsec_t delay, loop_timer_fn *fn, void *arg);

/** Sets the timer anew. */
void loop_timer_again(struct loop_timer *t, nsec_t delay);

/** Disarms without giving up the handle. */
void loop_timer_pause(struct loop_timer *t);
void loop_timer_stop(struct loop_timer *t);

#endif
