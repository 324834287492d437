/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_PCAPNG_STATS_H
#define PROBE_CAPTURE_PCAPNG_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Interface statistics of a pcapng file (draft-ietf-opsawg-pcapng section 4.6), which
 * libpcap passes over. Reads along with the bytes of the file, in pieces of any size.
 */

enum {
	PCAPNG_STATS_MAX = 256, /* bytes of one block that are looked at */
	PCAPNG_INTERFACES = 16, /* later ones are not counted */
};

struct pcapng_stats {
	bool begun, other_format, swapped;
	uint8_t block[PCAPNG_STATS_MAX];
	uint32_t have;    /* of the block's first bytes */
	uint64_t to_skip; /* to the next block */
	bool known;       /* some interface told its drops */
	uint64_t dropped[PCAPNG_INTERFACES];
};

/** Zero-initialise *s before the first piece. */
void pcapng_stats_feed(struct pcapng_stats *s, const void *bytes, size_t len);

/** Packets that the capturing program lost, of all interfaces. */
uint64_t pcapng_stats_dropped(const struct pcapng_stats *s);

#endif
