/* SPDX-License-Identifier: MIT */
#ifndef PROBE_FORENSICS_ROUTE_H
#define PROBE_FORENSICS_ROUTE_H

#include <stddef.h>

#include "probe/model/obs.h"
#include "probe/model/plan.h"

struct arena;

/** A socket for route_ask(), or -errno (rtnetlink(7)). */
int route_open(void);

/**
 * Asks the kernel which way a TCP segment to peer would take, as --interface and
 * --source of the plan bind it. The kernel answers inside the call; nothing is sent.
 * *ret is complete but for .ended; returns 0 or -errno when the question itself failed.
 */
int route_ask(int fd, const struct plan *plan, const struct addr *peer,
    struct arena *arena, struct obs_route *ret);

/**
 * Reads one answer, which must begin with a netlink header. Returns whether it was
 * the answer to a route question; ret->err tells of a refusal.
 */
bool route_parse(
    const void *bytes, size_t len, struct arena *arena, struct obs_route *ret);

#endif
