/* SPDX-License-Identifier: MIT */
#include "checks/group.h"

#include <stdlib.h>
#include <string.h>

#include "checks/finding.h"
#include "probe/base/arena.h"

enum {
	/* Checks of one group tell much the same; this many sentences are enough. */
	GROUP_MAX_WORDS = 8
};

struct member {
	const struct verdict *verdict;
	const char *key;
	unsigned index;
};

static int by_group(const void *x, const void *y)
{
	const struct member *a = x, *b = y;
	int c = strcmp(a->verdict->cause->name, b->verdict->cause->name);

	if (!c)
		c = strcmp(a->key, b->key);
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
		add_words(arena, &g.remediation, &v->remediation);
	}
	g.checks = checks;
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
    const struct verdicts *all, const char *const *keys, struct member *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n_items; i++)
		if (all->items[i].cause)
			ret[n++] =
			    (struct member){ &all->items[i], keys[i], (unsigned)i };
	return n;
}

static bool same_group(const struct member *a, const struct member *b)
{
	return a->verdict->cause == b->verdict->cause && strcmp(a->key, b->key) == 0;
}

void group_build(
    struct verdicts *verdicts, const char *const *keys, struct arena *arena)
{
	struct member *members =
	    arena_array(arena, verdicts->n_items + 1, sizeof *members);
	size_t n = collect(verdicts, keys, members);
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
