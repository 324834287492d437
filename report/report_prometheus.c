/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "report/prometheus_facts.h"
#include "report/prometheus_out.h"
#include "report/run_facts.h"
#include "report/writer.h"

/*
 * Prometheus text exposition format 0.0.4. Metrics "probe_..." have the names, units
 * and labels of blackbox_exporter (prober/), so that its dashboards and alerts work;
 * "check" stands where it has "instance". What is not known is absent, never zero.
 * Every check has a bounded number of series, and free text is in no label but those
 * of probe_ssl_last_chain_info.
 */
struct metric {
	const char *name, *help;
	/* One number of a check; false: it has none. */
	bool (*value)(const struct check_facts *f, double *ret);
	/* Or all its samples. */
	void (*samples)(struct writer *w, const struct check_facts *f);
};

/* "NAME{check="..."", open for more labels. */
static void begin(struct writer *w, const char *name, const struct check_facts *f)
{
	buf_printf(&w->buf, "%s{", name);
	prometheus_label(w, "check", f->label);
}

static void more(struct writer *w, const char *name, const char *clean)
{
	buf_puts(&w->buf, ",");
	prometheus_label(w, name, clean);
}

static void end(struct writer *w, double value)
{
	buf_printf(&w->buf, "} %.15g\n", value);
}

static void durations(struct writer *w, const struct check_facts *f)
{
	const struct obs_http *h = f->http;
	bool split = h && h->first_byte > 0 && f->verdict->http >= h->first_byte;

	const struct {
		const char *phase;
		nsec_t t;
	} phases[] = {
		{ "resolve", f->verdict->dns },
		{ "connect", f->verdict->tcp },
		{ "tls", f->verdict->tls },
		{ "processing", split ? h->first_byte : -1 },
		{ "transfer", split ? f->verdict->http - h->first_byte : -1 },
	};

	for (size_t i = 0; h && i < sizeof phases / sizeof *phases; i++) {
		if (phases[i].t < 0)
			continue;
		begin(w, "probe_http_duration_seconds", f);
		more(w, "phase", phases[i].phase);
		end(w, nsec_to_ms(phases[i].t) / 1e3);
	}
}

static void tls_version(struct writer *w, const struct check_facts *f)
{
	if (!f->tls || !f->tls->version)
		return;
	const char *version = writer_short_text(w, f->tls->version, MAX_WORD);
	/* "TLS 1.3", as Go calls what OpenSSL calls "TLSv1.3". */
	if (strncmp(version, "TLSv", 4) == 0)
		version = arena_printf(&w->scratch, "TLS %s", version + 4);
	begin(w, "probe_tls_version_info", f);
	more(w, "version", version);
	end(w, 1);
}

static void tls_cipher(struct writer *w, const struct check_facts *f)
{
	if (!f->tls || !f->tls->cipher)
		return;
	begin(w, "probe_tls_cipher_info", f);
	more(w, "cipher", writer_short_text(w, f->tls->cipher, MAX_WORD));
	end(w, 1);
}

/* A fingerprint leads to the name in public logs: no pseudonym could hide it. */
static void last_chain(struct writer *w, const struct check_facts *f)
{
	if (!f->tls || !f->tls->verified || f->tls->n_chain == 0 || w->r->redactor)
		return;
	const struct certificate *leaf = &f->tls->chain[0];
	const char *names = "";
	for (size_t i = 0; i < leaf->n_sans; i++)
		names = arena_printf(
		    &w->scratch, "%s%s%s", names, i ? "," : "", leaf->sans[i]);
	begin(w, "probe_ssl_last_chain_info", f);
	more(w, "fingerprint_sha256", writer_short_text(w, leaf->sha256, MAX_WORD));
	more(w, "issuer", writer_short_text(w, leaf->issuer, MAX_LABEL));
	more(w, "subject", writer_short_text(w, leaf->subject, MAX_LABEL));
	more(w, "subjectalternative", writer_short_text(w, names, MAX_LABEL));
	end(w, 1);
}

/* A hash of 32 bits of an address can be undone by trying all of them. */
static void address_hash(struct writer *w, const struct check_facts *f)
{
	const struct addr *a = &f->verdict->address;
	if (!a->family || w->r->redactor)
		return;
	uint32_t hash = 2166136261; /* FNV-1a */
	for (size_t i = 0; i < (a->family == AF_INET ? 4 : 16); i++)
		hash = (hash ^ a->ip[i]) * 16777619U;
	begin(w, "probe_ip_addr_hash", f);
	end(w, hash);
}

static void state(struct writer *w, const struct check_facts *f)
{
	for (int s = STATUS_PASS; s <= STATUS_SKIPPED; s++) {
		begin(w, "vnetprobe_check_state", f);
		more(w, "state", status_name((enum status)s));
		end(w, f->verdict->status == (enum status)s);
	}
}

static void verdict(struct writer *w, const struct check_facts *f)
{
	const struct verdict *v = f->verdict;
	if (v->status == STATUS_PASS)
		return;
	begin(w, "vnetprobe_verdict_info", f);
	more(w, "code", v->cause ? v->cause->name : "none");
	more(w, "stage", v->has_stage ? stage_name(v->stage) : "none");
	more(w, "confidence", confidence_name(v->confidence));
	end(w, 1);
}

static void attributes(struct writer *w, const struct check_facts *f)
{
	for (unsigned i = 0; i < N_ATTRIBUTES; i++) {
		if (!(f->verdict->attributes & 1U << i))
			continue;
		begin(w, "vnetprobe_path_attribute_info", f);
		more(w, "attribute", attribute_name(i));
		end(w, 1);
	}
}

static const struct metric metrics[] = {
	{ "probe_success", "Whether the check passed; absent when it could not tell.",
	    fact_success, NULL },
	{ "probe_duration_seconds", "First to last observation of the check.",
	    fact_duration, NULL },
	{ "probe_timeout_seconds", "Most time the check may take.", fact_timeout,
	    NULL },
	{ "probe_dns_lookup_time_seconds", "Time of the DNS lookup.", fact_dns_time,
	    NULL },
	{ "probe_dns_query_succeeded", "Whether the DNS query was answered.",
	    fact_dns_succeeded, NULL },
	{ "probe_dns_answer_rrs", "Records in the answer section.", fact_dns_answers,
	    NULL },
	{ "probe_ip_protocol", "Version of IP that was used, 4 or 6.", fact_ip_protocol,
	    NULL },
	{ "probe_ip_addr_hash", "Hash of the address, to see that it changed.", NULL,
	    address_hash },
	{ "probe_http_status_code", "Status of the response.", fact_http_status, NULL },
	{ "probe_http_version", "Version of HTTP of the response.", fact_http_version,
	    NULL },
	{ "probe_http_ssl", "Whether the response came over TLS.", fact_http_ssl,
	    NULL },
	{ "probe_http_redirects", "Redirects followed, which is none.",
	    fact_http_redirects, NULL },
	{ "probe_http_content_length", "Content-Length of the response in bytes.",
	    fact_content_length, NULL },
	{ "probe_http_duration_seconds", "Time of the phases of an HTTP check.", NULL,
	    durations },
	{ "probe_failed_due_to_regex",
	    "Whether an answer came that is not the service's.", fact_not_expected,
	    NULL },
	{ "probe_websocket_connection_upgraded",
	    "Whether the connection became a WebSocket.", fact_upgraded, NULL },
	{ "probe_websocket_status_code", "Status of the answer to the upgrade.",
	    fact_websocket_status, NULL },
	{ "probe_ssl_earliest_cert_expiry",
	    "Earliest expiry of the certificates presented, in Unix time.",
	    fact_earliest_expiry, NULL },
	{ "probe_ssl_last_chain_expiry_timestamp_seconds",
	    "The same of a chain that was verified.", fact_verified_expiry, NULL },
	{ "probe_ssl_last_chain_info", "The leaf of a chain that was verified.", NULL,
	    last_chain },
	{ "probe_tls_version_info", "Version of TLS that was negotiated.", NULL,
	    tls_version },
	{ "probe_tls_cipher_info", "Cipher that was negotiated.", NULL, tls_cipher },
	{ "vnetprobe_check_state", "Status of the check: 1 for the one it has.", NULL,
	    state },
	{ "vnetprobe_check_required", "Whether the run fails when the check does.",
	    fact_required, NULL },
	{ "vnetprobe_could_not_test", "Whether the check could not test or not tell.",
	    fact_could_not_test, NULL },
	{ "vnetprobe_verdict_info", "Cause, stage and confidence of what did not pass.",
	    NULL, verdict },
	{ "vnetprobe_path_attribute_info", "Facts of the path of the check.", NULL,
	    attributes },
};

static void put_metric(
    struct writer *w, const struct metric *m, const struct check_facts *facts, size_t n)
{
	size_t before = w->buf.len;
	prometheus_header(w, "gauge", m->name, m->help);
	size_t empty = w->buf.len;
	for (size_t i = 0; i < n; i++) {
		double value;
		if (m->samples) {
			m->samples(w, &facts[i]);
		} else if (m->value(&facts[i], &value)) {
			begin(w, m->name, &facts[i]);
			end(w, value);
		}
	}
	if (w->buf.len == empty)
		w->buf.len = before;
}

static void run_number(
    struct writer *w, const char *name, const char *help, double value)
{
	prometheus_header(w, "gauge", name, help);
	buf_printf(&w->buf, "%s %.15g\n", name, value);
}

static void counts(struct writer *w)
{
	const struct verdicts *v = w->r->verdicts;
	const unsigned n[] = { [STATUS_PASS] = v->pass,
		[STATUS_WARN] = v->warn,
		[STATUS_FAIL] = v->fail,
		[STATUS_INCONCLUSIVE] = v->inconclusive,
		[STATUS_SKIPPED] = v->skipped };
	prometheus_header(
	    w, "gauge", "vnetprobe_checks", "Checks of the run with each status.");
	for (int s = STATUS_PASS; s <= STATUS_SKIPPED; s++)
		buf_printf(&w->buf, "vnetprobe_checks{state=\"%s\"} %u\n",
		    status_name((enum status)s), n[s]);
}

static void run_metrics(struct writer *w)
{
	const struct report *r = w->r;
	double age;
	run_number(w, "vnetprobe_run_timestamp_seconds",
	    "When the run began, in Unix time.",
	    nsec_to_ms(r->log->started_wall) / 1e3);
	run_number(w, "vnetprobe_run_duration_seconds", "How long the run took.",
	    nsec_to_ms(r->log->duration) / 1e3);
	run_number(w, "vnetprobe_run_interrupted", "Whether the run was interrupted.",
	    r->interrupted);
	if (run_catalogue_age(r, &age))
		run_number(w, "vnetprobe_catalogue_age_seconds",
		    "Age of the catalogue when the run began.", age);
	prometheus_header(
	    w, "gauge", "vnetprobe_build_info", "Version of the program.");
	buf_puts(&w->buf, "vnetprobe_build_info{");
	prometheus_label(w, "version", writer_short_text(w, r->tool_version, MAX_WORD));
	buf_puts(&w->buf, "} 1\n");
	counts(w);
}

char *report_prometheus(const struct report *r)
{
	struct writer w;
	writer_begin(&w, r);
	const struct check_facts *facts = prometheus_facts(&w);
	run_metrics(&w);
	for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
		put_metric(&w, &metrics[i], facts, r->verdicts->n_items);
	return writer_end(&w);
}
