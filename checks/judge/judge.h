/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_JUDGE_H
#define CHECKS_JUDGE_H

#include "checks/judge/verdict.h"
#include "checks/plan/check_plan.h"
#include "probe/model/obslog.h"

struct arena;

/**
 * Judges every check of the plan from the observations alone: no socket, no clock,
 * no file. The same log gives the same verdicts anywhere.
 */
void judge_run(const struct check_plan *plan, const struct obslog *log,
    struct arena *arena, struct verdicts *ret);

/**
 * The status of one check as far as its own observations tell; for live progress.
 */
enum status judge_status(const struct check_plan *plan, const struct obslog *log,
    unsigned target, struct arena *scratch);

#endif
