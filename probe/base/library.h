/* SPDX-License-Identifier: MIT */
#ifndef PROBE_BASE_LIBRARY_H
#define PROBE_BASE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

/* A function of a shared library, and where in a struct its pointer belongs. */
struct library_function {
	const char *name;
	size_t offset;
};

/**
 * Loads a library that only some runs need, for good, and fills the struct at ret.
 * Returns whether it is installed and has all of them; *ret is undefined otherwise.
 */
bool library_load(
    const char *soname, const struct library_function *functions, size_t n, void *ret);

#endif
