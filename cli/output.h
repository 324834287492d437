/* SPDX-License-Identifier: MIT */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/* How results are shown, as far as the user chose: nothing here changes a verdict. */

enum output_format {
	OUTPUT_TEXT,
	OUTPUT_JSON,
	OUTPUT_JUNIT, /* from here on only of a run */
	OUTPUT_HTML,
	OUTPUT_MARKDOWN,
	OUTPUT_PROMETHEUS,
	OUTPUT_NAGIOS
};

#define N_OUTPUT_FORMATS 7

/** "text", ..., "nagios". */
const char *output_format_name(enum output_format f);

struct output {
	enum output_format format;
	const char *file; /* NULL = standard output */
};

/** PROGRESS_AUTO is a rewritten line on a terminal and nothing elsewhere. */
enum progress_mode {
	PROGRESS_AUTO,
	PROGRESS_ON,
	PROGRESS_OFF,
	PROGRESS_JSON
};

enum exit_style {
	EXIT_STYLE_AUTO, /* nagios when that is the only output, else plain */
	EXIT_STYLE_PLAIN,
	EXIT_STYLE_NAGIOS
};

enum verbosity {
	VERBOSITY_NORMAL,
	VERBOSITY_QUIET,
	VERBOSITY_VERBOSE
};

struct output_options {
	struct output *items; /* none = text on standard output */
	size_t n_items, cap;
	enum progress_mode progress;
	bool no_color;
	enum verbosity verbosity;
	bool redact;
	bool strict;
	enum exit_style exit_style; /* as given; see output_exit_style() */
};

/** How the exit code is made; never EXIT_STYLE_AUTO. */
enum exit_style output_exit_style(const struct output_options *o);

#endif
