/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_CAUSE_H
#define CHECKS_CAUSE_H

#include <stddef.h>

#include "probe/model/obs.h"

/*
 * The table of causes (checks/judge/cause.c): everything a check can fail for, with
 * words for people. Names are those of the contract and never change.
 */
struct cause {
	const char *name;     /* "silent_drop" */
	enum stage stage;     /* where it shows */
	const char *sentence; /* what it means, one sentence */
	/*
	 * What to change, in words; {host} {port} {service_tag} {zone} {resolver}
	 * {address} stand for the check's own values.
	 */
	const char *const *remedies; /* NULL-terminated */
	const char *link;            /* documentation */
	int rank; /* lower explains higher: a dead resolver before a silent drop */
	/*
	 * What shows the same to a client, and the observation from outside that would
	 * settle it; both NULL-terminated, or NULL when nothing looks alike.
	 */
	const char *const *lookalikes, *const *would_decide;
};

/** By name, or NULL. */
const struct cause *cause_find(const char *name);

/** All of them, in table order. */
const struct cause *cause_table(size_t *ret_n);

#endif
