/* SPDX-License-Identifier: MIT */
#ifndef REPORT_PROMETHEUS_FACTS_H
#define REPORT_PROMETHEUS_FACTS_H

#include "report/writer.h"

/* The numbers of a check that become metrics, in the units of Prometheus. */

enum {
	MAX_WORD = 100, /* bytes of a label that should be one word */
	MAX_LABEL = 200
};

struct check_facts {
	const char *label; /* clean, and another for each check */
	const struct check *check;
	const struct target *target;
	const struct verdict *verdict;
	const struct plan *plan;
	/* The last of each kind; NULL = none. */
	const struct obs_dns *dns;
	const struct obs_tls *tls;
	const struct obs_http *http;
};

/** Of all checks, in the order of the plan; lives as long as the writer. */
const struct check_facts *prometheus_facts(struct writer *w);

/* One number each; false when it is not known. */

bool fact_success(const struct check_facts *f, double *ret);
bool fact_duration(const struct check_facts *f, double *ret);
bool fact_timeout(const struct check_facts *f, double *ret);
bool fact_dns_time(const struct check_facts *f, double *ret);
bool fact_dns_succeeded(const struct check_facts *f, double *ret); /* dns: checks */
bool fact_dns_answers(const struct check_facts *f, double *ret);   /* the same */
bool fact_ip_protocol(const struct check_facts *f, double *ret);
bool fact_http_status(const struct check_facts *f, double *ret);
bool fact_http_version(const struct check_facts *f, double *ret);
bool fact_http_ssl(const struct check_facts *f, double *ret);
bool fact_http_redirects(const struct check_facts *f, double *ret);
bool fact_content_length(const struct check_facts *f, double *ret);
bool fact_not_expected(const struct check_facts *f, double *ret);
bool fact_upgraded(const struct check_facts *f, double *ret);
bool fact_websocket_status(const struct check_facts *f, double *ret);
bool fact_earliest_expiry(const struct check_facts *f, double *ret);
bool fact_verified_expiry(const struct check_facts *f, double *ret);
bool fact_required(const struct check_facts *f, double *ret);
bool fact_could_not_test(const struct check_facts *f, double *ret);

/** Seconds from the catalogue's date to the run; false without a catalogue. */
bool run_catalogue_age(const struct report *r, double *ret);

#endif
