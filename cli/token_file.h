/* SPDX-License-Identifier: MIT */
#ifndef CLI_TOKEN_FILE_H
#define CLI_TOKEN_FILE_H

struct arena;
struct input_error;

/*
 * A credential in a file: one line of printable ASCII without blanks, at most
 * TOKEN_MAX bytes. The file must be a regular one that only its owner may read.
 */
enum {
	TOKEN_MAX = 4096
};

/**
 * Returns 0, or -1 with one line that names option and file and never quotes what is
 * in it.
 */
int token_file_read(const char *option, const char *path, struct arena *arena,
    const char **ret, struct input_error *reterr);

#endif
