/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "probe/flow/engine.h"

/*
 * What connections can go through, without the headers: each step is a packet of one of
 * a few pairs of ports, whose numbers follow from what its sender and its peer sent
 * before, or are off by what the input says. So sequences get far that bytes alone
 * hardly ever make: handshakes, streams in pieces, repetitions, resets, answers twice.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	PAIRS = 4,
	STEP = 8, /* bytes before the payload */
	TCP_KINDS = 6,
};

struct side {
	uint32_t next;
	uint8_t ip[16];
};

struct world {
	struct flow_engine *engine;
	struct side sides[PAIRS][2];
	nsec_t now;
	uint64_t told, packets;
};

static void take_flow(void *arg, const struct obs_flow *flow, nsec_t begin)
{
	struct world *w = arg;
	(void)begin;
	w->told++;
	assert(!flow->name || strlen(flow->name) < 256);
	assert(flow->of_client.present || flow->of_server.present || flow->dns.present);
}

static int32_t off_by(uint8_t byte)
{
	/* Mostly right; else a little, a segment or half the space away. */
	static const int32_t steps[] = { 0, 1, -1, 1448, -1448, 20000, INT32_MAX,
		INT32_MIN };
	return byte & 0xc0 ? 0 : steps[byte & 7];
}

static void set_ends(struct packet *p, struct world *w, unsigned pair, bool up)
{
	p->v6 = pair == 3;
	p->source = w->sides[pair][up].ip;
	p->target = w->sides[pair][!up].ip;
	p->source_port = up ? (uint16_t)(40000 + pair) : 443;
	p->target_port = up ? 443 : (uint16_t)(40000 + pair);
	p->ttl = up ? 64 : 55;
}

static void set_tcp(struct packet *p, struct world *w, const uint8_t *step)
{
	struct side *me = &w->sides[step[0] & 3][step[0] >> 2 & 1];
	const struct side *peer = &w->sides[step[0] & 3][!(step[0] >> 2 & 1)];
	p->kind = PACKET_TCP;
	p->tcp = (struct packet_tcp){ .flags = step[1] & 31,
		.seq = me->next + (uint32_t)off_by(step[2]),
		.ack = peer->next + (uint32_t)off_by(step[3]),
		.window = step[5],
		.window_scale = 255,
		.mss = step[1] & TCP_SYN ? 1460 : 0,
		.timestamps = step[5] & 1,
		.sack = step[5] & 2 };
	if (off_by(step[2]) == 0)
		me->next += p->payload_len + !!(step[1] & (TCP_SYN | TCP_FIN));
}

static void set_icmp(struct packet *p, const uint8_t *step)
{
	p->kind = PACKET_ICMP_ERROR;
	p->icmp = (struct packet_icmp){ .type = 3,
		.code = step[1],
		.mtu = step[3] * 8U,
		.protocol = step[1] & 1 ? 17 : 6,
		.source = p->target,
		.target = p->source,
		.source_port = p->target_port,
		.target_port = p->source_port };
}

static void take_step(
    struct world *w, const uint8_t *step, const uint8_t *payload, uint32_t len)
{
	unsigned kind = step[0] >> 3 & 7;
	bool up = step[0] >> 2 & 1;
	struct packet p = { .way = step[0] >> 6 & 1 ? PACKET_WAY_OUT : PACKET_WAY_IN,
		.payload = payload,
		.payload_have = len,
		.payload_len = len + (step[6] & 0x80 ? step[6] & 0x7fU : 0),
		.ip_id = step[6] & 0x40 ? step[7] : (uint16_t)w->packets,
		.df = step[5] & 4,
		.fragmented = (step[5] & 0xf8) == 0xf8 };
	set_ends(&p, w, step[0] & 3, up);
	if (kind < TCP_KINDS) {
		set_tcp(&p, w, step);
	} else if (kind == TCP_KINDS) {
		p.kind = PACKET_UDP;
		*(up ? &p.target_port : &p.source_port) = 53;
	} else {
		set_icmp(&p, step);
	}
	/* From nothing to an hour. */
	w->now += step[7] < 192 ? step[7] * NSEC_PER_USEC * 20
				: (nsec_t)(step[7] - 191) * 57 * NSEC_PER_SEC;
	w->packets++;
	flow_engine_packet(w->engine, &p, w->now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = { .now = NSEC_PER_SEC };
	struct obs_capture count = { .packets = 0 };
	for (uint8_t i = 0; i < 2 * PAIRS; i++)
		w.sides[i / 2][i % 2].ip[3] = (uint8_t)(1 + i);
	w.engine = flow_engine_new(take_flow, &w);
	while (size >= STEP) {
		uint32_t len = data[4];
		len = len > size - STEP ? (uint32_t)(size - STEP) : len;
		/* A copy of just these bytes, so that a read beyond them is seen. */
		uint8_t *payload = malloc(len ? len : 1);
		memcpy(payload, data + STEP, len);
		take_step(&w, data, payload, len);
		free(payload);
		data += STEP + len;
		size -= STEP + len;
	}
	flow_engine_end(w.engine);
	flow_engine_count(w.engine, &count);
	assert(flow_engine_open(w.engine) == 0);
	assert(count.flows == w.told && count.packets == w.packets);
	flow_engine_free(w.engine);
	return 0;
}
