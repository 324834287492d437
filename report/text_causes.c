/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "report/cause_blocks.h"
#include "report/run_words.h"
#include "report/text_parts.h"

enum {
	MAX_CHECKS = 12, /* of one cause; the table below names the others */
	MAX_EVIDENCE = 5,
	ALL = 100000,
	INDENT = 4
};

/* "acr.login, acr.data", with a word about those whose failure does not count. */
static const char *affected(
    struct layout *l, const struct report *r, const struct cause_group *g, size_t max)
{
	const char **names = arena_array(&l->scratch, g->n_checks, sizeof *names);
	for (size_t i = 0; i < g->n_checks; i++) {
		const char *id = r->plan->probe.targets[g->checks[i]].id;
		names[i] = r->plan->checks[g->checks[i]].required
			       ? id
			       : arena_printf(&l->scratch, "%s (not required)",
				     layout_clean(l, id));
	}
	return layout_join(l, names, g->n_checks, max);
}

static const char *cause_line(struct layout *l, const struct cause_block *b)
{
	const char *at = b->has_stage ? ", stage " : "";
	const char *stage = b->has_stage ? stage_name(b->stage) : "";
	if (!b->group.cause)
		return arena_printf(&l->scratch, "none found%s%s", at, stage);
	return arena_printf(&l->scratch, "%s%s%s (%s)", b->group.cause->name, at, stage,
	    confidence_words(b->group.confidence));
}

static void block(struct layout *l, const struct report *r, const struct cause_block *b,
    size_t number, bool verbose)
{
	const struct cause_group *g = &b->group;
	const char *head = arena_printf(&l->scratch, "%zu. ", number);
	size_t n_evidence = g->evidence.n_items, shown = n_evidence;
	if (!verbose && shown > MAX_EVIDENCE)
		shown = MAX_EVIDENCE;

	layout_put(l, COLOUR_BOLD, head);
	layout_put(l, text_status_colour(b->status), status_name(b->status));
	layout_put(l, COLOUR_NONE, "  ");
	layout_wrap(l, COLOUR_BOLD, layout_clean(l, g->summary),
	    strlen(head) + strlen(status_name(b->status)) + 2);
	layout_labelled(
	    l, INDENT, "affects", affected(l, r, g, verbose ? ALL : MAX_CHECKS));
	layout_labelled(l, INDENT, "cause", cause_line(l, b));
	layout_list(l, INDENT, "seen", g->evidence.items, shown);
	if (shown < n_evidence)
		layout_labelled(l, INDENT, "",
		    arena_printf(
			&l->scratch, "and %zu more, see -v", n_evidence - shown));
	if (g->confidence != CONFIDENCE_CERTAIN) {
		layout_list(l, INDENT, "looks the same", g->alternatives.items,
		    g->alternatives.n_items);
		layout_list(l, INDENT, "would decide", g->would_decide.items,
		    g->would_decide.n_items);
	}
	layout_list(
	    l, INDENT, "what to do", g->remediation.items, g->remediation.n_items);
	/* On a line of its own, where it is not cut and can be copied. */
	if (g->cause && g->cause->link) {
		buf_fill(&l->buf, ' ', INDENT);
		layout_wrap(l, COLOUR_DIM, layout_clean(l, g->cause->link), INDENT);
	}
	layout_newline(l);
}

void text_causes(struct layout *l, const struct report *r, bool verbose)
{
	struct cause_blocks all = cause_blocks(r, &l->scratch);
	for (size_t i = 0; i < all.n_items; i++)
		block(l, r, &all.items[i], i + 1, verbose);
}
