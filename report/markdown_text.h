/* SPDX-License-Identifier: MIT */
#ifndef REPORT_MARKDOWN_TEXT_H
#define REPORT_MARKDOWN_TEXT_H

#include "report/buf.h"

/**
 * Appends text as plain words of GitHub-flavoured Markdown that also fit into a cell of
 * a table: what would be markup, HTML or an end of the cell is escaped, control
 * characters become \xNN. NULL becomes "-".
 */
void markdown_text(struct buf *b, const char *text);

#endif
