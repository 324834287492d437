/* SPDX-License-Identifier: MIT */
#include "report/baseline_json.h"

#define BASELINE_VERSION "1.0"

static json_t *facts_to_json(struct json_out *out, const struct check_path *c)
{
	json_t *o = json_object();
	for (int i = 0; i < N_BASELINE_FACTS; i++)
		if (c->facts[i].known)
			json_object_set_new(o, path_fact_name((enum path_fact)i),
			    json_out_words(out, &c->facts[i].values));
	return o;
}

static json_t *checks_to_json(struct json_out *out, const struct baseline *b)
{
	json_t *o = json_object();
	for (size_t i = 0; i < b->n_checks; i++)
		json_object_set_new(
		    o, b->checks[i].id, facts_to_json(out, &b->checks[i]));
	return o;
}

json_t *baseline_to_json(struct json_out *out, const struct baseline *b)
{
	json_t *o = json_object();
	json_object_set_new(o, "baseline_version", json_string(BASELINE_VERSION));
	json_object_set_new(o, "checks", checks_to_json(out, b));
	return o;
}

char *baseline_json(const struct baseline *b)
{
	struct json_out out;
	json_out_begin(&out);
	json_out_member(&out, "baseline_version", json_string(BASELINE_VERSION));
	json_out_member(&out, "checks", checks_to_json(&out, b));
	return json_out_end(&out);
}
