/* SPDX-License-Identifier: MIT */
#include "checks/input/input_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Appends at most what fits; a cut message says so with "...". */
__attribute__((format(printf, 2, 0))) static void append(
    struct input_error *e, const char *fmt, va_list ap)
{
	size_t used = strlen(e->text), room = sizeof e->text - used;
	int n = vsnprintf(e->text + used, room, fmt, ap);
	if (n >= 0 && (size_t)n >= room)
		memcpy(e->text + sizeof e->text - 4, "...", 4);
}

void input_error_set(struct input_error *e, const char *fmt, ...)
{
	va_list ap;
	e->text[0] = '\0';
	va_start(ap, fmt);
	append(e, fmt, ap);
	va_end(ap);
}

void input_error_at(struct input_error *e, const char *file, size_t line, size_t column,
    const char *fmt, ...)
{
	va_list ap;
	input_error_set(e, "%.300s:%zu:%zu: ", file, line, column);
	va_start(ap, fmt);
	append(e, fmt, ap);
	va_end(ap);
}
