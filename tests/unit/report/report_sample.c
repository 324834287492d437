/* SPDX-License-Identifier: MIT */
/*
 * Prints a document of a run built by hand:
 *
 *	report_sample FORM RUN
 *
 * FORM is text, verbose, quiet, colour, json, junit, html, markdown, prometheus,
 *nagios, list, list-verbose or list-json, or one of them behind "redacted-". RUN is one
 *of sample.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/redactor.h"
#include "tests/unit/report/sample.h"

/* Redacted as it is made, if at all. */
static char *by_writer(const struct report *r, const char *form)
{
	static const struct {
		const char *form;
		char *(*write)(const struct report *r);
	} writers[] = {
		{ "junit", report_junit },
		{ "html", report_html },
		{ "markdown", report_markdown },
		{ "prometheus", report_prometheus },
	};

	for (size_t i = 0; i < sizeof writers / sizeof *writers; i++)
		if (strcmp(writers[i].form, form) == 0)
			return writers[i].write(r);
	return strcmp(form, "nagios") == 0 ? report_nagios(r, 2) : NULL;
}

static char *document(const struct sample *s, const char *form)
{
	struct text_style style = { .columns = 100 };
	style.verbose = strstr(form, "verbose") != NULL;
	style.quiet = strcmp(form, "quiet") == 0;
	style.colour = strcmp(form, "colour") == 0;
	if (strcmp(form, "json") == 0)
		return report_json(&s->report);
	if (strcmp(form, "list-json") == 0)
		return report_list_json(&s->plan, "0.1.0");
	if (strncmp(form, "list", 4) == 0)
		return report_list_text(&s->plan, &style);
	return report_text(&s->report, &style);
}

int main(int argc, char **argv)
{
	static const char redacted[] = "redacted-";
	struct sample s;
	if (argc != 3 || !sample_init(&s, argv[2])) {
		fputs("usage: report_sample FORM RUN\n", stderr);
		return 2;
	}
	bool redact = strncmp(argv[1], redacted, sizeof redacted - 1) == 0;
	if (redact)
		s.report.settings = NULL;
	const char *form = argv[1] + (redact ? sizeof redacted - 1 : 0);
	if (redact)
		s.report.redactor = redactor_new(&s.report);
	char *text = by_writer(&s.report, form);
	if (!text && redact) {
		char *plain = document(&s, form);
		text = redactor_document(s.report.redactor, plain);
		free(plain);
	} else if (!text) {
		text = document(&s, form);
	}
	fputs(text, stdout);
	free(text);
	redactor_free(s.report.redactor);
	sample_deinit(&s);
	return 0;
}
