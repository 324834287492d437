/* SPDX-License-Identifier: MIT */
#ifndef PROBE_BASE_VEC_H
#define PROBE_BASE_VEC_H

#include <stddef.h>

struct arena;

/*
 * Makes room for one more element in an arena-backed array and returns the
 * (possibly moved) array; *cap is updated. Old storage stays in the arena, so
 * pointers into it remain valid but stale.
 *
 *	items = vec_grow(arena, items, n, &cap, sizeof *items);
 *	items[n++] = value;
 */
void *vec_grow(
    struct arena *a, void *items, size_t n_items, size_t *cap, size_t item_size);

#endif
