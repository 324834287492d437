/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <string.h>

#include "probe/base/vec.h"
#include "report/text_parts.h"

enum {
	MAX_CHECKS = 12, /* of one cause; the table below names the others */
	MAX_EVIDENCE = 5,
	ALL = 100000,
	INDENT = 4
};

/* How bad it is; what is required comes before what is not. */
static int badness(const struct report *r, unsigned check)
{
	int required = r->plan->checks[check].required ? 4 : 0;
	switch (r->verdicts->items[check].status) {
	case STATUS_FAIL:
		return 3 + required;
	case STATUS_INCONCLUSIVE:
		return 2 + required;
	case STATUS_WARN:
		return 1;
	default:
		return 0;
	}
}

enum {
	WORST = 7
};

static unsigned worst_check(const struct report *r, const struct cause_group *g)
{
	unsigned worst = g->checks[0];
	for (size_t i = 1; i < g->n_checks; i++)
		if (badness(r, g->checks[i]) > badness(r, worst))
			worst = g->checks[i];
	return worst;
}

/* A check that no group explains still gets its block. */
static struct cause_group group_of(struct layout *l, const struct verdict *v)
{
	const char **texts = arena_array(&l->scratch, v->n_evidence, sizeof *texts);
	for (size_t i = 0; i < v->n_evidence; i++)
		texts[i] = v->evidence[i].text;
	return (struct cause_group){
		.cause = v->cause,
		.confidence = v->confidence,
		.summary = v->summary,
		.evidence = { .items = texts, .n_items = v->n_evidence },
		.alternatives = v->alternatives,
		.would_decide = v->would_decide,
		.remediation = v->remediation,
	};
}

/* What makes two blocks one: the same words at the same stage. */
static const char *group_key(struct layout *l, const struct verdict *v)
{
	return arena_printf(&l->scratch, "%d %d %s %s", (int)v->status, (int)v->stage,
	    v->cause ? v->cause->name : "", layout_clean(l, v->summary));
}

struct entry {
	struct cause_group group;
	unsigned *checks; /* of a group made here */
	size_t cap;
};

struct groups {
	struct entry *items;
	size_t n_items;
};

static void add_check(struct layout *l, struct entry *e, unsigned check)
{
	struct cause_group *g = &e->group;
	e->checks =
	    vec_grow(&l->scratch, e->checks, g->n_checks, &e->cap, sizeof *e->checks);
	e->checks[g->n_checks++] = check;
	g->checks = e->checks;
}

/* The entry for a check that no group of the judge has. */
static struct entry *entry_of(
    struct layout *l, struct groups *all, json_t *known, const struct verdict *v)
{
	const char *key = group_key(l, v);
	const json_t *at = json_object_get(known, key);
	if (at)
		return &all->items[json_integer_value(at)];
	json_object_set_new(known, key, json_integer((json_int_t)all->n_items));
	all->items[all->n_items].group = group_of(l, v);
	return &all->items[all->n_items++];
}

/* The judge's groups first, then those of the checks that are in none of them. */
static struct groups all_groups(struct layout *l, const struct report *r)
{
	const struct verdicts *v = r->verdicts;
	bool *grouped = arena_array(&l->scratch, v->n_items, sizeof *grouped);
	struct groups all = { .n_items = v->n_groups };
	json_t *known = json_object();

	all.items =
	    arena_array(&l->scratch, v->n_groups + v->n_items, sizeof *all.items);
	for (size_t i = 0; i < v->n_groups; i++) {
		all.items[i].group = v->groups[i];
		for (size_t j = 0; j < v->groups[i].n_checks; j++)
			grouped[v->groups[i].checks[j]] = true;
	}
	for (unsigned i = 0; i < v->n_items; i++)
		if (!grouped[i] && badness(r, i))
			add_check(l, entry_of(l, &all, known, &v->items[i]), i);
	json_decref(known);
	return all;
}

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

static const char *cause_line(
    struct layout *l, const struct report *r, const struct cause_group *g)
{
	const struct verdict *v = &r->verdicts->items[worst_check(r, g)];
	const char *at = v->has_stage ? ", stage " : "";
	const char *stage = v->has_stage ? stage_name(v->stage) : "";
	if (!g->cause)
		return arena_printf(&l->scratch, "none found%s%s", at, stage);
	return arena_printf(&l->scratch, "%s%s%s (%s)", g->cause->name, at, stage,
	    g->confidence == CONFIDENCE_CANNOT_TELL ? "cannot tell why from inside"
						    : confidence_name(g->confidence));
}

static void block(struct layout *l, const struct report *r, const struct cause_group *g,
    unsigned number, bool verbose)
{
	enum status status = r->verdicts->items[worst_check(r, g)].status;
	const char *head = arena_printf(&l->scratch, "%u. ", number);
	size_t n_evidence = g->evidence.n_items, shown = n_evidence;
	if (!verbose && shown > MAX_EVIDENCE)
		shown = MAX_EVIDENCE;

	layout_put(l, COLOUR_BOLD, head);
	layout_put(l, text_status_colour(status), status_name(status));
	layout_put(l, COLOUR_NONE, "  ");
	layout_wrap(l, COLOUR_BOLD,
	    layout_clean(l, g->summary ? g->summary
			    : g->cause ? g->cause->sentence
				       : "This check could not be judged."),
	    strlen(head) + strlen(status_name(status)) + 2);
	layout_labelled(
	    l, INDENT, "affects", affected(l, r, g, verbose ? ALL : MAX_CHECKS));
	layout_labelled(l, INDENT, "cause", cause_line(l, r, g));
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
	struct groups all = all_groups(l, r);
	unsigned number = 0;
	for (int bad = WORST; bad > 0; bad--)
		for (size_t i = 0; i < all.n_items; i++) {
			const struct cause_group *g = &all.items[i].group;
			if (g->n_checks && badness(r, worst_check(r, g)) == bad)
				block(l, r, g, ++number, verbose);
		}
}
