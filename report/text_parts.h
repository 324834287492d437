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

enum colour text_status_colour(enum status s);

#endif
