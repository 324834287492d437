/* SPDX-License-Identifier: MIT */
#include "probe/capture/pcap_reader.h"

#include <stdio.h>

enum {
	FILE_HEADER = 24, /* magic, version (2 x 2), zone, figures, snap length, link */
	HEADER = 16,      /* seconds, their fraction, bytes here, bytes on the wire */
	VERSION = 2
};

static const uint32_t MICROSECONDS = 0xa1b2c3d4, NANOSECONDS = 0xa1b23c4d;

static bool read_magic(struct pcap_reader *r, const uint8_t *p)
{
	uint32_t magic = file_u32(p, false);

	r->swapped = magic != MICROSECONDS && magic != NANOSECONDS;
	magic = file_u32(p, r->swapped);
	r->nanoseconds = magic == NANOSECONDS;
	return magic == MICROSECONDS || magic == NANOSECONDS;
}

bool pcap_reader_knows(const uint8_t magic[4])
{
	struct pcap_reader unused;

	return read_magic(&unused, magic);
}

enum record_read pcap_reader_begin(struct pcap_reader *r, struct byte_source *s)
{
	const uint8_t *p = byte_source_peek(s, FILE_HEADER);

	if (!p)
		return RECORD_CUT;
	read_magic(r, p);
	unsigned version = file_u16(p + 4, r->swapped);
	if (version != VERSION) {
		snprintf(r->error, sizeof r->error,
		    "is pcap of version %u, of which nothing is known here", version);
		return RECORD_BROKEN;
	}
	/* The upper half says how long frame check sequences are. */
	r->link = file_u32(p + 20, r->swapped) & 0xffff;
	byte_source_take(s, FILE_HEADER);
	return RECORD_NEXT;
}

enum record_read pcap_reader_next(
    struct pcap_reader *r, struct byte_source *s, struct capture_record *ret)
{
	const uint8_t *p = byte_source_peek(s, HEADER);

	if (!p)
		return byte_source_peek(s, 1) ? RECORD_CUT : RECORD_END;
	uint32_t have = file_u32(p + 8, r->swapped);
	if (have > RECORD_BYTES_MAX) {
		snprintf(r->error, sizeof r->error,
		    "damaged: a packet of %u bytes, more than the %d that any has",
		    have, RECORD_BYTES_MAX);
		return RECORD_BROKEN;
	}
	p = byte_source_peek(s, HEADER + have);
	if (!p)
		return RECORD_CUT;
	uint32_t fraction = file_u32(p + 4, r->swapped);
	*ret = (struct capture_record){
		.bytes = p + HEADER,
		.have = have,
		.wire = file_u32(p + 12, r->swapped),
		.link = r->link,
		.at = record_time(file_u32(p, r->swapped),
		    r->nanoseconds ? fraction : UINT64_C(1000) * fraction),
	};
	byte_source_take(s, HEADER + have);
	return RECORD_NEXT;
}
