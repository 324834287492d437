/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "probe/base/arena.h"
#include "report/change_words.h"
#include "report/history_report.h"
#include "report/pseudonyms.h"

static void redact_change(struct pseudonyms *p, struct change *c)
{
	*c = change_nameless(c);
	/* That of a state is a sentence about the check, and names what it met. */
	if (strcmp(c->what, "status") == 0 || strcmp(c->what, "cause") == 0)
		c->note = "";
	c->check = pseudonym_of_check(p, c->check);
}

void history_redact(
    const struct timelines *past, struct arena *arena, struct timelines *ret)
{
	struct pseudonyms p;
	pseudonyms_init(&p, arena);
	*ret = *past;
	ret->items =
	    arena_memdup(arena, past->items, past->n_items * sizeof *ret->items);
	for (size_t i = 0; i < ret->n_items; i++)
		ret->items[i].id = pseudonym_of_check(&p, ret->items[i].id);
	ret->changes =
	    arena_memdup(arena, past->changes, past->n_changes * sizeof *ret->changes);
	for (size_t i = 0; i < ret->n_changes; i++)
		redact_change(&p, &ret->changes[i].change);
	pseudonyms_deinit(&p);
}
