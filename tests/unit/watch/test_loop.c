/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "tests/unit/watch/past_builder.h"
#include "watch/chronicle.h"
#include "watch/loop.h"

/* A world in which nothing takes time but what the test says. */
struct world {
	nsec_t now, wall;
	nsec_t run_takes;
	nsec_t clock_set; /* added to the wall clock by each run */
	size_t runs, max_runs, diagnosed;
	nsec_t began[64];
	bool differs, failing;
	/* Of the long test. */
	struct chronicle *chronicle;
	struct history *history;
	size_t fds, bytes; /* after the warm-up */
};

static nsec_t now(void *arg)
{
	return ((struct world *)arg)->now;
}

static nsec_t wall(void *arg)
{
	return ((struct world *)arg)->wall;
}

static uint32_t no_jitter(void *arg)
{
	(void)arg;
	return 0;
}

static void pass_time(struct world *w, nsec_t t)
{
	w->now += t;
	w->wall += t;
}

static enum watch_wake wait(void *arg, nsec_t until)
{
	struct world *w = arg;
	assert_true(until >= w->now);
	pass_time(w, until - w->now);
	return w->runs >= w->max_runs ? WATCH_STOP : WATCH_DUE;
}

static enum watch_outcome run(void *arg, bool diagnose)
{
	struct world *w = arg;
	w->began[w->runs++ % COUNT(w->began)] = w->now;
	w->diagnosed += diagnose;
	pass_time(w, w->run_takes);
	w->wall += w->clock_set;
	if (w->differs && !diagnose) {
		w->differs = false;
		return WATCH_DIFFERS;
	}
	return w->failing ? WATCH_SAME_FAILURES : WATCH_RAN;
}

static struct watch_ops ops_of(struct world *w)
{
	return (struct watch_ops){ now, wall, no_jitter, wait, run, NULL, w };
}

static void runs_never_overlap_and_ignore_the_wall_clock(void **state)
{
	(void)state;

	const struct {
		const char *row;
		nsec_t takes, clock_set;
		nsec_t step; /* seconds from one run to the next */
	} rows[] = {
		{ "usual", 5, 0, 60 },
		{ "longer than an interval", 70, 0, 120 },
		{ "the clock is set back", 5, -86400, 60 },
		{ "the clock is set forward", 5, 86400, 60 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world w = { .run_takes = rows[i].takes * NSEC_PER_SEC,
			.clock_set = rows[i].clock_set * NSEC_PER_SEC,
			.wall = 1795369286 * NSEC_PER_SEC,
			.max_runs = 20 };
		struct watch_ops ops = ops_of(&w);
		watch_loop(&ops, (struct schedule){ 60 * NSEC_PER_SEC, 0, false });
		assert_int_equal(w.runs, 20);
		for (size_t j = 1; j < w.runs; j++)
			if (w.began[j] - w.began[j - 1] != rows[i].step * NSEC_PER_SEC)
				fail_msg("%s: run %zu", rows[i].row, j);
	}
}

static void something_new_is_diagnosed_at_once(void **state)
{
	(void)state;
	struct world w = { .max_runs = 3, .failing = true, .differs = true };
	struct watch_ops ops = ops_of(&w);
	watch_loop(&ops, (struct schedule){ 60 * NSEC_PER_SEC, 0, false });
	/* The first with diagnosis, the second without, the third at the same moment.
	 */
	assert_int_equal(w.runs, 3);
	assert_int_equal(w.diagnosed, 2);
	assert_int_equal(w.began[2], w.began[1]);
}

static size_t open_descriptors(void)
{
	size_t n = 0;
	DIR *d = opendir("/proc/self/fd");
	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static size_t bytes_in_use(void)
{
	struct mallinfo2 m = mallinfo2();
	return m.uordblks + m.hblkhd;
}

enum {
	CYCLES = 10000,
	WARM_UP = 1000
};

/* Everything that lasts longer than a run takes part; only the network does not. */
static enum watch_outcome full_run(void *arg, bool diagnose)
{
	struct world *w = arg;
	struct arena arena;
	struct past_run seen;
	struct news news;
	struct input_error error = { .text = "" };
	char address[32];
	arena_init(&arena, (size_t)16 << 20);
	past_run_init(&seen, PAST_CHECKS_MAX);
	snprintf(address, sizeof address, "10.0.%zu.1", w->runs / 10 % 200);
	past_run_fact(&seen, 0, FACT_ADDRESSES, address, &arena);
	if (w->runs / 25 % 2)
		past_run_state(&seen, 1, "silent_drop");
	chronicle_add(w->chronicle, &seen.facts, diagnose, w->wall / NSEC_PER_MSEC,
	    &arena, &news);
	struct history_run kept = past_run_kept(&seen, w->wall / NSEC_PER_MSEC);
	kept.changes = news.items;
	kept.n_changes = news.n_items;
	if (history_save(w->history, &kept, &error) < 0 ||
	    (w->runs % 50 == 0 &&
		history_trim(w->history, 86400000, 1 << 20, &error) < 0))
		fail_msg("%s", error.text);
	arena_deinit(&arena);
	pass_time(w, NSEC_PER_SEC);
	if (++w->runs == WARM_UP) {
		w->fds = open_descriptors();
		w->bytes = bytes_in_use();
	}
	return news.same_failures ? WATCH_SAME_FAILURES : WATCH_RAN;
}

static void ten_thousand_cycles_need_no_more_memory_or_descriptors(void **state)
{
	(void)state;
	char dir[64];
	struct input_error error = { .text = "" };
	struct world w = { .max_runs = CYCLES, .wall = 1795369286 * NSEC_PER_SEC };
	struct watch_ops ops = ops_of(&w);
	ops.run = full_run;
	past_directory(dir);
	w.chronicle = chronicle_new();
	if (history_open(dir, HISTORY_WRITE, &w.history, &error) < 0)
		fail_msg("%s", error.text);
	watch_loop(&ops, (struct schedule){ 300 * NSEC_PER_SEC, 0, false });
	assert_int_equal(w.runs, CYCLES);
	assert_int_equal(open_descriptors(), w.fds);
	printf("%zu bytes after %d cycles, %zu after %d\n", w.bytes, WARM_UP,
	    bytes_in_use(), CYCLES);
	assert_true(bytes_in_use() <= w.bytes + 64 * 1024);
	history_close(w.history);
	chronicle_free(w.chronicle);
	past_directory_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_never_overlap_and_ignore_the_wall_clock),
		cmocka_unit_test(something_new_is_diagnosed_at_once),
		cmocka_unit_test(
		    ten_thousand_cycles_need_no_more_memory_or_descriptors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
