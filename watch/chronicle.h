/* SPDX-License-Identifier: MIT */
#ifndef WATCH_CHRONICLE_H
#define WATCH_CHRONICLE_H

#include "checks/runs/change_point.h"
#include "checks/runs/flapping.h"
#include "checks/runs/timeline.h"

struct arena;

/*
 * What is remembered from run to run, with or without a database: the state and the
 * last known facts of each check, whether it flaps, and its latest times. Its memory
 * grows with the plan, not with the number of runs.
 */
struct chronicle;

struct chronicle *chronicle_new(void);
void chronicle_free(struct chronicle *c);

/** Takes up a past that was kept: its newest run, and the moments before it. */
void chronicle_recall(
    struct chronicle *c, const struct path_facts *last, const struct timelines *past);

/** Whether each check has the status it had; false before the first run. */
bool chronicle_confirms(const struct chronicle *c, const struct path_facts *now);

/** What a run brought. */
struct news {
	struct change *items; /* status, cause, facts that drifted, times, flapping */
	size_t n_items, cap;
	size_t n_to_tell; /* of them, those that no flapping check caused */
	size_t n_failing;
	bool same_failures; /* as in the run before, and there are some */
};

/**
 * Adds a run that was not interrupted and tells what changed. A run without diagnosis
 * knows less of a failure: its checks keep the cause of the run before, in *now too.
 * at is the start in milliseconds since 1970. News live in the arena.
 */
void chronicle_add(struct chronicle *c, struct path_facts *now, bool diagnosed,
    int64_t at, struct arena *arena, struct news *ret);

/** Whether a change is part of a check's flapping, and so nothing to act upon. */
bool chronicle_is_noise(const struct chronicle *c, const struct change *change);

/** The state of a check since when; borrowed until the next run is added. */
struct chronicle_state {
	const char *id;
	int64_t since; /* milliseconds since 1970 */
	bool flapping;
};

size_t chronicle_n_states(const struct chronicle *c);
struct chronicle_state chronicle_state(const struct chronicle *c, size_t i);

#endif
