/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "report/cause_blocks.h"
#include "report/markdown_text.h"
#include "report/run_facts.h"
#include "report/run_words.h"
#include "report/writer.h"

/*
 * GitHub-flavoured Markdown, which Azure DevOps and GitLab read too. Texts of a run
 * must stay texts: no element, link, mention or reference may come out of them.
 */
enum {
	MAX_CHECKS = 12, /* of one cause; the table names the others */
	MAX_EVIDENCE = 8,
	MAX_ROWS = 500, /* a comment may have 64 KiB */
	MAX_CELL = 160
};

static void prose(struct writer *w, const char *text)
{
	markdown_prose(&w->buf, writer_text(w, text));
}

/* In a code span nothing is escaped, so what would end it is replaced. */
static void code(struct writer *w, const char *clean)
{
	buf_puts(&w->buf, "`");
	for (const char *p = clean; *p; p++) {
		if (*p == '`')
			buf_puts(&w->buf, "'");
		else if (*p == '|')
			buf_puts(&w->buf, "\xc2\xa6");
		else
			buf_add(&w->buf, p, 1);
	}
	buf_puts(&w->buf, *clean ? "`" : " `");
}

/* Seen by its form as well as its word, where colours are not. */
static const char *sign(enum status s)
{
	static const char *const signs[] = {
		[STATUS_PASS] = "\xe2\x9c\x85",
		[STATUS_WARN] = "\xe2\x9a\xa0\xef\xb8\x8f",
		[STATUS_FAIL] = "\xe2\x9d\x8c",
		[STATUS_INCONCLUSIVE] = "\xe2\x9d\x94",
		[STATUS_SKIPPED] = "\xe2\x9e\x96",
	};

	return signs[s];
}

static void items(struct writer *w, const struct words *all, size_t max)
{
	for (size_t i = 0; i < all->n_items && i < max; i++) {
		buf_puts(&w->buf, "- ");
		prose(w, all->items[i]);
		buf_puts(&w->buf, "\n");
	}
}

static void list(
    struct writer *w, const char *name, const struct words *all, size_t max)
{
	if (all->n_items == 0)
		return;
	buf_printf(&w->buf, "\n**%s**\n\n", name);
	items(w, all, max);
	if (all->n_items > max)
		buf_printf(&w->buf, "- and %zu more\n", all->n_items - max);
}

static void check_id(struct writer *w, unsigned check)
{
	code(w, writer_short_text(w, w->r->plan->probe.targets[check].id, MAX_CELL));
	if (!w->r->plan->checks[check].required)
		buf_puts(&w->buf, " (not required)");
}

static void affected(struct writer *w, const struct cause_group *g)
{
	for (size_t i = 0; i < g->n_checks && i < MAX_CHECKS; i++) {
		buf_puts(&w->buf, i ? ", " : "Affects ");
		check_id(w, g->checks[i]);
	}
	if (g->n_checks > MAX_CHECKS)
		buf_printf(&w->buf, " and %zu more", g->n_checks - MAX_CHECKS);
	buf_puts(&w->buf, ". ");
}

static void block(struct writer *w, const struct cause_block *b, size_t number)
{
	const struct cause_group *g = &b->group;
	buf_printf(&w->buf, "\n### %zu. %s %s: ", number, sign(b->status),
	    status_name(b->status));
	prose(w, g->summary);
	buf_puts(&w->buf, "\n\n");
	affected(w, g);
	if (g->cause)
		buf_printf(&w->buf, "Cause `%s` (%s)", g->cause->name,
		    confidence_words(g->confidence));
	else
		buf_puts(&w->buf, "No cause found");
	if (b->has_stage)
		buf_printf(&w->buf, ", stage %s", stage_name(b->stage));
	buf_puts(&w->buf, ".\n");
	list(w, "What to do", &g->remediation, g->remediation.n_items);
	list(w, "Seen", &g->evidence, MAX_EVIDENCE);
	if (g->confidence != CONFIDENCE_CERTAIN) {
		list(w, "Looks the same", &g->alternatives, g->alternatives.n_items);
		list(w, "Would decide", &g->would_decide, g->would_decide.n_items);
	}
	if (g->cause && g->cause->link)
		buf_printf(&w->buf, "\n<%s>\n", g->cause->link);
}

/* Only a capture file has any. */
static void limits(struct writer *w, const struct words *all)
{
	if (all->n_items == 0)
		return;
	buf_puts(&w->buf, "\n### " CAPTURE_LIMITS_HEADING "\n\n");
	items(w, all, all->n_items);
}

static void time_cell(struct writer *w, nsec_t t)
{
	if (t < 0)
		buf_puts(&w->buf, " \xe2\x80\x93 |");
	else
		buf_printf(&w->buf, " %.1f |", nsec_to_ms(t));
}

static void row(struct writer *w, unsigned i)
{
	const struct verdict *v = &w->r->verdicts->items[i];
	char text[ADDR_TEXT_MAX];
	buf_printf(&w->buf, "| %s %s%s | ", sign(v->status), status_name(v->status),
	    is_unsure_pass(v) ? " ?" : "");
	check_id(w, i);
	buf_puts(&w->buf, " | ");
	if (v->address.family)
		code(w, writer_text(w, addr_format(&v->address, text)));
	else
		buf_puts(&w->buf, "\xe2\x80\x93");
	buf_printf(&w->buf, " | %s |",
	    v->has_stage && v->status != STATUS_PASS ? stage_name(v->stage) : "");
	for (unsigned k = 0; k < N_PHASES; k++)
		time_cell(w, phase_time(v, k));
	buf_puts(&w->buf, "\n");
}

/* What passed is there for those who look for it. */
static void table(struct writer *w)
{
	size_t n = w->r->verdicts->n_items;
	if (n == 0)
		return;
	const unsigned *order = checks_by_family(&w->scratch, w->r->plan);
	buf_printf(&w->buf,
	    "\n<details>\n<summary>All %zu checks (times in ms)</summary>\n\n"
	    "| Status | Check | Address | Stage | DNS | TCP | TLS | HTTP |\n"
	    "| --- | --- | --- | --- | ---: | ---: | ---: | ---: |\n",
	    n);
	for (size_t k = 0; k < n && k < MAX_ROWS; k++)
		row(w, order[k]);
	if (n > MAX_ROWS)
		buf_printf(
		    &w->buf, "\nand %zu more, see another report\n", n - MAX_ROWS);
	buf_puts(&w->buf, "\n</details>\n");
}

static void heading(struct writer *w)
{
	const struct verdicts *v = w->r->verdicts;
	const struct check_plan *plan = w->r->plan;
	char started[RUN_TIME_MAX], took[RUN_TIME_TEXT_MAX];
	const char *facts = attribute_words(&w->scratch, v->attributes);
	buf_printf(&w->buf, "## %s vnetprobe: %s\n\n", sign(v->overall),
	    run_headline(w->r, &w->scratch));
	buf_printf(&w->buf,
	    "%u passed, %u warned, %u failed, %u inconclusive, %u skipped in %s on ",
	    v->pass, v->warn, v->fail, v->inconclusive, v->skipped,
	    run_time_text(w->r->log->duration, took));
	code(w, writer_host(w));
	buf_printf(&w->buf, ", %s", cloud_name(plan->cloud));
	if (plan->region) {
		buf_puts(&w->buf, " ");
		prose(w, plan->region);
	}
	buf_printf(&w->buf, ", %s\n", run_started(w->r->log, started));
	if (facts)
		buf_printf(&w->buf, "\nPath: `%s`\n", facts);
}

char *report_markdown(const struct report *r)
{
	struct writer w;
	writer_begin(&w, r);
	struct cause_blocks blocks = cause_blocks(r, &w.scratch);
	heading(&w);
	for (size_t i = 0; i < blocks.n_items; i++)
		block(&w, &blocks.items[i], i + 1);
	limits(&w, &r->verdicts->limits);
	table(&w);
	return writer_end(&w);
}
