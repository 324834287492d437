/* SPDX-License-Identifier: MIT */
#include "checks/runs/compare.h"

#include <stdlib.h>
#include <string.h>

#include "checks/judge/finding.h"
#include "checks/runs/compare_fact.h"
#include "checks/runs/compare_times.h"
#include "probe/base/arena.h"
#include "probe/base/vec.h"

/* A check of the older run. */
struct named {
	const char *id;
	unsigned index;
};

struct comparing {
	const struct path_facts *before, *after;
	struct arena *arena;
	struct comparison *to;
	struct named *names; /* the older run's checks by id */
	bool *in_both;       /* of the older run's checks */
};

/* One check of both runs. */
struct couple {
	const struct seen_check *before, *after;
};

const char *change_kind_name(enum change_kind k)
{
	static const char *const names[] = {
		[CHANGE_REGRESSION] = "regression",
		[CHANGE_RECOVERY] = "recovery",
		[CHANGE_DRIFT] = "drift",
		[CHANGE_INFO] = "info",
	};
	return names[k];
}

static struct change *add(struct comparing *c, struct change change)
{
	struct comparison *to = c->to;
	to->items =
	    vec_grow(c->arena, to->items, to->n_items, &to->cap, sizeof *to->items);
	if (!change.note)
		change.note = "";
	to->counts[change.kind]++;
	to->items[to->n_items] = change;
	return &to->items[to->n_items++];
}

/* --- Facts ------------------------------------------------------------------------ */

/* Names of facts that changed go to one list, the others' to the other. */
static void compare_facts(struct comparing *c, const struct couple *p,
    struct words *ret_changed, struct words *ret_unchanged)
{
	for (int i = 0; i < N_PATH_FACTS; i++) {
		enum path_fact what = (enum path_fact)i;
		const struct fact *old = &p->before->path.facts[i];
		const struct fact *new = &p->after->path.facts[i];
		const char *name = path_fact_name(what), *rule;
		if (!old->known || !new->known)
			continue;
		enum fact_change change = fact_compare(
		    what, &p->before->path, &p->after->path, c->arena, &rule);
		words_add(
		    c->arena, change == FACT_SAME ? ret_unchanged : ret_changed, name);
		if (change == FACT_SAME)
			continue;
		add(c, (struct change){
			   .kind = change == FACT_DRIFTED ? CHANGE_DRIFT : CHANGE_INFO,
			   .check = p->after->path.id,
			   .what = name,
			   .before = fact_words(old, c->arena),
			   .after = fact_words(new, c->arena),
			   .note = rule });
	}
}

/* --- States ----------------------------------------------------------------------- */

static enum change_kind kind_of(enum status old, enum status new)
{
	if (new == STATUS_FAIL)
		return CHANGE_REGRESSION;
	if (old == STATUS_FAIL && (new == STATUS_PASS || new == STATUS_WARN))
		return CHANGE_RECOVERY;
	if (new == STATUS_WARN || old == STATUS_WARN)
		return CHANGE_DRIFT;
	return CHANGE_INFO;
}

static const char *state_words(struct comparing *c, const struct seen_check *s)
{
	return s->cause
		   ? arena_printf(c->arena, "%s (%s)", status_name(s->status), s->cause)
		   : status_name(s->status);
}

static bool same_cause(const struct seen_check *a, const struct seen_check *b)
{
	return a->cause && b->cause ? strcmp(a->cause, b->cause) == 0
				    : a->cause == b->cause;
}

static void compare_couple(struct comparing *c, const struct couple *p)
{
	size_t first = c->to->n_items;
	struct words with = { 0 }, unchanged = { 0 };
	bool state = p->before->status != p->after->status;
	compare_facts(c, p, &with, &unchanged);
	if (state || !same_cause(p->before, p->after))
		add(c, (struct change){
			   .kind = state ? kind_of(p->before->status, p->after->status)
					 : CHANGE_DRIFT,
			   .check = p->after->path.id,
			   .what = state ? "status" : "cause",
			   .before = state_words(c, p->before),
			   .after = state_words(c, p->after),
			   .note = p->after->summary,
			   .with = with,
			   .unchanged = unchanged });
	c->to->n_same += c->to->n_items == first;
}

/* --- Checks of one run only ------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->id, ((const struct named *)b)->id);
}

static void make_index(struct comparing *c)
{
	size_t n = c->before->n_checks;
	struct named *names = arena_array(c->arena, n + 1, sizeof *names);
	for (size_t i = 0; i < n; i++)
		names[i] = (struct named){ c->before->checks[i].path.id, (unsigned)i };
	if (n > 1)
		qsort(names, n, sizeof *names, by_id);
	c->names = names;
}

/* The older run's check of that id, or NULL. */
static const struct named *find(const struct comparing *c, const char *id)
{
	const struct named key = { .id = id };
	size_t n = c->before->n_checks;
	return n ? bsearch(&key, c->names, n, sizeof key, by_id) : NULL;
}

static void compare_checks(struct comparing *c)
{
	const struct path_facts *old = c->before, *new = c->after;
	for (size_t i = 0; i < new->n_checks; i++) {
		const struct seen_check *now = &new->checks[i];
		const struct named *found = find(c, now->path.id);
		if (!found) {
			add(c, (struct change){ .kind = CHANGE_INFO,
				   .check = now->path.id,
				   .what = "check",
				   .after = state_words(c, now),
				   .note = "only the newer run has it" });
			continue;
		}
		c->in_both[found->index] = true;
		compare_couple(c, &(struct couple){ &old->checks[found->index], now });
	}
	for (size_t i = 0; i < old->n_checks; i++)
		if (!c->in_both[i])
			add(c, (struct change){ .kind = CHANGE_INFO,
				   .check = old->checks[i].path.id,
				   .what = "check",
				   .before = state_words(c, &old->checks[i]),
				   .note = "only the older run has it" });
}

/* --- The run ---------------------------------------------------------------------- */

static void compare_resolvers(struct comparing *c)
{
	const struct fact *old = &c->before->resolvers, *new = &c->after->resolvers;
	if (old->known && new->known && !words_equal(&old->values, &new->values))
		add(c, (struct change){ .kind = CHANGE_DRIFT,
			   .what = "resolvers",
			   .before = fact_words(old, c->arena),
			   .after = fact_words(new, c->arena),
			   .note = "other DNS servers" });
}

/* Checks that pass in both runs: what a failure took says nothing of the path. */
static size_t pair_times(
    const struct comparing *c, unsigned phase, struct time_pair *ret)
{
	size_t n = 0;
	for (size_t i = 0; i < c->after->n_checks; i++) {
		const struct seen_check *b = &c->after->checks[i];
		const struct named *found = find(c, b->path.id);
		const struct seen_check *a =
		    found ? &c->before->checks[found->index] : NULL;
		if (!a || a->status != STATUS_PASS || b->status != STATUS_PASS ||
		    a->phases[phase] < 0 || b->phases[phase] < 0)
			continue;
		ret[n++] = (struct time_pair){ nsec_to_ms(a->phases[phase]),
			nsec_to_ms(b->phases[phase]) };
	}
	return n;
}

static void compare_phases(struct comparing *c)
{
	static const char *const phases[N_PHASES] = { "timing.dns", "timing.tcp",
		"timing.tls", "timing.http" };

	struct time_pair *pairs =
	    arena_array(c->arena, c->after->n_checks + 1, sizeof *pairs);
	struct time_shift s;
	for (unsigned i = 0; i < N_PHASES; i++) {
		if (!compare_times(pairs, pair_times(c, i, pairs), &s))
			continue;
		add(c, (struct change){ .kind = CHANGE_INFO,
			   .what = phases[i],
			   .before = arena_printf(c->arena, "%.1f ms", s.before),
			   .after = arena_printf(c->arena, "%.1f ms", s.after),
			   .note = arena_printf(c->arena,
			       "of %zu checks %zu took longer and %zu less, medians "
			       "above (sign test, p = %.2g); two runs prove no lasting "
			       "shift",
			       s.n_pairs, s.n_slower, s.n_faster, s.p) });
	}
}

/* States first within a kind, so that what went with them is read as such. */
static int rank_of(const struct change *a)
{
	bool state = strcmp(a->what, "status") == 0 || strcmp(a->what, "cause") == 0;
	return 2 * (int)a->kind + !state;
}

/* Stable: qsort() is not, and the order of the checks is to stay. */
static void sort(struct comparing *c)
{
	struct comparison *to = c->to;
	struct change *sorted = arena_array(c->arena, to->n_items + 1, sizeof *sorted);
	size_t n = 0;
	for (int rank = 0; rank < 2 * N_CHANGE_KINDS; rank++)
		for (size_t i = 0; i < to->n_items; i++)
			if (rank_of(&to->items[i]) == rank)
				sorted[n++] = to->items[i];
	to->items = sorted;
}

void compare_runs(const struct path_facts *before, const struct path_facts *after,
    struct arena *arena, struct comparison *ret)
{
	struct comparing c = {
		.before = before,
		.after = after,
		.arena = arena,
		.to = ret,
		.in_both = arena_array(arena, before->n_checks + 1, sizeof(bool)),
	};
	*ret = (struct comparison){ .n_items = 0 };
	make_index(&c);
	compare_resolvers(&c);
	compare_checks(&c);
	compare_phases(&c);
	sort(&c);
}
