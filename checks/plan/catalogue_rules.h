/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_CATALOGUE_RULES_H
#define CHECKS_CATALOGUE_RULES_H

#include "checks/input/yaml_fields.h"
#include "checks/plan/catalogue.h"

/*
 * Readers for rows of a yaml_field table: how an answer is recognised and what it
 * gives away. Format: docs/catalogue.md.
 */

/** struct catalogue_entry: genuine, denied, disclosures. */
int catalogue_read_genuine(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_entry);
int catalogue_read_denied(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_entry);
int catalogue_read_disclosures(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_entry);

/** enum mark: documented, seen or believed. */
int catalogue_read_mark(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_mark);

/** const char *: a field name as HTTP allows it (RFC 9110 section 5.1). */
int catalogue_read_header_name(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_text);

#endif
