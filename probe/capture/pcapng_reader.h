/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_PCAPNG_READER_H
#define PROBE_CAPTURE_PCAPNG_READER_H

#include "probe/capture/byte_source.h"
#include "probe/capture/capture_record.h"

/*
 * The newer format (draft-ietf-opsawg-pcapng): sections of either byte order one after
 * the other, interfaces with link types and clocks of their own, and what they lost.
 */
struct pcapng_reader {
	bool swapped;
	struct pcapng_interface *interfaces; /* of this section */
	size_t n_interfaces, cap;
	uint64_t dropped; /* in the sections before */
	bool drops_known; /* some interface told its own */
	nsec_t last;      /* simple packets have no time */
	char error[RECORD_ERROR_MAX];
};

bool pcapng_reader_knows(const uint8_t magic[4]);

/**
 * Reads up to the first interface, so that its link type is known: RECORD_NEXT,
 * RECORD_END when there is none, or why not. *r is zeroed by the caller, and freed in
 * every case.
 */
enum record_read pcapng_reader_begin(
    struct pcapng_reader *r, struct byte_source *s, int *ret_link);
void pcapng_reader_free(struct pcapng_reader *r);

enum record_read pcapng_reader_next(
    struct pcapng_reader *r, struct byte_source *s, struct capture_record *ret);

/** Packets that the capturing program lost, of all interfaces so far. */
uint64_t pcapng_reader_dropped(const struct pcapng_reader *r);

#endif
