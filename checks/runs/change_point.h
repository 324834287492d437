/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_CHANGE_POINT_H
#define CHECKS_CHANGE_POINT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether a time became longer or shorter for good. The last CHANGE_POINT_RECENT values
 * are ranked among the CHANGE_POINT_BEFORE values before them (Mann and Whitney, 1947,
 * with the correction for ties). They are called shifted where the statistic lies at
 * least CHANGE_POINT_Z standard deviations from what equal distributions give: 2.5 in a
 * million by chance for one value, whatever the distribution. No time is "too long" by
 * itself, and one slow answer shifts nothing.
 */
enum {
	CHANGE_POINT_BEFORE = 32,
	CHANGE_POINT_RECENT = 8,
	CHANGE_POINT_VALUES = CHANGE_POINT_BEFORE + CHANGE_POINT_RECENT
};

#define CHANGE_POINT_Z 4.0

/* The values that count, oldest first. Zero-initialise it. */
struct change_point {
	double values[CHANGE_POINT_VALUES];
	size_t n;
};

struct level_shift {
	double before, after; /* medians of both parts, in the unit of the values */
};

/**
 * Adds a value. True when the last CHANGE_POINT_RECENT values, this one included, are
 * shifted; the values before them are forgotten then, so that one shift is told once.
 */
bool change_point_add(struct change_point *c, double value, struct level_shift *ret);

#endif
