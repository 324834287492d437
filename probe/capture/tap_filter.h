/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_TAP_FILTER_H
#define PROBE_CAPTURE_TAP_FILTER_H

#include <linux/filter.h>
#include <stddef.h>

#include "probe/model/addr.h"

/*
 * What the kernel lets through to the tap: packets from or to the addresses that the
 * run contacts, and ICMP errors. Ports are compared by own_sockets; the filter keeps
 * the traffic of others out of the buffer. Written for "cooked" sockets, where a packet
 * begins with its IP header (packet(7), SOCK_DGRAM), as classic BPF
 * (Documentation/networking/filter.rst).
 */
enum {
	TAP_FILTER_PEERS = 500, /* with more, all TCP and UDP is let through */
	TAP_FILTER_MAX = 4096,  /* instructions, BPF_MAXINSNS */
};

/** Writes the filter to code and returns its length; snaplen bytes are kept. */
size_t tap_filter_build(const struct addr *peers, size_t n, unsigned snaplen,
    struct sock_filter code[TAP_FILTER_MAX]);

#endif
