/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "report/run_words.h"
#include "report/text_parts.h"

enum {
	INDENT = 2,
	GAP = 2,
	TIME_COLUMNS = 7,
	MIN_ID = 18,
	MIN_ADDRESS = 7
};

struct columns {
	size_t status, id, address;
};

enum colour text_status_colour(enum status s)
{
	switch (s) {
	case STATUS_PASS:
		return COLOUR_GREEN;
	case STATUS_FAIL:
		return COLOUR_RED;
	case STATUS_SKIPPED:
		return COLOUR_DIM;
	default:
		return COLOUR_YELLOW;
	}
}

static const char *status_text(const struct verdict *v)
{
	return is_unsure_pass(v) ? "pass ?" : status_name(v->status);
}

/* The star says that a failure does not count. */
static const char *id_text(struct layout *l, const struct report *r, size_t i)
{
	const char *id = layout_clean(l, r->plan->probe.targets[i].id);
	return r->plan->checks[i].required ? id : arena_printf(&l->scratch, "%s *", id);
}

static const char *address_text(struct layout *l, const struct verdict *v)
{
	char text[ADDR_TEXT_MAX];
	if (!v->address.family)
		return "-";
	return arena_strdup(&l->scratch, addr_format(&v->address, text));
}

static void widen(size_t *width, const char *text)
{
	size_t w = layout_width(text);
	if (w > *width)
		*width = w;
}

/* As wide as the content asks for; ids give way first, and are cut in the middle. */
static struct columns choose_columns(struct layout *l, const struct report *r)
{
	struct columns c = { .id = MIN_ID, .address = MIN_ADDRESS };
	for (size_t i = 0; i < r->verdicts->n_items; i++) {
		const struct verdict *v = &r->verdicts->items[i];
		widen(&c.status, status_text(v));
		widen(&c.id, id_text(l, r, i));
		widen(&c.address, address_text(l, v));
	}
	size_t room =
	    l->columns - INDENT - c.status - 2 * GAP - N_PHASES * TIME_COLUMNS;
	if (c.id + c.address > room)
		c.id = room > MIN_ID + c.address ? room - c.address : MIN_ID;
	if (c.id + c.address > room)
		c.address = room - c.id;
	return c;
}

static void phase_cell(struct layout *l, const struct verdict *v, unsigned phase)
{
	nsec_t time = phase_time(v, phase);
	char text[32];
	if (stopped_phase(v) == (int)phase) {
		layout_right(l, text_status_colour(v->status),
		    v->status == STATUS_FAIL ? "fail" : "?", TIME_COLUMNS);
		return;
	}
	if (time < 0) {
		layout_right(l, COLOUR_DIM, "-", TIME_COLUMNS);
		return;
	}
	double ms = nsec_to_ms(time);
	snprintf(text, sizeof text, ms < 99.95 ? "%.1f" : "%.0f", ms);
	layout_right(l, COLOUR_NONE, text, TIME_COLUMNS);
}

/* The names of the phases stand above the first family only. */
static void heading(
    struct layout *l, const char *family, const struct columns *c, bool first)
{
	size_t left = INDENT + c->status + c->id + c->address + 2 * GAP;
	layout_left(l, COLOUR_BOLD, family, left);
	for (unsigned i = 0; first && i < N_PHASES; i++)
		layout_right(l, COLOUR_DIM, phase_name(i), TIME_COLUMNS);
	layout_newline(l);
}

static void row(
    struct layout *l, const struct report *r, size_t i, const struct columns *c)
{
	const struct verdict *v = &r->verdicts->items[i];
	buf_fill(&l->buf, ' ', INDENT);
	layout_left(l, text_status_colour(v->status), status_text(v), c->status + GAP);
	layout_left(
	    l, COLOUR_NONE, layout_cut(l, id_text(l, r, i), c->id), c->id + GAP);
	layout_left(l, v->address.family ? COLOUR_NONE : COLOUR_DIM, address_text(l, v),
	    c->address);
	for (unsigned phase = 0; phase < N_PHASES; phase++)
		phase_cell(l, v, phase);
	layout_newline(l);
}

static void legend(struct layout *l, const struct report *r)
{
	bool optional = false, unsure = false;
	for (size_t i = 0; i < r->verdicts->n_items; i++) {
		optional |= !r->plan->checks[i].required;
		unsure |= is_unsure_pass(&r->verdicts->items[i]);
	}
	layout_put(l, COLOUR_DIM, "Times in ms");
	if (optional)
		layout_put(l, COLOUR_DIM, "; * not required");
	if (unsure)
		layout_put(
		    l, COLOUR_DIM, "; pass ? nothing said no, nothing proves it");
	layout_newline(l);
	layout_newline(l);
}

void text_table(struct layout *l, const struct report *r, bool verbose)
{
	struct columns c = choose_columns(l, r);
	const unsigned *order = checks_by_family(&l->scratch, r->plan);
	const char *family = NULL;
	for (size_t k = 0; k < r->verdicts->n_items; k++) {
		const char *own = check_family(r->plan, order[k]);
		if (!family || strcmp(family, own) != 0) {
			heading(l, layout_clean(l, own), &c, !family);
			family = own;
		}
		row(l, r, order[k], &c);
		if (verbose)
			text_details(l, r, order[k]);
	}
	if (r->verdicts->n_items) {
		layout_newline(l);
		legend(l, r);
	}
}
