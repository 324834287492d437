/* SPDX-License-Identifier: MIT */
#ifndef PROBE_FLOW_HASH_H
#define PROBE_FLOW_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Hashes of what strangers choose. The key is drawn anew in every process, so that
 * nobody can make a capture whose flows all meet in one place of a table.
 */
extern uint64_t flow_hash_key;

/** Draws the key; once, before the first hash. */
void flow_hash_init(void);

static inline uint64_t flow_hash_mix(uint64_t a, uint64_t b)
{
	/* Multiply and fold, as wyhash does. */
	__extension__ typedef unsigned __int128 wide;
	wide m = (wide)(a ^ flow_hash_key) * (b ^ UINT64_C(0xe7037ed1a0b428db));
	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/** len is a multiple of 8. */
static inline uint64_t flow_hash(const void *bytes, size_t len)
{
	uint64_t h = UINT64_C(0x9e3779b97f4a7c15), word;
	for (size_t i = 0; i < len; i += sizeof word) {
		memcpy(&word, (const uint8_t *)bytes + i, sizeof word);
		h = flow_hash_mix(h, word ^ h);
	}
	return h;
}

#endif
