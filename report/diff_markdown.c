/* SPDX-License-Identifier: MIT */
#include "report/diff_report.h"

#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "report/markdown_text.h"
#include "report/redactor.h"
#include "report/run_facts.h"

enum {
	MAX_TEXT = 4096,
	SCRATCH_LIMIT = 1 << 28
};

struct page {
	struct buf b;
	struct arena scratch;
	struct redactor *redactor; /* NULL: names are told */
};

static void put(struct page *p, const char *text)
{
	if (text && p->redactor)
		text = redactor_text(p->redactor,
		    text_escape(&p->scratch, text, strlen(text), MAX_TEXT),
		    &p->scratch);
	markdown_text(&p->b, text);
}

static void side(
    struct page *p, const char *label, const char *name, const struct report *r)
{
	char started[RUN_TIME_MAX];
	buf_printf(&p->b, "- %s: ", label);
	markdown_text(&p->b, name);
	buf_printf(&p->b, ", %s, %s\n", run_started(r->log, started),
	    status_name(r->verdicts->overall));
}

static void list(struct page *p, const char *label, const struct words *w)
{
	for (size_t i = 0; i < w->n_items; i++) {
		buf_puts(&p->b, i == 0 ? label : ", ");
		markdown_text(&p->b, w->items[i]);
	}
}

static void row(struct page *p, const struct change *c)
{
	struct buf *b = &p->b;
	buf_printf(b, "| %s | ", change_kind_name(c->kind));
	put(p, c->check ? c->check : "the run");
	buf_puts(b, " | ");
	markdown_text(b, c->what);
	buf_puts(b, " | ");
	put(p, c->before);
	buf_puts(b, " | ");
	put(p, c->after);
	buf_puts(b, " | ");
	if (*c->note)
		put(p, c->note);
	if (c->with.n_items)
		list(p, "; changed with it: ", &c->with);
	else
		list(p, "; nothing else changed, compared: ", &c->unchanged);
	buf_puts(b, " |\n");
}

char *diff_markdown(const struct diff_report *d, bool verbose)
{
	struct page p = { .redactor = d->redactor };
	size_t shown = 0;
	arena_init(&p.scratch, (size_t)SCRATCH_LIMIT);
	buf_puts(&p.b, "## What changed\n\n");
	markdown_text(&p.b, diff_summary(d, &p.scratch));
	buf_puts(&p.b, "\n\n");
	side(&p, "old", d->before_name, d->before);
	side(&p, "new", d->after_name, d->after);
	for (size_t i = 0; i < d->changes->n_items; i++) {
		const struct change *c = &d->changes->items[i];
		if (c->kind == CHANGE_INFO && !verbose)
			continue;
		if (shown++ == 0)
			buf_puts(&p.b,
			    "\n| kind | check | what | old | new | remark |\n"
			    "| --- | --- | --- | --- | --- | --- |\n");
		row(&p, c);
	}
	arena_deinit(&p.scratch);
	return buf_take(&p.b);
}
