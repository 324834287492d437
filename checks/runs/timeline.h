/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_TIMELINE_H
#define CHECKS_TIMELINE_H

#include "checks/runs/compare.h"

/* Runs of the past, check by check, as far as they were kept. */

/** One check in one run. */
struct moment {
	int64_t at; /* start of the run, milliseconds since 1970 */
	enum status status;
	const char *cause;       /* escaped; NULL = none */
	nsec_t phases[N_PHASES]; /* -1 = did not happen */
};

struct timeline {
	const char *id;         /* escaped */
	struct moment *moments; /* in the order of the runs, which a clock that was set
				   back does not change */
	size_t n_moments, cap;
};

/** A change, and the start of the run that first showed it. */
struct dated_change {
	int64_t at;
	struct change change;
};

struct timelines {
	struct timeline *items; /* in the order of the newest run */
	size_t n_items, cap;
	struct dated_change *changes; /* oldest first */
	size_t n_changes, changes_cap;
	size_t n_runs, n_interrupted;
	int64_t first, last; /* starts of the oldest and newest run */
};

/** Whether the newest moments flap, as checks/runs/flapping.h has it. */
bool timeline_flaps(const struct timeline *t);

/** First moment of the state, status and cause, that the newest one has. */
const struct moment *timeline_state_began(const struct timeline *t);

#endif
