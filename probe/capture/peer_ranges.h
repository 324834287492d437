/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_PEER_RANGES_H
#define PROBE_CAPTURE_PEER_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/model/addr.h"

/*
 * Where the peers of a run are, in a bounded number of ranges. An address brings its
 * neighbours along, as the endpoints of one subnet stand side by side and each change
 * of the kernel's filter has its price; when there are more ranges than that, the two
 * with the smallest gap become one. So more than the peers may be covered, and never
 * less.
 */
enum {
	PEER_RANGES_MAX = 64, /* of each family */
	PEER_NEIGHBOURS = 16, /* addresses that are covered with one; a power of two */
};

/** In order, apart from each other. Of IPv6 the last four bytes of the address. */
struct peer_range {
	uint32_t low, high; /* both included */
};

struct peer_ranges {
	struct peer_range v4[PEER_RANGES_MAX + 1], v6[PEER_RANGES_MAX + 1];
	size_t n_v4, n_v6;
};

/** Returns whether the address was not covered before. */
bool peer_ranges_add(struct peer_ranges *r, const struct addr *peer);

#endif
