/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Captures of any size: flows short|bulk COUNT > FILE. "short" is COUNT connections
 * of 17 packets, 64 at a time; of every hundred five have unanswered SYNs, five are
 * refused and two reset after the ClientHello. "bulk" is COUNT segments of 1,448 bytes
 * in 16 connections.
 */

enum {
	AT_ONCE = 64,
	BULK_CONNECTIONS = 16,
	SEGMENT = 1448,
	FIN = 1,
	SYN = 2,
	RST = 4,
	PSH = 8,
	ACK = 16,
};

struct flow {
	uint32_t number, seq, ack;
	unsigned step;
};

static uint64_t clock_us = 1700000000000000;
static uint8_t payload[1500], hello[517];

static void put16(uint8_t *p, unsigned n)
{
	p[0] = (uint8_t)(n >> 8);
	p[1] = (uint8_t)n;
}

static void put32(uint8_t *p, uint32_t n)
{
	put16(p, n >> 16);
	put16(p + 2, n & 0xffff);
}

/* A ClientHello with a name, padded to a usual size. */
static void make_hello(void)
{
	static const uint8_t head[] = { 0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3 };
	static const uint8_t rest[] = { 0, 0, 2, 0x13, 1, 1, 0, 1, 0xd1, 0, 0, 0, 0x14,
		0, 0x12, 0, 0, 0x0f, 'w', 'w', 'w', '.', 'e', 'x', 'a', 'm', 'p', 'l',
		'e', '.', 'n', 'e', 't', 0, 0x15, 1, 0xb5 };
	memcpy(hello, head, sizeof head);
	memcpy(hello + sizeof head + 32, rest, sizeof rest);
	memcpy(payload, "\x17\x03\x03", 3);
}

static void packet(const struct flow *f, int up, unsigned flags, uint32_t seq,
    uint32_t ack, const uint8_t *data, uint32_t len)
{
	uint8_t p[16 + 54] = { 0 };
	uint32_t record[4] = { (uint32_t)(clock_us / 1000000),
		(uint32_t)(clock_us % 1000000), 54 + len, 54 + len };
	uint8_t *ip = p + 16 + 14, *tcp = ip + 20;
	memcpy(p, record, sizeof record);
	p[16 + 12] = 8;
	ip[0] = 0x45;
	put16(ip + 2, 40 + len);
	/* The clock is quick: only the id tells a repeated packet from a copy. */
	put16(ip + 4, up ? f->step + 1 : 0);
	ip[6] = 0x40;
	ip[8] = up ? 64 : 60;
	ip[9] = 6;
	put32(ip + (up ? 12 : 16), 0x0a630001 + f->number % 4);
	put32(ip + (up ? 16 : 12), 0x0a500000 + f->number % 500000);
	put16(tcp + (up ? 0 : 2), 1024 + f->number % 60000);
	put16(tcp + (up ? 2 : 0), 443);
	put32(tcp + 4, seq);
	put32(tcp + 8, ack);
	tcp[12] = 0x50;
	tcp[13] = (uint8_t)flags;
	put16(tcp + 14, 64000);
	fwrite(p, sizeof p, 1, stdout);
	if (len)
		fwrite(data, len, 1, stdout);
	clock_us += 5;
}

/* One healthy connection, packet by packet; false after the last. */
static int healthy(struct flow *f)
{
	static const struct {
		int up;
		unsigned flags;
		uint32_t len;
	} steps[] = { { 1, SYN, 0 }, { 0, SYN | ACK, 0 }, { 1, ACK, 0 },
		{ 1, PSH | ACK, 517 }, { 0, ACK, 0 }, { 0, PSH | ACK, 1400 },
		{ 1, ACK, 0 }, { 0, PSH | ACK, 1400 }, { 1, ACK, 0 },
		{ 1, PSH | ACK, 120 }, { 0, ACK, 0 }, { 0, PSH | ACK, 400 },
		{ 1, ACK, 0 }, { 1, FIN | ACK, 0 }, { 0, FIN | ACK, 0 },
		{ 1, ACK, 0 } };

	const unsigned n = sizeof steps / sizeof *steps;
	int up = steps[f->step].up;
	uint32_t len = steps[f->step].len;
	uint32_t *mine = up ? &f->seq : &f->ack;
	packet(f, up, steps[f->step].flags, *mine, up ? f->ack : f->seq,
	    len == 517 ? hello : payload, len);
	*mine += len + (steps[f->step].flags & (SYN | FIN) ? 1 : 0);
	return ++f->step < n;
}

static int next(struct flow *f)
{
	unsigned kind = f->number % 100;
	if (kind < 5) {
		packet(f, 1, SYN, f->seq, 0, NULL, 0);
		return ++f->step < 4;
	}
	if (kind < 10 && f->step == 1) {
		packet(f, 0, RST | ACK, 0, f->seq, NULL, 0);
		return 0;
	}
	if (kind >= 10 && kind < 12 && f->step == 4) {
		packet(f, 0, RST, f->ack, 0, NULL, 0);
		return 0;
	}
	return healthy(f);
}

static void write_short(uint32_t count)
{
	struct flow live[AT_ONCE];
	uint32_t begun = 0, n = 0;
	while (begun < count || n > 0) {
		while (begun < count && n < AT_ONCE) {
			live[n++] = (struct flow){ begun, 1000 + begun * 7,
				5000 + begun * 3, 0 };
			begun++;
		}
		for (uint32_t i = 0; i < n;)
			if (next(&live[i]))
				i++;
			else
				live[i] = live[--n];
	}
}

static void write_bulk(uint32_t count)
{
	struct flow live[BULK_CONNECTIONS];
	for (uint32_t i = 0; i < BULK_CONNECTIONS; i++) {
		live[i] = (struct flow){ i + 50, 1000, 5000, 0 };
		while (live[i].step < 13)
			healthy(&live[i]);
	}
	for (uint32_t i = 0; i < count; i++) {
		struct flow *f = &live[i % BULK_CONNECTIONS];
		packet(f, 0, ACK, f->ack, f->seq, payload, SEGMENT);
		f->ack += SEGMENT;
		if (i / BULK_CONNECTIONS % 8 == 0)
			packet(f, 1, ACK, f->seq, f->ack, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, sigfigs, snap, link;
	} header = { 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1 };

	if (argc != 3)
		return 2;
	make_hello();
	setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	fwrite(&header, sizeof header, 1, stdout);
	uint32_t count = (uint32_t)strtoul(argv[2], NULL, 10);
	if (strcmp(argv[1], "short") == 0)
		write_short(count);
	else
		write_bulk(count);
	return fflush(stdout) == 0 ? 0 : 2;
}
