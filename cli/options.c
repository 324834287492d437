/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <assert.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "cli/message.h"
#include "probe/base/arena.h"
#include "probe/base/vec.h"

void options_init(struct options *o)
{
	*o = (struct options){
		.capture = { .snaplen = CAPTURE_SNAPLEN },
		.watch = {
			.interval = 300 * NSEC_PER_SEC,
			.jitter = -1,
			.keep_days = 30,
			.keep_mib = 64,
		},
	};
	addr_parse_port("127.0.0.1:9810", &o->watch.listen);
	settings_init(&o->settings);
}

void givens_add(struct givens *g, struct arena *arena, struct given item)
{
	g->items = vec_grow(arena, g->items, g->n_items, &g->cap, sizeof *g->items);
	g->items[g->n_items++] = item;
}

const struct given *givens_last(const struct givens *g, const struct option_row *row)
{
	const struct given *last = NULL;
	for (size_t i = 0; i < g->n_items; i++)
		if (g->items[i].row == row)
			last = &g->items[i];
	return last;
}

const struct option_row *option_find(const char *name)
{
	size_t n;
	const struct option_row *table = option_table(&n);
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

const struct option_row *option_namesake(const struct option_row *row)
{
	size_t n;
	const struct option_row *table = option_table(&n);
	for (size_t i = 0; i < n; i++)
		if (&table[i] != row && strcmp(table[i].name, row->name) == 0)
			return &table[i];
	return NULL;
}

const char *option_env_name(const struct option_row *row, struct arena *arena)
{
	char *name = arena_printf(arena, "VNETPROBE_%s", row->name);
	for (char *p = name; *p; p++) {
		if (*p == '-')
			*p = '_';
		else if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	}
	return name;
}

const char *option_key(const struct option_row *row, struct arena *arena)
{
	char *key = arena_strdup(arena, row->name);
	for (char *p = key; *p; p++)
		if (*p == '-')
			*p = '_';
	return key;
}

/* Brings the values of a switch to "true" and "false". */
static int read_switch(struct option_use *use)
{
	if (!use->value || strcmp(use->value, "1") == 0)
		use->value = "true";
	else if (strcmp(use->value, "0") == 0)
		use->value = "false";
	if (strcmp(use->value, "true") == 0 || strcmp(use->value, "false") == 0)
		return 0;
	input_error_set(use->error, "%s: \"%s\" is not valid; it must be true or false",
	    use->where, message_quote(use->arena, use->value));
	return -1;
}

/* Keeps a value as one that counts; what it replaces is forgotten. */
static void remember(const struct option_use *use)
{
	struct givens *g = &use->to->in_effect;
	bool replaces = use->first || !(use->row->flags & OPTION_LIST);
	size_t n = 0;
	for (size_t i = 0; replaces && i < g->n_items; i++)
		if (g->items[i].row != use->row)
			g->items[n++] = g->items[i];
	g->n_items = replaces ? n : g->n_items;
	givens_add(g, use->arena,
	    (struct given){
		.row = use->row, .value = use->value, .where = use->where });
}

static int store(struct option_use *use)
{
	if (use->row->set(use) < 0)
		return -1;
	remember(use);
	return 0;
}

static int set_each_item(struct option_use *use)
{
	const char *all = use->value;
	for (const char *item = all;; item++) {
		size_t len = strcspn(item, ",");
		if (len == 0) {
			input_error_set(use->error,
			    "%s: \"%s\" has an empty item; separate items by one comma",
			    use->where, message_quote(use->arena, all));
			return -1;
		}
		use->value = arena_strndup(use->arena, item, len);
		if (store(use) < 0)
			return -1;
		use->first = false;
		item += len;
		if (*item == '\0')
			return 0;
	}
}

static int apply_one(struct option_use *use)
{
	const struct option_row *row = use->row;
	if (!row->argument && read_switch(use) < 0)
		return -1;
	if (*use->value == '\0' && !(row->flags & OPTION_EMPTY_OK)) {
		input_error_set(use->error, "%s: the value is empty; give %s",
		    use->where, row->argument);
		return -1;
	}
	return row->flags & OPTION_COMMAS ? set_each_item(use) : store(use);
}

int options_apply(struct options *o, const struct givens *values, enum source source,
    struct arena *arena, struct input_error *reterr)
{
	const struct option_row *table = option_table(&(size_t){ 0 });
	for (size_t i = 0; i < values->n_items; i++) {
		const struct given *g = &values->items[i];
		enum source *set_by = &o->set_by[g->row - table];
		assert(*set_by <= source);
		struct option_use use = {
			.row = g->row,
			.value = g->value,
			.where = g->where,
			.source = source,
			.first = *set_by != source,
			.to = o,
			.arena = arena,
			.error = reterr,
		};
		if (apply_one(&use) < 0)
			return -1;
		*set_by = source;
	}
	return 0;
}

static int check_capture(
    const struct options *o, struct arena *arena, struct input_error *reterr)
{
	const struct capture_options *c = &o->capture;
	const char *wrong = NULL;
	if (c->pcap_all && !c->pcap)
		wrong = "--pcap-all: needs --pcap FILE";
	else if (c->pcap && c->given && c->when == CAPTURE_OFF)
		wrong = "--pcap: nothing is captured with --capture off";
	else if (c->pcap && o->output.redact)
		wrong = "--pcap: packets cannot be redacted; leave out --redact";
	for (size_t i = 0; !wrong && c->pcap && i < o->output.n_items; i++)
		if (o->output.items[i].file &&
		    strcmp(o->output.items[i].file, c->pcap) == 0)
			wrong = arena_printf(arena,
			    "--pcap: \"%s\" is the file of a report, too",
			    message_quote(arena, c->pcap));
	if (wrong)
		input_error_set(reterr, "%s", wrong);
	return wrong ? -1 : 0;
}

enum capture_when options_capture(const struct options *o)
{
	if (o->capture.given)
		return o->capture.when;
	if (o->capture.pcap)
		return CAPTURE_ON;
	return o->settings.listen ? CAPTURE_AUTO : CAPTURE_OFF;
}

int options_check(
    const struct options *o, struct arena *arena, struct input_error *reterr)
{
	const struct output_options *out = &o->output;
	if (check_capture(o, arena, reterr) < 0)
		return -1;
	for (size_t i = 0; i < out->n_items; i++) {
		for (size_t j = i + 1; j < out->n_items; j++) {
			const char *a = out->items[i].file, *b = out->items[j].file;
			if (!a && !b) {
				input_error_set(reterr,
				    "--output: two reports for standard output; give "
				    "all but one a file: FORMAT=FILE");
				return -1;
			}
			if (a && b && strcmp(a, b) == 0) {
				input_error_set(reterr,
				    "--output: two reports for \"%s\"; give each its "
				    "own file",
				    message_quote(arena, a));
				return -1;
			}
		}
	}
	return 0;
}
