/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "report/plan_words.h"
#include "report/run_facts.h"
#include "report/run_words.h"
#include "report/text_parts.h"

enum {
	INDENT = 6,
	SECONDS_PER_DAY = 86400
};

static const char *ids_text(struct layout *l, const struct evidence *e)
{
	struct buf b = { 0 };
	for (size_t i = 0; i < e->n_observations; i++)
		buf_printf(&b, "%s#%u", i ? " " : "", e->observations[i]);
	char *joined = buf_take(&b);
	const char *text = arena_strdup(&l->scratch, joined);
	free(joined);
	return text;
}

static void evidence(struct layout *l, const struct verdict *v)
{
	const char **texts = arena_array(&l->scratch, v->n_evidence, sizeof *texts);
	for (size_t i = 0; i < v->n_evidence; i++) {
		const struct evidence *e = &v->evidence[i];
		texts[i] = arena_printf(&l->scratch, "%s%s (%s)",
		    e->role == EVIDENCE_CONTRADICTS ? "against it: " : "",
		    layout_clean(l, e->text), ids_text(l, e));
	}
	layout_list(l, INDENT, "seen", texts, v->n_evidence);
}

/* Whole days, rounded down: the last day counts as none. */
static const char *remaining(struct layout *l, const struct obs_tls *t)
{
	long long days = (long long)(t->chain[0].not_after / SECONDS_PER_DAY -
				     t->clock / SECONDS_PER_DAY);
	if (t->chain[0].not_after < t->clock)
		return arena_printf(&l->scratch, "expired %lld days ago", -days);
	if (t->chain[0].not_before > t->clock)
		return "not valid yet";
	return arena_printf(&l->scratch, "%lld days left", days);
}

static void certificate(struct layout *l, const struct obs_tls *t)
{
	const struct certificate *leaf = &t->chain[0];
	char from[RUN_TIME_MAX], to[RUN_TIME_MAX];
	layout_labelled(l, INDENT, "certificate", layout_clean(l, leaf->subject));
	layout_labelled(l, INDENT, "  issued by", layout_clean(l, leaf->issuer));
	layout_labelled(l, INDENT, "  valid",
	    arena_printf(&l->scratch, "%s to %s (%s), %s",
		run_day(leaf->not_before, from), run_day(leaf->not_after, to),
		remaining(l, t), t->verified ? "verified" : "not verified"));
	for (size_t i = 0; i < t->n_errors; i++)
		layout_labelled(
		    l, INDENT, i ? "" : "  errors", layout_clean(l, t->errors[i].text));
}

static void handshake(struct layout *l, const struct obs_tls *t)
{
	if (t->version)
		layout_labelled(l, INDENT, "tls",
		    arena_printf(&l->scratch, "%s, %s, ALPN %s",
			layout_clean(l, t->version), layout_clean(l, t->cipher),
			t->alpn ? layout_clean(l, t->alpn) : "none"));
	if (t->n_chain)
		certificate(l, t);
}

static void attributes(struct layout *l, unsigned bits)
{
	const char *names = attribute_words(&l->scratch, bits);
	if (names)
		layout_labelled(l, INDENT, "path", names);
}

void text_details(struct layout *l, const struct report *r, size_t i)
{
	const struct verdict *v = &r->verdicts->items[i];
	char time[RUN_TIME_TEXT_MAX];
	layout_labelled(
	    l, INDENT, "target", layout_clean(l, r->plan->checks[i].shown_target));
	if (r->plan->checks[i].proxy_matters)
		layout_labelled(l, INDENT, "proxy",
		    layout_clean(l, plan_proxy(&r->plan->probe.targets[i],
					&r->plan->checks[i], &l->scratch)));
	layout_labelled(l, INDENT, "took", run_time_text(v->duration, time));
	evidence(l, v);
	for (const struct obs *o = obslog_first(r->log, (int)i); o;
	     o = o->next_of_target)
		if (o->kind == OBS_TLS)
			handshake(l, &o->tls);
	attributes(l, v->attributes);
	layout_list(l, INDENT, "ruled out", v->ruled_out.items, v->ruled_out.n_items);
}
