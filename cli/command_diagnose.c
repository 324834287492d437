/* SPDX-License-Identifier: MIT */
#include "checks/input/input_error.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/judged_report.h"
#include "cli/prepare.h"

/* How the exit code is made belongs to the run, unless it is asked for anew. */
static void take_exit_options(struct options *o, const struct options *saved)
{
	const struct option_row *table = option_table(&(size_t){ 0 });
	if (o->set_by[option_find("strict") - table] == SOURCE_DEFAULT)
		o->output.strict = saved->output.strict;
	if (o->set_by[option_find("exit-style") - table] == SOURCE_DEFAULT &&
	    output_exit_style(&o->output) == EXIT_STYLE_PLAIN)
		o->output.exit_style = saved->output.exit_style;
}

int command_diagnose(
    const struct options *given, struct arena *arena, struct input_error *reterr)
{
	struct options o = *given;
	struct judged_report judged;
	int unusable = exit_code_unusable(output_exit_style(&o.output));
	if (o.operands.n_items != 1) {
		input_error_set(reterr,
		    "diagnose: give one FILE, a report that check -o json wrote; - is "
		    "standard input");
		return unusable;
	}
	if (prepare_outputs(&o, arena, reterr) < 0)
		return unusable;
	if (judged_report_open(
		o.operands.items[0], o.settings.catalogue, arena, &judged, reterr) < 0)
		return unusable;
	take_exit_options(&o, &judged.saved);
	int code = deliver_run(&o, &judged.report, arena, reterr);
	judged_report_close(&judged);
	return code;
}
