/* SPDX-License-Identifier: MIT */
#include "checks/input/yaml_fields.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/input/suggest.h"
#include "probe/base/arena.h"
#include "probe/base/parse.h"
#include "probe/base/text.h"

enum {
	MAX_SHOWN = 60, /* bytes of the document in a message */
	MAX_TEXT = 1000 /* bytes of one value */
};

int yaml_fail(
    const struct yaml_source *src, const struct yaml_node *at, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	const char *message = arena_vprintf(src->arena, fmt, ap);
	va_end(ap);
	input_error_at(src->reterr, src->name, at->line, at->column, "%s", message);
	return -1;
}

const char *yaml_shown(const struct yaml_source *src, const struct yaml_node *scalar)
{
	return text_escape(
	    src->arena, scalar->scalar, strlen(scalar->scalar), MAX_SHOWN);
}

int yaml_expect(
    const struct yaml_source *src, const struct yaml_node *node, enum yaml_kind kind)
{
	if (node->kind == kind)
		return 0;
	return yaml_fail(src, node, "expected %s, found %s", yaml_kind_name(kind),
	    yaml_kind_name(node->kind));
}

static int unknown_key(const struct yaml_source *src, const struct yaml_node *key,
    const struct yaml_field *fields, size_t n_fields)
{
	struct suggestion s = suggest_begin(key->scalar);
	for (size_t i = 0; i < n_fields; i++)
		suggest_feed(&s, fields[i].name);
	return yaml_fail(src, key, "unknown key \"%s\"%s", yaml_shown(src, key),
	    suggest_clause(&s, src->arena));
}

static int read_field(const struct yaml_source *src, const struct yaml_field *field,
    const struct yaml_node *value, void *into)
{
	return field->read(src, value, (char *)into + field->offset);
}

static int read_key(const struct yaml_source *src, const struct yaml_node *mapping,
    size_t i, const struct yaml_field *fields, size_t n_fields, void *into)
{
	for (size_t k = 0; k < n_fields; k++)
		if (strcmp(mapping->keys[i]->scalar, fields[k].name) == 0)
			return read_field(src, &fields[k], mapping->values[i], into);
	return unknown_key(src, mapping->keys[i], fields, n_fields);
}

int yaml_read_fields(const struct yaml_source *src, const struct yaml_node *mapping,
    const struct yaml_field *fields, size_t n_fields, void *into)
{
	if (yaml_expect(src, mapping, YAML_MAPPING) < 0)
		return -1;
	for (size_t i = 0; i < mapping->n_items; i++)
		if (read_key(src, mapping, i, fields, n_fields, into) < 0)
			return -1;
	for (size_t i = 0; i < n_fields; i++)
		if (fields[i].required && !yaml_get(mapping, fields[i].name))
			return yaml_fail(
			    src, mapping, "\"%s\" is missing", fields[i].name);
	return 0;
}

int yaml_read_text(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_text)
{
	if (yaml_expect(src, value, YAML_SCALAR) < 0)
		return -1;
	size_t len = strlen(value->scalar);
	if (!len)
		return yaml_fail(src, value, "a text must not be empty");
	if (len > MAX_TEXT)
		return yaml_fail(src, value, "longer than %d bytes", MAX_TEXT);
	if (strcmp(text_escape(src->arena, value->scalar, len, MAX_TEXT),
		value->scalar) != 0)
		return yaml_fail(src, value,
		    "\"%s\" has line breaks or control characters",
		    yaml_shown(src, value));
	*(const char **)ret_text = value->scalar;
	return 0;
}

int yaml_read_bool(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_bool)
{
	if (yaml_expect(src, value, YAML_SCALAR) < 0)
		return -1;
	bool yes = strcmp(value->scalar, "true") == 0;
	if (!value->plain || (!yes && strcmp(value->scalar, "false") != 0))
		return yaml_fail(
		    src, value, "\"%s\" must be true or false", yaml_shown(src, value));
	*(bool *)ret_bool = yes;
	return 0;
}

int yaml_read_port(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_uint16)
{
	if (yaml_expect(src, value, YAML_SCALAR) < 0)
		return -1;
	if (!parse_port(value->scalar, ret_uint16))
		return yaml_fail(src, value, "\"%s\" must be a port, 1 to 65535",
		    yaml_shown(src, value));
	return 0;
}
