/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/codec/http_field.h"
#include "probe/model/obs.h"

static int make_arena(void **state)
{
	struct arena *a = malloc(sizeof *a);
	if (!a)
		return -1;
	arena_init(a, 1 << 20);
	*state = a;
	return 0;
}

static int drop_arena(void **state)
{
	arena_deinit(*state);
	free(*state);
	return 0;
}

static void status_lines(void **state)
{
	static const struct {
		const char *line;
		int status; /* 0 = bad */
		const char *version;
	} rows[] = {
		{ "HTTP/1.1 200 OK\r\n", 200, "1.1" },
		{ "HTTP/2 403 \r\n", 403, "2" },
		{ "HTTP/2.0 403\r\n", 403, "2" },
		{ "HTTP/1.0 404", 404, "1.0" },
		{ "HTTP/3 200\r\n", 200, "3" },
		{ "HTTP/1.1 999 odd but possible\n", 999, "1.1" },
		{ "HTTP/1.1 99 x\r\n", 0, NULL },
		{ "HTTP/1.1 2000 x\r\n", 0, NULL },
		{ "HTTP/1.1 abc\r\n", 0, NULL },
		{ "HTTP/1.1 -20 x\r\n", 0, NULL },
		{ "HTTP/9.9 200 OK\r\n", 0, NULL },
		{ "HTTP/\r\n", 0, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_line l =
		    http_line_parse(rows[i].line, strlen(rows[i].line), *state);
		bool good = l.kind == HTTP_LINE_STATUS;
		if (good != (rows[i].status != 0) || l.status != rows[i].status)
			fail_msg("row \"%s\"", rows[i].line);
		if (good)
			assert_string_equal(l.version, rows[i].version);
	}
}

static void fields(void **state)
{
	static const struct {
		const char *line;
		size_t len;
		const char *name; /* NULL = bad */
		const char *value;
	} rows[] = {

#define ROW(line, name, value) { line, sizeof(line) - 1, name, value }
		ROW("Content-Type: text/html\r\n", "content-type", "text/html"),
		ROW("X-Empty:\r\n", "x-empty", ""),
		ROW("X-Blanks: \t a b \t \r\n", "x-blanks", "a b"),
		ROW("X-Colon: a:b\r\n", "x-colon", "a:b"),
		ROW("X-Space : v\r\n", "x-space", "v"),
		ROW("X-No-End: v", "x-no-end", "v"),
		ROW("X-Nul: a\0b\r\n", "x-nul", "a b"),
		ROW("X-Cr: a\rb\r\n", "x-cr", "a b"),
		ROW("Set-Cookie: id=secret; Path=/\r\n", "set-cookie", "id"),
		ROW("SET-COOKIE:secret\r\n", "set-cookie", ""),
		ROW("Set-Cookie2: n = secret\r\n", "set-cookie2", "n "),
		ROW(": no name\r\n", NULL, NULL),
		ROW("no colon\r\n", NULL, NULL),
		ROW("bad name: v\r\n", NULL, NULL),
		ROW("b\x80"
		    "d: v\r\n",
		    NULL, NULL),
#undef ROW
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_line l = http_line_parse(rows[i].line, rows[i].len, *state);
		if ((l.kind == HTTP_LINE_FIELD) != (rows[i].name != NULL))
			fail_msg("row \"%s\"", rows[i].line);
		if (!rows[i].name)
			continue;
		assert_string_equal(l.field.name, rows[i].name);
		assert_string_equal(l.field.value, rows[i].value);
	}
}

static void the_empty_line_ends_the_header(void **state)
{
	assert_int_equal(http_line_parse("\r\n", 2, *state).kind, HTTP_LINE_END);
	assert_int_equal(http_line_parse("\n", 1, *state).kind, HTTP_LINE_END);
	assert_int_equal(http_line_parse(" \r\n", 3, *state).kind, HTTP_LINE_FOLD);
}

static void long_values_are_cut(void **state)
{
	char line[OBS_MAX_VALUE * 2];
	memset(line, 'x', sizeof line);
	line[1] = ':';
	struct http_line l = http_line_parse(line, sizeof line, *state);
	assert_int_equal(l.kind, HTTP_LINE_FIELD);
	assert_int_equal(strlen(l.field.value), OBS_MAX_VALUE);

	memset(line, 'n', sizeof line);
	line[sizeof line - 1] = ':';
	assert_int_equal(
	    http_line_parse(line, sizeof line, *state).kind, HTTP_LINE_BAD);
}

static void folded_lines_continue_the_value(void **state)
{
	static const char more[] = " \tsecond\r\n";
	struct header h = { .name = "x-a", .value = "first" };
	http_field_fold(&h, more, sizeof more - 1, *state);
	assert_string_equal(h.value, "first second");

	char big[OBS_MAX_VALUE * 2];
	memset(big, 'x', sizeof big);
	big[0] = ' ';
	http_field_fold(&h, big, sizeof big, *state);
	assert_int_equal(strlen(h.value), OBS_MAX_VALUE);
	http_field_fold(&h, big, sizeof big, *state);
	assert_int_equal(strlen(h.value), OBS_MAX_VALUE);
}

static void a_folded_cookie_stays_out(void **state)
{
	static const char more[] = " secret\r\n";
	struct header h = { .name = "set-cookie", .value = "id" };
	http_field_fold(&h, more, sizeof more - 1, *state);
	assert_string_equal(h.value, "id");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_lines),
		cmocka_unit_test(fields),
		cmocka_unit_test(the_empty_line_ends_the_header),
		cmocka_unit_test(long_values_are_cut),
		cmocka_unit_test(folded_lines_continue_the_value),
		cmocka_unit_test(a_folded_cookie_stays_out),
	};
	return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
