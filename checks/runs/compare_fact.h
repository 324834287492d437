/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_COMPARE_FACT_H
#define CHECKS_COMPARE_FACT_H

#include "checks/runs/path_facts.h"

/*
 * Whether one fact of a path has changed in a way that matters. Services move: names
 * rotate through addresses, certificates are renewed by a sibling of the issuer. The
 * rules that tell this from drift are in docs/comparing.md.
 */
enum fact_change {
	FACT_SAME,
	FACT_ROTATED, /* another value, as the service changes it by itself */
	FACT_DRIFTED
};

/**
 * Compares fact number what of two runs of one check, which both know it. *ret_rule is
 * the reason in words unless it is the same.
 */
enum fact_change fact_compare(enum path_fact what, const struct check_path *before,
    const struct check_path *after, struct arena *arena, const char **ret_rule);

/** "a, b and 3 others"; "none" without values. */
const char *fact_words(const struct fact *f, struct arena *arena);

/** Whether both lists have the same items in the same order. */
bool words_equal(const struct words *a, const struct words *b);

#endif
