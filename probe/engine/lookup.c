/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/vec.h"
#include "probe/engine/run.h"
#include "probe/model/dns_chain.h"

/*
 * All servers are asked side by side, so that their answers can be compared; the
 * addresses that are contacted are those the system itself would use: the hosts
 * file's, else those of the first configured server that answers.
 */

/*
 * How long an earlier server may stay silent once a later one has answered, and how
 * long AAAA may take once A is there (RFC 8305 section 3 calls it resolution delay).
 */
static const nsec_t patience = 250 * NSEC_PER_MSEC;
static const nsec_t resolution_delay = 50 * NSEC_PER_MSEC;

enum {
	N_TYPES = 2
};

struct lookup_server {
	struct lookup *lookup;
	struct dns_question question; /* type is set for each query */
	struct dns_query *queries[N_TYPES];
	unsigned n_open;
	bool answered; /* NOERROR or NXDOMAIN: the system would ask no further */
	bool failed;   /* an answer is missing: it would, unless there is an address */
	bool for_comparison; /* never a source of addresses */
	bool told_slow;
	nsec_t waited; /* longest that an answer of it took */
	struct addr *addresses;
	size_t n_addresses, cap;
};

struct lookup {
	struct run *run;
	struct lookup_server *servers;
	size_t n_servers;
	const struct lookup_server *chosen;
	struct loop_timer *timer;
	bool out_of_patience;
	bool decided; /* the hosts file has the addresses */
};

static const uint16_t types[N_TYPES] = { DNS_TYPE_A, DNS_TYPE_AAAA };

static void contact_addresses(struct lookup *l, const struct lookup_server *s)
{
	for (size_t i = 0; i < s->n_addresses; i++)
		run_add_address(l->run, &s->addresses[i]);
}

static void on_timer(void *arg);

static void wait_for(struct lookup *l, nsec_t delay)
{
	if (!l->timer)
		l->timer = loop_timer_start(l->run->engine->loop, delay, on_timer, l);
}

/* What an earlier, still silent server is waiting for: another's answer, or AAAA. */
static bool later_one_answered(const struct lookup *l, size_t i)
{
	for (; i < l->n_servers; i++) {
		const struct lookup_server *s = &l->servers[i];
		if (!s->for_comparison && s->answered && !s->n_open)
			return true;
	}
	return false;
}

static void choose(struct lookup *l)
{
	for (size_t i = 0; i < l->n_servers && !l->chosen && !l->decided; i++) {
		const struct lookup_server *s = &l->servers[i];
		if (s->for_comparison)
			continue;
		bool knows = s->n_addresses || (s->answered && !s->failed);
		bool ready = knows && (!s->n_open || l->out_of_patience);
		if (ready) {
			l->chosen = s;
			l->run->peer_time += s->waited;
		} else if (s->n_open) {
			if (s->n_addresses)
				wait_for(l, resolution_delay);
			else if (later_one_answered(l, i + 1))
				wait_for(l, patience);
			if (!l->out_of_patience)
				return;
		}
	}
	if (!l->chosen)
		return;
	l->run->engine->last_answer = nsec_now();
	contact_addresses(l, l->chosen);
}

static void on_timer(void *arg)
{
	struct lookup *l = arg;
	l->out_of_patience = true;
	choose(l);
}

static void keep_addresses(struct lookup_server *s, const struct obs_dns *answer)
{
	struct arena *arena = s->lookup->run->engine->log->arena;
	struct addr found[OBS_MAX_ADDRESSES];
	struct dns_chain chain;

	dns_chain_follow(answer->records, answer->n_records, answer->name, &chain);
	size_t n = dns_chain_addresses(answer->records, answer->n_records, &chain,
	    answer->type, found, OBS_MAX_ADDRESSES);
	for (size_t i = 0; i < n; i++) {
		s->addresses = vec_grow(
		    arena, s->addresses, s->n_addresses, &s->cap, sizeof *s->addresses);
		s->addresses[s->n_addresses++] = found[i];
	}
}

static void on_answer(void *arg, const struct dns_result *result)
{
	struct lookup_server *s = arg;
	struct run *r = s->lookup->run;
	const struct obs_dns *dns = &result->dns;
	struct obs o = { .stage = STAGE_DNS, .kind = OBS_DNS, .dns = *dns };

	enum {
		NOERROR = 0,
		NXDOMAIN = 3
	};

	engine_append(r->engine, &o, r, result->begin, result->end);
	if (result->end - result->begin > s->waited)
		s->waited = result->end - result->begin;
	if (result->more)
		return;
	s->queries[dns->type == DNS_TYPE_AAAA] = NULL;
	s->n_open--;
	if (dns->outcome == DNS_ANSWERED &&
	    (dns->rcode == NOERROR || dns->rcode == NXDOMAIN)) {
		s->answered = true;
		keep_addresses(s, dns);
	} else {
		s->failed = true;
	}
	choose(s->lookup);
	run_close(r);
}

static void ask(struct lookup_server *s, unsigned i)
{
	struct run *r = s->lookup->run;

	s->question.type = types[i];
	run_open(r);
	s->n_open++;
	s->queries[i] = dns_query_start(r->engine->dns, &s->question, on_answer, s);
	if (!s->queries[i]) {
		s->n_open--;
		run_close(r);
	}
}

static void ask_server(struct lookup_server *s)
{
	sa_family_t only = s->lookup->run->engine->plan->only_family;
	if (only != AF_INET6)
		ask(s, 0);
	if (only != AF_INET)
		ask(s, 1);
}

static void add_server(
    struct lookup *l, const struct addr *server, enum dns_server_role role)
{
	for (size_t i = 0; i < l->n_servers; i++)
		if (addr_same_ip(&l->servers[i].question.server, server) &&
		    l->servers[i].question.server.port == server->port)
			return;
	l->servers[l->n_servers++] = (struct lookup_server){
		.lookup = l,
		.question = { .name = run_contact_host(l->run->target),
		    .server = *server,
		    .role = role },
		/* dns.azure asks the platform alone: there its answer is the answer. */
		.for_comparison = role == DNS_PLATFORM && !l->run->target->ask_only,
	};
}

static void choose_servers(struct lookup *l)
{
	const struct engine *e = l->run->engine;
	const struct plan *p = e->plan;
	const struct target *t = l->run->target;
	bool compare = t->compare_platform_dns && p->platform_dns.family;
	size_t n = p->n_resolvers ? p->n_resolvers : e->system.resolv.n_servers;

	l->servers = arena_array(e->log->arena, n + compare, sizeof *l->servers);
	if (t->ask_only) {
		add_server(l, t->ask_only, DNS_PLATFORM);
		return;
	}
	for (size_t i = 0; i < p->n_resolvers; i++)
		add_server(l, &p->resolvers[i], DNS_GIVEN);
	for (size_t i = 0; !p->n_resolvers && i < e->system.resolv.n_servers; i++)
		add_server(l, &e->system.resolv.servers[i], DNS_SYSTEM);
	if (compare)
		add_server(l, &p->platform_dns, DNS_PLATFORM);
}

/* glibc's "hosts: files dns": an entry there means that no server is asked. */
static void read_hosts_file(struct lookup *l)
{
	struct run *r = l->run;
	const char *name = run_contact_host(r->target);
	const struct hosts_entry *h;
	size_t pos = 0;
	nsec_t now = nsec_now();

	if (r->target->ask_only)
		return;
	while ((h = hosts_file_next(&r->engine->system.hosts, name, &pos))) {
		struct obs o = { .stage = STAGE_DNS,
			.kind = OBS_HOSTS_FILE,
			.hosts_file = {
			    .name = h->name, .address = h->address, .line = h->line } };
		l->decided = true;
		engine_append(r->engine, &o, r, now, now);
		run_add_address(r, &h->address);
	}
}

void lookup_start(struct run *r)
{
	struct lookup *l = arena_alloc(r->engine->log->arena, sizeof *l);

	r->lookup = l;
	l->run = r;
	read_hosts_file(l);
	choose_servers(l);
	for (size_t i = 0; i < l->n_servers; i++)
		ask_server(&l->servers[i]);
}

static nsec_t server_waited(const struct lookup_server *s)
{
	nsec_t waited = 0;

	for (unsigned k = 0; k < N_TYPES; k++)
		if (s->queries[k] && dns_query_waited(s->queries[k]) > waited)
			waited = dns_query_waited(s->queries[k]);
	return waited;
}

const struct addr *lookup_next_slow(
    struct run *r, nsec_t at_least, nsec_t more_than, nsec_t *ret_waited)
{
	struct lookup *l = r->lookup;

	for (size_t i = 0; l && i < l->n_servers; i++) {
		struct lookup_server *s = &l->servers[i];
		*ret_waited = server_waited(s);
		if (s->told_slow || s->for_comparison || *ret_waited < at_least ||
		    *ret_waited <= more_than)
			continue;
		s->told_slow = true;
		return &s->question.server;
	}
	return NULL;
}

nsec_t lookup_stop(struct run *r)
{
	struct lookup *l = r->lookup;
	nsec_t waited = 0;

	for (size_t i = 0; l && i < l->n_servers; i++) {
		for (unsigned k = 0; k < N_TYPES; k++) {
			struct dns_query *q = l->servers[i].queries[k];
			if (!q)
				continue;
			if (dns_query_waited(q) > waited)
				waited = dns_query_waited(q);
			dns_query_cancel(q);
			l->servers[i].queries[k] = NULL;
		}
	}
	if (l) {
		loop_timer_stop(l->timer);
		l->timer = NULL;
	}
	return waited;
}
