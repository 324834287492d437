/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_INPUT_ERROR_H
#define CHECKS_INPUT_ERROR_H

#include <stddef.h>

/** One line for the user: what is wrong, where, and what would be right. */
struct input_error {
	char text[512];
};

/** Formats "message"; text from files is escaped by the caller. */
void input_error_set(struct input_error *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** Formats "file:line:column: message". */
void input_error_at(struct input_error *e, const char *file, size_t line, size_t column,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#endif
