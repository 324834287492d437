/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_SUGGEST_H
#define CHECKS_SUGGEST_H

#include <stddef.h>

struct arena;

/*
 * Finds what the user may have meant: feed every valid word, then read the nearest.
 *
 *	struct suggestion s = suggest_begin(word);
 *	for (...)
 *		suggest_feed(&s, valid[i]);
 *	suggest_clause(&s, arena);
 */
struct suggestion {
	const char *word;
	const char *nearest; /* NULL = nothing is near */
	unsigned distance;
};

struct suggestion suggest_begin(const char *word);
void suggest_feed(struct suggestion *s, const char *valid);

/** "; did you mean \"x\"?", or "" when nothing is near. */
const char *suggest_clause(const struct suggestion *s, struct arena *arena);

#endif
