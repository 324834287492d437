/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_WATCH_PAST_BUILDER_H
#define TESTS_UNIT_WATCH_PAST_BUILDER_H

#include "history/history.h"
#include "probe/base/arena.h"

/* Runs as watch keeps them, made by hand. */

enum {
	PAST_CHECKS_MAX = 4
};

struct past_run {
	struct seen_check checks[PAST_CHECKS_MAX];
	struct path_facts facts;
};

/** n checks "check.0", ... that pass in 1, 2, 3 and 4 ms, from 10.0.0.1. */
void past_run_init(struct past_run *r, size_t n);

/** Makes a check fail with a cause, or pass with NULL. */
void past_run_state(struct past_run *r, size_t check, const char *cause);

/** The only value of a fact; it lives in the arena. */
void past_run_fact(struct past_run *r, size_t check, enum path_fact fact,
    const char *value, struct arena *arena);

/** As history_save() takes it; at is in milliseconds. */
struct history_run past_run_kept(const struct past_run *r, int64_t at);

/** A new directory in memory where there is such a file system; path is 64 bytes. */
void past_directory(char path[64]);
void past_directory_remove(const char *path);

#endif
