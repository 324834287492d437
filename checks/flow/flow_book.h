/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_FLOW_BOOK_H
#define CHECKS_FLOW_BOOK_H

#include "checks/plan/check_plan.h"
#include "probe/model/obslog.h"

struct arena;
struct json_t; /* jansson's */
struct saved_run;
struct input_error;

/*
 * The flows of a capture, gathered by the endpoint they were for. Of flows that went
 * the same way one is kept, and how many there were; so what is kept depends on what
 * happened and not on how often. An endpoint becomes a check: it has the id of the
 * catalogue's entry when its name is that of a service there ("acr.data"), else it is
 * written as an ad-hoc target.
 */
struct flow_book;

enum {
	FLOW_BOOK_FAILING = 2048, /* endpoints that are kept when a flow failed */
	FLOW_BOOK_FINE = 1024,    /* and else */
	FLOW_BOOK_VARIANTS = 8,   /* ways of one endpoint that are told apart */
};

/** The catalogue may be NULL. Everything lives in the arena. */
struct flow_book *flow_book_new(const struct catalogue *catalogue, struct arena *arena);

/** Takes a copy of what it keeps; begin is wall-clock time. */
void flow_book_add(struct flow_book *b, const struct obs_flow *f, int64_t begin);

/**
 * Plan and log of all that was added. capture is completed with what was left out and
 * appended first. duration: of the capture, in nanoseconds.
 */
void flow_book_finish(struct flow_book *b, const struct obs_capture *capture,
    int64_t started_wall, nsec_t duration, struct check_plan *ret_plan,
    struct obslog *ret_log);

/** Whether a saved report was made from a capture. */
bool flow_book_is_saved(const struct saved_run *run);

/** The plan of such a report: its checks, by their ids and targets. */
int flow_book_saved_plan(const struct saved_run *run, const struct catalogue *catalogue,
    struct arena *arena, struct check_plan *ret, struct input_error *reterr);

#endif
