/* SPDX-License-Identifier: MIT */
#include "checks/runs/baseline.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/input/json_file.h"
#include "checks/judge/finding.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

enum {
	MAX_CHECKS = 100000,
	MAX_ID = 4096 + 3 /* bytes, a closing ellipsis included */
};

struct reader {
	const char *name;
	struct arena *arena;
	struct input_error *error;
};

static const char *clean(const struct reader *r, const char *text, size_t max)
{
	return text_escape(r->arena, text, strlen(text), max);
}

static int refuse(
    const struct reader *r, const char *id, const char *member, const char *why)
{
	input_error_set(r->error, "%s: checks%s%s%s%s: %s", r->name, *id ? "." : "",
	    clean(r, id, 80), *member ? "." : "", clean(r, member, 40), why);
	return -1;
}

static int fact_of_name(const char *name)
{
	for (int i = 0; i < N_BASELINE_FACTS; i++)
		if (strcmp(path_fact_name((enum path_fact)i), name) == 0)
			return i;
	return -1;
}

static bool is_plain_text(const json_t *json)
{
	return json_is_string(json) && json_string_length(json) <= OBS_MAX_VALUE + 3;
}

static int read_values(const struct reader *r, const char *id, enum path_fact what,
    const json_t *json, struct fact *ret)
{
	const char *member = path_fact_name(what);
	struct addr unused;
	size_t n = json_array_size(json);
	if (!json_is_array(json) || n > PATH_FACT_MAX_VALUES)
		return refuse(r, id, member, "must be a list of at most 32 strings");
	ret->known = true;
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(json, i);
		if (!is_plain_text(item))
			return refuse(r, id, member, "must be a list of strings");
		const char *text = clean(r, json_string_value(item), OBS_MAX_VALUE);
		if ((what == FACT_ADDRESSES || what == FACT_EGRESS) &&
		    !addr_parse(text, &unused))
			return refuse(r, id, member, "must be a list of addresses");
		words_add(r->arena, &ret->values, text);
	}
	return 0;
}

static int read_check(
    const struct reader *r, const char *id, json_t *json, struct check_path *ret)
{
	ret->id = clean(r, id, 4096);
	if (strlen(id) > MAX_ID)
		return refuse(r, id, "", "the id is too long");
	if (!json_is_object(json))
		return refuse(r, id, "", "must be an object of facts");
	for (void *at = json_object_iter(json); at;
	     at = json_object_iter_next(json, at)) {
		const char *member = json_object_iter_key(at);
		int what = fact_of_name(member);
		if (what < 0)
			return refuse(r, id, member,
			    "is no fact of a baseline: addresses, aliases, proxy, "
			    "issuer, tls_version, egress, attributes");
		if (read_values(r, id, (enum path_fact)what, json_object_iter_value(at),
			&ret->facts[what]) < 0)
			return -1;
	}
	return 0;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(
	    ((const struct check_path *)a)->id, ((const struct check_path *)b)->id);
}

/* People reorder lists; runs have their sets sorted. */
static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_sets(struct check_path *c)
{
	for (int i = 0; i < N_BASELINE_FACTS; i++) {
		struct words *w = &c->facts[i].values;
		if (i != FACT_ALIASES && w->n_items > 1)
			qsort(w->items, w->n_items, sizeof *w->items, by_text);
	}
}

int baseline_from_json(const json_t *json, const char *name, struct arena *arena,
    struct baseline *ret, struct input_error *reterr)
{
	const struct reader r = { .name = name, .arena = arena, .error = reterr };
	const char *version =
	    json_string_value(json_object_get(json, "baseline_version"));
	json_t *checks = json_object_get(json, "checks");
	size_t n = json_object_size(checks), i = 0;
	*ret = (struct baseline){ .n_checks = n };
	if (!version || strncmp(version, "1.", 2) != 0) {
		input_error_set(reterr,
		    "%s: baseline_version: must be \"1.\" and a number, as check "
		    "--save-baseline writes it",
		    name);
		return -1;
	}
	if (!json_is_object(checks) || n > MAX_CHECKS)
		return refuse(&r, "", "", "must be an object of at most 100000 checks");
	ret->checks = arena_array(arena, n + 1, sizeof *ret->checks);
	for (void *at = json_object_iter(checks); at;
	     at = json_object_iter_next(checks, at), i++) {
		if (read_check(&r, json_object_iter_key(at), json_object_iter_value(at),
			&ret->checks[i]) < 0)
			return -1;
		sort_sets(&ret->checks[i]);
	}
	qsort(ret->checks, n, sizeof *ret->checks, by_id);
	return 0;
}

int baseline_read(const char *path, struct arena *arena, struct baseline *ret,
    struct input_error *reterr)
{
	json_t *root = json_file_load(path, arena, reterr);
	if (!root)
		return -1;
	int r =
	    baseline_from_json(root, json_file_shown(path, arena), arena, ret, reterr);
	json_decref(root);
	return r;
}

const struct check_path *baseline_find(const struct baseline *b, const char *id)
{
	const struct check_path key = { .id = id };
	return b->n_checks
		   ? bsearch(&key, b->checks, b->n_checks, sizeof *b->checks, by_id)
		   : NULL;
}

size_t baseline_of_run(
    const struct path_facts *run, struct arena *arena, struct baseline *ret)
{
	size_t left_out = 0;
	*ret = (struct baseline){ .checks = arena_array(
				      arena, run->n_checks + 1, sizeof *ret->checks) };
	for (size_t i = 0; i < run->n_checks; i++) {
		const struct seen_check *c = &run->checks[i];
		if (path_facts_count(c->status, c->inverted))
			ret->checks[ret->n_checks++] = c->path;
		else if (!c->inverted)
			left_out++;
	}
	if (ret->n_checks > 1)
		qsort(ret->checks, ret->n_checks, sizeof *ret->checks, by_id);
	return left_out;
}
