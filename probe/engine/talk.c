/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "probe/engine/run.h"
#include "probe/net/sock.h"

/* However slow name and connection were, a peer gets this long to answer. */
static const nsec_t shortest_budget = 500 * NSEC_PER_MSEC;

/* A server that hangs up on every one of so many connections means it. */
enum {
	MAX_STALE = 3
};

nsec_t talk_budget(const struct run *r)
{
	nsec_t left = r->engine->plan->timeout - r->peer_time;
	return left > shortest_budget ? left : shortest_budget;
}

/* We could not even begin: an observation about us, never about the peer. */
static void give_up(struct run *r)
{
	nsec_t now = nsec_now();
	struct obs o = { .kind = OBS_UNFINISHED,
		.stage = protocol_is_tls(r->target->protocol) ? STAGE_TLS : STAGE_HTTP,
		.unfinished = { .reason = UNFINISHED_NOT_STARTED } };
	engine_append(r->engine, &o, r, now, now);
}

static void hold(struct run *r, struct peer *peer)
{
	engine_count_socket(r->engine, 1);
	r->held = peer;
	peer->held++;
}

static void let_go(struct run *r)
{
	engine_count_socket(r->engine, -1);
	r->held->held--;
	r->held = NULL;
	pacer_kick(&r->engine->pacer);
}

static void on_exchange_done(
    void *arg, const struct obs_exchange *result, nsec_t begin, nsec_t end)
{
	struct run *r = arg;
	struct obs o = {
		.stage = STAGE_TCP, .kind = OBS_EXCHANGE, .exchange = *result
	};

	r->exchange = NULL;
	engine_count_socket(r->engine, -1);
	engine_append(r->engine, &o, r, begin, end);
	run_close(r);
}

void talk_begin(struct run *r, int fd, const struct attempt *winner)
{
	struct engine *e = r->engine;

	run_open(r);
	hold(r, winner->load);
	r->talk_begin = nsec_now();
	r->peer = winner->peer;
	if (protocol_is_http(r->target->protocol)) {
		r->fd = fd;
		engine_want_slot(r);
		return;
	}
	r->exchange = exchange_start(e->loop, e->log->arena, r->target->protocol, fd,
	    &winner->peer, talk_budget(r), on_exchange_done, r);
	if (!r->exchange) {
		let_go(r);
		give_up(r);
		run_close(r);
	}
}

static void append_result(struct run *r, const struct http_result *result)
{
	struct engine *e = r->engine;

	if (result->has_tls) {
		struct obs o = {
			.stage = STAGE_TLS, .kind = OBS_TLS, .tls = result->tls
		};
		engine_append(e, &o, r, result->tls_begin, result->tls_end);
	}
	if (result->has_http) {
		r->reached = result->http.outcome == HTTP_ANSWERED;
		r->upgraded = result->http.accept_valid;
		struct obs o = {
			.stage = result->http.upgrade ? STAGE_WEBSOCKET : STAGE_HTTP,
			.kind = OBS_HTTP,
			.http = result->http,
		};
		engine_append(e, &o, r, result->http_begin, result->http_end);
	}
}

static void leave(struct run *r)
{
	r->transfer = NULL;
	let_go(r);
	engine_leave_slot(r);
}

void talk_end(struct run *r)
{
	leave(r);
	run_close(r);
}

static void on_http_done(void *arg, const struct http_result *result)
{
	struct run *r = arg;

	append_result(r, result);
	r->transfer = NULL;
	if (!talk_websocket_begin(r, result))
		talk_end(r);
}

void talk_start_in_slot(struct run *r)
{
	struct engine *e = r->engine;
	int fd = r->fd;

	r->fd = -1;
	r->talk_begin = nsec_now();
	if (r->n_stale < MAX_STALE && sock_is_stale(fd)) {
		/* It died while it waited for us, which is no fault of the peer. */
		r->n_stale++;
		close(fd);
		run_connect_again(r, &r->peer);
		talk_end(r);
		return;
	}
	r->call = (struct http_call){ .target = r->target,
		.request = &r->target->request,
		.upgrade = protocol_is_websocket(r->target->protocol) };
	if (!e->http)
		e->http = http_client_new(e->loop, e->plan, e->log->arena);
	if (e->http)
		r->transfer = http_transfer_start(
		    e->http, &r->call, fd, &r->peer, talk_budget(r), on_http_done, r);
	else
		close(fd);
	if (!r->transfer) {
		give_up(r);
		talk_end(r);
	}
}

void talk_stop(struct run *r, enum stage *ret_stage, nsec_t *ret_since)
{
	struct http_result result;

	if (r->fd >= 0) {
		/* Still waiting for a slot: nobody was due to answer. */
		close(r->fd);
		r->fd = -1;
		*ret_stage =
		    protocol_is_tls(r->target->protocol) ? STAGE_TLS : STAGE_HTTP;
		*ret_since = 0;
	} else if (r->exchange) {
		exchange_cancel(r->exchange);
		r->exchange = NULL;
		*ret_stage = STAGE_TCP;
		*ret_since = r->talk_begin;
	} else if (r->transfer) {
		http_transfer_cancel(r->transfer, &result);
		r->transfer = NULL;
		*ret_stage = STAGE_HTTP;
		*ret_since = r->talk_begin;
		if (result.has_tls && result.tls.outcome != TLS_DONE) {
			*ret_stage = STAGE_TLS;
		} else if (result.has_tls) {
			result.has_http = false;
			append_result(r, &result);
			*ret_since = result.tls_end;
		}
	} else if (r->websocket) {
		*ret_stage = STAGE_WEBSOCKET;
		*ret_since = talk_websocket_stop(r);
	}
}

struct tcp_facts talk_facts(const struct run *r)
{
	return r->transfer ? http_transfer_facts(r->transfer) : (struct tcp_facts){ 0 };
}

bool talk_is_waiting(const struct run *r, enum stage *ret_stage, nsec_t *ret_since)
{
	*ret_stage = STAGE_TCP;
	*ret_since = r->talk_begin;
	if (r->transfer) {
		*ret_stage = protocol_is_websocket(r->target->protocol)
				 ? STAGE_WEBSOCKET
				 : STAGE_HTTP;
		if (http_transfer_in_tls(r->transfer, ret_since))
			*ret_stage = STAGE_TLS;
	}
	return r->exchange || r->transfer;
}
