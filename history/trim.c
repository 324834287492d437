/* SPDX-License-Identifier: MIT */
#include "history/store.h"

#include <assert.h>

enum {
	STEPS_MAX = 64, /* each deletes a tenth of what there is */
};

/* Runs up to this one go; 0 = none. */
static int delete_until(
    struct history *h, sqlite3_int64 last, struct input_error *reterr)
{
	static const char *const statements[] = {
		"DELETE FROM run WHERE id <= ?",
		"DELETE FROM result WHERE run <= ?",
		"DELETE FROM change WHERE run <= ?",
	};
	int r = 0;
	for (size_t i = 0; r == 0 && i < sizeof statements / sizeof *statements; i++) {
		sqlite3_stmt *s = store_prepare(h, statements[i], reterr);
		if (!s)
			return -1;
		sqlite3_bind_int64(s, 1, last);
		if (sqlite3_step(s) != SQLITE_DONE)
			r = store_failed(h, reterr);
		sqlite3_finalize(s);
	}
	return r;
}

/* The number a query with at most one parameter gives; -1 on an error. */
static sqlite3_int64 number(
    struct history *h, const char *sql, int64_t parameter, struct input_error *reterr)
{
	sqlite3_int64 value = -1;
	sqlite3_stmt *s = store_prepare(h, sql, reterr);
	if (!s)
		return -1;
	if (sqlite3_bind_parameter_count(s))
		sqlite3_bind_int64(s, 1, parameter);
	if (sqlite3_step(s) == SQLITE_ROW)
		value = sqlite3_column_int64(s, 0);
	else
		store_failed(h, reterr);
	sqlite3_finalize(s);
	return value;
}

/* The newest run that is too old; those before it are older or their clock was wrong.
 */
static const char too_old[] =
    "SELECT coalesce(max(id), 0) FROM run WHERE at <"
    " (SELECT at FROM run ORDER BY id DESC LIMIT 1 OFFSET 9) - ?"
    " AND id < (SELECT max(id) FROM run)";

static_assert(HISTORY_CLOCK_RUNS == 10, "the offset of the query");

static const char oldest_tenth[] =
    "SELECT coalesce(max(id), 0) FROM (SELECT id FROM run"
    " WHERE id < (SELECT max(id) FROM run) ORDER BY id"
    " LIMIT (SELECT (count(*) + 9) / 10 FROM run))";

static const char bytes_in_use[] =
    "SELECT (page_count - freelist_count) * page_size"
    " FROM pragma_page_count, pragma_freelist_count, pragma_page_size";

static const char unused_texts[] =
    "DELETE FROM text WHERE id NOT IN (SELECT id FROM result UNION ALL"
    " SELECT facts FROM result UNION ALL SELECT resolvers FROM run)";

static int trim_size(struct history *h, int64_t keep_bytes, struct input_error *reterr)
{
	for (int i = 0; i < STEPS_MAX; i++) {
		sqlite3_int64 used = number(h, bytes_in_use, 0, reterr);
		if (used < 0 || used <= keep_bytes)
			return used < 0 ? -1 : 0;
		sqlite3_int64 last = number(h, oldest_tenth, 0, reterr);
		if (last <= 0)
			return (int)last;
		if (delete_until(h, last, reterr) < 0 ||
		    store_exec(h, unused_texts, reterr) < 0)
			return -1;
	}
	return 0;
}

static int trim(
    struct history *h, int64_t keep_ms, int64_t keep_bytes, struct input_error *reterr)
{
	sqlite3_int64 last = number(h, too_old, keep_ms, reterr);
	if (last < 0)
		return -1;
	if (last > 0 && (delete_until(h, last, reterr) < 0 ||
			    store_exec(h, unused_texts, reterr) < 0))
		return -1;
	return trim_size(h, keep_bytes, reterr);
}

int history_trim(
    struct history *h, int64_t keep_ms, int64_t keep_bytes, struct input_error *reterr)
{
	if (store_exec(h, "BEGIN IMMEDIATE", reterr) < 0)
		return -1;
	if (trim(h, keep_ms, keep_bytes, reterr) == 0)
		return store_exec(h, "COMMIT; PRAGMA incremental_vacuum", reterr);
	sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}
