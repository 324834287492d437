/* SPDX-License-Identifier: MIT */
#include "tests/unit/report/wellformed.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/text.h"

enum {
	MAX_DEPTH = 32,
	MAX_NAGIOS = 8192
};

static const char *wrong(const char *what, const char *at)
{
	static char message[256];
	snprintf(message, sizeof message, "%s at \"%.80s\"", what, at);
	return message;
}

/* What text_escape() would leave alone, line by line. */
const char *wrong_text(const char *text)
{
	const char *bad = NULL;
	while (*text && !bad) {
		struct arena arena;
		size_t len = strcspn(text, "\n");
		arena_init(&arena, (size_t)1 << 30);
		const char *clean = text_escape(&arena, text, len, len);
		if (strlen(clean) != len || memcmp(clean, text, len) != 0)
			bad = wrong("unprintable bytes", text);
		arena_deinit(&arena);
		text += len + (text[len] == '\n');
	}
	return bad;
}

static bool is_name(char c)
{
	return c && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "0123456789-:",
			c);
}

static size_t name_length(const char *p)
{
	size_t n = 0;
	while (is_name(p[n]))
		n++;
	return n;
}

/* Length of an entity at p, or 0. */
static size_t entity(const char *p)
{
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;", "&quot;",
		"&#39;" };
	for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
		if (strncmp(p, entities[i], strlen(entities[i])) == 0)
			return strlen(entities[i]);
	return 0;
}

struct reader {
	const char *p;
	const char *open[MAX_DEPTH];
	size_t depth, n_elements;
	bool html;
	const char *error;
};

static bool is_void(const char *name, size_t len)
{
	static const char *const voids[] = { "meta", "link", "input" };
	for (size_t i = 0; i < sizeof voids / sizeof *voids; i++)
		if (strlen(voids[i]) == len && memcmp(voids[i], name, len) == 0)
			return true;
	return false;
}

static void attribute(struct reader *r)
{
	const char *begin = r->p;
	size_t len = name_length(r->p);
	r->p += len;
	if (r->html && (*r->p == ' ' || *r->p == '>') && len)
		return;
	if (!len || r->p[0] != '=' || r->p[1] != '"') {
		r->error = wrong("an attribute", begin);
		return;
	}
	for (r->p += 2; *r->p && *r->p != '"'; r->p++)
		if (*r->p == '<' || *r->p == '\n' || (*r->p == '&' && !entity(r->p)))
			r->error = wrong("an attribute's value", begin);
	r->p += *r->p == '"';
}

static void close_element(struct reader *r)
{
	const char *begin = r->p;
	size_t len = name_length(r->p + 2);
	const char *top = r->depth ? r->open[--r->depth] : NULL;
	if (!top || name_length(top) != len || memcmp(top, r->p + 2, len) != 0 ||
	    r->p[2 + len] != '>')
		r->error = wrong("an end tag", begin);
	else
		r->p += len + 3;
}

/* Text that is no markup ends at its own end tag, whatever stands in it. */
static void skip_raw(struct reader *r, const char *end)
{
	const char *p = strstr(r->p, end);
	if (p)
		r->p = p;
	else
		r->error = wrong("no end", r->p);
}

static void open_element(struct reader *r)
{
	const char *name = r->p + 1;
	size_t len = name_length(name);
	if (!len || r->depth == MAX_DEPTH) {
		r->error = wrong("a tag", r->p);
		return;
	}
	r->n_elements++;
	r->p = name + len;
	while (*r->p == ' ' && !r->error) {
		r->p++;
		attribute(r);
	}
	bool empty = *r->p == '/' || (r->html && is_void(name, len));
	r->p += *r->p == '/';
	if (*r->p++ != '>')
		r->error = wrong("the end of a tag", name);
	else if (!empty)
		r->open[r->depth++] = name;
	if (r->html && !r->error && strncmp(name, "script", len) == 0)
		skip_raw(r, "</script>");
	else if (r->html && !r->error && strncmp(name, "style", len) == 0)
		skip_raw(r, "</style>");
}

static const char *read_elements(struct reader *r)
{
	while (*r->p && !r->error) {
		if (strncmp(r->p, "</", 2) == 0)
			close_element(r);
		else if (*r->p == '<')
			open_element(r);
		else if (*r->p == '&' && !entity(r->p))
			r->error = wrong("an entity", r->p);
		else
			r->p++;
	}
	if (!r->error && r->depth)
		r->error = wrong("an open element", r->open[r->depth - 1]);
	return r->error;
}

const char *wrong_xml(const char *text)
{
	static const char head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
	const char *bad = wrong_text(text);
	if (bad)
		return bad;
	if (strncmp(text, head, sizeof head - 1) != 0)
		return wrong("no declaration", text);
	if (strstr(text, "\xef\xbf\xbe") || strstr(text, "\xef\xbf\xbf"))
		return wrong("no character of XML", text);
	struct reader r = { .p = text + sizeof head - 1 };
	return read_elements(&r);
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;
	for (const char *p = text; (p = strstr(p, what)); p++)
		n++;
	return n;
}

static const char *wrong_json(const char *text)
{
	static const char begin[] = "<script type=\"application/json\" "
				    "id=\"report-json\">\n";
	const char *from = strstr(text, begin);
	const char *to = from ? strstr(from, "</script>") : NULL;
	if (!to)
		return wrong("no JSON", "");
	from += sizeof begin - 1;
	json_error_t error;
	json_t *json = json_loadb(from, (size_t)(to - from), 0, &error);
	json_decref(json);
	return json ? NULL : wrong(error.text, from);
}

const char *wrong_html(const char *text)
{
	static const char head[] = "<!doctype html>\n";
	const char *bad = wrong_text(text);
	if (bad)
		return bad;
	if (strncmp(text, head, sizeof head - 1) != 0)
		return wrong("no doctype", text);
	if (count(text, "<script") != 2 || count(text, "</script") != 2 ||
	    count(text, "<style") != 1 || count(text, "<!--") != 0)
		return wrong("another number of scripts", "");
	struct reader r = { .p = text + sizeof head - 1, .html = true };
	bad = read_elements(&r);
	return bad ? bad : wrong_json(text);
}

/* name="value", at p; NULL when it is not. */
static const char *after_label(const char *p)
{
	size_t len = name_length(p);
	while (p[len] == '_' || is_name(p[len]))
		len++;
	if (!len || p[len] != '=' || p[len + 1] != '"')
		return NULL;
	for (p += len + 2; *p && *p != '"' && *p != '\n'; p++)
		if (*p == '\\' && !strchr("\\\"n", *++p))
			return NULL;
	return *p == '"' ? p + 1 : NULL;
}

static const char *after_sample(const char *p)
{
	while (is_name(*p) || *p == '_')
		p++;
	if (*p == '{') {
		do
			p = after_label(p + 1);
		while (p && *p == ',');
		if (!p || *p++ != '}')
			return NULL;
	}
	char *end;
	strtod(p, &end);
	return *p == ' ' && end > p && *end == '\n' ? end + 1 : NULL;
}

const char *wrong_prometheus(const char *text)
{
	const char *bad = wrong_text(text);
	while (!bad && *text) {
		const char *line = text;
		if (*text == '#')
			text += strcspn(text, "\n") + 1;
		else if (!(text = after_sample(line)))
			bad = wrong("a sample", line);
	}
	return bad;
}

const char *wrong_nagios(const char *text)
{
	const char *bad = wrong_text(text);
	size_t line = strcspn(text, "\n");
	if (bad)
		return bad;
	if (strlen(text) > MAX_NAGIOS)
		return wrong("too long", text);
	if (count(text, "|") != 1 || strcspn(text, "|") > line)
		return wrong("another number of pipes", text);
	size_t quotes = 0;
	for (const char *p = strchr(text, '|'); *p != '\n'; p++)
		quotes += *p == '\'';
	return quotes % 2 ? wrong("an open quote", strchr(text, '|')) : NULL;
}

/* A code span holds anything; elsewhere what would be markup is escaped. */
const char *wrong_markdown(const char *text)
{
	static const char *const ours[] = { "<!-- -->", "<details>", "</details>",
		"<summary>", "</summary>", "<https://learn.microsoft.com/" };
	const char *bad = wrong_text(text);
	bool code = false;
	for (const char *p = text; *p && !bad; p++) {
		if (*p == '\n' && code)
			bad = wrong("an open code span", p);
		if (!code && *p == '\\' && p[1]) {
			p++;
			continue;
		}
		if (*p == '`')
			code = !code;
		if (code || *p != '<')
			continue;
		bad = wrong("markup", p);
		for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
			if (strncmp(p, ours[i], strlen(ours[i])) == 0)
				bad = NULL;
	}
	return bad;
}
