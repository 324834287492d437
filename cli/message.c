/* SPDX-License-Identifier: MIT */
#include "cli/message.h"

#include <stdio.h>
#include <string.h>

#include "checks/input_error.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

const char *message_quote(struct arena *arena, const char *value)
{
	enum {
		QUOTE_MAX = 80
	};

	return text_escape(arena, value, strlen(value), QUOTE_MAX);
}

const char *message_nearest(
    const char *word, const char *const *candidates, size_t n_candidates)
{
	size_t len = strlen(word);
	unsigned limit = len < 4 ? 1 : len < 9 ? 2 : 3;
	const char *best = NULL;
	for (size_t i = 0; i < n_candidates && limit > 0; i++) {
		unsigned d = text_distance(word, candidates[i], limit);
		if (d > limit || (best && d == limit))
			continue;
		best = candidates[i];
		limit = d;
	}
	return best;
}

void message_print(const struct input_error *e)
{
	fprintf(stderr, "vnetprobe: %s\n", e->text);
}
