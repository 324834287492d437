/* SPDX-License-Identifier: MIT */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "cli/options.h"

struct arena;
struct input_error;
struct yaml_node;

/*
 * The configuration file: one mapping whose keys are the options' long names with
 * underscores. A value is a scalar, for a list option also a list of scalars, for a
 * switch true or false.
 */

/** Reads a file. Returns 0, or -1 with "file:line:column: reason" in *reterr. */
int config_read(const char *path, struct arena *arena, struct givens *ret,
    struct input_error *reterr);

/** The same for a parsed document; name stands for the file in messages. */
int config_from_tree(const char *name, const struct yaml_node *root,
    struct arena *arena, struct givens *ret, struct input_error *reterr);

#endif
