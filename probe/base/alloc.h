/* SPDX-License-Identifier: MIT */
#ifndef PROBE_BASE_ALLOC_H
#define PROBE_BASE_ALLOC_H

#include <stddef.h>

/*
 * Heap memory for what grows and shrinks within a run and is given back by free(),
 * unlike the arena's. Never NULL: without memory the program prints one line and
 * exits with 2, as the arena does.
 */
void *alloc_zeroed(size_t n, size_t size);

/** As reallocarray(); what is added is not initialised. */
void *alloc_again(void *old, size_t n, size_t size);

/** Whole pages, from a page's start; not initialised. size: a multiple of a page's. */
void *alloc_pages(size_t size);

#endif
