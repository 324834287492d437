/* SPDX-License-Identifier: MIT */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>

/** A terminal that understands cursor control: not TERM=dumb, and TERM is set. */
bool terminal_is_smart(int fd);

/** Colour: a smart terminal, no --no-color, no NO_COLOR (https://no-color.org). */
bool terminal_wants_colour(int fd, bool no_color);

/** Width for text: that of the terminal within 60 to 100, 100 elsewhere. */
unsigned terminal_columns(int fd);

#endif
