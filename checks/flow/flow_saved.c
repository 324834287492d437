/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <string.h>

#include "checks/flow/flow_book.h"
#include "checks/flow/flow_names.h"
#include "checks/input/input_error.h"
#include "checks/runs/saved_run.h"
#include "probe/base/arena.h"

/*
 * A report that explain wrote: what is a check was found in the capture and not asked
 * for by options, so the plan is made again from the report's own list of checks.
 */

enum {
	MAX_CHECKS = FLOW_BOOK_FAILING + FLOW_BOOK_FINE,
	MAX_TEXT = 4096
};

bool flow_book_is_saved(const struct saved_run *run)
{
	const json_t *first =
	    json_array_get(json_object_get(run->root, "observations"), 0);
	const char *kind = json_string_value(json_object_get(first, "kind"));
	return kind && strcmp(kind, "capture") == 0;
}

static int refuse(const struct saved_run *run, size_t i, const char *member,
    const char *why, struct input_error *reterr)
{
	input_error_set(reterr, "%s: checks[%zu].%s: %s", run->name, i, member, why);
	return -1;
}

static const char *text_of(const json_t *check, const char *member)
{
	const json_t *json = json_object_get(check, member);
	return json_string_length(json) <= MAX_TEXT ? json_string_value(json) : NULL;
}

static int read_check(const struct saved_run *run, size_t i, const json_t *json,
    const struct catalogue *catalogue, struct arena *arena, struct target *target,
    struct check *check, struct input_error *reterr)
{
	const char *id = text_of(json, "id"), *shown = text_of(json, "target");
	if (!id || !*id)
		return refuse(run, i, "id", "must be a text", reterr);
	if (!shown)
		return refuse(run, i, "target", "must be a text", reterr);
	flow_names_check(arena_strdup(arena, id), arena_strdup(arena, shown),
	    flow_names_entry_of_id(catalogue, id), arena, target, check);
	return 0;
}

int flow_book_saved_plan(const struct saved_run *run, const struct catalogue *catalogue,
    struct arena *arena, struct check_plan *ret, struct input_error *reterr)
{
	const json_t *list = json_object_get(run->root, "checks");
	size_t n = json_array_size(list);
	if (!json_is_array(list) || n > MAX_CHECKS) {
		input_error_set(reterr, "%s: checks: must be a list of at most %d",
		    run->name, MAX_CHECKS);
		return -1;
	}
	struct target *targets = arena_array(arena, n + 1, sizeof *targets);
	struct check *checks = arena_array(arena, n + 1, sizeof *checks);
	for (size_t i = 0; i < n; i++)
		if (read_check(run, i, json_array_get(list, i), catalogue, arena,
			&targets[i], &checks[i], reterr) < 0)
			return -1;
	*ret = (struct check_plan){ .probe = { .targets = targets, .n_targets = n },
		.checks = checks,
		.catalogue = catalogue };
	return 0;
}
