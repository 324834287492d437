/* SPDX-License-Identifier: MIT */
#ifndef PROBE_BASE_ARENA_H
#define PROBE_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Memory that lives as long as one run: plan, observations, verdicts and all
 * their strings. Nothing is freed singly. An allocation never returns NULL: when
 * memory or the arena's limit is exhausted the program prints one line to stderr
 * and exits with 2 ("could not test"), because no honest report can follow.
 */
struct arena {
	struct arena_chunk *chunks;
	size_t used;  /* bytes handed out */
	size_t limit; /* most bytes ever handed out */
};

void arena_init(struct arena *a, size_t limit);
void arena_deinit(struct arena *a);

/** Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size);

/** Zeroed array; n * size is checked for overflow. */
void *arena_array(struct arena *a, size_t n, size_t size);

/** Copies of strings. A NULL source gives NULL. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t max);
void *arena_memdup(struct arena *a, const void *p, size_t size);

char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

#endif
