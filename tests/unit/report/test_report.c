/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/layout.h"
#include "tests/unit/golden.h"
#include "tests/unit/report/sample.h"

struct form {
	const char *name;
	struct text_style style;
	bool list;
};

static const struct form forms[] = {
	{ "text", { 0 }, false },
	{ "verbose", { .verbose = true }, false },
	{ "quiet", { .quiet = true }, false },
	{ "narrow", { .columns = 80, .verbose = true }, false },
	{ "colour", { .colour = true }, false },
	{ "list", { 0 }, true },
	{ "list-verbose", { .verbose = true }, true },
};

static char *print(const struct sample *s, const struct form *f)
{
	return f->list ? report_list_text(&s->plan, &f->style)
		       : report_text(&s->report, &f->style);
}

static void texts_look_as_they_always_did(void **state)
{
	(void)state;
	static const char *const runs[] = { "healthy", "failing", "interrupted",
		"empty", "capture" };
	for (size_t i = 0; i < COUNT(runs); i++) {
		struct sample s;
		assert_true(sample_init(&s, runs[i]));
		for (size_t j = 0; j < COUNT(forms); j++) {
			char path[128];
			/* The list does not depend on what happened. */
			if (forms[j].list && i > 0)
				continue;
			snprintf(path, sizeof path, "report/expect/%s-%s.txt", runs[i],
			    forms[j].name);
			char *text = print(&s, &forms[j]);
			assert_golden(path, text);
			free(text);
		}
		sample_deinit(&s);
	}
}

static void json_looks_as_it_always_did(void **state)
{
	(void)state;
	struct sample s;
	assert_true(sample_init(&s, "failing"));
	char *text = report_json(&s.report);
	assert_golden("report/expect/failing.json", text);
	free(text);
	text = report_list_json(&s.plan, "0.1.0");
	assert_golden("report/expect/list.json", text);
	free(text);
	sample_deinit(&s);
}

/* Whatever peers and users call things, in every form. */
static void no_line_is_wider_than_asked(void **state)
{
	(void)state;
	static const char *const runs[] = { "healthy", "failing", "interrupted",
		"empty", "capture", "hostile" };
	for (size_t i = 0; i < COUNT(runs); i++) {
		struct sample s;
		assert_true(sample_init(&s, runs[i]));
		for (size_t j = 0; j < COUNT(forms); j++) {
			if (forms[j].style.colour)
				continue;
			size_t limit = forms[j].style.columns ? 80 : 100;
			char *text = print(&s, &forms[j]), *rest = text, *line;
			while ((line = strsep(&rest, "\n")))
				if (layout_width(line) > limit)
					fail_msg(
					    "%s %s: %s", runs[i], forms[j].name, line);
			free(text);
		}
		sample_deinit(&s);
	}
}

static void remove_colours(char *text)
{
	char *to = text;
	for (const char *p = text; *p; p++) {
		if (*p != '\x1b')
			*to++ = *p;
		else
			p += strcspn(p, "m");
	}
	*to = '\0';
}

static void colours_change_nothing_else(void **state)
{
	(void)state;
	struct sample s;
	assert_true(sample_init(&s, "failing"));
	struct text_style style = { .verbose = true };
	char *plain = report_text(&s.report, &style);
	style.colour = true;
	char *coloured = report_text(&s.report, &style);
	assert_null(strchr(plain, '\x1b'));
	assert_non_null(strchr(coloured, '\x1b'));
	remove_colours(coloured);
	assert_string_equal(coloured, plain);
	free(coloured);
	free(plain);
	sample_deinit(&s);
}

static void required_failures_stand_before_others(void **state)
{
	(void)state;
	struct sample s;
	assert_true(sample_init(&s, "failing"));
	char *text = report_text(&s.report, &(struct text_style){ .quiet = true });
	const char *registry = strstr(text, "affects        acr.login");
	const char *imds = strstr(text, "affects        imds (not required)");
	assert_true(registry && imds && registry < imds);
	free(text);
	sample_deinit(&s);
}

static void checks_without_a_cause_share_one_block(void **state)
{
	(void)state;
	struct sample s;
	assert_true(sample_init(&s, "interrupted"));
	char *text = report_text(&s.report, &(struct text_style){ .quiet = true });
	const char *first = strstr(text, "Interrupted before it was started.");
	assert_non_null(first);
	/* imds is not required, but nothing else sets it apart. */
	assert_null(strstr(first + 1, "Interrupted before it was started."));
	assert_non_null(strstr(text, "dns.azure, imds (not required), aml.tundra"));
	free(text);
	sample_deinit(&s);
}

static size_t count_lines(const char *text, const char *beginning)
{
	size_t n = 0;
	for (const char *line = text; line; line = strchr(line, '\n'))
		n += strncmp(++line, beginning, strlen(beginning)) == 0;
	return n;
}

static void json_of_every_run_is_what_jansson_reads(void **state)
{
	(void)state;
	static const char *const runs[] = { "healthy", "failing", "interrupted",
		"empty", "capture", "hostile", "large" };
	for (size_t i = 0; i < COUNT(runs); i++) {
		struct sample s;
		json_error_t error;
		assert_true(sample_init(&s, runs[i]));
		char *text = report_json(&s.report);
		json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
		if (!json)
			fail_msg("%s:%d: %s", runs[i], error.line, error.text);
		assert_int_equal(json_array_size(json_object_get(json, "checks")),
		    s.verdicts.n_items);
		assert_int_equal(json_array_size(json_object_get(json, "observations")),
		    s.log.n_items);
		/* The same bytes as jansson's own indentation, but for the
		 * observations: each has a line of its own. */
		char *observed = strstr(text, "  \"observations\": [");
		json_object_del(json, "observations");
		char *others =
		    json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
		assert_non_null(observed);
		assert_memory_equal(others, text, (size_t)(observed - text));
		assert_int_equal(count_lines(observed, "    {\"id\": "), s.log.n_items);
		free(others);
		json_decref(json);
		free(text);
		sample_deinit(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_look_as_they_always_did),
		cmocka_unit_test(json_looks_as_it_always_did),
		cmocka_unit_test(no_line_is_wider_than_asked),
		cmocka_unit_test(colours_change_nothing_else),
		cmocka_unit_test(required_failures_stand_before_others),
		cmocka_unit_test(checks_without_a_cause_share_one_block),
		cmocka_unit_test(json_of_every_run_is_what_jansson_reads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
