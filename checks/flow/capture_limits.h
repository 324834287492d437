/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_CAPTURE_LIMITS_H
#define CHECKS_CAPTURE_LIMITS_H

#include "checks/facts/flow_view.h"
#include "checks/judge/verdict.h"

/**
 * What a capture that others made cannot show, and what that means for the verdicts:
 * one sentence each, the weightiest first. The first says where it was taken.
 */
void capture_limits(const struct flow_view *v, struct arena *arena, struct words *ret);

#endif
