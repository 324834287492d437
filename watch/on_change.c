/* SPDX-License-Identifier: MIT */
#include "watch/on_change.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/base/arena.h"
#include "probe/base/text.h"

struct child {
	const struct on_change *how;
	pid_t pid;
	int out; /* its standard output and error; -1 = both closed */
	unsigned n_lines;
	char line[ON_CHANGE_COLUMNS];
	size_t len;
};

/* A file in memory: a command that reads nothing blocks nobody. */
static int file_of(const char *document)
{
	int fd = memfd_create("vnetprobe-change", MFD_CLOEXEC);
	size_t len = strlen(document);
	if (fd < 0)
		return -1;
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, document + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(fd);
			return -1;
		}
		done += (size_t)n;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, usual;
	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	sigaddset(&usual, SIGHUP);
	sigaddset(&usual, SIGINT);
	sigaddset(&usual, SIGTERM);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &usual);
	posix_spawnattr_setpgroup(attr, 0);
	posix_spawnattr_setflags(attr,
	    POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* The process, or -1. */
static pid_t spawn(const char *command, int in, int out)
{
	char shell[] = "sh", option[] = "-c";
	char *copy = strdup(command);
	char *argv[] = { shell, option, copy, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	pid_t pid;
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	set_attributes(&attr);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
	int err =
	    copy ? posix_spawn(&pid, "/bin/sh", &files, &attr, argv, environ) : ENOMEM;
	free(copy);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return err ? -1 : pid;
}

static int start(struct child *c, const char *document)
{
	int pipe[2], in = file_of(document);
	if (in < 0)
		return -1;
	if (pipe2(pipe, O_CLOEXEC) < 0) {
		close(in);
		return -1;
	}
	c->pid = spawn(c->how->command, in, pipe[1]);
	close(in);
	close(pipe[1]);
	c->out = pipe[0];
	fcntl(c->out, F_SETFL, O_NONBLOCK);
	if (c->pid < 0)
		close(c->out);
	return c->pid < 0 ? -1 : 0;
}

/* --- Its output ------------------------------------------------------------------- */

static void end_line(struct child *c)
{
	if (c->len && c->n_lines < ON_CHANGE_LINES) {
		struct arena arena;
		arena_init(&arena, (size_t)1 << 16);
		c->how->line(c->how->arg,
		    text_escape(&arena, c->line, c->len, ON_CHANGE_COLUMNS));
		arena_deinit(&arena);
		c->n_lines++;
	}
	c->len = 0;
}

/* What is there now; never more than a fixed amount of it at once. */
static void read_output(struct child *c)
{
	char bytes[4096];
	if (c->out < 0)
		return;
	ssize_t n = read(c->out, bytes, sizeof bytes);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close(c->out);
		c->out = -1;
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (bytes[i] == '\n')
			end_line(c);
		else if (c->len < sizeof c->line)
			c->line[c->len++] = bytes[i];
	}
}

/* --- Its end ---------------------------------------------------------------------- */

/* Not reaped yet, so that its number and its group's are still its own. */
static bool has_ended(const struct child *c)
{
	siginfo_t info = { .si_pid = 0 };
	return waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == c->pid;
}

/* True when the stop was asked for. */
static bool pause_for(struct child *c)
{
	enum {
		TICK_MS = 100
	};

	struct pollfd fds[] = {
		{ .fd = c->how->stop_fd, .events = POLLIN },
		{ .fd = c->out, .events = POLLIN },
	};
	/* Without output to wait for, the end of the process is looked for more often.
	 */
	poll(fds, 2, c->out < 0 ? TICK_MS / 10 : TICK_MS);
	c->how->tick(c->how->arg);
	return fds[0].revents & POLLIN;
}

static int reap(struct child *c, bool killed)
{
	int status = 0;
	kill(-c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	/* What was written before the end is still in the pipe. */
	for (unsigned i = 0; c->out >= 0 && i < ON_CHANGE_LINES; i++)
		read_output(c);
	end_line(c);
	if (c->out >= 0)
		close(c->out);
	if (killed)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int on_change_run(const struct on_change *how, const char *document)
{
	struct child c = { .how = how };
	if (start(&c, document) < 0)
		return -2;
	nsec_t end = nsec_now() + how->limit;
	bool ended = false, killed = false;
	while (!ended && !killed) {
		killed = pause_for(&c) || nsec_now() >= end;
		read_output(&c);
		ended = has_ended(&c);
	}
	return reap(&c, !ended);
}
