/* SPDX-License-Identifier: MIT */
#ifndef CLI_RUN_ONCE_H
#define CLI_RUN_ONCE_H

#include "checks/judge/verdict.h"
#include "checks/plan/check_plan.h"
#include "checks/runs/saved_settings.h"
#include "cli/options.h"
#include "probe/model/obslog.h"
#include "report/report.h"

struct arena;
struct check_capture;
struct input_error;

/*
 * One run from options to verdicts, as `check` does it once and `watch` again and
 * again. Everything but the struct lives in the arena; the struct must not move,
 * because its parts point at each other.
 */
struct run {
	struct catalogue catalogue;
	struct check_plan plan;
	struct obslog log;
	struct verdicts verdicts;
	struct saved_settings settings;
	struct report report; /* of all of them */
};

struct run_hooks {
	int stop_fd;             /* readable: the run is to end; -1 = none */
	void (*tick)(void *arg); /* about ten times a second, or NULL */
	void *arg;
	struct check_capture *capture; /* of this run, open; NULL = there is none */
};

/**
 * Makes the plan and looks at everything that can be wrong before anything is sent.
 * Returns 0, or -1 with the reason in *reterr.
 */
int run_prepare(const struct options *o, struct arena *arena, struct run *ret,
    struct input_error *reterr);

/**
 * Carries a prepared run out and judges it; run->report is complete then. Returns 0, or
 * -1 with the reason in *reterr when it could not begin.
 */
int run_once(const struct options *o, const struct run_hooks *hooks,
    struct arena *arena, struct run *run, struct input_error *reterr);

#endif
