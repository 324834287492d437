/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/input/input_error.h"
#include "checks/judge/finding.h"
#include "tests/unit/watch/past_builder.h"

#define DAY ((int64_t)86400000)

struct place {
	char dir[64];
	struct arena arena;
	struct history *history;
};

static int setup(void **state)
{
	static struct place p;
	struct input_error error;
	past_directory(p.dir);
	arena_init(&p.arena, (size_t)256 << 20);
	if (history_open(p.dir, HISTORY_WRITE, &p.history, &error) < 0)
		return -1;
	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	history_close(p->history);
	arena_deinit(&p->arena);
	past_directory_remove(p->dir);
	return 0;
}

static void save(struct place *p, const struct history_run *run)
{
	struct input_error error = { .text = "" };
	if (history_save(p->history, run, &error) < 0)
		fail_msg("%s", error.text);
}

static struct timelines read_all(struct place *p, const char *glob)
{
	struct timelines t;
	struct input_error error = { .text = "" };
	if (history_read(p->history, glob, 10000, &p->arena, &t, &error) < 0)
		fail_msg("%s", error.text);
	return t;
}

static void what_is_saved_is_read_again(void **state)
{
	struct place *p = *state;
	struct past_run run;
	struct words with = { 0 };
	words_add(&p->arena, &with, "addresses");
	const struct change change = { .kind = CHANGE_REGRESSION,
		.check = "check.1",
		.what = "status",
		.before = "pass",
		.after = "fail (silent_drop)",
		.note = "nothing answered",
		.with = with };
	past_run_init(&run, 2);
	past_run_fact(&run, 0, FACT_ADDRESSES, "10.1.0.5", &p->arena);
	run.checks[1].phases[3] = -1;
	struct history_run kept = past_run_kept(&run, 1000);
	save(p, &kept);
	past_run_state(&run, 1, "silent_drop");
	kept = past_run_kept(&run, 2000);
	kept.changes = &change;
	kept.n_changes = 1;
	save(p, &kept);

	struct timelines t = read_all(p, NULL);
	assert_int_equal(t.n_runs, 2);
	assert_int_equal(t.n_items, 2);
	assert_int_equal(t.first, 1000);
	assert_int_equal(t.last, 2000);
	assert_string_equal(t.items[1].id, "check.1");
	assert_int_equal(t.items[1].n_moments, 2);
	assert_int_equal(t.items[1].moments[0].status, STATUS_PASS);
	assert_int_equal(t.items[1].moments[1].status, STATUS_FAIL);
	assert_string_equal(t.items[1].moments[1].cause, "silent_drop");
	assert_int_equal(t.items[1].moments[0].phases[2], 3 * NSEC_PER_MSEC);
	assert_int_equal(t.items[1].moments[0].phases[3], -1);
	assert_int_equal(timeline_state_began(&t.items[1])->at, 2000);
	assert_int_equal(t.n_changes, 1);
	assert_int_equal(t.changes[0].at, 2000);
	assert_string_equal(t.changes[0].change.after, change.after);
	assert_string_equal(t.changes[0].change.with.items[0], "addresses");
	assert_int_equal(read_all(p, "*.0").n_items, 1);
	assert_int_equal(read_all(p, "*.0").n_changes, 0);
	assert_int_equal(read_all(p, "other").n_items, 0);

	struct path_facts last;
	struct input_error error;
	assert_int_equal(history_last(p->history, &p->arena, &last, &error), 0);
	assert_int_equal(last.n_checks, 2);
	assert_string_equal(
	    last.checks[0].path.facts[FACT_ADDRESSES].values.items[0], "10.1.0.5");
	assert_string_equal(last.checks[1].cause, "silent_drop");
}

static void an_interrupted_run_is_counted_and_tells_nothing(void **state)
{
	struct place *p = *state;
	struct past_run run;
	past_run_init(&run, 1);
	struct history_run kept = past_run_kept(&run, 1000);
	save(p, &kept);
	past_run_state(&run, 0, "interrupted");
	kept = past_run_kept(&run, 2000);
	kept.interrupted = true;
	save(p, &kept);
	struct timelines t = read_all(p, NULL);
	assert_int_equal(t.n_runs, 2);
	assert_int_equal(t.n_interrupted, 1);
	assert_int_equal(t.items[0].n_moments, 1);
}

static void runs_stay_in_their_order_when_the_clock_is_set_back(void **state)
{
	struct place *p = *state;
	static const int64_t times[] = { 5000, 6000, 1000, 2000 };
	struct past_run run;
	past_run_init(&run, 1);
	for (size_t i = 0; i < COUNT(times); i++) {
		struct history_run kept = past_run_kept(&run, times[i]);
		save(p, &kept);
	}
	struct timelines t = read_all(p, NULL);
	for (size_t i = 0; i < COUNT(times); i++)
		assert_int_equal(t.items[0].moments[i].at, times[i]);
}

static void trim(struct place *p, int64_t keep_ms, int64_t keep_bytes)
{
	struct input_error error = { .text = "" };
	if (history_trim(p->history, keep_ms, keep_bytes, &error) < 0)
		fail_msg("%s", error.text);
}

static void old_runs_are_forgotten(void **state)
{
	struct place *p = *state;
	struct past_run run;
	past_run_init(&run, 1);
	for (int day = 0; day < 60; day++) {
		struct history_run kept = past_run_kept(&run, day * DAY);
		save(p, &kept);
	}
	trim(p, 30 * DAY, (int64_t)1 << 30);
	struct timelines t = read_all(p, NULL);
	/* The tenth newest is of day 50. */
	assert_int_equal(t.first, 20 * DAY);
	assert_int_equal(t.n_runs, 40);
}

static void a_clock_that_is_wrong_for_a_while_costs_nothing(void **state)
{
	struct place *p = *state;
	struct past_run run;
	past_run_init(&run, 1);
	for (int i = 0; i < 60; i++) {
		bool wrong = i >= 30 && i < 35;
		struct history_run kept =
		    past_run_kept(&run, i * 1000 + (wrong ? 4000 * DAY : 0));
		save(p, &kept);
		trim(p, 30 * DAY, (int64_t)1 << 30);
	}
	assert_int_equal(read_all(p, NULL).n_runs, 60);
}

static void a_bounded_history_stays_bounded(void **state)
{
	struct place *p = *state;
	struct past_run run;
	const int64_t keep = 200 * 1024;
	char file[96], address[32];
	struct stat st;
	past_run_init(&run, 4);
	for (int i = 0; i < 2000; i++) {
		snprintf(address, sizeof address, "10.0.%d.%d", i / 200, i % 200);
		past_run_fact(&run, 0, FACT_ADDRESSES, address, &p->arena);
		struct history_run kept = past_run_kept(&run, i * 1000);
		save(p, &kept);
		if (i % 50 == 0)
			trim(p, 3000 * DAY, keep);
	}
	trim(p, 3000 * DAY, keep);
	struct timelines t = read_all(p, NULL);
	assert_in_range(t.n_runs, 100, 1900);
	assert_int_equal(t.last, 1999 * 1000);
	history_close(p->history);
	p->history = NULL;
	snprintf(file, sizeof file, "%s/" HISTORY_FILE, p->dir);
	assert_int_equal(stat(file, &st), 0);
	assert_in_range(st.st_size, 1, keep + 64 * 1024);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_file_that_is_no_history_is_refused(void **state)
{
	struct place *p = *state;
	char file[96];
	struct history *h = NULL;
	struct input_error error = { .text = "" };
	history_close(p->history);
	p->history = NULL;
	snprintf(file, sizeof file, "%s/" HISTORY_FILE, p->dir);
	FILE *f = fopen(file, "w");
	assert_non_null(f);
	for (int i = 0; i < 10000; i++)
		fputs("no database", f);
	fclose(f);
	assert_int_equal(history_open(p->dir, HISTORY_WRITE, &h, &error), -1);
	assert_non_null(strstr(error.text, "not a database"));
	assert_int_equal(history_open(p->dir, HISTORY_READ, &h, &error), -1);
}

static void one_program_writes_and_others_read(void **state)
{
	struct place *p = *state;
	struct history *other = NULL;
	struct input_error error = { .text = "" };
	struct past_run run;
	past_run_init(&run, 1);
	struct history_run kept = past_run_kept(&run, 1000);
	save(p, &kept);
	assert_int_equal(history_open(p->dir, HISTORY_WRITE, &other, &error), -1);
	assert_non_null(strstr(error.text, "another vnetprobe keeps its runs there"));
	assert_int_equal(history_open(p->dir, HISTORY_READ, &other, &error), 0);
	history_close(other);
	history_close(p->history);
	assert_int_equal(history_open(p->dir, HISTORY_WRITE, &p->history, &error), 0);
	assert_int_equal(read_all(p, NULL).n_runs, 1);
}

static void a_file_that_was_removed_is_told(void **state)
{
	struct place *p = *state;
	char file[96];
	struct input_error error = { .text = "" };
	struct past_run run;
	past_run_init(&run, 1);
	struct history_run kept = past_run_kept(&run, 1000);
	save(p, &kept);
	snprintf(file, sizeof file, "%s/" HISTORY_FILE, p->dir);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(history_save(p->history, &kept, &error), -1);
	assert_non_null(strstr(error.text, "removed or replaced"));
	history_close(p->history);
	assert_int_equal(history_open(p->dir, HISTORY_WRITE, &p->history, &error), 0);
	save(p, &kept);
	assert_int_equal(read_all(p, NULL).n_runs, 1);
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACED(what_is_saved_is_read_again),
		PLACED(an_interrupted_run_is_counted_and_tells_nothing),
		PLACED(runs_stay_in_their_order_when_the_clock_is_set_back),
		PLACED(old_runs_are_forgotten),
		PLACED(a_clock_that_is_wrong_for_a_while_costs_nothing),
		PLACED(a_bounded_history_stays_bounded),
		PLACED(a_file_that_is_no_history_is_refused),
		PLACED(one_program_writes_and_others_read),
		PLACED(a_file_that_was_removed_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
