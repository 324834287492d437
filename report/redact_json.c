/* SPDX-License-Identifier: MIT */
#include "report/redact_json.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "probe/base/text.h"

enum treatment {
	TEXT,     /* names in it go */
	CONTRACT, /* words of the contract, dates: stays */
	HEADERS,  /* pairs of name and value */
	NO_BYTES, /* becomes empty */
	NO_TEXT   /* becomes null */
};

struct pass {
	struct buf *out;
	redact_text_fn *text;
	void *arg;
	enum treatment treatment; /* of the member that is being read */
	size_t n_strings;         /* of it so far */
	bool is_telling;          /* the next value of a header field may be told */
};

static bool is_one_of(
    const char *name, size_t len, const char *const *names, size_t n_names)
{
	for (size_t i = 0; i < n_names; i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return true;
	return false;
}

#define IS(name, len, names)                                                           \
	is_one_of(name, len, names, sizeof(names) / sizeof *(names))

static enum treatment treatment_of(const char *name, size_t len)
{
	static const char *const contract[] = { "schema_version", "date", "started",
		"cloud", "region", "status", "stage", "cause", "confidence", "role",
		"kind", "outcome", "transport", "type", "protocol", "errno",
		"attributes", "mark", "not_before", "not_after", "clock" };
	static const char *const bytes[] = { "first_bytes" };
	static const char *const bodies[] = { "body" };
	static const char *const headers[] = { "headers" };
	if (IS(name, len, contract))
		return CONTRACT;
	if (IS(name, len, headers))
		return HEADERS;
	if (IS(name, len, bytes))
		return NO_BYTES;
	return IS(name, len, bodies) ? NO_TEXT : TEXT;
}

/* Fields whose values are words of a protocol or of a service, names apart. */
static bool is_common_field(const char *name, size_t len)
{
	static const char *const fields[] = { "accept-ranges", "age", "allow",
		"cache-control", "connection", "content-encoding", "content-length",
		"content-type", "date", "docker-distribution-api-version", "expires",
		"keep-alive", "last-modified", "location", "pragma", "retry-after",
		"sec-websocket-protocol", "server", "strict-transport-security",
		"transfer-encoding", "upgrade", "vary", "www-authenticate",
		"x-content-type-options", "x-ms-error-code", "x-ms-request-id",
		"x-ms-version", "x-squid-error" };
	return IS(name, len, fields);
}

/* The quote that ends the string whose first byte is p; the end when it is open. */
static const char *string_end(const char *p)
{
	while (*p && *p != '"')
		p += *p == '\\' && p[1] ? 2 : 1;
	return p;
}

/* Text behind escapes is read as what it means: a name may have a quote in it. */
static void escaped_text(struct pass *s, const char *begin, const char *end)
{
	json_t *string = json_loadb(begin - 1, (size_t)(end - begin) + 2,
	    JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	if (!string) {
		s->text(s->arg, begin, end, s->out);
		return;
	}
	struct buf told = { .data = NULL };
	const char *text = json_string_value(string);
	s->text(s->arg, text, text + json_string_length(string), &told);
	json_t *redacted = json_stringn(told.data ? told.data : "", told.len);
	free(told.data);
	char *written = redacted ? json_dumps(redacted, JSON_ENCODE_ANY) : NULL;
	if (written)
		buf_add(s->out, written + 1, strlen(written) - 2);
	free(written);
	json_decref(redacted);
	json_decref(string);
}

static void free_text(struct pass *s, const char *begin, const char *end)
{
	buf_puts(s->out, "\"");
	if (*end && memchr(begin, '\\', (size_t)(end - begin)))
		escaped_text(s, begin, end);
	else
		s->text(s->arg, begin, end, s->out);
	buf_puts(s->out, *end ? "\"" : "");
}

static void as_it_is(struct pass *s, const char *begin, const char *end)
{
	buf_add(s->out, begin - 1, (size_t)(end - begin) + (*end ? 2 : 1));
}

static void header_part(struct pass *s, const char *begin, const char *end)
{
	bool is_name = s->n_strings % 2 == 0;
	bool is_told = is_name || s->is_telling;
	if (is_name)
		s->is_telling = is_common_field(begin, (size_t)(end - begin));
	if (is_told)
		free_text(s, begin, end);
	else
		buf_puts(s->out, "\"(redacted)\"");
}

static void value(struct pass *s, const char *begin, const char *end)
{
	switch (s->treatment) {
	case TEXT:
		free_text(s, begin, end);
		break;
	case CONTRACT:
		as_it_is(s, begin, end);
		break;
	case HEADERS:
		header_part(s, begin, end);
		break;
	case NO_BYTES:
		buf_puts(s->out, "\"\"");
		break;
	case NO_TEXT:
		buf_puts(s->out, "null");
		break;
	}
	s->n_strings++;
}

void redact_json(const char *document, struct buf *out, redact_text_fn *text, void *arg)
{
	struct pass s = { .out = out, .text = text, .arg = arg };
	const char *p = document;
	while (*p) {
		size_t plain = strcspn(p, "\"");
		buf_add(out, p, plain);
		p += plain;
		if (!*p)
			break;
		const char *begin = p + 1, *end = string_end(begin);
		p = end + (*end ? 1 : 0);
		if (p[strspn(p, " \t\r\n")] == ':') {
			s.treatment = treatment_of(begin, (size_t)(end - begin));
			s.n_strings = 0;
			as_it_is(&s, begin, end);
		} else {
			value(&s, begin, end);
		}
	}
}
