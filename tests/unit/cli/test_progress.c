/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/progress.h"

static const enum status statuses[] = { STATUS_PASS, STATUS_FAIL, STATUS_WARN };
static const struct target targets[] = { { .id = "a.one" }, { .id = "b\"\033[1m" },
	{ .id = "c" } };

static enum status known_status(void *arg, unsigned target)
{
	(void)arg;
	return statuses[target];
}

/* Runs three checks to their end and returns what was shown; caller frees. */
static char *show(enum progress_style style, unsigned parallel, bool nameless)
{
	const struct plan plan = {
		.targets = targets, .n_targets = 3, .parallel = parallel
	};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct progress p = {
		.style = style,
		.out = out,
		.plan = &plan,
		.nameless = nameless,
		.status_of = known_status,
	};
	progress_begin(&p);
	progress_tick(&p, p.begin + NSEC_PER_MSEC);
	progress_done(&p, 0);
	progress_tick(&p, p.begin + 2 * NSEC_PER_MSEC);
	progress_done(&p, 1);
	progress_tick(&p, p.begin + 3 * NSEC_PER_MSEC);
	progress_tick(&p, p.begin + 2 * NSEC_PER_SEC);
	progress_tick(&p, p.begin + 9 * NSEC_PER_SEC);
	progress_done(&p, 2);
	progress_end(&p);
	fclose(out);
	return text;
}

static void a_terminal_line_is_rewritten_and_wiped(void **state)
{
	(void)state;
	char *text = show(PROGRESS_STYLE_LINE, 0, false);
	assert_string_equal(text, "\r0/3 done, 3 running, 0 failed\033[K"
				  "\r1/3 done, 2 running, 0 failed\033[K"
				  "\r2/3 done, 1 running, 1 failed\033[K"
				  "\r\033[K");
	free(text);
}

static void plain_lines_come_at_most_once_a_second(void **state)
{
	(void)state;
	char *text = show(PROGRESS_STYLE_LINES, 1, false);
	assert_string_equal(text, "2/3 done, 1 running, 1 failed\n"
				  "3/3 done, 0 running, 1 failed\n");
	free(text);
}

static void off_shows_nothing(void **state)
{
	(void)state;
	char *text = show(PROGRESS_STYLE_NONE, 0, false);
	assert_string_equal(text, "");
	free(text);
}

static void each_json_line_is_an_object(void **state)
{
	(void)state;

	static const struct {
		const char *event, *check, *status;
		int done, running, failed;
	} rows[] = {
		{ "begin", NULL, NULL, 0, 2, 0 },
		{ "check", "a.one", "pass", 1, 2, 0 },
		{ "check", "b\"\\x1b[1m", "fail", 2, 1, 1 },
		{ "check", "c", "warn", 3, 0, 1 },
		{ "end", NULL, NULL, 3, 0, 1 },
	};

	char *text = show(PROGRESS_STYLE_JSON, 2, false);
	char *rest = text;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *line = strsep(&rest, "\n");
		json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		const char *event, *check = NULL, *status = NULL;
		int total, done, running, failed;
		double ms;
		assert_non_null(o);
		assert_int_equal(
		    json_unpack(o, "{s:s, s?s, s?s, s:i, s:i, s:i, s:i, s:F!}", "event",
			&event, "check", &check, "status", &status, "total", &total,
			"done", &done, "running", &running, "failed", &failed,
			"elapsed_ms", &ms),
		    0);
		assert_string_equal(event, rows[i].event);
		assert_string_equal(
		    check ? check : "", rows[i].check ? rows[i].check : "");
		assert_string_equal(
		    status ? status : "", rows[i].status ? rows[i].status : "");
		assert_int_equal(total, 3);
		assert_int_equal(done, rows[i].done);
		assert_int_equal(running, rows[i].running);
		assert_int_equal(failed, rows[i].failed);
		json_decref(o);
	}
	assert_string_equal(rest, "");
	free(text);
}

static void redacted_progress_names_no_check(void **state)
{
	(void)state;
	char *text = show(PROGRESS_STYLE_JSON, 0, true);
	assert_non_null(strstr(text, "\"status\":\"fail\""));
	assert_null(strstr(text, "a.one"));
	free(text);
}

static void the_style_depends_on_who_is_watching(void **state)
{
	(void)state;

	static const struct {
		enum progress_mode mode;
		bool quiet, smart;
		enum progress_style want;
	} rows[] = {
		{ PROGRESS_AUTO, false, true, PROGRESS_STYLE_LINE },
		{ PROGRESS_AUTO, false, false, PROGRESS_STYLE_NONE },
		{ PROGRESS_AUTO, true, true, PROGRESS_STYLE_NONE },
		{ PROGRESS_ON, true, true, PROGRESS_STYLE_LINES },
		{ PROGRESS_ON, false, false, PROGRESS_STYLE_LINES },
		{ PROGRESS_OFF, false, true, PROGRESS_STYLE_NONE },
		{ PROGRESS_JSON, true, false, PROGRESS_STYLE_JSON },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (progress_style(rows[i].mode, rows[i].quiet, rows[i].smart) !=
		    rows[i].want)
			fail_msg("row %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_terminal_line_is_rewritten_and_wiped),
		cmocka_unit_test(plain_lines_come_at_most_once_a_second),
		cmocka_unit_test(off_shows_nothing),
		cmocka_unit_test(each_json_line_is_an_object),
		cmocka_unit_test(redacted_progress_names_no_check),
		cmocka_unit_test(the_style_depends_on_who_is_watching),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
