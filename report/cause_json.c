/* SPDX-License-Identifier: MIT */
#include "checks/judge/cause_decided.h"
#include "report/cause_report.h"
#include "report/json_out.h"

static json_t *list_to_json(struct json_out *out, const char *const *texts)
{
	json_t *list = json_array();
	for (size_t i = 0; texts && texts[i]; i++)
		json_array_append_new(
		    list, json_out_text(out, cause_words(texts[i], &out->scratch)));
	return list;
}

static json_t *cause_to_json(struct json_out *out, const struct cause *c)
{
	json_t *o = json_object();
	json_object_set_new(o, "cause", json_string(c->name));
	json_object_set_new(o, "stage", json_string(stage_name(c->stage)));
	json_object_set_new(
	    o, "sentence", json_out_text(out, cause_words(c->sentence, &out->scratch)));
	json_object_set_new(o, "decided_by", json_out_text(out, cause_decided(c)));
	json_object_set_new(o, "alternatives", list_to_json(out, c->lookalikes));
	json_object_set_new(o, "would_decide", list_to_json(out, c->would_decide));
	json_object_set_new(o, "remediation", list_to_json(out, c->remedies));
	json_object_set_new(o, "link", json_out_text(out, c->link));
	return o;
}

char *causes_json(const struct cause *causes, size_t n, const char *tool_version)
{
	struct json_out out;
	json_out_begin(&out);
	json_out_member(&out, "schema_version", json_string(JSON_SCHEMA_VERSION));
	json_out_member(&out, "tool", json_out_tool(&out, tool_version, NULL));
	json_out_array_begin(&out, "causes");
	for (size_t i = 0; i < n; i++)
		json_out_item(&out, cause_to_json(&out, &causes[i]));
	json_out_array_end(&out);
	return json_out_end(&out);
}
