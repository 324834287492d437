/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CODEC_HTTP_READER_H
#define PROBE_CODEC_HTTP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/codec/http_field.h"

/*
 * One HTTP/1 response as its bytes come in, in pieces of any size (RFC 9112). For
 * connections that may stop being HTTP: an upgrade. Memory is bounded by this struct
 * and by what HTTP_READER_MAX_HEAD bytes of lines take in the arena.
 */

enum {
	HTTP_READER_MAX_LINE = 16 * 1024,
	HTTP_READER_MAX_HEAD = 64 * 1024
};

enum http_reader_state {
	HTTP_READER_HEAD,
	HTTP_READER_BODY,       /* left bytes to come, or until the end of stream */
	HTTP_READER_CHUNK_SIZE, /* RFC 9112 section 7.1 */
	HTTP_READER_CHUNK,
	HTTP_READER_CHUNK_END,
	HTTP_READER_DONE,     /* the response is complete */
	HTTP_READER_SWITCHED, /* 101: what follows is another protocol */
	HTTP_READER_TOO_LONG, /* a line or the head exceeds the limits */
	HTTP_READER_BAD,      /* no HTTP/1 response */
	HTTP_READER_ENOUGH,   /* the owner wants no more of the body */
};

struct http_reader_events {
	/** Each line of the head, also of interim responses, with its end. */
	void (*line)(
	    void *arg, const struct http_line *line, const char *bytes, size_t len);
	/** Part of the body, chunks unwrapped; false = enough. */
	bool (*body)(void *arg, const char *bytes, size_t len);
	void *arg;
};

struct http_reader {
	struct http_reader_events on;
	struct arena *arena;
	enum http_reader_state state;
	char line[HTTP_READER_MAX_LINE];
	size_t line_len, head_len;
	int status; /* 0 before it is known */
	bool chunked, has_length;
	uint64_t left; /* of the body or chunk */
};

/** Strings of lines live in the arena. */
void http_reader_init(
    struct http_reader *r, const struct http_reader_events *on, struct arena *arena);

/** Returns how many bytes were taken: fewer than len only when the state is final. */
size_t http_reader_feed(struct http_reader *r, const char *bytes, size_t len);

/** Whether no more bytes are wanted. */
bool http_reader_is_final(const struct http_reader *r);

#endif
