/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_BYTE_SOURCE_H
#define PROBE_CAPTURE_BYTE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The bytes of a file or pipe, in order, each looked at where it was read to: nothing
 * is copied but what the end of one reading has cut in two.
 */
enum {
	BYTE_SOURCE_MOST = 1 << 19 /* bytes that can be looked at together */
};

struct byte_source {
	int fd;
	int stop;        /* ends the reading once it is readable; -1 = none */
	int err;         /* errno of a reading that failed, 0 = none */
	uint8_t *memory; /* room for what was cut, then for one reading */
	const uint8_t *begin, *end;
	uint64_t position; /* bytes read */
};

/** fd is borrowed. */
void byte_source_init(struct byte_source *s, int fd);
void byte_source_deinit(struct byte_source *s);

/** Reads until n bytes are there; NULL when fewer are left. */
const uint8_t *byte_source_fill(struct byte_source *s, size_t n);

/**
 * The next n bytes, BYTE_SOURCE_MOST at most, which stay unread; NULL when fewer are
 * left. They stand until the next call.
 */
static inline const uint8_t *byte_source_peek(struct byte_source *s, size_t n)
{
	return (size_t)(s->end - s->begin) >= n ? s->begin : byte_source_fill(s, n);
}

/** Moves past n bytes that were looked at. */
static inline void byte_source_take(struct byte_source *s, size_t n)
{
	s->begin += n;
}

/** Moves past n bytes of any number; false when fewer are left. */
bool byte_source_skip(struct byte_source *s, uint64_t n);

#endif
