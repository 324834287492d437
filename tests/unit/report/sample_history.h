/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_REPORT_SAMPLE_HISTORY_H
#define TESTS_UNIT_REPORT_SAMPLE_HISTORY_H

#include "checks/runs/timeline.h"

struct arena;

/**
 * A week of runs, built by hand: checks that pass, fail at times, flap, become slower,
 * and were not watched for a day; ids and causes of strangers. NULL for another name
 * than "history", "history-one" (one check, one run) and "history-large".
 */
const struct timelines *sample_history(const char *name, struct arena *arena);

#endif
