/* SPDX-License-Identifier: MIT */
#ifndef REPORT_TEXT_PARTS_H
#define REPORT_TEXT_PARTS_H

#include "report/layout.h"
#include "report/report.h"

/*
 * The parts of the text report, in the order in which they are printed. Each ends
 * with an empty line unless it printed nothing.
 */

/** What is wrong and what to change, one block a cause. */
void text_causes(struct layout *l, const struct report *r, bool verbose);

/** One line a check, by service family; with details below each when verbose. */
void text_table(struct layout *l, const struct report *r, bool verbose);

/** Evidence, certificate and path of check i, indented below its line. */
void text_details(struct layout *l, const struct report *r, size_t i);

/** What the plan left out and why, one line each; prints nothing when all ran. */
void text_left_out(struct layout *l, const struct check_plan *plan);

/* Shared words. */

/** "forced_tunnel, explicit_proxy", or NULL when there is none. */
const char *text_attributes(struct layout *l, unsigned bits);

enum colour text_status_colour(enum status s);

/** "12.3 ms" below ten seconds, "12.3 s" above; returns buf. */
#define TEXT_TIME_MAX 32
const char *text_time(nsec_t t, char buf[TEXT_TIME_MAX]);

/** Indices of the plan's checks by family in order of first appearance; n of them. */
const unsigned *text_by_family(struct layout *l, const struct check_plan *plan);

/** Heading of check i; its own family or that of ad-hoc targets. */
const char *text_family(const struct check_plan *plan, size_t i);

#endif
