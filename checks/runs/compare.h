/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_COMPARE_H
#define CHECKS_COMPARE_H

#include "checks/runs/path_facts.h"

struct arena;

/*
 * What changed between two runs, both judged by the same rules. Knows neither files
 * nor times of day: history and diff alike hand over two runs.
 */

enum change_kind {
	CHANGE_REGRESSION, /* it failed not, and fails */
	CHANGE_RECOVERY,   /* it failed, and fails not */
	CHANGE_DRIFT,      /* another path, cause or warning */
	CHANGE_INFO        /* worth telling, nothing to act upon */
};

#define N_CHANGE_KINDS (CHANGE_INFO + 1)

const char *change_kind_name(enum change_kind k);

struct change {
	enum change_kind kind;
	const char *check; /* id, escaped; NULL = of the run */
	const char
	    *what; /* "status", "cause", "check", "timing.tls" or a fact's name */
	const char *before, *after; /* words for people; NULL = was, or is, not there */
	const char *note; /* why it counts so, or what it means; "" = nothing */
	/*
	 * Of a change of status: the facts that changed with it, and those that were
	 * compared and did not. What only one run has seen is in neither.
	 */
	struct words with, unchanged;
};

struct comparison {
	struct change *items; /* by kind, then in the order of the newer run */
	size_t n_items, cap;
	size_t counts[N_CHANGE_KINDS];
	size_t n_same; /* checks of both runs without any change */
};

void compare_runs(const struct path_facts *before, const struct path_facts *after,
    struct arena *arena, struct comparison *ret);

#endif
