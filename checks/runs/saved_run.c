/* SPDX-License-Identifier: MIT */
#include "checks/runs/saved_run.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

#include "checks/input/input_error.h"
#include "checks/input/json_file.h"
#include "checks/runs/baseline.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/model/obs_json.h"

enum {
	MAX_SETTINGS = 256,
	MAX_ITEMS = 200000, /* of one setting: targets, mostly */
	ELLIPSIS = 3,       /* where a text was cut */
	SAVED_MAX_TEXT = SAVED_MAX_VALUE + ELLIPSIS,
	MAX_ID = 4096, /* bytes of a check id, as the writer cuts them */
	MAX_RUN_MS = 1000 * 3600 * 24 * 10
};

struct reader {
	const char *name;
	struct arena *arena;
	struct input_error *error;
};

static int refuse(const struct reader *r, const char *path, const char *why)
{
	input_error_set(r->error, "%s: %s: %s", r->name, path, why);
	return -1;
}

/* A member's path, whose name a stranger may have chosen. */
static const char *path_of(const struct reader *r, const char *parent, const char *key)
{
	return arena_printf(
	    r->arena, "%s.%s", parent, text_escape(r->arena, key, strlen(key), 80));
}

static const char *path_at(const struct reader *r, const char *parent, size_t i)
{
	return arena_printf(r->arena, "%s[%zu]", parent, i);
}

static int read_text(const struct reader *r, const char *path, const json_t *json,
    size_t max, const char **ret)
{
	if (!json_is_string(json))
		return refuse(r, path, json ? "must be a string" : "is missing");
	if (json_string_length(json) > max)
		return refuse(r, path, "is too long");
	*ret = arena_strdup(r->arena, json_string_value(json));
	return 0;
}

/* NULL stays what it was when the value is null. */
static int read_optional_text(const struct reader *r, const char *path,
    const json_t *json, size_t max, const char **ret)
{
	return json_is_null(json) ? 0 : read_text(r, path, json, max, ret);
}

/* --- The run ---------------------------------------------------------------------- */

/* The number that n digits write. */
static int number(const char *digits, size_t n)
{
	int value = 0;
	for (size_t i = 0; i < n; i++)
		value = 10 * value + (digits[i] - '0');
	return value;
}

/* Exactly "2026-11-22T10:00:00.123Z"; false for anything else. */
static bool parse_started(const char *text, nsec_t *ret)
{
	static const char shape[] = "0000-00-00T00:00:00.000Z";
	if (strlen(text) != strlen(shape))
		return false;
	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == '0' ? text[i] < '0' || text[i] > '9'
				    : text[i] != shape[i])
			return false;
	const struct tm said = {
		.tm_year = number(text, 4) - 1900,
		.tm_mon = number(text + 5, 2) - 1,
		.tm_mday = number(text + 8, 2),
		.tm_hour = number(text + 11, 2),
		.tm_min = number(text + 14, 2),
		.tm_sec = number(text + 17, 2),
	};
	struct tm tm = said;
	nsec_t seconds = timegm(&tm);
	/* timegm() makes 3 March of 31 February; far years do not fit nanoseconds. */
	if (tm.tm_mon != said.tm_mon || tm.tm_mday != said.tm_mday ||
	    tm.tm_hour != said.tm_hour || tm.tm_min != said.tm_min ||
	    said.tm_year < 70 || said.tm_year > 300)
		return false;
	*ret = seconds * NSEC_PER_SEC + number(text + 20, 3) * NSEC_PER_MSEC;
	return true;
}

static int read_times(const struct reader *r, const json_t *json, struct saved_run *ret)
{
	const json_t *ms = json_object_get(json, "duration_ms");
	const json_t *interrupted = json_object_get(json, "interrupted");
	const char *started;
	if (read_text(
		r, "run.started", json_object_get(json, "started"), 64, &started) < 0)
		return -1;
	if (!parse_started(started, &ret->started_wall))
		return refuse(r, "run.started",
		    "must be a time such as 2026-11-22T10:00:00.123Z");
	if (!json_is_integer(ms) || json_integer_value(ms) < 0 ||
	    json_integer_value(ms) > MAX_RUN_MS)
		return refuse(
		    r, "run.duration_ms", "must be a whole number of milliseconds");
	if (!json_is_boolean(interrupted))
		return refuse(r, "run.interrupted", "must be true or false");
	ret->duration = (nsec_t)json_integer_value(ms) * NSEC_PER_MSEC;
	ret->interrupted = json_is_true(interrupted);
	return 0;
}

static int read_list(const struct reader *r, const char *path, const json_t *json,
    struct saved_setting *ret)
{
	size_t n = json_array_size(json);
	if (n == 0 || n > MAX_ITEMS)
		return refuse(r, path, "must have 1 to 200000 items");
	const char **values = arena_array(r->arena, n, sizeof *values);
	for (size_t i = 0; i < n; i++)
		if (read_text(r, path_at(r, path, i), json_array_get(json, i),
			SAVED_MAX_TEXT, &values[i]) < 0)
			return -1;
	ret->form = SAVED_LIST;
	ret->values = values;
	ret->n_values = n;
	return 0;
}

static int read_setting(const struct reader *r, const char *key, const json_t *json,
    struct saved_setting *ret)
{
	const char *path = path_of(r, "run.settings", key);
	const char **value = arena_alloc(r->arena, sizeof *value);
	*ret = (struct saved_setting){
		.key = arena_strdup(r->arena, key),
		.values = value,
		.n_values = 1,
	};
	if (json_is_array(json))
		return read_list(r, path, json, ret);
	if (json_is_boolean(json)) {
		ret->form = SAVED_SWITCH;
		*value = json_is_true(json) ? "true" : "false";
		return 0;
	}
	if (!json_is_string(json))
		return refuse(
		    r, path, "must be a string, a list of strings, true or false");
	return read_text(r, path, json, SAVED_MAX_TEXT, value);
}

/* Where the proxy settings stood; reports of earlier versions do not tell. */
static int read_proxy_sources(
    const struct reader *r, const json_t *json, struct proxy_sources *ret)
{
	const struct {
		const char *name;
		const char **ret;
	} members[] = {
		{ "proxy", &ret->proxy },
		{ "noproxy", &ret->noproxy },
		{ "https_proxy", &ret->https_proxy },
		{ "all_proxy", &ret->all_proxy },
		{ "no_proxy", &ret->no_proxy },
	};

	if (!json)
		return 0;
	if (!json_is_object(json))
		return refuse(r, "run.environment.proxy_from", "must be an object");
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (read_optional_text(r,
			path_of(r, "run.environment.proxy_from", members[i].name),
			json_object_get(json, members[i].name), SAVED_MAX_SOURCE,
			members[i].ret) < 0)
			return -1;
	return 0;
}

static int read_environment(
    const struct reader *r, const json_t *json, struct saved_settings *ret)
{
	const struct {
		const char *name;
		const char **ret;
	} members[] = {
		{ "http_proxy", &ret->http_proxy },
		{ "https_proxy", &ret->https_proxy },
		{ "all_proxy", &ret->all_proxy },
		{ "no_proxy", &ret->no_proxy },
	};

	if (!json_is_object(json))
		return refuse(r, "run.environment", "must be an object");
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (read_optional_text(r,
			path_of(r, "run.environment", members[i].name),
			json_object_get(json, members[i].name), SAVED_MAX_TEXT,
			members[i].ret) < 0)
			return -1;
	return read_proxy_sources(
	    r, json_object_get(json, "proxy_from"), &ret->proxy_from);
}

static int read_settings(
    const struct reader *r, const json_t *run, struct saved_settings *ret)
{
	json_t *json = json_object_get(run, "settings");
	size_t n = json_object_size(json), i = 0;
	if (!json)
		return refuse(r, "run.settings",
		    "is missing: this report was written by a version that did not "
		    "save what judging needs");
	if (json_is_null(json))
		return refuse(r, "run.settings",
		    "is null: a redacted report cannot be judged again, because names "
		    "and addresses in it are not the real ones; give the one that was "
		    "not redacted, and --redact for an answer without names");
	if (!json_is_object(json) || n > MAX_SETTINGS)
		return refuse(r, "run.settings", "must be an object of options");
	struct saved_setting *items = arena_array(r->arena, n + 1, sizeof *items);
	void *at = json_object_iter(json);
	for (; at; at = json_object_iter_next(json, at), i++)
		if (read_setting(r, json_object_iter_key(at),
			json_object_iter_value(at), &items[i]) < 0)
			return -1;
	ret->items = items;
	ret->n_items = n;
	return read_environment(r, json_object_get(run, "environment"), ret);
}

static int read_tool(const struct reader *r, const json_t *json, struct saved_run *ret)
{
	const json_t *name = json_object_get(json, "name");
	const json_t *catalogue = json_object_get(json, "catalogue");
	if (!json_is_string(name) || strcmp(json_string_value(name), "vnetprobe") != 0)
		return refuse(
		    r, "tool.name", "must be \"vnetprobe\": this is no report of ours");
	if (json_is_null(catalogue))
		return 0;
	if (!json_is_object(catalogue))
		return refuse(r, "tool.catalogue", "must be an object or null");
	if (read_text(r, "tool.catalogue.version",
		json_object_get(catalogue, "version"), 256,
		&ret->catalogue_version) < 0)
		return -1;
	return read_text(r, "tool.catalogue.sha256",
	    json_object_get(catalogue, "sha256"), 64, &ret->catalogue_sha256);
}

static int read_version(const struct reader *r, const json_t *json)
{
	const char *version = json_string_value(json);
	if (version && strncmp(version, "1.", 2) == 0)
		return 0;
	return refuse(r, "schema_version",
	    "must be \"1.\" and a number: this version reads no other reports");
}

static int read_baseline(
    const struct reader *r, const json_t *json, struct saved_run *ret)
{
	if (!json || json_is_null(json))
		return 0;
	struct baseline *b = arena_alloc(r->arena, sizeof *b);
	const char *name = arena_printf(r->arena, "%s: run.baseline", r->name);
	ret->baseline = b;
	return baseline_from_json(json, name, r->arena, b, r->error);
}

static int read_document(
    const struct reader *r, const json_t *root, struct saved_run *ret)
{
	const json_t *run = json_object_get(root, "run");
	if (!json_is_object(root)) {
		input_error_set(r->error,
		    "%s: must be a JSON object, as check -o json writes", r->name);
		return -1;
	}
	if (read_version(r, json_object_get(root, "schema_version")) < 0 ||
	    read_tool(r, json_object_get(root, "tool"), ret) < 0)
		return -1;
	if (!json_is_object(run))
		return refuse(r, "run", "must be an object, as check -o json writes");
	if (read_times(r, run, ret) < 0 || read_settings(r, run, &ret->settings) < 0)
		return -1;
	return read_baseline(r, json_object_get(run, "baseline"), ret);
}

int saved_run_read(json_t *root, const char *name, struct arena *arena,
    struct saved_run *ret, struct input_error *reterr)
{
	const struct reader r = { .name = name, .arena = arena, .error = reterr };
	*ret = (struct saved_run){ .name = name };
	if (read_document(&r, root, ret) < 0)
		return -1;
	ret->root = json_incref(root);
	return 0;
}

int saved_run_open(const char *path, struct arena *arena, struct saved_run *ret,
    struct input_error *reterr)
{
	json_t *root = json_file_load(path, arena, reterr);
	int r = root ? saved_run_read(
			   root, json_file_shown(path, arena), arena, ret, reterr)
		     : -1;
	json_decref(root);
	return r;
}

void saved_run_close(struct saved_run *run)
{
	json_decref(run->root);
	run->root = NULL;
}

/* --- Its checks and observations -------------------------------------------------- */

/* Check ids to indices, escaped and cut as a report has them. */
static json_t *index_checks(const struct plan *plan, struct arena *arena)
{
	json_t *index = json_object();
	for (size_t i = 0; i < plan->n_targets; i++) {
		const char *id = plan->targets[i].id;
		json_object_set_new(index, text_escape(arena, id, strlen(id), MAX_ID),
		    json_integer((json_int_t)i));
	}
	return index;
}

/* Index of the report's check number i in the plan, or -1. Takes it off the index. */
static long find_check(const struct reader *r, const struct saved_run *run,
    const json_t *list, size_t i, json_t *index)
{
	const char *path = arena_printf(r->arena, "checks[%zu].id", i);
	const char *id;
	if (read_text(r, path, json_object_get(json_array_get(list, i), "id"),
		MAX_ID + ELLIPSIS, &id) < 0)
		return -1;
	const json_t *found = json_object_get(index, id);
	if (!found) {
		input_error_set(r->error,
		    "%s: %s: \"%s\" is given twice, or is no check of these settings "
		    "with this catalogue (the report's is %s)",
		    run->name, path, text_escape(r->arena, id, strlen(id), 120),
		    run->catalogue_version
			? text_escape(r->arena, run->catalogue_version,
			      strlen(run->catalogue_version), 40)
			: "none");
		return -1;
	}
	long at = (long)json_integer_value(found);
	json_object_del(index, id);
	return at;
}

int saved_run_fit_plan(const struct saved_run *run, struct check_plan *plan,
    struct arena *arena, struct input_error *reterr)
{
	const struct reader r = { .name = run->name, .arena = arena, .error = reterr };
	const json_t *list = json_object_get(run->root, "checks");
	size_t n = json_array_size(list);
	if (!json_is_array(list) || n == 0)
		return refuse(&r, "checks", "must be a list of checks");
	/* Beyond this one would stand twice. */
	if (n > plan->probe.n_targets)
		n = plan->probe.n_targets + 1;
	struct target *targets = arena_array(arena, n, sizeof *targets);
	struct check *checks = arena_array(arena, n, sizeof *checks);
	json_t *index = index_checks(&plan->probe, arena);
	long at = 0;
	for (size_t i = 0; i < n && at >= 0; i++) {
		at = find_check(&r, run, list, i, index);
		if (at < 0)
			break;
		targets[i] = plan->probe.targets[at];
		checks[i] = plan->checks[at];
	}
	json_decref(index);
	if (at < 0)
		return -1;
	plan->probe.targets = targets;
	plan->probe.n_targets = n;
	plan->checks = checks;
	return 0;
}

int saved_run_log(const struct saved_run *run, const struct plan *plan,
    struct arena *arena, struct obslog *ret, struct input_error *reterr)
{
	char reason[384];
	obslog_init(ret, arena, plan->n_targets);
	ret->started_wall = run->started_wall;
	ret->duration = run->duration;
	if (obs_from_json(json_object_get(run->root, "observations"), plan, ret, reason,
		sizeof reason) == 0)
		return 0;
	input_error_set(reterr, "%s: %s", run->name, reason);
	return -1;
}
