/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdlib.h>

#include "checks/input/input_error.h"
#include "checks/judge/judge.h"
#include "checks/runs/compare.h"
#include "checks/runs/fleet.h"
#include "checks/runs/saved_run.h"
#include "cli/saved_options.h"
#include "probe/base/arena.h"
#include "report/diff_report.h"
#include "report/merge_report.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No run differs from itself, whatever is in it. */
static void compare(const struct report *r, struct arena *arena)
{
	struct path_facts facts;
	struct comparison changes;
	const struct text_style style = { .columns = 100, .verbose = true };
	path_facts_of_run(r->plan, r->log, r->verdicts, arena, &facts);
	compare_runs(&facts, &facts, arena, &changes);
	if (changes.n_items)
		abort();
	const struct diff_report d = { r, r, "a", "b", &changes, NULL };
	free(diff_text(&d, &style));
	free(diff_markdown(&d, true));
}

/* What `merge` makes of the same document. */
static void merge(const json_t *root, struct arena *arena)
{
	struct fleet f;
	struct input_error e;
	const struct text_style style = { .columns = 100, .verbose = true };
	const struct merge_report m = { .fleet = &f, .tool_version = "0" };
	fleet_init(&f, arena);
	fleet_add(&f, root, "a.json", &e);
	fleet_add(&f, root, "b.json", &e);
	fleet_finish(&f);
	free(merge_text(&m, &style));
	free(merge_markdown(&m, true));
	free(merge_json(&m, NULL, NULL));
	fleet_deinit(&f);
}

static void judge_and_tell(const struct check_plan *plan, const struct obslog *log,
    const struct saved_run *run, struct arena *arena)
{
	struct verdicts verdicts;
	judge_run(plan, log, arena, &verdicts);
	const struct text_style style = { .columns = 100, .verbose = true };
	const struct report report = { .plan = plan,
		.log = log,
		.verdicts = &verdicts,
		.tool_version = "0",
		.interrupted = run->interrupted,
		.settings = &run->settings };
	free(report_text(&report, &style));
	free(report_json(&report));
	compare(&report, arena);
	free(report_junit(&report));
	free(report_html(&report));
	free(report_markdown(&report));
	free(report_prometheus(&report));
	free(report_nagios(&report, 3));
}

/* A saved report, which may come from anybody, as far as `diagnose` takes it. */
static void diagnose(json_t *root, struct arena *arena)
{
	struct saved_run run;
	struct options o;
	struct catalogue catalogue;
	struct check_plan plan;
	struct obslog log;
	struct input_error e;
	if (saved_run_read(root, "r.json", arena, &run, &e) < 0)
		return;
	if (saved_options_read(&run.settings, run.name, arena, &o, &e) == 0 &&
	    catalogue_load_builtin(arena, &catalogue, &e) == 0 &&
	    check_plan_build(&o.settings, &catalogue, arena, &plan, &e) == 0 &&
	    saved_run_fit_plan(&run, &plan, arena, &e) == 0 &&
	    saved_run_log(&run, &plan.probe, arena, &log, &e) == 0) {
		plan.baseline = run.baseline;
		judge_and_tell(&plan, &log, &run, arena);
	}
	saved_run_close(&run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *root =
	    json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	if (root) {
		struct arena arena;
		arena_init(&arena, 256 << 20);
		diagnose(root, &arena);
		merge(root, &arena);
		arena_deinit(&arena);
	}
	json_decref(root);
	return 0;
}
