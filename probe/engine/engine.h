/* SPDX-License-Identifier: MIT */
#ifndef PROBE_ENGINE_ENGINE_H
#define PROBE_ENGINE_ENGINE_H

#include "probe/model/obslog.h"
#include "probe/model/order.h"
#include "probe/model/plan.h"

/*
 * Runs a plan: one thread, one event loop, all checks in flight at once. The engine
 * appends what it sees to the log and judges nothing.
 */

struct engine_hooks {
	/* Target i has no more observations to come. May be NULL. */
	void (*target_done)(void *arg, unsigned target);
	/* Called about ten times a second while the run lasts. May be NULL. */
	void (*tick)(void *arg);
	void *arg;
	/*
	 * A descriptor that becomes readable when the user wants to stop (a signalfd
	 * or pipe); -1 = none. Unfinished checks get their honest observation.
	 */
	int stop_fd;
	/*
	 * Writes at most max orders that shall start now, in parallel with what is
	 * waiting, and returns their number. Called from the loop, never after
	 * target_done. NULL = no orders, like plan->no_diagnose.
	 *
	 * Orders that would exceed ORDER_TARGET_PACKETS or ORDER_RUN_PACKETS are not
	 * begun; those that are not done connect_timeout + 1 s after the last target
	 * ended are cut. Both yield their observation, which says so.
	 */
	size_t (*follow_up)(void *arg, unsigned target,
	    const struct follow_up_event *event, struct order *ret, size_t max);
	/*
	 * Every socket of the run, before anything is sent to the peer and once its own
	 * address is known. Both NULL, or neither.
	 */
	void (*connecting)(void *arg, const struct addr *peer);
	void (*connected)(void *arg, const struct addr *local, const struct addr *peer);
	/*
	 * The port of target i was watched as long as it was to be: whoever saw what
	 * came to it appends that now, before the target is done. May be NULL.
	 */
	void (*port_watched)(void *arg, unsigned target);
};

/**
 * Blocks until every target is done, the deadline has passed or stop_fd is
 * readable. All observations and their strings live in log->arena.
 *
 * Returns 0, 1 when stopped by stop_fd, or a negative errno when the run could not
 * begin at all (no event loop, no descriptors); nothing was sent then. A CA file
 * that cannot be read is reported by engine_check_cacert() beforehand.
 */
int engine_run(
    const struct plan *plan, struct obslog *log, const struct engine_hooks *hooks);

/** 0, or -1 with the reason in err: the PEM file has no usable certificate. */
int engine_check_cacert(const char *path, char *err, size_t err_size);

#endif
