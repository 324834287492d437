/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/input/json_sieve.h"

static const struct json_keep run_members[] = { { .name = "host" }, { .name = NULL } };

static const struct json_keep check_members[] = { { .name = "id" }, { .name = NULL } };

static const struct json_keep tcp_members[] = { { .name = "local" }, { .name = NULL } };

static const struct json_keep observation_members[] = {
	{ .name = "tcp", .inside = tcp_members },
	{ .name = NULL },
};

static const struct json_keep members[] = {
	{ .name = "version" },
	{ .name = "run", .inside = run_members },
	{ .name = "checks", .inside = check_members },
	{ .name = "seen", .inside = observation_members, .max_items = 2 },
	{ .name = NULL },
};

/* What comes out when the text is fed in pieces of a size; NULL = a fault. */
static const char *sift(const char *text, size_t len, size_t piece)
{
	static char out[4096];
	size_t n = 0;
	struct json_sieve s;
	json_sieve_init(&s, members);
	for (size_t at = 0; at < len; at += piece) {
		size_t part = len - at < piece ? len - at : piece;
		long r = json_sieve_feed(&s, text + at, part, out + n);
		if (r < 0)
			return NULL;
		assert_true((size_t)r <= part + JSON_SIEVE_SLACK);
		n += (size_t)r;
	}
	out[n] = '\0';
	return out;
}

static void only_what_is_named_comes_out(void **state)
{
	(void)state;

	static const struct {
		const char *row, *text, *want;
	} rows[] = {
		{ "scalars", "{ \"version\" : \"1.0\", \"x\": 1, \"y\": [1, {}] }",
		    "{\"version\":\"1.0\"}" },
		{ "words", "{\"version\": -1.5e3, \"x\": null}",
		    "{\"version\":-1.5e3}" },
		{ "nothing", "{\"x\": {\"version\": 1}}", "{}" },
		{ "members of an object", "{\"run\": {\"a\": [], \"host\": null}}",
		    "{\"run\":{\"host\":null}}" },
		{ "of which none is kept", "{\"run\": {\"a\": 1}}", "{\"run\":{}}" },
		{ "items", "{\"checks\": [{\"id\": \"a\", \"x\": 1}, {}, {\"id\": 2}]}",
		    "{\"checks\":[{\"id\":\"a\"},{},{\"id\":2}]}" },
		{ "items of another form", "{\"checks\": [1, \"a\", [2], {}, null]}",
		    "{\"checks\":[0,0,0,{},0]}" },
		{ "an object for a scalar", "{\"version\": {\"a\": \"}\"}, \"x\": 1}",
		    "{\"version\":0}" },
		{ "a scalar for an object", "{\"run\": 5, \"checks\": \"x\"}",
		    "{\"run\":5,\"checks\":\"x\"}" },
		{ "items with something in them, at most two",
		    "{\"seen\": [{\"udp\": {}}, {\"tcp\": {\"peer\": 1}}, 7, "
		    "{\"tcp\": {\"peer\": 1, \"local\": \"a\"}}, {\"tcp\": null}, "
		    "{\"tcp\": {\"local\": \"c\"}}], \"version\": 1}",
		    "{\"seen\":[{\"tcp\":{\"local\":\"a\"}},{\"tcp\":null}],"
		    "\"version\":1}" },
		{ "no item with anything in it", "{\"seen\": [{}, {\"tcp\": {}}]}",
		    "{}" },
		{ "quotes and brackets in strings",
		    "{\"a\": \"\\\"}]{[\\\\\", \"b\": [\"]\\\"\"], \"version\": "
		    "\"\\\"\\\\\"}",
		    "{\"version\":\"\\\"\\\\\"}" },
		{ "a name that begins as one of ours does",
		    "{\"versions\": 1, \"vers\": 2, \"\": 3, "
		    "\"version-that-is-much-too-long-for-a-member\": 4}",
		    "{}" },
		{ "what comes twice comes out twice, to be refused",
		    "{\"version\": 1, \"version\": 2}",
		    "{\"version\":1,\"version\":2}" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t piece = 1; piece <= strlen(rows[i].text); piece++) {
			const char *got =
			    sift(rows[i].text, strlen(rows[i].text), piece);
			if (!got || strcmp(got, rows[i].want) != 0)
				fail_msg("%s, %zu bytes at a time: %s", rows[i].row,
				    piece, got ? got : "a fault");
		}
}

static void what_is_no_document_is_a_fault(void **state)
{
	(void)state;

	static const char *const texts[] = { "[]", "1", "{]", "{,}", "{\"a\"}",
		"{\"a\":}", "{\"a\":]}", "{\"a\" 1}", "{\"a\":1 2}", "{\"a\":1,}",
		"{\"a\":[}]}", "{\"a\":{\"b\":[1}}", "{\"checks\":[1,]}",
		"{\"checks\":[{]]}", "{\"checks\":[,{}]}", "{}{}", "{} x", "{1:2}",
		/* Correct, and for a real parser. */
		"{\"\\u0076ersion\": 1}" };
	for (size_t i = 0; i < COUNT(texts); i++)
		if (sift(texts[i], strlen(texts[i]), 1))
			fail_msg("%s", texts[i]);
	assert_null(sift("{\"a\0\": 1}", 9, 9));
}

static void what_is_skipped_may_be_nested_as_deep_as_a_parser_reads(void **state)
{
	(void)state;

	enum {
		BEFORE = 5, /* {"a": */
		MOST = BEFORE + 2 * (JSON_SIEVE_DEPTH + 1) + 1
	};

	char *text = malloc(MOST + 1);
	assert_non_null(text);
	for (size_t depth = JSON_SIEVE_DEPTH; depth <= JSON_SIEVE_DEPTH + 1; depth++) {
		size_t len = BEFORE + 2 * depth + 1;
		memcpy(text, "{\"a\":", BEFORE);
		for (size_t i = 0; i < depth; i++) {
			bool is_array = i % 3 == 0;
			text[BEFORE + i] = is_array ? '[' : '{';
			text[BEFORE + 2 * depth - 1 - i] = is_array ? ']' : '}';
		}
		text[len - 1] = '}';
		assert_int_equal(
		    sift(text, len, len) != NULL, depth == JSON_SIEVE_DEPTH);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_named_comes_out),
		cmocka_unit_test(what_is_no_document_is_a_fault),
		cmocka_unit_test(
		    what_is_skipped_may_be_nested_as_deep_as_a_parser_reads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
