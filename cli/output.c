/* SPDX-License-Identifier: MIT */
#include "cli/output.h"

const char *output_format_name(enum output_format f)
{
	static const char *const names[N_OUTPUT_FORMATS] = {
		[OUTPUT_TEXT] = "text",
		[OUTPUT_JSON] = "json",
		[OUTPUT_JUNIT] = "junit",
		[OUTPUT_HTML] = "html",
		[OUTPUT_MARKDOWN] = "markdown",
		[OUTPUT_PROMETHEUS] = "prometheus",
		[OUTPUT_NAGIOS] = "nagios",
	};

	return names[f];
}

enum exit_style output_exit_style(const struct output_options *o)
{
	if (o->exit_style != EXIT_STYLE_AUTO)
		return o->exit_style;
	bool plugin = o->n_items == 1 && o->items[0].format == OUTPUT_NAGIOS;
	return plugin ? EXIT_STYLE_NAGIOS : EXIT_STYLE_PLAIN;
}
