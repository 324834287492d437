/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_YAML_TREE_H
#define CHECKS_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct input_error;

/*
 * A YAML document as a tree whose every node knows where it stands. For
 * configurations and catalogues, which may come from strangers: at most 1 MiB,
 * 16 levels, 50,000 nodes; anchors, aliases, tags and more than one document are
 * refused, and so is a key that stands twice in one mapping.
 */

enum yaml_kind {
	YAML_SCALAR,
	YAML_SEQUENCE,
	YAML_MAPPING
};

struct yaml_node {
	enum yaml_kind kind;
	size_t line, column; /* from 1 */
	const char *scalar;  /* without NUL inside; "" for an empty value */
	bool plain;          /* written without quotes */
	const struct yaml_node *const *items; /* sequence */
	const struct yaml_node *const *keys;  /* mapping; always scalars */
	const struct yaml_node *const *values;
	size_t n_items; /* of the sequence or mapping */
};

/** Value of a mapping's key, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);

/** "a mapping", "a list" or "a single value", for messages. */
const char *yaml_kind_name(enum yaml_kind kind);

/**
 * Parses text. An empty document gives an empty mapping.
 * Returns 0, or -1 with "name:line:column: reason" in *reterr.
 */
int yaml_parse(const char *name, const char *text, size_t len, struct arena *arena,
    const struct yaml_node **ret, struct input_error *reterr);

/** Reads and parses a regular file. Returns 0, or -1 with the reason in *reterr. */
int yaml_read(const char *path, struct arena *arena, const struct yaml_node **ret,
    struct input_error *reterr);

#endif
