/* SPDX-License-Identifier: MIT */
/*
 * Prints a document of a run built by hand:
 *
 *	report_sample FORM RUN
 *
 * FORM is text, verbose, quiet, colour, json, list, list-verbose or list-json, or one
 * of them behind "redacted-". RUN is one of sample.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/report/sample.h"

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
	char *text = document(&s, argv[1] + (redact ? sizeof redacted - 1 : 0));
	if (redact) {
		char *plain = text;
		text = report_redact(plain, &s.report);
		free(plain);
	}
	fputs(text, stdout);
	free(text);
	sample_deinit(&s);
	return 0;
}
