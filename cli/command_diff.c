/* SPDX-License-Identifier: MIT */
#include "checks/input/input_error.h"
#include "checks/runs/compare.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/judged_report.h"
#include "cli/prepare.h"
#include "probe/base/arena.h"
#include "report/diff_report.h"
#include "report/redactor.h"

static char *render(enum output_format format, const struct text_style *style,
    const void *subject, struct outfile *direct)
{
	(void)direct;
	const struct diff_report *d = subject;
	if (format == OUTPUT_MARKDOWN)
		return diff_markdown(d, style->verbose);
	return format == OUTPUT_TEXT ? diff_text(d, style) : diff_json(d);
}

/* A regression is a failure of the comparison, and drift a warning. */
static int exit_code_of(const struct comparison *c, const struct output_options *o)
{
	const struct verdicts as_run = {
		.overall = c->counts[CHANGE_REGRESSION] ? STATUS_FAIL
			   : c->counts[CHANGE_DRIFT]    ? STATUS_WARN
							: STATUS_PASS,
	};
	return exit_code_of_run(&as_run, o->strict, false, output_exit_style(o));
}

/* One set of pseudonyms for both runs: what is the same in them stays the same. */
static int deliver_nameless(const struct options *o, struct diff_report *d,
    struct arena *arena, struct input_error *reterr)
{
	struct report before = *d->before, after = *d->after;
	const struct report *both[] = { &before, &after };
	before.settings = after.settings = NULL;
	d->before = &before;
	d->after = &after;
	d->before_name = "OLD";
	d->after_name = "NEW";
	d->redactor = redactor_new_of(both, 2);
	int r = deliver_outputs(o, render, d, d->redactor, arena, reterr);
	redactor_free(d->redactor);
	return r;
}

static int compare(const struct options *o, const struct judged_report *before,
    const struct judged_report *after, struct arena *arena, struct input_error *reterr)
{
	struct path_facts old, new;
	struct comparison changes;
	path_facts_of_run(&before->plan, &before->log, &before->verdicts, arena, &old);
	path_facts_of_run(&after->plan, &after->log, &after->verdicts, arena, &new);
	compare_runs(&old, &new, arena, &changes);
	struct diff_report d = {
		.before = &before->report,
		.after = &after->report,
		.before_name = before->run.name,
		.after_name = after->run.name,
		.changes = &changes,
	};
	int r = o->output.redact ? deliver_nameless(o, &d, arena, reterr)
				 : deliver_outputs(o, render, &d, NULL, arena, reterr);
	if (r < 0)
		return exit_code_unusable(output_exit_style(&o->output));
	return exit_code_of(&changes, &o->output);
}

int command_diff(
    const struct options *o, struct arena *arena, struct input_error *reterr)
{
	struct judged_report before, after;
	int unusable = exit_code_unusable(output_exit_style(&o->output));
	if (o->operands.n_items != 2) {
		input_error_set(reterr,
		    "diff: give two files, OLD and NEW, that check -o json wrote; - is "
		    "standard input");
		return unusable;
	}
	const char *const *files = o->operands.items;
	const char *catalogue = o->settings.catalogue;
	if (prepare_comparison(o, "diff", arena, reterr) < 0 ||
	    judged_report_open(files[0], catalogue, arena, &before, reterr) < 0)
		return unusable;
	int code = unusable;
	if (judged_report_open(files[1], catalogue, arena, &after, reterr) == 0) {
		code = compare(o, &before, &after, arena, reterr);
		judged_report_close(&after);
	}
	judged_report_close(&before);
	return code;
}
