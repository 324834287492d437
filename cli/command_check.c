/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/runs/baseline.h"
#include "cli/check_capture.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/message.h"
#include "cli/outfile.h"
#include "cli/prepare.h"
#include "cli/run_once.h"
#include "cli/signals.h"
#include "probe/base/arena.h"
#include "report/baseline_json.h"

static void note_left_out(const struct options *o, size_t n, struct arena *arena)
{
	struct input_error note;
	if (n == 0)
		return;
	input_error_set(&note,
	    "--save-baseline: %s: %zu %s did not pass and %s nothing approved",
	    message_quote(arena, o->save_baseline), n, n == 1 ? "check" : "checks",
	    n == 1 ? "has" : "have");
	message_print(&note);
}

/* An interrupted run has seen half of it, which is not to be approved. */
static int save_baseline(const struct options *o, const struct report *r,
    struct arena *arena, struct input_error *reterr)
{
	struct path_facts facts;
	struct baseline b;
	if (!o->save_baseline || r->interrupted)
		return 0;
	path_facts_of_run(r->plan, r->log, r->verdicts, arena, &facts);
	size_t left_out = baseline_of_run(&facts, arena, &b);
	if (b.n_checks == 0) {
		input_error_set(reterr,
		    "--save-baseline: no check passed, so there is nothing to "
		    "approve");
		return -1;
	}
	note_left_out(o, left_out, arena);
	struct outfile file;
	char *text = baseline_json(&b);
	outfile_open(&file, o->save_baseline, arena);
	file.option = "--save-baseline";
	outfile_put(&file, text, strlen(text));
	free(text);
	return outfile_close(&file, arena, reterr);
}

static int tell(const struct options *o, const struct run *run,
    const struct check_capture *capture, struct arena *arena,
    struct input_error *reterr)
{
	int unusable = exit_code_unusable(output_exit_style(&o->output));
	int code = deliver_run(o, &run->report, arena, reterr);
	if (check_capture_write(capture, o, &run->report, arena, reterr) < 0)
		code = unusable;
	return save_baseline(o, &run->report, arena, reterr) < 0 ? unusable : code;
}

int command_check(
    const struct options *o, struct arena *arena, struct input_error *reterr)
{
	struct run run;
	struct check_capture capture = { .live = NULL };
	int unusable = exit_code_unusable(output_exit_style(&o->output));
	if (run_prepare(o, arena, &run, reterr) < 0)
		return unusable;
	struct run_hooks hooks = { .stop_fd = signals_stop_fd(), .capture = &capture };
	if (hooks.stop_fd < 0) {
		input_error_set(reterr, "cannot run: %s", strerror(-hooks.stop_fd));
		return unusable;
	}
	if (check_capture_open(&capture, o, &run.plan.probe, arena, reterr) < 0)
		return unusable;
	int code = unusable;
	if (run_once(o, &hooks, arena, &run, reterr) == 0)
		code = tell(o, &run, &capture, arena, reterr);
	check_capture_close(&capture);
	return code;
}
