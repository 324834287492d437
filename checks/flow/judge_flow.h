/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_JUDGE_FLOW_H
#define CHECKS_JUDGE_FLOW_H

#include "checks/flow/flow_fate.h"
#include "checks/why/why.h"

/*
 * From the fate of flows to a cause. A capture has no second experiment: what it may
 * claim rests on other flows in it, and is never more than such a comparison allows.
 */

enum {
	FLOW_CASES_MAX = 16, /* of one endpoint that are read */
	/* Causes from this rank on say what could not be tested. */
	CAPTURE_RANK = 90,
};

/** One way that flows of an endpoint went: the exemplar in the log. */
struct flow_case {
	const struct obs *obs;
	const struct obs_flow *flow;
	enum flow_fate fate;
};

/** What the flow's fate means; adds the evidence it rests on. */
void flow_blame(struct judging *j, const struct flow_case *c, struct why *w);

/** Stage of a check that a fate belongs to. */
enum stage flow_stage(const struct flow_case *c);

/** What happened, in a sentence without a subject: "reset the connection ...". */
const char *flow_words(struct arena *arena, const struct flow_case *c);

/** The facts of a reset, in a clause: "TTL 64 (the server's is 62), window 0". */
const char *flow_reset_words(struct arena *arena, const struct obs_flow *f);

#endif
