/* SPDX-License-Identifier: MIT */
#include "checks/judge/finding.h"
#include "checks/judge/judge_stages.h"
#include "checks/runs/baseline.h"
#include "checks/runs/compare_fact.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

#include <string.h>

/* The facts of one check that drifted, the first of them the one that is told. */
struct drift {
	bool any;
	enum path_fact what;
	const char *summary, *key;
	struct words missing;
};

static void compare_one(struct judging *j, enum path_fact what,
    const struct check_path *approved, const struct check_path *seen, bool fails,
    struct drift *ret)
{
	const char *name = path_fact_name(what), *rule;
	if (!approved->facts[what].known)
		return;
	if (!seen->facts[what].known) {
		words_add(j->arena, &ret->missing, name);
		return;
	}
	if (fact_compare(what, approved, seen, j->arena, &rule) != FACT_DRIFTED)
		return;
	const char *summary = arena_printf(j->arena, "%s: approved %s, seen %s: %s",
	    name, fact_words(&approved->facts[what], j->arena),
	    fact_words(&seen->facts[what], j->arena), rule);
	const struct obs *shown = seen->facts[what].seen;
	say(j, fails ? EVIDENCE_SUPPORTS : EVIDENCE_CONTEXT, shown ? shown : j->first,
	    "%s", summary);
	if (ret->any)
		return;
	ret->any = true;
	ret->what = what;
	ret->summary = summary;
	ret->key = arena_printf(j->arena, "%s %s", name,
	    what == FACT_ADDRESSES ? rule : fact_words(&seen->facts[what], j->arena));
}

static const char *join(struct judging *j, const struct words *w)
{
	const char *text = w->items[0];
	for (size_t i = 1; i < w->n_items; i++)
		text = arena_printf(j->arena, "%s, %s", text, w->items[i]);
	return text;
}

void judge_baseline(struct judging *j)
{
	const struct baseline *b = j->plan->baseline;
	const char *id = j->target->id;
	if (!b || j->check->must_not_reach || j->target->protocol == PROTO_INBOUND)
		return;
	const struct check_path *approved =
	    baseline_find(b, text_escape(j->arena, id, strlen(id), 4096));
	if (!approved) {
		say(j, EVIDENCE_CONTEXT, NULL,
		    "the baseline has nothing of this check");
		return;
	}
	struct check_path seen;
	struct drift drift = { .any = false };
	bool works = path_facts_count(j->verdict->status, false);
	path_facts_of_check(j, &seen);
	for (int i = 0; i < N_BASELINE_FACTS; i++)
		compare_one(j, (enum path_fact)i, approved, &seen, works, &drift);
	if (drift.missing.n_items)
		say(j, EVIDENCE_CONTEXT, j->first,
		    "not seen this time, so not compared with the baseline: %s",
		    join(j, &drift.missing));
	if (!drift.any || !works)
		return;
	finding_set(j, &(struct finding){ .status = STATUS_FAIL,
			   .stage = path_fact_stage(drift.what),
			   .cause = "baseline_drift",
			   .confidence = CONFIDENCE_CERTAIN,
			   .summary = drift.summary,
			   .key = drift.key });
}
