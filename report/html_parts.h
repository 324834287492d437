/* SPDX-License-Identifier: MIT */
#ifndef REPORT_HTML_PARTS_H
#define REPORT_HTML_PARTS_H

#include "report/cause_blocks.h"
#include "report/writer.h"

/* The parts of the HTML report, in the order in which they stand on the page. */

/**
 * A page up to its title, which the caller appends, with a policy that lets nothing in
 * but our style, and our script if it has one.
 */
void html_begin(struct writer *w, bool has_script);

/** From behind the title: style, shapes, and the begin of the body. */
void html_body(struct writer *w);

/** Head of the report. */
void html_head(struct writer *w);

/** Verdict, facts of the run, how many checks have each status. */
void html_summary(struct writer *w);

/** One article a cause; nothing when there is none. */
void html_causes(struct writer *w, const struct cause_blocks *blocks);

/** One line a check by family, which opens to its evidence. */
void html_checks(struct writer *w);

/** What a capture cannot show; nothing when the run was no capture file. */
void html_limits(struct writer *w);

/* Shared pieces. */

/** The shape that stands for a status; it has no words. */
void html_icon(struct writer *w, enum status s);

/** Shape and word of a status. */
void html_chip(struct writer *w, enum status s, const char *word);

/** "<h4>NAME</h4><ul>...</ul>"; nothing without items. */
void html_list(struct writer *w, const char *name, const struct words *all);

/** "<dt>NAME</dt><dd>TEXT</dd>", the text cleaned. */
void html_term(struct writer *w, const char *name, const char *text);

/** How many checks of the run have a status. */
unsigned html_count(const struct verdicts *v, enum status s);

#endif
