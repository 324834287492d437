/* SPDX-License-Identifier: MIT */
#include "checks/plan/catalogue_rules.h"

#include <string.h>

#include "checks/input/suggest.h"
#include "probe/base/arena.h"
#include "probe/base/parse.h"

#define TOKEN                                                                          \
	"!#$%&'*+-.^_`|~0123456789"                                                    \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

int catalogue_read_mark(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_mark)
{
	static const char *const marks[] = {
		[MARK_DOCUMENTED] = "documented",
		[MARK_SEEN] = "seen",
		[MARK_BELIEVED] = "believed",
	};

	if (yaml_expect(src, value, YAML_SCALAR) < 0)
		return -1;
	struct suggestion s = suggest_begin(value->scalar);
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		suggest_feed(&s, marks[i]);
		if (strcmp(value->scalar, marks[i]) == 0) {
			*(enum mark *)ret_mark = (enum mark)i;
			return 0;
		}
	}
	return yaml_fail(src, value, "\"%s\" must be documented, seen or believed%s",
	    yaml_shown(src, value), suggest_clause(&s, src->arena));
}

int catalogue_read_header_name(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_text)
{
	if (yaml_read_text(src, value, ret_text) < 0)
		return -1;
	if (value->scalar[strspn(value->scalar, TOKEN)])
		return yaml_fail(
		    src, value, "\"%s\" is no HTTP field name", yaml_shown(src, value));
	return 0;
}

static int read_statuses(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_rule)
{
	struct answer_rule *rule = ret_rule;
	if (yaml_expect(src, value, YAML_SEQUENCE) < 0)
		return -1;
	int *statuses = arena_array(src->arena, value->n_items, sizeof *statuses);
	for (size_t i = 0; i < value->n_items; i++) {
		const struct yaml_node *item = value->items[i];
		uint64_t status;
		if (yaml_expect(src, item, YAML_SCALAR) < 0)
			return -1;
		if (!parse_uint(item->scalar, 599, &status) || status < 100)
			return yaml_fail(src, item,
			    "\"%s\" must be an HTTP status, 100 to 599",
			    yaml_shown(src, item));
		statuses[i] = (int)status;
	}
	rule->statuses = statuses;
	rule->n_statuses = value->n_items;
	return 0;
}

static const struct yaml_field rule_fields[] = {
	{ "status", read_statuses, 0, false },
	{ "header", catalogue_read_header_name, offsetof(struct answer_rule, header),
	    false },
	{ "header_contains", yaml_read_text,
	    offsetof(struct answer_rule, header_contains), false },
	{ "body_contains", yaml_read_text, offsetof(struct answer_rule, body_contains),
	    false },
	{ "meaning", yaml_read_text, offsetof(struct answer_rule, meaning), false },
	{ "mark", catalogue_read_mark, offsetof(struct answer_rule, mark), true },
};

static int read_rules(const struct yaml_source *src, const struct yaml_node *value,
    const struct answer_rule **ret, size_t *ret_n)
{
	if (yaml_expect(src, value, YAML_SEQUENCE) < 0)
		return -1;
	struct answer_rule *rules =
	    arena_array(src->arena, value->n_items, sizeof *rules);
	for (size_t i = 0; i < value->n_items; i++) {
		const struct yaml_node *item = value->items[i];
		if (yaml_read_fields(src, item, rule_fields,
			sizeof rule_fields / sizeof *rule_fields, &rules[i]) < 0)
			return -1;
		if (rules[i].header_contains && !rules[i].header)
			return yaml_fail(
			    src, item, "\"header_contains\" needs \"header\"");
		/* Anything at all would pass, and be called certain. */
		if (!rules[i].n_statuses && !rules[i].header &&
		    !rules[i].body_contains && rules[i].mark != MARK_BELIEVED)
			return yaml_fail(src, item,
			    "a rule without condition must be marked believed");
	}
	*ret = rules;
	*ret_n = value->n_items;
	return 0;
}

int catalogue_read_genuine(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_entry)
{
	struct catalogue_entry *e = ret_entry;
	return read_rules(src, value, &e->genuine, &e->n_genuine);
}

int catalogue_read_denied(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_entry)
{
	struct catalogue_entry *e = ret_entry;
	return read_rules(src, value, &e->denied, &e->n_denied);
}

static const struct yaml_field disclosure_fields[] = {
	{ "what", yaml_read_text, offsetof(struct disclosure, what), true },
	{ "header", catalogue_read_header_name, offsetof(struct disclosure, header),
	    false },
	{ "body_after", yaml_read_text, offsetof(struct disclosure, body_after),
	    false },
	{ "body_before", yaml_read_text, offsetof(struct disclosure, body_before),
	    false },
};

int catalogue_read_disclosures(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_entry)
{
	struct catalogue_entry *e = ret_entry;
	if (yaml_expect(src, value, YAML_SEQUENCE) < 0)
		return -1;
	struct disclosure *items =
	    arena_array(src->arena, value->n_items, sizeof *items);
	for (size_t i = 0; i < value->n_items; i++) {
		const struct yaml_node *item = value->items[i];
		if (yaml_read_fields(src, item, disclosure_fields,
			sizeof disclosure_fields / sizeof *disclosure_fields,
			&items[i]) < 0)
			return -1;
		bool between = items[i].body_after && items[i].body_before;
		bool any = items[i].body_after || items[i].body_before;
		if (any != between || between == (items[i].header != NULL))
			return yaml_fail(src, item,
			    "needs \"header\", or \"body_after\" and "
			    "\"body_before\"");
	}
	e->disclosures = items;
	e->n_disclosures = value->n_items;
	return 0;
}
