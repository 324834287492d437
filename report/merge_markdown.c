/* SPDX-License-Identifier: MIT */
#include "probe/base/arena.h"
#include "report/markdown_text.h"
#include "report/merge_report.h"

enum {
	MAX_ROWS = 100, /* unless verbose: a comment may have 64 KiB */
	MAX_UNWELL = 6
};

static void groups(struct buf *b, const struct fleet *f, struct arena *scratch)
{
	if (f->n_groups)
		buf_puts(b, "| status | cause | elsewhere |\n| --- | --- | --- |\n");
	for (size_t i = 0; i < f->n_groups && i < MAX_ROWS; i++) {
		const struct fleet_group *g = &f->groups[i];
		buf_printf(b, "| %s | ", status_name(g->status));
		markdown_text(b, merge_group_words(f, g, scratch));
		buf_puts(b, " | ");
		markdown_text(b, merge_others_words(g, scratch));
		buf_puts(b, " |\n");
	}
	if (f->n_groups > MAX_ROWS)
		buf_printf(
		    b, "\n%zu more causes are left out.\n", f->n_groups - MAX_ROWS);
	if (f->n_groups)
		buf_puts(b, "\n");
}

static void node_row(
    struct buf *b, const struct fleet *f, const struct fleet_node *node)
{
	const char *unwell[MAX_UNWELL];
	size_t n = merge_unwell(f, node, unwell, MAX_UNWELL);
	buf_puts(b, "| ");
	markdown_text(b, merge_node_name(node));
	buf_printf(b, " | %s | ", status_name(node->status));
	for (size_t i = 0; i < n && i < MAX_UNWELL; i++) {
		buf_puts(b, i ? ", " : "");
		markdown_text(b, unwell[i]);
	}
	if (n > MAX_UNWELL)
		buf_printf(b, " and %zu more", n - MAX_UNWELL);
	buf_puts(b, " |\n");
}

static void nodes(struct buf *b, const struct fleet *f, bool verbose)
{
	size_t rows = 0, left = 0;
	for (size_t i = 0; i < f->n_nodes; i++) {
		const struct fleet_node *node = &f->nodes[i];
		if (!verbose && node->status == STATUS_PASS)
			continue;
		if (!verbose && rows == MAX_ROWS) {
			left++;
			continue;
		}
		if (rows++ == 0)
			buf_puts(b, "| node | status | checks that are not well |\n"
				    "| --- | --- | --- |\n");
		node_row(b, f, node);
	}
	if (left)
		buf_printf(b, "\n%zu more nodes are left out.\n", left);
}

char *merge_markdown(const struct merge_report *m, bool verbose)
{
	struct buf b = { .data = NULL };
	struct arena scratch;
	arena_init(&scratch, (size_t)1 << 30);
	buf_puts(&b, "## Nodes and checks\n\n");
	markdown_text(&b, merge_summary(m, &scratch));
	buf_puts(&b, "\n\n");
	groups(&b, m->fleet, &scratch);
	nodes(&b, m->fleet, verbose);
	arena_deinit(&scratch);
	return buf_take(&b);
}
