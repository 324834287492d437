/* SPDX-License-Identifier: MIT */
#include "report/watch_event.h"

#include <stdlib.h>
#include <string.h>

#include "probe/base/text.h"
#include "report/change_json.h"
#include "report/change_words.h"
#include "report/redactor.h"
#include "report/run_facts.h"

static struct change told(const struct report *r, const struct change *c)
{
	return r->redactor ? change_nameless(c) : *c;
}

char *watch_event_json(const struct report *r, const struct change *changes, size_t n)
{
	struct json_out out;
	char started[RUN_TIME_MAX];
	const struct obs_system *system = run_system(r->log);
	json_out_begin(&out);
	json_out_member(&out, "schema_version", json_string(JSON_SCHEMA_VERSION));
	json_out_member(
	    &out, "tool", json_out_tool(&out, r->tool_version, r->plan->catalogue));
	json_out_member(
	    &out, "started", json_out_text(&out, run_started(r->log, started)));
	json_out_member(
	    &out, "host", json_out_text(&out, system ? system->hostname : NULL));
	json_out_member(&out, "status", json_string(status_name(r->verdicts->overall)));
	json_out_array_begin(&out, "changes");
	for (size_t i = 0; i < n; i++) {
		struct change c = told(r, &changes[i]);
		json_out_item(&out, change_to_json(&out, &c));
	}
	json_out_array_end(&out);
	char *document = json_out_end(&out);
	if (!r->redactor)
		return document;
	char *redacted = redactor_document(r->redactor, document);
	free(document);
	return redacted;
}

const char *watch_event_line(
    const struct report *r, const struct change *c, struct arena *arena)
{
	enum {
		MAX_LINE = 1000
	};

	struct change copy = told(r, c);
	char started[RUN_TIME_MAX];
	const char *text = change_words(&copy, arena);
	text = text_escape(arena, text, strlen(text), MAX_LINE);
	if (r->redactor)
		text = redactor_text(r->redactor, text, arena);
	return arena_printf(arena, "since %s %s", run_started(r->log, started), text);
}
