/* SPDX-License-Identifier: MIT */
#include "report/report.h"

#include <string.h>

#include "report/layout.h"
#include "report/run_facts.h"
#include "report/run_words.h"
#include "report/text_parts.h"

enum {
	SHOWN_SHA256 = 12
};

static void run_attributes(struct layout *l, unsigned bits)
{
	const char *names = attribute_words(&l->scratch, bits);
	if (names)
		layout_wrap(
		    l, COLOUR_DIM, arena_printf(&l->scratch, "path: %s", names), 0);
}

/* Who looked, from where and when. */
static const char *machine_words(struct layout *l, const struct report *r)
{
	const struct obs_system *system = run_system(r->log);
	const char *region = r->plan->region;
	char started[RUN_TIME_MAX];
	return arena_printf(&l->scratch, "vnetprobe %s on %s, %s%s%s, %s",
	    layout_clean(l, r->tool_version),
	    layout_clean(l, system ? system->hostname : "this machine"),
	    cloud_name(r->plan->cloud), region ? " " : "",
	    region ? layout_clean(l, region) : "", run_started(r->log, started));
}

static const char *capture_words(struct layout *l, const struct report *r)
{
	const struct obs_capture *c = run_capture(r->log);
	char started[RUN_TIME_MAX];
	return arena_printf(&l->scratch,
	    "vnetprobe %s, capture %s, %llu packets, %llu flows, %s",
	    layout_clean(l, r->tool_version), layout_clean(l, c->source),
	    (unsigned long long)c->packets, (unsigned long long)c->flows,
	    run_started(r->log, started));
}

static void header(struct layout *l, const struct report *r, bool verbose)
{
	const struct catalogue *c = r->plan->catalogue;
	layout_wrap(l, COLOUR_DIM,
	    run_capture(r->log) ? capture_words(l, r) : machine_words(l, r), 0);
	if (c && (verbose || c->n_entries))
		layout_wrap(l, COLOUR_DIM,
		    arena_printf(&l->scratch, "catalogue %s of %s, sha256 %.*s",
			layout_clean(l, c->version), layout_clean(l, c->date),
			verbose ? (int)strlen(c->sha256) : SHOWN_SHA256, c->sha256),
		    0);
	run_attributes(l, r->verdicts->attributes);
	layout_newline(l);
}

/* Only a capture file has any. */
static void limits(struct layout *l, const struct verdicts *v)
{
	if (v->limits.n_items == 0)
		return;
	layout_put(l, COLOUR_BOLD, CAPTURE_LIMITS_HEADING);
	layout_newline(l);
	for (size_t i = 0; i < v->limits.n_items; i++) {
		layout_put(l, COLOUR_NONE, "  - ");
		layout_wrap(l, COLOUR_NONE, layout_clean(l, v->limits.items[i]), 4);
	}
	layout_newline(l);
}

static void summary(struct layout *l, const struct report *r)
{
	const struct verdicts *v = r->verdicts;
	char time[RUN_TIME_TEXT_MAX];
	const char *word = status_name(v->overall);
	layout_put(l, text_status_colour(v->overall), word);
	layout_wrap(l, COLOUR_NONE,
	    arena_printf(&l->scratch,
		": %u passed, %u warned, %u failed, %u inconclusive, %u skipped in "
		"%s%s",
		v->pass, v->warn, v->fail, v->inconclusive, v->skipped,
		run_time_text(r->log->duration, time),
		r->interrupted ? ", interrupted" : ""),
	    layout_width(word));
}

char *report_text(const struct report *r, const struct text_style *style)
{
	struct layout l;
	layout_init(&l, style);
	if (!style->quiet)
		header(&l, r, style->verbose);
	text_causes(&l, r, style->verbose);
	if (!style->quiet)
		text_table(&l, r, style->verbose);
	if (!style->quiet)
		limits(&l, r->verdicts);
	if (style->verbose && !style->quiet)
		text_left_out(&l, r->plan);
	summary(&l, r);
	return layout_end(&l);
}
