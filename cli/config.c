/* SPDX-License-Identifier: MIT */
#include "cli/config.h"

#include <string.h>

#include "checks/input/input_error.h"
#include "checks/input/input_file.h"
#include "checks/input/suggest.h"
#include "checks/input/yaml_tree.h"
#include "cli/message.h"
#include "probe/base/arena.h"

struct config_reader {
	const char *file; /* as shown */
	struct arena *arena;
	struct givens *givens;
	struct input_error *error;
	const char *keys[OPTIONS_MAX]; /* by row; NULL when it is no key */
};

static const struct option_row *row_of_key(
    const struct config_reader *r, const char *key)
{
	size_t n;
	const struct option_row *table = option_table(&n);
	for (size_t i = 0; i < n; i++)
		if (r->keys[i] && strcmp(r->keys[i], key) == 0)
			return &table[i];
	return NULL;
}

static int unknown_key(struct config_reader *r, const struct yaml_node *key)
{
	size_t n;
	struct suggestion s = suggest_begin(key->scalar);
	option_table(&n);
	for (size_t i = 0; i < n; i++)
		if (r->keys[i])
			suggest_feed(&s, r->keys[i]);
	input_error_at(r->error, r->file, key->line, key->column,
	    "unknown key \"%s\"%s", message_quote(r->arena, key->scalar),
	    s.nearest ? suggest_clause(&s, r->arena)
		      : "; keys are the long options with _ for -");
	return -1;
}

static int wrong_kind(
    struct config_reader *r, const struct yaml_node *node, const char *key, bool list)
{
	input_error_at(r->error, r->file, node->line, node->column,
	    "%s: %s is given where %s is expected", key, yaml_kind_name(node->kind),
	    list ? "a single value or a list" : "a single value");
	return -1;
}

/* An unquoted nothing, in each way YAML 1.2 can write it (core schema, 10.3.2). */
static bool is_null(const struct yaml_node *node)
{
	return node->plain &&
	       (node->scalar[0] == '\0' || strcmp(node->scalar, "~") == 0 ||
		   strcmp(node->scalar, "null") == 0);
}

static int add_scalar(struct config_reader *r, const struct option_row *row,
    const char *key, const struct yaml_node *node)
{
	if (is_null(node)) {
		input_error_at(r->error, r->file, node->line, node->column,
		    "%s: has no value; give %s or leave the key out", key,
		    row->argument ? row->argument : "true or false");
		return -1;
	}
	givens_add(r->givens, r->arena,
	    (struct given){
		.row = row,
		.value = node->scalar,
		.where = arena_printf(
		    r->arena, "%s:%zu:%zu: %s", r->file, node->line, node->column, key),
	    });
	return 0;
}

static int add_pair(
    struct config_reader *r, const struct yaml_node *key, const struct yaml_node *value)
{
	const struct option_row *row = row_of_key(r, key->scalar);
	if (!row)
		return unknown_key(r, key);
	bool list = row->flags & OPTION_LIST;
	if (value->kind == YAML_SCALAR)
		return add_scalar(r, row, key->scalar, value);
	if (value->kind == YAML_MAPPING || !list)
		return wrong_kind(r, value, key->scalar, list);
	for (size_t i = 0; i < value->n_items; i++) {
		const struct yaml_node *item = value->items[i];
		if (item->kind != YAML_SCALAR)
			return wrong_kind(r, item, key->scalar, false);
		if (add_scalar(r, row, key->scalar, item) < 0)
			return -1;
	}
	return 0;
}

int config_from_tree(const char *name, const struct yaml_node *root,
    struct arena *arena, struct givens *ret, struct input_error *reterr)
{
	struct config_reader r = {
		.file = input_file_shown(name, arena),
		.arena = arena,
		.givens = ret,
		.error = reterr,
	};
	size_t n;
	const struct option_row *table = option_table(&n);
	for (size_t i = 0; i < n; i++)
		if (!(table[i].flags & OPTION_NO_FILE))
			r.keys[i] = option_key(&table[i], arena);
	if (root->kind != YAML_MAPPING) {
		input_error_at(reterr, r.file, root->line, root->column,
		    "%s is given where a mapping of options is expected",
		    yaml_kind_name(root->kind));
		return -1;
	}
	for (size_t i = 0; i < root->n_items; i++)
		if (add_pair(&r, root->keys[i], root->values[i]) < 0)
			return -1;
	return 0;
}

int config_read(const char *path, struct arena *arena, struct givens *ret,
    struct input_error *reterr)
{
	const struct yaml_node *root;
	if (yaml_read(path, arena, &root, reterr) < 0)
		return -1;
	return config_from_tree(path, root, arena, ret, reterr);
}
