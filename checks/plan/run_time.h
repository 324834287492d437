/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_RUN_TIME_H
#define CHECKS_RUN_TIME_H

#include "checks/plan/settings.h"

struct input_error;

/**
 * Sets plan->deadline: 30 s, and longer if --idle or --listen needs more, unless
 * --deadline says otherwise. plan->idle and ->listen must be set already.
 *
 * Returns 0, or -1 with a one-line reason: a deadline that ends the run first.
 */
int run_time_choose(
    const struct settings *s, struct plan *plan, struct input_error *reterr);

#endif
