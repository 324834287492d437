/* SPDX-License-Identifier: MIT */
#include "report/layout.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probe/base/text.h"

#define ELLIPSIS "\xe2\x80\xa6"

enum {
	MAX_COLUMNS = 100,
	MIN_COLUMNS = 80,
	MAX_TEXT = 600,     /* bytes of one text; the JSON report has more of it */
	LABEL_COLUMNS = 15, /* the widest label and a gap */
	SCRATCH_LIMIT = 1 << 30
};

void layout_init(struct layout *l, const struct text_style *style)
{
	*l = (struct layout){ .columns = style->columns, .colour = style->colour };
	if (l->columns == 0 || l->columns > MAX_COLUMNS)
		l->columns = MAX_COLUMNS;
	if (l->columns < MIN_COLUMNS)
		l->columns = MIN_COLUMNS;
	arena_init(&l->scratch, SCRATCH_LIMIT);
}

char *layout_end(struct layout *l)
{
	arena_deinit(&l->scratch);
	return buf_take(&l->buf);
}

const char *layout_clean(struct layout *l, const char *text)
{
	return text ? text_escape(&l->scratch, text, strlen(text), MAX_TEXT) : "-";
}

/* One character of valid UTF-8, which is what layout_clean() makes. */
static uint32_t next_char(const char **text)
{
	const unsigned char *p = (const unsigned char *)*text;
	uint32_t c = p[0];
	size_t n = 1;
	if (c >= 0xf0)
		n = 4, c &= 0x07;
	else if (c >= 0xe0)
		n = 3, c &= 0x0f;
	else if (c >= 0xc0)
		n = 2, c &= 0x1f;
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3fU);
	*text += n;
	return c;
}

/* The wide blocks of UAX #11, coarsely: counting too much only wraps early. */
static size_t char_width(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} wide[] = {
		{ 0x1100, 0x115f },
		{ 0x2e80, 0xa4cf },
		{ 0xac00, 0xd7a3 },
		{ 0xf900, 0xfaff },
		{ 0xfe30, 0xfe6f },
		{ 0xff00, 0xff60 },
		{ 0xffe0, 0xffe6 },
		{ 0x1f300, 0x1faff },
		{ 0x20000, 0x3fffd },
	};

	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		if (c >= wide[i].first && c <= wide[i].last)
			return 2;
	return 1;
}

static size_t width_of(const char *text, size_t len)
{
	const char *end = text + len;
	size_t width = 0;
	while (text < end)
		width += char_width(next_char(&text));
	return width;
}

size_t layout_width(const char *text)
{
	return width_of(text, strlen(text));
}

/* Bytes of the longest beginning that fits into width columns. */
static size_t fitting(const char *text, size_t width)
{
	const char *p = text;
	while (*p) {
		const char *next = p;
		size_t w = char_width(next_char(&next));
		if (w > width)
			break;
		width -= w;
		p = next;
	}
	return (size_t)(p - text);
}

/* Start of the longest end that fits. */
static const char *fitting_end(const char *text, size_t width)
{
	size_t total = layout_width(text);
	while (total > width)
		total -= char_width(next_char(&text));
	return text;
}

const char *layout_cut(struct layout *l, const char *text, size_t width)
{
	if (layout_width(text) <= width)
		return text;
	size_t head = width / 2, tail = width - 1 - head;
	return arena_printf(&l->scratch, "%.*s%s%s", (int)fitting(text, head), text,
	    ELLIPSIS, fitting_end(text, tail));
}

static const char *const codes[] = {
	[COLOUR_NONE] = "",
	[COLOUR_BOLD] = "\x1b[1m",
	[COLOUR_DIM] = "\x1b[2m",
	[COLOUR_RED] = "\x1b[1;31m",
	[COLOUR_GREEN] = "\x1b[32m",
	[COLOUR_YELLOW] = "\x1b[33m",
};

static void colour_on(struct layout *l, enum colour c)
{
	if (l->colour)
		buf_puts(&l->buf, codes[c]);
}

static void colour_off(struct layout *l, enum colour c)
{
	if (l->colour && c != COLOUR_NONE)
		buf_puts(&l->buf, "\x1b[0m");
}

void layout_put(struct layout *l, enum colour c, const char *text)
{
	colour_on(l, c);
	buf_puts(&l->buf, text);
	colour_off(l, c);
}

static void cell(
    struct layout *l, enum colour c, const char *text, size_t width, bool right)
{
	text = layout_cut(l, text, width);
	size_t blanks = width - layout_width(text);
	if (right)
		buf_fill(&l->buf, ' ', blanks);
	layout_put(l, c, text);
	if (!right)
		buf_fill(&l->buf, ' ', blanks);
}

void layout_left(struct layout *l, enum colour c, const char *text, size_t width)
{
	cell(l, c, text, width, false);
}

void layout_right(struct layout *l, enum colour c, const char *text, size_t width)
{
	cell(l, c, text, width, true);
}

/* Blanks at the end of a line only make it wider than it looks. */
void layout_newline(struct layout *l)
{
	while (l->buf.len && l->buf.data[l->buf.len - 1] == ' ')
		l->buf.len--;
	buf_puts(&l->buf, "\n");
}

void layout_wrap(struct layout *l, enum colour c, const char *text, size_t indent)
{
	size_t column = indent, room = l->columns - indent;
	colour_on(l, c);
	while (*text) {
		size_t len = strcspn(text, " ");
		const char *word =
		    layout_cut(l, arena_strndup(&l->scratch, text, len), room);
		size_t width = layout_width(word);
		if (column > indent && column + 1 + width > l->columns) {
			colour_off(l, c);
			layout_newline(l);
			buf_fill(&l->buf, ' ', indent);
			colour_on(l, c);
			column = indent;
		} else if (column > indent) {
			buf_puts(&l->buf, " ");
			column++;
		}
		buf_puts(&l->buf, word);
		column += width;
		text += len;
		text += strspn(text, " ");
	}
	colour_off(l, c);
	layout_newline(l);
}

void layout_labelled(
    struct layout *l, size_t indent, const char *label, const char *text)
{
	buf_fill(&l->buf, ' ', indent);
	layout_left(l, COLOUR_DIM, label, LABEL_COLUMNS);
	layout_wrap(l, COLOUR_NONE, text, indent + LABEL_COLUMNS);
}

void layout_list(struct layout *l, size_t indent, const char *label,
    const char *const *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_fill(&l->buf, ' ', indent);
		layout_left(l, COLOUR_DIM, i ? "" : label, LABEL_COLUMNS);
		if (n > 1)
			buf_puts(&l->buf, "- ");
		layout_wrap(l, COLOUR_NONE, layout_clean(l, items[i]),
		    indent + LABEL_COLUMNS + (n > 1 ? 2 : 0));
	}
}

const char *layout_join(
    struct layout *l, const char *const *items, size_t n, size_t max)
{
	struct buf b = { 0 };
	for (size_t i = 0; i < n && i < max; i++)
		buf_printf(&b, "%s%s", i ? ", " : "", layout_clean(l, items[i]));
	if (n > max)
		buf_printf(&b, " and %zu more", n - max);
	char *joined = buf_take(&b);
	const char *text = arena_strdup(&l->scratch, joined);
	free(joined);
	return text;
}
