/* SPDX-License-Identifier: MIT */
#include "report/diff_report.h"

#include "report/change_json.h"
#include "report/json_out.h"
#include "report/run_facts.h"

static json_t *side(struct json_out *out, const char *name, const struct report *r)
{
	const struct obs_system *system = run_system(r->log);
	char started[RUN_TIME_MAX];
	json_t *o = json_object();
	json_object_set_new(o, "file", json_out_text(out, name));
	json_object_set_new(
	    o, "started", json_out_text(out, run_started(r->log, started)));
	json_object_set_new(
	    o, "host", json_out_text(out, system ? system->hostname : NULL));
	json_object_set_new(
	    o, "status", json_string(status_name(r->verdicts->overall)));
	return o;
}

static json_t *summary_to_json(const struct comparison *c)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "regression",
	    (json_int_t)c->counts[CHANGE_REGRESSION], "recovery",
	    (json_int_t)c->counts[CHANGE_RECOVERY], "drift",
	    (json_int_t)c->counts[CHANGE_DRIFT], "info",
	    (json_int_t)c->counts[CHANGE_INFO], "unchanged_checks",
	    (json_int_t)c->n_same);
}

char *diff_json(const struct diff_report *d)
{
	struct json_out out;
	json_out_begin(&out);
	json_out_member(&out, "schema_version", json_string(JSON_SCHEMA_VERSION));
	json_out_member(&out, "tool",
	    json_out_tool(&out, d->after->tool_version, d->after->plan->catalogue));
	json_out_member(&out, "old", side(&out, d->before_name, d->before));
	json_out_member(&out, "new", side(&out, d->after_name, d->after));
	json_out_member(&out, "summary", summary_to_json(d->changes));
	json_out_array_begin(&out, "changes");
	for (size_t i = 0; i < d->changes->n_items; i++)
		json_out_item(&out, change_to_json(&out, &d->changes->items[i]));
	json_out_array_end(&out);
	return json_out_end(&out);
}
