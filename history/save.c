/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdlib.h>

#include "checks/runs/path_facts_json.h"
#include "history/store.h"

/* Steps a statement without results and makes it ready for the next row. */
static int step(struct history *h, sqlite3_stmt *s, struct input_error *reterr)
{
	int r = sqlite3_step(s) == SQLITE_DONE ? 0 : store_failed(h, reterr);
	sqlite3_reset(s);
	return r;
}

struct saving {
	struct history *history;
	const struct history_run *run;
	sqlite3_int64 id; /* of the run */
	sqlite3_stmt *add_text, *find_text;
	struct input_error *error;
};

/* Number of a text, stored when it is new; -1 on an error. */
static sqlite3_int64 text_id(struct saving *s, const char *text)
{
	sqlite3_int64 id = -1;
	store_bind_text(s->add_text, 1, text);
	if (step(s->history, s->add_text, s->error) < 0)
		return -1;
	store_bind_text(s->find_text, 1, text);
	if (sqlite3_step(s->find_text) == SQLITE_ROW)
		id = sqlite3_column_int64(s->find_text, 0);
	else
		store_failed(s->history, s->error);
	sqlite3_reset(s->find_text);
	return id;
}

static sqlite3_int64 json_id(struct saving *s, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(json);
	if (!text)
		abort();
	sqlite3_int64 id = text_id(s, text);
	free(text);
	return id;
}

static int save_run(struct saving *s)
{
	const struct history_run *run = s->run;
	sqlite3_int64 resolvers = json_id(s, fact_to_json(&run->facts->resolvers));
	if (resolvers < 0)
		return -1;
	sqlite3_stmt *add = store_prepare(s->history,
	    "INSERT INTO run(at, duration, status, interrupted, diagnosed, resolvers)"
	    " VALUES(?, ?, ?, ?, ?, ?)",
	    s->error);
	if (!add)
		return -1;
	sqlite3_bind_int64(add, 1, run->at);
	sqlite3_bind_int64(add, 2, run->duration);
	sqlite3_bind_int(add, 3, (int)run->status);
	sqlite3_bind_int(add, 4, run->interrupted);
	sqlite3_bind_int(add, 5, run->diagnosed);
	sqlite3_bind_int64(add, 6, resolvers);
	int r = step(s->history, add, s->error);
	s->id = sqlite3_last_insert_rowid(s->history->db);
	sqlite3_finalize(add);
	return r;
}

static int save_result(struct saving *s, sqlite3_stmt *add, size_t i)
{
	const struct seen_check *c = &s->run->facts->checks[i];
	sqlite3_int64 id = text_id(s, c->path.id);
	sqlite3_int64 facts = json_id(s, path_facts_to_json(&c->path));
	if (id < 0 || facts < 0)
		return -1;
	sqlite3_bind_int64(add, 1, s->id);
	sqlite3_bind_int64(add, 2, (sqlite3_int64)i);
	sqlite3_bind_int64(add, 3, id);
	sqlite3_bind_int(add, 4, (int)c->status);
	store_bind_text(add, 5, c->cause);
	sqlite3_bind_int64(add, 6, facts);
	for (int p = 0; p < N_PHASES; p++)
		store_bind_time(add, 7 + p, c->phases[p]);
	return step(s->history, add, s->error);
}

static int save_results(struct saving *s)
{
	sqlite3_stmt *add = store_prepare(s->history,
	    "INSERT INTO result VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", s->error);
	int r = add ? 0 : -1;
	for (size_t i = 0; r == 0 && i < s->run->facts->n_checks; i++)
		r = save_result(s, add, i);
	sqlite3_finalize(add);
	return r;
}

static void bind_words(sqlite3_stmt *add, int column, const struct words *w)
{
	json_t *list = json_array();
	for (size_t i = 0; i < w->n_items; i++)
		json_array_append_new(list, json_string(w->items[i]));
	char *text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	store_bind_text(add, column, text);
	free(text);
}

static int save_changes(struct saving *s)
{
	sqlite3_stmt *add = store_prepare(s->history,
	    "INSERT INTO change VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", s->error);
	int r = add ? 0 : -1;
	for (size_t i = 0; r == 0 && i < s->run->n_changes; i++) {
		const struct change *c = &s->run->changes[i];
		sqlite3_bind_int64(add, 1, s->id);
		sqlite3_bind_int64(add, 2, (sqlite3_int64)i);
		sqlite3_bind_int(add, 3, (int)c->kind);
		store_bind_text(add, 4, c->check);
		store_bind_text(add, 5, c->what);
		store_bind_text(add, 6, c->before);
		store_bind_text(add, 7, c->after);
		store_bind_text(add, 8, c->note);
		bind_words(add, 9, &c->with);
		bind_words(add, 10, &c->unchanged);
		r = step(s->history, add, s->error);
	}
	sqlite3_finalize(add);
	return r;
}

static int save_all(struct saving *s)
{
	int r = -1;
	s->add_text = store_prepare(
	    s->history, "INSERT OR IGNORE INTO text(text) VALUES(?)", s->error);
	s->find_text =
	    store_prepare(s->history, "SELECT id FROM text WHERE text = ?", s->error);
	if (s->add_text && s->find_text && save_run(s) == 0 && save_results(s) == 0)
		r = save_changes(s);
	sqlite3_finalize(s->add_text);
	sqlite3_finalize(s->find_text);
	return r;
}

int history_save(
    struct history *h, const struct history_run *run, struct input_error *reterr)
{
	struct saving s = { .history = h, .run = run, .error = reterr };
	if (store_check_place(h, reterr) < 0)
		return -1;
	if (store_exec(h, "BEGIN IMMEDIATE", reterr) < 0)
		return -1;
	if (save_all(&s) == 0)
		return store_exec(h, "COMMIT", reterr);
	sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}
