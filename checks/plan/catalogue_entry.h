/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_CATALOGUE_ENTRY_H
#define CHECKS_CATALOGUE_ENTRY_H

#include "checks/input/yaml_fields.h"
#include "checks/plan/catalogue.h"

/**
 * Reads one item of a family's "checks" and fills in defaults: method GET, path "/",
 * the protocol's usual port, required. Returns 0, or -1 with the reason.
 */
int catalogue_read_entry(const struct yaml_source *src, const struct yaml_node *item,
    struct catalogue_entry *ret);

#endif
