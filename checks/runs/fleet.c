/* SPDX-License-Identifier: MIT */
#include "checks/runs/fleet.h"

#include <jansson.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/input/json_file.h"
#include "checks/input/json_sieve.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/base/vec.h"

enum {
	MAX_ID = 4096, /* bytes of a check id, as the writer cuts them */
	MAX_WORD = 64, /* of a cause, a time of day */
	MAX_HOST = 255,
	MAX_CONNECTIONS = 256 /* among which one is sought that left the machine */
};

void fleet_init(struct fleet *f, struct arena *arena)
{
	*f = (struct fleet){
		.arena = arena,
		.check_index = json_object(),
		.cause_index = json_object(),
	};
}

void fleet_deinit(struct fleet *f)
{
	json_decref(f->check_index);
	json_decref(f->cause_index);
}

struct fleet_result fleet_result(const struct fleet_node *node, size_t check)
{
	return check < node->n_results ? node->results[check]
				       : (struct fleet_result){ 0 };
}

const char *fleet_status_name(struct fleet_result r)
{
	return r.status ? status_name((enum status)(r.status - 1)) : NULL;
}

/* --- One report ------------------------------------------------------------------- */

/* The message names a member, and an item of "checks" when index is not negative. */
struct reader {
	struct fleet *fleet;
	const char *name;
	struct input_error *error;
	long index;
};

static int refuse(const struct reader *r, const char *member, const char *why)
{
	if (r->index >= 0)
		input_error_set(
		    r->error, "%s: checks[%ld].%s: %s", r->name, r->index, member, why);
	else
		input_error_set(r->error, "%s: %s: %s", r->name, member, why);
	return -1;
}

/* The string of a member, or NULL when it is none or longer than max bytes. */
static const char *text_of(const json_t *json, const char *member, size_t max)
{
	const json_t *text = json_object_get(json, member);
	return json_is_string(text) && json_string_length(text) <= max
		   ? json_string_value(text)
		   : NULL;
}

static bool status_of(const json_t *json, enum status *ret)
{
	const char *word = text_of(json, "status", MAX_WORD);
	for (int i = STATUS_PASS; word && i <= STATUS_SKIPPED; i++)
		if (strcmp(word, status_name((enum status)i)) == 0) {
			*ret = (enum status)i;
			return true;
		}
	return false;
}

static const char *keep(struct fleet *f, const char *text, size_t max)
{
	return text ? text_escape(f->arena, text, strlen(text), max) : NULL;
}

/* Number of a text in a list, which it is added to; max when that is full. */
static size_t number_of(struct fleet *f, json_t *index, const char ***items, size_t *n,
    size_t *cap, const char *text, size_t max)
{
	const json_t *known = json_object_get(index, text);
	if (known)
		return (size_t)json_integer_value(known);
	if (*n == max)
		return max;
	*items = vec_grow(f->arena, *items, *n, cap, sizeof **items);
	(*items)[*n] = keep(f, text, MAX_ID);
	json_object_set_new(index, text, json_integer((json_int_t)*n));
	return (*n)++;
}

static int read_check(
    struct reader *r, const json_t *json, size_t *ret_check, struct fleet_result *ret)
{
	struct fleet *f = r->fleet;
	const char *id = text_of(json, "id", MAX_ID + 3);
	const char *cause = text_of(json, "cause", MAX_WORD);
	enum status status;
	if (!id || !*id)
		return refuse(r, "id", "must be a string of at most 4096 bytes");
	if (!status_of(json, &status))
		return refuse(
		    r, "status", "must be pass, warn, fail, inconclusive or skipped");
	if (!cause && !json_is_null(json_object_get(json, "cause")))
		return refuse(r, "cause", "must be the name of a cause, or null");
	*ret_check = number_of(f, f->check_index, &f->checks, &f->n_checks,
	    &f->checks_cap, id, FLEET_MAX_CHECKS);
	if (*ret_check == FLEET_MAX_CHECKS)
		return refuse(r, "id", "more than 100000 ids in all reports");
	*ret = (struct fleet_result){ .status = (uint8_t)(status + 1) };
	if (!cause)
		return 0;
	size_t number = number_of(f, f->cause_index, &f->causes, &f->n_causes,
	    &f->causes_cap, cause, FLEET_MAX_CAUSES);
	if (number == FLEET_MAX_CAUSES)
		return refuse(r, "cause", "more than 1000 causes in all reports");
	ret->cause = (uint16_t)(number + 1);
	return 0;
}

/* Takes back the texts that a refused report has added: it must leave no column. */
static void forget(json_t *index, const json_t *list, const char *member, size_t known)
{
	size_t i;
	const json_t *check;
	json_array_foreach(list, i, check)
	{
		const char *text = text_of(check, member, MAX_ID + 3);
		const json_t *number = text ? json_object_get(index, text) : NULL;
		if (number && (size_t)json_integer_value(number) >= known)
			json_object_del(index, text);
	}
}

/* Cells grow with the highest check of this node, not with those of all nodes. */
static int read_checks(struct reader *r, const json_t *list, struct fleet_node *ret)
{
	struct fleet *f = r->fleet;
	size_t n = json_array_size(list), cap = f->n_checks + n;
	if (!json_is_array(list) || n == 0 || n > FLEET_MAX_CHECKS)
		return refuse(r, "checks", "must be a list of 1 to 100000 checks");
	struct fleet_result *cells = arena_array(f->arena, cap, sizeof *cells);
	ret->results = cells;
	for (size_t i = 0; i < n; i++) {
		struct fleet_result cell;
		size_t check;
		r->index = (long)i;
		if (read_check(r, json_array_get(list, i), &check, &cell) < 0)
			return -1;
		if (cells[check].status)
			return refuse(r, "id", "stands twice");
		cells[check] = cell;
		if (check >= ret->n_results)
			ret->n_results = check + 1;
	}
	r->index = -1;
	return 0;
}

static bool is_loopback(const struct addr *a)
{
	static const uint8_t v6[16] = { [15] = 1 };
	return a->family == AF_INET ? a->ip[0] == 127
				    : memcmp(a->ip, v6, sizeof v6) == 0;
}

static const char *network_of(struct fleet *f, struct addr a)
{
	char text[ADDR_TEXT_MAX];
	size_t bytes = a.family == AF_INET ? 3 : 8;
	memset(a.ip + bytes, 0, sizeof a.ip - bytes);
	return arena_printf(f->arena, "%s/%zu", addr_format(&a, text), 8 * bytes);
}

/* Of the first connection that tells where it came from; loopback says nothing. */
static const char *find_network(struct fleet *f, const json_t *observations)
{
	size_t i;
	const json_t *o;
	json_array_foreach(observations, i, o)
	{
		struct addr local;
		const char *text =
		    text_of(json_object_get(o, "tcp"), "local", ADDR_TEXT_MAX);
		if (text && addr_parse_port(text, &local) && !is_loopback(&local))
			return network_of(f, local);
	}
	return NULL;
}

static int read_run(struct reader *r, const json_t *root, struct fleet_node *ret)
{
	const json_t *run = json_object_get(root, "run");
	const json_t *summary = json_object_get(root, "summary");
	const char *version = text_of(root, "schema_version", MAX_WORD);
	const char *started = text_of(run, "started", MAX_WORD);
	if (!version || strncmp(version, "1.", 2) != 0)
		return refuse(r, "schema_version",
		    "must be \"1.\" and a number, as check -o json writes it");
	if (!started)
		return refuse(r, "run.started", "must be a time");
	if (!status_of(summary, &ret->status))
		return refuse(r, "summary.status",
		    "must be pass, warn, fail, inconclusive or skipped");
	if (json_is_true(json_object_get(run, "interrupted")))
		ret->status = STATUS_INCONCLUSIVE;
	ret->started = keep(r->fleet, started, MAX_WORD);
	ret->host = keep(r->fleet, text_of(run, "host", MAX_HOST), MAX_HOST);
	ret->strict_fails = ret->status == STATUS_WARN ||
			    json_integer_value(json_object_get(summary, "warn")) > 0 ||
			    json_integer_value(json_object_get(summary, "fail")) > 0;
	return 0;
}

int fleet_add(
    struct fleet *f, const json_t *report, const char *name, struct input_error *reterr)
{
	struct reader r = { .fleet = f, .name = name, .error = reterr, .index = -1 };
	struct fleet_node node = { .report = arena_strdup(f->arena, name) };
	if (f->n_nodes == FLEET_MAX_NODES)
		return refuse(&r, "the list", "at most 100000 reports are merged");
	const json_t *checks = json_object_get(report, "checks");
	size_t n_checks = f->n_checks, n_causes = f->n_causes;
	if (read_run(&r, report, &node) < 0)
		return -1;
	if (read_checks(&r, checks, &node) < 0) {
		forget(f->check_index, checks, "id", n_checks);
		forget(f->cause_index, checks, "cause", n_causes);
		f->n_checks = n_checks;
		f->n_causes = n_causes;
		return -1;
	}
	node.network = find_network(f, json_object_get(report, "observations"));
	f->nodes =
	    vec_grow(f->arena, f->nodes, f->n_nodes, &f->nodes_cap, sizeof *f->nodes);
	f->nodes[f->n_nodes++] = node;
	f->counts[node.status]++;
	return 0;
}

/* --- Files ------------------------------------------------------------------------ */

/* All that the functions above look at: most of a report is observations. */
static const struct json_keep run_members[] = {
	{ .name = "started" },
	{ .name = "host" },
	{ .name = "interrupted" },
	{ .name = NULL },
};

static const struct json_keep summary_members[] = {
	{ .name = "status" },
	{ .name = "warn" },
	{ .name = "fail" },
	{ .name = NULL },
};

static const struct json_keep check_members[] = {
	{ .name = "id" },
	{ .name = "status" },
	{ .name = "cause" },
	{ .name = NULL },
};

static const struct json_keep tcp_members[] = { { .name = "local" }, { .name = NULL } };

static const struct json_keep observation_members[] = {
	{ .name = "tcp", .inside = tcp_members },
	{ .name = NULL },
};

static const struct json_keep members[] = {
	{ .name = "schema_version" },
	{ .name = "run", .inside = run_members },
	{ .name = "summary", .inside = summary_members },
	{ .name = "checks", .inside = check_members },
	{ .name = "observations",
	    .inside = observation_members,
	    .max_items = MAX_CONNECTIONS },
	{ .name = NULL },
};

int fleet_add_file(struct fleet *f, const char *path, struct input_error *reterr)
{
	struct arena scratch;
	if (strcmp(path, "-") == 0) {
		input_error_set(reterr, "-: is no name of a report");
		return -1;
	}
	arena_init(&scratch, (size_t)1 << 20);
	json_t *root = json_file_load_kept(path, members, &scratch, reterr);
	int r = root ? fleet_add(f, root, json_file_shown(path, &scratch), reterr) : -1;
	json_decref(root);
	arena_deinit(&scratch);
	return r;
}
