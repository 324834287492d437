/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_PATH_FACTS_JSON_H
#define CHECKS_PATH_FACTS_JSON_H

#include "checks/runs/path_facts.h"

struct arena;
struct json_t; /* jansson's */

/* Facts of a path as they are kept between runs: {"addresses": ["10.1.0.5"], ...}. */

/** A new reference to an object of the facts that are known. */
struct json_t *path_facts_to_json(const struct check_path *c);

/**
 * The other way round; the strings live in the arena, bounded and escaped. What is no
 * fact is passed over: another version may have written it. The id is left alone.
 */
void path_facts_from_json(
    const struct json_t *json, struct arena *arena, struct check_path *ret);

/** The same for one list of values, which is a fact or that of the resolvers. */
struct json_t *fact_to_json(const struct fact *f);
void fact_from_json(const struct json_t *json, struct arena *arena, struct fact *ret);

#endif
