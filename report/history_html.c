/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "report/change_words.h"
#include "report/history_report.h"
#include "report/html_parts.h"
#include "report/run_words.h"

enum {
	CHANGES = 500,
	STATES = 50, /* of one check, the latest */
	N_RANKS = 5
};

static const struct moment *newest(const struct timeline *t)
{
	return &t->moments[t->n_moments - 1];
}

static size_t count_of(const struct timelines *past, enum status s)
{
	size_t n = 0;
	for (size_t i = 0; i < past->n_items; i++)
		n += newest(&past->items[i])->status == s;
	return n;
}

static void state(struct writer *w, const struct moment *m)
{
	buf_puts(&w->buf, status_name(m->status));
	if (m->cause) {
		buf_puts(&w->buf, " (");
		writer_put(w, m->cause);
		buf_puts(&w->buf, ")");
	}
}

static bool same_state(const struct moment *a, const struct moment *b)
{
	const char *x = a->cause ? a->cause : "", *y = b->cause ? b->cause : "";
	return a->status == b->status && strcmp(x, y) == 0;
}

/* The picture in words: when the check was in which state, the latest first. */
static void states(struct writer *w, const struct timeline *t)
{
	size_t n = 1, told = 0;
	for (size_t i = 1; i < t->n_moments; i++)
		n += !same_state(&t->moments[i - 1], &t->moments[i]);
	if (n == 1)
		return;
	buf_printf(&w->buf, "<details><summary>%zu states</summary><ol>\n", n);
	for (size_t i = t->n_moments; i-- > 0 && told < STATES;) {
		if (i > 0 && same_state(&t->moments[i - 1], &t->moments[i]))
			continue;
		buf_printf(&w->buf, "<li>since <time>%s</time> ",
		    history_time(t->moments[i].at, &w->scratch));
		state(w, &t->moments[i]);
		buf_puts(&w->buf, "</li>\n");
		told++;
	}
	buf_puts(&w->buf, "</ol></details>\n");
}

static void check(struct writer *w, const struct timeline *t)
{
	struct history_times times = history_times(t, -1, &w->scratch);
	char median[RUN_TIME_TEXT_MAX], most[RUN_TIME_TEXT_MAX];
	const struct moment *now = newest(t);
	buf_printf(
	    &w->buf, "<article class=\"past %s\"><h3>", status_name(now->status));
	html_chip(w, now->status, status_name(now->status));
	buf_puts(&w->buf, " <span>");
	writer_put(w, t->id);
	buf_puts(&w->buf, "</span></h3>\n<p class=\"muted\">");
	if (now->cause) {
		buf_puts(&w->buf, "<code>");
		writer_put(w, now->cause);
		buf_puts(&w->buf, "</code> ");
	}
	buf_printf(&w->buf, "since %s, passed %zu of %zu runs",
	    history_time(timeline_state_began(t)->at, &w->scratch), history_passes(t),
	    t->n_moments);
	if (times.n)
		buf_printf(&w->buf, ", median %s, at most %s",
		    run_time_text(times.median, median),
		    run_time_text(times.most, most));
	buf_puts(&w->buf, timeline_flaps(t) ? ", <b>flapping</b></p>\n" : "</p>\n");
	history_plot(w, t);
	states(w, t);
	buf_puts(&w->buf, "</article>\n");
}

/* What wants to be looked at comes first. */
static int rank_of(const struct timeline *t)
{
	switch (newest(t)->status) {
	case STATUS_FAIL:
		return 0;
	case STATUS_INCONCLUSIVE:
		return 1;
	case STATUS_WARN:
		return 2;
	case STATUS_PASS:
		return timeline_flaps(t) ? 2 : 3;
	default:
		return 4;
	}
}

static void checks(struct writer *w, const struct timelines *past)
{
	buf_puts(&w->buf,
	    "<h2>Checks</h2>\n<p class=\"legend\"><span><i class=\"k-line\"></i>time "
	    "of a run that worked</span><span><i class=\"k-fail\"></i>failed</span>"
	    "<span><i class=\"k-inconclusive\"></i>inconclusive</span><span><i "
	    "class=\"k-warn\"></i>warned</span><span>no line, no bar: no run</span>"
	    "</p>\n");
	for (int rank = 0; rank < N_RANKS; rank++)
		for (size_t i = 0; i < past->n_items; i++)
			if (rank_of(&past->items[i]) == rank)
				check(w, &past->items[i]);
}

static void changes(struct writer *w, const struct timelines *past)
{
	size_t n = past->n_changes, shown = n > CHANGES ? CHANGES : n;
	if (n == 0)
		return;
	buf_puts(
	    &w->buf, "<h2>Changes, the latest first</h2>\n<ol class=\"changes\">\n");
	for (size_t i = n; i > n - shown; i--) {
		const struct dated_change *d = &past->changes[i - 1];
		buf_printf(&w->buf, "<li><time>%s</time> <b>%s</b> ",
		    history_time(d->at, &w->scratch), change_kind_name(d->change.kind));
		writer_put(w, change_words(&d->change, &w->scratch));
		buf_puts(&w->buf, "</li>\n");
	}
	buf_puts(&w->buf, "</ol>\n");
	if (shown < n)
		buf_printf(&w->buf,
		    "<p class=\"muted\">%zu older ones are in the JSON "
		    "form.</p>\n",
		    n - shown);
}

/* A warning has passed, as everywhere. */
static const char *headline(const struct timelines *past, struct arena *arena)
{
	size_t n = past->n_items, failed = count_of(past, STATUS_FAIL);
	size_t unsure = count_of(past, STATUS_INCONCLUSIVE);
	size_t bad = failed ? failed : unsure;
	const char *how = failed ? "failed" : unsure ? "could not be tested" : "passed";
	if (n == 1)
		return arena_printf(arena, "The check %s in the last run", how);
	if (bad == 0)
		return arena_printf(arena, "All %zu checks %s in the last run", n, how);
	return arena_printf(arena, "%zu of %zu checks %s in the last run", bad, n, how);
}

static enum status worst(const struct timelines *past)
{
	if (count_of(past, STATUS_FAIL))
		return STATUS_FAIL;
	if (count_of(past, STATUS_INCONCLUSIVE))
		return STATUS_INCONCLUSIVE;
	return count_of(past, STATUS_WARN) ? STATUS_WARN : STATUS_PASS;
}

static void top(struct writer *w, const struct timelines *past)
{
	enum status s = worst(past);
	buf_printf(&w->buf,
	    "<header class=\"top %s\"><p class=\"brand\">vnetprobe history</p>\n<h1>",
	    status_name(s));
	html_icon(w, s);
	buf_printf(&w->buf, "<span>%s</span></h1>\n<dl class=\"facts\"><div>",
	    headline(past, &w->scratch));
	html_term(w, "First run", history_time(past->first, &w->scratch));
	buf_puts(&w->buf, "</div><div>");
	html_term(w, "Last run", history_time(past->last, &w->scratch));
	buf_puts(&w->buf, "</div><div>");
	html_term(w, "Runs", arena_printf(&w->scratch, "%zu", past->n_runs));
	buf_puts(&w->buf, "</div><div>");
	html_term(
	    w, "Interrupted", arena_printf(&w->scratch, "%zu", past->n_interrupted));
	buf_puts(&w->buf, "</div></dl></header>\n");
}

char *history_html(const struct history_report *h)
{
	static const struct report no_run = { .redactor = NULL };
	struct writer w;
	writer_begin(&w, &no_run);
	html_begin(&w, false);
	writer_put(&w, headline(h->past, &w.scratch));
	html_body(&w);
	buf_puts(&w.buf, "<div class=\"page\">\n");
	top(&w, h->past);
	buf_puts(&w.buf, "<main>\n");
	checks(&w, h->past);
	changes(&w, h->past);
	buf_puts(&w.buf, "</main>\n<footer><span>vnetprobe ");
	writer_put(&w, h->tool_version);
	buf_puts(&w.buf, "</span></footer>\n</div>\n</body>\n</html>\n");
	return writer_end(&w);
}
