/* SPDX-License-Identifier: MIT */
#include "report/merge_report.h"

#include "report/json_out.h"

static void set_counts(json_t *o, const size_t counts[STATUS_SKIPPED + 1])
{
	for (int i = STATUS_PASS; i <= STATUS_SKIPPED; i++)
		json_object_set_new(o, status_name((enum status)i),
		    json_integer((json_int_t)counts[i]));
}

static json_t *summary_to_json(const struct merge_report *m)
{
	json_t *o = json_object();
	json_object_set_new(o, "nodes", json_integer((json_int_t)m->fleet->n_nodes));
	set_counts(o, m->fleet->counts);
	json_object_set_new(o, "unreadable", json_integer((json_int_t)m->n_unreadable));
	return o;
}

/* Nodes are told by their index in "nodes". */
static json_t *group_to_json(
    struct json_out *out, const struct fleet *f, const struct fleet_group *g)
{
	json_t *o = json_object(), *checks = json_array(), *nodes = json_array();
	for (size_t i = 0; i < g->n_checks; i++)
		json_array_append_new(
		    checks, json_out_text(out, f->checks[g->checks[i]]));
	for (size_t i = 0; i < g->n_nodes; i++)
		json_array_append_new(nodes, json_integer(g->nodes[i]));
	json_object_set_new(o, "status", json_string(status_name(g->status)));
	json_object_set_new(o, "cause", json_out_text(out, g->cause));
	json_object_set_new(o, "checks", checks);
	json_object_set_new(o, "nodes", nodes);
	json_object_set_new(o, "others", json_integer((json_int_t)g->n_others));
	json_object_set_new(
	    o, "others_pass", json_integer((json_int_t)g->n_others_pass));
	json_object_set_new(o, "networks", json_out_words(out, &g->networks));
	json_object_set_new(
	    o, "other_networks", json_out_words(out, &g->other_networks));
	return o;
}

static json_t *check_to_json(struct json_out *out, const struct fleet *f, size_t check)
{
	size_t counts[STATUS_SKIPPED + 1];
	json_t *o = json_object();
	merge_count(f, check, counts);
	json_object_set_new(o, "id", json_out_text(out, f->checks[check]));
	set_counts(o, counts);
	return o;
}

/* One row of the matrix, in the order of "checks". */
static json_t *node_to_json(
    struct json_out *out, const struct fleet *f, const struct fleet_node *node)
{
	json_t *o = json_object(), *results = json_array(), *causes = json_array();
	for (size_t i = 0; i < f->n_checks; i++) {
		struct fleet_result r = fleet_result(node, i);
		const char *status = fleet_status_name(r);
		json_array_append_new(
		    results, status ? json_string(status) : json_null());
		json_array_append_new(causes,
		    json_out_text(out, r.cause ? f->causes[r.cause - 1] : NULL));
	}
	json_object_set_new(o, "host", json_out_text(out, node->host));
	json_object_set_new(o, "report", json_out_text(out, node->report));
	json_object_set_new(o, "started", json_out_text(out, node->started));
	json_object_set_new(o, "network", json_out_text(out, node->network));
	json_object_set_new(o, "status", json_string(status_name(node->status)));
	json_object_set_new(o, "results", results);
	json_object_set_new(o, "causes", causes);
	return o;
}

char *merge_json(const struct merge_report *m, report_sink_fn *sink, void *arg)
{
	const struct fleet *f = m->fleet;
	struct json_out out;
	json_out_begin(&out);
	out.sink = sink;
	out.sink_arg = arg;
	json_out_member(&out, "schema_version", json_string(JSON_SCHEMA_VERSION));
	json_out_member(&out, "tool", json_out_tool(&out, m->tool_version, NULL));
	json_out_member(&out, "summary", summary_to_json(m));
	json_out_array_begin(&out, "causes");
	for (size_t i = 0; i < f->n_groups; i++)
		json_out_item(&out, group_to_json(&out, f, &f->groups[i]));
	json_out_array_end(&out);
	json_out_array_begin(&out, "checks");
	for (size_t i = 0; i < f->n_checks; i++)
		json_out_item(&out, check_to_json(&out, f, i));
	json_out_array_end(&out);
	json_out_array_begin(&out, "nodes");
	for (size_t i = 0; i < f->n_nodes; i++)
		json_out_item(&out, node_to_json(&out, f, &f->nodes[i]));
	json_out_array_end(&out);
	json_out_array_begin(&out, "unreadable");
	for (size_t i = 0; i < m->n_unreadable_told; i++)
		json_out_item(&out, json_out_text(&out, m->unreadable[i]));
	json_out_array_end(&out);
	return json_out_end(&out);
}
