/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_SELECTION_H
#define CHECKS_SELECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "checks/plan/settings.h"

struct arena;
struct input_error;

/*
 * Which checks a run is about: what of the command line are endpoints, what are ids
 * and globs over ids.
 */

/** An id, possibly with the suffix of an account: "storage.blob:contoso". */
struct planned_id {
	const char *id;
	const char *left_out; /* reason, or NULL when it is in the plan */
};

/** The first glob of the list that matches id, or NULL. */
const char *selection_match(const struct strings *globs, const char *id);

/** Whether the list names this id itself, without wildcard. */
bool selection_names(const struct strings *list, const char *id);

/** Whether some text of the list is an id or glob, and not an endpoint. */
bool selection_has_globs(const struct strings *list);

/** The ids and globs of a list, without its endpoints. */
struct strings selection_globs(const struct strings *list, struct arena *arena);

/** Whether all of the profile runs, and not only what targets name. */
bool selection_is_whole_profile(const struct settings *s);

/** What selection_check() compares with, and where it puts its message. */
struct selection {
	const struct planned_id *ids;
	size_t n_ids;
	struct arena *arena;
	struct input_error *reterr;
};

/**
 * Every id or glob of the list must match one of the ids. What only matches ids that
 * were left out is refused with their reason if must_run, else accepted. Option is
 * how the message begins: "target", "--skip". Returns 0 or -1.
 */
int selection_check(const struct selection *s, const char *option,
    const struct strings *globs, bool must_run);

#endif
