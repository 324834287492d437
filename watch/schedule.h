/* SPDX-License-Identifier: MIT */
#ifndef WATCH_SCHEDULE_H
#define WATCH_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/base/nsec.h"

/*
 * When to run. Instants are those of the monotonic clock, so that a wall clock that is
 * set neither starts runs nor stops them.
 */
struct schedule {
	nsec_t interval;
	nsec_t jitter; /* at most this is added to an instant, at random; 0 = none */
	bool align;    /* to multiples of the interval on the wall clock */
};

/**
 * The instant of the next run. due is that of the run before, without its jitter; now
 * and wall are read together, after that run. What was missed is not made up for. The
 * instant without jitter is left in *ret_due.
 */
nsec_t schedule_next(const struct schedule *s, nsec_t due, nsec_t now, nsec_t wall,
    uint32_t random, nsec_t *ret_due);

/*
 * How often a failure that does not change is diagnosed again: every PACE_RUNS runs,
 * and after PACE_TIME at the latest. Runs between only see whether anything has
 * changed.
 */
enum {
	PACE_RUNS = 6
};

#define PACE_TIME (1800 * NSEC_PER_SEC)

/* Zero-initialise it. */
struct pace {
	bool same_failures; /* the last run failed as the one before it */
	unsigned cheap;     /* runs without diagnosis since the last with it */
	nsec_t diagnosed;   /* when that was */
};

/** Whether the run that begins now is to diagnose. */
bool pace_diagnoses(const struct pace *p, nsec_t now);

/** What a run was: whether it diagnosed, and whether it failed as the one before. */
void pace_add(struct pace *p, nsec_t now, bool diagnosed, bool same_failures);

#endif
