/* SPDX-License-Identifier: MIT */
#include "report/diff_report.h"

#include <string.h>

#include "report/layout.h"
#include "report/run_facts.h"

enum {
	INDENT = 2,
	DETAIL = 6
};

static const char *plural(size_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

const char *diff_summary(const struct diff_report *d, struct arena *arena)
{
	const size_t *n = d->changes->counts;
	size_t same = d->changes->n_same;
	return arena_printf(arena,
	    "%zu %s, %zu %s, %zu %s, %zu worth knowing; %zu %s unchanged",
	    n[CHANGE_REGRESSION],
	    plural(n[CHANGE_REGRESSION], "regression", "regressions"),
	    n[CHANGE_RECOVERY], plural(n[CHANGE_RECOVERY], "recovery", "recoveries"),
	    n[CHANGE_DRIFT], plural(n[CHANGE_DRIFT], "drift", "drifts"), n[CHANGE_INFO],
	    same, plural(same, "check", "checks"));
}

static enum colour colour_of(enum change_kind k)
{
	static const enum colour colours[] = {
		[CHANGE_REGRESSION] = COLOUR_RED,
		[CHANGE_RECOVERY] = COLOUR_GREEN,
		[CHANGE_DRIFT] = COLOUR_YELLOW,
		[CHANGE_INFO] = COLOUR_DIM,
	};

	return colours[k];
}

static void side(
    struct layout *l, const char *label, const char *name, const struct report *r)
{
	const struct obs_system *system = run_system(r->log);
	char started[RUN_TIME_MAX];
	layout_labelled(l, 0, label,
	    arena_printf(&l->scratch, "%s, %s on %s: %s", layout_clean(l, name),
		run_started(r->log, started),
		layout_clean(l, system ? system->hostname : "this machine"),
		status_name(r->verdicts->overall)));
}

static const char *list(struct layout *l, const struct words *w)
{
	return layout_join(l, w->items, w->n_items, N_PATH_FACTS);
}

/* What else changed at that moment is half of the answer. */
static void together(struct layout *l, const struct change *c)
{
	const char *text = NULL;
	if (strcmp(c->what, "status") != 0 && strcmp(c->what, "cause") != 0)
		return;
	if (c->with.n_items)
		text =
		    arena_printf(&l->scratch, "changed with it: %s", list(l, &c->with));
	else if (c->unchanged.n_items)
		text = arena_printf(&l->scratch, "nothing else changed (compared: %s)",
		    list(l, &c->unchanged));
	else
		text = "nothing else was seen in both runs";
	layout_put(l, COLOUR_NONE, "      ");
	layout_wrap(l, COLOUR_NONE, text, DETAIL);
}

static void change(struct layout *l, const struct change *c)
{
	layout_put(l, COLOUR_NONE, "  ");
	layout_wrap(l, COLOUR_NONE,
	    arena_printf(&l->scratch, "%s  %s: %s -> %s",
		layout_clean(l, c->check ? c->check : "the run"), c->what,
		layout_clean(l, c->before), layout_clean(l, c->after)),
	    INDENT);
	if (*c->note) {
		layout_put(l, COLOUR_NONE, "      ");
		layout_wrap(l, COLOUR_NONE, layout_clean(l, c->note), DETAIL);
	}
	together(l, c);
}

char *diff_text(const struct diff_report *d, const struct text_style *style)
{
	const struct comparison *all = d->changes;
	struct layout l;
	layout_init(&l, style);
	if (!style->quiet) {
		side(&l, "old  ", d->before_name, d->before);
		side(&l, "new  ", d->after_name, d->after);
		layout_newline(&l);
	}
	for (size_t i = 0; i < all->n_items; i++) {
		const struct change *c = &all->items[i];
		if (style->quiet ? c->kind != CHANGE_REGRESSION
				 : c->kind == CHANGE_INFO && !style->verbose)
			continue;
		if (i == 0 || all->items[i - 1].kind != c->kind) {
			layout_put(&l, colour_of(c->kind), change_kind_name(c->kind));
			layout_newline(&l);
		}
		change(&l, c);
		if (i + 1 == all->n_items || all->items[i + 1].kind != c->kind)
			layout_newline(&l);
	}
	layout_wrap(&l, COLOUR_NONE, diff_summary(d, &l.scratch), 0);
	return layout_end(&l);
}
