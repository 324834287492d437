/* SPDX-License-Identifier: MIT */
#include "report/change_words.h"
#include "report/history_report.h"
#include "report/run_words.h"
#include "report/writer.h"

enum {
	WIDTH = 720, /* of a plot, in its own units */
	HEIGHT = 90,
	POINTS = 2000, /* of the latest moments */
	CHANGES = 500
};

static const char style[] =
    ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;"
    "margin:0 auto;padding:1rem;max-width:60rem}svg{width:100%;height:auto;"
    "background:color-mix(in srgb,currentColor 6%,transparent)}"
    ".t{fill:none;stroke:#2a6fdb;stroke-width:1.5;vector-effect:non-scaling-stroke}"
    ".fail{fill:#c62828}.warn,.inconclusive{fill:#b8860b}.skipped{fill:#888}"
    "h2{font-size:1.1rem;margin-bottom:.2rem;overflow-wrap:anywhere}"
    "ol{padding-left:1.2rem}li{overflow-wrap:anywhere}p{margin:.2rem 0}";

static double x_of(size_t i, size_t n)
{
	return n > 1 ? (double)i * WIDTH / (double)(n - 1) : WIDTH / 2.0;
}

/* What did not pass stands as a bar behind the line. */
static void bars(struct writer *w, const struct moment *items, size_t n)
{
	double width = (double)WIDTH / (double)n;
	for (size_t i = 0; i < n; i++)
		if (items[i].status != STATUS_PASS)
			buf_printf(&w->buf,
			    "<rect class=\"%s\" x=\"%.2f\" y=\"0\" width=\"%.2f\" "
			    "height=\"%d\" opacity=\".45\"/>\n",
			    status_name(items[i].status), x_of(i, n) - width / 2, width,
			    HEIGHT);
}

static void line(struct writer *w, const struct moment *items, size_t n, nsec_t most)
{
	bool open = false;
	buf_puts(&w->buf, "<path class=\"t\" d=\"");
	for (size_t i = 0; i < n; i++) {
		nsec_t t = history_phase(&items[i], -1);
		bool shown = t >= 0 && (items[i].status == STATUS_PASS ||
					   items[i].status == STATUS_WARN);
		if (shown)
			buf_printf(&w->buf, "%s%.2f %.2f", open ? "L" : "M", x_of(i, n),
			    HEIGHT - (double)t * (HEIGHT - 4) /
					 (double)(most > 0 ? most : 1));
		open = shown;
	}
	buf_puts(&w->buf, "\"/>\n");
}

static void plot(struct writer *w, const struct timeline *t)
{
	size_t n = t->n_moments > POINTS ? POINTS : t->n_moments;
	const struct moment *items = t->moments + (t->n_moments - n);
	struct history_times times = history_times(t, -1, &w->scratch);
	char median[RUN_TIME_TEXT_MAX], most[RUN_TIME_TEXT_MAX];
	buf_printf(&w->buf,
	    "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
	    "role=\"img\"><title>",
	    WIDTH, HEIGHT);
	writer_put(w, t->id);
	buf_puts(&w->buf, ": time of each run</title>\n");
	bars(w, items, n);
	line(w, items, n, times.most);
	buf_puts(&w->buf, "</svg>\n");
	if (times.n)
		buf_printf(&w->buf, "<p>median %s, at most %s</p>\n",
		    run_time_text(times.median, median),
		    run_time_text(times.most, most));
}

static void check(struct writer *w, const struct timeline *t)
{
	const struct moment *last = &t->moments[t->n_moments - 1];
	buf_puts(&w->buf, "<section><h2>");
	writer_put(w, t->id);
	buf_printf(&w->buf, "</h2>\n<p>%s", status_name(last->status));
	if (last->cause) {
		buf_puts(&w->buf, " (");
		writer_put(w, last->cause);
		buf_puts(&w->buf, ")");
	}
	buf_printf(&w->buf, " since %s, passed %zu of %zu%s</p>\n",
	    history_time(timeline_state_began(t)->at, &w->scratch), history_passes(t),
	    t->n_moments, timeline_flaps(t) ? ", flapping" : "");
	plot(w, t);
	buf_puts(&w->buf, "</section>\n");
}

static void changes(struct writer *w, const struct timelines *past)
{
	size_t n = past->n_changes, shown = n > CHANGES ? CHANGES : n;
	if (n == 0)
		return;
	buf_puts(&w->buf, "<h2>Changes, the latest first</h2>\n<ol>\n");
	for (size_t i = n; i > n - shown; i--) {
		const struct dated_change *d = &past->changes[i - 1];
		buf_printf(&w->buf, "<li>since %s ", history_time(d->at, &w->scratch));
		writer_put(w, change_words(&d->change, &w->scratch));
		buf_puts(&w->buf, "</li>\n");
	}
	buf_puts(&w->buf, "</ol>\n");
}

char *history_html(const struct history_report *h)
{
	static const struct report no_run = { .redactor = NULL };
	const struct timelines *past = h->past;
	struct writer w;
	writer_begin(&w, &no_run);
	buf_printf(&w.buf,
	    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
	    "'none'; "
	    "style-src 'unsafe-inline'\">\n<title>vnetprobe history</title>\n"
	    "<style>%s</style></head><body>\n<h1>History</h1>\n",
	    style);
	buf_printf(&w.buf, "<p>%zu runs (%zu interrupted) from %s to %s</p>\n<main>\n",
	    past->n_runs, past->n_interrupted, history_time(past->first, &w.scratch),
	    history_time(past->last, &w.scratch));
	for (size_t i = 0; i < past->n_items; i++)
		check(&w, &past->items[i]);
	changes(&w, past);
	buf_puts(&w.buf, "</main>\n<footer><p>vnetprobe ");
	writer_put(&w, h->tool_version);
	buf_puts(&w.buf, "</p></footer>\n</body></html>\n");
	return writer_end(&w);
}
