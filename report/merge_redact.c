/* SPDX-License-Identifier: MIT */
#include "probe/base/arena.h"
#include "report/merge_report.h"
#include "report/pseudonyms.h"

static struct words networks(struct pseudonyms *p, const struct words *w)
{
	const char **items = arena_array(p->arena, w->n_items + 1, sizeof *items);
	for (size_t i = 0; i < w->n_items; i++)
		items[i] = pseudonym(p, "network", w->items[i]);
	return (struct words){ .items = items, .n_items = w->n_items };
}

static void redact_nodes(struct pseudonyms *p, struct fleet *f)
{
	struct fleet_node *nodes =
	    arena_memdup(p->arena, f->nodes, f->n_nodes * sizeof *nodes);
	for (size_t i = 0; i < f->n_nodes; i++) {
		struct fleet_node *n = &nodes[i];
		n->host = pseudonym(p, "machine", n->host);
		n->report = arena_printf(p->arena, "report-%zu", i + 1);
		n->network = pseudonym(p, "network", n->network);
	}
	f->nodes = nodes;
}

static void redact_checks(struct pseudonyms *p, struct fleet *f)
{
	const char **checks = arena_array(p->arena, f->n_checks + 1, sizeof *checks);
	for (size_t i = 0; i < f->n_checks; i++)
		checks[i] = pseudonym_of_check(p, f->checks[i]);
	f->checks = checks;
}

static void redact_groups(struct pseudonyms *p, struct fleet *f)
{
	struct fleet_group *groups =
	    arena_memdup(p->arena, f->groups, f->n_groups * sizeof *groups);
	for (size_t i = 0; i < f->n_groups; i++) {
		groups[i].networks = networks(p, &groups[i].networks);
		groups[i].other_networks = networks(p, &groups[i].other_networks);
	}
	f->groups = groups;
}

void merge_redact(const struct fleet *fleet, struct arena *arena, struct fleet *ret)
{
	struct pseudonyms p;
	pseudonyms_init(&p, arena);
	*ret = *fleet;
	redact_nodes(&p, ret);
	redact_checks(&p, ret);
	redact_groups(&p, ret);
	pseudonyms_deinit(&p);
}
