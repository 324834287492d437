/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_INBOUND_H
#define PROBE_CAPTURE_INBOUND_H

#include "probe/model/inbound.h"
#include "probe/packet/packet.h"

struct arena;

/*
 * Connections from outside to some ports of this machine, by packets: whose SYN came,
 * what left in answer and by which interface, and whether the handshake was completed
 * (RFC 9293 section 3.5). A packet that passes several devices of this machine (VLAN,
 * bond, bridge, virtual function) counts once, as the one that IP saw.
 *
 * Memory is bounded by INBOUND_PEERS; what comes from others is only counted.
 */
struct inbound;

enum {
	INBOUND_PEERS = 2048,
};

/** Of a port of this machine, see inbound_tell(). */
struct inbound_ranges {
	const char *source; /* NULL = there are none */
	/*
	 * Writes names of the ranges that hold the address, at most max, and returns
	 * their number; *ret_wanted says whether the first is the one that is asked
	 * for.
	 */
	size_t (*find)(const void *arg, uint16_t port, const struct addr *a,
	    const char **ret, size_t max, bool *ret_wanted);
	const void *arg;
};

/** Ports and own addresses are copied. What comes from an own address is left out. */
struct inbound *inbound_new(
    const uint16_t *ports, size_t n_ports, const struct addr *own, size_t n_own);
void inbound_free(struct inbound *i);

/** The watched port that the packet is about, 0 = none: nothing is changed. */
uint16_t inbound_port_of(const struct inbound *i, const struct packet *p);

/** One packet as it passed, in order. at is the wall clock's. */
void inbound_packet(struct inbound *i, const struct packet *p, nsec_t at);

/** The ports as they were given. */
const uint16_t *inbound_ports(const struct inbound *i, size_t *ret_n);

/**
 * What is known of a port. Peers of the wanted range come first, then those that were
 * served, then as they came. now ends what is pending.
 */
void inbound_tell(const struct inbound *i, uint16_t port, nsec_t now,
    const struct inbound_ranges *ranges, struct arena *arena, struct obs_inbound *ret);

#endif
