/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_YAML_FIELDS_H
#define CHECKS_YAML_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "checks/input/yaml_tree.h"

/*
 * Reads a YAML mapping into a struct by a table of its fields. Every failure is one
 * line with file, line and column, and says what would be right.
 */
struct yaml_source {
	const char *name; /* as it stands in messages */
	struct arena *arena;
	struct input_error *reterr;
};

struct yaml_field {
	const char *name;
	/* Reads value into *ret; 0, or -1 with the reason in src->reterr. */
	int (*read)(
	    const struct yaml_source *src, const struct yaml_node *value, void *ret);
	size_t offset; /* of the member that read() is given */
	bool required;
};

/** Sets "name:line:column: message" and returns -1. */
int yaml_fail(const struct yaml_source *src, const struct yaml_node *at,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/** A scalar of the document as it may stand in a message: escaped and cut. */
const char *yaml_shown(const struct yaml_source *src, const struct yaml_node *scalar);

/** Fails unless the node is of this kind. */
int yaml_expect(
    const struct yaml_source *src, const struct yaml_node *node, enum yaml_kind kind);

/** Reads all keys of a mapping; one that is in no row, or missing, is an error. */
int yaml_read_fields(const struct yaml_source *src, const struct yaml_node *mapping,
    const struct yaml_field *fields, size_t n_fields, void *into);

/** Readers for rows of a table; the type of *ret is in the name. */
int yaml_read_text(const struct yaml_source *src, const struct yaml_node *value,
    void *ret_text); /* const char *: one printable line, not empty */
int yaml_read_bool(const struct yaml_source *src, const struct yaml_node *value,
    void *ret_bool); /* bool: true or false, unquoted */
int yaml_read_port(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_uint16);

#endif
