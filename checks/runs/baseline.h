/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_BASELINE_H
#define CHECKS_BASELINE_H

#include "checks/runs/path_facts.h"

struct arena;
struct input_error;
struct json_t; /* jansson's */

/*
 * Facts of paths that somebody has approved ($defs/baseline of
 * report/report.schema.json): a file that --save-baseline wrote and people review and
 * edit, or the copy of it in a report. Only the first N_BASELINE_FACTS are kept.
 */
struct baseline {
	struct check_path *checks; /* sorted by id */
	size_t n_checks;
};

/**
 * Reads a file; everything is bounded, escaped and of known names. Returns 0, or -1
 * with "file: member: what would be right" in *reterr.
 */
int baseline_read(const char *path, struct arena *arena, struct baseline *ret,
    struct input_error *reterr);

/** The same from a document, which is called name in messages. */
int baseline_from_json(const struct json_t *json, const char *name, struct arena *arena,
    struct baseline *ret, struct input_error *reterr);

/** What is approved for a check, or NULL. */
const struct check_path *baseline_find(const struct baseline *b, const char *id);

/**
 * What a run would have approved: the facts of the checks that worked, sorted by id.
 * Returns how many were left out because they did not work.
 */
size_t baseline_of_run(
    const struct path_facts *run, struct arena *arena, struct baseline *ret);

#endif
