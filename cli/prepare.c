/* SPDX-License-Identifier: MIT */
#include "cli/prepare.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checks/input/input_error.h"
#include "cli/exit_code.h"
#include "cli/message.h"
#include "cli/outfile.h"
#include "cli/terminal.h"
#include "report/redactor.h"

int prepare_catalogue(const struct options *o, struct arena *arena,
    struct catalogue *ret, struct input_error *reterr)
{
	const char *path = o->settings.catalogue;
	return path ? catalogue_load_file(path, arena, ret, reterr)
		    : catalogue_load_builtin(arena, ret, reterr);
}

int prepare_plan(const struct options *o, struct arena *arena,
    struct catalogue *catalogue, struct check_plan *ret, struct input_error *reterr)
{
	const struct settings *s = &o->settings;
	bool needed = check_plan_needs_catalogue(s);
	int r = 0;

	if (s->catalogue || needed)
		r = prepare_catalogue(o, arena, catalogue, reterr);
	else
		catalogue_builtin_identity(catalogue);
	if (r == 0)
		r = check_plan_build(s, needed ? catalogue : NULL, arena, ret, reterr);
	/* Every report says which catalogue it could have used. */
	if (r == 0)
		ret->catalogue = catalogue;
	return r;
}

int prepare_text_outputs(const struct options *o, const char *command,
    struct arena *arena, struct input_error *reterr)
{
	for (size_t i = 0; i < o->output.n_items; i++) {
		enum output_format f = o->output.items[i].format;
		if (f == OUTPUT_TEXT || f == OUTPUT_JSON)
			continue;
		input_error_set(reterr,
		    "--output: %s is a report of check or diagnose; %s prints text or "
		    "json",
		    output_format_name(f), command);
		return -1;
	}
	return prepare_outputs(o, arena, reterr);
}

int prepare_outputs(
    const struct options *o, struct arena *arena, struct input_error *reterr)
{
	for (size_t i = 0; i < o->output.n_items; i++) {
		const char *file = o->output.items[i].file;
		if (file && outfile_check(file, arena, reterr) < 0)
			return -1;
	}
	return 0;
}

int prepare_comparison(const struct options *o, const char *command,
    struct arena *arena, struct input_error *reterr)
{
	for (size_t i = 0; i < o->output.n_items; i++) {
		enum output_format f = o->output.items[i].format;
		if (f == OUTPUT_TEXT || f == OUTPUT_JSON || f == OUTPUT_MARKDOWN)
			continue;
		input_error_set(
		    reterr, "--output: %s prints text, json or markdown", command);
		return -1;
	}
	return prepare_outputs(o, arena, reterr);
}

/* A file gets no colour and the full width, whatever terminal we were started from. */
static struct text_style style_of(const struct options *o, const char *file)
{
	int fd = file ? -1 : STDOUT_FILENO;
	return (struct text_style){
		.colour = terminal_wants_colour(fd, o->output.no_color),
		.verbose = o->output.verbosity == VERBOSITY_VERBOSE,
		.quiet = o->output.verbosity == VERBOSITY_QUIET,
		.columns = terminal_columns(fd),
	};
}

/* Text and JSON are redacted when they are finished, other forms as they are made. */
static bool is_redacted_whole(enum output_format f)
{
	return f == OUTPUT_TEXT || f == OUTPUT_JSON;
}

/* One document; redacted by red, unless that is NULL. */
static int deliver(const struct options *o, const struct output *item,
    render_fn *render, const void *subject, struct redactor *red, struct arena *arena,
    struct input_error *reterr)
{
	struct text_style style = style_of(o, item->file);
	struct outfile file;
	bool whole = red && is_redacted_whole(item->format);
	outfile_open(&file, item->file, arena);
	char *text = render(item->format, &style, subject, whole ? NULL : &file);
	if (text && whole) {
		char *redacted = redactor_document(red, text);
		free(text);
		text = redacted;
	}
	if (text)
		outfile_put(&file, text, strlen(text));
	free(text);
	return outfile_close(&file, arena, reterr);
}

int deliver_outputs(const struct options *o, render_fn *render, const void *subject,
    struct redactor *red, struct arena *arena, struct input_error *reterr)
{
	static const struct output usual = { .format = OUTPUT_TEXT };
	const struct output *items = o->output.n_items ? o->output.items : &usual;
	size_t n = o->output.n_items ? o->output.n_items : 1;
	struct input_error why = { .text = "" };
	int r = 0;
	reterr->text[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		if (deliver(o, &items[i], render, subject, red, arena, &why) == 0)
			continue;
		r = -1;
		/* The caller tells one, so those before it are told here. */
		if (*reterr->text && *why.text)
			message_print(reterr);
		if (*why.text)
			*reterr = why;
	}
	return r;
}

struct told {
	const struct report *report;
	int nagios_code;
};

/* The JSON of thousands of checks is longer than everything else in memory. */
static char *render_run(enum output_format format, const struct text_style *style,
    const void *subject, struct outfile *direct)
{
	const struct told *told = subject;
	const struct report *r = told->report;
	switch (format) {
	case OUTPUT_TEXT:
		return report_text(r, style);
	case OUTPUT_JUNIT:
		return report_junit(r);
	case OUTPUT_HTML:
		return report_html(r);
	case OUTPUT_MARKDOWN:
		return report_markdown(r);
	case OUTPUT_PROMETHEUS:
		return report_prometheus(r);
	case OUTPUT_NAGIOS:
		return report_nagios(r, told->nagios_code);
	case OUTPUT_JSON:
		break;
	}
	if (!direct)
		return report_json(r);
	report_json_to(r, outfile_put, direct);
	return NULL;
}

int deliver_run(const struct options *o, const struct report *r, struct arena *arena,
    struct input_error *reterr)
{
	struct report report = *r;
	struct redactor *red = NULL;
	bool strict = o->output.strict;
	enum exit_style style = output_exit_style(&o->output);
	struct told told = { .report = &report,
		.nagios_code = exit_code_of_run(
		    r->verdicts, strict, r->interrupted, EXIT_STYLE_NAGIOS) };
	if (o->output.redact) {
		report.settings = NULL;
		report.redactor = red = redactor_new(&report);
	}
	int err = deliver_outputs(o, render_run, &told, red, arena, reterr);
	redactor_free(red);
	return err < 0 ? exit_code_unusable(style)
		       : exit_code_of_run(r->verdicts, strict, r->interrupted, style);
}
