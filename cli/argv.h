/* SPDX-License-Identifier: MIT */
#ifndef CLI_ARGV_H
#define CLI_ARGV_H

#include <stdbool.h>

#include "cli/options.h"

struct arena;
struct input_error;

struct argv_result {
	struct givens givens;
	bool help, version; /* asked for before anything wrong was met */
};

/**
 * Splits the arguments of a command (argv[0] is the command's name) into options and
 * targets, in any order; "--" ends the options. Values are not checked here.
 *
 * Returns 0, or -1 with the first fault in *reterr. Then too *ret holds everything
 * that could be read, because the style of the exit code may be among it.
 */
int argv_read(int argc, char **argv, struct arena *arena, struct argv_result *ret,
    struct input_error *reterr);

#endif
