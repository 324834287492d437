/* SPDX-License-Identifier: MIT */
#ifndef PROBE_MODEL_OBSLOG_H
#define PROBE_MODEL_OBSLOG_H

#include <stddef.h>

#include "probe/model/obs.h"

struct arena;

/*
 * The append-only record of one run. Observations never move, so pointers to
 * them stay valid until the arena ends.
 */
struct obslog {
	struct arena *arena;
	struct obs **items; /* by id - 1 */
	size_t n_items, cap;
	struct obs **first_of_target, **last_of_target;
	size_t n_targets;
	nsec_t started_wall; /* CLOCK_REALTIME at the start of the run */
	nsec_t duration;     /* set when the run has ended */
};

void obslog_init(struct obslog *log, struct arena *arena, size_t n_targets);

/**
 * Appends a copy of *obs and returns it; id and next_of_target are set here.
 * Strings and arrays it points to must live in the run's arena already.
 */
const struct obs *obslog_append(struct obslog *log, const struct obs *obs);

/** First observation of a target (OBS_NO_TARGET: of the run), or NULL. */
const struct obs *obslog_first(const struct obslog *log, int target);

/** By id, or NULL. */
const struct obs *obslog_get(const struct obslog *log, unsigned id);

#endif
