/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_FOLLOW_UP_CHOICE_H
#define CHECKS_FOLLOW_UP_CHOICE_H

#include "checks/follow_up/follow_up.h"

/* What the files that choose follow-up probes share; nobody else includes it. */

/* One call of the hook: what the check has seen so far, and what to ask next. */
struct choice {
	struct follow_up *f;
	const struct target *target;
	const struct check *check;
	const struct obs *first; /* of the target */
	struct addr peer;
	struct order *ret;
	size_t n, max;
};

/**
 * Adds an order unless the same was given before: what was given once is on its way
 * or in the log, for every check of that address.
 */
void choice_give(struct choice *c, struct order o);

/** Equal but for letter case; NULL equals NULL only. */
bool choice_same_text(const char *a, const char *b);

/**
 * An event of STAGE_DNS: which questions separate a dead server from a filter of one
 * transport, of EDNS or of large answers, a wrong answer from a forged one, and a
 * failure from one of DNSSEC.
 */
void follow_up_name(struct choice *c, const struct follow_up_event *event);

/** The address that DNS gave does not work: was it the right one? */
void follow_up_peer(struct choice *c);

/**
 * Requests that tell what the path to or past a proxy does: the way that was not
 * chosen when a check fails, and once for each path of a run; other methods and another
 * User-Agent once for each path that can read requests.
 */
void follow_up_proxy(struct choice *c, const struct follow_up_event *event);

#endif
