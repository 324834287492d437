/* SPDX-License-Identifier: MIT */
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct input_error;

/* The one way text reaches standard error, apart from progress. */

/** A value made printable and cut to what fits into one line of an error. */
const char *message_quote(struct arena *arena, const char *value);

/**
 * The candidate nearest to word when it is near enough to be meant, or NULL. Short
 * words must agree better than long ones.
 */
const char *message_nearest(
    const char *word, const char *const *candidates, size_t n_candidates);

/** "vnetprobe: TEXT" on standard error, one line. */
void message_print(const struct input_error *e);

#endif
