/* SPDX-License-Identifier: MIT */
#include "report/watch_metrics.h"

#include <inttypes.h>
#include <jansson.h>

#include "report/prometheus_facts.h"
#include "report/prometheus_out.h"

static void counter(
    struct writer *w, const char *name, const char *help, uint64_t value)
{
	prometheus_header(w, "counter", name, help);
	buf_printf(&w->buf, "%s %" PRIu64 "\n", name, value);
}

static void gauge(struct writer *w, const char *name, const char *help, double value)
{
	prometheus_header(w, "gauge", name, help);
	buf_printf(&w->buf, "%s %.15g\n", name, value);
}

static double seconds(int64_t ms)
{
	return (double)ms / 1e3;
}

/* One sample a check; a second check of the same name would spoil the whole page. */
static void samples(struct writer *w, const struct watch_metrics *m, const char *name,
    const char *help, bool flapping)
{
	json_t *seen = json_object();
	if (m->n_checks)
		prometheus_header(w, "gauge", name, help);
	for (size_t i = 0; i < m->n_checks; i++) {
		const struct watch_check *c = &m->checks[i];
		const char *label = writer_short_text(w, c->id, MAX_LABEL);
		if (json_object_get(seen, label))
			continue;
		json_object_set_new(seen, label, json_true());
		buf_printf(&w->buf, "%s{", name);
		prometheus_label(w, "check", label);
		buf_printf(&w->buf, "} %.15g\n",
		    flapping ? (double)c->flapping : seconds(c->since));
	}
	json_decref(seen);
}

char *watch_metrics(const struct watch_metrics *m, const struct report *r)
{
	struct writer w;
	writer_begin(&w, r);
	counter(&w, "vnetprobe_watch_runs_total", "Runs since the start.", m->runs);
	counter(&w, "vnetprobe_watch_runs_without_diagnosis_total",
	    "Runs that only saw that failures had not changed.",
	    m->runs_without_diagnosis);
	counter(&w, "vnetprobe_watch_runs_not_begun_total",
	    "Runs that could not begin.", m->runs_failed);
	counter(&w, "vnetprobe_watch_changes_total",
	    "Changes of state, path or time, and of flapping.", m->changes);
	counter(&w, "vnetprobe_watch_http_requests_total",
	    "HTTP requests that were answered.", m->requests);
	counter(&w, "vnetprobe_watch_history_errors_total",
	    "Runs that could not be kept.", m->history_errors);
	counter(&w, "vnetprobe_watch_reload_errors_total",
	    "Configurations that were refused.", m->reload_errors);
	gauge(&w, "vnetprobe_watch_last_run_timestamp_seconds",
	    "When the last run began, with diagnosis or without, in Unix time.",
	    seconds(m->last_run));
	gauge(&w, "vnetprobe_watch_last_run_duration_seconds",
	    "How long the last run took.", nsec_to_ms(m->last_duration) / 1e3);
	samples(&w, m, "vnetprobe_check_state_since_timestamp_seconds",
	    "Since when the check has its status and cause, in Unix time.", false);
	samples(&w, m, "vnetprobe_check_flapping",
	    "Whether the status of the check keeps changing.", true);
	return writer_end(&w);
}
