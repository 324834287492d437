/* SPDX-License-Identifier: MIT */
#include "probe/engine/run.h"

#include <errno.h>
#include <unistd.h>

#include "probe/base/arena.h"

/* The port that is really dialled: the proxy's, --connect-to's or the target's. */
static uint16_t contact_port(const struct target *t)
{
	if (t->proxy)
		return t->proxy->port;
	return t->connect_port ? t->connect_port : t->port;
}

const char *run_contact_host(const struct target *t)
{
	if (t->proxy)
		return t->proxy->host;
	return t->connect_host ? t->connect_host : t->host;
}

void run_open(struct run *r)
{
	r->open++;
}

void run_close(struct run *r)
{
	if (--r->open == 0 && !r->chain_done) {
		lookup_stop(r);
		engine_chain_done(r);
	}
}

void run_start(struct run *r)
{
	const struct target *t = r->target;
	struct addr literal;

	run_open(r);
	r->admitted = true;
	r->fd = -1;
	for (size_t i = 0; i < t->n_pinned; i++)
		run_add_address(r, &t->pinned[i]);
	/* Whoever is watched is not contacted. */
	if (t->n_pinned == 0 && t->protocol != PROTO_INBOUND) {
		if (addr_parse(run_contact_host(t), &literal))
			run_add_address(r, &literal);
		else
			lookup_start(r);
	}
	run_close(r);
}

void run_add_address(struct run *r, const struct addr *a)
{
	struct engine *e = r->engine;

	if (e->plan->only_family && a->family != e->plan->only_family)
		return;
	for (size_t i = 0; i < r->n_attempts; i++)
		if (addr_same_ip(&r->attempts[i]->peer, a))
			return;
	if (r->n_attempts == OBS_MAX_ADDRESSES || r->target->protocol == PROTO_DNS)
		return;
	struct attempt *attempt = arena_alloc(e->log->arena, sizeof *attempt);
	r->attempts[r->n_attempts++] = attempt;
	attempt->run = r;
	attempt->waiting.owner = attempt;
	attempt->peer = *a;
	attempt->peer.port = contact_port(r->target);
	attempt->load = peers_get(&e->peers, &attempt->peer, e->log->arena);
	run_open(r);
	pacer_add(&e->pacer, &attempt->waiting);
}

static void end_attempt(struct attempt *a)
{
	a->connect = NULL;
	a->udp = NULL;
	a->ended = true;
	engine_count_socket(a->run->engine, -1);
	pacer_kick(&a->run->engine->pacer);
}

static void on_connect_done(
    void *arg, const struct obs_tcp *result, nsec_t begin, nsec_t end, int fd)
{
	struct attempt *a = arg;
	struct run *r = a->run;
	struct obs o = { .stage = STAGE_TCP, .kind = OBS_TCP, .tcp = *result };

	end_attempt(a);
	o.tcp.via_proxy = r->target->proxy != NULL;
	engine_append(r->engine, &o, r, begin, end);
	if (fd >= 0 && r->target->protocol != PROTO_TCP && !r->has_winner) {
		r->has_winner = true;
		r->peer_time += end - begin;
		talk_begin(r, fd, a);
	} else if (fd >= 0) {
		/* Whoever talks has its peer, whichever address connects after it. */
		if (r->target->protocol == PROTO_TCP && !r->reached) {
			r->reached = true;
			r->peer = result->peer;
		}
		close(fd);
	}
	run_close(r);
}

static void on_udp_done(
    void *arg, const struct obs_udp *result, nsec_t begin, nsec_t end)
{
	struct attempt *a = arg;
	struct obs o = { .stage = STAGE_UDP, .kind = OBS_UDP, .udp = *result };

	end_attempt(a);
	engine_append(a->run->engine, &o, a->run, begin, end);
	run_close(a->run);
}

/* Without memory for its state the attempt is still owed an observation. */
static void report_no_attempt(struct attempt *a)
{
	struct obs o = { .stage = STAGE_TCP,
		.kind = OBS_TCP,
		.tcp = { .peer = a->peer, .outcome = TCP_CANNOT_TRY, .err = ENOMEM } };
	end_attempt(a);
	engine_append(a->run->engine, &o, a->run, a->started_at, a->started_at);
	run_close(a->run);
}

void run_start_attempt(struct attempt *a)
{
	struct engine *e = a->run->engine;

	a->started = true;
	a->started_at = nsec_now();
	engine_count_socket(e, 1);
	if (a->run->target->protocol == PROTO_UDP)
		a->udp = udp_send_start(e->loop, e->plan, &a->peer, on_udp_done, a);
	else
		a->connect =
		    tcp_connect_start(e->loop, e->plan, &a->peer, on_connect_done, a);
	if (!a->udp && !a->connect)
		report_no_attempt(a);
}

void run_connect_again(struct run *r, const struct addr *peer)
{
	for (size_t i = 0; i < r->n_attempts; i++) {
		struct attempt *a = r->attempts[i];
		if (!addr_same_ip(&a->peer, peer))
			continue;
		r->has_winner = false;
		a->started = a->ended = false;
		run_open(r);
		pacer_add(&r->engine->pacer, &a->waiting);
		return;
	}
}

/* Returns the stage that was waiting, and since when. */
static enum stage stop_attempts(struct run *r, nsec_t *ret_since)
{
	enum stage stage = STAGE_DNS;
	for (size_t i = 0; i < r->n_attempts; i++) {
		struct attempt *a = r->attempts[i];
		if (a->ended)
			continue;
		stage = r->target->protocol == PROTO_UDP ? STAGE_UDP : STAGE_TCP;
		if (!a->started) {
			pacer_remove(&r->engine->pacer, &a->waiting);
			continue;
		}
		if (!*ret_since || a->started_at < *ret_since)
			*ret_since = a->started_at;
		if (a->connect)
			tcp_connect_cancel(a->connect);
		if (a->udp)
			udp_send_cancel(a->udp);
		end_attempt(a);
	}
	return stage;
}

void run_stop(struct run *r, enum unfinished_reason reason)
{
	nsec_t now = nsec_now(), since = 0;
	struct obs o = { .kind = OBS_UNFINISHED };

	if (r->chain_done || r->cleaning)
		return;
	o.unfinished.reason = r->admitted ? reason : UNFINISHED_NOT_STARTED;
	o.stage = STAGE_DNS;
	if (r->admitted) {
		nsec_t waited = lookup_stop(r);
		o.stage = stop_attempts(r, &since);
		if (o.stage == STAGE_DNS && waited)
			since = now - waited;
		talk_stop(r, &o.stage, &since);
	}
	o.unfinished.waited = since ? now - since : 0;
	engine_append(r->engine, &o, r, since ? since : now, now);
	if (!r->cleaning)
		engine_chain_done(r);
}
