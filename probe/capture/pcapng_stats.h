/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_PCAPNG_STATS_H
#define PROBE_CAPTURE_PCAPNG_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What libpcap passes over in a pcapng file (draft-ietf-opsawg-pcapng): the statistics
 * of interfaces (section 4.6), and which packets came in by the interface that our own
 * files have for follow-up probes. Reads along with the bytes of the file, in pieces of
 * any size.
 */

enum {
	PCAPNG_STATS_MAX = 256, /* bytes of one block that are looked at */
	PCAPNG_INTERFACES = 16, /* later ones are not counted */
	/* Packets by which this may be ahead of libpcap: a block has 16 bytes or more.
	 */
	PCAPNG_AHEAD = 1 << 17,
};

struct pcapng_stats {
	bool begun, other_format, swapped;
	uint8_t block[PCAPNG_STATS_MAX];
	uint32_t have;    /* of the block's first bytes */
	uint64_t to_skip; /* to the next block */
	bool known;       /* some interface told its drops */
	uint64_t dropped[PCAPNG_INTERFACES];
	uint32_t interfaces; /* of this section so far */
	uint32_t follow_ups; /* number + 1 of the one of follow-up probes, 0 = none */
	bool any_follow_ups; /* in some section */
	uint64_t packets;    /* whose blocks have begun */
	uint64_t marks[PCAPNG_AHEAD / 64]; /* by packet: it is of a follow-up probe */
};

/** Zero-initialise *s before the first piece. */
void pcapng_stats_feed(struct pcapng_stats *s, const void *bytes, size_t len);

/** Packets that the capturing program lost, of all interfaces. */
uint64_t pcapng_stats_dropped(const struct pcapng_stats *s);

/** Whether a packet, counted from 0, was marked as one of a follow-up probe. */
bool pcapng_stats_follow_up(const struct pcapng_stats *s, uint64_t packet);

#endif
