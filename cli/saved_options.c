/* SPDX-License-Identifier: MIT */
#include "cli/saved_options.h"

#include <string.h>
#include <sys/socket.h>

#include "checks/input/input_error.h"
#include "checks/input/suggest.h"
#include "checks/plan/proxy_choice.h"
#include "cli/message.h"
#include "probe/base/arena.h"

/* "ipv4" and "ipv6" exclude each other, so only the one that won is told. */
static bool lost(const struct options *o, const struct given *g)
{
	sa_family_t only = o->settings.only_family;
	if (strcmp(g->row->name, "ipv4") == 0)
		return only != AF_INET;
	return strcmp(g->row->name, "ipv6") == 0 && only != AF_INET6;
}

static bool is_saved(const struct options *o, const struct given *g)
{
	return !(g->row->flags & (OPTION_NO_FILE | OPTION_NOT_SAVED)) && !lost(o, g);
}

static enum saved_form form_of(const struct option_row *row)
{
	if (!row->argument)
		return SAVED_SWITCH;
	return row->flags & OPTION_LIST ? SAVED_LIST : SAVED_VALUE;
}

/* All values of one row, in the order in which they were given. */
static struct saved_setting collect(
    const struct options *o, const struct option_row *row, struct arena *arena)
{
	const struct givens *g = &o->in_effect;
	const char **values = arena_array(arena, g->n_items, sizeof *values);
	struct saved_setting s = {
		.key = option_key(row, arena),
		.values = values,
		.form = form_of(row),
	};
	for (size_t i = 0; i < g->n_items; i++) {
		if (g->items[i].row != row || !is_saved(o, &g->items[i]))
			continue;
		const char *value = g->items[i].value;
		values[s.n_values++] = row->flags & OPTION_CREDENTIALS
					   ? proxy_without_credentials(value, arena)
					   : value;
	}
	return s;
}

void saved_options_from(
    const struct options *o, struct arena *arena, struct saved_settings *ret)
{
	const struct settings *s = &o->settings;
	size_t n;
	const struct option_row *table = option_table(&n);
	struct saved_setting *items = arena_array(arena, n, sizeof *items);
	*ret = (struct saved_settings){
		.items = items,
		.http_proxy = proxy_without_credentials(s->env_http_proxy, arena),
		.https_proxy = proxy_without_credentials(s->env_https_proxy, arena),
		.all_proxy = proxy_without_credentials(s->env_all_proxy, arena),
		.no_proxy = s->env_no_proxy,
		.proxy_from = {
			.proxy = proxy_source_shown(s->proxy_from.proxy),
			.noproxy = proxy_source_shown(s->proxy_from.noproxy),
			.https_proxy = s->proxy_from.https_proxy,
			.all_proxy = s->proxy_from.all_proxy,
			.no_proxy = s->proxy_from.no_proxy,
		},
	};
	for (size_t i = 0; i < n; i++) {
		if (!o->set_by[i])
			continue;
		struct saved_setting item = collect(o, &table[i], arena);
		if (item.n_values)
			items[ret->n_items++] = item;
	}
}

/* --- And back --------------------------------------------------------------------- */

static const struct option_row *row_of_key(
    const char *key, struct arena *arena, struct suggestion *s)
{
	size_t n;
	const struct option_row *table = option_table(&n);
	for (size_t i = 0; i < n; i++) {
		const char *name = option_key(&table[i], arena);
		if (table[i].flags & (OPTION_NO_FILE | OPTION_NOT_SAVED))
			continue;
		if (strcmp(name, key) == 0)
			return &table[i];
		suggest_feed(s, name);
	}
	return NULL;
}

static int add_setting(const struct saved_setting *item, const char *name,
    struct arena *arena, struct givens *to, struct input_error *reterr)
{
	struct suggestion s = suggest_begin(item->key);
	const struct option_row *row = row_of_key(item->key, arena, &s);
	const char *where = arena_printf(
	    arena, "%s: run.settings.%s", name, message_quote(arena, item->key));
	if (!row) {
		input_error_set(reterr, "%s: is no option of this version%s", where,
		    suggest_clause(&s, arena));
		return -1;
	}
	if (form_of(row) != item->form) {
		input_error_set(reterr, "%s: must be %s", where,
		    form_of(row) == SAVED_LIST     ? "a list of strings"
		    : form_of(row) == SAVED_SWITCH ? "true or false"
						   : "a string");
		return -1;
	}
	for (size_t i = 0; i < item->n_values; i++)
		givens_add(to, arena,
		    (struct given){
			.row = row, .value = item->values[i], .where = where });
	return 0;
}

int saved_options_read(const struct saved_settings *saved, const char *name,
    struct arena *arena, struct options *ret, struct input_error *reterr)
{
	struct givens values = { .items = NULL };
	options_init(ret);
	ret->settings.env_http_proxy = saved->http_proxy;
	ret->settings.env_https_proxy = saved->https_proxy;
	ret->settings.env_all_proxy = saved->all_proxy;
	ret->settings.env_no_proxy = saved->no_proxy;
	for (size_t i = 0; i < saved->n_items; i++)
		if (add_setting(&saved->items[i], name, arena, &values, reterr) < 0)
			return -1;
	if (options_apply(ret, &values, SOURCE_FILE, arena, reterr) < 0)
		return -1;
	/* Where the settings stood then, not where they stand in the report. */
	ret->settings.proxy_from = saved->proxy_from;
	return 0;
}
