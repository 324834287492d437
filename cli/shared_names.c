/* SPDX-License-Identifier: MIT */
#include "cli/shared_names.h"

static bool has_form(const struct option_row *row, const char *value)
{
	return row->valid && row->valid(value);
}

/* NULL: the value is for another command. */
static const struct option_row *row_for(
    const struct given *g, const struct command *c, bool is_typed)
{
	const struct option_row *other = option_namesake(g->row), *own = g->row;
	if (!other)
		return g->row;
	if (!command_takes(c, own) && command_takes(c, other)) {
		own = other;
		other = g->row;
	}
	bool is_others = !has_form(own, g->value) && has_form(other, g->value);
	return is_typed || !is_others ? own : NULL;
}

void shared_names_settle(struct givens *g, const struct command *c, bool is_typed)
{
	size_t n = 0;
	for (size_t i = 0; i < g->n_items; i++) {
		struct given item = g->items[i];
		item.row = row_for(&item, c, is_typed);
		if (item.row)
			g->items[n++] = item;
	}
	g->n_items = n;
}
