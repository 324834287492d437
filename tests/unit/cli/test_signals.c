/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/signals.h"

/* What a child exits with when it got as far as it should. */
enum {
	CHILD_OK = 42
};

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return poll(&p, 1, 0) == 1;
}

/* Wait status of a child that runs body(); signals must not hurt the test itself. */
static int status_of_child(void (*body)(int first, int second), int first, int second)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		body(first, second);
		_exit(CHILD_OK);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void stop_once(int first, int second)
{
	(void)second;
	int fd = signals_stop_fd();
	if (fd < 0 || readable(fd))
		_exit(1);
	raise(first);
	if (!readable(fd))
		_exit(2);
}

static void stop_twice(int first, int second)
{
	stop_once(first, second);
	raise(second);
}

static void stop_while_ignored(int first, int second)
{
	(void)second;
	signal(first, SIG_IGN);
	int fd = signals_stop_fd();
	raise(first);
	if (fd < 0 || readable(fd))
		_exit(1);
}

static void the_first_signal_only_asks_the_second_kills(void **state)
{
	(void)state;
	static const int numbers[] = { SIGINT, SIGTERM };
	for (size_t i = 0; i < COUNT(numbers); i++) {
		int status = status_of_child(stop_once, numbers[i], 0);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), CHILD_OK);
		for (size_t j = 0; j < COUNT(numbers); j++) {
			status = status_of_child(stop_twice, numbers[i], numbers[j]);
			assert_true(WIFSIGNALED(status));
			assert_int_equal(WTERMSIG(status), numbers[j]);
		}
	}
}

static void a_signal_ignored_by_our_parent_stays_ignored(void **state)
{
	(void)state;
	int status = status_of_child(stop_while_ignored, SIGINT, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), CHILD_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_signal_only_asks_the_second_kills),
		cmocka_unit_test(a_signal_ignored_by_our_parent_stays_ignored),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
