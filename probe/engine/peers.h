/* SPDX-License-Identifier: MIT */
#ifndef PROBE_ENGINE_PEERS_H
#define PROBE_ENGINE_PEERS_H

#include "probe/model/addr.h"

struct arena;

/*
 * How many connections we hold open to each address and port. Thousands of checks of
 * one server must not use up its connections, nor the SNAT ports on the way to it
 * (Azure gives a VM 1,024 for one destination by default): that would be our own
 * load, come back as a verdict.
 */
enum {
	PEER_MAX_HELD = 128
};

struct peer {
	struct peer *next; /* same bucket */
	struct addr addr;
	unsigned held; /* connected: waiting for a slot, or talking */
};

enum {
	PEER_BUCKETS = 1024
};

struct peers {
	struct peer *buckets[PEER_BUCKETS];
};

/** The entry of an address and port, made when it is new; lives in the arena. */
struct peer *peers_get(struct peers *p, const struct addr *addr, struct arena *arena);

#endif
