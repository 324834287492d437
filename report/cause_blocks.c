/* SPDX-License-Identifier: MIT */
#include "report/cause_blocks.h"

#include <jansson.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/base/vec.h"

enum {
	MAX_KEY = 600, /* bytes of a summary that tell it from another */
	WORST = 7
};

/* How bad it is; what is required comes before what is not. */
static int badness(const struct report *r, unsigned check)
{
	int required = r->plan->checks[check].required ? 4 : 0;
	switch (r->verdicts->items[check].status) {
	case STATUS_FAIL:
		return 3 + required;
	case STATUS_INCONCLUSIVE:
		return 2 + required;
	case STATUS_WARN:
		return 1;
	default:
		return 0;
	}
}

static unsigned worst_check(const struct report *r, const struct cause_group *g)
{
	unsigned worst = g->checks[0];
	for (size_t i = 1; i < g->n_checks; i++)
		if (badness(r, g->checks[i]) > badness(r, worst))
			worst = g->checks[i];
	return worst;
}

/* A check that no group explains still gets its block. */
static struct cause_group group_of(const struct verdict *v, struct arena *arena)
{
	const char **texts = arena_array(arena, v->n_evidence, sizeof *texts);
	for (size_t i = 0; i < v->n_evidence; i++)
		texts[i] = v->evidence[i].text;
	return (struct cause_group){
		.cause = v->cause,
		.confidence = v->confidence,
		.summary = v->summary,
		.evidence = { .items = texts, .n_items = v->n_evidence },
		.alternatives = v->alternatives,
		.would_decide = v->would_decide,
		.remediation = v->remediation,
	};
}

/* What makes two blocks one: the same words at the same stage. */
static const char *group_key(const struct verdict *v, struct arena *arena)
{
	const char *summary = v->summary ? v->summary : "";
	return arena_printf(arena, "%d %d %s %s", (int)v->status, (int)v->stage,
	    v->cause ? v->cause->name : "",
	    text_escape(arena, summary, strlen(summary), MAX_KEY));
}

struct entry {
	struct cause_group group;
	unsigned *checks; /* of a group made here */
	size_t cap;
};

struct groups {
	struct entry *items;
	size_t n_items;
	struct arena *arena;
};

static void add_check(struct groups *all, struct entry *e, unsigned check)
{
	struct cause_group *g = &e->group;
	e->checks =
	    vec_grow(all->arena, e->checks, g->n_checks, &e->cap, sizeof *e->checks);
	e->checks[g->n_checks++] = check;
	g->checks = e->checks;
}

/* The entry for a check that no group of the judge has. */
static struct entry *entry_of(
    struct groups *all, json_t *known, const struct verdict *v)
{
	const char *key = group_key(v, all->arena);
	const json_t *at = json_object_get(known, key);
	if (at)
		return &all->items[json_integer_value(at)];
	json_object_set_new(known, key, json_integer((json_int_t)all->n_items));
	all->items[all->n_items].group = group_of(v, all->arena);
	return &all->items[all->n_items++];
}

/* The judge's groups first, then those of the checks that are in none of them. */
static struct groups all_groups(const struct report *r, struct arena *arena)
{
	const struct verdicts *v = r->verdicts;
	bool *grouped = arena_array(arena, v->n_items, sizeof *grouped);
	struct groups all = { .n_items = v->n_groups, .arena = arena };
	json_t *known = json_object();

	all.items = arena_array(arena, v->n_groups + v->n_items, sizeof *all.items);
	for (size_t i = 0; i < v->n_groups; i++) {
		all.items[i].group = v->groups[i];
		for (size_t j = 0; j < v->groups[i].n_checks; j++)
			grouped[v->groups[i].checks[j]] = true;
	}
	for (unsigned i = 0; i < v->n_items; i++)
		if (!grouped[i] && badness(r, i))
			add_check(&all, entry_of(&all, known, &v->items[i]), i);
	json_decref(known);
	return all;
}

static struct cause_block block_of(const struct report *r, const struct cause_group *g)
{
	const struct verdict *worst = &r->verdicts->items[worst_check(r, g)];
	struct cause_block b = { .group = *g,
		.status = worst->status,
		.has_stage = worst->has_stage,
		.stage = worst->stage };
	if (!g->summary)
		b.group.summary =
		    g->cause ? g->cause->sentence : "This check could not be judged.";
	return b;
}

struct cause_blocks cause_blocks(const struct report *r, struct arena *arena)
{
	struct groups all = all_groups(r, arena);
	struct cause_blocks ret = { .items = arena_array(
					arena, all.n_items, sizeof *ret.items) };
	for (int bad = WORST; bad > 0; bad--)
		for (size_t i = 0; i < all.n_items; i++) {
			const struct cause_group *g = &all.items[i].group;
			if (g->n_checks && badness(r, worst_check(r, g)) == bad)
				ret.items[ret.n_items++] = block_of(r, g);
		}
	return ret;
}
