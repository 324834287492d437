/* SPDX-License-Identifier: MIT */
#include "history/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/input/input_error.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

#define TO_TEXT_OF(x) #x
#define TO_TEXT(x)    TO_TEXT_OF(x)

#define SCHEMA_VERSION 1

enum {
	BUSY_TIMEOUT_MS = 5000
};

/* Texts that repeat, ids and sets of facts, are stored once. */
static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE text(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);"
    "CREATE TABLE run(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,"
    " duration INTEGER NOT NULL, status INTEGER NOT NULL,"
    " interrupted INTEGER NOT NULL, diagnosed INTEGER NOT NULL,"
    " resolvers INTEGER NOT NULL);"
    "CREATE TABLE result(run INTEGER NOT NULL, position INTEGER NOT NULL,"
    " id INTEGER NOT NULL, status INTEGER NOT NULL, cause TEXT,"
    " facts INTEGER NOT NULL, dns INTEGER, tcp INTEGER, tls INTEGER, http INTEGER,"
    " PRIMARY KEY(run, position)) WITHOUT ROWID;"
    "CREATE TABLE change(run INTEGER NOT NULL, position INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, id TEXT, what TEXT NOT NULL, old TEXT, new TEXT,"
    " note TEXT NOT NULL, changed TEXT NOT NULL, unchanged TEXT NOT NULL,"
    " PRIMARY KEY(run, position)) WITHOUT ROWID;"
    "PRAGMA user_version=" TO_TEXT(SCHEMA_VERSION) ";"
						   "COMMIT;";

static int failed(const char *dir, const char *why, struct input_error *reterr)
{
	input_error_set(reterr, "--state: history in \"%s\": %s", dir, why);
	return -1;
}

int store_failed(const struct history *h, struct input_error *reterr)
{
	const char *why = sqlite3_errmsg(h->db);
	if (sqlite3_errcode(h->db) == SQLITE_FULL)
		why = "the disk is full";
	return failed(h->dir, why, reterr);
}

int store_check_place(const struct history *h, struct input_error *reterr)
{
	int moved = 0;
	sqlite3_file_control(h->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	return moved ? failed(h->dir, "the file was removed or replaced", reterr) : 0;
}

int store_exec(struct history *h, const char *sql, struct input_error *reterr)
{
	if (sqlite3_exec(h->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	store_failed(h, reterr);
	if (!sqlite3_get_autocommit(h->db))
		sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

sqlite3_stmt *store_prepare(
    struct history *h, const char *sql, struct input_error *reterr)
{
	sqlite3_stmt *s = NULL;
	if (sqlite3_prepare_v2(h->db, sql, -1, &s, NULL) != SQLITE_OK)
		store_failed(h, reterr);
	return s;
}

void store_bind_text(sqlite3_stmt *s, int column, const char *text)
{
	if (text)
		sqlite3_bind_text(s, column, text, -1, SQLITE_TRANSIENT);
	else
		sqlite3_bind_null(s, column);
}

void store_bind_time(sqlite3_stmt *s, int column, nsec_t t)
{
	if (t >= 0)
		sqlite3_bind_int64(s, column, t);
	else
		sqlite3_bind_null(s, column);
}

/* --- Opening ---------------------------------------------------------------------- */

static int version_of(struct history *h, int *ret, struct input_error *reterr)
{
	sqlite3_stmt *s = store_prepare(h, "PRAGMA user_version", reterr);
	if (!s)
		return -1;
	int r = sqlite3_step(s) == SQLITE_ROW ? 0 : store_failed(h, reterr);
	*ret = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return r;
}

/* Runs come minutes apart, so each may wait for the disk. */
static int prepare_writing(struct history *h, int version, struct input_error *reterr)
{
	if (version == 0 && store_exec(h, "PRAGMA auto_vacuum=INCREMENTAL", reterr) < 0)
		return -1;
	if (store_exec(h, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", reterr) <
	    0)
		return -1;
	return version == 0 ? store_exec(h, schema, reterr) : 0;
}

static int prepare(
    struct history *h, enum history_mode mode, struct input_error *reterr)
{
	int version;
	sqlite3_busy_timeout(h->db, BUSY_TIMEOUT_MS);
	/* Nothing that a database says about itself may make it run code of ours. */
	sqlite3_db_config(h->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(h->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (version_of(h, &version, reterr) < 0)
		return -1;
	if (version != SCHEMA_VERSION && (version || mode == HISTORY_READ))
		return failed(h->dir,
		    version ? "it was written by another version"
			    : "nothing was saved there yet",
		    reterr);
	return mode == HISTORY_WRITE ? prepare_writing(h, version, reterr) : 0;
}

static char *escaped(const char *dir)
{
	struct arena arena;
	arena_init(&arena, (size_t)1 << 20);
	char *copy = strdup(text_escape(&arena, dir, strlen(dir), 200));
	arena_deinit(&arena);
	if (!copy)
		abort();
	return copy;
}

/*
 * What changed is told against the run before, so the runs of two programs must not be
 * mixed. The kernel ends the lock with the program. Where a file system has no locks,
 * SQLite's own still keep the file whole.
 */
static int lock(struct history *h, const char *dir, struct input_error *reterr)
{
	h->lock_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->lock_fd < 0)
		return failed(h->dir, strerror(errno), reterr);
	if (flock(h->lock_fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return failed(h->dir, "another vnetprobe keeps its runs there", reterr);
	return 0;
}

/* SQLite would open what it must not write to, and say why much later. */
static int claim(struct history *h, const char *dir, struct input_error *reterr)
{
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return failed(h->dir, strerror(errno), reterr);
	if (lock(h, dir, reterr) < 0)
		return -1;
	return access(dir, W_OK | X_OK) < 0 ? failed(h->dir, strerror(errno), reterr)
					    : 0;
}

/*
 * On a read-only file system SQLite cannot coordinate with a writer, and refuses what
 * was kept with a write-ahead log. There is no writer when that log is not there.
 */
static bool is_frozen(const char *dir, const char *path)
{
	char log[PATH_MAX];
	int n = snprintf(log, sizeof log, "%s-wal", path);
	return n > 0 && (size_t)n < sizeof log && access(dir, W_OK) < 0 &&
	       errno == EROFS && access(log, F_OK) < 0;
}

/* A URI (sqlite.org/uri.html) that says that the file does not change. */
static char *frozen_uri(const char *path)
{
	static const char begin[] = "file:", end[] = "?immutable=1";
	char *uri = malloc(sizeof begin + 3 * strlen(path) + sizeof end);
	if (!uri)
		abort();
	char *to = mempcpy(uri, begin, sizeof begin - 1);
	for (const char *c = path; *c; c++) {
		if (strchr("%?#", *c))
			to += snprintf(to, 4, "%%%02X", (unsigned)*c);
		else
			*to++ = *c;
	}
	memcpy(to, end, sizeof end);
	return uri;
}

static int open_database(
    struct history *h, const char *dir, const char *path, enum history_mode mode)
{
	int flags = mode == HISTORY_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
					  : SQLITE_OPEN_READONLY;
	flags |= SQLITE_OPEN_NOMUTEX;
	if (mode == HISTORY_WRITE || !is_frozen(dir, path))
		return sqlite3_open_v2(path, &h->db, flags, NULL);
	char *uri = frozen_uri(path);
	int r = sqlite3_open_v2(uri, &h->db, flags | SQLITE_OPEN_URI, NULL);
	free(uri);
	return r;
}

static int open_file(struct history *h, const char *dir, enum history_mode mode,
    struct input_error *reterr)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/" HISTORY_FILE, dir);
	if (n < 0 || (size_t)n >= sizeof path)
		return failed(h->dir, "the name is too long", reterr);
	if (mode == HISTORY_WRITE && claim(h, dir, reterr) < 0)
		return -1;
	/* It names the network from inside. */
	mode_t mask = umask(0077);
	int r = open_database(h, dir, path, mode);
	r = r == SQLITE_OK ? prepare(h, mode, reterr) : store_failed(h, reterr);
	umask(mask);
	return r;
}

int history_open(const char *dir, enum history_mode mode, struct history **ret,
    struct input_error *reterr)
{
	struct history *h = calloc(1, sizeof *h);
	if (!h)
		abort();
	h->dir = escaped(dir);
	h->lock_fd = -1;
	if (open_file(h, dir, mode, reterr) < 0) {
		history_close(h);
		return -1;
	}
	*ret = h;
	return 0;
}

void history_close(struct history *h)
{
	if (!h)
		return;
	sqlite3_close(h->db);
	if (h->lock_fd >= 0)
		close(h->lock_fd);
	free(h->dir);
	free(h);
}
