/* SPDX-License-Identifier: MIT */
#ifndef REPORT_RUN_WORDS_H
#define REPORT_RUN_WORDS_H

#include "checks/runs/path_facts.h"
#include "report/report.h"

/* The run in words that all forms of the report share. */

/** "12.3 ms" below a second, "12.30 s" above; returns buf. */
#define RUN_TIME_TEXT_MAX 32
const char *run_time_text(nsec_t t, char buf[RUN_TIME_TEXT_MAX]);

/** "dns", "tcp", "tls", "http". */
const char *phase_name(unsigned phase);

/** -1 = it did not happen. */
nsec_t phase_time(const struct verdict *v, unsigned phase);

/** The phase in which a failed or inconclusive check ended, or -1. */
int stopped_phase(const struct verdict *v);

/** "certain", ..., and what cannot_tell means in words. */
const char *confidence_words(enum confidence c);

/** "forced_tunnel, explicit_proxy", or NULL when there is none. */
const char *attribute_words(struct arena *arena, unsigned bits);

/** Stands above the limits of a capture file in all forms that people read. */
#define CAPTURE_LIMITS_HEADING "What this capture cannot show"

/** A pass of which nothing proves that it is one. */
bool is_unsure_pass(const struct verdict *v);

/** What check i is called beside its id; NULL for ad-hoc targets, which have no name.
 */
const char *check_title(const struct check_plan *plan, size_t i);

/** Heading of check i; its own family or that of ad-hoc targets. */
const char *check_family(const struct check_plan *plan, size_t i);

/** Indices of the plan's checks by family in order of first appearance; n of them. */
const unsigned *checks_by_family(struct arena *arena, const struct check_plan *plan);

/** "3 of 24 checks failed", "all 24 checks passed", ...; one clause. */
const char *run_headline(const struct report *r, struct arena *arena);

#endif
