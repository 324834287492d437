/* SPDX-License-Identifier: MIT */
#include "checks/judge/group.h"

#include <stdlib.h>
#include <string.h>

#include "probe/base/arena.h"

enum {
	/* Checks of one group tell much the same; this many sentences are enough. */
	GROUP_MAX_WORDS = 8,
	GROUP_MAX_VALUES = 4,    /* values of a placeholder that are named */
	GROUP_MAX_DISTINCT = 64, /* that are counted: comparing them is quadratic */
};

struct member {
	const struct verdict *verdict;
	const struct group_input *input;
	unsigned index;
};

static int by_group(const void *x, const void *y)
{
	const struct member *a = x, *b = y;
	int c = strcmp(a->verdict->cause->name, b->verdict->cause->name);

	if (!c)
		c = strcmp(a->input->key, b->input->key);
	if (!c)
		c = (a->index > b->index) - (a->index < b->index);
	return c;
}

static void add_words(struct arena *arena, struct words *to, const struct words *from)
{
	for (size_t i = 0; i < from->n_items && to->n_items < GROUP_MAX_WORDS; i++)
		words_add(arena, to, from->items[i]);
}

static void add_evidence(
    struct arena *arena, struct words *to, const struct verdict *from)
{
	for (size_t i = 0; i < from->n_evidence && to->n_items < GROUP_MAX_WORDS; i++)
		if (from->evidence[i].role == EVIDENCE_SUPPORTS)
			words_add(arena, to, from->evidence[i].text);
}

/* "a, b and 3 others": the distinct values of one placeholder. */
static const char *join_values(
    struct arena *arena, const struct member *members, size_t n, size_t which)
{
	struct words distinct = { 0 };
	const char *text;

	for (size_t i = 0; i < n && distinct.n_items < GROUP_MAX_DISTINCT; i++)
		words_add(arena, &distinct, members[i].input->values.values[which]);
	text = distinct.items[0];
	for (size_t i = 1; i < distinct.n_items && i < GROUP_MAX_VALUES; i++)
		text = arena_printf(arena, "%s, %s", text, distinct.items[i]);
	if (distinct.n_items <= GROUP_MAX_VALUES)
		return text;
	if (distinct.n_items == GROUP_MAX_DISTINCT)
		return arena_printf(arena, "%s and many others", text);
	return arena_printf(
	    arena, "%s and %zu others", text, distinct.n_items - GROUP_MAX_VALUES);
}

/* The change that helps all of them at once, rather than one for each. */
static void add_remedies(
    struct arena *arena, struct cause_group *g, const struct member *members, size_t n)
{
	struct placeholders all;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < members[i].input->n_own_remedies; k++)
			words_add(arena, &g->remediation,
			    members[i].verdict->remediation.items[k]);
	for (size_t i = 0; i < N_PLACEHOLDERS; i++)
		all.values[i] = join_values(arena, members, n, i);
	for (const char *const *r = g->cause->remedies; *r; r++)
		words_add(arena, &g->remediation, finding_expand(arena, *r, &all));
}

static struct cause_group make_group(
    const struct member *members, size_t n, struct arena *arena)
{
	const struct verdict *first = members[0].verdict;
	struct cause_group g = { .cause = first->cause, .n_checks = n };
	unsigned *checks = arena_array(arena, n, sizeof *checks);

	for (size_t i = 0; i < n; i++) {
		const struct verdict *v = members[i].verdict;
		checks[i] = members[i].index;
		/* A group is as sure as the least sure of its checks. */
		if (v->confidence > g.confidence)
			g.confidence = v->confidence;
		add_evidence(arena, &g.evidence, v);
		add_words(arena, &g.alternatives, &v->alternatives);
		add_words(arena, &g.would_decide, &v->would_decide);
	}
	g.checks = checks;
	add_remedies(arena, &g, members, n);
	g.summary =
	    n == 1 ? first->summary
		   : arena_printf(arena, "%zu checks: %s", n, first->cause->sentence);
	return g;
}

/* 0 = holds a failure, 1 = holds something inconclusive, 2 = only warnings. */
static int severity(const struct verdicts *all, const struct cause_group *g)
{
	int best = 2;

	for (size_t i = 0; i < g->n_checks; i++) {
		enum status s = all->items[g->checks[i]].status;
		if (s == STATUS_FAIL)
			return 0;
		if (s == STATUS_INCONCLUSIVE)
			best = 1;
	}
	return best;
}

struct ranked {
	struct cause_group group;
	int severity;
};

static int by_rank(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;
	int c = a->severity - b->severity;

	if (!c)
		c = a->group.cause->rank - b->group.cause->rank;
	if (!c)
		c = (a->group.checks[0] > b->group.checks[0]) -
		    (a->group.checks[0] < b->group.checks[0]);
	return c;
}

static size_t collect(
    const struct verdicts *all, const struct group_input *inputs, struct member *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n_items; i++)
		if (all->items[i].cause)
			ret[n++] =
			    (struct member){ &all->items[i], &inputs[i], (unsigned)i };
	return n;
}

static bool same_group(const struct member *a, const struct member *b)
{
	return a->verdict->cause == b->verdict->cause &&
	       strcmp(a->input->key, b->input->key) == 0;
}

void group_build(
    struct verdicts *verdicts, const struct group_input *inputs, struct arena *arena)
{
	struct member *members =
	    arena_array(arena, verdicts->n_items + 1, sizeof *members);
	size_t n = collect(verdicts, inputs, members);
	struct ranked *ranked = arena_array(arena, n + 1, sizeof *ranked);
	size_t n_groups = 0;

	qsort(members, n, sizeof *members, by_group);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && same_group(&members[i], &members[end]);)
			end++;
		struct ranked *r = &ranked[n_groups++];
		r->group = make_group(&members[i], end - i, arena);
		r->severity = severity(verdicts, &r->group);
	}
	qsort(ranked, n_groups, sizeof *ranked, by_rank);
	verdicts->groups = arena_array(arena, n_groups + 1, sizeof *verdicts->groups);
	for (size_t i = 0; i < n_groups; i++)
		verdicts->groups[i] = ranked[i].group;
	verdicts->n_groups = n_groups;
}
