/* SPDX-License-Identifier: MIT */
#include "probe/engine/peers.h"

#include "probe/base/arena.h"

static unsigned bucket_of(const struct addr *a)
{
	unsigned h = 2166136261U ^ a->port; /* FNV-1a */
	for (unsigned i = 0; i < sizeof a->ip; i++)
		h = (h ^ a->ip[i]) * 16777619U;
	return h % PEER_BUCKETS;
}

struct peer *peers_get(struct peers *p, const struct addr *addr, struct arena *arena)
{
	struct peer **bucket = &p->buckets[bucket_of(addr)];

	for (struct peer *q = *bucket; q; q = q->next)
		if (q->addr.port == addr->port && addr_same_ip(&q->addr, addr))
			return q;
	struct peer *fresh = arena_alloc(arena, sizeof *fresh);
	fresh->addr = *addr;
	fresh->next = *bucket;
	*bucket = fresh;
	return fresh;
}
