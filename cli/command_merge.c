/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/runs/fleet.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/message.h"
#include "cli/outfile.h"
#include "cli/prepare.h"
#include "probe/base/arena.h"
#include "report/merge_report.h"

/* Enough to see what is wrong; a disk full of them would only scroll by. */
enum {
	MAX_TOLD = 20,
	MAX_LINE = 4096 /* bytes of a name in a list: PATH_MAX */
};

struct merging {
	struct fleet fleet;
	struct arena *arena;
	const char *told[MAX_TOLD];
	size_t n_unreadable;
	struct input_error *error; /* what ends the command */
};

static void leave_out(struct merging *m, const struct input_error *why)
{
	if (m->n_unreadable < MAX_TOLD) {
		m->told[m->n_unreadable] = arena_strdup(m->arena, why->text);
		message_print(why);
	}
	m->n_unreadable++;
}

static void add_report(struct merging *m, const char *path)
{
	struct input_error why;
	if (fleet_add_file(&m->fleet, path, &why) < 0)
		leave_out(m, &why);
}

static int read_list(struct merging *m, FILE *list, const char *name)
{
	char line[MAX_LINE + 2];
	for (size_t number = 1; fgets(line, sizeof line, list); number++) {
		size_t len = strlen(line);
		if (len > MAX_LINE) {
			input_error_at(m->error, name, number, 1,
			    "a name must have at most 4096 bytes");
			return -1;
		}
		line[strcspn(line, "\r\n")] = '\0';
		if (*line)
			add_report(m, line);
	}
	if (ferror(list)) {
		input_error_set(m->error, "%s: %s", name, strerror(errno));
		return -1;
	}
	return 0;
}

static int add_list(struct merging *m, const char *path)
{
	const char *shown = message_quote(m->arena, path);
	FILE *list = fopen(path, "re");
	if (!list) {
		input_error_set(m->error, "@%s: %s", shown, strerror(errno));
		return -1;
	}
	int r = read_list(m, list, shown);
	fclose(list);
	return r;
}

static int add_operand(struct merging *m, const char *operand)
{
	if (strcmp(operand, "-") == 0)
		return read_list(m, stdin, "standard input");
	if (*operand == '@')
		return add_list(m, operand + 1);
	add_report(m, operand);
	return 0;
}

static char *render(enum output_format format, const struct text_style *style,
    const void *subject, struct outfile *direct)
{
	const struct merge_report *m = subject;
	if (format == OUTPUT_MARKDOWN)
		return merge_markdown(m, style->verbose);
	if (format == OUTPUT_TEXT)
		return merge_text(m, style);
	return merge_json(m, direct ? outfile_put : NULL, direct);
}

/* That of the worst node; a missing one may be worse still. */
static int exit_code_of(const struct merging *m, const struct output_options *o)
{
	const struct fleet *f = &m->fleet;
	struct verdicts worst = { .overall = STATUS_PASS };
	if (m->n_unreadable)
		return exit_code_unusable(output_exit_style(o));
	if (f->counts[STATUS_FAIL])
		worst.overall = STATUS_FAIL;
	else if (f->counts[STATUS_INCONCLUSIVE])
		worst.overall = STATUS_INCONCLUSIVE;
	else if (f->counts[STATUS_WARN])
		worst.overall = STATUS_WARN;
	for (size_t i = 0; i < f->n_nodes; i++)
		worst.warn += f->nodes[i].strict_fails;
	return exit_code_of_run(&worst, o->strict, false, output_exit_style(o));
}

static int merge(struct merging *m, const struct options *o)
{
	int unusable = exit_code_unusable(output_exit_style(&o->output));
	for (size_t i = 0; i < o->operands.n_items; i++)
		if (add_operand(m, o->operands.items[i]) < 0)
			return unusable;
	if (m->fleet.n_nodes + m->n_unreadable == 0) {
		input_error_set(m->error, "merge: no report is named in the lists");
		return unusable;
	}
	fleet_finish(&m->fleet);
	struct fleet nameless;
	bool redact = o->output.redact;
	if (redact)
		merge_redact(&m->fleet, m->arena, &nameless);
	/* Why a report could not be read begins with its name. */
	const struct merge_report report = {
		.fleet = redact ? &nameless : &m->fleet,
		.tool_version = VNETPROBE_VERSION,
		.unreadable = m->told,
		.n_unreadable = m->n_unreadable,
		.n_unreadable_told = redact                       ? 0
				     : m->n_unreadable < MAX_TOLD ? m->n_unreadable
								  : MAX_TOLD,
	};
	if (deliver_outputs(o, render, &report, NULL, m->arena, m->error) < 0)
		return unusable;
	if (m->n_unreadable)
		input_error_set(m->error,
		    "merge: %zu of %zu reports could not be read and are left out",
		    m->n_unreadable, m->n_unreadable + m->fleet.n_nodes);
	return exit_code_of(m, &o->output);
}

int command_merge(
    const struct options *o, struct arena *arena, struct input_error *reterr)
{
	struct merging m = { .arena = arena, .error = reterr };
	if (o->operands.n_items == 0) {
		input_error_set(reterr,
		    "merge: give reports that check -o json wrote, @LIST for a file of "
		    "their names, or - for such a list on standard input");
		return exit_code_unusable(output_exit_style(&o->output));
	}
	if (prepare_comparison(o, "merge", arena, reterr) < 0)
		return exit_code_unusable(output_exit_style(&o->output));
	fleet_init(&m.fleet, arena);
	int code = merge(&m, o);
	fleet_deinit(&m.fleet);
	return code;
}
