/* SPDX-License-Identifier: MIT */
#ifndef WATCH_LOOP_H
#define WATCH_LOOP_H

#include "watch/schedule.h"

/*
 * Runs that follow each other, never two at once. What it needs of the world is handed
 * over, the clocks too, so that ten thousand cycles can be watched in a second.
 */

enum watch_wake {
	WATCH_DUE,
	WATCH_STOP,
	WATCH_RELOAD
};

enum watch_outcome {
	WATCH_RAN,           /* and passed, or failed otherwise than before */
	WATCH_SAME_FAILURES, /* failed as the run before it */
	WATCH_DIFFERS, /* without diagnosis it found something new: again with it */
	WATCH_STOPPED  /* interrupted; what there was is kept */
};

struct watch_ops {
	nsec_t (*now)(void *arg);  /* monotonic */
	nsec_t (*wall)(void *arg); /* since 1970 */
	uint32_t (*random)(void *arg);
	/* Returns at the instant, or before it with what else there is to do. */
	enum watch_wake (*wait)(void *arg, nsec_t until);
	enum watch_outcome (*run)(void *arg, bool diagnose);
	/* Reads the configuration again; *s is changed only when it is right. */
	void (*reload)(void *arg, struct schedule *s);
	void *arg;
};

/** The first run begins at once. Returns when a run or a wait was stopped. */
void watch_loop(const struct watch_ops *ops, struct schedule schedule);

#endif
