/* SPDX-License-Identifier: MIT */
#include "report/html_parts.h"

#include "report/html_assets.h"
#include "report/run_facts.h"
#include "report/run_words.h"

enum {
	MAX_AFFECTED = 40 /* of one cause; the lines below name the others */
};

static void put_base64(struct buf *b, const uint8_t *bytes, size_t len)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		unsigned v = (unsigned)bytes[i] << 16;
		v |= n > 1 ? (unsigned)bytes[i + 1] << 8 : 0;
		v |= n > 2 ? bytes[i + 2] : 0;
		for (size_t k = 0; k < 4; k++)
			buf_add(b, k <= n ? &digits[v >> (18 - 6 * k) & 63] : "=", 1);
	}
}

static void put_digest(struct buf *b, const struct html_asset *a)
{
	buf_puts(b, "'sha256-");
	put_base64(b, a->sha256, sizeof a->sha256);
	buf_puts(b, "'");
}

/* Shapes tell a status where colours cannot. */
static const char shapes[] =
    "<svg class=\"defs\" aria-hidden=\"true\"><defs>"
    "<symbol id=\"i-pass\" viewBox=\"0 0 16 16\"><path d=\"M8 0a8 8 0 1 0 0 16A8 8 0 0 "
    "0 8 0zm3.9 6.2-4.7 5.2a.8.8 0 0 1-1.2 0L4.1 9.3l1.2-1.1 1.3 1.5 4.1-4.6z\"/>"
    "</symbol>"
    "<symbol id=\"i-fail\" viewBox=\"0 0 16 16\"><path d=\"M4.7 0h6.6L16 4.7v6.6L11.3 "
    "16H4.7L0 11.3V4.7zM5.6 4.4 4.4 5.6 6.8 8l-2.4 2.4 1.2 1.2L8 9.2l2.4 2.4 "
    "1.2-1.2L9.2 "
    "8l2.4-2.4-1.2-1.2L8 6.8z\"/></symbol>"
    "<symbol id=\"i-warn\" viewBox=\"0 0 16 16\"><path d=\"M8 .8 16 15H0zM7.1 "
    "6v4.4h1.8V6zm0 "
    "5.6v1.8h1.8v-1.8z\"/></symbol>"
    "<symbol id=\"i-inconclusive\" viewBox=\"0 0 16 16\"><path d=\"M8 0l8 8-8 "
    "8-8-8zM5.6 "
    "6.3h1.6c0-.6.3-.9.8-.9s.8.3.8.8c0 .9-1.6.9-1.6 2.7h1.6c0-1 1.6-1.2 1.6-2.8C10.4 "
    "4.9 "
    "9.4 4 8 4S5.6 4.9 5.6 6.3zm1.6 3.6v1.7h1.6V9.9z\"/></symbol>"
    "<symbol id=\"i-skipped\" viewBox=\"0 0 16 16\"><path d=\"M8 0a8 8 0 1 0 0 16A8 8 "
    "0 0 0 "
    "8 0zm0 1.6a6.4 6.4 0 1 1 0 12.8A6.4 6.4 0 0 1 8 1.6zM4.5 "
    "7.1v1.8h7V7.1z\"/></symbol>"
    "<pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
    "patternTransform=\"rotate(45)\"><line class=\"hatch-line\" x1=\"0\" y1=\"0\" "
    "x2=\"0\" y2=\"6\"/></pattern></defs></svg>\n";

void html_begin(struct writer *w, bool has_script)
{
	struct buf *b = &w->buf;
	buf_puts(b,
	    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
	    "'none'; "
	    "img-src data:; style-src ");
	put_digest(b, &html_css);
	if (has_script) {
		buf_puts(b, "; script-src ");
		put_digest(b, &html_js);
	}
	buf_puts(b,
	    "; base-uri 'none'; form-action 'none'\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n"
	    "<link rel=\"icon\" href=\"data:,\">\n<title>");
}

void html_body(struct writer *w)
{
	buf_puts(&w->buf, " - vnetprobe</title>\n<style>");
	buf_add(&w->buf, html_css.text, html_css.len);
	buf_puts(&w->buf, "</style>\n</head>\n<body>\n");
	buf_puts(&w->buf, shapes);
}

void html_head(struct writer *w)
{
	html_begin(w, true);
	buf_printf(&w->buf, "%s: %s on ", status_name(w->r->verdicts->overall),
	    run_headline(w->r, &w->scratch));
	writer_markup(w, writer_host(w));
	html_body(w);
}

void html_icon(struct writer *w, enum status s)
{
	buf_printf(&w->buf,
	    "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"#i-%s\"/></svg>",
	    status_name(s));
}

void html_chip(struct writer *w, enum status s, const char *word)
{
	buf_printf(&w->buf, "<span class=\"chip %s\">", status_name(s));
	html_icon(w, s);
	buf_printf(&w->buf, "%s</span>", word);
}

static void items(struct writer *w, const struct words *all)
{
	for (size_t i = 0; i < all->n_items; i++) {
		buf_puts(&w->buf, "<li>");
		writer_put(w, all->items[i]);
		buf_puts(&w->buf, "</li>");
	}
}

void html_list(struct writer *w, const char *name, const struct words *all)
{
	if (all->n_items == 0)
		return;
	buf_printf(&w->buf, "<h4>%s</h4><ul>", name);
	items(w, all);
	buf_puts(&w->buf, "</ul>");
}

void html_term(struct writer *w, const char *name, const char *text)
{
	buf_printf(&w->buf, "<dt>%s</dt><dd>", name);
	writer_put(w, text);
	buf_puts(&w->buf, "</dd>");
}

unsigned html_count(const struct verdicts *v, enum status s)
{
	switch (s) {
	case STATUS_PASS:
		return v->pass;
	case STATUS_WARN:
		return v->warn;
	case STATUS_FAIL:
		return v->fail;
	case STATUS_INCONCLUSIVE:
		return v->inconclusive;
	default:
		return v->skipped;
	}
}

static void fact(struct writer *w, const char *name, const char *text)
{
	if (!text)
		return;
	buf_puts(&w->buf, "<div>");
	html_term(w, name, text);
	buf_puts(&w->buf, "</div>\n");
}

static void facts(struct writer *w)
{
	const struct report *r = w->r;
	const struct catalogue *c = r->plan->catalogue;
	char started[RUN_TIME_MAX], took[RUN_TIME_TEXT_MAX];
	buf_puts(&w->buf, "<dl class=\"facts\">\n<div><dt>Host</dt><dd>");
	writer_markup(w, writer_host(w));
	buf_puts(&w->buf, "</dd></div>\n");
	fact(w, "Started", run_started(r->log, started));
	fact(w, "Took", run_time_text(r->log->duration, took));
	fact(w, "Cloud", cloud_name(r->plan->cloud));
	fact(w, "Region", r->plan->region);
	fact(w, "Facts of the path",
	    attribute_words(&w->scratch, r->verdicts->attributes));
	if (c && c->n_entries)
		fact(w, "Catalogue",
		    arena_printf(&w->scratch, "%s of %s", c->version, c->date));
	buf_puts(&w->buf, "</dl>\n");
}

void html_summary(struct writer *w)
{
	static const struct {
		enum status status;
		const char *word;
	} rows[] = {
		{ STATUS_FAIL, "failed" },
		{ STATUS_INCONCLUSIVE, "inconclusive" },
		{ STATUS_WARN, "warned" },
		{ STATUS_PASS, "passed" },
		{ STATUS_SKIPPED, "skipped" },
	};

	const struct verdicts *v = w->r->verdicts;
	buf_printf(&w->buf,
	    "<header class=\"top %s\">\n<p class=\"brand\">vnetprobe</p>\n<h1>",
	    status_name(v->overall));
	html_icon(w, v->overall);
	const char *head = run_headline(w->r, &w->scratch);
	buf_printf(&w->buf, "<span>%c%s</span></h1>\n",
	    *head >= 'a' && *head <= 'z' ? *head - 'a' + 'A' : *head, head + 1);
	facts(w);
	buf_puts(&w->buf, "<ul class=\"counts\">\n");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		unsigned n = html_count(v, rows[i].status);
		buf_printf(&w->buf, "<li class=\"%s\"><b>%u</b><span>",
		    n ? status_name(rows[i].status) : "none", n);
		html_icon(w, rows[i].status);
		buf_printf(&w->buf, "%s</span></li>\n", rows[i].word);
	}
	buf_puts(&w->buf, "</ul>\n</header>\n");
}

static void affected(struct writer *w, const struct cause_group *g)
{
	buf_puts(&w->buf, "<p class=\"affects\">Affects ");
	for (size_t i = 0; i < g->n_checks && i < MAX_AFFECTED; i++) {
		unsigned check = g->checks[i];
		buf_printf(
		    &w->buf, "%s<a href=\"#check-%u\">", i ? ", " : "", check + 1);
		writer_put(w, w->r->plan->probe.targets[check].id);
		buf_puts(&w->buf, "</a>");
		if (!w->r->plan->checks[check].required)
			buf_puts(&w->buf, " (not required)");
	}
	if (g->n_checks > MAX_AFFECTED)
		buf_printf(&w->buf, " and %zu more", g->n_checks - MAX_AFFECTED);
	buf_puts(&w->buf, "</p>\n");
}

static void part(
    struct writer *w, const char *class, const char *name, const struct words *all)
{
	if (all->n_items == 0)
		return;
	buf_printf(&w->buf, "<div%s>", class);
	html_list(w, name, all);
	buf_puts(&w->buf, "</div>\n");
}

static void cause(struct writer *w, const struct cause_block *b, size_t number)
{
	const struct cause_group *g = &b->group;
	buf_printf(&w->buf, "<article class=\"cause %s\" id=\"cause-%zu\">\n",
	    status_name(b->status), number);
	html_chip(w, b->status, status_name(b->status));
	buf_puts(&w->buf, "\n<h3>");
	writer_put(w, g->summary);
	buf_puts(&w->buf, "</h3>\n<p class=\"about\">");
	if (g->cause)
		buf_printf(&w->buf, "<code>%s</code>, %s", g->cause->name,
		    confidence_words(g->confidence));
	else
		buf_puts(&w->buf, "No cause found");
	if (b->has_stage)
		buf_printf(&w->buf, ", stage %s", stage_name(b->stage));
	buf_puts(&w->buf, "</p>\n");
	affected(w, g);
	buf_puts(&w->buf, "<div class=\"parts\">\n");
	part(w, " class=\"todo\"", "What to do", &g->remediation);
	part(w, "", "Seen", &g->evidence);
	if (g->confidence != CONFIDENCE_CERTAIN) {
		part(w, "", "Looks the same", &g->alternatives);
		part(w, "", "Would decide", &g->would_decide);
	}
	buf_puts(&w->buf, "</div>\n");
	if (g->cause && g->cause->link) {
		buf_puts(&w->buf, "<p class=\"source\"><a href=\"");
		writer_markup(w, g->cause->link);
		buf_puts(&w->buf, "\" rel=\"noreferrer\">Documentation</a></p>\n");
	}
	buf_puts(&w->buf, "</article>\n");
}

void html_causes(struct writer *w, const struct cause_blocks *blocks)
{
	if (blocks->n_items == 0)
		return;
	buf_puts(&w->buf, "<section aria-labelledby=\"causes\">\n"
			  "<h2 id=\"causes\">What is wrong, and what to change</h2>\n");
	for (size_t i = 0; i < blocks->n_items; i++)
		cause(w, &blocks->items[i], i + 1);
	buf_puts(&w->buf, "</section>\n");
}

void html_limits(struct writer *w)
{
	const struct words *all = &w->r->verdicts->limits;
	if (all->n_items == 0)
		return;
	buf_puts(&w->buf,
	    "<section aria-labelledby=\"limits\">\n<h2 "
	    "id=\"limits\">" CAPTURE_LIMITS_HEADING "</h2>\n<ul class=\"plain\">");
	items(w, all);
	buf_puts(&w->buf, "</ul>\n</section>\n");
}
