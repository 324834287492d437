/* SPDX-License-Identifier: MIT */
#include "tests/unit/flow/wire.h"

#include <stdio.h>
#include <string.h>

static const uint8_t client[4] = { 10, 0, 0, 1 }, server[4] = { 10, 0, 0, 2 };

void frame_bytes(struct frame *f, const void *bytes, size_t len)
{
	memcpy(f->bytes + f->len, bytes, len);
	f->len += (uint32_t)len;
}

void frame_be16(struct frame *f, unsigned value)
{
	frame_bytes(f, (uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2);
}

void frame_be32(struct frame *f, uint32_t value)
{
	frame_be16(f, value >> 16);
	frame_be16(f, value & 0xffff);
}

void frame_ipv4(struct frame *f, uint8_t protocol, unsigned payload)
{
	frame_bytes(f, "\2\0\0\0\0\1\2\0\0\0\0\2\x08\0\x45\0", 16);
	frame_be16(f, 20 + payload);
	frame_be32(f, 0x12344000);
	frame_bytes(f, (uint8_t[]){ 64, protocol, 0, 0 }, 4);
	frame_bytes(f, client, 4);
	frame_bytes(f, server, 4);
}

void frame_tcp(struct frame *f, uint8_t flags, const void *options, size_t n_options,
    const char *payload)
{
	frame_be16(f, 40000);
	frame_be16(f, 443);
	frame_be32(f, 1000);
	frame_be32(f, 2000);
	frame_bytes(
	    f, (uint8_t[]){ (uint8_t)((20 + n_options) / 4 << 4), flags, 1, 2 }, 4);
	frame_be32(f, 0);
	frame_bytes(f, options, n_options);
	frame_bytes(f, payload, strlen(payload));
}

static void take(void *arg, const struct obs_flow *flow, nsec_t begin)
{
	struct talk *t = arg;
	(void)begin;
	t->told = *flow;
	snprintf(t->name, sizeof t->name, "%s", flow->name ? flow->name : "");
	t->n_told++;
}

void talk_begin(struct talk *t)
{
	*t = (struct talk){ .now = NSEC_PER_SEC };
	t->engine = flow_engine_new(take, t);
}

void talk_end(struct talk *t)
{
	flow_engine_end(t->engine);
	flow_engine_free(t->engine);
}

void talk_wait(struct talk *t, nsec_t time)
{
	t->now += time;
}

static void feed(struct talk *t, struct packet *p)
{
	flow_engine_packet(t->engine, p, t->now);
}

static struct packet segment(
    uint8_t flags, uint32_t seq, uint32_t ack, const void *payload, uint32_t len)
{
	return (struct packet){ .kind = PACKET_TCP,
		.df = true,
		.payload = payload,
		.payload_len = len,
		.payload_have = len,
		.tcp = { .seq = seq,
		    .ack = ack,
		    .flags = flags,
		    .window = flags & TCP_RST ? 0 : 64000,
		    .window_scale = 255 } };
}

void talk_up(struct talk *t, uint8_t flags, uint32_t seq, uint32_t ack,
    const void *payload, uint32_t len)
{
	struct packet p = segment(flags, seq, ack, payload, len);
	p.source = client;
	p.target = server;
	p.source_port = 40000;
	p.target_port = 443;
	p.ttl = 64;
	p.ip_id = (uint16_t)(t->now / NSEC_PER_USEC + 1);
	feed(t, &p);
}

void talk_down(struct talk *t, uint8_t flags, uint32_t seq, uint32_t ack, uint8_t ttl,
    const void *payload, uint32_t len)
{
	struct packet p = segment(flags, seq, ack, payload, len);
	p.source = server;
	p.target = client;
	p.source_port = 443;
	p.target_port = 40000;
	p.ttl = ttl;
	feed(t, &p);
}

void talk_open(struct talk *t)
{
	talk_up(t, TCP_SYN, 1000, 0, NULL, 0);
	talk_wait(t, 20 * NSEC_PER_MSEC);
	talk_down(t, TCP_SYN | TCP_ACK, 5000, 1001, 60, NULL, 0);
	talk_up(t, TCP_ACK, 1001, 5001, NULL, 0);
}

uint32_t hello_build(uint8_t buf[512], const char *name)
{
	struct frame f = { .len = 0 };
	unsigned n = (unsigned)strlen(name), extensions = 4 + 5 + n;
	unsigned body = 2 + 32 + 1 + 4 + 2 + 2 + extensions;
	frame_bytes(&f, "\x16\3\1", 3);
	frame_be16(&f, 4 + body);
	frame_be32(&f, 1U << 24 | body);
	frame_bytes(&f, "\3\3", 2);
	frame_bytes(&f, (uint8_t[32]){ 0 }, 32);
	frame_bytes(&f, "\0\0\2\x13\1\1\0", 7);
	frame_be16(&f, extensions);
	frame_be16(&f, 0);
	frame_be16(&f, n + 5);
	frame_be16(&f, n + 3);
	frame_bytes(&f, "\0", 1);
	frame_be16(&f, n);
	frame_bytes(&f, name, n);
	memcpy(buf, f.bytes, f.len);
	return f.len;
}
