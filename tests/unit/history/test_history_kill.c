/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "checks/input/input_error.h"
#include "tests/unit/watch/past_builder.h"

enum {
	KILLS = 200
};

/* Saves runs until it is killed; each that is on the disk is told by its number. */
static void save_for_ever(const char *dir, int told, int64_t number)
{
	struct past_run run;
	struct history *h;
	struct input_error error;
	past_run_init(&run, 4);
	if (history_open(dir, HISTORY_WRITE, &h, &error) < 0)
		_exit(1);
	for (;; number++) {
		struct history_run kept = past_run_kept(&run, number);
		if (history_save(h, &kept, &error) < 0 ||
		    (number % 7 == 0 &&
			history_trim(h, 100000000, 1 << 30, &error) < 0))
			_exit(2);
		if (write(told, &number, sizeof number) != sizeof number)
			_exit(3);
	}
}

/* The last run that was told before the child died. */
static int64_t kill_after(const char *dir, long usec, int64_t from)
{
	int fds[2], status;
	int64_t number, last = from - 1;
	assert_int_equal(pipe(fds), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		save_for_ever(dir, fds[1], from);
	}
	close(fds[1]);
	nanosleep(&(struct timespec){ 0, usec * 1000 }, NULL);
	kill(pid, SIGKILL);
	while (read(fds[0], &number, sizeof number) == sizeof number)
		last = number;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return last;
}

static void assert_sound(const char *dir)
{
	char file[96];
	sqlite3 *db;
	sqlite3_stmt *s;
	snprintf(file, sizeof file, "%s/" HISTORY_FILE, dir);
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(s, 0), "ok");
	sqlite3_finalize(s);
	/* No half of a run. */
	assert_int_equal(sqlite3_prepare_v2(db,
			     "SELECT count(*) FROM run WHERE"
			     " (SELECT count(*) FROM result WHERE run = run.id) <> 4",
			     -1, &s, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(s, 0), 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
}

/* Every run from 1 to the last is there, once, and at most one more. */
static int64_t assert_kept(const char *dir, int64_t last)
{
	struct arena arena;
	struct timelines t;
	struct history *h;
	struct input_error error;
	arena_init(&arena, (size_t)512 << 20);
	assert_int_equal(history_open(dir, HISTORY_READ, &h, &error), 0);
	assert_int_equal(history_read(h, "check.0", 1000000, &arena, &t, &error), 0);
	assert_in_range(t.n_runs, last, last + 1);
	for (size_t i = 0; i < t.n_runs; i++)
		assert_int_equal(t.items[0].moments[i].at, i + 1);
	int64_t kept = (int64_t)t.n_runs;
	history_close(h);
	arena_deinit(&arena);
	return kept;
}

static void no_kill_loses_a_saved_run_or_breaks_the_file(void **state)
{
	(void)state;
	unsigned short seed[3] = { 2, 0, 0 };
	char dir[64];
	struct history *h;
	struct input_error error;
	int64_t last = 0;
	past_directory(dir);
	assert_int_equal(history_open(dir, HISTORY_WRITE, &h, &error), 0);
	history_close(h);
	for (int i = 0; i < KILLS; i++) {
		last = kill_after(dir, 500 + nrand48(seed) % 20000, last + 1);
		assert_sound(dir);
		last = assert_kept(dir, last);
	}
	printf("%lld runs in %d lives\n", (long long)last, KILLS);
	assert_true(last > KILLS / 4);
	past_directory_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_kill_loses_a_saved_run_or_breaks_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
