/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/plan/service_tags.h"
#include "probe/base/arena.h"

static const char list[] =
    "{\"changeNumber\": 7, \"cloud\": \"Public\", \"values\": ["
    "{\"name\": \"AzureCloud\", \"properties\": {\"addressPrefixes\": "
    "  [\"203.0.113.0/24\", \"2001:db8::/32\"]}},"
    "{\"name\": \"AzureCloud.westeurope\", \"properties\": {\"addressPrefixes\": "
    "  [\"203.0.113.0/25\"]}},"
    "{\"name\": \"Storage\", \"properties\": {\"addressPrefixes\": "
    "  [\"203.0.113.0/26\"]}},"
    "{\"name\": \"BatchNodeManagement\", \"properties\": {\"addressPrefixes\": "
    "  [\"203.0.113.0/27\", \"203.0.113.0/28\"]}},"
    "{\"name\": \"BatchNodeManagement.WestEurope\", \"properties\": "
    "  {\"addressPrefixes\": [\"203.0.113.0/28\", \"2001:db8:7::/48\"]}}]}";

static int read_text(const char *text, struct arena *arena, struct service_tags *ret,
    struct input_error *reterr)
{
	json_t *json = json_loads(text, 0, NULL);
	assert_non_null(json);
	int r = service_tags_from_json(json, "tags.json", arena, ret, reterr);
	json_decref(json);
	return r;
}

static struct addr at(const char *text)
{
	struct addr a;
	assert_true(addr_parse(text, &a));
	return a;
}

/* The names found, with blanks between them. */
static const char *found(const struct service_tags *t, const char *text,
    const char *wanted, size_t max, bool *ret_wanted, struct arena *arena)
{
	const char *names[8], *all = "";
	const struct addr a = at(text);
	size_t n = service_tags_find(t, &a, wanted, names, max, ret_wanted);
	for (size_t i = 0; i < n; i++)
		all = arena_printf(arena, "%s%s%s", all, i ? " " : "", names[i]);
	return all;
}

static void the_wanted_tag_comes_first(void **state)
{
	(void)state;

	static const struct {
		const char *address, *wanted, *names;
		size_t max;
		bool is_wanted;
	} rows[] = {
		{ "203.0.113.1", "BatchNodeManagement.westeurope",
		    "BatchNodeManagement.WestEurope BatchNodeManagement Storage "
		    "AzureCloud AzureCloud.westeurope",
		    8, true },
		{ "203.0.113.1", "BatchNodeManagement.westeurope",
		    "BatchNodeManagement.WestEurope BatchNodeManagement", 2, true },
		{ "203.0.113.20", "batchnodemanagement.WESTEUROPE",
		    "BatchNodeManagement Storage AzureCloud AzureCloud.westeurope", 8,
		    false },
		{ "203.0.113.1", NULL,
		    "Storage BatchNodeManagement BatchNodeManagement.WestEurope "
		    "AzureCloud",
		    4, false },
		{ "203.0.113.200", "Storage", "AzureCloud", 8, false },
		{ "203.0.114.1", "Storage", "", 8, false },
		{ "2001:db8:7::1", "BatchNodeManagement.westeurope",
		    "BatchNodeManagement.WestEurope AzureCloud", 8, true },
	};
	struct arena arena;
	struct service_tags t;
	struct input_error e;
	arena_init(&arena, 1 << 24);
	assert_int_equal(read_text(list, &arena, &t, &e), 0);
	assert_string_equal(t.source, "Public, change 7");
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool wanted;
		assert_string_equal(found(&t, rows[i].address, rows[i].wanted,
					rows[i].max, &wanted, &arena),
		    rows[i].names);
		assert_int_equal(wanted, rows[i].is_wanted);
	}
	arena_deinit(&arena);
}

static void faults_are_told_with_their_place(void **state)
{
	(void)state;

	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{ "[]", "tags.json: values: must be a list of service tags, as in "
			"Azure's ServiceTags_Public.json" },
		{ "{\"values\": []}", "values: must be a list" },
		{ "{\"values\": {}}", "values: must be a list" },
		{ "{\"values\": [1]}", "values[0].name: must be the name of a tag" },
		{ "{\"values\": [{\"name\": \"\"}]}", "values[0].name: must be" },
		{ "{\"values\": [{\"name\": \"a b\"}]}", "values[0].name: must be" },
		{ "{\"values\": [{\"name\": \"A\"}]}",
		    "values[0].properties.addressPrefixes: must be a list of "
		    "prefixes" },
		{ "{\"values\": [{\"name\": \"A\", \"properties\": "
		  "{\"addressPrefixes\": [\"10.0.0.0/8\", 5]}}]}",
		    "values[0].properties.addressPrefixes[1]: must be a string" },
		{ "{\"values\": [{\"name\": \"A\", \"properties\": "
		  "{\"addressPrefixes\": [\"10.0.0.0/8\", \"10.0.0.0/33\\u001b\"]}}]}",
		    "addressPrefixes[1]: \"10.0.0.0/33\\x1b\" is no prefix such as "
		    "20.1.0.0/16" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena arena;
		struct service_tags t;
		struct input_error e = { "" };
		arena_init(&arena, 1 << 24);
		assert_int_equal(read_text(rows[i].text, &arena, &t, &e), -1);
		if (!strstr(e.text, rows[i].wanted))
			fail_msg("%s: %s", rows[i].text, e.text);
		assert_null(strchr(e.text, '\n'));
		arena_deinit(&arena);
	}
}

/* The list as Azure publishes it, where VNETPROBE_TEST_SERVICE_TAGS names one. */
static void a_published_list_is_read(void **state)
{
	(void)state;
	const char *path = getenv("VNETPROBE_TEST_SERVICE_TAGS");
	struct arena arena;
	struct service_tags t;
	struct input_error e = { "" };
	size_t n = 0;
	bool wanted;
	if (!path)
		skip();
	arena_init(&arena, (size_t)256 << 20);
	if (service_tags_read(path, &arena, &t, &e) < 0)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < t.n_tags; i++)
		n += t.tags[i].n_prefixes;
	assert_true(t.n_tags > 1000 && n > 50000);
	/* An address of each of the two services that connect to computes. */
	for (size_t i = 0; i < t.n_tags; i++) {
		const struct service_tag *tag = &t.tags[i];
		const char *name;
		if (!service_tag_is(tag->name, "AzureMachineLearning") &&
		    !service_tag_is(tag->name, "batchnodemanagement.westeurope"))
			continue;
		assert_true(tag->n_prefixes > 0);
		n = service_tags_find(
		    &t, &tag->prefixes[0].base, tag->name, &name, 1, &wanted);
		assert_true(n == 1 && wanted);
		assert_string_equal(name, tag->name);
	}
	arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wanted_tag_comes_first),
		cmocka_unit_test(faults_are_told_with_their_place),
		cmocka_unit_test(a_published_list_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
