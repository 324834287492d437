/* SPDX-License-Identifier: MIT */
#ifndef CLI_EXPLAIN_CAPTURE_H
#define CLI_EXPLAIN_CAPTURE_H

#include <stdbool.h>

#include "cli/options.h"

struct arena;
struct input_error;

/** Whether an operand of explain is a capture rather than a cause. */
bool explain_is_capture(const char *operand);

/**
 * Reads a capture ("-": standard input), judges its flows and delivers the reports.
 * Returns the exit code; one that stands for no result comes with *reterr.
 */
int explain_capture(const struct options *o, const char *path, struct arena *arena,
    struct input_error *reterr);

#endif
