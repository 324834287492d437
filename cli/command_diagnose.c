/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/flow_book.h"
#include "checks/input_error.h"
#include "checks/judge.h"
#include "checks/saved_run.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/message.h"
#include "cli/prepare.h"
#include "cli/saved_options.h"
#include "probe/base/arena.h"

/* How the exit code is made belongs to the run, unless it is asked for anew. */
static void take_exit_options(struct options *o, const struct options *saved)
{
	const struct option_row *table = option_table(&(size_t){ 0 });
	if (o->set_by[option_find("strict") - table] == SOURCE_DEFAULT)
		o->output.strict = saved->output.strict;
	if (o->set_by[option_find("exit-style") - table] == SOURCE_DEFAULT)
		o->output.exit_style = saved->output.exit_style;
}

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
static int saved_plan(const struct options *saved, const struct saved_run *run,
    struct arena *arena, struct catalogue *catalogue, struct check_plan *ret,
    struct input_error *reterr)
{
	if (!flow_book_is_saved(run))
		return prepare_plan(saved, arena, catalogue, ret, reterr) < 0
			   ? -1
			   : saved_run_fit_plan(run, ret, arena, reterr);
	return prepare_catalogue(saved, arena, catalogue, reterr) < 0
		   ? -1
		   : flow_book_saved_plan(run, catalogue, arena, ret, reterr);
}

static int judge_saved(struct options *o, const struct saved_run *run,
    struct arena *arena, struct input_error *reterr)
{
	struct options saved;
	struct catalogue catalogue;
	struct check_plan plan;
	struct obslog log;
	struct verdicts verdicts;
	if (saved_options_read(&run->settings, run->name, arena, &saved, reterr) < 0)
		return -1;
	saved.settings.catalogue = o->settings.catalogue;
	if (saved_plan(&saved, run, arena, &catalogue, &plan, reterr) < 0 ||
	    saved_run_log(run, &plan.probe, arena, &log, reterr) < 0)
		return -1;
	take_exit_options(o, &saved);
	compare_catalogues(run, plan.catalogue, arena);
	judge_run(&plan, &log, arena, &verdicts);
	const struct report report = {
		.plan = &plan,
		.log = &log,
		.verdicts = &verdicts,
		.tool_version = VNETPROBE_VERSION,
		.interrupted = run->interrupted,
		.settings = &run->settings,
	};
	return deliver_run(o, &report, arena, reterr);
}

int command_diagnose(
    const struct options *given, struct arena *arena, struct input_error *reterr)
{
	struct options o = *given;
	struct saved_run run;
	int unusable = exit_code_unusable(o.output.exit_style);
	if (o.operands.n_items != 1) {
		input_error_set(reterr,
		    "diagnose: give one FILE, a report that check -o json wrote; - is "
		    "standard input");
		return unusable;
	}
	if (prepare_outputs(&o, arena, reterr) < 0)
		return unusable;
	if (saved_run_open(o.operands.items[0], arena, &run, reterr) < 0)
		return unusable;
	int code = judge_saved(&o, &run, arena, reterr);
	saved_run_close(&run);
	return code < 0 ? unusable : code;
}
