/* SPDX-License-Identifier: MIT */
#ifndef CLI_WATCH_TELL_H
#define CLI_WATCH_TELL_H

#include "cli/options.h"
#include "report/report.h"
#include "report/watch_metrics.h"
#include "watch/chronicle.h"
#include "watch/http_server.h"

struct arena;

/* How watch tells what a run brought: pages, files, the log and the user's command. */

/** One line on standard error, cut where it is too long. */
void watch_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** A view of a run for everything that leaves the process; owns its redactor. */
struct told_run {
	struct report report;
};

/** With --redact nothing can tell a name; end it with told_run_end(). */
void told_run_begin(
    struct told_run *t, const struct report *r, const struct output_options *o);
void told_run_end(struct told_run *t);

/** Serves the report from now on; returns its metrics, malloc()ed. */
char *watch_tell_pages(const struct told_run *t, struct http_server *http);

/** Serves the metrics of a report followed by those of watch itself. */
void watch_tell_metrics(const struct told_run *t, const char *report_metrics,
    const struct watch_metrics *own, struct http_server *http);

/** Writes the files of -o; failures are told. */
void watch_tell_files(
    const struct options *o, const struct report *r, struct arena *arena);

/** A line for each change; with -q only regressions and recoveries. */
void watch_tell_log(const struct told_run *t, const struct news *news,
    enum verbosity verbosity, struct arena *arena);

struct on_change;

/** Starts the user's command when there is anything to act upon. */
void watch_tell_command(const struct told_run *t, const struct chronicle *c,
    const struct news *news, const struct on_change *how, struct arena *arena);

#endif
