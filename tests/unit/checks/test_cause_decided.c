/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>

#include "checks/judge/cause_decided.h"

static void every_cause_says_what_decides_it(void **state)
{
	(void)state;
	size_t n;
	const struct cause *causes = cause_table(&n);
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		const char *words = cause_decided(&causes[i]);
		if (!words)
			fail_msg("%s: no words in checks/judge/cause_decided.c",
			    causes[i].name);
		size_t len = strlen(words);
		if (len < 20 || words[len - 1] != '.' || strpbrk(words, "{}\n"))
			fail_msg("%s: \"%s\" is no sentence", causes[i].name, words);
	}
}

static void words_of_two_causes_differ(void **state)
{
	(void)state;
	size_t n;
	const struct cause *causes = cause_table(&n);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(
			    cause_decided(&causes[i]), cause_decided(&causes[j]));
}

static void an_unknown_cause_has_no_words(void **state)
{
	(void)state;
	const struct cause unknown = { .name = "gremlins" };
	assert_null(cause_decided(&unknown));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cause_says_what_decides_it),
		cmocka_unit_test(words_of_two_causes_differ),
		cmocka_unit_test(an_unknown_cause_has_no_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
