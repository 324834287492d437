/* SPDX-License-Identifier: MIT */
#ifndef CLI_CHECK_CAPTURE_H
#define CLI_CHECK_CAPTURE_H

#include "checks/plan/check_plan.h"
#include "cli/options.h"
#include "probe/capture/live.h"
#include "report/report.h"

struct arena;
struct input_error;

/* --capture, --pcap and what --listen needs of one run. Zero-initialise it. */
struct check_capture {
	struct live_capture *live; /* NULL: nothing is captured */
	const char *refused;       /* why, if it was to be when permitted */
};

/**
 * Before anything is sent; afterwards this process has no privileges any more. 0, or
 * -1 with the reason in *reterr.
 */
int check_capture_open(struct check_capture *c, const struct options *o,
    const struct plan *plan, struct arena *arena, struct input_error *reterr);

/** For engine_hooks.port_watched; c->live is there. */
void check_capture_port_watched(const struct check_capture *c,
    const struct check_plan *plan, unsigned target, struct obslog *log);

/** After the run: appends what was captured, or why nothing was. */
void check_capture_finish(
    const struct check_capture *c, const struct plan *plan, struct obslog *log);

/** Writes the file of --pcap, if one is wanted. 0, or -1 with the reason. */
int check_capture_write(const struct check_capture *c, const struct options *o,
    const struct report *r, struct arena *arena, struct input_error *reterr);

void check_capture_close(struct check_capture *c);

#endif
