/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/facts/facts.h"
#include "probe/base/text.h"
#include "report/redact_names.h"

/*
 * Names that the run did not ask for but was told: the company in the certificate of
 * its inspection, a proxy in a Via field, an alias in its own zone. Names of the
 * cloud's services stay, because a report means little without them; the parameters in
 * them have pseudonyms anyway.
 */

enum {
	MAX_BANNER = 64 /* OBS_MAX_FIRST_BYTES */
};

static bool is_label_char(char c)
{
	return is_name_char(c) || c == '-' || c == '_';
}

/* Whether len bytes are a name of two labels and more whose last one is of letters. */
static bool is_host(const char *text, size_t len)
{
	size_t last = len;
	while (last && text[last - 1] != '.')
		last--;
	if (last < 2 || len - last < 2 || text[0] == '.')
		return false;
	for (size_t i = last; i < len; i++)
		if ((text[i] | 0x20) < 'a' || (text[i] | 0x20) > 'z')
			return false;
	return true;
}

static void add_host(struct names *names, const char *host)
{
	if (strncmp(host, "*.", 2) == 0)
		host += 2;
	if (is_host(host, strlen(host)) && !facts_name_is_microsofts(host))
		names_add(names, host, "host");
}

/* Every name in a text such as "1.1 proxy.contoso.com:3128 (squid)". */
static void add_hosts_in(struct names *names, const char *text)
{
	while (text && *text) {
		size_t len = 0;
		while (is_label_char(text[len]) || text[len] == '.')
			len++;
		if (is_host(text, len))
			add_host(names, arena_strndup(&names->arena, text, len));
		text += len ? len : 1;
	}
}

static void add_records(struct names *names, const struct dns_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		add_host(names, records[i].name);
		if (records[i].target)
			add_host(names, records[i].target);
	}
}

/* A name of nothing but a host has the host's pseudonym in it. */
static void add_authority(struct names *names, const char *dn)
{
	bool is_only_host = strncmp(dn, "CN=", 3) == 0 &&
			    is_host(dn + 3, strlen(dn + 3)) && !strchr(dn, ',');
	if (*dn && !is_only_host && !facts_issuer_claims_public(dn))
		names_add(names, dn, "CN=authority");
}

static void add_chain(struct names *names, const struct obs_tls *t)
{
	for (size_t i = 0; i < t->n_chain; i++) {
		const struct certificate *c = &t->chain[i];
		for (size_t k = 0; k < c->n_sans; k++)
			add_host(names, c->sans[k]);
		add_hosts_in(names, c->subject);
		add_authority(names, c->issuer);
		add_authority(names, c->subject);
	}
}

static void add_banner(struct names *names, const uint8_t *bytes, size_t len)
{
	if (len)
		add_hosts_in(names,
		    text_escape(&names->arena, (const char *)bytes, len, MAX_BANNER));
}

static void add_answer(struct names *names, const struct obs_http *h)
{
	for (size_t i = 0; i < h->n_headers; i++)
		add_hosts_in(names, h->headers[i].value);
	add_hosts_in(names, h->location);
	add_hosts_in(names, h->reason);
}

/* Where somebody keeps a capture may say whose it is. */
static void add_file(struct names *names, const struct obs_capture *c)
{
	if (strcmp(c->source, "any") != 0 && strcmp(c->source, "standard input") != 0)
		names_add(names, c->source, "file");
}

void names_add_observed(struct names *names, const struct obslog *log)
{
	for (size_t i = 0; i < log->n_items; i++) {
		const struct obs *o = log->items[i];
		if (o->kind == OBS_DNS)
			add_records(names, o->dns.records, o->dns.n_records);
		else if (o->kind == OBS_HTTP)
			add_answer(names, &o->http);
		else if (o->kind == OBS_EXCHANGE)
			add_banner(
			    names, o->exchange.first_bytes, o->exchange.n_first_bytes);
		if (o->kind == OBS_CAPTURE)
			add_file(names, o->capture);
		if (o->kind == OBS_DNS_VARIANT)
			for (size_t k = 0; k < o->dns_variant.n_replies; k++)
				add_records(names, o->dns_variant.replies[k].records,
				    o->dns_variant.replies[k].n_records);
		if (o->kind == OBS_TLS) {
			add_chain(names, &o->tls);
			add_banner(names, o->tls.first_bytes, o->tls.n_first_bytes);
		}
	}
}
