/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <string.h>

#include "checks/judge/finding.h"
#include "checks/runs/path_facts_json.h"
#include "history/store.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/base/vec.h"

enum {
	MAX_ID = 4096,
	MAX_VALUE = 600
};

/* A file may have been changed by anybody: what is read is bounded and escaped. */
static const char *text_at(sqlite3_stmt *s, int column, struct arena *arena, size_t max)
{
	const void *text = sqlite3_column_text(s, column);
	size_t len = (size_t)sqlite3_column_bytes(s, column);
	return text ? text_escape(arena, text, len, max) : NULL;
}

static nsec_t time_at(sqlite3_stmt *s, int column)
{
	return sqlite3_column_type(s, column) == SQLITE_NULL
		   ? -1
		   : sqlite3_column_int64(s, column);
}

static enum status status_at(sqlite3_stmt *s, int column)
{
	int value = sqlite3_column_int(s, column);
	return value >= STATUS_PASS && value <= STATUS_SKIPPED ? (enum status)value
							       : STATUS_INCONCLUSIVE;
}

static json_t *json_at(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);
	return text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
}

/* --- The newest run --------------------------------------------------------------- */

static void read_seen(
    sqlite3_stmt *s, struct arena *arena, struct path_facts *ret, size_t *cap)
{
	ret->checks =
	    vec_grow(arena, ret->checks, ret->n_checks, cap, sizeof *ret->checks);
	struct seen_check *c = &ret->checks[ret->n_checks++];
	*c = (struct seen_check){
		.path.id = text_at(s, 0, arena, MAX_ID),
		.status = status_at(s, 1),
		.cause = text_at(s, 2, arena, MAX_VALUE),
		.summary = "",
	};
	json_t *facts = json_at(s, 3);
	path_facts_from_json(facts, arena, &c->path);
	json_decref(facts);
	for (int p = 0; p < N_PHASES; p++)
		c->phases[p] = time_at(s, 5 + p);
	if (ret->resolvers.known)
		return;
	json_t *resolvers = json_at(s, 4);
	fact_from_json(resolvers, arena, &ret->resolvers);
	json_decref(resolvers);
}

int history_last(struct history *h, struct arena *arena, struct path_facts *ret,
    struct input_error *reterr)
{
	size_t cap = 0;
	int r;
	*ret = (struct path_facts){ .n_checks = 0 };
	sqlite3_stmt *s = store_prepare(h,
	    "SELECT i.text, result.status, result.cause, f.text, n.text, result.dns,"
	    " result.tcp, result.tls, result.http"
	    " FROM run JOIN result ON result.run = run.id"
	    " JOIN text i ON i.id = result.id JOIN text f ON f.id = result.facts"
	    " JOIN text n ON n.id = run.resolvers WHERE run.id ="
	    " (SELECT max(id) FROM run WHERE NOT interrupted) ORDER BY position",
	    reterr);
	if (!s)
		return -1;
	while ((r = sqlite3_step(s)) == SQLITE_ROW)
		read_seen(s, arena, ret, &cap);
	r = r == SQLITE_DONE ? 0 : store_failed(h, reterr);
	sqlite3_finalize(s);
	return r;
}

/* --- Timelines -------------------------------------------------------------------- */

struct reading {
	struct history *history;
	const char *glob;
	sqlite3_int64 first; /* run */
	struct arena *arena;
	struct timelines *to;
	struct input_error *error;
};

/* Checks stand in the same order in most runs, so the place is nearly always known. */
static struct timeline *timeline_of(struct reading *r, const char *id, size_t guess)
{
	struct timelines *to = r->to;
	if (guess < to->n_items && strcmp(to->items[guess].id, id) == 0)
		return &to->items[guess];
	for (size_t i = 0; i < to->n_items; i++)
		if (strcmp(to->items[i].id, id) == 0)
			return &to->items[i];
	to->items =
	    vec_grow(r->arena, to->items, to->n_items, &to->cap, sizeof *to->items);
	to->items[to->n_items] =
	    (struct timeline){ .id = text_escape(r->arena, id, strlen(id), MAX_ID) };
	return &to->items[to->n_items++];
}

static void read_moment(struct reading *r, sqlite3_stmt *s, size_t guess)
{
	const char *id = (const char *)sqlite3_column_text(s, 0);
	if (!id || (r->glob && !text_glob(r->glob, id)))
		return;
	struct timeline *t = timeline_of(r, id, guess);
	t->moments =
	    vec_grow(r->arena, t->moments, t->n_moments, &t->cap, sizeof *t->moments);
	struct moment *m = &t->moments[t->n_moments++];
	*m = (struct moment){ .at = sqlite3_column_int64(s, 1),
		.status = status_at(s, 2),
		.cause = text_at(s, 3, r->arena, MAX_VALUE) };
	for (int p = 0; p < N_PHASES; p++)
		m->phases[p] = time_at(s, 4 + p);
}

/* Newest run first, so that checks stand in its order; then all are turned round. */
static int read_moments(struct reading *r)
{
	sqlite3_int64 run = -1;
	size_t guess = 0;
	int step;
	sqlite3_stmt *s = store_prepare(r->history,
	    "SELECT text.text, run.at, result.status, result.cause, result.dns,"
	    " result.tcp, result.tls, result.http, run.id"
	    " FROM run JOIN result ON result.run = run.id"
	    " JOIN text ON text.id = result.id"
	    " WHERE run.id >= ? AND NOT run.interrupted"
	    " ORDER BY run.id DESC, result.position",
	    r->error);
	if (!s)
		return -1;
	sqlite3_bind_int64(s, 1, r->first);
	while ((step = sqlite3_step(s)) == SQLITE_ROW) {
		guess = sqlite3_column_int64(s, 8) == run ? guess + 1 : 0;
		run = sqlite3_column_int64(s, 8);
		read_moment(r, s, guess);
	}
	sqlite3_finalize(s);
	return step == SQLITE_DONE ? 0 : store_failed(r->history, r->error);
}

static void turn_round(struct timeline *t)
{
	for (size_t i = 0, j = t->n_moments; i + 1 < j; i++) {
		struct moment m = t->moments[i];
		t->moments[i] = t->moments[--j];
		t->moments[j] = m;
	}
}

static void read_words(
    sqlite3_stmt *s, int column, struct arena *arena, struct words *ret)
{
	json_t *list = json_at(s, column);
	struct fact f;
	fact_from_json(list, arena, &f);
	json_decref(list);
	*ret = f.values;
}

static void read_change(struct reading *r, sqlite3_stmt *s)
{
	struct timelines *to = r->to;
	int kind = sqlite3_column_int(s, 1);
	const char *id = text_at(s, 2, r->arena, MAX_ID);
	const char *note = text_at(s, 6, r->arena, MAX_VALUE);
	if (r->glob && (!id || !text_glob(r->glob, id)))
		return;
	to->changes = vec_grow(r->arena, to->changes, to->n_changes, &to->changes_cap,
	    sizeof *to->changes);
	struct dated_change *d = &to->changes[to->n_changes++];
	*d = (struct dated_change){
		.at = sqlite3_column_int64(s, 0),
		.change = {
			.kind = kind >= 0 && kind < N_CHANGE_KINDS
				    ? (enum change_kind)kind
				    : CHANGE_INFO,
			.check = id,
			.what = text_at(s, 3, r->arena, MAX_VALUE),
			.before = text_at(s, 4, r->arena, MAX_VALUE),
			.after = text_at(s, 5, r->arena, MAX_VALUE),
			.note = note ? note : "",
		},
	};
	read_words(s, 7, r->arena, &d->change.with);
	read_words(s, 8, r->arena, &d->change.unchanged);
}

static int read_changes(struct reading *r)
{
	int step;
	sqlite3_stmt *s = store_prepare(r->history,
	    "SELECT run.at, kind, change.id, what, old, new, note, changed, unchanged"
	    " FROM run JOIN change ON change.run = run.id WHERE run.id >= ?"
	    " ORDER BY run.id, position",
	    r->error);
	if (!s)
		return -1;
	sqlite3_bind_int64(s, 1, r->first);
	while ((step = sqlite3_step(s)) == SQLITE_ROW)
		read_change(r, s);
	sqlite3_finalize(s);
	return step == SQLITE_DONE ? 0 : store_failed(r->history, r->error);
}

static int read_runs(struct reading *r, size_t max_runs)
{
	int step;
	sqlite3_stmt *s = store_prepare(r->history,
	    "SELECT id, at, interrupted FROM run ORDER BY id DESC LIMIT ?", r->error);
	if (!s)
		return -1;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)max_runs);
	while ((step = sqlite3_step(s)) == SQLITE_ROW) {
		r->first = sqlite3_column_int64(s, 0);
		r->to->first = sqlite3_column_int64(s, 1);
		if (r->to->n_runs == 0)
			r->to->last = r->to->first;
		r->to->n_runs++;
		r->to->n_interrupted += sqlite3_column_int(s, 2) != 0;
	}
	sqlite3_finalize(s);
	return step == SQLITE_DONE ? 0 : store_failed(r->history, r->error);
}

int history_read(struct history *h, const char *glob, size_t max_runs,
    struct arena *arena, struct timelines *ret, struct input_error *reterr)
{
	struct reading r = {
		.history = h, .glob = glob, .arena = arena, .to = ret, .error = reterr
	};
	*ret = (struct timelines){ .n_items = 0 };
	/* One view of the database, whatever is saved meanwhile. */
	if (store_exec(h, "BEGIN", reterr) < 0)
		return -1;
	int err = read_runs(&r, max_runs);
	if (err == 0)
		err = read_moments(&r);
	if (err == 0)
		err = read_changes(&r);
	sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
	for (size_t i = 0; i < ret->n_items; i++)
		turn_round(&ret->items[i]);
	return err;
}
