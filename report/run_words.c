/* SPDX-License-Identifier: MIT */
#include "report/run_words.h"

#include <stdio.h>
#include <string.h>

#include "probe/base/arena.h"

const char *run_time_text(nsec_t t, char buf[RUN_TIME_TEXT_MAX])
{
	double ms = nsec_to_ms(t);
	if (ms < 1000)
		snprintf(
		    buf, RUN_TIME_TEXT_MAX, ms < 99.95 ? "%.1f ms" : "%.0f ms", ms);
	else
		snprintf(buf, RUN_TIME_TEXT_MAX, "%.2f s", ms / 1e3);
	return buf;
}

const char *phase_name(unsigned phase)
{
	static const char *const names[N_PHASES] = { "dns", "tcp", "tls", "http" };
	return names[phase];
}

nsec_t phase_time(const struct verdict *v, unsigned phase)
{
	const nsec_t times[N_PHASES] = { v->dns, v->tcp, v->tls, v->http };
	return times[phase];
}

int stopped_phase(const struct verdict *v)
{
	bool stopped = v->status == STATUS_FAIL || v->status == STATUS_INCONCLUSIVE;
	if (!stopped || !v->has_stage)
		return -1;
	switch (v->stage) {
	case STAGE_HOST:
	case STAGE_DNS:
		return 0;
	case STAGE_TCP:
	case STAGE_UDP:
		return 1;
	case STAGE_TLS:
		return 2;
	default:
		return 3;
	}
}

const char *confidence_words(enum confidence c)
{
	return c == CONFIDENCE_CANNOT_TELL ? "cannot tell why from inside"
					   : confidence_name(c);
}

const char *attribute_words(struct arena *arena, unsigned bits)
{
	const char *names = NULL;
	for (unsigned i = 0; i < N_ATTRIBUTES; i++)
		if (bits & 1U << i)
			names = arena_printf(arena, "%s%s%s", names ? names : "",
			    names ? ", " : "", attribute_name(i));
	return names;
}

bool is_unsure_pass(const struct verdict *v)
{
	return v->status == STATUS_PASS && v->confidence != CONFIDENCE_CERTAIN;
}

const char *check_family(const struct check_plan *plan, size_t i)
{
	return plan->checks[i].family ? plan->checks[i].family : "Targets";
}

const char *check_title(const struct check_plan *plan, size_t i)
{
	const char *title = plan->checks[i].title;
	return title && strcmp(title, plan->probe.targets[i].id) != 0 ? title : NULL;
}

/* A handful of families, so that looking each one up in turn costs little. */
const unsigned *checks_by_family(struct arena *arena, const struct check_plan *plan)
{
	size_t n = plan->probe.n_targets, n_families = 0, n_sorted = 0;
	const char **families = arena_array(arena, n, sizeof *families);
	unsigned *family_of = arena_array(arena, n, sizeof *family_of);
	unsigned *sorted = arena_array(arena, n, sizeof *sorted);

	for (size_t i = 0; i < n; i++) {
		unsigned f = 0;
		while (
		    f < n_families && strcmp(families[f], check_family(plan, i)) != 0)
			f++;
		if (f == n_families)
			families[n_families++] = check_family(plan, i);
		family_of[i] = f;
	}
	for (unsigned f = 0; f < n_families; f++)
		for (unsigned i = 0; i < n; i++)
			if (family_of[i] == f)
				sorted[n_sorted++] = i;
	return sorted;
}

const char *run_headline(const struct report *r, struct arena *arena)
{
	const struct verdicts *v = r->verdicts;
	const char *stop = r->interrupted ? "interrupted: " : "";
	const char *noun = v->n_items == 1 ? "check" : "checks";
	if (v->fail)
		return arena_printf(arena, "%s%u of %zu %s failed%s", stop, v->fail,
		    v->n_items, noun,
		    v->overall == STATUS_FAIL ? "" : ", none of them required");
	if (v->inconclusive)
		return arena_printf(arena, "%s%u of %zu %s could not be tested", stop,
		    v->inconclusive, v->n_items, noun);
	if (v->warn)
		return arena_printf(arena, "%s%u of %zu %s passed with a warning", stop,
		    v->warn, v->n_items, noun);
	if (v->skipped || v->n_items == 0)
		return arena_printf(arena, "%s%u of %zu %s passed, %u skipped", stop,
		    v->pass, v->n_items, noun, v->skipped);
	return v->n_items == 1
		   ? arena_printf(arena, "%sthe check passed", stop)
		   : arena_printf(arena, "%sall %zu checks passed", stop, v->n_items);
}
