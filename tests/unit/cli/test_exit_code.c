/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include "cli/exit_code.h"

static void codes_follow_the_contract(void **state)
{
	(void)state;

	static const struct {
		const char *name;
		struct verdicts v;
		bool strict, interrupted;
		int plain, nagios;
	} rows[] = {
		{ "all passed", { .overall = STATUS_PASS, .pass = 3 }, false, false, 0,
		    0 },
		{ "all passed, strict", { .overall = STATUS_PASS, .pass = 3 }, true,
		    false, 0, 0 },
		{ "a warning", { .overall = STATUS_WARN, .warn = 1 }, false, false, 0,
		    1 },
		{ "a warning, strict", { .overall = STATUS_WARN, .warn = 1 }, true,
		    false, 1, 2 },
		{ "an optional check failed", { .overall = STATUS_WARN, .fail = 1 },
		    false, false, 0, 1 },
		{ "an optional check failed, strict",
		    { .overall = STATUS_WARN, .fail = 1 }, true, false, 1, 2 },
		{ "a required check failed", { .overall = STATUS_FAIL, .fail = 1 },
		    false, false, 1, 2 },
		{ "failed and inconclusive",
		    { .overall = STATUS_FAIL, .fail = 1, .inconclusive = 1 }, false,
		    false, 1, 2 },
		{ "inconclusive", { .overall = STATUS_INCONCLUSIVE, .inconclusive = 1 },
		    false, false, 2, 3 },
		{ "inconclusive, strict",
		    { .overall = STATUS_INCONCLUSIVE, .inconclusive = 1 }, true, false,
		    2, 3 },
		{ "inconclusive and a warning, strict",
		    { .overall = STATUS_INCONCLUSIVE, .inconclusive = 1, .warn = 1 },
		    true, false, 1, 2 },
		{ "nothing was tested", { .overall = STATUS_SKIPPED, .skipped = 1 },
		    false, false, 2, 3 },
		{ "interrupted while all is well",
		    { .overall = STATUS_PASS, .pass = 1 }, false, true, 2, 3 },
		{ "interrupted after a failure", { .overall = STATUS_FAIL, .fail = 1 },
		    true, true, 2, 3 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int plain = exit_code_of_run(
		    &rows[i].v, rows[i].strict, rows[i].interrupted, EXIT_STYLE_PLAIN);
		int nagios = exit_code_of_run(
		    &rows[i].v, rows[i].strict, rows[i].interrupted, EXIT_STYLE_NAGIOS);
		if (plain != rows[i].plain || nagios != rows[i].nagios)
			fail_msg("%s: %d and %d", rows[i].name, plain, nagios);
	}
	assert_int_equal(exit_code_unusable(EXIT_STYLE_PLAIN), 2);
	assert_int_equal(exit_code_unusable(EXIT_STYLE_NAGIOS), 3);
}

static void nagios_alone_asks_for_its_codes(void **state)
{
	(void)state;

	static const struct {
		const char *name;
		enum output_format formats[2];
		size_t n;
		enum exit_style given, want;
	} rows[] = {
		{ "nothing", { 0 }, 0, EXIT_STYLE_AUTO, EXIT_STYLE_PLAIN },
		{ "text", { OUTPUT_TEXT }, 1, EXIT_STYLE_AUTO, EXIT_STYLE_PLAIN },
		{ "nagios", { OUTPUT_NAGIOS }, 1, EXIT_STYLE_AUTO, EXIT_STYLE_NAGIOS },
		{ "nagios, plain was asked for", { OUTPUT_NAGIOS }, 1, EXIT_STYLE_PLAIN,
		    EXIT_STYLE_PLAIN },
		{ "nagios and another", { OUTPUT_NAGIOS, OUTPUT_JSON }, 2,
		    EXIT_STYLE_AUTO, EXIT_STYLE_PLAIN },
		{ "another, nagios was asked for", { OUTPUT_JSON }, 1,
		    EXIT_STYLE_NAGIOS, EXIT_STYLE_NAGIOS },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct output items[2] = { { .format = rows[i].formats[0] },
			{ .format = rows[i].formats[1] } };
		struct output_options o = { .items = items,
			.n_items = rows[i].n,
			.exit_style = rows[i].given };
		if (output_exit_style(&o) != rows[i].want)
			fail_msg("%s", rows[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_follow_the_contract),
		cmocka_unit_test(nagios_alone_asks_for_its_codes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
