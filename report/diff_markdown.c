/* SPDX-License-Identifier: MIT */
#include "report/diff_report.h"

#include <string.h>

#include "probe/base/arena.h"
#include "report/markdown_text.h"
#include "report/run_facts.h"

static void side(
    struct buf *b, const char *label, const char *name, const struct report *r)
{
	char started[RUN_TIME_MAX];
	buf_printf(b, "- %s: ", label);
	markdown_text(b, name);
	buf_printf(b, ", %s, %s\n", run_started(r->log, started),
	    status_name(r->verdicts->overall));
}

static void list(struct buf *b, const char *label, const struct words *w)
{
	for (size_t i = 0; i < w->n_items; i++) {
		buf_puts(b, i == 0 ? label : ", ");
		markdown_text(b, w->items[i]);
	}
}

static void row(struct buf *b, const struct change *c)
{
	buf_printf(b, "| %s | ", change_kind_name(c->kind));
	markdown_text(b, c->check ? c->check : "the run");
	buf_puts(b, " | ");
	markdown_text(b, c->what);
	buf_puts(b, " | ");
	markdown_text(b, c->before);
	buf_puts(b, " | ");
	markdown_text(b, c->after);
	buf_puts(b, " | ");
	if (*c->note)
		markdown_text(b, c->note);
	if (c->with.n_items)
		list(b, "; changed with it: ", &c->with);
	else
		list(b, "; nothing else changed, compared: ", &c->unchanged);
	buf_puts(b, " |\n");
}

char *diff_markdown(const struct diff_report *d, bool verbose)
{
	struct buf b = { .data = NULL };
	struct arena scratch;
	size_t shown = 0;
	arena_init(&scratch, (size_t)1 << 20);
	buf_puts(&b, "## What changed\n\n");
	markdown_text(&b, diff_summary(d, &scratch));
	buf_puts(&b, "\n\n");
	side(&b, "old", d->before_name, d->before);
	side(&b, "new", d->after_name, d->after);
	for (size_t i = 0; i < d->changes->n_items; i++) {
		const struct change *c = &d->changes->items[i];
		if (c->kind == CHANGE_INFO && !verbose)
			continue;
		if (shown++ == 0)
			buf_puts(&b, "\n| kind | check | what | old | new | remark |\n"
				     "| --- | --- | --- | --- | --- | --- |\n");
		row(&b, c);
	}
	arena_deinit(&scratch);
	return buf_take(&b);
}
