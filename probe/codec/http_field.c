/* SPDX-License-Identifier: MIT */
#include "probe/codec/http_field.h"

#include <stdbool.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/model/obs.h"

struct span {
	const char *p;
	size_t len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span trim(const char *p, size_t len)
{
	while (len && is_blank(p[0])) {
		p++;
		len--;
	}
	while (len && is_blank(p[len - 1]))
		len--;
	return (struct span){ p, len };
}

/* tchar of RFC 9110 section 5.6.2; ':' of HTTP/2 pseudo fields is none. */
static bool is_token_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *version_name(struct span s)
{
	static const char *const names[] = { "1.0", "1.1", "2", "3", "0.9" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i]) == s.len && memcmp(names[i], s.p, s.len) == 0)
			return names[i];
	/* libcurl may write "2.0"; the minor number has no meaning there. */
	if (s.len == 3 && memcmp(s.p, "2.0", 3) == 0)
		return "2";
	return NULL;
}

static struct http_line parse_status(struct span s)
{
	struct http_line bad = { .kind = HTTP_LINE_BAD };
	struct span version = { s.p + 5, 0 };
	size_t left = s.len - 5;
	while (version.len < left && version.p[version.len] != ' ')
		version.len++;
	const char *name = version_name(version);
	struct span code = trim(version.p + version.len, left - version.len);
	if (!name || code.len < 3 || (code.len > 3 && code.p[3] != ' '))
		return bad;
	int status = 0;
	for (size_t i = 0; i < 3; i++) {
		if (!is_digit(code.p[i]))
			return bad;
		status = status * 10 + (code.p[i] - '0');
	}
	if (status < 100)
		return bad;
	return (struct http_line){
		.kind = HTTP_LINE_STATUS, .version = name, .status = status
	};
}

static bool is_cookie(const char *name)
{
	return strcmp(name, "set-cookie") == 0 || strcmp(name, "set-cookie2") == 0;
}

static char *lower_copy(struct arena *arena, struct span s)
{
	char *text = arena_strndup(arena, s.p, s.len);
	for (char *c = text; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return text;
}

/* Bytes of a value as one NUL-terminated string of at most max bytes. */
static char *value_copy(struct arena *arena, struct span s, size_t max)
{
	size_t len = s.len < max ? s.len : max;
	char *text = arena_alloc(arena, len + 1);
	for (size_t i = 0; i < len; i++) {
		text[i] = s.p[i];
		if (text[i] == '\0' || text[i] == '\r' || text[i] == '\n')
			text[i] = ' ';
	}
	return text;
}

static struct http_line parse_field(const char *bytes, size_t len, struct arena *arena)
{
	struct http_line line = { .kind = HTTP_LINE_BAD };
	size_t n = 0;
	while (n < len && is_token_char(bytes[n]))
		n++;
	struct span name = { bytes, n };
	/* Blanks before the colon are forbidden, and a fault of some servers. */
	while (n < len && (bytes[n] == ' ' || bytes[n] == '\t'))
		n++;
	if (!name.len || name.len > OBS_MAX_VALUE || n == len || bytes[n] != ':')
		return line;
	struct span value = trim(bytes + n + 1, len - n - 1);
	line.kind = HTTP_LINE_FIELD;
	line.field.name = lower_copy(arena, name);
	if (is_cookie(line.field.name)) {
		const char *equals = memchr(value.p, '=', value.len);
		/* Without '=' all of it is the value (RFC 6265 section 5.2). */
		value.len = equals ? (size_t)(equals - value.p) : 0;
	}
	line.field.value = value_copy(arena, value, OBS_MAX_VALUE);
	return line;
}

struct http_line http_line_parse(const char *bytes, size_t len, struct arena *arena)
{
	struct span s = trim(bytes, len);
	if (len && (bytes[0] == ' ' || bytes[0] == '\t'))
		return (struct http_line){ .kind = HTTP_LINE_FOLD };
	if (!s.len)
		return (struct http_line){ .kind = HTTP_LINE_END };
	if (s.len >= 5 && memcmp(s.p, "HTTP/", 5) == 0)
		return parse_status(s);
	return parse_field(bytes, len, arena);
}

void http_field_fold(
    struct header *field, const char *bytes, size_t len, struct arena *arena)
{
	size_t used = strlen(field->value);
	if (is_cookie(field->name) || used + 1 >= OBS_MAX_VALUE)
		return;
	struct span more = trim(bytes, len);
	const char *text = value_copy(arena, more, OBS_MAX_VALUE - used - 1);
	field->value = arena_printf(arena, "%s %s", field->value, text);
}
