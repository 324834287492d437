/* SPDX-License-Identifier: MIT */
#ifndef REPORT_CAUSE_REPORT_H
#define REPORT_CAUSE_REPORT_H

#include "checks/judge/cause.h"
#include "report/report.h"

/*
 * What `vnetprobe explain` prints: entries of the table of causes, apart from any run.
 * Where a report would have a check's own value ("{host}"), the placeholder stands as
 * a word ("<host>"). Documents are malloc()ed; the caller frees them.
 */

/** A text of the table with its placeholders as words; lives in the arena. */
const char *cause_words(const char *text, struct arena *arena);

/** One entry, all of it. */
char *cause_text(const struct cause *cause, const struct text_style *style);

/** One line an entry, whatever the width: name, stage and sentence. */
char *cause_list_text(const struct text_style *style);

/** Entries with all their members ("explanation" in report.schema.json). */
char *causes_json(const struct cause *causes, size_t n, const char *tool_version);

#endif
