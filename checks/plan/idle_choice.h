/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_IDLE_CHOICE_H
#define CHECKS_IDLE_CHOICE_H

#include "checks/plan/check_plan.h"

/*
 * What --idle means for a plan: how long and to whom. A connection is left idle to
 * jupyter.websocket and to ad-hoc endpoints of wss, ws, https, http and tcp; whatever
 * must not be reached is left alone.
 */

enum {
	IDLE_MAX_TIMES = 16,
	IDLE_MAX_TARGETS = 16
};

/** Whether connections to this target are left idle when idle times are given. */
bool idle_takes(const struct target *t, const struct check *c);

/**
 * Sets plan->idle and ->n_idle. targets[i].idle must be set already.
 *
 * Returns 0, or -1 with a one-line reason: nothing that could be left idle, or too much
 * of it.
 */
int idle_choose(const struct settings *settings, struct arena *arena, struct plan *plan,
    struct input_error *reterr);

#endif
