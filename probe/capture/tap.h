/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_TAP_H
#define PROBE_CAPTURE_TAP_H

#include <stdint.h>

#include "probe/base/nsec.h"
#include "probe/capture/capture_file.h"
#include "probe/capture/inbound.h"
#include "probe/model/addr.h"

/*
 * Packets of this run, and those about watched ports, as they pass the network devices
 * of this machine: outgoing ones behind the packet filter and the queues, incoming ones
 * before the packet filter. Needs CAP_NET_RAW to open, and nothing afterwards. The
 * kernel's buffer is bounded; what found no room in it is counted.
 */
struct tap;

enum {
	TAP_LINK = PACKET_LINK_SLL2,
	TAP_HEADER = 20 /* bytes of that link's header */
};

/** One packet as it passed. */
struct tap_frame {
	const uint8_t *bytes; /* from its link header on; borrowed */
	uint32_t have, wire;  /* bytes that are there, and that passed */
	bool own;             /* of a socket of this run; else about a watched port */
	nsec_t at;            /* wall clock */
};

typedef void tap_frame_fn(
    void *arg, const struct tap_frame *frame, const struct packet *p);

/**
 * NULL with the reason in err. Of the run's own packets nothing is captured before
 * tap_connecting(); what is about ports of inbound (or NULL) is from the start.
 * snaplen: bytes of a packet that are kept; buffer: bytes that the kernel may hold.
 */
struct tap *tap_open(unsigned snaplen, unsigned buffer, const struct inbound *inbound,
    char err[CAPTURE_ERROR_MAX]);
void tap_close(struct tap *t);

/** Before the first packet goes to a peer. */
void tap_connecting(struct tap *t, const struct addr *peer);

/** Once the socket's own address is known; packets may have passed already. */
void tap_connected(struct tap *t, const struct addr *local, const struct addr *peer);

/** Hands over what passed since the last call; never waits. */
void tap_drain(struct tap *t, tap_frame_fn *take, void *arg);

/** Own packets that may be missing; false when the kernel does not tell. */
bool tap_dropped(const struct tap *t, uint64_t *ret);

/** Why the capture is not whole, NULL = it is. */
const char *tap_stopped(const struct tap *t);

#endif
