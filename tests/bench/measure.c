/* SPDX-License-Identifier: MIT */
/*
 * Runs one command and writes what it cost.
 *
 *   measure LIMIT_SECONDS RESULT_FILE COMMAND [ARGUMENT...]
 *
 * A program of its own because the kernel carries the peak memory of the forking
 * process over the exec (ru_maxrss), and because starting a process from a large one
 * is slower than the few milliseconds that are to be measured.
 *
 * RESULT_FILE gets one JSON object: wall_ns, cpu_us (user and system, children that
 * were waited for included), max_rss_kib (the largest single process), exit (null
 * when a signal ended it), timed_out. After LIMIT_SECONDS the command's process
 * group is killed. Exit code 0 when the result was written, 2 otherwise.
 */
#include "probe/base/nsec.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct outcome {
	nsec_t wall;
	struct rusage usage;
	int status;
	bool timed_out;
};

static pid_t start(char **command, const sigset_t *blocked)
{
	const pid_t pid = fork();
	if (pid != 0)
		return pid;
	setpgid(0, 0);
	sigprocmask(SIG_UNBLOCK, blocked, NULL);
	execvp(command[0], command);
	perror(command[0]);
	_exit(127);
}

/* Waits for SIGCHLD until the given instant; false when it never came. */
static bool child_ended(const sigset_t *blocked, nsec_t until)
{
	for (;;) {
		nsec_t left = until - nsec_now();
		if (left < 0)
			left = 0;
		const struct timespec timeout = { .tv_sec = left / NSEC_PER_SEC,
			.tv_nsec = left % NSEC_PER_SEC };
		if (sigtimedwait(blocked, NULL, &timeout) == SIGCHLD)
			return true;
		if (errno == EAGAIN)
			return false;
	}
}

static int run(char **command, nsec_t limit, struct outcome *ret)
{
	sigset_t blocked;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, NULL);

	const nsec_t begin = nsec_now();
	const pid_t pid = start(command, &blocked);
	if (pid < 0)
		return -1;
	ret->timed_out = !child_ended(&blocked, begin + limit);
	if (ret->timed_out)
		kill(-pid, SIGKILL);
	if (wait4(pid, &ret->status, 0, &ret->usage) != pid)
		return -1;
	ret->wall = nsec_now() - begin;
	return 0;
}

static int64_t usec(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

static int write_result(const char *path, const struct outcome *o)
{
	FILE *out = fopen(path, "we");
	if (!out)
		return -1;
	fprintf(out, "{\"wall_ns\": %" PRId64 ", \"cpu_us\": %" PRId64, o->wall,
	    usec(o->usage.ru_utime) + usec(o->usage.ru_stime));
	fprintf(out,
	    ", \"max_rss_kib\": %ld, \"timed_out\": %s, \"exit\": ", o->usage.ru_maxrss,
	    o->timed_out ? "true" : "false");
	if (WIFEXITED(o->status))
		fprintf(out, "%d}\n", WEXITSTATUS(o->status));
	else
		fprintf(out, "null}\n");
	return fclose(out);
}

int main(int argc, char **argv)
{
	const long limit = argc > 3 ? strtol(argv[1], NULL, 10) : 0;
	if (limit <= 0) {
		fprintf(
		    stderr, "usage: measure LIMIT_SECONDS RESULT_FILE COMMAND...\n");
		return 2;
	}
	struct outcome outcome = { 0 };
	if (run(argv + 3, limit * NSEC_PER_SEC, &outcome) != 0 ||
	    write_result(argv[2], &outcome) != 0) {
		perror("measure");
		return 2;
	}
	return 0;
}
