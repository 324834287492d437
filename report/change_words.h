/* SPDX-License-Identifier: MIT */
#ifndef REPORT_CHANGE_WORDS_H
#define REPORT_CHANGE_WORDS_H

#include "checks/runs/compare.h"

struct arena;

/**
 * A change in one sentence: "storage.blob: status pass -> fail (silent_drop); nothing
 * else changed". Not cleaned. Lives in the arena.
 */
const char *change_words(const struct change *c, struct arena *arena);

/**
 * A change without the values that may be names: of a fact only that it changed is
 * told. Check and note are as they were.
 */
struct change change_nameless(const struct change *c);

#endif
