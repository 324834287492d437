/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CODEC_HTTP_FIELD_H
#define PROBE_CODEC_HTTP_FIELD_H

#include <stddef.h>

#include "probe/model/plan.h"

struct arena;

/*
 * One line of a response header as libcurl's header callback delivers it: whole,
 * not NUL-terminated, usually with its line end, HTTP/2 in the dress of HTTP/1.
 */

enum http_line_kind {
	HTTP_LINE_STATUS, /* version and status are set */
	HTTP_LINE_FIELD,  /* field is set */
	HTTP_LINE_FOLD,   /* continues the field before it (RFC 9112 section 5.2) */
	HTTP_LINE_END,    /* the empty line */
	HTTP_LINE_BAD,
};

struct http_line {
	enum http_line_kind kind;
	const char *version; /* "1.0", "1.1", "2", "3" */
	int status;          /* 100 to 999 */
	/*
	 * The name in lower case; the value without surrounding blanks, at most
	 * OBS_MAX_VALUE bytes, CR, LF and NUL replaced by blanks (RFC 9110 section
	 * 5.5). Of a cookie only its name is kept: the value is a credential.
	 */
	struct header field;
};

struct http_line http_line_parse(const char *bytes, size_t len, struct arena *arena);

/** Appends a HTTP_LINE_FOLD line to the field it continues. */
void http_field_fold(
    struct header *field, const char *bytes, size_t len, struct arena *arena);

#endif
