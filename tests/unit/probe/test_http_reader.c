/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>

#include "probe/base/arena.h"
#include "probe/codec/http_reader.h"

struct heard {
	char body[256];
	size_t body_len;
	size_t room; /* of the body that is wanted */
	unsigned lines;
	int status;
};

static void on_line(
    void *arg, const struct http_line *line, const char *bytes, size_t len)
{
	struct heard *h = arg;
	(void)bytes;
	assert_true(len > 0);
	h->lines++;
	if (line->kind == HTTP_LINE_STATUS)
		h->status = line->status;
}

static bool on_body(void *arg, const char *bytes, size_t len)
{
	struct heard *h = arg;
	assert_true(h->body_len + len <= sizeof h->body);
	memcpy(h->body + h->body_len, bytes, len);
	h->body_len += len;
	return h->body_len < h->room;
}

struct reading {
	struct arena arena;
	struct heard heard;
	struct http_reader reader;
};

static void begin(struct reading *r)
{
	const struct http_reader_events events = {
		.line = on_line, .body = on_body, .arg = &r->heard
	};
	memset(&r->heard, 0, sizeof r->heard);
	r->heard.room = sizeof r->heard.body;
	arena_init(&r->arena, 1 << 20);
	http_reader_init(&r->reader, &events, &r->arena);
}

static const struct {
	const char *row, *bytes;
	enum http_reader_state state;
	int status;
	const char *body;
	size_t rest; /* bytes that are not the response's */
} responses[] = {
	{ "upgrade with a frame behind it", "HTTP/1.1 101 X\r\nA: b\r\n\r\n\x81\x01x",
	    HTTP_READER_SWITCHED, 101, "", 3 },
	{ "upgrade without fields", "HTTP/1.1 101 X\r\n\r\n", HTTP_READER_SWITCHED, 101,
	    "", 0 },
	{ "length", "HTTP/1.1 403 No\r\nContent-Length: 3\r\n\r\nabcd",
	    HTTP_READER_DONE, 403, "abc", 1 },
	{ "no body", "HTTP/1.1 204 X\r\n\r\nx", HTTP_READER_DONE, 204, "", 1 },
	{ "length zero", "HTTP/1.1 200 X\r\ncontent-length: 0\r\n\r\nx",
	    HTTP_READER_DONE, 200, "", 1 },
	{ "until the end", "HTTP/1.0 200 X\n\nabc", HTTP_READER_BODY, 200, "abc", 0 },
	{ "length that is none", "HTTP/1.1 200 X\r\nContent-Length: -1\r\n\r\nabc",
	    HTTP_READER_BODY, 200, "abc", 0 },
	{ "chunks",
	    "HTTP/1.1 400 X\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
	    "2;x=y\r\nab\r\nA\r\n0123456789\r\n0\r\n\r\n",
	    HTTP_READER_DONE, 400, "ab0123456789", 2 },
	{ "chunk size that is none",
	    "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
	    HTTP_READER_BAD, 200, "", 0 },
	{ "chunk size beyond all bounds",
	    "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
	    HTTP_READER_BAD, 200, "", 0 },
	{ "interim response", "HTTP/1.1 100 X\r\n\r\nHTTP/1.1 101 Y\r\n\r\n",
	    HTTP_READER_SWITCHED, 101, "", 0 },
	{ "no HTTP", "SSH-2.0-x\r\n", HTTP_READER_BAD, 0, "", 0 },
	{ "nothing yet", "HTTP/1.1 101 X\r\nA: b\r\n", HTTP_READER_HEAD, 101, "", 0 },
};

static void responses_are_read_in_pieces_of_any_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(responses); i++) {
		size_t len = strlen(responses[i].bytes);
		for (size_t piece = 1; piece <= len; piece++) {
			struct reading r;
			size_t used = 0;
			begin(&r);
			while (used < len && !http_reader_is_final(&r.reader)) {
				size_t n = len - used < piece ? len - used : piece;
				used += http_reader_feed(
				    &r.reader, responses[i].bytes + used, n);
			}
			if (r.reader.state != responses[i].state ||
			    r.heard.status != responses[i].status ||
			    len - used != responses[i].rest)
				fail_msg(
				    "%s, %zu bytes at a time", responses[i].row, piece);
			assert_int_equal(r.heard.body_len, strlen(responses[i].body));
			assert_memory_equal(
			    r.heard.body, responses[i].body, r.heard.body_len);
			arena_deinit(&r.arena);
		}
	}
}

static void endless_heads_and_lines_are_cut(void **state)
{
	static const char line[] = "X-Filler: 0123456789012345678901234567890\r\n";
	struct reading r;
	size_t fed = 0;

	(void)state;
	begin(&r);
	http_reader_feed(&r.reader, "HTTP/1.1 101 X\r\n", 16);
	for (; !http_reader_is_final(&r.reader); fed += strlen(line))
		http_reader_feed(&r.reader, line, strlen(line));
	assert_int_equal(r.reader.state, HTTP_READER_TOO_LONG);
	assert_in_range(fed, HTTP_READER_MAX_LINE, HTTP_READER_MAX_HEAD + sizeof line);
	arena_deinit(&r.arena);

	begin(&r);
	for (fed = 0; !http_reader_is_final(&r.reader); fed++)
		http_reader_feed(&r.reader, "x", 1);
	assert_int_equal(r.reader.state, HTTP_READER_TOO_LONG);
	assert_in_range(fed, HTTP_READER_MAX_LINE, HTTP_READER_MAX_LINE + 1);
	arena_deinit(&r.arena);
}

static void the_owner_may_have_had_enough(void **state)
{
	static const char bytes[] = "HTTP/1.1 200 X\r\n\r\nabcdef";
	struct reading r;

	(void)state;
	begin(&r);
	r.heard.room = 3;
	http_reader_feed(&r.reader, bytes, strlen(bytes));
	assert_int_equal(r.reader.state, HTTP_READER_ENOUGH);
	arena_deinit(&r.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(responses_are_read_in_pieces_of_any_size),
		cmocka_unit_test(endless_heads_and_lines_are_cut),
		cmocka_unit_test(the_owner_may_have_had_enough),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
