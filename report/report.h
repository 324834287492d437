/* SPDX-License-Identifier: MIT */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "checks/judge/verdict.h"
#include "checks/plan/check_plan.h"
#include "checks/runs/saved_settings.h"
#include "probe/model/obslog.h"

struct arena;
struct redactor;

/** A borrowed view of one run for the writers; owns nothing, decides nothing. */
struct report {
	const struct check_plan *plan;
	const struct obslog *log;
	const struct verdicts *verdicts;
	const char *tool_version;
	bool interrupted;
	/* For judging again; NULL leaves them out, as a redacted report must. */
	const struct saved_settings *settings;
	/*
	 * Writers other than text and JSON tell pseudonyms where this is set; documents
	 * of those two are redacted when they are finished.
	 */
	struct redactor *redactor;
};

struct text_style {
	bool colour;
	bool verbose; /* evidence of passing checks, phase times, certificate facts */
	bool quiet;   /* only what failed, and the summary */
	unsigned columns; /* at most 100 */
};

/*
 * Writers return one malloc()ed document (the caller frees it), so that it can be
 * redacted and written to a file in one piece.
 */
char *report_text(const struct report *r, const struct text_style *style);
char *report_json(const struct report *r);

/** Takes a document piece by piece. What it is given is borrowed for the call. */
typedef void report_sink_fn(void *arg, const char *bytes, size_t len);

/** The same JSON, of which never more than a piece is in memory. */
void report_json_to(const struct report *r, report_sink_fn *sink, void *arg);

/** JUnit XML as CI servers read it (docs/reports.md, tests/reports/junit.xsd). */
char *report_junit(const struct report *r);

/** One page without external assets. */
char *report_html(const struct report *r);

/** GitHub-flavoured Markdown, for comments and job summaries. */
char *report_markdown(const struct report *r);

/** Prometheus text exposition format 0.0.4. */
char *report_prometheus(const struct report *r);

/**
 * Output of a monitoring plugin: one line with performance data, then more lines; at
 * most 8 KiB. code is the plugin's exit code: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
 */
char *report_nagios(const struct report *r, int code);

/** What `vnetprobe list` prints; all checks of the plan, and with verbose what was left
 * out. */
char *report_list_text(const struct check_plan *plan, const struct text_style *style);
char *report_list_json(const struct check_plan *plan, const char *tool_version);

/**
 * Replaces names, addresses and ids of the run in a finished document by
 * pseudonyms that are the same wherever the same thing stands. Platform addresses
 * stay. The document must have been made of this very report, whose settings are NULL:
 * they hold names that stand nowhere else. Returns a new malloc()ed document.
 */
char *report_redact(const char *document, const struct report *r);

#endif
