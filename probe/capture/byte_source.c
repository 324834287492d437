/* SPDX-License-Identifier: MIT */
#include "probe/capture/byte_source.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/base/alloc.h"

enum {
	/* Few calls, and what was read is still in the processor's cache. */
	READING = 1 << 16
};

void byte_source_init(struct byte_source *s, int fd)
{
	*s = (struct byte_source){ .fd = fd, .stop = -1 };
	/* The reading begins on a page: elsewhere some processors copy at a third of
	 * the speed. */
	s->memory = alloc_pages(BYTE_SOURCE_MOST + READING);
	s->begin = s->end = s->memory + BYTE_SOURCE_MOST;
}

void byte_source_deinit(struct byte_source *s)
{
	free(s->memory);
}

/* Regular files are always readable; a pipe may be silent for ever. */
static bool is_stopped(const struct byte_source *s)
{
	struct pollfd p[] = { { .fd = s->fd, .events = POLLIN },
		{ .fd = s->stop, .events = POLLIN } };

	if (s->stop < 0)
		return false;
	while (poll(p, 2, -1) < 0 && errno == EINTR)
		continue;
	return p[1].revents != 0;
}

static ssize_t read_some(struct byte_source *s, uint8_t *to)
{
	ssize_t n;

	do
		n = is_stopped(s) ? 0 : read(s->fd, to, READING);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		s->err = errno;
	return n;
}

const uint8_t *byte_source_fill(struct byte_source *s, size_t n)
{
	uint8_t *to = s->memory + BYTE_SOURCE_MOST;

	if (n > BYTE_SOURCE_MOST)
		return NULL;
	while ((size_t)(s->end - s->begin) < n) {
		size_t left = (size_t)(s->end - s->begin);
		memmove(to - left, s->begin, left);
		s->begin = to - left;
		s->end = to;
		ssize_t got = read_some(s, to);
		if (got <= 0)
			return NULL;
		s->end = to + got;
		s->position += (uint64_t)got;
	}
	return s->begin;
}

bool byte_source_skip(struct byte_source *s, uint64_t n)
{
	while (n > 0) {
		if (!byte_source_peek(s, 1))
			return false;
		size_t there = (size_t)(s->end - s->begin);
		size_t step = n < there ? (size_t)n : there;
		byte_source_take(s, step);
		n -= step;
	}
	return true;
}
