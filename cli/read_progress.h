/* SPDX-License-Identifier: MIT */
#ifndef CLI_READ_PROGRESS_H
#define CLI_READ_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

#include "cli/progress.h"

/* How far the reading of a long file is; standard error only. */
struct read_progress {
	enum progress_style style;
	FILE *out;
	nsec_t shown; /* set by read_progress_tick() */
};

/** size 0 = not known. now is nsec_now(). */
void read_progress_tick(struct read_progress *p, uint64_t bytes, uint64_t size,
    uint64_t packets, nsec_t now);

/** Leaves nothing of a rewritten line on the screen. */
void read_progress_end(const struct read_progress *p);

#endif
