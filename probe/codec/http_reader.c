/* SPDX-License-Identifier: MIT */
#include "probe/codec/http_reader.h"

#include <string.h>

#include "probe/base/parse.h"
#include "probe/base/text.h"

void http_reader_init(
    struct http_reader *r, const struct http_reader_events *on, struct arena *arena)
{
	*r = (struct http_reader){ .on = *on, .arena = arena };
}

bool http_reader_is_final(const struct http_reader *r)
{
	return r->state >= HTTP_READER_DONE;
}

static void note_field(struct http_reader *r, const struct header *h)
{
	if (strcmp(h->name, "transfer-encoding") == 0)
		/* RFC 9112 section 6.1: chunked is the last coding, always. */
		r->chunked = text_ends_nocase(h->value, "chunked");
	else if (strcmp(h->name, "content-length") == 0)
		r->has_length = parse_uint(h->value, INT64_MAX, &r->left);
}

/* RFC 9112 section 6.3: how long the body is. */
static enum http_reader_state after_head(struct http_reader *r)
{
	if (r->status == 101)
		return HTTP_READER_SWITCHED;
	if (r->status < 200) {
		r->status = 0;
		return HTTP_READER_HEAD;
	}
	if (r->status == 204 || r->status == 304)
		return HTTP_READER_DONE;
	if (r->chunked)
		return HTTP_READER_CHUNK_SIZE;
	return r->has_length && r->left == 0 ? HTTP_READER_DONE : HTTP_READER_BODY;
}

static void end_of_head_line(struct http_reader *r)
{
	struct http_line line = http_line_parse(r->line, r->line_len, r->arena);

	if (!r->status && line.kind != HTTP_LINE_STATUS) {
		r->state = HTTP_READER_BAD;
		return;
	}
	if (line.kind == HTTP_LINE_STATUS) {
		r->status = line.status;
		r->chunked = r->has_length = false;
	}
	if (line.kind == HTTP_LINE_FIELD)
		note_field(r, &line.field);
	r->on.line(r->on.arg, &line, r->line, r->line_len);
	if (line.kind == HTTP_LINE_END)
		r->state = after_head(r);
}

/* The size in hexadecimal; what follows it on the line has no meaning to us. */
static void end_of_chunk_size(struct http_reader *r)
{
	uint64_t size = 0;
	size_t i = 0;

	for (; i < r->line_len && i < 15; i++) {
		static const char digits[] = "0123456789abcdef";
		char c = r->line[i];
		const char *d = strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);
		if (!c || !d)
			break;
		size = size << 4 | (uint64_t)(d - digits);
	}
	if (i == 0 || i == 15) {
		r->state = HTTP_READER_BAD;
		return;
	}
	r->left = size;
	/* Nobody needs the trailer behind the last chunk. */
	r->state = size ? HTTP_READER_CHUNK : HTTP_READER_DONE;
}

static void end_of_line(struct http_reader *r)
{
	if (r->state == HTTP_READER_HEAD)
		end_of_head_line(r);
	else if (r->state == HTTP_READER_CHUNK_SIZE)
		end_of_chunk_size(r);
	else
		r->state = HTTP_READER_CHUNK_SIZE;
	r->line_len = 0;
}

static size_t feed_line(struct http_reader *r, const char *bytes, size_t len)
{
	const char *newline = memchr(bytes, '\n', len);
	size_t n = newline ? (size_t)(newline + 1 - bytes) : len;
	bool head = r->state == HTTP_READER_HEAD;

	if (n > sizeof r->line - r->line_len ||
	    (head && n > HTTP_READER_MAX_HEAD - r->head_len)) {
		r->state = HTTP_READER_TOO_LONG;
		return 0;
	}
	memcpy(r->line + r->line_len, bytes, n);
	r->line_len += n;
	if (head)
		r->head_len += n;
	if (newline)
		end_of_line(r);
	return n;
}

static size_t feed_body(struct http_reader *r, const char *bytes, size_t len)
{
	bool bounded = r->state == HTTP_READER_CHUNK || r->has_length;
	size_t n = bounded && r->left < len ? (size_t)r->left : len;

	if (!r->on.body(r->on.arg, bytes, n)) {
		r->state = HTTP_READER_ENOUGH;
		return n;
	}
	r->left -= bounded ? n : 0;
	if (bounded && r->left == 0)
		r->state = r->state == HTTP_READER_CHUNK ? HTTP_READER_CHUNK_END
							 : HTTP_READER_DONE;
	return n;
}

size_t http_reader_feed(struct http_reader *r, const char *bytes, size_t len)
{
	size_t used = 0;

	while (used < len && !http_reader_is_final(r)) {
		bool body =
		    r->state == HTTP_READER_BODY || r->state == HTTP_READER_CHUNK;
		used += body ? feed_body(r, bytes + used, len - used)
			     : feed_line(r, bytes + used, len - used);
	}
	return used;
}
