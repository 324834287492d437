/* SPDX-License-Identifier: MIT */
#include "report/merge_report.h"

#include <string.h>

#include "report/layout.h"
#include "report/text_parts.h"

enum {
	MAX_NAMES = 12,  /* nodes of a group that are named */
	MAX_ROWS = 50,   /* nodes that are listed, unless verbose */
	MAX_UNWELL = 6,  /* checks of such a node */
	COUNT_WIDTH = 7, /* of a column of numbers */
	NODE_WIDTH = 30,
	CHECK_WIDTH = 40
};

static void group(
    struct layout *l, const struct fleet *f, const struct fleet_group *g, size_t number)
{
	const struct cause *cause = cause_find(g->cause);
	const char *names[MAX_NAMES];
	size_t n = g->n_nodes < MAX_NAMES ? g->n_nodes : MAX_NAMES;
	for (size_t i = 0; i < n; i++)
		names[i] = merge_node_name(&f->nodes[g->nodes[i]]);
	const char *head = arena_printf(&l->scratch, "%zu. ", number);
	layout_put(l, COLOUR_BOLD, head);
	layout_put(l, text_status_colour(g->status), status_name(g->status));
	layout_put(l, COLOUR_NONE, "  ");
	layout_wrap(l, COLOUR_BOLD,
	    layout_clean(l, merge_group_words(f, g, &l->scratch)),
	    strlen(head) + strlen(status_name(g->status)) + 2);
	if (cause)
		layout_labelled(l, 4, "means", cause->sentence);
	const char *joined = layout_join(l, names, n, MAX_NAMES);
	layout_labelled(l, 4, "nodes",
	    g->n_nodes > n
		? arena_printf(&l->scratch, "%s and %zu more", joined, g->n_nodes - n)
		: joined);
	layout_labelled(l, 4, "elsewhere", merge_others_words(g, &l->scratch));
	layout_newline(l);
}

static void check_row(struct layout *l, const struct fleet *f, size_t check, bool all)
{
	size_t counts[STATUS_SKIPPED + 1];
	size_t sum = merge_count(f, check, counts);
	if (sum == 0 || (!all && counts[STATUS_PASS] + counts[STATUS_SKIPPED] == sum))
		return;
	layout_put(l, COLOUR_NONE, "  ");
	layout_left(l, COLOUR_NONE, layout_clean(l, f->checks[check]), CHECK_WIDTH);
	for (int i = STATUS_PASS; i <= STATUS_SKIPPED; i++)
		layout_right(l,
		    counts[i] ? text_status_colour((enum status)i) : COLOUR_DIM,
		    arena_printf(&l->scratch, "%zu", counts[i]), COUNT_WIDTH);
	layout_newline(l);
}

static void checks(struct layout *l, const struct fleet *f, bool all)
{
	static const char *const heads[] = { "pass", "warn", "fail", "incon.", "skip" };

	layout_left(l, COLOUR_BOLD, all ? "Checks" : "Checks, unless well everywhere",
	    CHECK_WIDTH + 2);
	for (int i = STATUS_PASS; i <= STATUS_SKIPPED; i++)
		layout_right(l, COLOUR_DIM, heads[i], COUNT_WIDTH);
	layout_newline(l);
	for (size_t i = 0; i < f->n_checks; i++)
		check_row(l, f, i, all);
	layout_newline(l);
}

static void node_row(struct layout *l, const struct fleet *f,
    const struct fleet_node *node, bool verbose)
{
	const char *unwell[MAX_UNWELL], *text = "";
	size_t n = merge_unwell(f, node, unwell, MAX_UNWELL);
	size_t shown = n < MAX_UNWELL ? n : MAX_UNWELL;
	if (n)
		text = layout_join(l, unwell, shown, MAX_UNWELL);
	if (n > shown)
		text = arena_printf(&l->scratch, "%s and %zu more", text, n - shown);
	if (verbose && merge_node_name(node) != node->report)
		text = arena_printf(&l->scratch, "%s%s(%s)", text, n ? " " : "",
		    layout_clean(l, node->report));
	layout_put(l, COLOUR_NONE, "  ");
	layout_left(l, text_status_colour(node->status), status_name(node->status), 13);
	layout_left(l, COLOUR_NONE, layout_clean(l, merge_node_name(node)), NODE_WIDTH);
	layout_put(l, COLOUR_NONE, " ");
	layout_wrap(l, COLOUR_NONE, text, NODE_WIDTH + 16);
}

static void nodes(struct layout *l, const struct fleet *f, bool verbose)
{
	size_t rows = 0, left = 0;
	layout_put(l, COLOUR_BOLD, verbose ? "Nodes" : "Nodes that are not well");
	layout_newline(l);
	for (size_t i = 0; i < f->n_nodes; i++) {
		const struct fleet_node *node = &f->nodes[i];
		if (!verbose && node->status == STATUS_PASS)
			continue;
		if (verbose || rows++ < MAX_ROWS)
			node_row(l, f, node, verbose);
		else
			left++;
	}
	if (left)
		layout_wrap(l, COLOUR_DIM,
		    arena_printf(&l->scratch, "  and %zu more, see -v", left), 2);
	layout_newline(l);
}

char *merge_text(const struct merge_report *m, const struct text_style *style)
{
	const struct fleet *f = m->fleet;
	struct layout l;
	layout_init(&l, style);
	for (size_t i = 0; i < f->n_groups; i++)
		group(&l, f, &f->groups[i], i + 1);
	bool well = f->counts[STATUS_PASS] == f->n_nodes;
	if (!style->quiet && f->n_nodes && (!well || style->verbose)) {
		checks(&l, f, style->verbose);
		nodes(&l, f, style->verbose);
	}
	layout_wrap(&l, COLOUR_NONE, merge_summary(m, &l.scratch), 0);
	return layout_end(&l);
}
