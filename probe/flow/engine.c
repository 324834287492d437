/* SPDX-License-Identifier: MIT */
#include "probe/flow/engine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "probe/base/alloc.h"
#include "probe/flow/internal.h"

enum {
	DNS_PORT = 53,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	JUMBO = 9000 /* bytes: no frame of a network has so many */
};

static const nsec_t SWEEP_EVERY = NSEC_PER_SEC / 5;

/*
 * How long a flow may be silent before it is told: the last SYN of a usual client is
 * repeated after 64 s; devices forget idle connections after minutes, and what happens
 * to the next byte is just what is looked for.
 */
static const nsec_t patience[N_QUEUES] = {
	[QUEUE_OPENING] = 130 * NSEC_PER_SEC,
	[QUEUE_OPEN] = 3 * 3600 * NSEC_PER_SEC,
	[QUEUE_CLOSING] = NSEC_PER_SEC,
	[QUEUE_DATAGRAM] = 15 * NSEC_PER_SEC,
};

struct flow_engine *flow_engine_new(flow_sink_fn *sink, void *arg)
{
	struct flow_engine *e = alloc_zeroed(1, sizeof *e);
	flow_table_init(&e->table);
	e->names = flow_names_new();
	e->notes = alloc_zeroed(MAX_NOTES, sizeof(struct flow_note *));
	e->sink = sink;
	e->arg = arg;
	return e;
}

void flow_engine_free(struct flow_engine *e)
{
	if (!e)
		return;
	for (unsigned i = 0; i < e->n_notes; i++) {
		struct flow_note *n = e->notes[i];
		if (!n)
			continue;
		flow_stream_free(e, &n->streams[0]);
		flow_stream_free(e, &n->streams[1]);
		free(n->certificate);
		free(n);
	}
	free(e->notes);
	flow_names_free(e->names);
	flow_table_deinit(&e->table);
	free(e);
}

/* --- Rare facts ------------------------------------------------------------------- */

static uint16_t free_note(struct flow_engine *e)
{
	if (e->n_notes_used + 1 < e->n_notes)
		for (uint16_t i = 1; i < e->n_notes; i++) {
			uint16_t at =
			    (uint16_t)(1 + (e->note_hint + i) % (e->n_notes - 1));
			if (!e->notes[at]->used) {
				e->note_hint = at;
				return at;
			}
		}
	if (e->n_notes + 1 >= MAX_NOTES)
		return 0;
	e->n_notes = e->n_notes ? e->n_notes : 1;
	e->notes[e->n_notes] = alloc_zeroed(1, sizeof *e->notes[0]);
	return e->n_notes++;
}

struct flow_note *flow_note(struct flow_engine *e, struct flow_entry *f)
{
	if (!f->note) {
		f->note = free_note(e);
		if (!f->note)
			return NULL;
		e->notes[f->note]->used = true;
		e->n_notes_used++;
	}
	return e->notes[f->note];
}

void flow_note_free(struct flow_engine *e, struct flow_entry *f)
{
	struct flow_note *n = flow_note_of(e, f);
	if (!n)
		return;
	flow_stream_free(e, &n->streams[0]);
	flow_stream_free(e, &n->streams[1]);
	free(n->certificate);
	*n = (struct flow_note){ .used = false };
	e->n_notes_used--;
	f->note = 0;
}

/* --- Ageing ----------------------------------------------------------------------- */

static void retire(struct flow_engine *e, uint32_t number, bool open)
{
	struct flow_entry *f = flow_table_at(&e->table, number);
	flow_tell(e, f, open);
	flow_note_free(e, f);
	flow_table_remove(&e->table, number);
}

/*
 * A queue is in the order in which its flows were looked at. One that is found busy
 * goes to its end, few of them in one sweep, so that a sweep costs little whatever is
 * open.
 */
static void sweep(struct flow_engine *e, enum flow_queue queue)
{
	uint32_t busy = e->table.count / 64 + 16;
	while (e->table.head[queue]) {
		uint32_t number = e->table.head[queue];
		const struct flow_entry *f = flow_table_at(&e->table, number);
		if (e->now - f->last > patience[queue])
			retire(e, number, false);
		else if (e->now - f->last < patience[queue] / 2 && busy-- > 0)
			flow_table_move(&e->table, number, queue);
		else
			return;
	}
}

static void tick(struct flow_engine *e, nsec_t at)
{
	if (!e->begun)
		e->swept = at;
	e->begun = true;
	e->now = at;
	if (at - e->swept < SWEEP_EVERY && at >= e->swept)
		return;
	e->swept = at;
	for (unsigned q = QUEUE_OPENING; q < N_QUEUES; q++)
		sweep(e, (enum flow_queue)q);
}

/* --- Packets ---------------------------------------------------------------------- */

/* By words, as keys are read again at once. */
static void put_address(uint8_t to[16], const uint8_t *ip, bool v6)
{
	uint64_t words[2] = { 0, 0 };
	if (v6)
		memcpy(words, ip, 16);
	else
		memcpy(words, ip, 4);
	memcpy(to, words, 16);
}

/* In any order, as long as both directions of a flow agree about it. */
static int compare(const uint8_t *a, const uint8_t *b, bool v6)
{
	uint32_t x, y;

	if (v6)
		return memcmp(a, b, 16);
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return (x > y) - (x < y);
}

/* Returns whether the sender is the higher of both. */
static bool make_key(struct flow_key *key, bool v6, uint8_t protocol,
    const uint8_t *source, const uint8_t *target, uint16_t source_port,
    uint16_t target_port)
{
	int c = compare(source, target, v6);
	bool high = c > 0 || (c == 0 && source_port > target_port);
	put_address(key->low, high ? target : source, v6);
	put_address(key->high, high ? source : target, v6);
	key->tag = 0;
	key->protocol = protocol;
	key->v6 = v6;
	key->low_port = high ? target_port : source_port;
	key->high_port = high ? source_port : target_port;
	return high;
}

uint32_t flow_new(
    struct flow_engine *e, const struct flow_key *key, enum flow_queue queue)
{
	/* When there is no room for more, the flow that waits longest is told. */
	for (unsigned q = QUEUE_OPENING; q < N_QUEUES; q++)
		if (e->table.count >= FLOW_TABLE_MAX - 1 && e->table.head[q])
			retire(e, e->table.head[q], true);
	uint32_t number = flow_table_add(&e->table, key, queue);
	if (e->table.count > e->count.open_most)
		e->count.open_most = e->table.count;
	return number;
}

static uint32_t name_of_target(const struct flow_engine *e, const struct packet *p)
{
	uint8_t address[16] = { 0 };
	memcpy(address, p->target, p->v6 ? 16 : 4);
	return flow_names_of(e->names, address);
}

static void take_tcp(struct flow_engine *e, const struct packet *p)
{
	struct flow_key key;
	bool high = make_key(&key, p->v6, PROTOCOL_TCP, p->source, p->target,
	    p->source_port, p->target_port);
	uint32_t number = flow_table_find(&e->table, &key);
	if (number && flow_tcp_begins_anew(flow_table_at(&e->table, number), p, high)) {
		retire(e, number, false);
		number = 0;
	}
	if (!number) {
		number = flow_new(e, &key, QUEUE_OPENING);
		struct flow_entry *f = flow_table_at(&e->table, number);
		f->begin = f->last = e->now;
		f->vlan = p->vlan;
		f->tunnelled = p->tunnelled;
		f->follow_up = p->follow_up;
		if ((p->tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
			f->given = (uint16_t)name_of_target(e, p);
	}
	flow_tcp(e, number, p, high);
}

static void take_udp(struct flow_engine *e, const struct packet *p)
{
	struct flow_key key;
	if (p->source_port != DNS_PORT && p->target_port != DNS_PORT)
		return;
	bool high = make_key(&key, p->v6, PROTOCOL_UDP, p->source, p->target,
	    p->source_port, p->target_port);
	flow_dns(e, p, &key, high, e->now);
}

static struct addr address_of(const uint8_t *ip, bool v6)
{
	struct addr a = { .family = v6 ? AF_INET6 : AF_INET };
	memcpy(a.ip, ip, v6 ? 16 : 4);
	return a;
}

static void take_icmp(struct flow_engine *e, const struct packet *p)
{
	const struct packet_icmp *i = &p->icmp;
	struct flow_key key;
	bool high = make_key(&key, p->v6, i->protocol, i->source, i->target,
	    i->source_port, i->target_port);
	key.tag = i->message;
	uint32_t number = flow_table_find(&e->table, &key);
	struct flow_entry *f = number ? flow_table_at(&e->table, number) : NULL;
	struct flow_note *note = f ? flow_note(e, f) : NULL;
	if (!note)
		return;
	struct flow_icmp *to = &note->icmp;
	to->count++;
	if (to->present)
		return;
	*to = (struct flow_icmp){ .present = true,
		.v6 = p->v6,
		.type = i->type,
		.code = i->code,
		.mtu = i->mtu,
		.count = 1,
		.quotes_server = f->client_known && high != f->client_high,
		.from = address_of(p->source, p->v6) };
	f->last = e->now;
}

static void count_sizes(struct obs_capture *c, const struct packet *p)
{
	c->snapped += p->payload_have < p->payload_len;
	c->offloaded += p->payload_len > JUMBO;
}

void flow_engine_packet(struct flow_engine *e, const struct packet *p, nsec_t at)
{
	e->count.packets++;
	tick(e, at);
	if (p->kind == PACKET_TCP || p->kind == PACKET_UDP)
		count_sizes(&e->count, p);
	switch (p->kind) {
	case PACKET_TCP:
		take_tcp(e, p);
		break;
	case PACKET_UDP:
		take_udp(e, p);
		break;
	case PACKET_ICMP_ERROR:
		take_icmp(e, p);
		break;
	case PACKET_CUT:
		e->count.cut++;
		break;
	case PACKET_FRAGMENT:
		break;
	case PACKET_OTHER:
	case PACKET_MALFORMED:
		e->count.undecoded++;
		break;
	}
}

void flow_engine_end(struct flow_engine *e)
{
	for (unsigned q = QUEUE_OPENING; q < N_QUEUES; q++)
		while (e->table.head[q])
			retire(e, e->table.head[q], true);
}

void flow_engine_count(const struct flow_engine *e, struct obs_capture *ret)
{
	ret->packets = e->count.packets;
	ret->flows = e->count.flows;
	ret->open_most = e->count.open_most;
	ret->undecoded = e->count.undecoded;
	ret->cut = e->count.cut;
	ret->snapped = e->count.snapped;
	ret->offloaded = e->count.offloaded;
	ret->one_way = e->count.one_way;
	ret->two_way = e->count.two_way;
	ret->midstream = e->count.midstream;
	ret->syn_fresh = e->count.syn_fresh;
	ret->syn_aged = e->count.syn_aged;
	ret->syn_ack_fresh = e->count.syn_ack_fresh;
	ret->syn_ack_aged = e->count.syn_ack_aged;
	ret->copies = e->count.copies;
}

uint32_t flow_engine_open(const struct flow_engine *e)
{
	return e->table.count;
}
