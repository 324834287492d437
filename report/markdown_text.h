/* SPDX-License-Identifier: MIT */
#ifndef REPORT_MARKDOWN_TEXT_H
#define REPORT_MARKDOWN_TEXT_H

#include "report/buf.h"

/**
 * Appends a clean text as plain words of GitHub-flavoured Markdown that also fit into a
 * cell of a table: no markup, element, link, mention or reference comes out of it.
 */
void markdown_prose(struct buf *b, const char *clean);

/** Cleans a text, of which control characters become \xNN, and appends it so. NULL
 * becomes "-". */
void markdown_text(struct buf *b, const char *text);

#endif
