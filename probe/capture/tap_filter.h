/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_TAP_FILTER_H
#define PROBE_CAPTURE_TAP_FILTER_H

#include <linux/filter.h>
#include <stddef.h>

#include "probe/capture/peer_ranges.h"

/*
 * What the kernel lets through to the tap: packets from or to where the peers of the
 * run are, and ICMP errors. Addresses and ports are compared by own_sockets; the filter
 * keeps the traffic of others out of the buffer. Written for "cooked" sockets, where a
 * packet begins with its IP header (packet(7), SOCK_DGRAM), as classic BPF
 * (Documentation/networking/filter.rst).
 */
enum {
	/* Instructions: three for a range, in both directions, and what is around. */
	TAP_FILTER_MAX = 2 * 2 * 3 * PEER_RANGES_MAX + 40,
};

/** Writes the filter to code and returns its length; snaplen bytes are kept. */
size_t tap_filter_build(const struct peer_ranges *peers, unsigned snaplen,
    struct sock_filter code[TAP_FILTER_MAX]);

#endif
