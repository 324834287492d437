/* SPDX-License-Identifier: MIT */
#ifndef PROBE_BASE_WIRE_H
#define PROBE_BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A cursor with a sticky error over bytes that are not trusted: after the first
 * read beyond the end every read yields zero, so a parser is a straight line with
 * one check at its end.
 */
struct wire {
	const uint8_t *bytes;
	size_t len, pos;
	bool failed;
};

static inline struct wire wire_init(const void *bytes, size_t len)
{
	return (struct wire){ .bytes = bytes, .len = len };
}

/** Moves past n bytes and returns their start, or NULL when they are not there. */
static inline const uint8_t *wire_take(struct wire *w, size_t n)
{
	if (w->failed || n > w->len - w->pos) {
		w->failed = true;
		return NULL;
	}
	w->pos += n;
	return w->bytes + w->pos - n;
}

static inline uint8_t wire_u8(struct wire *w)
{
	const uint8_t *p = wire_take(w, 1);
	return p ? p[0] : (uint8_t)0;
}

/* Network byte order (DNS). */
static inline uint16_t wire_be16(struct wire *w)
{
	const uint8_t *p = wire_take(w, 2);
	if (!p)
		return 0;
	return (uint16_t)((p[0] << 8) | p[1]);
}

static inline uint32_t wire_be32(struct wire *w)
{
	const uint8_t *p = wire_take(w, 4);
	if (!p)
		return 0;
	return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) |
	       p[3];
}

/* Little endian (SMB). */
static inline uint16_t wire_le16(struct wire *w)
{
	const uint8_t *p = wire_take(w, 2);
	if (!p)
		return 0;
	return (uint16_t)((p[1] << 8) | p[0]);
}

static inline uint32_t wire_le32(struct wire *w)
{
	const uint8_t *p = wire_take(w, 4);
	if (!p)
		return 0;
	return ((uint32_t)p[3] << 24) | ((uint32_t)p[2] << 16) | ((uint32_t)p[1] << 8) |
	       p[0];
}

#endif
