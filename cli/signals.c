/* SPDX-License-Identifier: MIT */
#include "cli/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const int stop_signals[] = { SIGINT, SIGTERM };

#define N_STOP_SIGNALS (sizeof stop_signals / sizeof *stop_signals)

/* A handler has no argument; written before the handlers are installed. */
static int stop_pipe[2] = { -1, -1 };
static int reload_pipe[2] = { -1, -1 };

static void set_handler(int number, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

static void on_stop(int number)
{
	(void)number;
	int saved = errno;
	for (size_t i = 0; i < N_STOP_SIGNALS; i++)
		set_handler(stop_signals[i], SIG_DFL);
	/* The pipe is empty, so the byte fits. */
	while (write(stop_pipe[1], "", 1) < 0 && errno == EINTR)
		;
	errno = saved;
}

int signals_stop_fd(void)
{
	if (pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	for (size_t i = 0; i < N_STOP_SIGNALS; i++) {
		struct sigaction old;
		sigaction(stop_signals[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			set_handler(stop_signals[i], on_stop);
	}
	return stop_pipe[0];
}

/* A full pipe says what there is to say already. */
static void on_reload(int number)
{
	(void)number;
	int saved = errno;
	while (write(reload_pipe[1], "", 1) < 0 && errno == EINTR)
		;
	errno = saved;
}

int signals_reload_fd(void)
{
	if (pipe2(reload_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	set_handler(SIGHUP, on_reload);
	return reload_pipe[0];
}
