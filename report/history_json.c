/* SPDX-License-Identifier: MIT */
#include "report/change_json.h"
#include "report/history_report.h"
#include "report/run_words.h"

static json_t *time_to_json(struct json_out *out, int64_t at)
{
	return json_string(history_time(at, &out->scratch));
}

static json_t *moment_to_json(struct json_out *out, const struct moment *m)
{
	json_t *o = json_object(), *timing = json_object();
	for (int p = 0; p < N_PHASES; p++)
		if (m->phases[p] >= 0)
			json_object_set_new(
			    timing, phase_name((unsigned)p), json_out_ms(m->phases[p]));
	json_object_set_new(o, "started", time_to_json(out, m->at));
	json_object_set_new(o, "status", json_string(status_name(m->status)));
	json_object_set_new(o, "cause", json_out_text(out, m->cause));
	json_object_set_new(o, "timing_ms", timing);
	return o;
}

static json_t *check_to_json(struct json_out *out, const struct timeline *t)
{
	const struct moment *last = &t->moments[t->n_moments - 1];
	json_t *o = json_object(), *moments = json_array();
	for (size_t i = 0; i < t->n_moments; i++)
		json_array_append_new(moments, moment_to_json(out, &t->moments[i]));
	json_object_set_new(o, "id", json_out_text(out, t->id));
	json_object_set_new(o, "status", json_string(status_name(last->status)));
	json_object_set_new(o, "cause", json_out_text(out, last->cause));
	json_object_set_new(o, "since", time_to_json(out, timeline_state_began(t)->at));
	json_object_set_new(o, "flapping", json_boolean(timeline_flaps(t)));
	json_object_set_new(o, "passed", json_integer((json_int_t)history_passes(t)));
	json_object_set_new(o, "runs", moments);
	return o;
}

static json_t *dated_to_json(struct json_out *out, const struct dated_change *d)
{
	json_t *o = change_to_json(out, &d->change);
	json_object_set_new(o, "since", time_to_json(out, d->at));
	return o;
}

char *history_json(const struct history_report *h)
{
	const struct timelines *past = h->past;
	struct json_out out;
	json_out_begin(&out);
	json_out_member(&out, "schema_version", json_string(JSON_SCHEMA_VERSION));
	json_out_member(&out, "tool", json_out_tool(&out, h->tool_version, NULL));
	json_out_member(&out, "state", json_out_text(&out, h->state));
	json_out_member(&out, "runs", json_integer((json_int_t)past->n_runs));
	json_out_member(
	    &out, "interrupted", json_integer((json_int_t)past->n_interrupted));
	json_out_member(&out, "first", time_to_json(&out, past->first));
	json_out_member(&out, "last", time_to_json(&out, past->last));
	json_out_array_begin(&out, "checks");
	for (size_t i = 0; i < past->n_items; i++)
		json_out_item(&out, check_to_json(&out, &past->items[i]));
	json_out_array_end(&out);
	json_out_array_begin(&out, "changes");
	for (size_t i = 0; i < past->n_changes; i++)
		json_out_item(&out, dated_to_json(&out, &past->changes[i]));
	json_out_array_end(&out);
	return json_out_end(&out);
}
