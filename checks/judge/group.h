/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_GROUP_H
#define CHECKS_GROUP_H

#include "checks/judge/finding.h"

struct arena;

/** What a check brings along beside its verdict. */
struct group_input {
	const char
	    *key; /* the resolver, device, issuer or zone it shares with others */
	struct placeholders values;
	size_t n_own_remedies; /* its first remedies, which are not the cause's own */
};

/**
 * Puts every check that has a cause into exactly one group: checks with the same
 * cause and the same key; inputs[i] belongs to verdicts->items[i]. Groups with a
 * failure come before those without, and what explains more (lower rank) before what
 * explains less. What to change is said once for a group, with the values of all its
 * checks. Fills verdicts->groups.
 */
void group_build(
    struct verdicts *verdicts, const struct group_input *inputs, struct arena *arena);

#endif
