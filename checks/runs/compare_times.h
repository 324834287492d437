/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_COMPARE_TIMES_H
#define CHECKS_COMPARE_TIMES_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/** The time of one phase of one check in two runs, in milliseconds. */
struct time_pair {
	double before, after;
};

struct time_shift {
	size_t n_pairs, n_slower, n_faster; /* the rest took the same time */
	double before, after;               /* medians, milliseconds */
	double p;                           /* of so uneven a split by chance */
};

enum {
	TIME_SHIFT_MIN_PAIRS = 8
};

/**
 * Sign test (Dixon and Mood, 1946): if nothing changed, a check is as likely slower as
 * faster. Whether the two-sided binomial probability is below 1 in 1,000; never with
 * fewer than TIME_SHIFT_MIN_PAIRS pairs. Sorts the pairs.
 */
bool compare_times(struct time_pair *pairs, size_t n, struct time_shift *ret);

#endif
