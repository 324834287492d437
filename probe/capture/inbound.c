/* SPDX-License-Identifier: MIT */
#include "probe/capture/inbound.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "probe/base/alloc.h"
#include "probe/base/arena.h"

enum {
	SLOTS = 2 * INBOUND_PEERS, /* of the hash table; a power of two */
	AT_ONCE = 16, /* connections of a peer that are still looked after */
	PROTOCOL_TCP = 6,
};

/* Copies of one packet follow each other at once; TCP repeats after 200 ms at least. */
static const nsec_t copy_time = 100 * NSEC_PER_MSEC;
static const nsec_t due_time = NSEC_PER_SEC;

struct connection {
	uint16_t port; /* the peer's */
	uint32_t seq, answer_seq;
	uint32_t came_by, left_by; /* indices of interfaces */
	nsec_t begin, last_syn, last_syn_ack;
	bool answered, elsewhere, completed, aborted, refused, rejected;
};

struct peer {
	uint16_t port;            /* ours */
	struct inbound_peer told; /* counts of connections that are over; no names */
	uint32_t came_by, left_by;
	struct connection connections[AT_ONCE];
	size_t n_connections,
	    next; /* next: the place of the oldest once all are used */
};

struct inbound {
	uint16_t ports[INBOUND_MAX_PORTS];
	uint64_t unknown[INBOUND_MAX_PORTS]; /* SYNs of peers that found no place */
	size_t n_ports;
	struct addr *own;
	size_t n_own;
	struct peer **peers; /* as they came */
	size_t n_peers, cap;
	uint16_t slots[SLOTS]; /* index + 1 */
};

struct inbound *inbound_new(
    const uint16_t *ports, size_t n_ports, const struct addr *own, size_t n_own)
{
	struct inbound *i = alloc_zeroed(1, sizeof *i);
	i->n_ports = n_ports < INBOUND_MAX_PORTS ? n_ports : INBOUND_MAX_PORTS;
	if (i->n_ports)
		memcpy(i->ports, ports, i->n_ports * sizeof *ports);
	i->own = alloc_zeroed(n_own + 1, sizeof *own);
	i->n_own = n_own;
	if (n_own)
		memcpy(i->own, own, n_own * sizeof *own);
	return i;
}

void inbound_free(struct inbound *i)
{
	if (!i)
		return;
	for (size_t k = 0; k < i->n_peers; k++)
		free(i->peers[k]);
	free(i->peers);
	free(i->own);
	free(i);
}

const uint16_t *inbound_ports(const struct inbound *i, size_t *ret_n)
{
	*ret_n = i->n_ports;
	return i->ports;
}

/* --- Whose packet it is -----------------------------------------------------------
 */

static struct addr addr_of(const uint8_t *ip, bool v6)
{
	struct addr a = { .family = v6 ? AF_INET6 : AF_INET };
	memcpy(a.ip, ip, v6 ? 16 : 4);
	return a;
}

/* Index of the port, or n_ports. */
static size_t port_index(const struct inbound *i, uint16_t port)
{
	size_t k = 0;
	while (k < i->n_ports && i->ports[k] != port)
		k++;
	return k;
}

static bool is_own(const struct inbound *i, const uint8_t *ip, bool v6)
{
	const struct addr a = addr_of(ip, v6);
	for (size_t k = 0; k < i->n_own; k++)
		if (addr_same_ip(&i->own[k], &a))
			return true;
	return !v6 && ip[0] == 127;
}

/* Both ends of what a packet is about, seen from this machine. */
struct ends {
	const uint8_t *peer, *local;
	uint16_t peer_port, port;
};

static bool find_ends(const struct packet *p, struct ends *ret)
{
	bool in = p->way == PACKET_WAY_IN;
	if (p->tunnelled || p->way == PACKET_WAY_UNKNOWN)
		return false;
	if (p->kind == PACKET_TCP)
		*ret = in ? (struct ends){ p->source, p->target, p->source_port,
			p->target_port }
			  : (struct ends){ p->target, p->source, p->target_port,
				    p->source_port };
	else if (p->kind == PACKET_ICMP_ERROR && !in &&
		 p->icmp.protocol == PROTOCOL_TCP)
		/* Our error quotes what the peer sent. */
		*ret = (struct ends){ p->icmp.source, p->icmp.target,
			p->icmp.source_port, p->icmp.target_port };
	else
		return false;
	return true;
}

uint16_t inbound_port_of(const struct inbound *i, const struct packet *p)
{
	struct ends e;
	if (!find_ends(p, &e) || port_index(i, e.port) == i->n_ports ||
	    !is_own(i, e.local, p->v6) || is_own(i, e.peer, p->v6))
		return 0;
	return e.port;
}

/* --- Peers and their connections --------------------------------------------------
 */

static uint32_t hash_of(const struct addr *a, uint16_t port)
{
	uint32_t hash = 2166136261U ^ port;
	for (size_t i = 0; i < sizeof a->ip; i++)
		hash = (hash ^ a->ip[i]) * 16777619U; /* FNV-1a */
	return hash ^ hash >> 15;
}

/* The slot that holds the peer, or the empty one where it would stand. */
static uint16_t *slot_of(struct inbound *i, const struct addr *a, uint16_t port)
{
	uint32_t k = hash_of(a, port) & (SLOTS - 1);
	for (; i->slots[k]; k = (k + 1) & (SLOTS - 1)) {
		const struct peer *p = i->peers[i->slots[k] - 1];
		if (p->port == port && addr_same_ip(&p->told.peer, a))
			break;
	}
	return &i->slots[k];
}

static struct peer *find_peer(
    struct inbound *i, const struct packet *p, const struct ends *e, bool may_add)
{
	const struct addr a = addr_of(e->peer, p->v6);
	uint16_t *slot = slot_of(i, &a, e->port);
	if (*slot)
		return i->peers[*slot - 1];
	if (!may_add)
		return NULL;
	if (i->n_peers == INBOUND_PEERS) {
		i->unknown[port_index(i, e->port)]++;
		return NULL;
	}
	if (i->n_peers == i->cap) {
		i->cap = i->cap ? 2 * i->cap : 16;
		i->peers = alloc_again(i->peers, i->cap, sizeof *i->peers);
	}
	struct peer *peer = alloc_zeroed(1, sizeof *peer);
	peer->port = e->port;
	peer->told.peer = a;
	peer->told.local = addr_of(e->local, p->v6);
	peer->came_by = p->interface;
	i->peers[i->n_peers++] = peer;
	*slot = (uint16_t)i->n_peers;
	return peer;
}

static struct connection *find_connection(struct peer *p, uint16_t port)
{
	for (size_t k = 0; k < p->n_connections; k++)
		if (p->connections[k].port == port)
			return &p->connections[k];
	return NULL;
}

/* Adds what became of a connection. */
static void fold(struct inbound_peer *to, const struct connection *c, bool pending)
{
	to->connections++;
	to->pending += pending;
	if (pending)
		return;
	to->answered += c->answered;
	to->elsewhere += c->elsewhere;
	to->completed += c->completed;
	to->aborted += c->aborted;
	to->refused += c->refused;
	to->rejected += c->rejected;
}

static struct connection *new_connection(struct peer *p, uint16_t port)
{
	struct connection *c = find_connection(p, port);
	if (!c && p->n_connections < AT_ONCE) {
		c = &p->connections[p->n_connections++];
	} else if (!c) {
		c = &p->connections[p->next];
		p->next = (p->next + 1) % AT_ONCE;
		fold(&p->told, c, false);
	} else {
		fold(&p->told, c, false);
	}
	*c = (struct connection){ .port = port };
	return c;
}

/* --- Packets ----------------------------------------------------------------------
 */

static void take_syn(
    struct inbound *i, const struct packet *p, const struct ends *e, nsec_t at)
{
	struct peer *peer = find_peer(i, p, e, true);
	if (!peer)
		return;
	struct connection *c = find_connection(peer, e->peer_port);
	bool again = c && c->seq == p->tcp.seq;
	bool copy = again && at - c->last_syn < copy_time;
	if (!again) {
		c = new_connection(peer, e->peer_port);
		c->seq = p->tcp.seq;
		c->begin = at;
	}
	/* Of copies the last is the one that IP gets. */
	if (!c->answered)
		c->came_by = p->interface;
	if (peer->told.syns <= 1 && copy)
		peer->came_by = p->interface;
	if (copy)
		return;
	c->last_syn = at;
	peer->told.syns++;
}

static void take_syn_ack(
    struct peer *peer, struct connection *c, const struct packet *p, nsec_t at)
{
	/* Of copies the first is the one that IP sent. */
	if (c->answered && at - c->last_syn_ack < copy_time)
		return;
	c->answered = true;
	c->answer_seq = p->tcp.seq;
	c->last_syn_ack = at;
	peer->told.syn_acks++;
	if (p->interface == c->came_by)
		return;
	c->elsewhere = true;
	if (!peer->left_by)
		peer->left_by = p->interface;
}

static void take_answer(
    struct peer *peer, struct connection *c, const struct packet *p, nsec_t at)
{
	if (p->kind == PACKET_ICMP_ERROR)
		c->rejected |= !c->answered && !c->refused;
	else if ((p->tcp.flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
		take_syn_ack(peer, c, p, at);
	else if (p->tcp.flags & TCP_RST)
		c->refused |= !c->answered;
}

static void take_reaction(struct connection *c, const struct packet *p)
{
	const struct packet_tcp *t = &p->tcp;
	if (!c->answered || c->completed || c->aborted)
		return;
	if (t->flags & TCP_RST)
		c->aborted = true;
	else if (t->flags & TCP_ACK)
		c->completed = (int32_t)(t->ack - c->answer_seq) > 0;
}

void inbound_packet(struct inbound *i, const struct packet *p, nsec_t at)
{
	struct ends e;
	if (!inbound_port_of(i, p) || !find_ends(p, &e))
		return;
	bool in = p->way == PACKET_WAY_IN;
	if (in && (p->tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN) {
		take_syn(i, p, &e, at);
		return;
	}
	struct peer *peer = find_peer(i, p, &e, false);
	struct connection *c = peer ? find_connection(peer, e.peer_port) : NULL;
	if (!c)
		return;
	if (in)
		take_reaction(c, p);
	else
		take_answer(peer, c, p, at);
}

/* --- Telling ----------------------------------------------------------------------
 */

struct told {
	struct inbound_peer peer;
	size_t order;
	bool wanted;
};

static int by_worth(const void *x, const void *y)
{
	const struct told *a = x, *b = y;
	int c = b->wanted - a->wanted;
	if (!c)
		c = (b->peer.completed > 0) - (a->peer.completed > 0);
	if (!c)
		c = (b->peer.answered > 0) - (a->peer.answered > 0);
	return c ? c : (a->order > b->order) - (a->order < b->order);
}

static const char *interface_name(uint32_t index, struct arena *arena)
{
	char name[IF_NAMESIZE];
	if (!index)
		return NULL;
	return if_indextoname(index, name)
		   ? arena_strdup(arena, name)
		   : arena_printf(arena, "#%u", (unsigned)index);
}

static bool is_pending(const struct connection *c, nsec_t now)
{
	return !c->completed && !c->aborted && !c->refused && !c->rejected &&
	       now - c->begin < due_time;
}

static struct told tell_peer(const struct peer *p, nsec_t now,
    const struct inbound_ranges *ranges, struct arena *arena)
{
	struct told t = { .peer = p->told };
	const char *names[OBS_MAX_RANGES];
	for (size_t k = 0; k < p->n_connections; k++)
		fold(&t.peer, &p->connections[k], is_pending(&p->connections[k], now));
	t.peer.came_by = interface_name(p->came_by, arena);
	t.peer.left_by = interface_name(p->left_by, arena);
	if (!ranges->source)
		return t;
	t.peer.n_ranges = ranges->find(
	    ranges->arg, p->port, &p->told.peer, names, OBS_MAX_RANGES, &t.wanted);
	t.peer.ranges = arena_memdup(arena, names, t.peer.n_ranges * sizeof *names);
	return t;
}

void inbound_tell(const struct inbound *i, uint16_t port, nsec_t now,
    const struct inbound_ranges *ranges, struct arena *arena, struct obs_inbound *ret)
{
	struct told *told = arena_array(arena, i->n_peers + 1, sizeof *told);
	struct inbound_peer *peers =
	    arena_array(arena, OBS_MAX_INBOUND_PEERS, sizeof *peers);
	size_t n = 0, index = port_index(i, port);
	*ret = (struct obs_inbound){ .port = port,
		.source = ranges->source,
		.peers = peers,
		.unknown_syns = index < i->n_ports ? i->unknown[index] : 0 };
	for (size_t k = 0; k < i->n_peers; k++) {
		if (i->peers[k]->port != port)
			continue;
		told[n] = tell_peer(i->peers[k], now, ranges, arena);
		told[n].order = k;
		n++;
	}
	if (n > 1)
		qsort(told, n, sizeof *told, by_worth);
	for (; ret->n_peers < n && ret->n_peers < OBS_MAX_INBOUND_PEERS; ret->n_peers++)
		peers[ret->n_peers] = told[ret->n_peers].peer;
	ret->more_peers = (uint32_t)(n - ret->n_peers);
}
