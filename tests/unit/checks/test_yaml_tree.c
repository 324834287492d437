/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/input/input_error.h"
#include "checks/input/input_file.h"
#include "checks/input/yaml_tree.h"
#include "probe/base/arena.h"

static int setup(void **state)
{
	struct arena *a = malloc(sizeof *a);
	arena_init(a, 256 << 20);
	*state = a;
	return 0;
}

static int teardown(void **state)
{
	arena_deinit(*state);
	free(*state);
	return 0;
}

static void nodes_know_where_they_stand(void **state)
{
	static const char text[] = "# a comment\n"
				   "region: westeurope\n"
				   "storage:\n"
				   "  - one\n"
				   "  - \"two\"\n"
				   "empty:\n"
				   "flow: {a: [1, 2]}\n";

	const struct yaml_node *root;
	struct input_error e;
	assert_int_equal(
	    yaml_parse("c.yaml", text, sizeof text - 1, *state, &root, &e), 0);
	assert_int_equal(root->kind, YAML_MAPPING);
	assert_int_equal(root->n_items, 4);
	assert_string_equal(root->keys[0]->scalar, "region");
	const struct yaml_node *storage = yaml_get(root, "storage");
	assert_int_equal(storage->kind, YAML_SEQUENCE);
	assert_int_equal(storage->n_items, 2);
	assert_true(storage->items[0]->plain);
	assert_string_equal(storage->items[1]->scalar, "two");
	assert_false(storage->items[1]->plain);
	assert_int_equal(storage->items[1]->line, 5);
	assert_int_equal(storage->items[1]->column, 5);
	assert_string_equal(yaml_get(root, "empty")->scalar, "");
	const struct yaml_node *flow = yaml_get(root, "flow");
	assert_string_equal(yaml_get(flow, "a")->items[1]->scalar, "2");
	assert_null(yaml_get(root, "regio"));
}

static void empty_documents_are_empty_mappings(void **state)
{
	static const char *const rows[] = { "", "\n\n", "# nothing\n", "---\n",
		"--- {}\n", "\xef\xbb\xbf" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct yaml_node *root = NULL;
		struct input_error e = { "" };
		if (yaml_parse("c", rows[i], strlen(rows[i]), *state, &root, &e) < 0)
			fail_msg("row %zu: %s", i, e.text);
		assert_int_equal(root->kind, YAML_MAPPING);
		assert_int_equal(root->n_items, 0);
	}
}

static void hostile_documents_are_refused_at_their_place(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} rows[] = {
		{ "a: &x 1\nb: 2\n", "c.yaml:1:4: anchors are not supported" },
		{ "a: 1\nb: *x\n", "c.yaml:2:4: aliases are not supported" },
		{ "a: [&x [1], 2]\n", "c.yaml:1:5: anchors are not supported" },
		{ "a: !!int 1\n", "c.yaml:1:4: tags are not supported" },
		{ "a: !evil {x: 1}\n", "c.yaml:1:4: tags are not supported" },
		{ "a: 1\nb: 2\na: 3\n",
		    "c.yaml:3:1: key \"a\" stands twice, first in line 1" },
		{ "x: {b: 1, c: 2, b: 3}\n",
		    "c.yaml:1:17: key \"b\" stands twice, first in line 1" },
		{ "\"\\e[31m\": 1\n\"\\e[31m\": 1\n",
		    "c.yaml:2:1: key \"\\x1b[31m\" stands twice, first in line 1" },
		{ "a: 1\n---\nb: 2\n", "c.yaml:2:1: more than one document" },
		{ "? [a]\n: 1\n",
		    "c.yaml:1:3: a key must be a single value, not a list" },
		{ "a: [1\n", "c.yaml:2:1: did not find expected ',' or ']'" },
		{ "a: b: c\n",
		    "c.yaml:1:5: mapping values are not allowed in this context" },
		{ "\ta: 1\n",
		    "c.yaml:1:1: found character that cannot start any token" },
		{ "a: 1\nb: \xff\n", "c.yaml:2:4: invalid leading UTF-8 octet" },
		{ "a: \xc3(\n", "c.yaml:1:5: invalid trailing UTF-8 octet" },
		{ "a: \x1b[31m\n", "c.yaml:1:4: control characters are not allowed" },
		{ "a: \"x\\0y\"\n", "c.yaml:1:4: a NUL character inside a value" },
		{ "\xff\xfe"
		  "a",
		    "c.yaml:1:1: invalid leading UTF-8 octet" },
		{ "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
		    "c.yaml:1:17: nested deeper than 16 levels" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct yaml_node *root;
		struct input_error e = { "accepted" };
		int r = yaml_parse(
		    "c.yaml", rows[i].text, strlen(rows[i].text), *state, &root, &e);
		if (r != -1 || strcmp(e.text, rows[i].want) != 0)
			fail_msg("row %zu:\n got \"%s\"\nwant \"%s\"", i, e.text,
			    rows[i].want);
	}
}

static void a_nul_byte_is_reported_at_its_place(void **state)
{
	const struct yaml_node *root;
	struct input_error e;
	assert_int_equal(yaml_parse("c", "a: 1\nb: \0\n", 10, *state, &root, &e), -1);
	assert_string_equal(e.text, "c:2:4: a NUL byte is no text");
}

static void sixteen_levels_are_read(void **state)
{
	static const char text[] = "[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]";
	const struct yaml_node *root;
	struct input_error e;
	assert_int_equal(yaml_parse("c", text, sizeof text - 1, *state, &root, &e), 0);
	for (unsigned depth = 1; depth < 16; depth++)
		root = root->items[0];
	assert_string_equal(root->scalar, "1");
}

/* "- 1\n" n times. */
static char *long_list(size_t n)
{
	char *text = malloc(4 * n + 1);
	for (size_t i = 0; i < n; i++)
		memcpy(text + 4 * i, "- 1\n", 4);
	return text;
}

static void the_number_of_nodes_is_bounded(void **state)
{
	const struct yaml_node *root;
	struct input_error e;
	char *text = long_list(50000);
	/* The list itself is a node. */
	assert_int_equal(yaml_parse("c", text, 4 * 49999UL, *state, &root, &e), 0);
	assert_int_equal(root->n_items, 49999);
	assert_int_equal(yaml_parse("c", text, 4 * 50000UL, *state, &root, &e), -1);
	assert_string_equal(e.text, "c:50000:3: more than 50000 values");
	free(text);
}

static void a_mapping_of_many_keys_is_read_quickly(void **state)
{
	size_t len = 0;
	char *text = malloc(24 * 24000);
	for (unsigned i = 0; i < 24000; i++)
		len += (size_t)sprintf(text + len, "key%u: 1\n", i);
	const struct yaml_node *root;
	struct input_error e;
	assert_int_equal(yaml_parse("c", text, len, *state, &root, &e), 0);
	assert_int_equal(root->n_items, 24000);
	free(text);
}

static void a_file_of_ten_megabytes_is_refused_unread(void **state)
{
	char path[] = "/tmp/vp-test-XXXXXX", want[128];
	int fd = mkstemp(path);
	assert_int_equal(ftruncate(fd, 10 << 20), 0);
	close(fd);
	const struct yaml_node *root;
	struct input_error e;
	struct arena *arena = *state;
	size_t before = arena->used;
	assert_int_equal(yaml_read(path, arena, &root, &e), -1);
	unlink(path);
	snprintf(
	    want, sizeof want, "%s: too large, at most 1048576 bytes are read", path);
	assert_string_equal(e.text, want);
	assert_true(arena->used - before < 4096);
}

static void what_is_no_regular_file_is_refused(void **state)
{
	char fifo[] = "/tmp/vp-test-XXXXXX", want[128];
	const struct yaml_node *root;
	struct input_error e;
	close(mkstemp(fifo));
	unlink(fifo);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(yaml_read(fifo, *state, &root, &e), -1);
	unlink(fifo);
	snprintf(want, sizeof want, "%s: is not a regular file", fifo);
	assert_string_equal(e.text, want);

	assert_int_equal(yaml_read("/tmp", *state, &root, &e), -1);
	assert_string_equal(e.text, "/tmp: is a directory");
	assert_int_equal(yaml_read("/nonexistent\n\x1b", *state, &root, &e), -1);
	assert_string_equal(
	    e.text, "/nonexistent\\x0a\\x1b: No such file or directory");
}

static void files_are_read_like_text(void **state)
{
	char path[] = "/tmp/vp-test-XXXXXX", want[128];
	int fd = mkstemp(path);
	assert_int_equal(write(fd, "region: westeurope\nx: *y\n", 25), 25);
	close(fd);
	const struct yaml_node *root;
	struct input_error e;
	assert_int_equal(yaml_read(path, *state, &root, &e), -1);
	snprintf(want, sizeof want, "%s:2:4: aliases are not supported", path);
	assert_string_equal(e.text, want);
	assert_int_equal(truncate(path, 19), 0);
	assert_int_equal(yaml_read(path, *state, &root, &e), 0);
	assert_string_equal(yaml_get(root, "region")->scalar, "westeurope");
	unlink(path);
}

static void long_messages_are_cut_and_say_so(void **state)
{
	(void)state;
	char long_text[600];
	struct input_error e;
	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	input_error_set(&e, "%s", long_text);
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
	assert_string_equal(e.text + sizeof e.text - 5, "x...");
	input_error_at(&e, "f", 3, 4, "%s", "short");
	assert_string_equal(e.text, "f:3:4: short");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_know_where_they_stand),
		cmocka_unit_test(empty_documents_are_empty_mappings),
		cmocka_unit_test(hostile_documents_are_refused_at_their_place),
		cmocka_unit_test(a_nul_byte_is_reported_at_its_place),
		cmocka_unit_test(sixteen_levels_are_read),
		cmocka_unit_test(the_number_of_nodes_is_bounded),
		cmocka_unit_test(a_mapping_of_many_keys_is_read_quickly),
		cmocka_unit_test(a_file_of_ten_megabytes_is_refused_unread),
		cmocka_unit_test(what_is_no_regular_file_is_refused),
		cmocka_unit_test(files_are_read_like_text),
		cmocka_unit_test(long_messages_are_cut_and_say_so),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
