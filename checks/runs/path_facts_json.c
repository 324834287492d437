/* SPDX-License-Identifier: MIT */
#include "checks/runs/path_facts_json.h"

#include <jansson.h>

#include "checks/judge/finding.h"
#include "probe/base/text.h"

json_t *fact_to_json(const struct fact *f)
{
	json_t *list = json_array();
	for (size_t i = 0; i < f->values.n_items; i++)
		json_array_append_new(list, json_string(f->values.items[i]));
	return list;
}

json_t *path_facts_to_json(const struct check_path *c)
{
	json_t *o = json_object();
	for (int i = 0; i < N_PATH_FACTS; i++)
		if (c->facts[i].known)
			json_object_set_new(o, path_fact_name((enum path_fact)i),
			    fact_to_json(&c->facts[i]));
	return o;
}

void fact_from_json(const json_t *json, struct arena *arena, struct fact *ret)
{
	size_t n = json_array_size(json);
	*ret = (struct fact){ .known = json_is_array(json) };
	for (size_t i = 0; i < n && i < PATH_FACT_MAX_VALUES; i++) {
		const json_t *item = json_array_get(json, i);
		if (json_is_string(item))
			words_add(arena, &ret->values,
			    text_escape(arena, json_string_value(item),
				json_string_length(item), OBS_MAX_VALUE));
	}
}

void path_facts_from_json(
    const json_t *json, struct arena *arena, struct check_path *ret)
{
	for (int i = 0; i < N_PATH_FACTS; i++)
		fact_from_json(json_object_get(json, path_fact_name((enum path_fact)i)),
		    arena, &ret->facts[i]);
}
