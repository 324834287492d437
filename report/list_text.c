/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "report/layout.h"
#include "report/plan_words.h"
#include "report/report.h"
#include "report/run_words.h"
#include "report/text_parts.h"

enum {
	INDENT = 4,
	ID_COLUMNS = 40
};

static void line(struct layout *l, const char *label, const char *text)
{
	if (text)
		layout_labelled(l, INDENT, label, layout_clean(l, text));
}

static void rules(
    struct layout *l, const char *label, const struct answer_rule *items, size_t n)
{
	const char **texts = arena_array(&l->scratch, n, sizeof *texts);
	for (size_t i = 0; i < n; i++)
		texts[i] = plan_rule(&items[i], &l->scratch);
	layout_list(l, INDENT, label, texts, n);
}

/* What the judge will hold against the answer beyond "reachable". */
static const char *expectation(const struct check *c)
{
	if (c->must_not_reach)
		return "must not be reachable";
	return c->expect_private ? "must resolve to a private address" : NULL;
}

static void source(struct layout *l, const struct catalogue_entry *e)
{
	line(l, "source",
	    arena_printf(&l->scratch, "%s, %s (%s)", e->source ? e->source : "none",
		e->source_date ? e->source_date : "no date", plan_mark(e->mark)));
}

static void item(
    struct layout *l, const struct check_plan *plan, size_t i, bool verbose)
{
	const struct target *t = &plan->probe.targets[i];
	const struct check *c = &plan->checks[i];
	buf_fill(&l->buf, ' ', 2);
	layout_wrap(l, COLOUR_BOLD, layout_clean(l, t->id), 2);
	/* An ad-hoc target is its own id. */
	if (c->shown_target && strcmp(c->shown_target, t->id) != 0)
		line(l, "target", c->shown_target);
	line(l, "purpose", c->purpose);
	line(l, "needed", plan_needed(c, &l->scratch));
	line(l, "expected", expectation(c));
	line(l, "resolver", plan_resolver(plan, t, &l->scratch));
	line(l, "proxy", plan_proxy(t, c, &l->scratch));
	line(l, "left idle", plan_idle(plan, t, &l->scratch));
	line(l, "service tag", c->service_tag);
	line(l, "private zone", c->private_link_zone);
	if (c->entry) {
		rules(l, "recognised by", c->entry->genuine, c->entry->n_genuine);
		if (verbose)
			rules(l, "denial", c->entry->denied, c->entry->n_denied);
		source(l, c->entry);
	}
	layout_newline(l);
}

void text_left_out(struct layout *l, const struct check_plan *plan)
{
	size_t width = 0;
	if (!plan->n_left_out)
		return;
	for (size_t i = 0; i < plan->n_left_out; i++) {
		size_t w = layout_width(layout_clean(l, plan->left_out[i].id));
		width = w > width ? w : width;
	}
	if (width > ID_COLUMNS)
		width = ID_COLUMNS;
	layout_put(l, COLOUR_BOLD, "Left out");
	layout_newline(l);
	for (size_t i = 0; i < plan->n_left_out; i++) {
		const struct left_out *o = &plan->left_out[i];
		buf_fill(&l->buf, ' ', 2);
		layout_left(l, COLOUR_NONE,
		    layout_cut(l, layout_clean(l, o->id), width), width + 2);
		layout_wrap(l, COLOUR_DIM, layout_clean(l, o->reason), width + 4);
	}
	layout_newline(l);
}

/* What no check asks for, but a run sends all the same. */
static void diagnosis(struct layout *l, const struct plan *p)
{
	char canary[ADDR_TEXT_MAX];

	if (p->no_diagnose)
		return;
	layout_put(l, COLOUR_BOLD, "Diagnosis");
	layout_newline(l);
	if (p->canary.family)
		layout_labelled(l, 4, "control",
		    arena_printf(&l->scratch,
			"one SYN to each of two ports of %s, which must not answer "
			"(--canary none sends none)",
			addr_format(&p->canary, canary)));
	layout_labelled(l, 4, "follow-up",
	    "when a check fails: at most 200 packets to its addresses, other ports of "
	    "them included (--no-diagnose sends none)");
	layout_newline(l);
}

char *report_list_text(const struct check_plan *plan, const struct text_style *style)
{
	struct layout l;
	layout_init(&l, style);
	const unsigned *order = checks_by_family(&l.scratch, plan);
	const char *family = NULL;
	for (size_t k = 0; k < plan->probe.n_targets; k++) {
		const char *own = check_family(plan, order[k]);
		if (!family || strcmp(family, own) != 0) {
			layout_put(&l, COLOUR_BOLD, layout_clean(&l, own));
			layout_newline(&l);
			family = own;
		}
		item(&l, plan, order[k], style->verbose);
	}
	diagnosis(&l, &plan->probe);
	if (style->verbose)
		text_left_out(&l, plan);
	layout_wrap(&l, COLOUR_NONE,
	    arena_printf(&l.scratch, "%zu checks, %zu left out%s; nothing was sent",
		plan->probe.n_targets, plan->n_left_out,
		plan->n_left_out && !style->verbose ? " (-v says why)" : ""),
	    0);
	return layout_end(&l);
}
