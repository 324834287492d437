/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/prepare.h"
#include "report/redactor.h"

static char *render(enum output_format format, const struct text_style *style,
    const void *subject, struct outfile *direct)
{
	(void)direct;
	const struct report *r = subject;
	return format == OUTPUT_JSON ? report_list_json(r->plan, r->tool_version)
				     : report_list_text(r->plan, style);
}

int command_list(
    const struct options *o, struct arena *arena, struct input_error *reterr)
{
	struct catalogue catalogue;
	struct check_plan plan;
	int unusable = exit_code_unusable(output_exit_style(&o->output));
	if (prepare_plan(o, arena, &catalogue, &plan, reterr) < 0 ||
	    prepare_text_outputs(o, "list", arena, reterr) < 0)
		return unusable;
	/* Nothing was observed or judged; redaction still wants to look. */
	struct obslog log;
	struct verdicts verdicts = { .items = NULL };
	obslog_init(&log, arena, plan.probe.n_targets);
	const struct report report = {
		.plan = &plan,
		.log = &log,
		.verdicts = &verdicts,
		.tool_version = VNETPROBE_VERSION,
	};
	struct redactor *red = o->output.redact ? redactor_new(&report) : NULL;
	int err = deliver_outputs(o, render, &report, red, arena, reterr);
	redactor_free(red);
	return err < 0 ? unusable : 0;
}
