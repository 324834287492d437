/* SPDX-License-Identifier: MIT */
#include "checks/input/suggest.h"

#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/text.h"

struct suggestion suggest_begin(const char *word)
{
	/* A third of the word may be wrong: more would be a guess, not a memory. */
	size_t len = strnlen(word, 64);
	unsigned most = len < 2 ? 0 : len < 4 ? 1 : len < 9 ? 2 : (unsigned)(len / 3);
	return (struct suggestion){ .word = word, .distance = most + 1 };
}

void suggest_feed(struct suggestion *s, const char *valid)
{
	unsigned d = text_distance(s->word, valid, s->distance);
	/* A name that ends too early is one error, however much is missing. */
	if (d > 1 && strlen(s->word) > 2 && text_starts_nocase(valid, s->word))
		d = 1;
	if (d < s->distance) {
		s->distance = d;
		s->nearest = valid;
	}
}

const char *suggest_clause(const struct suggestion *s, struct arena *arena)
{
	return s->nearest ? arena_printf(arena, "; did you mean \"%s\"?", s->nearest)
			  : "";
}
