/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/parse.h"
#include "probe/base/text.h"
#include "probe/base/vec.h"
#include "probe/base/wire.h"

static void arena_keeps_what_it_gave(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 4 << 20);
	char *words[1000];
	for (int i = 0; i < 1000; i++)
		words[i] = arena_printf(&a, "word %d", i);
	char *big = arena_alloc(&a, 300000);
	for (int i = 0; i < 300000; i++)
		assert_int_equal(big[i], 0);
	char *after = arena_strdup(&a, "after the big one");
	for (int i = 0; i < 1000; i++) {
		char want[32];
		snprintf(want, sizeof want, "word %d", i);
		assert_string_equal(words[i], want);
	}
	assert_string_equal(after, "after the big one");
	assert_null(arena_strdup(&a, NULL));
	assert_string_equal(arena_strndup(&a, "abcdef", 3), "abc");
	arena_deinit(&a);
}

static void vec_grows_and_keeps_items(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	int *items = NULL;
	size_t n = 0, cap = 0;
	for (int i = 0; i < 100; i++) {
		items = vec_grow(&a, items, n, &cap, sizeof *items);
		items[n++] = i;
	}
	for (int i = 0; i < 100; i++)
		assert_int_equal(items[i], i);
	arena_deinit(&a);
}

static void durations_are_strict(void **state)
{
	(void)state;

	static const struct {
		const char *text;
		nsec_t want; /* 0 = refused */
	} rows[] = {
		{ "500ms", 500 * NSEC_PER_MSEC },
		{ "3s", 3 * NSEC_PER_SEC },
		{ "2m", 120 * NSEC_PER_SEC },
		{ "24h", 24 * 3600 * NSEC_PER_SEC },
		{ "25h", 0 },
		{ "0s", 0 },
		{ "3", 0 },
		{ "s", 0 },
		{ "-3s", 0 },
		{ "3 s", 0 },
		{ "3sec", 0 },
		{ "99999999999999999999s", 0 },
		{ "", 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		nsec_t got = 0;
		bool ok = parse_duration(rows[i].text, &got);
		if (ok != (rows[i].want != 0) || got != rows[i].want)
			fail_msg("row \"%s\": got %lld", rows[i].text, (long long)got);
	}
}

static void ports_and_numbers_are_strict(void **state)
{
	(void)state;
	uint16_t port = 7;
	assert_true(parse_port("65535", &port));
	assert_int_equal(port, 65535);
	assert_false(parse_port("65536", &port));
	assert_false(parse_port("0", &port));
	assert_false(parse_port("+1", &port));
	assert_false(parse_port("1 ", &port));
	assert_int_equal(port, 65535);
}

static void globs_match_like_a_shell(void **state)
{
	(void)state;
	assert_true(text_glob("storage.*", "storage.blob"));
	assert_true(text_glob("*", ""));
	assert_true(text_glob("*.b?ob*", "storage.blob:acct"));
	assert_false(text_glob("storage.*", "storage"));
	assert_false(text_glob("", "x"));
	/* Many stars over a long text must not explode. */
	char text[4000];
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_false(text_glob("*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

static void distance_counts_swaps_as_one(void **state)
{
	(void)state;
	assert_int_equal(text_distance("storage", "storage", 3), 0);
	assert_int_equal(text_distance("stroage", "storage", 3), 1);
	assert_int_equal(text_distance("key_valt", "key_vault", 3), 1);
	assert_int_equal(text_distance("a", "abcdefgh", 3), 4);
	assert_int_equal(text_distance("", "ab", 3), 2);
}

static void hostile_text_is_made_printable(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);

	static const struct {
		const char *in;
		size_t max;
		const char *want;
	} rows[] = {
		{ "plain text", 100, "plain text" },
		{ "a\x1b[31mred", 100, "a\\x1b[31mred" },
		{ "line\r\nbreak", 100, "line\\x0d\\x0abreak" },
		{ "gr\xc3\xbc\xc3\x9f"
		  "e",
		    100,
		    "gr\xc3\xbc\xc3\x9f"
		    "e" },
		{ "bad\xff\xfe", 100, "bad\\xff\\xfe" },
		{ "\xe2\x80\xae"
		  "gpj.exe",
		    100, "\\xe2\\x80\\xaegpj.exe" },
		{ "\xc2\x9b"
		  "31m",
		    100, "\\xc2\\x9b31m" },
		{ "\xe0\x80\x80", 100, "\\xe0\\x80\\x80" },
		{ "cut here", 3, "cut..." },
		{ "", 10, "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(
		    text_escape(&a, rows[i].in, strlen(rows[i].in), rows[i].max),
		    rows[i].want);
	arena_deinit(&a);
}

/* A report holds escaped text; who reads it may escape and cut it once more. */
static void escaping_twice_is_escaping_once(void **state)
{
	(void)state;

	static const char *const texts[] = { "plain text", "line\r\nbreak \x1b[0m",
		"gr\xc3\xbc\xc3\x9f", "bad\xff\xfe end", "a \\x0 b \\x0g c \\x1f d",
		"\\\\x41\n\\", "\xe2\x80\xae\\x", "\n\n\n\n\n\n" };

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct arena a;
		arena_init(&a, 1 << 20);
		const char *whole = text_escape(&a, texts[i], strlen(texts[i]), 1000);
		for (size_t max = 0; max <= strlen(whole) + 1; max++) {
			const char *once =
			    text_escape(&a, texts[i], strlen(texts[i]), max);
			assert_string_equal(
			    text_escape(&a, whole, strlen(whole), max), once);
		}
		arena_deinit(&a);
	}
}

static void case_is_ignored_in_ascii_only(void **state)
{
	(void)state;
	assert_true(text_equal_nocase("WWW-Authenticate", "www-authenticate"));
	assert_false(text_equal_nocase("abc", "abcd"));
	assert_true(text_starts_nocase("Microsoft-HTTPAPI/2.0", "microsoft-"));
	assert_true(text_ends_nocase("x.AZURECR.io", ".azurecr.io"));
	assert_non_null(text_find_nocase(
	    "<Code>AuthorizationFailure</Code>", "authorizationfailure"));
	assert_null(text_find_nocase("abc", "abd"));
}

static void wire_reads_nothing_past_the_end(void **state)
{
	(void)state;
	const uint8_t bytes[] = { 0x12, 0x34, 0x56 };
	struct wire w = wire_init(bytes, sizeof bytes);
	assert_int_equal(wire_be16(&w), 0x1234);
	assert_int_equal(wire_be16(&w), 0);
	assert_true(w.failed);
	assert_int_equal(wire_u8(&w), 0);
	assert_null(wire_take(&w, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_keeps_what_it_gave),
		cmocka_unit_test(vec_grows_and_keeps_items),
		cmocka_unit_test(durations_are_strict),
		cmocka_unit_test(ports_and_numbers_are_strict),
		cmocka_unit_test(globs_match_like_a_shell),
		cmocka_unit_test(distance_counts_swaps_as_one),
		cmocka_unit_test(hostile_text_is_made_printable),
		cmocka_unit_test(escaping_twice_is_escaping_once),
		cmocka_unit_test(case_is_ignored_in_ascii_only),
		cmocka_unit_test(wire_reads_nothing_past_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
