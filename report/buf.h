/* SPDX-License-Identifier: MIT */
#ifndef REPORT_BUF_H
#define REPORT_BUF_H

#include <stddef.h>

/*
 * A document that grows at its end. Zero-initialise it. Without memory the program
 * prints one line and exits with 2, as the arena does: half a report is none.
 */
struct buf {
	char *data; /* NUL-terminated once something was added */
	size_t len, cap;
};

void buf_add(struct buf *b, const char *bytes, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_fill(struct buf *b, char c, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** Gives the document away; the caller frees it. Never NULL. */
char *buf_take(struct buf *b);

#endif
