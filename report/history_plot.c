/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "report/history_report.h"
#include "report/run_words.h"
#include "report/writer.h"

/*
 * x is the time of day, so that hours without a run are seen as such, unless the clock
 * was set back in between: then runs stand side by side. The picture is stretched to
 * the width of the page, so its words stand outside of it.
 */

enum {
	WIDTH = 720, /* in units of the picture */
	HEIGHT = 84,
	TOP = 6,    /* above the slowest run */
	BOTTOM = 3, /* below the axis, where half of a line would be cut off */
	GAP = 4     /* usual intervals without a run that are a gap */
};

struct plot {
	struct writer *w;
	const struct moment *items;
	size_t n;
	bool by_time;
	double first, span; /* of time, or of runs */
	double usual;       /* interval */
	nsec_t most;        /* of the scale */
};

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* The median interval, or 0 when the clock was set back or stood. */
static int64_t usual_interval(const struct plot *p)
{
	int64_t *gaps = arena_array(&p->w->scratch, p->n, sizeof *gaps);
	if (p->n < 2)
		return 0;
	for (size_t i = 0; i + 1 < p->n; i++) {
		gaps[i] = p->items[i + 1].at - p->items[i].at;
		if (gaps[i] < 0)
			return 0;
	}
	qsort(gaps, p->n - 1, sizeof *gaps, by_value);
	return gaps[(p->n - 1) / 2];
}

static void choose_axis(struct plot *p)
{
	int64_t usual = usual_interval(p);
	p->by_time = usual > 0;
	p->usual = usual > 0 ? (double)usual : 1;
	p->first = usual > 0 ? (double)p->items[0].at : 0;
	double last = usual > 0 ? (double)p->items[p->n - 1].at : (double)(p->n - 1);
	/* The newest run lasts as long as the others did. */
	p->span = last - p->first + p->usual;
}

static double place(const struct plot *p, size_t i)
{
	return p->by_time ? (double)p->items[i].at : (double)i;
}

static double x_of(const struct plot *p, double at)
{
	return (at - p->first) * WIDTH / p->span;
}

static double y_of(const struct plot *p, nsec_t t)
{
	double most = (double)(p->most > 0 ? p->most : 1);
	return HEIGHT - BOTTOM - (double)t * (HEIGHT - TOP - BOTTOM) / most;
}

/* Nothing ran for a while between this moment and the next. */
static bool ends_in_gap(const struct plot *p, size_t i)
{
	return i + 1 == p->n || place(p, i + 1) - place(p, i) > GAP * p->usual;
}

/* The worse, the higher: a bar is told from another without its colour, too. */
static int height_of(enum status s)
{
	switch (s) {
	case STATUS_FAIL:
		return HEIGHT;
	case STATUS_INCONCLUSIVE:
		return HEIGHT / 2;
	case STATUS_WARN:
		return HEIGHT / 4;
	default:
		return HEIGHT / 8;
	}
}

/* What did not pass, one bar for moments that follow each other. */
static void bars(const struct plot *p)
{
	for (size_t i = 0; i < p->n;) {
		enum status s = p->items[i].status;
		size_t last = i;
		while (!ends_in_gap(p, last) && p->items[last + 1].status == s)
			last++;
		double to = ends_in_gap(p, last) ? place(p, last) + p->usual
						 : place(p, last + 1);
		double x = x_of(p, place(p, i));
		if (s != STATUS_PASS)
			buf_printf(&p->w->buf,
			    "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" "
			    "height=\"%d\"/>",
			    status_name(s), x, HEIGHT - height_of(s), x_of(p, to) - x,
			    height_of(s));
		i = last + 1;
	}
}

static bool has_time(const struct plot *p, size_t i)
{
	const struct moment *m = &p->items[i];
	return (m->status == STATUS_PASS || m->status == STATUS_WARN) &&
	       history_phase(m, -1) >= 0;
}

static void line(const struct plot *p)
{
	bool open = false;
	buf_puts(&p->w->buf, "<path d=\"");
	for (size_t i = 0; i < p->n; i++) {
		if (!has_time(p, i)) {
			open = false;
			continue;
		}
		buf_printf(&p->w->buf, "%s%.1f %.1f", open ? "L" : "M",
		    x_of(p, place(p, i)), y_of(p, history_phase(&p->items[i], -1)));
		bool ends = ends_in_gap(p, i) || !has_time(p, i + 1);
		/* A run that stands alone is a dot. */
		if (ends && !open)
			buf_puts(&p->w->buf, "h0");
		open = !ends;
	}
	buf_puts(&p->w->buf, "\"/>");
}

static void axis(const struct plot *p)
{
	char most[RUN_TIME_TEXT_MAX];
	struct arena *a = &p->w->scratch;
	buf_printf(&p->w->buf,
	    "<figcaption><span>%s</span><span>%s</span><span>%s</span></figcaption>",
	    history_time(p->items[0].at, a),
	    p->most > 0 ? arena_printf(a, "0 to %s", run_time_text(p->most, most))
			: "no times",
	    history_time(p->items[p->n - 1].at, a));
}

void history_plot(struct writer *w, const struct timeline *t)
{
	size_t n = t->n_moments > HISTORY_POINTS ? HISTORY_POINTS : t->n_moments;
	struct plot p = { .w = w, .items = t->moments + (t->n_moments - n), .n = n };
	for (size_t i = 0; i < n; i++)
		if (has_time(&p, i) && history_phase(&p.items[i], -1) > p.most)
			p.most = history_phase(&p.items[i], -1);
	choose_axis(&p);
	buf_printf(&w->buf,
	    "<figure class=\"plot\"><svg viewBox=\"0 0 %d %d\" "
	    "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Time of each run "
	    "of ",
	    WIDTH, HEIGHT);
	writer_put(w, t->id);
	buf_puts(&w->buf, "\">");
	bars(&p);
	line(&p);
	buf_puts(&w->buf, "</svg>");
	axis(&p);
	buf_puts(&w->buf, "</figure>\n");
}
