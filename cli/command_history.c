/* SPDX-License-Identifier: MIT */
#include "checks/input/input_error.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/message.h"
#include "cli/prepare.h"
#include "history/history.h"
#include "probe/base/arena.h"
#include "report/history_report.h"

enum {
	MAX_RUNS = 10000
};

static char *render(enum output_format format, const struct text_style *style,
    const void *subject, struct outfile *direct)
{
	(void)direct;
	if (format == OUTPUT_HTML)
		return history_html(subject);
	return format == OUTPUT_TEXT ? history_text(subject, style)
				     : history_json(subject);
}

static int check_options(
    const struct options *o, struct arena *arena, struct input_error *reterr)
{
	if (!o->watch.state) {
		input_error_set(reterr,
		    "history: give --state DIR, the directory in which watch keeps it");
		return -1;
	}
	if (o->operands.n_items > 1) {
		input_error_set(reterr, "history: give one CHECK, an id or a glob");
		return -1;
	}
	for (size_t i = 0; i < o->output.n_items; i++) {
		enum output_format f = o->output.items[i].format;
		if (f == OUTPUT_TEXT || f == OUTPUT_JSON || f == OUTPUT_HTML)
			continue;
		input_error_set(reterr, "--output: history prints text, json or html");
		return -1;
	}
	return prepare_outputs(o, arena, reterr);
}

static int read_past(const struct options *o, struct arena *arena,
    struct timelines *ret, struct input_error *reterr)
{
	struct history *h;
	const char *glob = o->operands.n_items ? o->operands.items[0] : NULL;
	if (history_open(o->watch.state, HISTORY_READ, &h, reterr) < 0)
		return -1;
	int r = history_read(h, glob, MAX_RUNS, arena, ret, reterr);
	history_close(h);
	if (r == 0 && ret->n_items == 0) {
		input_error_set(reterr, "history: no check%s%s was kept in \"%s\"",
		    glob ? " " : "", glob ? message_quote(arena, glob) : "",
		    message_quote(arena, o->watch.state));
		return -1;
	}
	return r;
}

int command_history(
    const struct options *o, struct arena *arena, struct input_error *reterr)
{
	struct timelines past, told;
	int unusable = exit_code_unusable(output_exit_style(&o->output));
	if (check_options(o, arena, reterr) < 0 ||
	    read_past(o, arena, &past, reterr) < 0)
		return unusable;
	if (o->output.redact)
		history_redact(&past, arena, &told);
	const struct history_report h = {
		.past = o->output.redact ? &told : &past,
		.state = o->output.redact ? "(redacted)" : o->watch.state,
		.tool_version = VNETPROBE_VERSION,
	};
	return deliver_outputs(o, render, &h, NULL, arena, reterr) < 0 ? unusable : 0;
}
