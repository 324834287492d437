/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_REPORT_SAMPLE_H
#define TESTS_UNIT_REPORT_SAMPLE_H

#include "probe/base/arena.h"
#include "report/report.h"

/* Runs built by hand, as planner, engine and judge would leave them. */
struct sample {
	struct arena arena;
	struct check_plan plan;
	struct obslog log;
	struct verdicts verdicts;
	struct report report;
};

/**
 * "healthy", "failing", "hostile", "capture" (of a file), "empty", "interrupted" or
 * "large" (10,000 ad-hoc targets). Returns false for any other name.
 */
bool sample_init(struct sample *s, const char *name);
void sample_deinit(struct sample *s);

#endif
