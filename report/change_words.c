/* SPDX-License-Identifier: MIT */
#include "report/change_words.h"

#include <string.h>

#include "probe/base/arena.h"

static const char *list(const struct words *w, struct arena *arena)
{
	const char *text = "";
	for (size_t i = 0; i < w->n_items; i++)
		text = arena_printf(arena, "%s%s%s", text, i ? ", " : "", w->items[i]);
	return text;
}

/* What else changed at that moment is half of the answer. */
static const char *together(const struct change *c, struct arena *arena)
{
	if (strcmp(c->what, "status") != 0 && strcmp(c->what, "cause") != 0)
		return "";
	if (c->with.n_items)
		return arena_printf(
		    arena, "; changed with it: %s", list(&c->with, arena));
	return c->unchanged.n_items ? "; nothing else changed" : "";
}

const char *change_words(const struct change *c, struct arena *arena)
{
	return arena_printf(arena, "%s: %s %s -> %s%s", c->check ? c->check : "the run",
	    c->what, c->before ? c->before : "-", c->after ? c->after : "-",
	    together(c, arena));
}

/* Words of ours, in which no name can be. */
static bool has_own_words(const struct change *c)
{
	return strcmp(c->what, "status") == 0 || strcmp(c->what, "cause") == 0 ||
	       strcmp(c->what, "flapping") == 0 || strncmp(c->what, "timing.", 7) == 0;
}

struct change change_nameless(const struct change *c)
{
	struct change copy = *c;
	if (!has_own_words(c)) {
		copy.before = c->before ? "(redacted)" : NULL;
		copy.after = c->after ? "(redacted)" : NULL;
	}
	return copy;
}
