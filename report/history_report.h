/* SPDX-License-Identifier: MIT */
#ifndef REPORT_HISTORY_REPORT_H
#define REPORT_HISTORY_REPORT_H

#include "checks/runs/timeline.h"
#include "report/report.h"

/** What was kept of the past, as a borrowed view. */
struct history_report {
	const struct timelines *past;
	const char *state; /* the directory */
	const char *tool_version;
};

/* One malloc()ed document each, as those of report.h. */

/**
 * A line a check with a sparkline of its last runs, its phases too when it is the only
 * one or with verbose; then the latest changes, or with verbose all of them.
 */
char *history_text(const struct history_report *h, const struct text_style *style);

/** $defs/history of report.schema.json. */
char *history_json(const struct history_report *h);

/**
 * One page without script and external assets, its plots inline SVG. Checks that are
 * not well now come first.
 */
char *history_html(const struct history_report *h);

/** A copy in the arena in which checks have pseudonyms and values of facts none. */
void history_redact(
    const struct timelines *past, struct arena *arena, struct timelines *ret);

/* --- What the forms share --------------------------------------------------------- */

enum {
	HISTORY_POINTS = 2000 /* of a check in a plot, the latest */
};

struct writer;

/** Times of a check as an inline SVG, over time; what did not pass as bars. */
void history_plot(struct writer *w, const struct timeline *t);

/** An instant in milliseconds since 1970 as "2026-11-22T10:00:00Z"; in the arena. */
const char *history_time(int64_t at, struct arena *arena);

/** All phases of a moment together; -1 = none happened. phase -1 means all. */
nsec_t history_phase(const struct moment *m, int phase);

struct history_times {
	size_t n; /* moments in which the check worked and the phase happened */
	nsec_t least, median, most;
};

/** Of a phase, or of all together with -1; least to most are 0 without a moment. */
struct history_times history_times(
    const struct timeline *t, int phase, struct arena *arena);

/** In how many moments the check passed, warnings included. */
size_t history_passes(const struct timeline *t);

#endif
