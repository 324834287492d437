/* SPDX-License-Identifier: MIT */
#include "probe/capture/pcapng_stats.h"

#include <string.h>

#include "probe/capture/pcapng_names.h"

enum {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET_OBSOLETE = 2,
	BLOCK_PACKET_SIMPLE = 3,
	BLOCK_STATS = 5,
	BLOCK_PACKET = 6,
	OPTION_IF_NAME = 2,
	OPTION_IF_DROP = 5,
	OPTION_OS_DROP = 7,
	HEAD = 12, /* type, length, and the byte-order magic of a section */
};

static const uint32_t BLOCK_SECTION = 0x0a0d0d0a;
static const uint32_t BYTE_ORDER = 0x1a2b3c4d;

static uint32_t u32(const struct pcapng_stats *s, const uint8_t *p)
{
	uint32_t n;
	memcpy(&n, p, sizeof n);
	return s->swapped ? __builtin_bswap32(n) : n;
}

static uint16_t u16(const struct pcapng_stats *s, const uint8_t *p)
{
	uint16_t n;
	memcpy(&n, p, sizeof n);
	return s->swapped ? __builtin_bswap16(n) : n;
}

static uint64_t u64(const struct pcapng_stats *s, const uint8_t *p)
{
	uint64_t n;
	memcpy(&n, p, sizeof n);
	return s->swapped ? __builtin_bswap64(n) : n;
}

/* Type, length, interface, time (8), then options up to the closing length. */
static void read_stats(struct pcapng_stats *s, uint32_t len)
{
	uint32_t interface = u32(s, s->block + 8), at = 20;
	uint64_t dropped = 0;
	bool known = false;
	while (at + 4 <= len - 4) {
		uint16_t code = u16(s, s->block + at), n = u16(s, s->block + at + 2);
		at += 4;
		if (code == 0 || n > len - 4 - at)
			break;
		if ((code == OPTION_IF_DROP || code == OPTION_OS_DROP) && n == 8) {
			uint64_t value = u64(s, s->block + at);
			known = true;
			dropped = value > dropped ? value : dropped;
		}
		at += (uint32_t)(n + 3) & ~3U;
	}
	if (!known || interface >= PCAPNG_INTERFACES)
		return;
	/* Counted since the capture began: the last block says all. */
	s->known = true;
	s->dropped[interface] = dropped;
}

/* Type, length, link type (2), reserved (2), snap length, then options. */
static void read_interface(struct pcapng_stats *s, uint32_t len)
{
	static const char name[] = PCAPNG_FOLLOW_UPS;
	uint32_t number = s->interfaces++, at = 16;
	while (s->have == len && at + 4 <= len - 4) {
		uint16_t code = u16(s, s->block + at), n = u16(s, s->block + at + 2);
		at += 4;
		if (code == 0 || n > len - 4 - at)
			return;
		if (code == OPTION_IF_NAME && n == sizeof name - 1 &&
		    memcmp(s->block + at, name, n) == 0) {
			s->follow_ups = number + 1;
			s->any_follow_ups = true;
		}
		at += (uint32_t)(n + 3) & ~3U;
	}
}

static void read_packet(struct pcapng_stats *s, bool follow_up)
{
	uint64_t i = s->packets++ % PCAPNG_AHEAD, bit = UINT64_C(1) << i % 64;
	if (follow_up)
		s->marks[i / 64] |= bit;
	else
		s->marks[i / 64] &= ~bit;
}

static void read_block(struct pcapng_stats *s, uint32_t len)
{
	uint32_t type = u32(s, s->block);
	if (memcmp(s->block, &BLOCK_SECTION, sizeof BLOCK_SECTION) == 0)
		s->interfaces = s->follow_ups = 0;
	else if (type == BLOCK_STATS && s->have == len)
		read_stats(s, len);
	else if (type == BLOCK_INTERFACE)
		read_interface(s, len);
	else if (type == BLOCK_PACKET)
		read_packet(
		    s, s->follow_ups > 0 && u32(s, s->block + 8) == s->follow_ups - 1);
	else if (type == BLOCK_PACKET_OBSOLETE || type == BLOCK_PACKET_SIMPLE)
		read_packet(s, false);
}

/* Bytes of this block that have to be there before it can be left. */
static uint32_t wanted(struct pcapng_stats *s)
{
	if (s->have < HEAD)
		return HEAD;
	uint32_t magic;
	memcpy(&magic, s->block + 8, sizeof magic);
	if (memcmp(s->block, &BLOCK_SECTION, sizeof BLOCK_SECTION) == 0)
		s->swapped = magic != BYTE_ORDER;
	uint32_t len = u32(s, s->block + 4);
	uint32_t type = u32(s, s->block);
	bool whole = type == BLOCK_STATS || type == BLOCK_INTERFACE;
	return whole && len >= 24 && len <= PCAPNG_STATS_MAX ? len : HEAD;
}

static void end_block(struct pcapng_stats *s)
{
	uint32_t len = u32(s, s->block + 4);
	/* A length that makes no sense is libpcap's to complain about. */
	if (len < HEAD || len % 4) {
		s->other_format = true;
		return;
	}
	read_block(s, len);
	s->to_skip = len - s->have;
	s->have = 0;
}

void pcapng_stats_feed(struct pcapng_stats *s, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	while (len > 0 && !s->other_format) {
		uint64_t skipped = s->to_skip < len ? s->to_skip : len;
		s->to_skip -= skipped;
		p += skipped;
		len -= skipped;
		uint32_t want = wanted(s);
		size_t n = want - s->have < len ? want - s->have : len;
		memcpy(s->block + s->have, p, n);
		s->have += (uint32_t)n;
		p += n;
		len -= n;
		if (s->have < want)
			return;
		s->other_format = !s->begun && memcmp(s->block, &BLOCK_SECTION, 4) != 0;
		s->begun = true;
		if (!s->other_format && wanted(s) == s->have)
			end_block(s);
	}
}

uint64_t pcapng_stats_dropped(const struct pcapng_stats *s)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < PCAPNG_INTERFACES; i++)
		sum += s->dropped[i];
	return sum;
}

bool pcapng_stats_follow_up(const struct pcapng_stats *s, uint64_t packet)
{
	uint64_t i = packet % PCAPNG_AHEAD;
	return s->any_follow_ups && packet < s->packets &&
	       packet + PCAPNG_AHEAD >= s->packets && s->marks[i / 64] >> i % 64 & 1;
}
