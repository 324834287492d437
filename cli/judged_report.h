/* SPDX-License-Identifier: MIT */
#ifndef CLI_JUDGED_REPORT_H
#define CLI_JUDGED_REPORT_H

#include "checks/runs/saved_run.h"
#include "cli/options.h"
#include "report/report.h"

struct arena;
struct input_error;

/*
 * A saved report whose observations were judged again, by the rules of this version and
 * with the options of that run. Must not move: its report points into it.
 */
struct judged_report {
	struct saved_run run;
	struct options saved; /* options of that run */
	struct catalogue catalogue;
	struct check_plan plan;
	struct obslog log;
	struct verdicts verdicts;
	struct report report;
};

/**
 * Reads a file ("-": standard input) and judges it; catalogue is that of --catalogue,
 * or NULL. A report that was recorded with another one is told on standard error.
 * Returns 0, or -1 with the reason in *reterr and nothing to close.
 */
int judged_report_open(const char *path, const char *catalogue, struct arena *arena,
    struct judged_report *ret, struct input_error *reterr);
void judged_report_close(struct judged_report *r);

#endif
