/* SPDX-License-Identifier: MIT */
#ifndef CLI_WATCHING_H
#define CLI_WATCHING_H

#include "cli/run_once.h"
#include "history/history.h"
#include "probe/base/arena.h"
#include "report/watch_metrics.h"
#include "watch/chronicle.h"
#include "watch/http_server.h"
#include "watch/loop.h"

/* What the files of the watch command share: its state from run to run. */

/* Only a ceiling, as that of a single run. */
#define WATCH_RUN_MEMORY ((size_t)1 << 30)

/** A run that was carried out, with its memory; it does not move. */
struct made_run {
	struct arena arena;
	struct run run;
	struct path_facts facts;
};

/** Frees a run; NULL is allowed. */
void made_run_free(struct made_run *m);

struct watching {
	struct options options;
	struct arena configuration; /* of the options, replaced with them */
	int stop_fd, reload_fd;
	struct chronicle *chronicle;
	struct history *history;      /* NULL = none, or it cannot be opened now */
	struct http_server *http;     /* the same */
	bool history_told, http_told; /* that it does not work */
	unsigned n_saved;
	char *metrics; /* of the last report that is served, or NULL */
	struct watch_metrics own;
	/* Differed without diagnosis, and waits for what the run with it says; or NULL.
	 */
	struct made_run *held;
};

/** Signs of life, from the thread that runs, so that a run that hangs is noticed. */
void watching_tick(void *arg);

/** Opens history and pages where that has not worked yet; what fails is told once. */
void watching_open(struct watching *w);

/** Tells once that the history does not work, and closes it. */
void watching_history_failed(struct watching *w, const struct input_error *error);

/**
 * Keeps and tells a run, or holds it for the one with diagnosis that is to follow at
 * once. Takes the run over.
 */
enum watch_outcome watching_take(
    struct watching *w, struct made_run *made, bool diagnosed);

#endif
