/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/runs/baseline.h"
#include "checks/runs/fleet.h"
#include "probe/base/arena.h"

static json_t *parse(const char *text)
{
	json_error_t e;
	json_t *json = json_loads(text, 0, &e);
	if (!json)
		fail_msg("the test's JSON: %s", e.text);
	return json;
}

/* A report of the checks "a" and "b", of which a may fail. */
static int add(struct fleet *f, const char *host, const char *local, bool fails,
    struct input_error *e)
{
	char text[1024];
	snprintf(text, sizeof text,
	    "{\"schema_version\": \"1.0\","
	    " \"run\": {\"started\": \"2026-11-22T10:00:00.000Z\", \"host\": \"%s\"},"
	    " \"summary\": {\"status\": \"%s\"},"
	    " \"checks\": [{\"id\": \"a\", \"status\": \"%s\", \"cause\": %s},"
	    "   {\"id\": \"b\", \"status\": \"%s\", \"cause\": %s},"
	    "   {\"id\": \"c\", \"status\": \"pass\", \"cause\": null}],"
	    " \"observations\": [{\"tcp\": {\"local\": null}},"
	    "   {\"tcp\": {\"local\": \"127.0.0.1:5\"}}, {\"tcp\": {\"local\": "
	    "\"%s\"}}]}",
	    host, fails ? "fail" : "pass", fails ? "fail" : "pass",
	    fails ? "\"silent_drop\"" : "null", fails ? "fail" : "pass",
	    fails ? "\"silent_drop\"" : "null", local);
	json_t *json = parse(text);
	int r = fleet_add(f, json, host, e);
	json_decref(json);
	return r;
}

static void causes_are_grouped_over_nodes(void **state)
{
	(void)state;
	struct arena arena;
	struct fleet f;
	struct input_error e;

	arena_init(&arena, 1 << 20);
	fleet_init(&f, &arena);
	for (int i = 0; i < 5; i++)
		assert_int_equal(
		    add(&f, i < 3 ? "n" : "m", i < 3 ? "10.1.1.9:40000" : "10.1.2.9:1",
			i < 3, &e),
		    0);
	fleet_finish(&f);
	assert_int_equal(f.n_nodes, 5);
	assert_int_equal(f.n_checks, 3);
	assert_int_equal(f.counts[STATUS_FAIL], 3);
	assert_int_equal(f.n_groups, 1);
	const struct fleet_group *g = &f.groups[0];
	assert_string_equal(g->cause, "silent_drop");
	assert_int_equal(g->n_checks, 2);
	assert_int_equal(g->n_nodes, 3);
	assert_int_equal(g->n_others, 2);
	assert_int_equal(g->n_others_pass, 2);
	assert_int_equal(g->networks.n_items, 1);
	assert_string_equal(g->networks.items[0], "10.1.1.0/24");
	assert_string_equal(g->other_networks.items[0], "10.1.2.0/24");
	assert_string_equal(fleet_status_name(fleet_result(&f.nodes[0], 0)), "fail");
	assert_null(fleet_status_name(fleet_result(&f.nodes[0], 99)));
	fleet_deinit(&f);
	arena_deinit(&arena);
}

static void networks_on_both_sides_tell_nothing(void **state)
{
	(void)state;

	static const struct {
		const char *row, *failing, *passing;
		bool told;
	} rows[] = {
		{ "apart", "10.1.1.9:1", "10.1.2.9:1", true },
		{ "the same", "10.1.1.9:1", "10.1.1.8:1", false },
		{ "unknown", "nowhere", "10.1.2.9:1", false },
		{ "of IPv6 apart", "[fd00:1::9]:1", "[fd00:2::9]:1", true },
		{ "of IPv6 the same", "[fd00:1::9]:1", "[fd00:1::8]:1", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena arena;
		struct fleet f;
		struct input_error e;
		arena_init(&arena, 1 << 20);
		fleet_init(&f, &arena);
		assert_int_equal(add(&f, "n", rows[i].failing, true, &e), 0);
		assert_int_equal(add(&f, "m", rows[i].passing, false, &e), 0);
		fleet_finish(&f);
		if ((f.groups[0].networks.n_items > 0) != rows[i].told)
			fail_msg("%s", rows[i].row);
		fleet_deinit(&f);
		arena_deinit(&arena);
	}
}

static void hosts_of_one_name_are_marked(void **state)
{
	(void)state;
	struct arena arena;
	struct fleet f;
	struct input_error e;

	arena_init(&arena, 1 << 20);
	fleet_init(&f, &arena);
	add(&f, "n", "10.1.1.1:1", false, &e);
	add(&f, "m", "10.1.1.2:1", false, &e);
	add(&f, "n", "10.1.1.3:1", false, &e);
	fleet_finish(&f);
	assert_true(f.nodes[0].host_is_shared && f.nodes[2].host_is_shared);
	assert_false(f.nodes[1].host_is_shared);
	fleet_deinit(&f);
	arena_deinit(&arena);
}

#define HEAD       "{\"schema_version\": \"1.0\", \"run\": {\"started\": \"t\"}, "
#define PASS       "\"summary\": {\"status\": \"pass\"}, "
#define OF_A(rest) HEAD PASS "\"checks\": [{\"id\": \"a\", " rest "}]}"

static void broken_reports_are_refused_with_the_place(void **state)
{
	(void)state;

	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "[]", "r.json: schema_version: must be" },
		{ "{\"schema_version\": \"2.0\"}", "r.json: schema_version: must be" },
		{ "{\"schema_version\": \"1.0\"}", "r.json: run.started: must be" },
		{ HEAD "\"x\": 1}", "r.json: summary.status: must be" },
		{ HEAD "\"summary\": {\"status\": \"ok\"}}",
		    "r.json: summary.status: must be" },
		{ HEAD PASS "\"x\": 1}", "r.json: checks: must be a list" },
		{ HEAD PASS "\"checks\": []}", "r.json: checks: must be a list" },
		{ HEAD PASS "\"checks\": [7]}", "r.json: checks[0].id: must be" },
		{ OF_A("\"status\": \"ok\""), "r.json: checks[0].status: must be" },
		{ OF_A("\"status\": \"fail\", \"cause\": 3"),
		    "r.json: checks[0].cause: must be" },
		{ HEAD PASS "\"checks\": ["
			    "{\"id\": \"a\", \"status\": \"pass\", \"cause\": null},"
			    "{\"id\": \"a\", \"status\": \"pass\", \"cause\": null}]}",
		    "r.json: checks[1].id: stands twice" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena arena;
		struct fleet f;
		struct input_error e = { .text = "" };
		json_t *json = parse(rows[i].text);
		arena_init(&arena, 1 << 20);
		fleet_init(&f, &arena);
		assert_int_equal(fleet_add(&f, json, "r.json", &e), -1);
		if (strncmp(e.text, rows[i].error, strlen(rows[i].error)) != 0)
			fail_msg("%s: %s", rows[i].text, e.text);
		assert_int_equal(f.n_nodes, 0);
		json_decref(json);
		fleet_deinit(&f);
		arena_deinit(&arena);
	}
}

static void a_refused_report_leaves_nothing_behind(void **state)
{
	(void)state;
	struct arena arena;
	struct fleet f;
	struct input_error e;
	json_t *bad = parse(HEAD PASS
	    "\"checks\": [{\"id\": \"ghost\", \"status\": \"fail\", \"cause\": \"x\"},"
	    "{\"id\": \"b\", \"status\": \"pass\", \"cause\": null},"
	    "{\"id\": \"b\", \"status\": \"pass\", \"cause\": null}]}");

	arena_init(&arena, 1 << 20);
	fleet_init(&f, &arena);
	assert_int_equal(fleet_add(&f, bad, "bad.json", &e), -1);
	assert_int_equal(f.n_checks, 0);
	assert_int_equal(add(&f, "n", "10.1.1.1:1", true, &e), 0);
	assert_int_equal(fleet_add(&f, bad, "bad.json", &e), -1);
	assert_int_equal(add(&f, "m", "10.1.1.1:1", true, &e), 0);
	fleet_finish(&f);
	assert_int_equal(f.n_nodes, 2);
	assert_int_equal(f.n_checks, 3);
	assert_int_equal(f.n_causes, 1);
	assert_string_equal(f.checks[1], "b");
	assert_int_equal(f.n_groups, 1);
	assert_int_equal(f.groups[0].n_checks, 2);
	json_decref(bad);
	fleet_deinit(&f);
	arena_deinit(&arena);
}

static void broken_baselines_are_refused_with_the_place(void **state)
{
	(void)state;

	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "[]", "b.json: baseline_version: must be" },
		{ "{\"baseline_version\": \"2.0\"}",
		    "b.json: baseline_version: must be" },
		{ "{\"baseline_version\": \"1.0\"}", "b.json: checks: must be" },
		{ "{\"baseline_version\": \"1.0\", \"checks\": {\"a\": 1}}",
		    "b.json: checks.a: must be an object of facts" },
		{ "{\"baseline_version\": \"1.0\", \"checks\": {\"a\": {\"hops\": "
		  "[]}}}",
		    "b.json: checks.a.hops: is no fact of a baseline" },
		{ "{\"baseline_version\": \"1.0\", \"checks\": {\"a\": {\"proxy\": "
		  "\"none\"}}}",
		    "b.json: checks.a.proxy: must be a list" },
		{ "{\"baseline_version\": \"1.0\", \"checks\": {\"a\": {\"proxy\": "
		  "[1]}}}",
		    "b.json: checks.a.proxy: must be a list of strings" },
		{ "{\"baseline_version\": \"1.0\", \"checks\": {\"a\\u0007\": "
		  "{\"addresses\": [\"x\"]}}}",
		    "b.json: checks.a\\x07.addresses: must be a list of addresses" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena arena;
		struct baseline b;
		struct input_error e = { .text = "" };
		json_t *json = parse(rows[i].text);
		arena_init(&arena, 1 << 20);
		assert_int_equal(
		    baseline_from_json(json, "b.json", &arena, &b, &e), -1);
		if (strncmp(e.text, rows[i].error, strlen(rows[i].error)) != 0)
			fail_msg("%s: %s", rows[i].text, e.text);
		json_decref(json);
		arena_deinit(&arena);
	}
}

static void edited_baselines_may_stand_in_any_order(void **state)
{
	(void)state;
	struct arena arena;
	struct baseline b;
	struct input_error e;
	json_t *json = parse("{\"baseline_version\": \"1.0\", \"checks\": {"
			     "\"z\": {\"addresses\": [\"20.1.1.2\", \"20.1.1.1\"]},"
			     "\"a\": {\"proxy\": [\"none\"], \"attributes\": []}}}");

	arena_init(&arena, 1 << 20);
	assert_int_equal(baseline_from_json(json, "b.json", &arena, &b, &e), 0);
	assert_int_equal(b.n_checks, 2);
	const struct check_path *z = baseline_find(&b, "z");
	assert_non_null(z);
	assert_string_equal(z->facts[FACT_ADDRESSES].values.items[0], "20.1.1.1");
	assert_false(z->facts[FACT_PROXY].known);
	assert_true(baseline_find(&b, "a")->facts[FACT_ATTRIBUTES].known);
	assert_null(baseline_find(&b, "b"));
	json_decref(json);
	arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(causes_are_grouped_over_nodes),
		cmocka_unit_test(networks_on_both_sides_tell_nothing),
		cmocka_unit_test(hosts_of_one_name_are_marked),
		cmocka_unit_test(broken_reports_are_refused_with_the_place),
		cmocka_unit_test(a_refused_report_leaves_nothing_behind),
		cmocka_unit_test(broken_baselines_are_refused_with_the_place),
		cmocka_unit_test(edited_baselines_may_stand_in_any_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
