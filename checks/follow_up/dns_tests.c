/* SPDX-License-Identifier: MIT */
#include "checks/follow_up/dns_tests.h"

#include <string.h>

#include "probe/base/text.h"
#include "probe/model/dns_chain.h"

uint16_t dns_asked_type(const struct plan *plan)
{
	return plan->only_family == AF_INET6 ? DNS_TYPE_AAAA : DNS_TYPE_A;
}

const char *dns_contacted_name(const struct target *t)
{
	if (t->proxy)
		return t->proxy->host;
	return t->connect_host ? t->connect_host : t->host;
}

static size_t addresses_of(const struct dns_record *records, size_t n_records,
    const char *name, uint16_t type, struct addr *ret, size_t max)
{
	struct dns_chain chain;

	dns_chain_follow(records, n_records, name, &chain);
	return dns_chain_addresses(records, n_records, &chain, type, ret, max);
}

size_t dns_answer_addresses(const struct obs_dns *d, struct addr *ret, size_t max)
{
	return d->outcome == DNS_ANSWERED
		   ? addresses_of(d->records, d->n_records, d->name, d->type, ret, max)
		   : 0;
}

size_t dns_reply_addresses(const struct obs_dns_variant *v,
    const struct dns_reply *reply, struct addr *ret, size_t max)
{
	return addresses_of(
	    reply->records, reply->n_records, v->name, v->form.type, ret, max);
}

const char *dns_suffix_of(const char *longer, const char *name)
{
	size_t n = strlen(name);

	return text_starts_nocase(longer, name) && longer[n] == '.' && longer[n + 1]
		   ? longer + n + 1
		   : NULL;
}

bool dns_share_address(
    const struct addr *a, size_t n_a, const struct addr *b, size_t n_b)
{
	for (size_t i = 0; i < n_a; i++)
		for (size_t k = 0; k < n_b; k++)
			if (addr_same_ip(&a[i], &b[k]))
				return true;
	return false;
}

bool dns_test_answered(const struct obs *o)
{
	return o && o->dns_variant.n_replies > 0;
}

bool dns_test_silent(const struct obs *o)
{
	return o && o->dns_variant.n_replies == 0 &&
	       (o->dns_variant.outcome == DNS_TIMEOUT ||
		   o->dns_variant.outcome == DNS_NET_ERROR);
}

static const struct obs **slot_of(struct dns_tests *t, const struct dns_form *f)
{
	if (f->transport == DNS_OVER_TCP)
		return &t->tcp;
	if (f->cd)
		return &t->cd;
	switch (f->edns_size) {
	case 0:
		return f->once ? NULL : &t->plain;
	case DNS_SMALL_SIZE:
		return &t->small;
	case DNS_LARGE_SIZE:
		return &t->large;
	default:
		return &t->again;
	}
}

struct dns_tests dns_tests_find(
    const struct probes *p, const struct addr *server, const char *name)
{
	struct dns_tests t = { 0 };
	const struct obs *const *items;
	size_t n = probes_at(p, OBS_DNS_VARIANT, server, &items);

	for (size_t i = 0; i < n; i++) {
		const struct obs_dns_variant *v = &items[i]->dns_variant;
		const struct obs **slot = slot_of(&t, &v->form);
		if (!slot || v->peer.port != server->port ||
		    (name && !text_equal_nocase(v->name, name)))
			continue;
		if (!*slot || (!dns_test_answered(*slot) && v->n_replies > 0))
			*slot = items[i];
	}
	return t;
}
