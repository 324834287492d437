/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/input/suggest.h"
#include "checks/judge/verdict.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/explain_capture.h"
#include "cli/message.h"
#include "cli/prepare.h"
#include "probe/base/arena.h"
#include "report/cause_report.h"

/* The subject is a cause, or NULL for all of them. */
static char *render(enum output_format format, const struct text_style *style,
    const void *subject, struct outfile *direct)
{
	(void)direct;
	const struct cause *cause = subject;
	size_t n = 1;
	if (format == OUTPUT_TEXT)
		return cause ? cause_text(cause, style) : cause_list_text(style);
	const struct cause *causes = cause ? cause : cause_table(&n);
	return causes_json(causes, n, VNETPROBE_VERSION);
}

static bool is_attribute(const char *name)
{
	for (unsigned i = 0; i < N_ATTRIBUTES; i++)
		if (strcmp(attribute_name(i), name) == 0)
			return true;
	return false;
}

static void unknown_cause(
    const char *name, struct arena *arena, struct input_error *reterr)
{
	const char *quoted = message_quote(arena, name);
	struct suggestion s = suggest_begin(name);
	size_t n;
	const struct cause *causes = cause_table(&n);
	for (size_t i = 0; i < n; i++)
		suggest_feed(&s, causes[i].name);
	if (is_attribute(name))
		input_error_set(
		    reterr, "explain: \"%s\" is a fact of a path and no cause", quoted);
	else
		input_error_set(reterr, "explain: unknown cause \"%s\"%s", quoted,
		    s.nearest ? suggest_clause(&s, arena)
			      : "; without a name explain lists all causes");
}

int command_explain(
    const struct options *o, struct arena *arena, struct input_error *reterr)
{
	int unusable = exit_code_unusable(output_exit_style(&o->output));
	const struct cause *cause = NULL;
	if (o->operands.n_items > 1) {
		input_error_set(
		    reterr, "explain: give one FILE or CAUSE, or none for all causes");
		return unusable;
	}
	if (o->operands.n_items == 1) {
		const char *operand = o->operands.items[0];
		if (!cause_find(operand) && explain_is_capture(operand)) {
			if (prepare_outputs(o, arena, reterr) < 0)
				return unusable;
			return explain_capture(o, operand, arena, reterr);
		}
		cause = cause_find(o->operands.items[0]);
		if (!cause) {
			unknown_cause(o->operands.items[0], arena, reterr);
			return unusable;
		}
	}
	if (prepare_text_outputs(o, "explain", arena, reterr) < 0 ||
	    deliver_outputs(o, render, cause, NULL, arena, reterr) < 0)
		return unusable;
	return 0;
}
