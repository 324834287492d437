/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_FEATURES_H
#define CHECKS_FEATURES_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct input_error;
struct strings;

/** A scenario whose requirements apply only where it is used (--feature). */
struct feature {
	const char *name;
	bool by_default;
	const char *what; /* one clause for people */
};

/** Stands for all features that are on by default in a list of --feature. */
#define FEATURE_DEFAULT_WORD "default"

const struct feature *feature_table(size_t *ret_n);

/** By name, or NULL. */
const struct feature *feature_find(const char *name);

/** "; did you mean ...", for a name that feature_find() does not know. */
const char *feature_suggestion(const char *name, struct arena *arena);

/** Whether a feature is on, given the user's list (empty = the default set). */
bool feature_is_on(const char *name, const struct strings *given);

/** Returns 0, or -1 with the reason when a name of the list does not exist. */
int features_check(
    const struct strings *given, struct arena *arena, struct input_error *reterr);

#endif
