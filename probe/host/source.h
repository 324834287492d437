/* SPDX-License-Identifier: MIT */
#ifndef PROBE_HOST_SOURCE_H
#define PROBE_HOST_SOURCE_H

#include <stdbool.h>

#include "probe/model/plan.h"

/**
 * An address of this machine from which connections to peer do not start as it is:
 * the system's choice when plan->source says another, else one of another interface
 * or subnet. Loopback and link-local addresses are left out. Sends nothing; false
 * when there is none.
 */
bool source_find_other(
    const struct plan *plan, const struct addr *peer, struct addr *ret);

#endif
