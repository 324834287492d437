/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_FLOW_OWNER_H
#define PROBE_CAPTURE_FLOW_OWNER_H

#include "probe/model/obslog.h"
#include "probe/model/plan.h"

struct arena;

/*
 * Which check a flow belongs to, by what the run observed itself: the very socket of
 * an attempt, else (a follow-up probe) its peer and the name it was for.
 */
struct flow_owners;

struct flow_owners *flow_owners_new(
    const struct plan *plan, const struct obslog *log, struct arena *arena);

/** Index of the target, or OBS_NO_TARGET. Sets f->follow_up. */
int flow_owner(const struct flow_owners *o, struct obs_flow *f);

#endif
