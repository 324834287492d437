/* SPDX-License-Identifier: MIT */
#include "report/json_out.h"
#include "report/plan_words.h"
#include "report/report.h"

static json_t *rules_to_json(
    struct json_out *out, const struct answer_rule *rules, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(
		    list, json_out_text(out, plan_rule(&rules[i], &out->scratch)));
	return list;
}

static json_t *platform_to_json(const struct check_plan *plan, const struct target *t)
{
	char text[ADDR_TEXT_MAX];
	if (!t->compare_platform_dns || !plan->probe.platform_dns.family)
		return json_null();
	return json_string(addr_format_port(&plan->probe.platform_dns, text));
}

static json_t *proxy_to_json(
    struct json_out *out, const struct target *t, const struct check *c)
{
	json_t *o = json_object();
	json_object_set_new(
	    o, "url", json_out_text(out, t->proxy ? t->proxy->shown_as : NULL));
	json_object_set_new(o, "reason", json_out_text(out, c->proxy_reason));
	return o;
}

static void set_entry(struct json_out *out, json_t *o, const struct catalogue_entry *e)
{
	static const struct catalogue_entry none = { 0 };
	const struct catalogue_entry *from = e ? e : &none;
	json_object_set_new(
	    o, "features", json_out_texts(out, from->features, from->n_features));
	json_object_set_new(
	    o, "recognised_by", rules_to_json(out, from->genuine, from->n_genuine));
	json_object_set_new(
	    o, "denial", rules_to_json(out, from->denied, from->n_denied));
	json_object_set_new(o, "source", json_out_text(out, from->source));
	json_object_set_new(o, "source_date", json_out_text(out, from->source_date));
	json_object_set_new(
	    o, "mark", e ? json_string(plan_mark(e->mark)) : json_null());
}

static json_t *item_to_json(
    struct json_out *out, const struct check_plan *plan, size_t i)
{
	const struct target *t = &plan->probe.targets[i];
	const struct check *c = &plan->checks[i];
	json_t *o = json_object();
	json_object_set_new(o, "id", json_out_text(out, t->id));
	json_object_set_new(o, "title", json_out_text(out, c->title));
	json_object_set_new(o, "target", json_out_text(out, c->shown_target));
	json_object_set_new(o, "protocol", json_string(protocol_name(t->protocol)));
	json_object_set_new(o, "host", json_out_text(out, t->host));
	json_object_set_new(o, "port", json_integer(t->port));
	json_object_set_new(o, "purpose", json_out_text(out, c->purpose));
	json_object_set_new(o, "family", json_out_text(out, c->family));
	json_object_set_new(o, "required", json_boolean(c->required));
	json_object_set_new(
	    o, "needed", json_out_text(out, plan_needed(c, &out->scratch)));
	json_object_set_new(o, "must_not_reach", json_boolean(c->must_not_reach));
	json_object_set_new(o, "expect_private", json_boolean(c->expect_private));
	json_object_set_new(
	    o, "resolver", json_out_text(out, plan_resolver(plan, t, &out->scratch)));
	json_object_set_new(o, "platform_resolver", platform_to_json(plan, t));
	json_object_set_new(o, "proxy", proxy_to_json(out, t, c));
	json_object_set_new(
	    o, "idle", json_out_text(out, plan_idle(plan, t, &out->scratch)));
	json_object_set_new(o, "service_tag", json_out_text(out, c->service_tag));
	json_object_set_new(
	    o, "private_link_zone", json_out_text(out, c->private_link_zone));
	set_entry(out, o, c->entry);
	return o;
}

/* What no check asks for, but a run sends all the same. */
static json_t *diagnosis_to_json(const struct plan *p)
{
	char canary[ADDR_TEXT_MAX];
	bool sends = !p->no_diagnose && p->canary.family;
	json_t *o = json_object();
	json_object_set_new(o, "canary",
	    sends ? json_string(addr_format(&p->canary, canary)) : json_null());
	json_object_set_new(o, "follow_up", json_boolean(!p->no_diagnose));
	return o;
}

char *report_list_json(const struct check_plan *plan, const char *tool_version)
{
	struct json_out out;
	json_out_begin(&out);
	json_out_member(&out, "schema_version", json_string(JSON_SCHEMA_VERSION));
	json_out_member(
	    &out, "tool", json_out_tool(&out, tool_version, plan->catalogue));
	json_out_member(&out, "cloud", json_string(cloud_name(plan->cloud)));
	json_out_member(&out, "region", json_out_text(&out, plan->region));
	json_out_array_begin(&out, "checks");
	for (size_t i = 0; i < plan->probe.n_targets; i++)
		json_out_item(&out, item_to_json(&out, plan, i));
	json_out_array_end(&out);
	json_out_member(&out, "diagnosis", diagnosis_to_json(&plan->probe));
	json_out_array_begin(&out, "left_out");
	for (size_t i = 0; i < plan->n_left_out; i++)
		json_out_item(&out, json_out_left_out(&out, &plan->left_out[i]));
	json_out_array_end(&out);
	return json_out_end(&out);
}
