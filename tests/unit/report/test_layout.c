/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "report/layout.h"

#define DOTS "\xe2\x80\xa6"

static void texts_are_cut_in_the_middle(void **state)
{
	(void)state;

	static const struct {
		const char *name, *text;
		size_t width;
		const char *want;
	} rows[] = {
		{ "fits", "abcdef", 6, "abcdef" },
		{ "one too many", "abcdefg", 6, "abc" DOTS "fg" },
		{ "odd", "abcdefgh", 5, "ab" DOTS "gh" },
		{ "narrowest", "abc", 1, DOTS },
		{ "wide characters count twice", "日本語の名前", 12, "日本語の名前" },
		{ "wide characters are not halved", "日本語の名前", 7, "日" DOTS "前" },
		{ "empty", "", 3, "" },
	};
	struct layout l;
	layout_init(&l, &(struct text_style){ 0 });
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *got = layout_cut(&l, rows[i].text, rows[i].width);
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].name, got);
		assert_true(layout_width(got) <= rows[i].width);
	}
	free(layout_end(&l));
}

static void columns_stay_between_80_and_100(void **state)
{
	(void)state;

	static const struct {
		unsigned asked;
		size_t want;
	} rows[] = { { 0, 100 }, { 20, 80 }, { 80, 80 }, { 93, 93 }, { 300, 100 } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct layout l;
		layout_init(&l, &(struct text_style){ .columns = rows[i].asked });
		assert_int_equal(l.columns, rows[i].want);
		free(layout_end(&l));
	}
}

static void paragraphs_are_wrapped_at_blanks(void **state)
{
	(void)state;

	static const struct {
		const char *name, *text;
		size_t indent;
		const char *want;
	} rows[] = {
		{ "empty", "", 70, "\n" },
		{ "fits to the last column", "12345 7890", 70, "12345 7890\n" },
		{ "one column too many", "12345 78901", 70,
		    "12345\n"
		    "                                                                  "
		    " "
		    "   78901\n" },
		{ "a word that is too long", "12345678901", 70, "12345" DOTS "8901\n" },
		{ "blanks are one", "a   b", 70, "a b\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct layout l;
		layout_init(&l, &(struct text_style){ .columns = 80 });
		layout_wrap(&l, COLOUR_NONE, rows[i].text, rows[i].indent);
		char *got = layout_end(&l);
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: \"%s\"", rows[i].name, got);
		free(got);
	}
}

static void cells_are_filled_on_the_right_side(void **state)
{
	(void)state;
	struct layout l;
	layout_init(&l, &(struct text_style){ .colour = true });
	layout_left(&l, COLOUR_NONE, "ab", 4);
	layout_right(&l, COLOUR_NONE, "cd", 4);
	layout_left(&l, COLOUR_RED, "ef", 4);
	layout_newline(&l);
	char *got = layout_end(&l);
	assert_string_equal(got, "ab    cd\x1b[1;31mef\x1b[0m\n");
	free(got);
}

static void joined_lists_say_how_many_are_missing(void **state)
{
	(void)state;
	static const char *const items[] = { "a", "\x1b", NULL };
	struct layout l;
	layout_init(&l, &(struct text_style){ 0 });
	assert_string_equal(layout_join(&l, items, 3, 9), "a, \\x1b, -");
	assert_string_equal(layout_join(&l, items, 3, 1), "a and 2 more");
	assert_string_equal(layout_join(&l, items, 0, 1), "");
	free(layout_end(&l));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_cut_in_the_middle),
		cmocka_unit_test(columns_stay_between_80_and_100),
		cmocka_unit_test(paragraphs_are_wrapped_at_blanks),
		cmocka_unit_test(cells_are_filled_on_the_right_side),
		cmocka_unit_test(joined_lists_say_how_many_are_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
