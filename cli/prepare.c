/* SPDX-License-Identifier: MIT */
#include "cli/prepare.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/exit_code.h"
#include "cli/outfile.h"
#include "cli/terminal.h"

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

int deliver_outputs(const struct options *o, render_fn *render, const void *subject,
    const struct report *secrets, struct arena *arena, struct input_error *reterr)
{
	static const struct output usual = { .format = OUTPUT_TEXT };
	const struct output *items = o->output.n_items ? o->output.items : &usual;
	size_t n = o->output.n_items ? o->output.n_items : 1;
	for (size_t i = 0; i < n; i++) {
		struct text_style style = style_of(o, items[i].file);
		bool whole = o->output.redact && secrets;
		struct outfile file;
		outfile_open(&file, items[i].file, arena);
		char *text =
		    render(items[i].format, &style, subject, whole ? NULL : &file);
		if (text && whole) {
			char *redacted = report_redact(text, secrets);
			free(text);
			text = redacted;
		}
		if (text)
			outfile_put(&file, text, strlen(text));
		free(text);
		if (outfile_close(&file, arena, reterr) < 0)
			return -1;
	}
	return 0;
}

/* The JSON of thousands of checks is longer than everything else in memory. */
static char *render_run(enum output_format format, const struct text_style *style,
    const void *subject, struct outfile *direct)
{
	const struct report *r = subject;
	if (format == OUTPUT_TEXT)
		return report_text(r, style);
	if (!direct)
		return report_json(r);
	report_json_to(r, outfile_put, direct);
	return NULL;
}

int deliver_run(const struct options *o, const struct report *r, struct arena *arena,
    struct input_error *reterr)
{
	struct report told = *r;
	if (o->output.redact)
		told.settings = NULL;
	if (deliver_outputs(o, render_run, &told, &told, arena, reterr) < 0)
		return exit_code_unusable(o->output.exit_style);
	return exit_code_of_run(
	    r->verdicts, o->output.strict, r->interrupted, o->output.exit_style);
}
