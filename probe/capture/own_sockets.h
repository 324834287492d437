/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_OWN_SOCKETS_H
#define PROBE_CAPTURE_OWN_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/model/addr.h"
#include "probe/packet/packet.h"

/*
 * The pairs of addresses and ports that sockets of this run used: what tells own
 * packets from those of other programs on the machine.
 */
enum {
	OWN_SOCKETS_MAX = 1 << 17 /* pairs; later ones are not known */
};

struct own_sockets {
	struct own_pair *items;
	uint32_t *slots; /* a power of two of them; index + 1 */
	uint32_t n_items, cap, n_slots;
	bool full; /* a pair had to be left out */
};

void own_sockets_deinit(struct own_sockets *s);

void own_sockets_add(
    struct own_sockets *s, const struct addr *local, const struct addr *peer);

/** Whether it is a packet of such a socket or to it, or an ICMP error that quotes one.
 */
bool own_sockets_has(const struct own_sockets *s, const struct packet *p);

#endif
