/* SPDX-License-Identifier: MIT */
#ifndef REPORT_DIFF_REPORT_H
#define REPORT_DIFF_REPORT_H

#include "checks/runs/compare.h"
#include "report/report.h"

/** What changed between two runs, as a borrowed view. */
struct diff_report {
	const struct report *before, *after;
	const char *before_name, *after_name; /* of the files */
	const struct comparison *changes;
	/* Markdown tells pseudonyms where this is set; text and JSON are redacted when
	 * they are finished. */
	struct redactor *redactor;
};

/* One malloc()ed document each, as those of report.h. */

/** Changes that are only worth knowing are counted, and shown with verbose. */
char *diff_text(const struct diff_report *d, const struct text_style *style);

/** $defs/diff of report.schema.json. */
char *diff_json(const struct diff_report *d);

/** For a comment on a change: one table, and the summary before it. */
char *diff_markdown(const struct diff_report *d, bool verbose);

/** "1 regression, 0 recoveries, ...", without a full stop; lives in the arena. */
const char *diff_summary(const struct diff_report *d, struct arena *arena);

#endif
