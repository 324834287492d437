/* SPDX-License-Identifier: MIT */
#include "report/json_out.h"

#include <stdlib.h>
#include <string.h>

#include "probe/base/text.h"

enum {
	MAX_TEXT = 4096,
	SCRATCH_LIMIT = 1 << 30
};

void json_out_begin(struct json_out *out)
{
	*out = (struct json_out){ .first = true, .depth = 1 };
	arena_init(&out->scratch, SCRATCH_LIMIT);
	buf_puts(&out->buf, "{");
}

static void next_line(struct json_out *out)
{
	if (!out->first)
		buf_puts(&out->buf, ",");
	buf_puts(&out->buf, "\n");
	buf_fill(&out->buf, ' ', 2 * (size_t)out->depth);
	out->first = false;
}

/* jansson indents from the left margin; a newline inside a string is escaped, so
 * every one that comes here ends a line. */
static int add_indented(const char *bytes, size_t size, void *arg)
{
	struct json_out *out = arg;
	const char *newline;
	while ((newline = memchr(bytes, '\n', size))) {
		size_t n = (size_t)(newline - bytes) + 1;
		buf_add(&out->buf, bytes, n);
		buf_fill(&out->buf, ' ', 2 * (size_t)out->depth);
		bytes += n;
		size -= n;
	}
	buf_add(&out->buf, bytes, size);
	return 0;
}

static void give_to_sink(struct json_out *out)
{
	out->sink(out->sink_arg, out->buf.data, out->buf.len);
	out->buf.len = 0;
}

static int add(const char *bytes, size_t size, void *arg)
{
	struct json_out *out = arg;
	buf_add(&out->buf, bytes, size);
	return 0;
}

static void dump(
    struct json_out *out, json_t *value, json_dump_callback_t add_bytes, size_t indent)
{
	enum {
		PIECE = 256 * 1024
	};

	/* 15 digits print 64.2 as 64.2 and still tell nanoseconds apart for days. */
	json_dump_callback(value, add_bytes, out,
	    JSON_INDENT(indent) | JSON_REAL_PRECISION(15) | JSON_ENCODE_ANY);
	json_decref(value);
	arena_deinit(&out->scratch);
	arena_init(&out->scratch, SCRATCH_LIMIT);
	if (out->sink && out->buf.len > PIECE)
		give_to_sink(out);
}

void json_out_member(struct json_out *out, const char *name, json_t *value)
{
	next_line(out);
	buf_printf(&out->buf, "\"%s\": ", name);
	dump(out, value, add_indented, 2);
}

void json_out_array_begin(struct json_out *out, const char *name)
{
	next_line(out);
	buf_printf(&out->buf, "\"%s\": [", name);
	out->depth++;
	out->first = true;
}

void json_out_item(struct json_out *out, json_t *value)
{
	next_line(out);
	dump(out, value, add_indented, 2);
}

void json_out_line(struct json_out *out, json_t *value)
{
	next_line(out);
	dump(out, value, add, 0);
}

void json_out_array_end(struct json_out *out)
{
	out->depth--;
	if (!out->first) {
		buf_puts(&out->buf, "\n");
		buf_fill(&out->buf, ' ', 2 * (size_t)out->depth);
	}
	buf_puts(&out->buf, "]");
	out->first = false;
}

char *json_out_end(struct json_out *out)
{
	buf_puts(&out->buf, "\n}\n");
	arena_deinit(&out->scratch);
	char *document = NULL;
	if (out->sink)
		give_to_sink(out);
	else
		document = buf_take(&out->buf);
	free(out->buf.data);
	return document;
}

json_t *json_out_text(struct json_out *out, const char *text)
{
	return json_out_long_text(out, text, MAX_TEXT);
}

json_t *json_out_long_text(struct json_out *out, const char *text, size_t max_bytes)
{
	if (!text)
		return json_null();
	return json_string_nocheck(
	    text_escape(&out->scratch, text, strlen(text), max_bytes));
}

json_t *json_out_texts(struct json_out *out, const char *const *items, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_out_text(out, items[i]));
	return list;
}

json_t *json_out_words(struct json_out *out, const struct words *w)
{
	json_t *list = json_array();
	for (size_t i = 0; i < w->n_items; i++)
		json_array_append_new(list, json_out_text(out, w->items[i]));
	return list;
}

json_t *json_out_attributes(unsigned attributes)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < N_ATTRIBUTES; i++)
		if (attributes & 1U << i)
			json_array_append_new(list, json_string(attribute_name(i)));
	return list;
}

json_t *json_out_ms(nsec_t t)
{
	nsec_t usec = (t + NSEC_PER_USEC / 2) / NSEC_PER_USEC;
	return json_real((double)usec / 1e3);
}

json_t *json_out_tool(
    struct json_out *out, const char *version, const struct catalogue *catalogue)
{
	json_t *tool = json_object(), *c = json_null();
	if (catalogue) {
		c = json_object();
		json_object_set_new(
		    c, "version", json_out_text(out, catalogue->version));
		json_object_set_new(c, "sha256", json_out_text(out, catalogue->sha256));
		json_object_set_new(c, "date", json_out_text(out, catalogue->date));
	}
	json_object_set_new(tool, "name", json_string("vnetprobe"));
	json_object_set_new(tool, "version", json_out_text(out, version));
	json_object_set_new(tool, "catalogue", c);
	return tool;
}

json_t *json_out_left_out(struct json_out *out, const struct left_out *l)
{
	json_t *o = json_object();
	json_object_set_new(o, "id", json_out_text(out, l->id));
	json_object_set_new(o, "reason", json_out_text(out, l->reason));
	return o;
}
