/* SPDX-License-Identifier: MIT */
#include "cli/judged_report.h"

#include <string.h>

#include "checks/flow/flow_book.h"
#include "checks/input/input_error.h"
#include "checks/judge/judge.h"
#include "cli/message.h"
#include "cli/prepare.h"
#include "cli/saved_options.h"
#include "probe/base/arena.h"

/* Another catalogue may expect other things; the user is told and has the verdicts. */
static void compare_catalogues(
    const struct saved_run *run, const struct catalogue *ours, struct arena *arena)
{
	struct input_error note;
	const char *theirs = run->catalogue_sha256;
	if (!theirs || !ours || strcmp(theirs, ours->sha256) == 0)
		return;
	input_error_set(&note,
	    "%s: recorded with catalogue %s (sha256 %s), judged with %s (sha256 %.12s)",
	    run->name, message_quote(arena, run->catalogue_version),
	    message_quote(arena, arena_strndup(arena, theirs, 12)), ours->version,
	    ours->sha256);
	message_print(&note);
}

/* What a capture showed was asked for by nobody: its plan is in the report itself. */
static int make_plan(
    struct judged_report *r, struct arena *arena, struct input_error *reterr)
{
	if (!flow_book_is_saved(&r->run))
		return prepare_plan(&r->saved, arena, &r->catalogue, &r->plan, reterr) <
			       0
			   ? -1
			   : saved_run_fit_plan(&r->run, &r->plan, arena, reterr);
	return prepare_catalogue(&r->saved, arena, &r->catalogue, reterr) < 0
		   ? -1
		   : flow_book_saved_plan(
			 &r->run, &r->catalogue, arena, &r->plan, reterr);
}

static int judge(
    struct judged_report *r, struct arena *arena, struct input_error *reterr)
{
	if (make_plan(r, arena, reterr) < 0 ||
	    saved_run_log(&r->run, &r->plan.probe, arena, &r->log, reterr) < 0)
		return -1;
	r->plan.baseline = r->run.baseline;
	compare_catalogues(&r->run, r->plan.catalogue, arena);
	judge_run(&r->plan, &r->log, arena, &r->verdicts);
	r->report = (struct report){
		.plan = &r->plan,
		.log = &r->log,
		.verdicts = &r->verdicts,
		.tool_version = VNETPROBE_VERSION,
		.interrupted = r->run.interrupted,
		.settings = &r->run.settings,
	};
	return 0;
}

int judged_report_open(const char *path, const char *catalogue, struct arena *arena,
    struct judged_report *ret, struct input_error *reterr)
{
	if (saved_run_open(path, arena, &ret->run, reterr) < 0)
		return -1;
	int r = saved_options_read(
	    &ret->run.settings, ret->run.name, arena, &ret->saved, reterr);
	if (r == 0) {
		ret->saved.settings.catalogue = catalogue;
		r = judge(ret, arena, reterr);
	}
	if (r < 0)
		saved_run_close(&ret->run);
	return r;
}

void judged_report_close(struct judged_report *r)
{
	saved_run_close(&r->run);
}
