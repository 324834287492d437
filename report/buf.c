/* SPDX-License-Identifier: MIT */
#include "report/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for len more bytes and the closing NUL. */
static void reserve(struct buf *b, size_t len)
{
	if (len < b->cap - b->len)
		return;
	size_t cap = b->cap ? b->cap : 4096;
	while (cap <= SIZE_MAX / 2 && cap - b->len <= len)
		cap *= 2;
	char *data = cap - b->len > len ? realloc(b->data, cap) : NULL;
	if (!data) {
		fputs("vnetprobe: out of memory while writing the report\n", stderr);
		exit(2);
	}
	b->data = data;
	b->cap = cap;
}

void buf_add(struct buf *b, const char *bytes, size_t len)
{
	reserve(b, len);
	memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_fill(struct buf *b, char c, size_t n)
{
	reserve(b, n);
	memset(b->data + b->len, c, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	reserve(b, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

char *buf_take(struct buf *b)
{
	char *data;
	buf_add(b, "", 0);
	data = b->data;
	*b = (struct buf){ 0 };
	return data;
}
