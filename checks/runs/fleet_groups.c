/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "checks/judge/finding.h"
#include "checks/runs/fleet.h"
#include "probe/base/arena.h"

/*
 * Cells with the same status, cause and check make a column; columns of one cause that
 * hit the very same nodes have one reason and make a group.
 */

struct cell {
	unsigned check, node;
	uint16_t cause;
	uint8_t status;
};

struct column {
	unsigned check;
	uint16_t cause;
	uint8_t status;
	const unsigned *nodes;
	size_t n_nodes;
};

static bool counts(struct fleet_result r)
{
	return r.cause && r.status;
}

/* As every enum and index here is small, differences do not overflow an int. */
static int by_column(const void *x, const void *y)
{
	const struct cell *a = x, *b = y;
	int c = (int)a->status - (int)b->status;
	if (!c)
		c = (int)a->cause - (int)b->cause;
	if (!c)
		c = (int)a->check - (int)b->check;
	return c ? c : (int)a->node - (int)b->node;
}

static struct cell *collect(const struct fleet *f, size_t *ret_n)
{
	size_t n = 0;
	for (size_t i = 0; i < f->n_nodes; i++)
		for (size_t k = 0; k < f->nodes[i].n_results; k++)
			n += counts(f->nodes[i].results[k]);
	struct cell *cells = arena_array(f->arena, n + 1, sizeof *cells);
	*ret_n = 0;
	for (size_t i = 0; i < f->n_nodes; i++)
		for (size_t k = 0; k < f->nodes[i].n_results; k++) {
			struct fleet_result r = f->nodes[i].results[k];
			if (counts(r))
				cells[(*ret_n)++] = (struct cell){ (unsigned)k,
					(unsigned)i, r.cause, r.status };
		}
	if (n > 1)
		qsort(cells, n, sizeof *cells, by_column);
	return cells;
}

static bool same_column(const struct cell *a, const struct cell *b)
{
	return a->status == b->status && a->cause == b->cause && a->check == b->check;
}

static struct column *make_columns(const struct fleet *f, size_t *ret_n)
{
	size_t n, n_columns = 0;
	struct cell *cells = collect(f, &n);
	unsigned *nodes = arena_array(f->arena, n + 1, sizeof *nodes);
	for (size_t i = 0; i < n; i++)
		n_columns += i == 0 || !same_column(&cells[i - 1], &cells[i]);
	struct column *columns = arena_array(f->arena, n_columns + 1, sizeof *columns);
	*ret_n = 0;
	for (size_t i = 0; i < n; i++) {
		nodes[i] = cells[i].node;
		if (i == 0 || !same_column(&cells[i - 1], &cells[i]))
			columns[(*ret_n)++] = (struct column){ cells[i].check,
				cells[i].cause, cells[i].status, &nodes[i], 0 };
		columns[*ret_n - 1].n_nodes++;
	}
	return columns;
}

/* Worst first, then what hits most nodes; equal columns become neighbours. */
static int by_group(const void *x, const void *y)
{
	static const int badness[] = {
		[STATUS_PASS] = 0,
		[STATUS_SKIPPED] = 0,
		[STATUS_WARN] = 1,
		[STATUS_INCONCLUSIVE] = 2,
		[STATUS_FAIL] = 3,
	};

	const struct column *a = x, *b = y;
	int c = badness[b->status - 1] - badness[a->status - 1];
	if (!c)
		c = (a->n_nodes < b->n_nodes) - (a->n_nodes > b->n_nodes);
	if (!c)
		c = (int)a->cause - (int)b->cause;
	if (!c)
		c = memcmp(a->nodes, b->nodes, a->n_nodes * sizeof *a->nodes);
	return c ? c : (int)a->check - (int)b->check;
}

static bool same_group(const struct column *a, const struct column *b)
{
	return a->status == b->status && a->cause == b->cause &&
	       a->n_nodes == b->n_nodes &&
	       memcmp(a->nodes, b->nodes, a->n_nodes * sizeof *a->nodes) == 0;
}

/* --- Who does not have it --------------------------------------------------------- */

enum side {
	SIDE_NONE, /* the node has none of the checks */
	SIDE_PASS,
	SIDE_OTHER
};

/* What a node that is not of the group makes of its checks. */
static enum side side_of(const struct fleet_group *g, const struct fleet_node *node)
{
	enum side side = SIDE_NONE;
	for (size_t i = 0; i < g->n_checks; i++) {
		uint8_t s = fleet_result(node, g->checks[i]).status;
		if (s && s != STATUS_PASS + 1 && s != STATUS_WARN + 1)
			return SIDE_OTHER;
		if (s)
			side = SIDE_PASS;
	}
	return side;
}

enum {
	MAX_NETWORKS = 64 /* comparing them is quadratic */
};

/* False when the networks cannot tell the sides apart. */
static bool add_network(
    const struct fleet *f, const struct fleet_node *node, struct words *to)
{
	if (!node->network || to->n_items == MAX_NETWORKS)
		return false;
	words_add(f->arena, to, node->network);
	return true;
}

static bool disjoint(const struct words *a, const struct words *b)
{
	for (size_t i = 0; i < a->n_items; i++)
		for (size_t k = 0; k < b->n_items; k++)
			if (strcmp(a->items[i], b->items[k]) == 0)
				return false;
	return true;
}

static void look_at_others(const struct fleet *f, struct fleet_group *g)
{
	bool told = true;
	for (size_t i = 0, k = 0; i < f->n_nodes; i++) {
		const struct fleet_node *node = &f->nodes[i];
		bool in_group = k < g->n_nodes && g->nodes[k] == i;
		enum side side = in_group ? SIDE_NONE : side_of(g, node);
		k += in_group;
		g->n_others += side != SIDE_NONE;
		g->n_others_pass += side == SIDE_PASS;
		if (told && in_group)
			told = add_network(f, node, &g->networks);
		else if (told && side != SIDE_NONE)
			told = add_network(f, node, &g->other_networks);
	}
	if (!told || g->n_others == 0 || g->n_others != g->n_others_pass ||
	    !disjoint(&g->networks, &g->other_networks))
		g->networks = g->other_networks = (struct words){ 0 };
}

/* Containers and clones often have one name; two of it are told apart by report. */
static void find_shared_hosts(struct fleet *f)
{
	json_t *first = json_object();
	for (size_t i = 0; i < f->n_nodes; i++) {
		struct fleet_node *node = &f->nodes[i];
		const char *host = node->host ? node->host : "";
		const json_t *known = json_object_get(first, host);
		if (known) {
			f->nodes[json_integer_value(known)].host_is_shared = true;
			node->host_is_shared = true;
		} else {
			json_object_set_new(first, host, json_integer((json_int_t)i));
		}
	}
	json_decref(first);
}

void fleet_finish(struct fleet *f)
{
	size_t n;
	find_shared_hosts(f);
	struct column *columns = make_columns(f, &n);
	if (n > 1)
		qsort(columns, n, sizeof *columns, by_group);
	f->groups = arena_array(f->arena, n + 1, sizeof *f->groups);
	unsigned *checks = arena_array(f->arena, n + 1, sizeof *checks);
	for (size_t i = 0; i < n; i++) {
		checks[i] = columns[i].check;
		if (i == 0 || !same_group(&columns[i - 1], &columns[i]))
			f->groups[f->n_groups++] = (struct fleet_group){
				.status = (enum status)(columns[i].status - 1),
				.cause = f->causes[columns[i].cause - 1],
				.checks = &checks[i],
				.nodes = columns[i].nodes,
				.n_nodes = columns[i].n_nodes,
			};
		f->groups[f->n_groups - 1].n_checks++;
	}
	for (size_t i = 0; i < f->n_groups; i++)
		look_at_others(f, &f->groups[i]);
}
