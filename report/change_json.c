/* SPDX-License-Identifier: MIT */
#include "report/change_json.h"

json_t *change_to_json(struct json_out *out, const struct change *c)
{
	json_t *o = json_object();
	json_object_set_new(o, "kind", json_string(change_kind_name(c->kind)));
	json_object_set_new(o, "check", json_out_text(out, c->check));
	json_object_set_new(o, "what", json_string(c->what));
	json_object_set_new(o, "old", json_out_text(out, c->before));
	json_object_set_new(o, "new", json_out_text(out, c->after));
	json_object_set_new(o, "note", json_out_text(out, c->note));
	json_object_set_new(o, "changed_with_it", json_out_words(out, &c->with));
	json_object_set_new(o, "unchanged", json_out_words(out, &c->unchanged));
	return o;
}
