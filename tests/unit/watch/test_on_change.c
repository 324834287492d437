/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "watch/on_change.h"

struct heard {
	char text[16384];
	unsigned n_lines;
};

static void on_line(void *arg, const char *text)
{
	struct heard *h = arg;
	size_t len = strlen(h->text);
	snprintf(h->text + len, sizeof h->text - len, "%s\n", text);
	h->n_lines++;
}

static void on_tick(void *arg)
{
	(void)arg;
}

static int run(const char *command, nsec_t limit, int stop_fd, struct heard *h)
{
	const struct on_change how = { .command = command,
		.limit = limit,
		.stop_fd = stop_fd,
		.tick = on_tick,
		.line = on_line,
		.arg = h };
	h->text[0] = '\0';
	h->n_lines = 0;
	return on_change_run(&how, "{\"changes\": []}\n");
}

static void commands_end_as_they_end(void **state)
{
	(void)state;

	const struct {
		const char *row, *command;
		int code;
		const char *output; /* NULL = not compared */
	} rows[] = {
		{ "reads the document", "cat", 0, "{\"changes\": []}\n" },
		{ "reads nothing", "true", 0, "" },
		{ "fails", "echo no >&2; exit 3", 3, "no\n" },
		{ "unknown", "/nowhere/command", 127, NULL },
		{ "killed", "kill -KILL $$", 128 + SIGKILL, "" },
		{ "without a last newline", "printf 'a\\nb'", 0, "a\nb\n" },
		{ "escapes are shown", "printf 'a\\033[2Jb\\n'", 0, "a\\x1b[2Jb\n" },
		{ "SIGPIPE is as usual", "yes | head -1", 0, "y\n" },
	};

	struct heard h;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int code = run(rows[i].command, 60 * NSEC_PER_SEC, -1, &h);
		if (code != rows[i].code ||
		    (rows[i].output && strcmp(h.text, rows[i].output) != 0))
			fail_msg("%s: %d, \"%s\"", rows[i].row, code, h.text);
	}
}

static void a_flood_of_output_is_bounded(void **state)
{
	(void)state;
	struct heard h;
	assert_int_equal(
	    run("seq 100000; head -c 3000000 /dev/zero", 60 * NSEC_PER_SEC, -1, &h), 0);
	assert_int_equal(h.n_lines, ON_CHANGE_LINES);
}

static void a_command_that_does_not_end_is_killed_with_its_children(void **state)
{
	(void)state;
	struct heard h;
	nsec_t begin = nsec_now();
	assert_int_equal(
	    run("sleep 600 & echo $!; wait", 500 * NSEC_PER_MSEC, -1, &h), -1);
	assert_true(nsec_now() - begin < 60 * NSEC_PER_SEC);
	pid_t child = (pid_t)atoi(h.text);
	assert_true(child > 1);
	/* Reaped by init, or a zombie of a container without one. */
	char name[64], state_of = 'X';
	snprintf(name, sizeof name, "/proc/%d/stat", (int)child);
	for (int i = 0; i < 500; i++) {
		FILE *f = fopen(name, "r");
		state_of = 'X';
		if (f && fscanf(f, "%*d (sleep) %c", &state_of) != 1)
			state_of = 'X';
		if (f)
			fclose(f);
		if (state_of == 'X' || state_of == 'Z')
			return;
		usleep(10000);
	}
	fail_msg("the child is still there: %c", state_of);
}

static void what_it_left_behind_is_killed_too(void **state)
{
	(void)state;
	struct heard h;
	nsec_t begin = nsec_now();
	assert_int_equal(run("sleep 600 & exit 0", 60 * NSEC_PER_SEC, -1, &h), 0);
	assert_true(nsec_now() - begin < 30 * NSEC_PER_SEC);
}

static void a_stop_ends_it_at_once(void **state)
{
	(void)state;
	struct heard h;
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "", 1), 1);
	assert_int_equal(run("sleep 600", 600 * NSEC_PER_SEC, fds[0], &h), -1);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_end_as_they_end),
		cmocka_unit_test(a_flood_of_output_is_bounded),
		cmocka_unit_test(
		    a_command_that_does_not_end_is_killed_with_its_children),
		cmocka_unit_test(what_it_left_behind_is_killed_too),
		cmocka_unit_test(a_stop_ends_it_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
