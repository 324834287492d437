/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_SAVED_RUN_H
#define CHECKS_SAVED_RUN_H

#include <stdbool.h>

#include "checks/plan/check_plan.h"
#include "checks/runs/saved_settings.h"
#include "probe/model/obslog.h"

struct arena;
struct input_error;
struct json_t; /* jansson's */

/*
 * A JSON report (report/report.schema.json) on its way back to what the judge reads.
 * It may come from anybody: every member that is used must be there, be of its type
 * and within its bound, and a fault is one line with the path of the member. Members
 * that follow from the observations (causes, checks, summary) are not read, but for
 * the ids of the checks. A redacted report is refused, because its settings were left
 * out.
 */
struct saved_run {
	const char *name;    /* of the document, in messages */
	struct json_t *root; /* the whole document; a reference of the run's own */
	nsec_t started_wall; /* to the millisecond */
	nsec_t duration;     /* the same */
	bool interrupted;
	const char *catalogue_version; /* NULL = it needed no catalogue */
	const char *catalogue_sha256;
	struct saved_settings settings;
	const struct baseline *baseline; /* it was held against, or NULL */
};

/**
 * Reads all but observations from a file ("-": standard input), or from a document
 * whose reference stays the caller's. Returns 0, or -1 with the reason in *reterr and
 * nothing to close.
 */
int saved_run_open(const char *path, struct arena *arena, struct saved_run *ret,
    struct input_error *reterr);
int saved_run_read(struct json_t *root, const char *name, struct arena *arena,
    struct saved_run *ret, struct input_error *reterr);
void saved_run_close(struct saved_run *run);

/**
 * Reduces a plan made of the saved settings to the checks of the report, in its order:
 * a newer catalogue may ask for more, which nobody has looked at. Returns 0, or -1
 * when the report has a check that the plan has not.
 */
int saved_run_fit_plan(const struct saved_run *run, struct check_plan *plan,
    struct arena *arena, struct input_error *reterr);

/** Reads the observations into a log. Returns 0, or -1 with the reason in *reterr. */
int saved_run_log(const struct saved_run *run, const struct plan *plan,
    struct arena *arena, struct obslog *ret, struct input_error *reterr);

#endif
