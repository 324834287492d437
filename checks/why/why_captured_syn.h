/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_WHY_CAPTURED_SYN_H
#define CHECKS_WHY_CAPTURED_SYN_H

#include "checks/why/why.h"

/* What the packets say of attempts that were not accepted. */

/**
 * Something else than a SYN-ACK or a reset came back to an attempt that timed out, its
 * flow: an ICMP error that the socket did not get, or the answer to an older connection
 * of these ports. True = decided.
 */
bool captured_other(struct judging *j, const struct obs *attempt,
    const struct obs *flow, struct why *w);

/**
 * At least two resets came sooner than any SYN-ACK of that address can. The kernel has
 * stamped them, so that a busy machine is never late. Says so.
 */
bool captured_too_early(struct judging *j, const struct addr *peer);

#endif
