/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include "watch/schedule.h"

#define S NSEC_PER_SEC

static void runs_are_due_when_they_should_be(void **state)
{
	(void)state;

	const struct {
		const char *row;
		struct schedule schedule;
		nsec_t due, now, wall;
		uint32_t random;
		nsec_t expected;
	} rows[] = {
		{ "one interval later", { 60 * S, 0, false }, 100 * S, 105 * S, 0, 0,
		    160 * S },
		{ "a run that took long misses one", { 60 * S, 0, false }, 100 * S,
		    165 * S, 0, 0, 220 * S },
		{ "and does not make up for it", { 60 * S, 0, false }, 100 * S, 400 * S,
		    0, 0, 400 * S },
		{ "half of the jitter", { 60 * S, 10 * S, false }, 100 * S, 105 * S, 0,
		    1U << 31, 165 * S },
		{ "the wall clock means nothing", { 60 * S, 0, false }, 100 * S,
		    105 * S, -1000 * S, 0, 160 * S },
		{ "aligned", { 60 * S, 0, true }, 100 * S, 105 * S, 1207 * S, 0,
		    158 * S },
		{ "aligned, clock set back an hour", { 60 * S, 0, true }, 100 * S,
		    105 * S, 3607 * S, 0, 158 * S },
		{ "aligned, a moment too early", { 60 * S, 0, true }, 100 * S, 101 * S,
		    1199 * S, 0, 162 * S },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		nsec_t due, next = schedule_next(&rows[i].schedule, rows[i].due,
				rows[i].now, rows[i].wall, rows[i].random, &due);
		if (next != rows[i].expected || due > next || next < rows[i].now)
			fail_msg("%s: %lld", rows[i].row, (long long)(next / S));
	}
}

static void jitter_does_not_add_up(void **state)
{
	(void)state;
	const struct schedule s = { 60 * S, 30 * S, false };
	nsec_t due = 0, now = 0;
	for (int i = 1; i <= 1000; i++) {
		now = schedule_next(&s, due, now, 0, UINT32_MAX, &due);
		assert_int_equal(due, i * 60 * S);
		assert_true(now < due + s.jitter);
	}
}

static void a_failure_that_stays_is_seldom_diagnosed(void **state)
{
	(void)state;
	struct pace p = { 0 };
	unsigned full = 0;
	for (int i = 0; i < 60; i++) {
		bool diagnoses = pace_diagnoses(&p, i * 60 * S);
		full += diagnoses;
		pace_add(&p, i * 60 * S, diagnoses, i > 0);
	}
	assert_int_equal(full, 2 + 58 / PACE_RUNS);
	assert_true(pace_diagnoses(&p, 60 * 60 * S + PACE_TIME));
	pace_add(&p, 0, false, false);
	assert_true(pace_diagnoses(&p, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_are_due_when_they_should_be),
		cmocka_unit_test(jitter_does_not_add_up),
		cmocka_unit_test(a_failure_that_stays_is_seldom_diagnosed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
