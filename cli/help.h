/* SPDX-License-Identifier: MIT */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"

struct arena;

/** The program's help; at most 80 columns, like that of each command. */
char *help_program(struct arena *arena);

char *help_command(const struct command *c, struct arena *arena);

#endif
