/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_INPUT_FILE_H
#define CHECKS_INPUT_FILE_H

#include <stddef.h>

struct arena;
struct input_error;

/** Most bytes of a configuration or catalogue: 1 MiB. */
#define INPUT_FILE_MAX ((size_t)1 << 20)

/** Name of a file as it may stand in a message: escaped and cut. */
const char *input_file_shown(const char *path, struct arena *arena);

/**
 * Reads a regular file of at most INPUT_FILE_MAX bytes into the arena and closes it
 * with a NUL that is not counted. A larger file is refused by its size, before it
 * is read; a directory, FIFO or device is refused without waiting for it.
 *
 * Returns 0, or -1 with "path: reason" in *reterr.
 */
int input_file_read(const char *path, struct arena *arena, const char **ret,
    size_t *ret_len, struct input_error *reterr);

#endif
