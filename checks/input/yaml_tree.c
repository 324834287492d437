/* SPDX-License-Identifier: MIT */
#include "checks/input/yaml_tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "checks/input/input_error.h"
#include "checks/input/input_file.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/base/vec.h"

enum {
	MAX_DEPTH = 16,
	MAX_NODES = 50000,
	MAX_QUOTED = 60, /* bytes of the document in a message */
};

/* One parse: libyaml's events in, nodes out. */
struct builder {
	yaml_parser_t parser;
	const char *name, *text;
	size_t len;
	struct arena *arena;
	struct input_error *reterr;
	size_t n_nodes;
};

/* The children of a node while they are being collected. */
struct children {
	const struct yaml_node **items;
	size_t n, cap;
};

const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key)
{
	for (size_t i = 0; i < mapping->n_items; i++)
		if (strcmp(mapping->keys[i]->scalar, key) == 0)
			return mapping->values[i];
	return NULL;
}

const char *yaml_kind_name(enum yaml_kind kind)
{
	static const char *const names[] = {
		[YAML_SCALAR] = "a single value",
		[YAML_SEQUENCE] = "a list",
		[YAML_MAPPING] = "a mapping",
	};
	return names[kind];
}

static int fail_at(struct builder *b, yaml_mark_t mark, const char *reason)
{
	input_error_at(
	    b->reterr, b->name, mark.line + 1, mark.column + 1, "%s", reason);
	return -1;
}

/* libyaml's reader tells the byte, not the line, that is no text. */
static int fail_at_byte(struct builder *b, size_t offset, const char *reason)
{
	yaml_mark_t mark = { 0 };
	for (size_t i = 0; i < offset && i < b->len; i++) {
		if (b->text[i] == '\n') {
			mark.line++;
			mark.column = 0;
		} else if (((unsigned char)b->text[i] & 0xc0) != 0x80) {
			mark.column++;
		}
	}
	return fail_at(b, mark, reason);
}

static int fail_parser(struct builder *b)
{
	const yaml_parser_t *p = &b->parser;
	const char *problem = p->problem ? p->problem : "not a YAML document";
	switch (p->error) {
	case YAML_MEMORY_ERROR:
		input_error_set(b->reterr, "%s: out of memory", b->name);
		return -1;
	case YAML_READER_ERROR:
		return fail_at_byte(b, p->problem_offset,
		    p->problem_value == 0 ? "a NUL byte is no text" : problem);
	default:
		return fail_at(b, p->problem_mark, problem);
	}
}

static int next_event(struct builder *b, yaml_event_t *event)
{
	return yaml_parser_parse(&b->parser, event) ? 0 : fail_parser(b);
}

/* What makes a document larger than its text, or types guessed. */
static const char *refused_feature(const yaml_event_t *event)
{
	const unsigned char *anchor = NULL, *tag = NULL;
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return "aliases are not supported";
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	default:
		break;
	}
	if (anchor)
		return "anchors are not supported";
	return tag ? "tags are not supported" : NULL;
}

static int build_scalar(
    struct builder *b, const yaml_event_t *event, struct yaml_node *node)
{
	const char *value = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	if (memchr(value, '\0', len))
		return fail_at(b, event->start_mark, "a NUL character inside a value");
	node->kind = YAML_SCALAR;
	node->scalar = arena_strndup(b->arena, value, len);
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return 0;
}

static void add_child(
    struct builder *b, struct children *c, const struct yaml_node *node)
{
	c->items = vec_grow(b->arena, c->items, c->n, &c->cap, sizeof *c->items);
	c->items[c->n++] = node;
}

static int build_node(struct builder *b, const yaml_event_t *event, unsigned depth,
    const struct yaml_node **ret);

/* The next child of a collection; *ret is NULL at its end. */
static int build_child(struct builder *b, unsigned depth, const struct yaml_node **ret)
{
	yaml_event_t event;
	int r = 0;
	*ret = NULL;
	if (next_event(b, &event) < 0)
		return -1;
	if (event.type != YAML_SEQUENCE_END_EVENT &&
	    event.type != YAML_MAPPING_END_EVENT)
		r = build_node(b, &event, depth, ret);
	yaml_event_delete(&event);
	return r;
}

static int build_sequence(struct builder *b, unsigned depth, struct yaml_node *node)
{
	struct children items = { 0 };
	for (;;) {
		const struct yaml_node *child;
		if (build_child(b, depth + 1, &child) < 0)
			return -1;
		if (!child)
			break;
		add_child(b, &items, child);
	}
	node->kind = YAML_SEQUENCE;
	node->items = items.items;
	node->n_items = items.n;
	return 0;
}

static int compare_keys(const void *a, const void *b)
{
	const struct yaml_node *const *x = a, *const *y = b;
	int order = strcmp((*x)->scalar, (*y)->scalar);
	if (order)
		return order;
	if ((*x)->line != (*y)->line)
		return (*x)->line < (*y)->line ? -1 : 1;
	return (*x)->column < (*y)->column ? -1 : 1;
}

/* Sorted, because a hostile mapping may have tens of thousands of keys. */
static int check_unique(struct builder *b, const struct children *keys)
{
	if (keys->n < 2)
		return 0;
	const struct yaml_node **sorted =
	    arena_memdup(b->arena, keys->items, keys->n * sizeof *sorted);
	qsort(sorted, keys->n, sizeof *sorted, compare_keys);
	for (size_t i = 1; i < keys->n; i++) {
		const struct yaml_node *first = sorted[i - 1], *again = sorted[i];
		if (strcmp(first->scalar, again->scalar) != 0)
			continue;
		input_error_at(b->reterr, b->name, again->line, again->column,
		    "key \"%s\" stands twice, first in line %zu",
		    text_escape(
			b->arena, again->scalar, strlen(again->scalar), MAX_QUOTED),
		    first->line);
		return -1;
	}
	return 0;
}

static int build_mapping(struct builder *b, unsigned depth, struct yaml_node *node)
{
	struct children keys = { 0 }, values = { 0 };
	for (;;) {
		const struct yaml_node *key, *value;
		if (build_child(b, depth + 1, &key) < 0)
			return -1;
		if (!key)
			break;
		if (key->kind != YAML_SCALAR) {
			input_error_at(b->reterr, b->name, key->line, key->column,
			    "a key must be a single value, not %s",
			    yaml_kind_name(key->kind));
			return -1;
		}
		if (build_child(b, depth + 1, &value) < 0)
			return -1;
		add_child(b, &keys, key);
		add_child(b, &values, value);
	}
	node->kind = YAML_MAPPING;
	node->keys = keys.items;
	node->values = values.items;
	node->n_items = keys.n;
	return check_unique(b, &keys);
}

static int build_node(struct builder *b, const yaml_event_t *event, unsigned depth,
    const struct yaml_node **ret)
{
	const char *refused = refused_feature(event);
	if (refused)
		return fail_at(b, event->start_mark, refused);
	if (depth > MAX_DEPTH)
		return fail_at(b, event->start_mark, "nested deeper than 16 levels");
	if (++b->n_nodes > MAX_NODES)
		return fail_at(b, event->start_mark, "more than 50000 values");

	struct yaml_node *node = arena_alloc(b->arena, sizeof *node);
	node->line = event->start_mark.line + 1;
	node->column = event->start_mark.column + 1;
	*ret = node;
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return build_scalar(b, event, node);
	case YAML_SEQUENCE_START_EVENT:
		return build_sequence(b, depth, node);
	default:
		assert(event->type == YAML_MAPPING_START_EVENT);
		return build_mapping(b, depth, node);
	}
}

/* Skips to the first event that is the root node, or the end of the stream. */
static int first_event(struct builder *b, yaml_event_t *event)
{
	for (;;) {
		if (next_event(b, event) < 0)
			return -1;
		if (event->type != YAML_STREAM_START_EVENT &&
		    event->type != YAML_DOCUMENT_START_EVENT)
			return 0;
		yaml_event_delete(event);
	}
}

static int expect_end(struct builder *b)
{
	yaml_event_type_t type;
	yaml_mark_t mark;
	do {
		yaml_event_t event;
		if (next_event(b, &event) < 0)
			return -1;
		type = event.type;
		mark = event.start_mark;
		yaml_event_delete(&event);
	} while (type == YAML_DOCUMENT_END_EVENT);
	return type == YAML_STREAM_END_EVENT
		   ? 0
		   : fail_at(b, mark, "more than one document");
}

static const struct yaml_node *empty_mapping(struct arena *arena)
{
	struct yaml_node *node = arena_alloc(arena, sizeof *node);
	node->kind = YAML_MAPPING;
	node->line = node->column = 1;
	return node;
}

static int build_document(struct builder *b, const struct yaml_node **ret)
{
	yaml_event_t event;
	if (first_event(b, &event) < 0)
		return -1;
	bool ended = event.type == YAML_STREAM_END_EVENT;
	int r = ended ? 0 : build_node(b, &event, 1, ret);
	yaml_event_delete(&event);
	if (r < 0)
		return -1;
	if (ended || ((*ret)->kind == YAML_SCALAR && (*ret)->plain && !*(*ret)->scalar))
		*ret = empty_mapping(b->arena);
	return ended ? 0 : expect_end(b);
}

int yaml_parse(const char *name, const char *text, size_t len, struct arena *arena,
    const struct yaml_node **ret, struct input_error *reterr)
{
	struct builder b = {
		.name = input_file_shown(name, arena),
		.text = text,
		.len = len,
		.arena = arena,
		.reterr = reterr,
	};
	if (len > INPUT_FILE_MAX) {
		input_error_set(reterr, "%s: too large, at most %zu bytes are read",
		    b.name, INPUT_FILE_MAX);
		return -1;
	}
	if (!yaml_parser_initialize(&b.parser)) {
		input_error_set(reterr, "%s: out of memory", b.name);
		return -1;
	}
	/* Without this a file may choose UTF-16 by its first bytes. */
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&b.parser, (const unsigned char *)text, len);
	int r = build_document(&b, ret);
	yaml_parser_delete(&b.parser);
	return r;
}

int yaml_read(const char *path, struct arena *arena, const struct yaml_node **ret,
    struct input_error *reterr)
{
	const char *text;
	size_t len;
	if (input_file_read(path, arena, &text, &len, reterr) < 0)
		return -1;
	return yaml_parse(path, text, len, arena, ret, reterr);
}
