/* SPDX-License-Identifier: MIT */
#ifndef CLI_OUTFILE_H
#define CLI_OUTFILE_H

#include <stddef.h>
#include <sys/types.h>

struct arena;
struct input_error;

/*
 * Documents on their way out. A regular file is replaced in one step (written beside
 * it, synced, renamed), so that a reader never sees half a report; a device, pipe or
 * socket is written to as it is. Every failed write, a full disk included, is told.
 */

/** Whether the file could be written now, found out without changing it. */
int outfile_check(const char *path, struct arena *arena, struct input_error *reterr);

/** The same for the file of another option than --output, which messages name. */
int outfile_check_of(const char *option, const char *path, struct arena *arena,
    struct input_error *reterr);

/* A document being written. Zero-initialise it. */
struct outfile {
	const char *path;   /* as the user wrote it; NULL = standard output */
	const char *option; /* that named it, for messages; NULL = --output */
	const char *place;
	char *temporary; /* written first, then renamed to place; NULL = written to
			    directly */
	mode_t mode;
	int fd, err; /* err: the first that went wrong; nothing is written after it */
};

/** path NULL is standard output. Failures are told by outfile_close(). */
void outfile_open(struct outfile *f, const char *path, struct arena *arena);

/** A report_sink_fn; f is a struct outfile. */
void outfile_put(void *f, const char *bytes, size_t len);

/**
 * Puts the file in its place, or closes standard output, which is the last thing a
 * program can do with it. Returns 0, or -1 with the reason in *reterr; then the old
 * file is as it was. The text is empty when the reader of standard output went away
 * (EPIPE), because nobody is left who wants to know.
 */
int outfile_close(struct outfile *f, struct arena *arena, struct input_error *reterr);

/** All three with one text. */
int outfile_write(const char *path, const char *text, struct arena *arena,
    struct input_error *reterr);

#endif
