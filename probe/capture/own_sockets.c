/* SPDX-License-Identifier: MIT */
#include "probe/capture/own_sockets.h"

#include <stdlib.h>
#include <string.h>

#include "probe/base/alloc.h"

enum {
	FIRST_SLOTS = 256
};

struct own_pair {
	uint8_t local[16], peer[16];
	uint16_t local_port, peer_port;
	bool v6;
};

/* Both ends are this run's own choice, so that nobody can make them collide. */
static uint32_t hash_of(const struct own_pair *p)
{
	const uint8_t *bytes = p->peer;
	uint32_t hash = 2166136261U ^ p->local_port ^ (uint32_t)p->peer_port << 16;
	for (size_t i = 0; i < sizeof p->peer; i++)
		hash = (hash ^ bytes[i]) * 16777619U; /* FNV-1a */
	return hash ^ hash >> 15;
}

static bool same(const struct own_pair *a, const struct own_pair *b)
{
	return a->v6 == b->v6 && a->local_port == b->local_port &&
	       a->peer_port == b->peer_port &&
	       memcmp(a->peer, b->peer, sizeof a->peer) == 0 &&
	       memcmp(a->local, b->local, sizeof a->local) == 0;
}

static uint32_t slot_of(const struct own_sockets *s, const struct own_pair *p)
{
	uint32_t i = hash_of(p) & (s->n_slots - 1);
	while (s->slots[i] && !same(&s->items[s->slots[i] - 1], p))
		i = (i + 1) & (s->n_slots - 1);
	return i;
}

static void grow(struct own_sockets *s)
{
	s->n_slots = s->n_slots ? s->n_slots * 2 : FIRST_SLOTS;
	s->cap = s->n_slots / 2;
	s->items = alloc_again(s->items, s->cap, sizeof *s->items);
	free(s->slots);
	s->slots = alloc_zeroed(s->n_slots, sizeof *s->slots);
	for (uint32_t i = 0; i < s->n_items; i++)
		s->slots[slot_of(s, &s->items[i])] = i + 1;
}

void own_sockets_deinit(struct own_sockets *s)
{
	free(s->items);
	free(s->slots);
}

static void set_ip(uint8_t to[16], const uint8_t *ip, bool v6)
{
	memset(to, 0, 16);
	memcpy(to, ip, v6 ? 16 : 4);
}

void own_sockets_add(
    struct own_sockets *s, const struct addr *local, const struct addr *peer)
{
	struct own_pair p = { .local_port = local->port,
		.peer_port = peer->port,
		.v6 = peer->family == AF_INET6 };
	set_ip(p.local, local->ip, p.v6);
	set_ip(p.peer, peer->ip, p.v6);
	if (s->n_items == s->cap && s->n_items < OWN_SOCKETS_MAX)
		grow(s);
	uint32_t slot = slot_of(s, &p);
	if (s->slots[slot])
		return;
	if (s->n_items == s->cap) {
		s->full = true;
		return;
	}
	s->items[s->n_items++] = p;
	s->slots[slot] = s->n_items;
}

static bool has(const struct own_sockets *s, bool v6, const uint8_t *local,
    uint16_t local_port, const uint8_t *peer, uint16_t peer_port)
{
	struct own_pair p = {
		.local_port = local_port, .peer_port = peer_port, .v6 = v6
	};
	set_ip(p.local, local, v6);
	set_ip(p.peer, peer, v6);
	return s->slots[slot_of(s, &p)] != 0;
}

bool own_sockets_has(const struct own_sockets *s, const struct packet *p)
{
	const uint8_t *a = p->source, *b = p->target;
	uint16_t a_port = p->source_port, b_port = p->target_port;
	if (p->kind == PACKET_ICMP_ERROR) {
		a = p->icmp.source;
		b = p->icmp.target;
		a_port = p->icmp.source_port;
		b_port = p->icmp.target_port;
	} else if (p->kind != PACKET_TCP && p->kind != PACKET_UDP) {
		return false;
	}
	return s->n_items > 0 && !p->tunnelled &&
	       (has(s, p->v6, a, a_port, b, b_port) ||
		   has(s, p->v6, b, b_port, a, a_port));
}
