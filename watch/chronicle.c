/* SPDX-License-Identifier: MIT */
#include "watch/chronicle.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "checks/runs/path_facts_json.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/base/vec.h"

struct entry {
	char *id, *cause; /* cause: NULL = none */
	json_t *facts;
	enum status status;
	bool inverted;
	int64_t since;
	struct flapping flapping;
	struct change_point phases[N_PHASES];
};

struct chronicle {
	struct entry *entries; /* in the order of the last run */
	size_t n_entries;
	json_t *resolvers; /* NULL = none known */
};

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static char *copy(const char *text)
{
	return text ? must(strdup(text)) : NULL;
}

struct chronicle *chronicle_new(void)
{
	return must(calloc(1, sizeof(struct chronicle)));
}

static void forget(struct entry *e)
{
	free(e->id);
	free(e->cause);
	json_decref(e->facts);
}

void chronicle_free(struct chronicle *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_entries; i++)
		forget(&c->entries[i]);
	free(c->entries);
	json_decref(c->resolvers);
	free(c);
}

/* Plans keep their order, so the place is nearly always known. */
static struct entry *find(const struct chronicle *c, const char *id, size_t guess)
{
	if (guess < c->n_entries && strcmp(c->entries[guess].id, id) == 0)
		return &c->entries[guess];
	for (size_t i = 0; i < c->n_entries; i++)
		if (strcmp(c->entries[i].id, id) == 0)
			return &c->entries[i];
	return NULL;
}

/* One entry for each check of the run, in its order; those of other plans go. */
static void follow_plan(struct chronicle *c, const struct path_facts *now)
{
	struct entry *entries = must(calloc(now->n_checks + 1, sizeof *entries));
	for (size_t i = 0; i < now->n_checks; i++) {
		const char *id = now->checks[i].path.id;
		struct entry *old = find(c, id, i);
		if (old && old->id) {
			entries[i] = *old;
			/* Not found again, and not freed below. */
			old->id = must(calloc(1, 1));
			old->cause = NULL;
			old->facts = NULL;
		} else {
			entries[i].id = copy(id);
		}
	}
	for (size_t i = 0; i < c->n_entries; i++)
		forget(&c->entries[i]);
	free(c->entries);
	c->entries = entries;
	c->n_entries = now->n_checks;
}

static bool is_known(const struct entry *e)
{
	return e->flapping.begun;
}

/* --- What was --------------------------------------------------------------------- */

/* The remembered state as a run; checks that never ran are left out. */
static void as_run(
    const struct chronicle *c, struct arena *arena, struct path_facts *ret)
{
	*ret = (struct path_facts){ .n_checks = 0 };
	ret->checks = arena_array(arena, c->n_entries + 1, sizeof *ret->checks);
	for (size_t i = 0; i < c->n_entries; i++) {
		const struct entry *e = &c->entries[i];
		if (!is_known(e))
			continue;
		struct seen_check *seen = &ret->checks[ret->n_checks++];
		*seen = (struct seen_check){
			.path.id = e->id,
			.status = e->status,
			.cause = e->cause,
			.summary = "",
			.inverted = e->inverted,
			.phases = { -1, -1, -1, -1 },
		};
		path_facts_from_json(e->facts, arena, &seen->path);
	}
	fact_from_json(c->resolvers, arena, &ret->resolvers);
}

/* What is known of the path to one peer is not known of the path to another. */
static void forget_path(json_t *old, const json_t *now)
{
	static const enum path_fact path[] = { FACT_MSS, FACT_HOPS, FACT_REPLY_TTL };

	const char *name = path_fact_name(FACT_PEER);
	const json_t *peer = json_object_get(now, name);
	if (!peer || json_equal(peer, json_object_get(old, name)))
		return;
	for (size_t i = 0; i < sizeof path / sizeof *path; i++)
		json_object_del(old, path_fact_name(path[i]));
}

/* What a failing run cannot see is as it was seen last. */
static void remember_facts(struct entry *e, const struct seen_check *seen)
{
	json_t *facts = path_facts_to_json(&seen->path);
	if (e->facts) {
		forget_path(e->facts, facts);
		json_object_update_missing(facts, e->facts);
	}
	json_decref(e->facts);
	e->facts = facts;
}

static void remember(struct entry *e, const struct seen_check *seen)
{
	remember_facts(e, seen);
	free(e->cause);
	e->cause = copy(seen->cause);
	e->status = seen->status;
	e->inverted = seen->inverted;
}

static void remember_resolvers(struct chronicle *c, const struct path_facts *now)
{
	if (!now->resolvers.known)
		return;
	json_decref(c->resolvers);
	c->resolvers = fact_to_json(&now->resolvers);
}

/* --- What is new ------------------------------------------------------------------ */

static void add(struct news *news, struct arena *arena, const struct change *change)
{
	news->items = vec_grow(
	    arena, news->items, news->n_items, &news->cap, sizeof *news->items);
	news->items[news->n_items++] = *change;
}

static bool is_state(const struct change *c)
{
	return strcmp(c->what, "status") == 0 || strcmp(c->what, "cause") == 0;
}

/* Rotation is no news, and times are judged over many runs. */
static void compare(struct chronicle *c, const struct path_facts *now,
    struct arena *arena, struct news *ret)
{
	struct path_facts before;
	struct comparison all;
	as_run(c, arena, &before);
	if (before.n_checks == 0)
		return;
	compare_runs(&before, now, arena, &all);
	for (size_t i = 0; i < all.n_items; i++) {
		const struct change *change = &all.items[i];
		bool time = strncmp(change->what, "timing.", 7) == 0;
		if (!time && (change->kind != CHANGE_INFO || is_state(change)))
			add(ret, arena, change);
	}
}

static bool worked(enum status s)
{
	return s == STATUS_PASS || s == STATUS_WARN;
}

/* Below a millisecond a machine mostly measures how busy it is itself. */
static double in_whole_ms(nsec_t t)
{
	nsec_t ms = (t + NSEC_PER_MSEC / 2) / NSEC_PER_MSEC;
	return (double)ms;
}

static void watch_times(struct entry *e, const struct seen_check *seen,
    struct arena *arena, struct news *ret)
{
	static const char *const names[N_PHASES] = { "timing.dns", "timing.tcp",
		"timing.tls", "timing.http" };
	struct level_shift shift;
	for (int p = 0; p < N_PHASES; p++) {
		if (!worked(seen->status) || seen->phases[p] < 0 ||
		    !change_point_add(
			&e->phases[p], in_whole_ms(seen->phases[p]), &shift))
			continue;
		add(ret, arena,
		    &(struct change){
			.kind = CHANGE_INFO,
			.check = arena_strdup(arena, e->id),
			.what = names[p],
			.before = arena_printf(arena, "%.1f ms", shift.before),
			.after = arena_printf(arena, "%.1f ms", shift.after),
			.note = arena_printf(arena,
			    "medians of %d runs and of the %d runs since",
			    CHANGE_POINT_BEFORE, CHANGE_POINT_RECENT),
		    });
	}
}

static void watch_flapping(struct entry *e, const struct seen_check *seen,
    struct arena *arena, struct news *ret)
{
	static const char *const words[] = { "steady", "flapping" };
	if (!flapping_add(&e->flapping, seen->status))
		return;
	bool active = e->flapping.active;
	add(ret, arena,
	    &(struct change){
		.kind = CHANGE_DRIFT,
		.check = arena_strdup(arena, e->id),
		.what = "flapping",
		.before = words[!active],
		.after = words[active],
		.note = arena_printf(arena,
		    "at least %d changes of its status in %d runs, until at most %d",
		    FLAPPING_BEGIN, FLAPPING_RUNS, FLAPPING_END),
	    });
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool chronicle_confirms(const struct chronicle *c, const struct path_facts *now)
{
	for (size_t i = 0; i < now->n_checks; i++) {
		const struct entry *e = find(c, now->checks[i].path.id, i);
		if (!e || !is_known(e) || e->status != now->checks[i].status)
			return false;
	}
	return now->n_checks == c->n_entries && c->n_entries > 0;
}

static void carry_causes(
    const struct chronicle *c, struct path_facts *now, struct arena *arena)
{
	for (size_t i = 0; i < now->n_checks; i++) {
		const struct entry *e = &c->entries[i];
		if (is_known(e) && e->status == now->checks[i].status)
			now->checks[i].cause = arena_strdup(arena, e->cause);
	}
}

void chronicle_add(struct chronicle *c, struct path_facts *now, bool diagnosed,
    int64_t at, struct arena *arena, struct news *ret)
{
	bool confirmed = chronicle_confirms(c, now);
	*ret = (struct news){ .same_failures = confirmed };
	follow_plan(c, now);
	if (!diagnosed)
		carry_causes(c, now, arena);
	compare(c, now, arena, ret);
	for (size_t i = 0; i < c->n_entries; i++) {
		struct entry *e = &c->entries[i];
		const struct seen_check *seen = &now->checks[i];
		bool new_state = !is_known(e) || e->status != seen->status ||
				 !same_text(e->cause, seen->cause);
		watch_times(e, seen, arena, ret);
		watch_flapping(e, seen, arena, ret);
		e->since = new_state ? at : e->since;
		ret->same_failures &= !new_state;
		ret->n_failing +=
		    !worked(seen->status) && seen->status != STATUS_SKIPPED;
		remember(e, seen);
	}
	ret->same_failures &= ret->n_failing > 0;
	remember_resolvers(c, now);
	for (size_t i = 0; i < ret->n_items; i++)
		ret->n_to_tell += !chronicle_is_noise(c, &ret->items[i]);
}

bool chronicle_is_noise(const struct chronicle *c, const struct change *change)
{
	const struct entry *e = change->check ? find(c, change->check, 0) : NULL;
	return e && e->flapping.active && strcmp(change->what, "flapping") != 0;
}

/* --- The past --------------------------------------------------------------------- */

static void recall_moments(struct entry *e, const struct timeline *t)
{
	struct level_shift ignored;
	for (size_t i = 0; i < t->n_moments; i++) {
		const struct moment *m = &t->moments[i];
		flapping_add(&e->flapping, m->status);
		for (int p = 0; p < N_PHASES; p++)
			if (worked(m->status) && m->phases[p] >= 0)
				change_point_add(
				    &e->phases[p], in_whole_ms(m->phases[p]), &ignored);
	}
	if (t->n_moments)
		e->since = timeline_state_began(t)->at;
}

void chronicle_recall(
    struct chronicle *c, const struct path_facts *last, const struct timelines *past)
{
	follow_plan(c, last);
	for (size_t i = 0; i < c->n_entries; i++)
		remember(&c->entries[i], &last->checks[i]);
	remember_resolvers(c, last);
	for (size_t i = 0; i < past->n_items; i++) {
		struct entry *e = find(c, past->items[i].id, i);
		if (e)
			recall_moments(e, &past->items[i]);
	}
}

size_t chronicle_n_states(const struct chronicle *c)
{
	return c->n_entries;
}

struct chronicle_state chronicle_state(const struct chronicle *c, size_t i)
{
	const struct entry *e = &c->entries[i];
	return (struct chronicle_state){ e->id, e->since, e->flapping.active };
}
