/* SPDX-License-Identifier: MIT */
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

struct arena;
struct input_error;

/* The one way text reaches standard error, apart from progress. */

/** A value made printable and cut to what fits into one line of an error. */
const char *message_quote(struct arena *arena, const char *value);

/** "vnetprobe: TEXT" on standard error, one line. */
void message_print(const struct input_error *e);

#endif
