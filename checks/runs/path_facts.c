/* SPDX-License-Identifier: MIT */
#include "checks/runs/path_facts.h"

#include <stdlib.h>
#include <string.h>

#include "checks/facts/answer.h"
#include "checks/facts/dns_view.h"
#include "checks/facts/facts.h"
#include "checks/judge/finding.h"
#include "checks/judge/judge_stages.h"
#include "checks/plan/authority.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/model/dns_chain.h"
#include "probe/model/obs_fields.h"

static const struct {
	const char *name;
	enum stage stage;
} table[N_PATH_FACTS] = {
	[FACT_ADDRESSES] = { "addresses", STAGE_DNS },
	[FACT_ALIASES] = { "aliases", STAGE_DNS },
	[FACT_PROXY] = { "proxy", STAGE_TCP },
	[FACT_ISSUER] = { "issuer", STAGE_TLS },
	[FACT_TLS_VERSION] = { "tls_version", STAGE_TLS },
	[FACT_EGRESS] = { "egress", STAGE_HTTP },
	[FACT_ATTRIBUTES] = { "attributes", STAGE_TCP },
	[FACT_PEER] = { "peer", STAGE_TCP },
	[FACT_SOURCE] = { "source", STAGE_TCP },
	[FACT_EXPIRY] = { "certificate_expiry", STAGE_TLS },
	[FACT_MSS] = { "mss", STAGE_TCP },
	[FACT_HOPS] = { "hops", STAGE_TCP },
	[FACT_REPLY_TTL] = { "reply_ttl", STAGE_TCP },
};

const char *path_fact_name(enum path_fact f)
{
	return table[f].name;
}

enum stage path_fact_stage(enum path_fact f)
{
	return table[f].stage;
}

/* --- One fact --------------------------------------------------------------------- */

static void add(struct arena *arena, struct fact *f, const char *text)
{
	f->known = true;
	if (f->values.n_items < PATH_FACT_MAX_VALUES)
		words_add(arena, &f->values,
		    text_escape(arena, text, strlen(text), OBS_MAX_VALUE));
}

static void add_number(struct arena *arena, struct fact *f, unsigned value)
{
	add(arena, f, arena_printf(arena, "%u", value));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort(struct fact *f)
{
	if (f->values.n_items > 1)
		qsort(f->values.items, f->values.n_items, sizeof *f->values.items,
		    by_text);
}

/* --- Names ------------------------------------------------------------------------ */

static void read_addresses(
    struct arena *arena, const struct addr *items, size_t n, struct fact *ret)
{
	for (size_t i = 0; i < n; i++)
		add(arena, ret, addr_words(arena, &items[i]));
	sort(ret);
}

static void read_aliases(struct arena *arena, const struct obs *o, struct fact *ret)
{
	struct dns_chain chain;
	dns_chain_follow(o->dns.records, o->dns.n_records, o->dns.name, &chain);
	ret->known = true;
	ret->seen = o;
	for (size_t i = 1; i < chain.n_names; i++)
		add(arena, ret, lower_case(chain.names[i], arena));
}

/* The name of an explicit proxy is not that of the service: its facts are left out. */
static void read_names(struct judging *j, struct check_path *ret)
{
	struct fact *addresses = &ret->facts[FACT_ADDRESSES];
	struct dns_picture p;
	if (j->target->proxy)
		return;
	dns_picture_init(&p, j);
	if (p.hosts) {
		addresses->seen = p.hosts;
		read_addresses(
		    j->arena, p.hosts_addresses, p.n_hosts_addresses, addresses);
	} else if (p.system && p.system->says == DNS_SAYS_ADDRESS) {
		addresses->seen = p.system->telling;
		read_addresses(
		    j->arena, p.system->addresses, p.system->n_addresses, addresses);
		read_aliases(j->arena, p.system->telling, &ret->facts[FACT_ALIASES]);
	}
}

/* --- The way ---------------------------------------------------------------------- */

/*
 * The loopback interface alone has longer segments. There the kernel takes half of the
 * largest window it was offered (tcp_bound_to_half_wnd() of Linux's tcp.h), which
 * depends on the moment and says nothing of a path.
 */
enum {
	LINK_MSS_MAX = 16384
};

static void read_connection(struct judging *j, struct check_path *ret)
{
	const struct obs *o = j->connected;
	struct fact *f = ret->facts;
	f[FACT_PEER].seen = f[FACT_SOURCE].seen = f[FACT_MSS].seen = o;
	add(j->arena, &f[FACT_PEER], addr_words(j->arena, &o->tcp.peer));
	if (o->tcp.local.family)
		add(j->arena, &f[FACT_SOURCE], addr_words(j->arena, &o->tcp.local));
	if (o->tcp.info.present && o->tcp.info.snd_mss &&
	    o->tcp.info.snd_mss <= LINK_MSS_MAX)
		add_number(j->arena, &f[FACT_MSS], o->tcp.info.snd_mss);
}

static void read_scan(struct judging *j, const struct obs *o, struct fact *ret)
{
	const struct obs_ttl_scan *s = &o->ttl_scan;
	for (size_t i = 0; i < s->n_steps && !ret->known; i++) {
		enum ttl_answer answer = s->steps[i].answer;
		if (answer != TTL_CONNECTED && answer != TTL_REFUSED)
			continue;
		ret->seen = o;
		add_number(j->arena, ret, s->steps[i].ttl);
	}
}

static void read_probes(struct judging *j, struct check_path *ret)
{
	struct fact *ttl = &ret->facts[FACT_REPLY_TTL];
	for (const struct obs *o = j->first; o; o = o->next_of_target) {
		if (o->kind == OBS_TTL_SCAN)
			read_scan(j, o, &ret->facts[FACT_HOPS]);
		if (o->kind != OBS_REPLY_TTL || ttl->known || !o->reply_ttl.confirmed)
			continue;
		ttl->seen = o;
		add_number(j->arena, ttl, o->reply_ttl.ttl_low);
	}
}

static void read_proxy(struct judging *j, struct check_path *ret)
{
	if (!protocol_connects(j->target->protocol))
		return;
	ret->facts[FACT_PROXY].seen = j->connected;
	add(j->arena, &ret->facts[FACT_PROXY],
	    j->target->proxy ? j->target->proxy->shown_as : "none");
}

/* --- The peer --------------------------------------------------------------------- */

static void read_tls(struct judging *j, struct check_path *ret)
{
	const struct obs_tls *t = &j->tls->tls;
	struct fact *f = ret->facts;
	char expiry[ISO_TIME_MAX];
	f[FACT_ISSUER].seen = f[FACT_TLS_VERSION].seen = f[FACT_EXPIRY].seen = j->tls;
	if (t->version)
		add(j->arena, &f[FACT_TLS_VERSION], t->version);
	if (!t->n_chain)
		return;
	add(j->arena, &f[FACT_ISSUER], t->chain[0].issuer);
	if (iso_time(t->chain[0].not_after, expiry))
		add(j->arena, &f[FACT_EXPIRY], expiry);
}

/* Some services name the address they saw; anything else they disclose is none. */
static void read_egress(struct judging *j, struct check_path *ret)
{
	const struct catalogue_entry *e = j->check->entry;
	struct addr a;
	for (size_t i = 0; e && i < e->n_disclosures; i++) {
		const char *value =
		    answer_disclosed(&e->disclosures[i], &j->http->http, j->arena);
		if (!value || !addr_parse(value, &a))
			continue;
		ret->facts[FACT_EGRESS].seen = j->http;
		add(j->arena, &ret->facts[FACT_EGRESS], addr_words(j->arena, &a));
	}
	sort(&ret->facts[FACT_EGRESS]);
}

/*
 * Others rest on measurements that only a failure or slowness orders, on packets that
 * not every run captures, or are told by a fact of their own: sizes by the MSS,
 * asymmetry by hops and TTL.
 */
static const unsigned lasting = ATTR_TRANSPARENT_TCP_PROXY | ATTR_SYN_PROXY |
				ATTR_FORCED_TUNNEL | ATTR_EXPLICIT_PROXY |
				ATTR_TLS_INSPECTED | ATTR_PRIVATE_ENDPOINT |
				ATTR_SERVICE_ENDPOINT;

static void read_attributes(struct judging *j, struct check_path *ret)
{
	struct fact *f = &ret->facts[FACT_ATTRIBUTES];
	f->known = j->connected || j->verdict->attributes;
	f->seen = j->connected;
	for (unsigned i = 0; i < N_ATTRIBUTES; i++)
		if (j->verdict->attributes & lasting & 1U << i)
			add(j->arena, f, attribute_name(i));
	sort(f);
}

void path_facts_of_check(struct judging *j, struct check_path *ret)
{
	const char *id = j->target->id;
	*ret = (struct check_path){ .id = text_escape(j->arena, id, strlen(id), 4096) };
	read_names(j, ret);
	read_proxy(j, ret);
	read_attributes(j, ret);
	read_probes(j, ret);
	if (j->connected)
		read_connection(j, ret);
	if (j->tls)
		read_tls(j, ret);
	if (j->http)
		read_egress(j, ret);
}

/* --- The run ---------------------------------------------------------------------- */

static void read_resolvers(const struct check_plan *plan, const struct facts *facts,
    struct arena *arena, struct path_facts *ret)
{
	const struct addr *items = plan->probe.resolvers;
	size_t n = plan->probe.n_resolvers;
	if (n == 0 && facts->system) {
		items = facts->system->system.resolvers;
		n = facts->system->system.n_resolvers;
	}
	for (size_t i = 0; i < n; i++)
		add(arena, &ret->resolvers, addr_words(arena, &items[i]));
	ret->resolvers.seen = facts->system;
}

static const struct obs *connection_of(const struct obs *first, const struct addr *peer)
{
	for (const struct obs *o = first; o; o = o->next_of_target)
		if (o->kind == OBS_TCP && o->tcp.outcome == TCP_CONNECTED &&
		    addr_same_ip(&o->tcp.peer, peer))
			return o;
	return NULL;
}

/* The judge's view of a check, rebuilt from its verdict. */
static struct judging view_of(
    const struct facts *facts, struct verdict *v, size_t i, struct arena *arena)
{
	struct judging j = {
		.plan = facts->plan,
		.check = &facts->plan->checks[i],
		.target = &facts->plan->probe.targets[i],
		.facts = facts,
		.arena = arena,
		.first = obslog_first(facts->log, (int)i),
		.verdict = v,
	};
	judge_read(&j);
	j.connected = connection_of(j.first, &v->address);
	return j;
}

static void read_verdict(
    const struct check *c, const struct verdict *v, struct seen_check *ret)
{
	const nsec_t phases[N_PHASES] = { v->dns, v->tcp, v->tls, v->http };
	ret->status = v->status;
	ret->cause = v->cause ? v->cause->name : NULL;
	ret->summary = v->summary;
	ret->inverted = c->must_not_reach;
	memcpy(ret->phases, phases, sizeof phases);
}

void path_facts_of_run(const struct check_plan *plan, const struct obslog *log,
    const struct verdicts *verdicts, struct arena *arena, struct path_facts *ret)
{
	struct facts facts;
	facts_init(&facts, plan, log, -1, arena);
	*ret = (struct path_facts){ .n_checks = verdicts->n_items };
	ret->checks = arena_array(arena, ret->n_checks + 1, sizeof *ret->checks);
	for (size_t i = 0; i < ret->n_checks; i++) {
		struct judging j = view_of(&facts, &verdicts->items[i], i, arena);
		path_facts_of_check(&j, &ret->checks[i].path);
		read_verdict(&plan->checks[i], &verdicts->items[i], &ret->checks[i]);
	}
	read_resolvers(plan, &facts, arena, ret);
}

bool path_facts_count(enum status status, bool inverted)
{
	return !inverted && (status == STATUS_PASS || status == STATUS_WARN);
}
