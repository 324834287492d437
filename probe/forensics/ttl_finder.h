/* SPDX-License-Identifier: MIT */
#ifndef PROBE_FORENSICS_TTL_FINDER_H
#define PROBE_FORENSICS_TTL_FINDER_H

#include "probe/forensics/ttl_search.h"
#include "probe/forensics/volley.h"

/* ttl_search with connection attempts that take only replies of some TTL. */
struct ttl_finder {
	struct volley volley;
	struct ttl_search search;
	enum tcp_reply reply; /* to an attempt without threshold */
	bool mixed;           /* the other kind of reply came as well */
	nsec_t rtt;           /* shortest so far; 0 = no reply */
	int err;              /* why the first attempt failed otherwise */
	unsigned packets;
	void (*found)(void *arg); /* from the loop, once */
	void *arg;
};

/** Whether the kernel has the socket option for this family. */
bool ttl_finder_supported(const struct forensics *f, const struct addr *peer);

/** false without memory. */
bool ttl_finder_start(struct ttl_finder *t, struct forensics *f,
    const struct addr *peer, void (*found)(void *arg), void *arg);

/** Harmless when it is over or was never started. */
void ttl_finder_stop(struct ttl_finder *t);

#endif
