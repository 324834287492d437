/* SPDX-License-Identifier: MIT */
#include "report/prometheus_facts.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

#include "probe/base/parse.h"

/* Ids that were cut or redacted may have become alike; series may not. */
static const char *unique_label(struct writer *w, json_t *seen, const char *id)
{
	const char *label = writer_short_text(w, id, MAX_LABEL);
	json_int_t n = json_integer_value(json_object_get(seen, label)) + 1;
	json_object_set_new(seen, label, json_integer(n));
	if (n == 1)
		return label;
	return unique_label(
	    w, seen, arena_printf(&w->scratch, "#%lld %s", (long long)n, label));
}

static void look_at(struct check_facts *f, const struct obs *o)
{
	switch (o->kind) {
	case OBS_DNS:
		if (o->dns.role != DNS_PLATFORM &&
		    (!f->dns || f->dns->outcome != DNS_ANSWERED))
			f->dns = &o->dns;
		break;
	case OBS_TLS:
		f->tls = &o->tls;
		break;
	case OBS_HTTP:
		f->http = &o->http;
		break;
	default:
		break;
	}
}

const struct check_facts *prometheus_facts(struct writer *w)
{
	const struct report *r = w->r;
	size_t n = r->verdicts->n_items;
	struct check_facts *all = arena_array(&w->scratch, n, sizeof *all);
	json_t *seen = json_object();
	for (size_t i = 0; i < n; i++) {
		struct check_facts *f = &all[i];
		*f = (struct check_facts){ .check = &r->plan->checks[i],
			.target = &r->plan->probe.targets[i],
			.verdict = &r->verdicts->items[i],
			.plan = &r->plan->probe,
			.label = unique_label(w, seen, r->plan->probe.targets[i].id) };
		for (const struct obs *o = obslog_first(r->log, (int)i); o;
		     o = o->next_of_target)
			look_at(f, o);
	}
	json_decref(seen);
	return all;
}

static bool seconds(nsec_t t, double *ret)
{
	*ret = nsec_to_ms(t) / 1e3;
	return t >= 0;
}

static bool number(bool known, double value, double *ret)
{
	*ret = value;
	return known;
}

static bool was_tested(const struct check_facts *f)
{
	return f->verdict->status != STATUS_INCONCLUSIVE &&
	       f->verdict->status != STATUS_SKIPPED;
}

static bool has_answer(const struct check_facts *f)
{
	return f->http && f->http->outcome == HTTP_ANSWERED;
}

bool fact_success(const struct check_facts *f, double *ret)
{
	return number(was_tested(f), f->verdict->status != STATUS_FAIL, ret);
}

bool fact_duration(const struct check_facts *f, double *ret)
{
	return was_tested(f) && seconds(f->verdict->duration, ret);
}

bool fact_timeout(const struct check_facts *f, double *ret)
{
	return f->plan->timeout > 0 && seconds(f->plan->timeout, ret);
}

bool fact_dns_time(const struct check_facts *f, double *ret)
{
	return seconds(f->verdict->dns, ret);
}

static bool is_dns_check(const struct check_facts *f)
{
	return f->target->protocol == PROTO_DNS && f->dns;
}

bool fact_dns_succeeded(const struct check_facts *f, double *ret)
{
	return number(is_dns_check(f), f->dns && f->dns->outcome == DNS_ANSWERED, ret);
}

bool fact_dns_answers(const struct check_facts *f, double *ret)
{
	size_t n = 0;
	if (!is_dns_check(f) || f->dns->outcome != DNS_ANSWERED)
		return false;
	for (size_t i = 0; i < f->dns->n_records; i++)
		n += f->dns->records[i].type != DNS_TYPE_SOA;
	return number(true, (double)n, ret);
}

bool fact_ip_protocol(const struct check_facts *f, double *ret)
{
	int family = f->verdict->address.family;
	return number(family != 0, family == AF_INET ? 4 : 6, ret);
}

bool fact_http_status(const struct check_facts *f, double *ret)
{
	return has_answer(f) && number(f->http->status > 0, f->http->status, ret);
}

bool fact_http_version(const struct check_facts *f, double *ret)
{
	if (!has_answer(f) || !f->http->version)
		return false;
	const char *v = f->http->version;
	if (strcmp(v, "1.0") == 0)
		return number(true, 1.0, ret);
	if (strcmp(v, "1.1") == 0)
		return number(true, 1.1, ret);
	return number(strcmp(v, "2") == 0 || strcmp(v, "3") == 0, *v - '0', ret);
}

bool fact_http_ssl(const struct check_facts *f, double *ret)
{
	return number(has_answer(f), protocol_is_tls(f->target->protocol), ret);
}

bool fact_http_redirects(const struct check_facts *f, double *ret)
{
	return number(has_answer(f), 0, ret);
}

bool fact_content_length(const struct check_facts *f, double *ret)
{
	uint64_t length;
	for (size_t i = 0; has_answer(f) && i < f->http->n_headers; i++)
		if (strcmp(f->http->headers[i].name, "content-length") == 0)
			return parse_uint(
				   f->http->headers[i].value, INT64_MAX, &length) &&
			       number(true, (double)length, ret);
	return false;
}

bool fact_not_expected(const struct check_facts *f, double *ret)
{
	const struct cause *c = f->verdict->cause;
	bool other = c && (strcmp(c->name, "http_unexpected") == 0 ||
			      strcmp(c->name, "not_the_service") == 0);
	return number(has_answer(f), other, ret);
}

bool fact_upgraded(const struct check_facts *f, double *ret)
{
	return number(
	    has_answer(f) && f->http->upgrade, f->http && f->http->accept_valid, ret);
}

bool fact_websocket_status(const struct check_facts *f, double *ret)
{
	return has_answer(f) && f->http->upgrade &&
	       number(f->http->status > 0, f->http->status, ret);
}

bool fact_earliest_expiry(const struct check_facts *f, double *ret)
{
	if (!f->tls || f->tls->n_chain == 0)
		return false;
	int64_t earliest = f->tls->chain[0].not_after;
	for (size_t i = 1; i < f->tls->n_chain; i++)
		if (f->tls->chain[i].not_after < earliest)
			earliest = f->tls->chain[i].not_after;
	return number(true, (double)earliest, ret);
}

bool fact_verified_expiry(const struct check_facts *f, double *ret)
{
	return f->tls && f->tls->verified && fact_earliest_expiry(f, ret);
}

bool fact_required(const struct check_facts *f, double *ret)
{
	return number(true, f->check->required, ret);
}

bool fact_could_not_test(const struct check_facts *f, double *ret)
{
	return number(true, f->verdict->status == STATUS_INCONCLUSIVE, ret);
}

bool run_catalogue_age(const struct report *r, double *ret)
{
	const struct catalogue *c = r->plan->catalogue;
	struct tm day = { .tm_mday = 1 };
	if (!c || !c->date)
		return false;
	const char *rest = strptime(c->date, "%Y-%m-%d", &day);
	if (!rest || *rest)
		return false;
	int64_t started = r->log->started_wall / NSEC_PER_SEC;
	return number(true, (double)(started - timegm(&day)), ret);
}
