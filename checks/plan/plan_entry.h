/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_PLAN_ENTRY_H
#define CHECKS_PLAN_ENTRY_H

#include "checks/plan/catalogue.h"
#include "checks/plan/check_plan.h"
#include "checks/plan/template.h"

struct arena;

/**
 * The values of settings as they stand in host names: lower case. Storage is left
 * open, because each account has its own.
 */
struct template_values plan_values(const struct settings *s, struct arena *arena);

/** The options an entry lacks, "needs --region and --storage", or NULL. */
const char *plan_missing_options(const struct catalogue_entry *entry, enum cloud cloud,
    const struct template_values *values, struct arena *arena);

/** Whether the entry's host or request has {storage} in it. */
bool plan_is_per_account(
    const struct catalogue_entry *entry, enum cloud cloud, struct arena *arena);

/** Fills in host, port, protocol and request; nothing may be missing. */
void plan_expand_target(const struct catalogue_entry *entry, enum cloud cloud,
    const struct template_values *values, struct arena *arena, struct target *ret);

/** Fills in what the entry says about the check of an expanded target. */
void plan_expand_check(const struct catalogue_entry *entry, enum cloud cloud,
    const struct template_values *values, struct arena *arena, struct check *ret);

/**
 * What stands before "/api/kernels" in the path of a websocket target, often ""; NULL =
 * it does not lead to a Jupyter server.
 */
const char *plan_jupyter_base(const struct target *t, struct arena *arena);

/** A target as people write it: "https://host/path", "tcp://host:445", "dns:name". */
const char *plan_shown_target(const struct target *target, struct arena *arena);

#endif
