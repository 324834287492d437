/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "report/html_hops.h"
#include "report/html_parts.h"
#include "report/run_facts.h"
#include "report/run_words.h"

enum {
	FALL_WIDTH = 1000, /* units of the drawing */
	FALL_HEIGHT = 12,
	MANY = 60 /* checks of a family that are drawn when they are scrolled to */
};

/* Time of the phases that came to an end. */
static nsec_t answered_time(const struct verdict *v)
{
	nsec_t sum = 0;
	for (unsigned i = 0; i < N_PHASES; i++)
		if (phase_time(v, i) > 0 && stopped_phase(v) != (int)i)
			sum += phase_time(v, i);
	return sum;
}

/* A check that ended for want of an answer: the rest of its time it waited. */
static bool stopped(const struct verdict *v)
{
	return v->status == STATUS_FAIL || v->status == STATUS_INCONCLUSIVE;
}

/*
 * One scale for all checks, so that lines can be compared: the longest that was spent
 * on answers. Waiting in vain goes beyond it and is cut; its number tells how long it
 * was.
 */
static nsec_t scale_of(const struct verdicts *v)
{
	static const nsec_t usual = 50 * NSEC_PER_MSEC;
	nsec_t scale = 0, longest = 1;
	for (size_t i = 0; i < v->n_items; i++) {
		nsec_t answered = answered_time(&v->items[i]);
		if (answered > scale)
			scale = answered;
		if (v->items[i].duration > longest)
			longest = v->items[i].duration;
	}
	nsec_t least = longest < usual ? longest : usual;
	return scale > least ? scale : least;
}

static double units(nsec_t t, nsec_t scale)
{
	double x = (double)t / (double)scale * FALL_WIDTH;
	return x > FALL_WIDTH ? FALL_WIDTH : x;
}

static void rect(struct writer *w, const char *class, double from, double to)
{
	/* Something that took time is seen, however short. */
	double width = to - from < 3 ? 3 : to - from;
	if (from > FALL_WIDTH - 3)
		from = FALL_WIDTH - 3;
	buf_printf(&w->buf,
	    "<rect class=\"%s\" x=\"%.1f\" width=\"%.1f\" height=\"%d\"/>", class, from,
	    width, FALL_HEIGHT);
}

static void waterfall(struct writer *w, const struct verdict *v, nsec_t scale)
{
	char time[RUN_TIME_TEXT_MAX];
	nsec_t at = 0;
	buf_printf(&w->buf,
	    "<svg class=\"fall\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
	    "role=\"img\" aria-label=\"",
	    FALL_WIDTH, FALL_HEIGHT);
	for (unsigned i = 0; i < N_PHASES; i++)
		if (phase_time(v, i) >= 0)
			buf_printf(&w->buf, "%s %s ", phase_name(i),
			    run_time_text(phase_time(v, i), time));
	if (stopped(v) && v->has_stage)
		buf_printf(&w->buf, "stopped at %s", stage_name(v->stage));
	buf_puts(&w->buf, "\">");
	for (unsigned i = 0; i < N_PHASES; i++) {
		nsec_t t = phase_time(v, i);
		bool vain = stopped_phase(v) == (int)i;
		if (t <= 0)
			continue;
		rect(w, vain ? "wait" : phase_name(i), units(at, scale),
		    units(at + t, scale));
		at += t;
	}
	if (stopped(v) && v->duration > at) {
		rect(w, "wait", units(at, scale), units(v->duration, scale));
		at = v->duration;
	}
	if (at > scale)
		rect(w, "beyond", FALL_WIDTH - 6, FALL_WIDTH);
	buf_puts(&w->buf, "</svg>");
}

static void line(struct writer *w, unsigned i, nsec_t scale)
{
	const struct verdict *v = &w->r->verdicts->items[i];
	const char *title = check_title(w->r->plan, i);
	char text[ADDR_TEXT_MAX], time[RUN_TIME_TEXT_MAX];
	buf_puts(&w->buf, "<summary>");
	html_chip(w, v->status, is_unsure_pass(v) ? "pass ?" : status_name(v->status));
	buf_puts(&w->buf, "<span class=\"name\"><b>");
	writer_put(w, w->r->plan->probe.targets[i].id);
	buf_puts(&w->buf, "</b>");
	if (title) {
		buf_puts(&w->buf, " <span class=\"title\">");
		writer_put(w, title);
		buf_puts(&w->buf, "</span>");
	}
	if (!w->r->plan->checks[i].required)
		buf_puts(&w->buf, " <span class=\"title\">not required</span>");
	buf_puts(&w->buf, "</span><span class=\"addr mono\">");
	writer_put(w, v->address.family ? addr_format(&v->address, text) : NULL);
	buf_puts(&w->buf, "</span><span class=\"bar\">");
	waterfall(w, v, scale);
	buf_printf(&w->buf, "</span><span class=\"took\">%s</span></summary>\n",
	    v->status == STATUS_SKIPPED ? "" : run_time_text(v->duration, time));
}

static void evidence(struct writer *w, const struct verdict *v)
{
	if (v->n_evidence == 0)
		return;
	buf_puts(&w->buf, "<div><h4>Seen</h4><ul>");
	for (size_t i = 0; i < v->n_evidence; i++) {
		const struct evidence *e = &v->evidence[i];
		buf_puts(&w->buf, e->role == EVIDENCE_CONTRADICTS
				      ? "<li><b>Against it:</b> "
				      : "<li>");
		writer_put(w, e->text);
		buf_puts(&w->buf, " <span class=\"ids\">");
		for (size_t k = 0; k < e->n_observations; k++)
			buf_printf(&w->buf, "#%u ", e->observations[k]);
		buf_puts(&w->buf, "</span></li>");
	}
	buf_puts(&w->buf, "</ul></div>\n");
}

static void certificate(struct writer *w, const struct obs_tls *t)
{
	char from[RUN_TIME_MAX], to[RUN_TIME_MAX];
	if (t->version)
		html_term(w, "TLS",
		    arena_printf(&w->scratch, "%s, %s, ALPN %s", t->version,
			t->cipher ? t->cipher : "-", t->alpn ? t->alpn : "none"));
	if (t->n_chain == 0)
		return;
	const struct certificate *leaf = &t->chain[0];
	html_term(w, "Certificate", leaf->subject);
	html_term(w, "Issued by", leaf->issuer);
	html_term(w, "Valid",
	    arena_printf(&w->scratch, "%s to %s", run_day(leaf->not_before, from),
		run_day(leaf->not_after, to)));
	for (size_t i = 0; i < t->n_errors; i++)
		html_term(w, "Not accepted", t->errors[i].text);
}

static void facts(struct writer *w, unsigned i)
{
	const struct verdict *v = &w->r->verdicts->items[i];
	char text[ADDR_TEXT_MAX], time[RUN_TIME_TEXT_MAX];
	const char *phases = "";
	buf_puts(&w->buf, "<dl>");
	html_term(w, "Target", w->r->plan->checks[i].shown_target);
	if (v->address.family)
		html_term(w, "Address", addr_format(&v->address, text));
	for (unsigned k = 0; k < N_PHASES; k++)
		if (phase_time(v, k) >= 0)
			phases = arena_printf(&w->scratch, "%s%s%s %s", phases,
			    *phases ? ", " : "", phase_name(k),
			    run_time_text(phase_time(v, k), time));
	if (*phases)
		html_term(w, "Phases", phases);
	if (v->cause)
		html_term(w, "Cause",
		    arena_printf(&w->scratch, "%s, stage %s (%s)", v->cause->name,
			stage_name(v->stage), confidence_words(v->confidence)));
	for (const struct obs *o = obslog_first(w->r->log, (int)i); o;
	     o = o->next_of_target)
		if (o->kind == OBS_TLS)
			certificate(w, &o->tls);
	if (v->attributes)
		html_term(w, "Path", attribute_words(&w->scratch, v->attributes));
	buf_puts(&w->buf, "</dl>\n");
}

static void parts(struct writer *w, const struct verdict *v)
{
	const struct {
		const char *name;
		const struct words *all;
	} rows[] = {
		{ "What to do", &v->remediation },
		{ "Looks the same", &v->alternatives },
		{ "Would decide", &v->would_decide },
		{ "Ruled out", &v->ruled_out },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].all->n_items == 0)
			continue;
		buf_puts(&w->buf, "<div>");
		html_list(w, rows[i].name, rows[i].all);
		buf_puts(&w->buf, "</div>\n");
	}
}

static void check(struct writer *w, unsigned i, nsec_t scale)
{
	const struct verdict *v = &w->r->verdicts->items[i];
	const char *status = status_name(v->status);
	buf_printf(&w->buf,
	    "<details class=\"check %s\" id=\"check-%u\" data-status=\"%s\">\n", status,
	    i + 1, status);
	line(w, i, scale);
	buf_puts(&w->buf, "<div class=\"body\">\n");
	if (v->summary) {
		buf_puts(&w->buf, "<p class=\"said\">");
		writer_put(w, v->summary);
		buf_puts(&w->buf, "</p>\n");
	}
	facts(w, i);
	evidence(w, v);
	html_hops(w, i);
	parts(w, v);
	buf_puts(&w->buf, "</div>\n</details>\n");
}

static void tools(struct writer *w)
{
	static const enum status order[] = { STATUS_FAIL, STATUS_INCONCLUSIVE,
		STATUS_WARN, STATUS_PASS, STATUS_SKIPPED };

	buf_puts(&w->buf,
	    "<div class=\"tools\" id=\"tools\" role=\"group\" aria-label=\"Filter\" "
	    "hidden>\n<button type=\"button\" data-show=\"all\" aria-pressed=\"true\">"
	    "all</button>\n");
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		const char *name = status_name(order[i]);
		unsigned n = html_count(w->r->verdicts, order[i]);
		if (n == 0)
			continue;
		buf_printf(&w->buf,
		    "<button type=\"button\" class=\"%s\" data-show=\"%s\" "
		    "aria-pressed=\"false\">",
		    name, name);
		html_icon(w, order[i]);
		buf_printf(&w->buf, "%s %u</button>\n", name, n);
	}
	buf_puts(&w->buf,
	    "<input type=\"search\" id=\"find\" placeholder=\"Find a check or "
	    "address\" aria-label=\"Find a check or address\" autocomplete=\"off\">\n"
	    "<span class=\"muted\" id=\"shown\" role=\"status\"></span>\n</div>\n");
}

static void legend(struct writer *w, nsec_t scale)
{
	char time[RUN_TIME_TEXT_MAX];
	bool unsure = false;
	for (size_t i = 0; i < w->r->verdicts->n_items; i++)
		unsure |= is_unsure_pass(&w->r->verdicts->items[i]);
	buf_puts(&w->buf, "<p class=\"legend\">");
	for (unsigned i = 0; i < N_PHASES; i++)
		buf_printf(&w->buf, "<span><i class=\"k-%s\"></i>%s</span>",
		    phase_name(i), phase_name(i));
	buf_printf(&w->buf,
	    "<span><i class=\"k-wait\"></i>waited in vain</span><span>bars: 0 to "
	    "%s</span>",
	    run_time_text(scale, time));
	if (unsure)
		buf_puts(
		    &w->buf, "<span>pass ?: nothing said no, nothing proves it</span>");
	buf_puts(&w->buf, "</p>\n");
}

/* Checks [from, to) of the order are one family. */
static void family(struct writer *w, const unsigned *order, size_t from, size_t to)
{
	size_t n_pass = 0;
	for (size_t k = from; k < to; k++)
		n_pass += w->r->verdicts->items[order[k]].status == STATUS_PASS;
	buf_printf(&w->buf, "<section class=\"family%s\">\n<h3>",
	    to - from > MANY ? " many" : "");
	writer_put(w, check_family(w->r->plan, order[from]));
	buf_printf(&w->buf, "<span>%zu of %zu passed</span></h3>\n", n_pass, to - from);
}

void html_checks(struct writer *w)
{
	const struct check_plan *plan = w->r->plan;
	size_t n = w->r->verdicts->n_items;
	const unsigned *order = checks_by_family(&w->scratch, plan);
	nsec_t scale = scale_of(w->r->verdicts);
	buf_puts(&w->buf, "<section aria-labelledby=\"checks\">\n"
			  "<h2 id=\"checks\" tabindex=\"-1\">Checks</h2>\n");
	tools(w);
	legend(w, scale);
	for (size_t from = 0, to; from < n; from = to) {
		const char *name = check_family(plan, order[from]);
		for (to = from; to < n; to++)
			if (strcmp(check_family(plan, order[to]), name) != 0)
				break;
		family(w, order, from, to);
		for (size_t k = from; k < to; k++)
			check(w, order[k], scale);
		buf_puts(&w->buf, "</section>\n");
	}
	buf_puts(&w->buf, "</section>\n");
}
