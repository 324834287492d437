/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_GROUP_H
#define CHECKS_GROUP_H

#include "checks/verdict.h"

struct arena;

/**
 * Puts every check that has a cause into exactly one group: checks with the same
 * cause and the same key (the resolver, device, issuer or zone they share; keys[i]
 * belongs to verdicts->items[i]). Groups with a failure come before those without,
 * and what explains more (lower rank) before what explains less. Fills
 * verdicts->groups.
 */
void group_build(
    struct verdicts *verdicts, const char *const *keys, struct arena *arena);

#endif
