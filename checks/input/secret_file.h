/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_SECRET_FILE_H
#define CHECKS_SECRET_FILE_H

struct arena;
struct input_error;

/** Most bytes of a secret, its end of line not counted. */
enum {
	SECRET_MAX = 4096
};

/**
 * Reads the one line of a file that holds a password or token. A file that others than
 * its owner may read or write is refused, as ssh refuses keys, and so is one that is
 * empty, has further lines or holds control characters.
 *
 * Returns 0, or -1 with "path: reason" in *reterr; the reason never quotes the file.
 */
int secret_file_read(const char *path, struct arena *arena, const char **ret,
    struct input_error *reterr);

#endif
