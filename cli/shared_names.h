/* SPDX-License-Identifier: MIT */
#ifndef CLI_SHARED_NAMES_H
#define CLI_SHARED_NAMES_H

#include "cli/command.h"

/**
 * Gives each value of a name that two rows share (--listen) to the row of this command.
 * A file and an environment may serve several commands: there a value of the other
 * row's form is the other command's, and left out. On the command line it stays, to be
 * refused (is_typed).
 */
void shared_names_settle(struct givens *g, const struct command *c, bool is_typed);

#endif
