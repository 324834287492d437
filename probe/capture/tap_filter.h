/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_TAP_FILTER_H
#define PROBE_CAPTURE_TAP_FILTER_H

#include <linux/filter.h>
#include <stddef.h>

#include "probe/capture/peer_ranges.h"
#include "probe/model/inbound.h"

/*
 * What the kernel lets through to the tap: packets from or to where the peers of the
 * run are, ICMP errors, and of the TCP ports that are watched what makes and ends
 * connections: no data. Addresses and ports are compared by own_sockets and inbound;
 * the filter keeps the traffic of others out of the buffer. Written for "cooked"
 * sockets, where a packet begins with its IP header (packet(7), SOCK_DGRAM), as classic
 * BPF (Documentation/networking/filter.rst).
 */
enum {
	/* Instructions: three for a range, in both directions, one for a port, the
	 * same, and what is around. */
	TAP_FILTER_MAX = 2 * 2 * 3 * PEER_RANGES_MAX + 2 * 2 * INBOUND_MAX_PORTS + 100,
};

struct tap_wanted {
	const struct peer_ranges *peers;
	const uint16_t *ports; /* watched, at most INBOUND_MAX_PORTS */
	size_t n_ports;
};

/** Writes the filter to code and returns its length; snaplen bytes are kept. */
size_t tap_filter_build(const struct tap_wanted *w, unsigned snaplen,
    struct sock_filter code[TAP_FILTER_MAX]);

#endif
