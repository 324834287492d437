/* SPDX-License-Identifier: MIT */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

#include "checks/judge/verdict.h"
#include "cli/output.h"
#include "probe/model/plan.h"

/*
 * How far a run is, for people and programs that wait for it; standard error only.
 * What is counted as failed is a check's own view, before the run is judged as a
 * whole.
 */

enum progress_style {
	PROGRESS_STYLE_NONE,
	PROGRESS_STYLE_LINE,  /* one line, rewritten */
	PROGRESS_STYLE_LINES, /* a new line at most once a second */
	PROGRESS_STYLE_JSON,  /* one JSON object a line and finished check */
};

/** smart: the stream is a terminal with cursor control. */
enum progress_style progress_style(enum progress_mode mode, bool quiet, bool smart);

struct progress {
	enum progress_style style;
	FILE *out;
	const struct plan *plan;
	bool nameless; /* leave check ids out (--redact) */
	/* What is known of a finished target. */
	enum status (*status_of)(void *arg, unsigned target);
	void *arg;

	/* Set by progress_begin(). */
	nsec_t begin, shown;
	unsigned done, failed;
	bool changed;
};

void progress_begin(struct progress *p);
void progress_done(struct progress *p, unsigned target);

/** Call about ten times a second; now is nsec_now(). */
void progress_tick(struct progress *p, nsec_t now);

/** Leaves nothing of a rewritten line on the screen. */
void progress_end(struct progress *p);

#endif
