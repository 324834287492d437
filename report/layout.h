/* SPDX-License-Identifier: MIT */
#ifndef REPORT_LAYOUT_H
#define REPORT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/base/arena.h"
#include "report/buf.h"
#include "report/report.h"

/*
 * Text in lines of at most .columns columns. Functions take clean text unless they
 * say that they clean it: what did not come from our own source goes through
 * layout_clean() first.
 */
struct layout {
	struct buf buf;
	struct arena scratch;
	size_t columns;
	bool colour;
};

enum colour {
	COLOUR_NONE,
	COLOUR_BOLD,
	COLOUR_DIM,
	COLOUR_RED,
	COLOUR_GREEN,
	COLOUR_YELLOW,
};

/** A document as wide as the style says, 80 to 100 columns. */
void layout_init(struct layout *l, const struct text_style *style);

/** Frees the scratch memory and gives the document away. */
char *layout_end(struct layout *l);

/** Printable, and bounded; NULL becomes "-". Lives as long as the layout. */
const char *layout_clean(struct layout *l, const char *text);

/** Columns a clean text takes; East Asian wide characters take two. */
size_t layout_width(const char *text);

/** The text itself, or its two ends around an ellipsis, at most width columns. */
const char *layout_cut(struct layout *l, const char *text, size_t width);

/** Text in a colour. */
void layout_put(struct layout *l, enum colour c, const char *text);

/** Text in a cell: cut when it is too wide, filled up with blanks. */
void layout_left(struct layout *l, enum colour c, const char *text, size_t width);
void layout_right(struct layout *l, enum colour c, const char *text, size_t width);

void layout_newline(struct layout *l);

/** Wraps from the current column, which is indent, to the end of a line. */
void layout_wrap(struct layout *l, enum colour c, const char *text, size_t indent);

/** "label   text", the clean text wrapped beside the label. */
void layout_labelled(
    struct layout *l, size_t indent, const char *label, const char *text);

/** The same for any number of texts, which are cleaned here; bullets for several. */
void layout_list(struct layout *l, size_t indent, const char *label,
    const char *const *items, size_t n);

/** "a, b, c and 9 more": a clean text of at most max items, which are cleaned here. */
const char *layout_join(
    struct layout *l, const char *const *items, size_t n, size_t max);

#endif
