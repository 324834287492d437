/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/judge/cause_decided.h"
#include "report/cause_report.h"
#include "report/layout.h"

enum {
	INDENT = 2,
	MAX_NAME = 28 /* column of the stage in the list */
};

const char *cause_words(const char *text, struct arena *arena)
{
	char *words = arena_strdup(arena, text);
	bool inside = false;
	for (char *p = words; *p; p++) {
		if (*p == '{' || *p == '}')
			inside = *p == '{', *p = inside ? '<' : '>';
		else if (inside && *p == '_')
			*p = ' ';
	}
	return words;
}

/* A NULL-terminated list of the table, its placeholders as words. */
static struct words list_of(struct layout *l, const char *const *texts)
{
	struct words w = { .items = NULL };
	for (size_t n = 0; texts && texts[n]; n++)
		w.cap = n + 1;
	w.items = arena_array(&l->scratch, w.cap, sizeof *w.items);
	for (; w.n_items < w.cap; w.n_items++)
		w.items[w.n_items] = cause_words(texts[w.n_items], &l->scratch);
	return w;
}

/* What looks the same may be a cause itself: then its sentence tells more. */
static struct words lookalikes_of(struct layout *l, const struct cause *cause)
{
	struct words w = list_of(l, cause->lookalikes);
	for (size_t i = 0; i < w.n_items; i++) {
		const struct cause *other = cause_find(w.items[i]);
		if (other)
			w.items[i] = arena_printf(&l->scratch, "%s: %s", other->name,
			    cause_words(other->sentence, &l->scratch));
	}
	return w;
}

static void put_list(struct layout *l, const char *label, struct words w)
{
	layout_list(l, INDENT, label, w.items, w.n_items);
}

char *cause_text(const struct cause *cause, const struct text_style *style)
{
	struct layout l;
	const char *decided = cause_decided(cause);
	layout_init(&l, style);
	layout_put(&l, COLOUR_BOLD, cause->name);
	layout_newline(&l);
	layout_labelled(&l, INDENT, "means", cause_words(cause->sentence, &l.scratch));
	layout_labelled(&l, INDENT, "stage", stage_name(cause->stage));
	if (decided)
		layout_labelled(&l, INDENT, "decided by", decided);
	put_list(&l, "looks the same", lookalikes_of(&l, cause));
	put_list(&l, "would decide", list_of(&l, cause->would_decide));
	put_list(&l, "what to do", list_of(&l, cause->remedies));
	/* Never cut, so that it can be copied. */
	buf_fill(&l.buf, ' ', INDENT);
	layout_put(&l, COLOUR_DIM, cause->link);
	layout_newline(&l);
	return layout_end(&l);
}

char *cause_list_text(const struct text_style *style)
{
	struct layout l;
	size_t n;
	const struct cause *causes = cause_table(&n);
	layout_init(&l, style);
	for (size_t i = 0; i < n; i++) {
		layout_left(&l, COLOUR_BOLD, causes[i].name, MAX_NAME);
		layout_left(&l, COLOUR_NONE, stage_name(causes[i].stage), 10);
		layout_put(&l, COLOUR_NONE, causes[i].sentence);
		layout_newline(&l);
	}
	return layout_end(&l);
}
