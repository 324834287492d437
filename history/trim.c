/* SPDX-License-Identifier: MIT */
#include "history/store.h"

#include <assert.h>

enum {
	STEPS_MAX = 64, /* each deletes a tenth of what there is */
};

static int delete (
    struct history *h, const char *runs, int64_t parameter, struct input_error *reterr)
{
	sqlite3_stmt *s = store_prepare(h, runs, reterr);
	if (!s)
		return -1;
	if (sqlite3_bind_parameter_count(s))
		sqlite3_bind_int64(s, 1, parameter);
	int r = sqlite3_step(s) == SQLITE_DONE ? 0 : store_failed(h, reterr);
	sqlite3_finalize(s);
	if (r < 0 || sqlite3_changes(h->db) == 0)
		return r;
	return store_exec(h,
	    "DELETE FROM result WHERE run NOT IN (SELECT id FROM run);"
	    "DELETE FROM change WHERE run NOT IN (SELECT id FROM run);"
	    "DELETE FROM text WHERE id NOT IN (SELECT id FROM result UNION ALL"
	    " SELECT facts FROM result UNION ALL SELECT resolvers FROM run)",
	    reterr);
}

/* Without so many runs there is no time to count from, and the difference is NULL. */
static const char too_old[] =
    "DELETE FROM run WHERE at < (SELECT CASE WHEN count(*) = 10 THEN min(at) END"
    " FROM (SELECT at FROM run ORDER BY id DESC LIMIT 10)) - ?"
    " AND id < (SELECT max(id) FROM run)";

static_assert(HISTORY_CLOCK_RUNS == 10, "the number in the statement");

static const char oldest_tenth[] =
    "DELETE FROM run WHERE id <"
    " (SELECT max(id) FROM run) AND id IN (SELECT id FROM run ORDER BY id"
    " LIMIT (SELECT (count(*) + 9) / 10 FROM run))";

/* -1 on an error. */
static sqlite3_int64 bytes_in_use(struct history *h, struct input_error *reterr)
{
	sqlite3_int64 value = -1;
	sqlite3_stmt *s = store_prepare(h,
	    "SELECT (page_count - freelist_count) * page_size"
	    " FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
	    reterr);
	if (!s)
		return -1;
	if (sqlite3_step(s) == SQLITE_ROW)
		value = sqlite3_column_int64(s, 0);
	else
		store_failed(h, reterr);
	sqlite3_finalize(s);
	return value;
}

static int trim(
    struct history *h, int64_t keep_ms, int64_t keep_bytes, struct input_error *reterr)
{
	int r = delete (h, too_old, keep_ms, reterr);
	for (int i = 0; r == 0 && i < STEPS_MAX; i++) {
		sqlite3_int64 used = bytes_in_use(h, reterr);
		if (used < 0 || used <= keep_bytes)
			return used < 0 ? -1 : 0;
		r = delete (h, oldest_tenth, 0, reterr);
	}
	return r;
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
