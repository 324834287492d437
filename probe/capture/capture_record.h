/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_CAPTURE_RECORD_H
#define PROBE_CAPTURE_CAPTURE_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "probe/base/nsec.h"

/* What the readers of both formats have in common. */

/** One packet as a file has it; its bytes are borrowed until the next one is read. */
struct capture_record {
	const uint8_t *bytes;
	uint32_t have, wire;
	int link;
	bool follow_up; /* of a follow-up probe of ours */
	nsec_t at;      /* wall-clock time */
};

enum record_read {
	RECORD_NEXT,
	RECORD_END,
	RECORD_CUT,    /* the file ends within something */
	RECORD_BROKEN, /* the reader says why */
};

enum {
	RECORD_ERROR_MAX = 160,
	RECORD_BYTES_MAX = 262144 /* of a packet, as everywhere (libpcap, Wireshark) */
};

/* A file has the byte order of the machine that wrote it. */
static inline uint16_t file_u16(const uint8_t *p, bool swapped)
{
	uint16_t n;
	memcpy(&n, p, sizeof n);
	return swapped ? __builtin_bswap16(n) : n;
}

static inline uint32_t file_u32(const uint8_t *p, bool swapped)
{
	uint32_t n;
	memcpy(&n, p, sizeof n);
	return swapped ? __builtin_bswap32(n) : n;
}

static inline uint64_t file_u64(const uint8_t *p, bool swapped)
{
	uint64_t n;
	memcpy(&n, p, sizeof n);
	return swapped ? __builtin_bswap64(n) : n;
}

/* A file may say anything; 2^33 s is a year that a report can still write. */
static inline nsec_t record_time(uint64_t seconds, uint64_t nanoseconds)
{
	const uint64_t latest = UINT64_C(1) << 33;
	nsec_t s = (nsec_t)(seconds < latest ? seconds : latest);
	return s * NSEC_PER_SEC +
	       (nanoseconds < NSEC_PER_SEC ? (nsec_t)nanoseconds : 0);
}

#endif
