/* SPDX-License-Identifier: MIT */
#ifndef WATCH_ON_CHANGE_H
#define WATCH_ON_CHANGE_H

#include "probe/base/nsec.h"

/* The user's command that a change starts: sh -c COMMAND, a document on its stdin. */

enum {
	ON_CHANGE_LINES = 64,   /* of its output that are logged; the rest is dropped */
	ON_CHANGE_COLUMNS = 200 /* bytes of each line */
};

struct on_change {
	const char *command;
	nsec_t limit; /* then it is killed */
	int stop_fd;  /* readable: it is killed at once; -1 = none */
	/* Called about ten times a second. */
	void (*tick)(void *arg);
	/* A line of its output, escaped. */
	void (*line)(void *arg, const char *text);
	void *arg;
};

/**
 * Runs the command in a process group of its own, all of which is killed when the
 * command has ended. Returns its exit status (128 + the signal that ended it), -1 when
 * it was killed for its time or the stop, or -2 when it could not be started.
 */
int on_change_run(const struct on_change *how, const char *document);

#endif
