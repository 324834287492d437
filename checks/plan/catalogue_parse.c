/* SPDX-License-Identifier: MIT */
#include "checks/plan/catalogue_parse.h"

#include <string.h>

#include "checks/input/input_file.h"
#include "checks/input/suggest.h"
#include "checks/input/yaml_fields.h"
#include "checks/plan/catalogue_entry.h"
#include "probe/base/arena.h"
#include "probe/base/vec.h"

/* The parts of a family's mapping: its heading, and its checks as they stand. */
struct family {
	const char *title;
	const struct yaml_node *checks;
};

struct loader {
	struct yaml_source src;
	struct catalogue_entry *entries;
	size_t n_entries, cap;
};

static int read_checks(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_node)
{
	*(const struct yaml_node **)ret_node = value;
	return yaml_expect(src, value, YAML_SEQUENCE);
}

static bool same_cloud(const struct catalogue_entry *a, const struct catalogue_entry *b)
{
	for (unsigned i = 0; i < N_CLOUDS; i++)
		if (a->host[i] && b->host[i])
			return true;
	return false;
}

/* An id may stand twice when its facts differ by cloud, but never twice in one. */
static int check_id(
    struct loader *l, const struct yaml_node *item, const struct catalogue_entry *e)
{
	for (size_t i = 0; i < l->n_entries; i++)
		if (strcmp(l->entries[i].id, e->id) == 0 &&
		    same_cloud(&l->entries[i], e))
			return yaml_fail(&l->src, yaml_get(item, "id"),
			    "id \"%s\" stands twice for one cloud", e->id);
	return 0;
}

static int read_family(struct loader *l, const struct yaml_node *node)
{
	static const struct yaml_field fields[] = {
		{ "title", yaml_read_text, offsetof(struct family, title), true },
		{ "checks", read_checks, offsetof(struct family, checks), true },
	};

	struct family f = { 0 };
	if (yaml_read_fields(
		&l->src, node, fields, sizeof fields / sizeof *fields, &f) < 0)
		return -1;
	for (size_t i = 0; i < f.checks->n_items; i++) {
		struct catalogue_entry e = { .family = f.title };
		const struct yaml_node *item = f.checks->items[i];
		if (catalogue_read_entry(&l->src, item, &e) < 0 ||
		    check_id(l, item, &e) < 0)
			return -1;
		l->entries = vec_grow(l->src.arena, l->entries, l->n_entries, &l->cap,
		    sizeof *l->entries);
		l->entries[l->n_entries++] = e;
	}
	return 0;
}

static bool lists(const struct yaml_node *families, const char *name)
{
	for (size_t i = 0; i < families->n_items; i++)
		if (strcmp(families->items[i]->scalar, name) == 0)
			return true;
	return false;
}

/* Every key of the document is one of ours or a family that is listed. */
static int check_top_keys(const struct yaml_source *src, const struct yaml_node *root,
    const struct yaml_node *families)
{
	static const char *const own[] = { "version", "date", "families" };
	for (size_t i = 0; i < root->n_items; i++) {
		const struct yaml_node *key = root->keys[i];
		struct suggestion s = suggest_begin(key->scalar);
		bool known = lists(families, key->scalar);
		for (size_t k = 0; k < sizeof own / sizeof *own; k++) {
			known = known || strcmp(key->scalar, own[k]) == 0;
			suggest_feed(&s, own[k]);
		}
		for (size_t k = 0; k < families->n_items; k++)
			suggest_feed(&s, families->items[k]->scalar);
		if (!known)
			return yaml_fail(src, key,
			    "unknown key \"%s\", not listed in \"families\"%s",
			    yaml_shown(src, key), suggest_clause(&s, src->arena));
	}
	return 0;
}

static int read_families(struct loader *l, const struct yaml_node *root)
{
	const struct yaml_node *families = yaml_get(root, "families");
	if (!families)
		return yaml_fail(&l->src, root, "\"families\" is missing");
	if (yaml_expect(&l->src, families, YAML_SEQUENCE) < 0)
		return -1;
	for (size_t i = 0; i < families->n_items; i++) {
		const char *name;
		if (yaml_read_text(&l->src, families->items[i], &name) < 0)
			return -1;
	}
	if (check_top_keys(&l->src, root, families) < 0)
		return -1;
	for (size_t i = 0; i < families->n_items; i++) {
		const struct yaml_node *item = families->items[i];
		const struct yaml_node *node = yaml_get(root, item->scalar);
		if (!node)
			return yaml_fail(&l->src, item, "family \"%s\" is missing",
			    yaml_shown(&l->src, item));
		if (read_family(l, node) < 0)
			return -1;
	}
	return 0;
}

static int read_head(
    const struct yaml_source *src, const struct yaml_node *root, struct catalogue *ret)
{
	static const struct {
		const char *name;
		size_t offset;
	} texts[] = {
		{ "version", offsetof(struct catalogue, version) },
		{ "date", offsetof(struct catalogue, date) },
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const struct yaml_node *value = yaml_get(root, texts[i].name);
		if (!value)
			return yaml_fail(src, root, "\"%s\" is missing", texts[i].name);
		if (yaml_read_text(src, value, (char *)ret + texts[i].offset) < 0)
			return -1;
	}
	return 0;
}

int catalogue_parse(const char *name, const char *text, size_t len, struct arena *arena,
    struct catalogue *ret, struct input_error *reterr)
{
	struct loader l = {
		.src = { input_file_shown(name, arena), arena, reterr },
	};
	const struct yaml_node *root;
	*ret = (struct catalogue){ 0 };
	if (yaml_parse(name, text, len, arena, &root, reterr) < 0 ||
	    yaml_expect(&l.src, root, YAML_MAPPING) < 0 ||
	    read_head(&l.src, root, ret) < 0 || read_families(&l, root) < 0)
		return -1;
	ret->entries = l.entries;
	ret->n_entries = l.n_entries;
	return 0;
}
