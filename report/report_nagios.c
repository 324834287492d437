/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "report/cause_blocks.h"
#include "report/run_words.h"
#include "report/writer.h"

/*
 * The form of "Monitoring Plugins Development Guidelines", chapter 2: one line of text,
 * '|', performance data; then lines for whoever asks for details. Nagios reads 8 KiB
 * and cannot escape a '|' of the text.
 */
enum {
	MAX_OUTPUT = 8000,
	MAX_HEADLINE = 400,
	MAX_PERFDATA = 3000,
	MAX_LABEL = 120,
	MAX_SENTENCE = 240
};

static void put_without_pipes(struct buf *b, const char *clean)
{
	for (; *clean; clean++)
		buf_add(b, *clean == '|' ? "/" : clean, 1);
}

/* Adds a text if it fits into the line as a whole. */
static bool add_if_fits(struct buf *line, const char *text, size_t max)
{
	if (line->len + strlen(text) > max)
		return false;
	put_without_pipes(line, text);
	return true;
}

static const char *first_checks(struct writer *w, const struct cause_group *g)
{
	enum {
		SHOWN = 3
	};

	const char *names = "";
	for (size_t i = 0; i < g->n_checks && i < SHOWN; i++)
		names = arena_printf(&w->scratch, "%s%s%s", names, i ? ", " : "",
		    writer_short_text(
			w, w->r->plan->probe.targets[g->checks[i]].id, MAX_LABEL));
	return g->n_checks > SHOWN
		   ? arena_printf(&w->scratch, "%s +%zu", names, g->n_checks - SHOWN)
		   : names;
}

/* "3 of 24 checks failed: silent_drop (storage.blob, storage.file), ..." */
static void headline(
    struct writer *w, struct buf *line, const struct cause_blocks *blocks)
{
	buf_puts(line, run_headline(w->r, &w->scratch));
	for (size_t i = 0; i < blocks->n_items; i++) {
		const struct cause_group *g = &blocks->items[i].group;
		const char *part = arena_printf(&w->scratch, "%s%s (%s)",
		    i ? ", " : ": ", g->cause ? g->cause->name : "no cause found",
		    first_checks(w, g));
		if (!add_if_fits(line, part, MAX_HEADLINE)) {
			buf_puts(line, ", ...");
			break;
		}
	}
}

/* A quoted label: no '=', and a quote twice. */
static const char *label(struct writer *w, const char *id)
{
	struct buf b = { 0 };
	for (const char *p = writer_short_text(w, id, MAX_LABEL); *p; p++) {
		buf_add(&b, *p == '=' || *p == '|' ? "_" : p, 1);
		if (*p == '\'')
			buf_puts(&b, "'");
	}
	char *text = buf_take(&b);
	const char *kept = arena_strdup(&w->scratch, text);
	free(text);
	return kept;
}

/*
 * How long each check took, "U" where nothing was measured: the same labels in every
 * run of a plan, because graphs are drawn by them. All of them or none.
 */
static void check_times(struct writer *w, struct buf *line)
{
	struct buf all = { 0 };
	buf_puts(&all, "");
	for (size_t i = 0; i < w->r->verdicts->n_items && all.len <= MAX_PERFDATA;
	     i++) {
		const struct verdict *v = &w->r->verdicts->items[i];
		bool measured =
		    v->status != STATUS_INCONCLUSIVE && v->status != STATUS_SKIPPED;
		buf_printf(&all, " '%s'=", label(w, w->r->plan->probe.targets[i].id));
		if (measured)
			buf_printf(&all, "%.6fs", nsec_to_ms(v->duration) / 1e3);
		else
			buf_puts(&all, "U");
	}
	if (all.len <= MAX_PERFDATA)
		buf_puts(line, all.data);
	free(buf_take(&all));
}

static void performance_data(struct writer *w, struct buf *line)
{
	const struct verdicts *v = w->r->verdicts;
	buf_printf(line,
	    " | time=%.6fs;;;0 pass=%u;;;0;%zu warn=%u;;;0;%zu fail=%u;;;0;%zu "
	    "inconclusive=%u;;;0;%zu skipped=%u;;;0;%zu",
	    nsec_to_ms(w->r->log->duration) / 1e3, v->pass, v->n_items, v->warn,
	    v->n_items, v->fail, v->n_items, v->inconclusive, v->n_items, v->skipped,
	    v->n_items);
	check_times(w, line);
}

static const char *first_of(struct writer *w, const char *name, const struct words *all)
{
	if (all->n_items == 0)
		return "";
	return arena_printf(&w->scratch, "   %s: %s\n", name,
	    writer_short_text(w, all->items[0], MAX_SENTENCE));
}

static const char *details(struct writer *w, const struct cause_block *b, size_t number)
{
	const struct cause_group *g = &b->group;
	return arena_printf(&w->scratch, "%zu. %s: %s\n   checks: %s\n%s%s", number,
	    status_name(b->status), writer_short_text(w, g->summary, MAX_SENTENCE),
	    first_checks(w, g), first_of(w, "seen", &g->evidence),
	    first_of(w, "what to do", &g->remediation));
}

char *report_nagios(const struct report *r, int code)
{
	static const char *const words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
	struct writer w;
	writer_begin(&w, r);
	struct cause_blocks blocks = cause_blocks(r, &w.scratch);
	buf_printf(&w.buf, "VNETPROBE %s - ", words[code]);
	headline(&w, &w.buf, &blocks);
	performance_data(&w, &w.buf);
	buf_puts(&w.buf, "\n");
	for (size_t i = 0; i < blocks.n_items; i++) {
		if (!add_if_fits(
			&w.buf, details(&w, &blocks.items[i], i + 1), MAX_OUTPUT)) {
			buf_printf(&w.buf, "and %zu more\n", blocks.n_items - i);
			break;
		}
	}
	return writer_end(&w);
}
