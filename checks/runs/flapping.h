/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_FLAPPING_H
#define CHECKS_FLAPPING_H

#include <stdbool.h>
#include <stdint.h>

#include "checks/judge/verdict.h"

/*
 * A check flaps when its status changed at least FLAPPING_BEGIN times in the last
 * FLAPPING_RUNS runs, until there were no more than FLAPPING_END changes in as many.
 */
enum {
	FLAPPING_RUNS = 20,
	FLAPPING_BEGIN = 6,
	FLAPPING_END = 2
};

/* Zero-initialise it. */
struct flapping {
	uint32_t changes; /* bit 0: the newest run changed the status */
	enum status last;
	bool begun, active;
};

/** Adds the status of a run; true when flapping began or ended with it. */
bool flapping_add(struct flapping *f, enum status status);

#endif
