/* SPDX-License-Identifier: MIT */
#ifndef CLI_OUTFILE_H
#define CLI_OUTFILE_H

#include <stddef.h>

struct arena;
struct input_error;

/*
 * Documents on their way out. A regular file is replaced in one step (written beside
 * it, synced, renamed), so that a reader never sees half a report; a device, pipe or
 * socket is written to as it is. Every failed write, a full disk included, is told.
 */

/** Whether the file could be written now, found out without changing it. */
int outfile_check(const char *path, struct arena *arena, struct input_error *reterr);

/** Returns 0, or -1 with the reason in *reterr; then the old file is as it was. */
int outfile_write(const char *path, const char *text, struct arena *arena,
    struct input_error *reterr);

/**
 * Writes to standard output and closes it, which is the last thing a program can do
 * with it. Returns 0, or -1 with the reason in *reterr; its text is empty when the
 * reader went away (EPIPE), because nobody is left who wants to know.
 */
int outfile_stdout(const char *text, struct input_error *reterr);

#endif
