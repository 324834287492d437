/* SPDX-License-Identifier: MIT */
#include "checks/facts/facts.h"

#include <stdlib.h>
#include <string.h>

#include "checks/facts/answer.h"
#include "checks/facts/http_date.h"
#include "checks/facts/tls_errors.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/base/vec.h"

enum {
	CLOCK_TOLERANCE = 300, /* seconds our clock and a Date field may differ */
	OUTSIDE_MIN = 3        /* silent public addresses that speak for all */
};

struct endpoint_fact {
	struct addr addr;
	const char *name; /* SNI, or "" */
	const struct obs *obs;
};

struct issuer_fact {
	const char *issuer; /* "" where only the names count */
	const char *domain;
	bool microsoft;
	const struct obs *obs;
};

struct clock_fact {
	const char *domain;
	const struct obs *obs;
};

/* Appends and yields the new element of an arena-backed array of facts. */
#define PUSH(arena, items, n, cap)                                                     \
	((items) = vec_grow((arena), (items), (n), &(cap), sizeof *(items)),           \
	    &(items)[(n)++])

static bool in_list(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text_equal_nocase(name, list[i]))
			return true;
	return false;
}

#define IN(name, list) in_list(name, list, sizeof(list) / sizeof *(list))

/* Start of the last n labels. */
static const char *last_labels(const char *name, unsigned n)
{
	const char *p = name + strlen(name);

	while (p > name) {
		if (p[-1] == '.' && --n == 0)
			return p;
		p--;
	}
	return name;
}

const char *facts_registrable_domain(const char *name)
{
	/* Without the public suffix list: the common second levels below country codes.
	 */
	static const char *const second_levels[] = { "co", "com", "net", "org", "ac",
		"gov", "edu", "or", "ne" };
	const char *two = last_labels(name, 2);
	const char *top = strchr(two, '.');
	char second[8] = "";

	if (top && strlen(top + 1) == 2 && (size_t)(top - two) < sizeof second) {
		memcpy(second, two, (size_t)(top - two));
		if (IN(second, second_levels))
			return last_labels(name, 3);
	}
	return two;
}

static bool is_microsoft(const char *domain)
{
	static const char *const domains[] = { "microsoft.com", "microsoftonline.com",
		"microsoftonline.us", "windows.net", "azure.com", "azure.net",
		"azure.us", "azure.cn", "azureml.ms", "azureml.net", "azureml.us",
		"azureml.cn", "azurecr.io", "azurecr.us", "azurecr.cn", "azmk8s.io",
		"azureedge.net", "azuredatabricks.net", "usgovcloudapi.net",
		"chinacloudapi.cn", "visualstudio.com", "msecnd.net", "aznbcontent.net",
		"aka.ms" };
	return IN(domain, domains);
}

bool facts_name_is_microsofts(const char *name)
{
	return is_microsoft(facts_registrable_domain(name));
}

bool facts_issuer_claims_public(const char *issuer)
{
	static const char *const organisations[] = { "O=Microsoft Corporation",
		"O=DigiCert", "O=Let's Encrypt", "O=Sectigo", "O=GlobalSign",
		"O=Google Trust Services", "O=Amazon", "O=Entrust", "O=D-Trust",
		"O=SSL Corporation", "O=Baltimore", "O=Cloudflare", "O=GoDaddy",
		"O=Internet Security Research Group" };

	for (size_t i = 0; i < sizeof organisations / sizeof *organisations; i++)
		if (text_find_nocase(issuer, organisations[i]))
			return true;
	return false;
}

static void add_server(struct facts *f, const struct obs *o, struct arena *arena)
{
	const struct obs_dns *d = &o->dns;
	struct server_record *s = NULL;

	for (size_t i = 0; i < f->n_servers && !s; i++)
		if (addr_same_ip(&f->servers[i].server, &d->server) &&
		    f->servers[i].server.port == d->server.port)
			s = &f->servers[i];
	if (!s) {
		s = PUSH(arena, f->servers, f->n_servers, f->servers_cap);
		*s = (struct server_record){ .server = d->server };
	}
	if (d->outcome == DNS_ANSWERED) {
		s->answered++;
		s->answer = s->answer ? s->answer : o;
	} else if (d->outcome == DNS_TIMEOUT || d->outcome == DNS_NET_ERROR) {
		s->silent++;
	}
}

/* Addresses of the Azure fabric are not routed and mostly not filtered. */
static bool is_platform(
    const struct facts *f, const struct obs *o, const struct addr *peer)
{
	if (addr_same_ip(peer, &f->plan->probe.platform_dns))
		return true;
	return o->target >= 0 && f->plan->checks[o->target].entry &&
	       f->plan->checks[o->target].entry->platform;
}

static void add_connected(
    struct facts *f, const struct obs *o, const struct addr *peer, struct arena *arena)
{
	if (is_platform(f, o, peer))
		f->platform_connected = o;
	else if (!addr_is_private(peer))
		f->public_connected = o;
	*PUSH(arena, f->connected, f->n_connected, f->connected_cap) =
	    (struct endpoint_fact){ .addr = *peer, .name = "", .obs = o };
}

/* Controls are connections like any other, but for those to the canary. */
static void add_control(struct facts *f, const struct obs *o, struct arena *arena)
{
	const struct obs_control_connect *c = &o->control_connect;

	if (c->ended == ORDER_DONE && c->outcome == TCP_CONNECTED &&
	    (c->purpose == CONTROL_OTHER_PORT || c->purpose == CONTROL_SIBLING))
		add_connected(f, o, &c->peer, arena);
}

static void add_tcp(struct facts *f, const struct obs *o, struct arena *arena)
{
	const struct obs_tcp *t = &o->tcp;

	if (t->local.family && !facts_is_own(f, &t->local))
		*PUSH(arena, f->locals, f->n_locals, f->locals_cap) = t->local;
	if (t->outcome == TCP_TIMEOUT && !t->icmp.present && !t->via_proxy &&
	    !is_platform(f, o, &t->peer))
		*PUSH(arena, f->silent, f->n_silent, f->silent_cap) =
		    (struct endpoint_fact){ .addr = t->peer, .name = "", .obs = o };
	if (t->outcome != TCP_CONNECTED)
		return;
	if (t->peer.family == AF_INET6)
		f->v6_connected = o;
	if (!t->via_proxy)
		add_connected(f, o, &t->peer, arena);
}

static struct issuer_fact issuer_fact(const struct obs *o, const char *issuer)
{
	const char *domain = facts_registrable_domain(o->tls.sni);

	return (struct issuer_fact){ issuer, domain, is_microsoft(domain), o };
}

static void add_certificate(struct facts *f, const struct obs *o, struct arena *arena)
{
	const struct obs_tls *t = &o->tls;
	const struct certificate *leaf = &t->chain[0];
	bool claims_public = facts_issuer_claims_public(leaf->issuer);

	if (t->verified && !leaf->has_scts && !claims_public)
		*PUSH(arena, f->private_looking, f->n_private_looking,
		    f->private_looking_cap) = issuer_fact(o, leaf->issuer);
	if (t->verified)
		return;
	struct tls_errors e = tls_errors_of(t);
	/* A root that is merely missing here makes public issuers look unknown too. */
	if (e.untrusted && !claims_public)
		*PUSH(arena, f->untrusted, f->n_untrusted, f->untrusted_cap) =
		    issuer_fact(o, leaf->issuer);
	if (e.expired)
		*PUSH(arena, f->expired, f->n_expired, f->expired_cap) =
		    issuer_fact(o, "");
	if (e.not_yet)
		*PUSH(arena, f->not_yet, f->n_not_yet, f->not_yet_cap) =
		    issuer_fact(o, "");
}

static void add_tls(struct facts *f, const struct obs *o, struct arena *arena)
{
	const struct catalogue_entry *entry = f->plan->checks[o->target].entry;

	if (o->tls.outcome != TLS_DONE)
		return;
	*PUSH(arena, f->served, f->n_served, f->served_cap) = (struct endpoint_fact){
		.addr = o->tls.peer, .name = o->tls.sni ? o->tls.sni : "", .obs = o
	};
	if (o->tls.sni && o->tls.n_chain > 0 && !(entry && entry->private_ca))
		add_certificate(f, o, arena);
}

/* A cached answer keeps the date at which it was made, so it tells nothing. */
static void add_clock(struct facts *f, const struct obs *o, struct arena *arena)
{
	const char *date = http_header(&o->http, "date");
	struct clock_fact fact = {
		facts_registrable_domain(f->plan->probe.targets[o->target].host), o
	};
	int64_t theirs;

	if (!date || http_header(&o->http, "age") || !http_date_parse(date, &theirs))
		return;
	int64_t ours = (f->log->started_wall + o->end) / NSEC_PER_SEC;
	if (ours > theirs + CLOCK_TOLERANCE)
		*PUSH(arena, f->ahead, f->n_ahead, f->ahead_cap) = fact;
	else if (theirs > ours + CLOCK_TOLERANCE)
		*PUSH(arena, f->behind, f->n_behind, f->behind_cap) = fact;
	else
		*PUSH(arena, f->agree, f->n_agree, f->agree_cap) = fact;
}

static void add(struct facts *f, const struct obs *o, struct arena *arena)
{
	switch (o->kind) {
	case OBS_SYSTEM:
		f->system = o;
		f->root = o->system.root;
		break;
	case OBS_DNS:
		add_server(f, o, arena);
		break;
	case OBS_TCP:
		add_tcp(f, o, arena);
		break;
	case OBS_TLS:
		add_tls(f, o, arena);
		break;
	case OBS_HTTP:
		add_clock(f, o, arena);
		if (o->http.via_proxy && o->http.outcome == HTTP_ANSWERED)
			f->proxy_answered = o;
		break;
	case OBS_CONTROL_CONNECT:
		add_control(f, o, arena);
		probes_add(&f->probes, o, arena);
		break;
	case OBS_CAPTURE:
	case OBS_FLOW:
		flow_view_add(&f->flows, o, arena);
		break;
	case OBS_HOSTS_FILE:
	case OBS_WEBSOCKET:
	case OBS_JUPYTER:
	case OBS_IDLE:
	case OBS_EXCHANGE:
	case OBS_UDP:
	case OBS_UNFINISHED:
		break;
	default:
		probes_add(&f->probes, o, arena);
	}
}

static int order(long long a, long long b)
{
	return (a > b) - (a < b);
}

static int by_address(const struct addr *a, const struct addr *b)
{
	int c = order(a->family, b->family);
	return c ? c : memcmp(a->ip, b->ip, sizeof a->ip);
}

static int by_endpoint(const void *x, const void *y)
{
	const struct endpoint_fact *a = x, *b = y;
	int c = by_address(&a->addr, &b->addr);

	if (!c)
		c = order(a->addr.port, b->addr.port);
	if (!c)
		c = strcmp(a->name, b->name);
	return c ? c : order(a->obs->id, b->obs->id);
}

static int by_issuer(const void *x, const void *y)
{
	const struct issuer_fact *a = x, *b = y;
	int c = strcmp(a->issuer, b->issuer);

	if (!c)
		c = order(a->microsoft, b->microsoft);
	if (!c)
		c = strcmp(a->domain, b->domain);
	return c ? c : order(a->obs->id, b->obs->id);
}

static void sort(
    void *items, size_t n, size_t size, int (*compare)(const void *, const void *))
{
	if (n > 1)
		qsort(items, n, size, compare);
}

/* Endpoints are sorted: equal addresses stand together. */
static void count_silent(struct facts *f)
{
	for (size_t i = 0; i < f->n_silent; i++) {
		const struct addr *a = &f->silent[i].addr;
		if (addr_is_private(a) ||
		    (i > 0 && addr_same_ip(a, &f->silent[i - 1].addr)))
			continue;
		f->n_silent_public++;
	}
}

static bool is_answer(const struct obs *o)
{
	return (o->kind == OBS_TLS && o->tls.outcome == TLS_DONE) ||
	       (o->kind == OBS_HTTP && o->http.outcome == HTTP_ANSWERED) ||
	       (o->kind == OBS_EXCHANGE && o->exchange.outcome == EXCHANGE_ANSWERED);
}

/* Open connections work on while new ones are not let in. */
static void find_survivor(struct facts *f)
{
	const struct obs *silent = f->probes.known_good_silent;

	for (size_t i = 0; silent && i < f->log->n_items && !f->survivor; i++) {
		const struct obs *o = f->log->items[i];
		if (is_answer(o) && o->begin <= silent->begin && o->end > silent->end)
			f->survivor = o;
	}
}

void facts_init(struct facts *f, const struct check_plan *plan,
    const struct obslog *log, int target, struct arena *arena)
{
	*f = (struct facts){ .plan = plan, .log = log };
	if (target < 0) {
		for (size_t i = 0; i < log->n_items; i++)
			add(f, log->items[i], arena);
	} else {
		for (const struct obs *o = obslog_first(log, OBS_NO_TARGET); o;
		     o = o->next_of_target)
			add(f, o, arena);
		for (const struct obs *o = obslog_first(log, target); o;
		     o = o->next_of_target)
			add(f, o, arena);
	}
	sort(f->connected, f->n_connected, sizeof *f->connected, by_endpoint);
	sort(f->served, f->n_served, sizeof *f->served, by_endpoint);
	sort(f->silent, f->n_silent, sizeof *f->silent, by_endpoint);
	count_silent(f);
	find_survivor(f);
	probes_sort(&f->probes);
	flow_view_sort(&f->flows);
	sort(f->untrusted, f->n_untrusted, sizeof *f->untrusted, by_issuer);
	sort(f->private_looking, f->n_private_looking, sizeof *f->private_looking,
	    by_issuer);
	sort(f->expired, f->n_expired, sizeof *f->expired, by_issuer);
	sort(f->not_yet, f->n_not_yet, sizeof *f->not_yet, by_issuer);
}

/* The half-open range of equal endpoints; with_port says whether ports must agree. */
static void endpoint_range(const struct endpoint_fact *items, size_t n,
    const struct addr *key, bool with_port, size_t ret[2])
{
	for (int upper = 0; upper < 2; upper++) {
		size_t low = 0, high = n;
		while (low < high) {
			size_t mid = low + (high - low) / 2;
			int c = by_address(&items[mid].addr, key);
			if (!c && with_port)
				c = order(items[mid].addr.port, key->port);
			if (c < 0 || (upper && c == 0))
				low = mid + 1;
			else
				high = mid;
		}
		ret[upper] = low;
	}
}

const struct obs *facts_other_port(const struct facts *f, const struct addr *peer)
{
	size_t r[2];

	endpoint_range(f->connected, f->n_connected, peer, false, r);
	if (r[0] == r[1])
		return NULL;
	const struct endpoint_fact *first = &f->connected[r[0]];
	const struct endpoint_fact *last = &f->connected[r[1] - 1];
	if (first->addr.port != peer->port)
		return first->obs;
	return last->addr.port != peer->port ? last->obs : NULL;
}

const struct obs *facts_accepted(const struct facts *f, const struct addr *peer)
{
	size_t r[2];

	endpoint_range(f->connected, f->n_connected, peer, true, r);
	for (size_t i = r[0]; i < r[1]; i++)
		if (f->connected[i].obs->kind == OBS_TCP)
			return f->connected[i].obs;
	return NULL;
}

const struct obs *facts_other_name(
    const struct facts *f, const struct addr *peer, const char *sni)
{
	size_t r[2];

	endpoint_range(f->served, f->n_served, peer, true, r);
	if (r[0] == r[1] || !sni)
		return NULL;
	const struct endpoint_fact *first = &f->served[r[0]];
	const struct endpoint_fact *last = &f->served[r[1] - 1];
	if (!text_equal_nocase(first->name, sni))
		return first->obs;
	return !text_equal_nocase(last->name, sni) ? last->obs : NULL;
}

const struct addr *facts_connected_peer(const struct obs *o)
{
	return o->kind == OBS_TCP ? &o->tcp.peer : probe_peer(o);
}

const struct obs *facts_silent(const struct facts *f, size_t i)
{
	return f->silent[i].obs;
}

bool facts_outside_is_silent(const struct facts *f)
{
	return f->n_silent_public >= OUTSIDE_MIN && !f->public_connected;
}

const struct obs *facts_served_elsewhere(
    const struct facts *f, const char *name, const struct addr *not_here)
{
	for (size_t i = 0; i < f->n_served; i++)
		if (f->served[i].obs->tls.verified &&
		    !addr_same_ip(&f->served[i].addr, not_here) &&
		    text_equal_nocase(f->served[i].name, name))
			return f->served[i].obs;
	return NULL;
}

const struct obs *facts_control(const struct facts *f, int target)
{
	for (size_t i = 0; i < f->n_connected; i++)
		if (f->connected[i].obs->target != target)
			return f->connected[i].obs;
	return NULL;
}

bool facts_is_own(const struct facts *f, const struct addr *a)
{
	struct addr loopback = { .family = AF_INET, .ip = { 127, 0, 0, 1 } };
	struct addr loopback6 = { .family = AF_INET6, .ip = { [15] = 1 } };

	if (addr_same_ip(a, &loopback) || addr_same_ip(a, &loopback6))
		return true;
	for (size_t i = 0; i < f->n_locals; i++)
		if (addr_same_ip(a, &f->locals[i]))
			return true;
	return false;
}

const struct server_record *facts_server(
    const struct facts *f, const struct addr *server)
{
	for (size_t i = 0; i < f->n_servers; i++)
		if (addr_same_ip(&f->servers[i].server, server) &&
		    f->servers[i].server.port == server->port)
			return &f->servers[i];
	return NULL;
}

static void issuer_range(
    const struct issuer_fact *items, size_t n, const char *issuer, size_t ret[2])
{
	for (int upper = 0; upper < 2; upper++) {
		size_t low = 0, high = n;
		while (low < high) {
			size_t mid = low + (high - low) / 2;
			int c = strcmp(items[mid].issuer, issuer);
			if (c < 0 || (upper && c == 0))
				low = mid + 1;
			else
				high = mid;
		}
		ret[upper] = low;
	}
}

/* Equal issuers stand together, ordered by domain: the ends differ if any two do. */
static struct pair unrelated(
    const struct issuer_fact *items, size_t n, const char *issuer)
{
	size_t r[2];

	issuer_range(items, n, issuer, r);
	if (r[0] == r[1] ||
	    text_equal_nocase(items[r[0]].domain, items[r[1] - 1].domain))
		return (struct pair){ NULL, NULL };
	return (struct pair){ items[r[0]].obs, items[r[1] - 1].obs };
}

struct pair facts_untrusted_issuer(const struct facts *f, const char *issuer)
{
	return unrelated(f->untrusted, f->n_untrusted, issuer);
}

struct pair facts_inspecting_issuer(const struct facts *f, const char *issuer)
{
	size_t r[2];

	issuer_range(f->private_looking, f->n_private_looking, issuer, r);
	/* Sorted by microsoft within an issuer: false first, true last. */
	if (r[0] == r[1] || f->private_looking[r[0]].microsoft ||
	    !f->private_looking[r[1] - 1].microsoft)
		return (struct pair){ NULL, NULL };
	return (struct pair){ f->private_looking[r[0]].obs,
		f->private_looking[r[1] - 1].obs };
}

struct pair facts_date_errors(const struct facts *f, int code)
{
	return code == X509_EXPIRED ? unrelated(f->expired, f->n_expired, "")
				    : unrelated(f->not_yet, f->n_not_yet, "");
}

struct pair facts_clock_disagrees(const struct facts *f, int code)
{
	const struct clock_fact *items = code == X509_EXPIRED ? f->ahead : f->behind;
	size_t n = code == X509_EXPIRED ? f->n_ahead : f->n_behind;
	struct pair p = { n > 0 ? items[0].obs : NULL, NULL };

	for (size_t i = 1; i < n && !p.second; i++)
		if (!text_equal_nocase(items[i].domain, items[0].domain))
			p.second = items[i].obs;
	return p;
}

const struct obs *facts_clock_agrees(const struct facts *f)
{
	return f->n_agree > 0 ? f->agree[0].obs : NULL;
}
