/* SPDX-License-Identifier: MIT */
#ifndef REPORT_RUN_FACTS_H
#define REPORT_RUN_FACTS_H

#include "probe/model/obslog.h"

/** What the run learned about this machine, or NULL when it did not look. */
const struct obs_system *run_system(const struct obslog *log);

/** What was captured, or NULL when the report is not of a capture. */
const struct obs_capture *run_capture(const struct obslog *log);

/** Which means of diagnosis the kernel offers, or NULL when the run did not look. */
const struct obs_capabilities *run_capabilities(const struct obslog *log);

#define RUN_TIME_MAX 48

/** Start of the run as "2026-11-22T10:00:00.123Z"; returns buf. */
const char *run_started(const struct obslog *log, char buf[RUN_TIME_MAX]);

/** The day of a wall-clock second, "2026-11-22"; returns buf. */
const char *run_day(int64_t epoch, char buf[RUN_TIME_MAX]);

#endif
