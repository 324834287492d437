/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_PCAP_READER_H
#define PROBE_CAPTURE_PCAP_READER_H

#include "probe/capture/byte_source.h"
#include "probe/capture/capture_record.h"

/* The older format (draft-ietf-opsawg-pcap), of either byte order, with microseconds or
 * nanoseconds. */
struct pcap_reader {
	bool swapped, nanoseconds;
	int link;
	char error[RECORD_ERROR_MAX];
};

/** Whether a file with these first four bytes is one. */
bool pcap_reader_knows(const uint8_t magic[4]);

/** Reads the file's header: RECORD_NEXT, or why not. */
enum record_read pcap_reader_begin(struct pcap_reader *r, struct byte_source *s);

enum record_read pcap_reader_next(
    struct pcap_reader *r, struct byte_source *s, struct capture_record *ret);

#endif
