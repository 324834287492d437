/* SPDX-License-Identifier: MIT */
#ifndef CLI_SAVED_OPTIONS_H
#define CLI_SAVED_OPTIONS_H

#include "checks/runs/saved_settings.h"
#include "cli/options.h"

struct arena;
struct input_error;

/*
 * Options of a run on their way into its report and back. They come back through the
 * same table as a configuration file, so a report can say nothing that a user could
 * not.
 */

/** The options in effect, without what is of no use to a later reader. */
void saved_options_from(
    const struct options *o, struct arena *arena, struct saved_settings *ret);

/**
 * Options as they were when the report was written; name is the report's in messages.
 * The environment of this process plays no part. Returns 0, or -1 with the reason in
 * *reterr.
 */
int saved_options_read(const struct saved_settings *saved, const char *name,
    struct arena *arena, struct options *ret, struct input_error *reterr);

#endif
