/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_CATALOGUE_PARSE_H
#define CHECKS_CATALOGUE_PARSE_H

#include "checks/plan/catalogue.h"

/**
 * Parses one document that holds a whole catalogue; sha256 is left empty. Name stands
 * in messages. Returns 0, or -1 with "name:line:column: reason" in *reterr.
 */
int catalogue_parse(const char *name, const char *text, size_t len, struct arena *arena,
    struct catalogue *ret, struct input_error *reterr);

#endif
