/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_FOLLOW_UP_H
#define CHECKS_FOLLOW_UP_H

#include "checks/plan/check_plan.h"
#include "probe/model/obslog.h"
#include "probe/model/order.h"

struct arena;

/** A path that requests take, and what of it was compared. */
struct compared_path {
	const char *proxy;  /* NULL = direct */
	const char *issuer; /* of the device that reads TLS; NULL = none does */
	bool plain, other_way, variants;
};

/*
 * Which follow-up probes are worth sending next: only what can still separate the
 * causes that the observations of a check leave open, in the order of what it costs.
 * Nothing is ever asked twice, whoever asks. Route lookups are not among the orders:
 * the engine makes one for every address in trouble.
 */
struct follow_up {
	const struct check_plan *plan;
	const struct obslog *log;
	struct arena *arena;
	struct order *given; /* all orders of this run so far */
	size_t n_given, cap, n_counted;
	struct compared_path *paths; /* whose requests were compared so far */
	size_t n_paths, paths_cap;
};

void follow_up_init(struct follow_up *f, const struct check_plan *plan,
    const struct obslog *log, struct arena *arena);

/**
 * The hook of engine_hooks.follow_up; arg is a struct follow_up. Orders nothing for a
 * check that must not be reached or may be tested by root only, and for one that
 * passes only requests that compare its path, once for each. The packet
 * budgets are the engine's: what it refuses becomes an observation that says so.
 */
size_t follow_up_choose(void *arg, unsigned target, const struct follow_up_event *event,
    struct order *ret, size_t max);

#endif
