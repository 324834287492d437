/* SPDX-License-Identifier: MIT */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include "checks/runs/timeline.h"

struct arena;
struct input_error;

/*
 * Runs of the past in a SQLite database, DIR/history.db. A run is one transaction that
 * is on the disk when history_save() returns: a process that is killed at any moment
 * loses no saved run and leaves no half of one. Write-ahead logging lets others read
 * meanwhile.
 */
struct history;

#define HISTORY_FILE "history.db"

enum history_mode {
	HISTORY_READ,
	HISTORY_WRITE /* makes the directory and the database if need be, mode 0700 */
};

/**
 * Returns 0 and a history to close, or -1 with the reason in *reterr. One program at a
 * time can open a directory for writing.
 */
int history_open(const char *dir, enum history_mode mode, struct history **ret,
    struct input_error *reterr);
void history_close(struct history *h); /* NULL is allowed */

/** What is kept of a run. Strings are as in path_facts: escaped. */
struct history_run {
	int64_t at; /* start, milliseconds since 1970 */
	nsec_t duration;
	enum status status;
	bool interrupted; /* told, but no part of any timeline */
	bool diagnosed;
	const struct path_facts *facts;
	const struct change *changes; /* against the run before */
	size_t n_changes;
};

/** Returns 0 when it is on the disk, or -1 with the reason in *reterr. */
int history_save(
    struct history *h, const struct history_run *run, struct input_error *reterr);

enum {
	HISTORY_CLOCK_RUNS = 10
};

/**
 * Deletes runs that are older than keep_ms, counted from the earliest start of the
 * HISTORY_CLOCK_RUNS newest runs, so that a clock that is wrong for a while costs
 * nothing; then the oldest ones until at most keep_bytes are in use. The newest run
 * stays. Returns 0, or -1 with the reason in *reterr.
 */
int history_trim(
    struct history *h, int64_t keep_ms, int64_t keep_bytes, struct input_error *reterr);

/**
 * The newest run that was not interrupted; without any *ret has no checks. Inverted
 * checks are not told from others. Returns 0, or -1 with the reason in *reterr.
 */
int history_last(struct history *h, struct arena *arena, struct path_facts *ret,
    struct input_error *reterr);

/**
 * The newest max_runs runs, of the checks whose id matches the glob (NULL = all).
 * Returns 0, or -1 with the reason in *reterr.
 */
int history_read(struct history *h, const char *glob, size_t max_runs,
    struct arena *arena, struct timelines *ret, struct input_error *reterr);

#endif
