/* SPDX-License-Identifier: MIT */
#ifndef REPORT_PLAN_WORDS_H
#define REPORT_PLAN_WORDS_H

#include "checks/plan/check_plan.h"

struct arena;

/*
 * The plan in words, shared by the two forms of `vnetprobe list`. Results live in
 * the arena; text of users and catalogues in them is not escaped.
 */

/** "system", "system, compared with 168.63.129.16", "none, pinned to ...", ... */
const char *plan_resolver(
    const struct check_plan *plan, const struct target *t, struct arena *a);

/** "direct (reason)" or "http://proxy:3128 (reason)". */
const char *plan_proxy(const struct target *t, const struct check *c, struct arena *a);

/** "30 s, 60 s, ..."; NULL = connections to it are not left idle. */
const char *plan_idle(
    const struct check_plan *plan, const struct target *t, struct arena *a);

/** "required, always", "not required, for jupyter or instance", ... */
const char *plan_needed(const struct check *c, struct arena *a);

/** "status 401 and header www-authenticate holding \"Bearer\" (documented)". */
const char *plan_rule(const struct answer_rule *rule, struct arena *a);

/** "documented", "seen" or "believed". */
const char *plan_mark(enum mark mark);

#endif
