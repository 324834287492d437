/* SPDX-License-Identifier: MIT */
#include "cli/watch_tell.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "checks/input/input_error.h"
#include "cli/message.h"
#include "cli/prepare.h"
#include "probe/base/arena.h"
#include "report/buf.h"
#include "report/redactor.h"
#include "report/watch_event.h"
#include "watch/on_change.h"

void watch_say(const char *fmt, ...)
{
	struct input_error line;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line.text, sizeof line.text, fmt, ap);
	va_end(ap);
	message_print(&line);
}

void told_run_begin(
    struct told_run *t, const struct report *r, const struct output_options *o)
{
	t->report = *r;
	if (!o->redact)
		return;
	t->report.settings = NULL;
	t->report.redactor = redactor_new(&t->report);
}

void told_run_end(struct told_run *t)
{
	redactor_free(t->report.redactor);
}

static char *json_of(const struct report *r)
{
	char *document = report_json(r);
	if (!r->redactor)
		return document;
	char *redacted = redactor_document(r->redactor, document);
	free(document);
	return redacted;
}

char *watch_tell_pages(const struct told_run *t, struct http_server *http)
{
	if (http) {
		http_server_put(http, PAGE_HTML, report_html(&t->report));
		http_server_put(http, PAGE_JSON, json_of(&t->report));
	}
	return report_prometheus(&t->report);
}

void watch_tell_metrics(const struct told_run *t, const char *report_metrics,
    const struct watch_metrics *own, struct http_server *http)
{
	struct buf page = { .len = 0 };
	char *more = watch_metrics(own, &t->report);
	buf_puts(&page, report_metrics);
	buf_puts(&page, more);
	free(more);
	http_server_put(http, PAGE_METRICS, buf_take(&page));
}

void watch_tell_files(
    const struct options *o, const struct report *r, struct arena *arena)
{
	struct input_error error = { .text = "" };
	if (o->output.n_items)
		deliver_run(o, r, arena, &error);
	if (error.text[0])
		message_print(&error);
}

void watch_tell_log(const struct told_run *t, const struct news *news,
    enum verbosity verbosity, struct arena *arena)
{
	for (size_t i = 0; i < news->n_items; i++) {
		const struct change *c = &news->items[i];
		if (verbosity != VERBOSITY_QUIET || c->kind == CHANGE_REGRESSION ||
		    c->kind == CHANGE_RECOVERY)
			watch_say("%s", watch_event_line(&t->report, c, arena));
	}
}

void watch_tell_command(const struct told_run *t, const struct chronicle *c,
    const struct news *news, const struct on_change *how, struct arena *arena)
{
	size_t n = 0;
	if (!how->command || news->n_to_tell == 0)
		return;
	struct change *told = arena_array(arena, news->n_items, sizeof *told);
	for (size_t i = 0; i < news->n_items; i++)
		if (!chronicle_is_noise(c, &news->items[i]))
			told[n++] = news->items[i];
	char *document = watch_event_json(&t->report, told, n);
	int code = on_change_run(how, document);
	free(document);
	if (code == -2)
		watch_say("--on-change: the command could not be started");
	else if (code < 0)
		watch_say("--on-change: the command was killed before its end");
	else if (code > 0)
		watch_say("--on-change: the command exited with %d", code);
}
