/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "checks/runs/change_point.h"

/* Values with the long tail of round trips, from a fixed seed. */
static double uniform(unsigned short seed[3])
{
	return erand48(seed);
}

static double normal(unsigned short seed[3])
{
	double a = sqrt(-2 * log(1 - uniform(seed)));
	return a * cos(6.283185307179586 * uniform(seed));
}

static double latency(unsigned short seed[3])
{
	return 20 + exp(normal(seed));
}

/* Rounded to whole milliseconds, most of them are equal. */
static double coarse(unsigned short seed[3])
{
	return floor(latency(seed));
}

static unsigned alarms(
    double (*draw)(unsigned short seed[3]), unsigned seed_of_row, size_t n)
{
	unsigned short seed[3] = { 6, 2, (unsigned short)seed_of_row };
	struct change_point c = { .n = 0 };
	struct level_shift shift;
	unsigned count = 0;
	for (size_t i = 0; i < n; i++)
		count += change_point_add(&c, draw(seed), &shift);
	return count;
}

static void false_alarms_are_as_rare_as_stated(void **state)
{
	(void)state;
	const size_t n = 1000000;
	unsigned fine = alarms(latency, 1, n), rounded = alarms(coarse, 2, n);
	printf("false alarms in %zu values: %u, rounded %u\n", n, fine, rounded);
	/* 2.5 are expected; 12 or more come once in 80,000 seeds. */
	assert_in_range(fine, 0, 11);
	assert_in_range(rounded, 0, 11);
}

/* Values after the shift until it was told; 0 = never. */
static unsigned delay(double by, unsigned short third)
{
	unsigned short seed[3] = { 1, 9, third };
	struct change_point c = { .n = 0 };
	struct level_shift shift;
	for (int i = 0; i < 60; i++)
		if (change_point_add(&c, latency(seed), &shift))
			return 0;
	for (unsigned i = 1; i <= 30; i++) {
		if (!change_point_add(&c, latency(seed) + by, &shift))
			continue;
		assert_true(
		    by > 0 ? shift.after > shift.before : shift.after < shift.before);
		return i;
	}
	return 0;
}

static void shifts_are_found_within_a_few_values(void **state)
{
	(void)state;

	const struct {
		const char *row;
		double by;
		unsigned most, least_found;
	} rows[] = {
		{ "20 ms more", 20, 9, 500 },
		{ "10 ms more", 10, 14, 460 },
		{ "10 ms less", -10, 14, 460 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned found = 0;
		for (unsigned short s = 0; s < 500; s++) {
			unsigned d = delay(rows[i].by, s);
			found += d > 0 && d <= rows[i].most;
		}
		if (found < rows[i].least_found)
			fail_msg("%s: %u of 500", rows[i].row, found);
	}
}

static void outliers_and_equal_values_shift_nothing(void **state)
{
	(void)state;
	struct change_point equal = { .n = 0 }, spikes = { .n = 0 };
	struct level_shift shift;
	for (int i = 0; i < 1000; i++) {
		assert_false(change_point_add(&equal, 5, &shift));
		assert_false(
		    change_point_add(&spikes, i % 4 ? 5 + i % 3 : 900, &shift));
	}
}

static void one_shift_is_told_once(void **state)
{
	(void)state;
	struct change_point c = { .n = 0 };
	struct level_shift shift = { 0 };
	unsigned told = 0;
	for (int i = 0; i < 200; i++)
		told += change_point_add(&c, (i < 100 ? 10 : 30) + i % 7, &shift);
	assert_int_equal(told, 1);
	assert_true(shift.before < 20 && shift.after > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(false_alarms_are_as_rare_as_stated),
		cmocka_unit_test(shifts_are_found_within_a_few_values),
		cmocka_unit_test(outliers_and_equal_values_shift_nothing),
		cmocka_unit_test(one_shift_is_told_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
