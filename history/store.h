/* SPDX-License-Identifier: MIT */
#ifndef HISTORY_STORE_H
#define HISTORY_STORE_H

#include <sqlite3.h>

#include "history/history.h"

/* What the files of history/ share. */

struct history {
	sqlite3 *db;
	char *dir;   /* as the user wrote it, escaped; for messages */
	int lock_fd; /* the directory, locked by the one that writes; -1 = reading */
};

/** Sets *reterr to what SQLite says of its last failure; returns -1. */
int store_failed(const struct history *h, struct input_error *reterr);

/**
 * Whether the file still has its name: what is written to one that was removed is lost
 * without an error. 0, or -1 with the reason in *reterr.
 */
int store_check_place(const struct history *h, struct input_error *reterr);

/** Statements without results; 0, or -1 with the reason in *reterr. */
int store_exec(struct history *h, const char *sql, struct input_error *reterr);

/** A statement to finalize, or NULL with the reason in *reterr. */
sqlite3_stmt *store_prepare(
    struct history *h, const char *sql, struct input_error *reterr);

/** Bind functions that know what is absent: NULL, and times below zero. */
void store_bind_text(sqlite3_stmt *s, int column, const char *text);
void store_bind_time(sqlite3_stmt *s, int column, nsec_t t);

#endif
