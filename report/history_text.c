/* SPDX-License-Identifier: MIT */
#include "report/change_words.h"
#include "report/history_report.h"
#include "report/layout.h"
#include "report/run_words.h"

enum {
	SPARKS = 60,  /* of the latest moments */
	CHANGES = 20, /* shown without verbose */
	INDENT = 4
};

static const char *bar_of(nsec_t t, const struct history_times *scale)
{
	static const char *const bars[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	nsec_t range = scale->most - scale->least;
	nsec_t step = range > 0 ? (t - scale->least) * 7 / range : 0;
	return bars[step < 0 ? 0 : step > 7 ? 7 : step];
}

static void spark(struct layout *l, const struct moment *m, int phase,
    const struct history_times *scale)
{
	nsec_t t = history_phase(m, phase);
	switch (m->status) {
	case STATUS_PASS:
	case STATUS_WARN:
		layout_put(l, m->status == STATUS_WARN ? COLOUR_YELLOW : COLOUR_GREEN,
		    t < 0 ? "·" : bar_of(t, scale));
		break;
	case STATUS_FAIL:
		layout_put(l, COLOUR_RED, "x");
		break;
	case STATUS_INCONCLUSIVE:
		layout_put(l, COLOUR_YELLOW, "?");
		break;
	case STATUS_SKIPPED:
		layout_put(l, COLOUR_DIM, "-");
		break;
	}
}

static void plot(struct layout *l, const struct timeline *t, int phase)
{
	char least[RUN_TIME_TEXT_MAX], median[RUN_TIME_TEXT_MAX];
	char most[RUN_TIME_TEXT_MAX];
	struct history_times times = history_times(t, phase, &l->scratch);
	size_t first = t->n_moments > SPARKS ? t->n_moments - SPARKS : 0;
	layout_put(l, COLOUR_NONE, "    ");
	layout_left(l, COLOUR_DIM, phase < 0 ? "all" : phase_name((unsigned)phase), 5);
	for (size_t i = first; i < t->n_moments; i++)
		spark(l, &t->moments[i], phase, &times);
	layout_newline(l);
	if (times.n == 0)
		return;
	layout_put(l, COLOUR_DIM,
	    arena_printf(&l->scratch, "         median %s, %s to %s",
		run_time_text(times.median, median), run_time_text(times.least, least),
		run_time_text(times.most, most)));
	layout_newline(l);
}

static enum colour colour_of(enum status s)
{
	return s == STATUS_PASS   ? COLOUR_GREEN
	       : s == STATUS_FAIL ? COLOUR_RED
				  : COLOUR_YELLOW;
}

static void check(struct layout *l, const struct timeline *t, bool phases)
{
	const struct moment *began = timeline_state_began(t);
	const struct moment *last = &t->moments[t->n_moments - 1];
	layout_put(l, COLOUR_BOLD, layout_clean(l, t->id));
	layout_put(l, COLOUR_NONE, "  ");
	layout_put(l, colour_of(last->status), status_name(last->status));
	if (last->cause)
		layout_put(l, COLOUR_NONE,
		    arena_printf(&l->scratch, " (%s)", layout_clean(l, last->cause)));
	layout_put(l, COLOUR_NONE,
	    arena_printf(&l->scratch, " since %s, passed %zu of %zu%s",
		history_time(began->at, &l->scratch), history_passes(t), t->n_moments,
		timeline_flaps(t) ? ", flapping" : ""));
	layout_newline(l);
	plot(l, t, -1);
	for (int p = 0; phases && p < N_PHASES; p++)
		if (history_times(t, p, &l->scratch).n)
			plot(l, t, p);
}

static void changes(struct layout *l, const struct timelines *past, bool all)
{
	size_t n = past->n_changes, first = !all && n > CHANGES ? n - CHANGES : 0;
	if (n == 0)
		return;
	layout_newline(l);
	layout_put(l, COLOUR_BOLD, "changes");
	layout_newline(l);
	if (first) {
		layout_put(l, COLOUR_DIM,
		    arena_printf(&l->scratch, "  %zu older ones: -v", first));
		layout_newline(l);
	}
	for (size_t i = first; i < n; i++) {
		const struct dated_change *d = &past->changes[i];
		layout_put(l, COLOUR_NONE, "  ");
		layout_wrap(l, COLOUR_NONE,
		    arena_printf(&l->scratch, "since %s  %s",
			history_time(d->at, &l->scratch),
			layout_clean(l, change_words(&d->change, &l->scratch))),
		    INDENT);
	}
}

char *history_text(const struct history_report *h, const struct text_style *style)
{
	const struct timelines *past = h->past;
	struct layout l;
	layout_init(&l, style);
	layout_wrap(&l, COLOUR_NONE,
	    arena_printf(&l.scratch, "%zu runs (%zu interrupted) from %s to %s",
		past->n_runs, past->n_interrupted,
		history_time(past->first, &l.scratch),
		history_time(past->last, &l.scratch)),
	    0);
	layout_newline(&l);
	for (size_t i = 0; i < past->n_items; i++)
		check(&l, &past->items[i], style->verbose || past->n_items == 1);
	changes(&l, past, style->verbose);
	return layout_end(&l);
}
