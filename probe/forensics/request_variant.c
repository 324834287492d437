/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/dns/query.h"
#include "probe/dns/system_config.h"
#include "probe/forensics/job.h"
#include "probe/http/http_client.h"
#include "probe/model/dns_chain.h"
#include "probe/tcp/connect.h"

/*
 * One HTTP request by itself: name, connection, TLS and answer, to the first address
 * that is found. What differs from the check's own request, the order says.
 */
struct request {
	struct job job;
	struct dns_query *query;
	struct tcp_connect *connect;
	struct http_transfer *transfer;
	bool asked_v6;
};

/* A front end answers in far less, and the report waits for it. */
static const nsec_t answer_limit = 2500 * NSEC_PER_MSEC;

static struct obs_request_variant *facts(struct request *r)
{
	return &r->job.obs.request_variant;
}

static const struct target *target_of(const struct request *r)
{
	return r->job.order.request;
}

static const char *contact_host(const struct target *t)
{
	if (t->proxy)
		return t->proxy->host;
	return t->connect_host ? t->connect_host : t->host;
}

static uint16_t contact_port(const struct target *t)
{
	if (t->proxy)
		return t->proxy->port;
	return t->connect_port ? t->connect_port : t->port;
}

/* --- The answer ------------------------------------------------------------------- */

static void keep_result(struct request *r, const struct http_result *result)
{
	struct arena *arena = r->job.f->arena;
	struct obs_request_variant *o = facts(r);

	if (result->has_tls) {
		o->tls = arena_memdup(arena, &result->tls, sizeof result->tls);
		o->n_tls = 1;
	}
	if (result->has_http) {
		o->http = arena_memdup(arena, &result->http, sizeof result->http);
		o->n_http = 1;
	}
}

static void on_answer(void *arg, const struct http_result *result)
{
	struct request *r = arg;

	r->transfer = NULL;
	keep_result(r, result);
	http_stream_close(result->stream);
	job_end(&r->job, ORDER_DONE, 0);
}

/* --- The connection --------------------------------------------------------------- */

static void keep_connection(struct request *r, const struct obs_tcp *result)
{
	struct obs_tcp *tcp = arena_memdup(r->job.f->arena, result, sizeof *result);

	tcp->via_proxy = facts(r)->via_proxy;
	facts(r)->tcp = tcp;
	facts(r)->n_tcp = 1;
}

static void on_connected(
    void *arg, const struct obs_tcp *result, nsec_t begin, nsec_t end, int fd)
{
	struct request *r = arg;
	const struct forensics *f = r->job.f;
	const struct target *t = target_of(r);
	const struct http_call call = { .target = t,
		.request = &t->request,
		.upgrade = protocol_is_websocket(t->protocol) };

	(void)begin;
	(void)end;
	r->connect = NULL;
	keep_connection(r, result);
	if (fd < 0) {
		bool cannot = result->outcome == TCP_CANNOT_TRY;
		job_end(&r->job, cannot ? ORDER_CANNOT : ORDER_DONE, result->err);
		return;
	}
	r->transfer = http_transfer_start(
	    *f->http, &call, fd, &facts(r)->peer, answer_limit, on_answer, r);
	if (!r->transfer)
		job_end(&r->job, ORDER_CANNOT, ENOMEM);
}

static void contact(struct request *r, const struct addr *address)
{
	const struct tcp_connect_options options = { .timeout = FORENSICS_SYN_WAIT };
	struct forensics *f = r->job.f;

	facts(r)->peer = *address;
	if (!r->job.order.peer.family)
		facts(r)->peer.port = contact_port(target_of(r));
	r->job.packets = order_packets(&r->job.order);
	r->connect = tcp_connect_start_with(
	    f->loop, f->plan, &facts(r)->peer, &options, on_connected, r);
	if (!r->connect)
		job_end(&r->job, ORDER_CANNOT, ENOMEM);
}

/* --- The name --------------------------------------------------------------------- */

static void ask(struct request *r, uint16_t type);

static bool first_address(const struct obs_dns *answer, struct addr *ret)
{
	struct dns_chain chain;

	if (answer->outcome != DNS_ANSWERED)
		return false;
	dns_chain_follow(answer->records, answer->n_records, answer->name, &chain);
	return dns_chain_addresses(answer->records, answer->n_records, &chain,
		   answer->type, ret, 1) > 0;
}

static void on_name(void *arg, const struct dns_result *result)
{
	struct request *r = arg;
	struct addr address;

	if (result->more)
		return;
	r->query = NULL;
	facts(r)->dns = arena_memdup(r->job.f->arena, &result->dns, sizeof result->dns);
	facts(r)->n_dns = 1;
	if (first_address(&result->dns, &address))
		contact(r, &address);
	else if (!r->asked_v6 && r->job.f->plan->only_family != AF_INET)
		ask(r, DNS_TYPE_AAAA);
	else
		job_end(&r->job, ORDER_DONE, 0);
}

static void ask(struct request *r, uint16_t type)
{
	const struct forensics *f = r->job.f;
	const struct plan *p = f->plan;
	const struct dns_question question = {
		.name = contact_host(target_of(r)),
		.type = type,
		.server = p->n_resolvers ? p->resolvers[0] : f->resolv->servers[0],
		.role = p->n_resolvers ? DNS_GIVEN : DNS_SYSTEM,
	};

	r->asked_v6 = type == DNS_TYPE_AAAA;
	r->query = dns_query_start(f->dns, &question, on_name, r);
	if (!r->query)
		job_end(&r->job, ORDER_CANNOT, ENOMEM);
}

/* An address that needs no question. */
static bool known_address(const struct request *r, struct addr *ret)
{
	const struct target *t = target_of(r);
	const struct hosts_entry *h;
	size_t pos = 0;

	if (r->job.order.peer.family) {
		*ret = r->job.order.peer;
		return true;
	}
	if (t->n_pinned && !t->proxy) {
		*ret = t->pinned[0];
		return true;
	}
	if (addr_parse(contact_host(t), ret))
		return true;
	h = hosts_file_next(r->job.f->hosts, contact_host(t), &pos);
	if (h)
		*ret = h->address;
	return h != NULL;
}

static void begin(struct job *job)
{
	struct request *r = (struct request *)job;
	struct forensics *f = job->f;
	struct addr address;

	if (!f->http || !f->dns) {
		job_end(job, ORDER_UNSUPPORTED, 0);
		return;
	}
	if (!*f->http)
		*f->http = http_client_new(f->loop, f->plan, f->arena);
	if (!*f->http)
		job_end(job, ORDER_CANNOT, ENOMEM);
	else if (known_address(r, &address))
		contact(r, &address);
	else
		ask(r, f->plan->only_family == AF_INET6 ? DNS_TYPE_AAAA : DNS_TYPE_A);
}

static void stop(struct job *job)
{
	struct request *r = (struct request *)job;
	struct http_result result;

	if (r->query)
		dns_query_cancel(r->query);
	r->query = NULL;
	if (r->connect) {
		struct obs_tcp tcp = tcp_connect_cancel(r->connect);
		r->connect = NULL;
		tcp.outcome = TCP_TIMEOUT;
		keep_connection(r, &tcp);
	}
	if (r->transfer) {
		http_transfer_cancel(r->transfer, &result);
		r->transfer = NULL;
		keep_result(r, &result);
	}
}

const struct job_kind job_request_variant = {
	.size = sizeof(struct request), .begin = begin, .stop = stop
};
