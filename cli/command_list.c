/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/prepare.h"

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
	int unusable = exit_code_unusable(o->output.exit_style);
	if (prepare_plan(o, arena, &catalogue, &plan, reterr) < 0 ||
	    prepare_outputs(o, arena, reterr) < 0)
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
	return deliver_outputs(o, render, &report, &report, arena, reterr) < 0
		   ? unusable
		   : 0;
}
