/* SPDX-License-Identifier: MIT */
/*
 * Prints a document of a run built by hand:
 *
 *	report_sample FORM RUN
 *
 * FORM is text, verbose, quiet, colour, json, junit, html, markdown, prometheus,
 *nagios, list, list-verbose or list-json, or one of them behind "redacted-". RUN is one
 *of sample.h. FORM history-text, history-json or history-html wants a RUN of
 *sample_history.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/history_report.h"
#include "report/redactor.h"
#include "tests/unit/report/sample.h"
#include "tests/unit/report/sample_history.h"

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

static char *history(const char *form, const struct history_report *h)
{
	const struct text_style style = { .columns = 100 };
	if (strcmp(form, "history-html") == 0)
		return history_html(h);
	return strcmp(form, "history-json") == 0 ? history_json(h)
						 : history_text(h, &style);
}

static int print_history(const char *form, const char *run, bool redact)
{
	struct arena arena;
	struct timelines told;
	arena_init(&arena, (size_t)1 << 28);
	const struct timelines *past = sample_history(run, &arena);
	if (past && redact)
		history_redact(past, &arena, &told);
	const struct history_report h = { .past = redact ? &told : past,
		.state = redact ? "(redacted)" : "/var/lib/vnetprobe",
		.tool_version = "0.1.0" };
	char *text = past ? history(form, &h) : NULL;
	fputs(text ? text : "", stdout);
	free(text);
	arena_deinit(&arena);
	return text ? 0 : 2;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

int main(int argc, char **argv)
{
	static const char redacted[] = "redacted-";
	struct sample s;
	if (argc == 3 && begins(argv[2], "history")) {
		bool nameless = begins(argv[1], redacted);
		return print_history(
		    argv[1] + (nameless ? sizeof redacted - 1 : 0), argv[2], nameless);
	}
	if (argc != 3 || !sample_init(&s, argv[2])) {
		fputs("usage: report_sample FORM RUN\n", stderr);
		return 2;
	}
	bool redact = begins(argv[1], redacted);
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
