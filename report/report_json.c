/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "probe/model/obs_json.h"
#include "report/baseline_json.h"
#include "report/json_out.h"
#include "report/report.h"
#include "report/run_facts.h"

static json_t *setting_to_json(struct json_out *out, const struct saved_setting *s)
{
	if (s->form == SAVED_SWITCH)
		return json_boolean(strcmp(s->values[0], "true") == 0);
	if (s->form == SAVED_VALUE)
		return json_out_long_text(out, s->values[0], SAVED_MAX_VALUE);
	json_t *list = json_array();
	for (size_t i = 0; i < s->n_values; i++)
		json_array_append_new(
		    list, json_out_long_text(out, s->values[i], SAVED_MAX_VALUE));
	return list;
}

/* Where the proxy settings stand; NULL when there are none. */
static json_t *proxy_sources_to_json(
    struct json_out *out, const struct proxy_sources *from)
{
	const struct {
		const char *name, *value;
	} members[] = {
		{ "proxy", from->proxy },
		{ "noproxy", from->noproxy },
		{ "https_proxy", from->https_proxy },
		{ "all_proxy", from->all_proxy },
		{ "no_proxy", from->no_proxy },
	};

	json_t *o = json_object();
	bool any = false;

	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		any = any || members[i].value;
		json_object_set_new(
		    o, members[i].name, json_out_text(out, members[i].value));
	}
	if (any)
		return o;
	json_decref(o);
	return NULL;
}

/* Adds what the user chose; with no settings to tell, null in both places. */
static void set_settings(
    struct json_out *out, json_t *run, const struct saved_settings *s)
{
	json_t *settings = s ? json_object() : json_null();
	json_t *environment = s ? json_object() : json_null();
	for (size_t i = 0; s && i < s->n_items; i++)
		json_object_set_new(
		    settings, s->items[i].key, setting_to_json(out, &s->items[i]));
	if (s) {
		const struct {
			const char *name, *value;
		} members[] = {
			{ "http_proxy", s->http_proxy },
			{ "https_proxy", s->https_proxy },
			{ "all_proxy", s->all_proxy },
			{ "no_proxy", s->no_proxy },
		};

		for (size_t i = 0; i < sizeof members / sizeof *members; i++)
			json_object_set_new(environment, members[i].name,
			    json_out_long_text(out, members[i].value, SAVED_MAX_VALUE));
		/* Refused, and so left out, when it is NULL. */
		json_object_set_new(environment, "proxy_from",
		    proxy_sources_to_json(out, &s->proxy_from));
	}
	json_object_set_new(run, "settings", settings);
	json_object_set_new(run, "environment", environment);
}

/* What diagnosis could use; left out when it did not look (--no-diagnose). */
static void add_means(json_t *to, const struct obs_capabilities *can)
{
	const struct {
		const char *name;
		bool there;
	} means[] = {
		{ "syn_icmp", can->syn_icmp },
		{ "min_ttl", can->min_ttl },
		{ "min_hop_count", can->min_hop_count },
		{ "max_seg", can->max_seg },
		{ "route", can->route },
		{ "counters", can->counters },
		{ "conntrack", can->conntrack },
	};

	for (size_t i = 0; i < sizeof means / sizeof *means; i++)
		json_object_set_new(to, means[i].name, json_boolean(means[i].there));
}

/* Named facts are as secret as the settings. */
static void set_baseline(struct json_out *out, json_t *run, const struct report *r)
{
	const struct baseline *b = r->plan->baseline;
	if (b)
		json_object_set_new(run, "baseline",
		    r->settings ? baseline_to_json(out, b) : json_null());
}

static json_t *run_to_json(struct json_out *out, const struct report *r)
{
	const struct obs_system *system = run_system(r->log);
	const struct obs_capabilities *can = run_capabilities(r->log);
	char started[RUN_TIME_MAX], capture[RUN_CAPTURE_MAX];
	json_t *run = json_object(), *capabilities = json_object();
	json_object_set_new(
	    run, "started", json_out_text(out, run_started(r->log, started)));
	json_object_set_new(run, "duration_ms",
	    json_integer((r->log->duration + NSEC_PER_MSEC / 2) / NSEC_PER_MSEC));
	json_object_set_new(
	    run, "host", json_out_text(out, system ? system->hostname : NULL));
	json_object_set_new(run, "cloud", json_string(cloud_name(r->plan->cloud)));
	json_object_set_new(run, "region", json_out_text(out, r->plan->region));
	/* Unknown stays unknown: without the observation nobody looked. */
	json_object_set_new(capabilities, "net_raw",
	    /* Who captured had it, and gave it up before the run. */
	    system ? json_boolean(system->net_raw || run_was_captured(r->log))
		   : json_null());
	json_object_set_new(capabilities, "capture",
	    json_out_text(out, run_capture_words(r->log, capture)));
	if (can)
		add_means(capabilities, can);
	json_object_set_new(run, "capabilities", capabilities);
	json_object_set_new(
	    run, "attributes", json_out_attributes(r->verdicts->attributes));
	json_object_set_new(run, "interrupted", json_boolean(r->interrupted));
	if (r->verdicts->place)
		json_object_set_new(run, "capture",
		    json_pack("{s:s, s:o}", "place", r->verdicts->place, "limits",
			json_out_words(out, &r->verdicts->limits)));
	set_settings(out, run, r->settings);
	set_baseline(out, run, r);
	return run;
}

static json_t *summary_to_json(const struct verdicts *v)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "status",
	    status_name(v->overall), "pass", (json_int_t)v->pass, "warn",
	    (json_int_t)v->warn, "fail", (json_int_t)v->fail, "inconclusive",
	    (json_int_t)v->inconclusive, "skipped", (json_int_t)v->skipped);
}

static json_t *group_to_json(
    struct json_out *out, const struct report *r, const struct cause_group *g)
{
	json_t *o = json_object(), *checks = json_array();
	for (size_t i = 0; i < g->n_checks; i++)
		json_array_append_new(checks,
		    json_out_text(out, r->plan->probe.targets[g->checks[i]].id));
	json_object_set_new(
	    o, "cause", json_out_text(out, g->cause ? g->cause->name : NULL));
	json_object_set_new(
	    o, "confidence", json_string(confidence_name(g->confidence)));
	json_object_set_new(o, "checks", checks);
	json_object_set_new(o, "summary", json_out_text(out, g->summary));
	json_object_set_new(o, "evidence", json_out_words(out, &g->evidence));
	json_object_set_new(o, "alternatives", json_out_words(out, &g->alternatives));
	json_object_set_new(o, "would_decide", json_out_words(out, &g->would_decide));
	json_object_set_new(o, "remediation", json_out_words(out, &g->remediation));
	return o;
}

static json_t *evidence_to_json(struct json_out *out, const struct verdict *v)
{
	json_t *list = json_array();
	for (size_t i = 0; i < v->n_evidence; i++) {
		const struct evidence *e = &v->evidence[i];
		json_t *o = json_object(), *ids = json_array();
		for (size_t j = 0; j < e->n_observations; j++)
			json_array_append_new(ids, json_integer(e->observations[j]));
		json_object_set_new(o, "text", json_out_text(out, e->text));
		json_object_set_new(o, "observations", ids);
		json_object_set_new(
		    o, "role", json_string(evidence_role_name(e->role)));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *timing_to_json(const struct verdict *v)
{
	const struct {
		const char *name;
		nsec_t t;
	} phases[] = { { "dns", v->dns }, { "tcp", v->tcp }, { "tls", v->tls },
		{ "http", v->http } };

	json_t *o = json_object();
	for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
		if (phases[i].t >= 0)
			json_object_set_new(
			    o, phases[i].name, json_out_ms(phases[i].t));
	return o;
}

static json_t *address_to_json(const struct addr *a)
{
	char text[ADDR_TEXT_MAX];
	return a->family ? json_string(addr_format(a, text)) : json_null();
}

/* Which way a check was sent, and by which rule; where no proxy is set, nothing. */
static void add_proxy(
    struct json_out *out, json_t *to, const struct target *t, const struct check *c)
{
	if (!c->proxy_matters)
		return;
	json_t *o = json_object();
	json_object_set_new(
	    o, "url", json_out_text(out, t->proxy ? t->proxy->shown_as : NULL));
	json_object_set_new(o, "reason", json_out_text(out, c->proxy_reason));
	json_object_set_new(to, "proxy", o);
}

static json_t *check_to_json(struct json_out *out, const struct report *r, size_t i)
{
	const struct check *c = &r->plan->checks[i];
	const struct verdict *v = &r->verdicts->items[i];
	json_t *o = json_object();
	json_object_set_new(o, "id", json_out_text(out, r->plan->probe.targets[i].id));
	json_object_set_new(o, "title", json_out_text(out, c->title));
	json_object_set_new(o, "target", json_out_text(out, c->shown_target));
	json_object_set_new(o, "required", json_boolean(c->required));
	json_object_set_new(o, "status", json_string(status_name(v->status)));
	json_object_set_new(
	    o, "stage", v->has_stage ? json_string(stage_name(v->stage)) : json_null());
	json_object_set_new(
	    o, "cause", json_out_text(out, v->cause ? v->cause->name : NULL));
	json_object_set_new(
	    o, "confidence", json_string(confidence_name(v->confidence)));
	json_object_set_new(o, "attributes", json_out_attributes(v->attributes));
	json_object_set_new(o, "alternatives", json_out_words(out, &v->alternatives));
	json_object_set_new(o, "would_decide", json_out_words(out, &v->would_decide));
	json_object_set_new(o, "ruled_out", json_out_words(out, &v->ruled_out));
	json_object_set_new(o, "evidence", evidence_to_json(out, v));
	json_object_set_new(o, "remediation", json_out_words(out, &v->remediation));
	json_object_set_new(o, "duration_ms",
	    json_integer((v->duration + NSEC_PER_MSEC / 2) / NSEC_PER_MSEC));
	json_object_set_new(o, "timing_ms", timing_to_json(v));
	json_object_set_new(o, "summary", json_out_text(out, v->summary));
	json_object_set_new(o, "address", address_to_json(&v->address));
	add_proxy(out, o, &r->plan->probe.targets[i], c);
	return o;
}

static char *write_report(const struct report *r, report_sink_fn *sink, void *arg)
{
	struct json_out out;
	json_out_begin(&out);
	out.sink = sink;
	out.sink_arg = arg;
	json_out_member(&out, "schema_version", json_string(JSON_SCHEMA_VERSION));
	json_out_member(
	    &out, "tool", json_out_tool(&out, r->tool_version, r->plan->catalogue));
	json_out_member(&out, "run", run_to_json(&out, r));
	json_out_member(&out, "summary", summary_to_json(r->verdicts));
	json_out_array_begin(&out, "causes");
	for (size_t i = 0; i < r->verdicts->n_groups; i++)
		json_out_item(&out, group_to_json(&out, r, &r->verdicts->groups[i]));
	json_out_array_end(&out);
	json_out_array_begin(&out, "checks");
	for (size_t i = 0; i < r->verdicts->n_items; i++)
		json_out_item(&out, check_to_json(&out, r, i));
	json_out_array_end(&out);
	json_out_array_begin(&out, "observations");
	for (size_t i = 0; i < r->log->n_items; i++)
		json_out_line(&out, obs_to_json(r->log->items[i], &r->plan->probe));
	json_out_array_end(&out);
	json_out_array_begin(&out, "left_out");
	for (size_t i = 0; i < r->plan->n_left_out; i++)
		json_out_item(&out, json_out_left_out(&out, &r->plan->left_out[i]));
	json_out_array_end(&out);
	return json_out_end(&out);
}

char *report_json(const struct report *r)
{
	return write_report(r, NULL, NULL);
}

void report_json_to(const struct report *r, report_sink_fn *sink, void *arg)
{
	write_report(r, sink, arg);
}
