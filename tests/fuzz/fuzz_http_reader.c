/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/base/arena.h"
#include "probe/codec/http_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_line(
    void *arg, const struct http_line *line, const char *bytes, size_t len)
{
	size_t *head = arg;
	(void)line;
	(void)bytes;
	*head += len;
	assert(*head <= HTTP_READER_MAX_HEAD);
}

static bool on_body(void *arg, const char *bytes, size_t len)
{
	(void)arg;
	/* Reads all of it, so that a sanitizer may object. */
	for (size_t i = 0; i < len; i++)
		if (bytes[i] == '\x7f')
			return false;
	return true;
}

/* The first byte is the size of the pieces in which the rest arrives. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct http_reader reader;
	size_t head = 0, piece = size ? data[0] + 1U : 1U, used = 1;
	const struct http_reader_events events = {
		.line = on_line, .body = on_body, .arg = &head
	};

	arena_init(&arena, 4 << 20);
	http_reader_init(&reader, &events, &arena);
	while (used < size && !http_reader_is_final(&reader)) {
		size_t n = size - used < piece ? size - used : piece;
		size_t taken = http_reader_feed(&reader, (const char *)data + used, n);
		assert(taken == n || http_reader_is_final(&reader));
		used += taken;
	}
	arena_deinit(&arena);
	return 0;
}
