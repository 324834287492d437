/* SPDX-License-Identifier: MIT */
#include "probe/base/arena.h"
#include "report/merge_report.h"

enum {
	SHOWN_CHECKS = 8,
	SHOWN_NETWORKS = 4
};

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

const char *merge_summary(const struct merge_report *m, struct arena *arena)
{
	const struct fleet *f = m->fleet;
	const char *text =
	    arena_printf(arena, "%zu node%s", f->n_nodes, plural(f->n_nodes));
	const char *separator = ": ";
	for (int i = STATUS_PASS; i <= STATUS_SKIPPED; i++) {
		if (!f->counts[i])
			continue;
		text = arena_printf(arena, "%s%s%zu %s", text, separator, f->counts[i],
		    status_name((enum status)i));
		separator = ", ";
	}
	if (m->n_unreadable)
		text = arena_printf(arena, "%s; %zu report%s could not be read", text,
		    m->n_unreadable, plural(m->n_unreadable));
	return text;
}

/* "a, b and 3 more" */
static const char *join(struct arena *arena, const char *text, const char *item,
    size_t i, size_t n, size_t max)
{
	if (i == max)
		return arena_printf(arena, "%s and %zu more", text, n - max);
	return arena_printf(arena, "%s%s%s", text, i ? ", " : "", item);
}

const char *merge_group_words(
    const struct fleet *f, const struct fleet_group *g, struct arena *arena)
{
	const char *text = arena_printf(arena, "%zu of %zu nodes: %s ", g->n_nodes,
	    g->n_nodes + g->n_others, g->cause);
	for (size_t i = 0; i < g->n_checks && i <= SHOWN_CHECKS; i++)
		text = join(
		    arena, text, f->checks[g->checks[i]], i, g->n_checks, SHOWN_CHECKS);
	return text;
}

static const char *networks(struct arena *arena, const struct words *w)
{
	const char *text = "";
	for (size_t i = 0; i < w->n_items && i <= SHOWN_NETWORKS; i++)
		text = join(arena, text, w->items[i], i, w->n_items, SHOWN_NETWORKS);
	return text;
}

const char *merge_others_words(const struct fleet_group *g, struct arena *arena)
{
	if (g->n_others == 0)
		return "no node with these checks is without it";
	const char *others = g->n_others == 1 ? "the other" : "others";
	if (g->n_others != g->n_others_pass)
		return arena_printf(arena, "%zu of the %zu %s pass%s", g->n_others_pass,
		    g->n_others, others, g->n_others_pass == 1 ? "es" : "");
	const char *text =
	    g->n_others == 1 ? "the other passes"
			     : arena_printf(arena, "the %zu others pass", g->n_others);
	if (g->networks.n_items == 0)
		return text;
	return arena_printf(arena, "%s; these are in %s, %s in %s", text,
	    networks(arena, &g->networks),
	    g->n_others == 1 ? "the other" : "the others",
	    networks(arena, &g->other_networks));
}

const char *merge_node_name(const struct fleet_node *node)
{
	return node->host && !node->host_is_shared ? node->host : node->report;
}

size_t merge_count(
    const struct fleet *f, size_t check, size_t counts[STATUS_SKIPPED + 1])
{
	size_t sum = 0;
	for (int i = STATUS_PASS; i <= STATUS_SKIPPED; i++)
		counts[i] = 0;
	for (size_t i = 0; i < f->n_nodes; i++) {
		struct fleet_result r = fleet_result(&f->nodes[i], check);
		if (!r.status)
			continue;
		counts[r.status - 1]++;
		sum++;
	}
	return sum;
}

size_t merge_unwell(
    const struct fleet *f, const struct fleet_node *node, const char **ret, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < node->n_results; i++) {
		uint8_t status = node->results[i].status;
		if (!status || status == STATUS_PASS + 1 ||
		    status == STATUS_SKIPPED + 1)
			continue;
		if (n < max)
			ret[n] = f->checks[i];
		n++;
	}
	return n;
}
