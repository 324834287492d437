/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "probe/base/arena.h"
#include "probe/engine/run.h"
#include "probe/forensics/counters.h"
#include "probe/forensics/forensics.h"
#include "probe/model/order.h"

/*
 * Baselines of every run, and the orders of the follow_up hook. The hook is asked and
 * jobs are begun from a timer, never inside the call that made them necessary; the
 * timer also spreads them, since a scan sends 16 SYNs at once.
 */

enum {
	ERRANDS_PER_TURN = 64, /* route lookups send nothing */
	PACKETS_PER_TURN = 32,
	ERRAND_SOCKETS = 16, /* most that one job has open */
	CANARY_PORT = 443,
	CANARY_ODD_PORT = 42443, /* nobody proxies or listens there */
	/* Orders without packets need a limit as well. */
	TARGET_ORDERS = 64,
	N_STAGES = STAGE_UDP + 1,
};

static const nsec_t turn = 2 * NSEC_PER_MSEC;
static const nsec_t quiet = 100 * NSEC_PER_MSEC; /* before SYNs are counted late */
static const nsec_t watch_interval = 100 * NSEC_PER_MSEC;
static const nsec_t linger = NSEC_PER_SEC; /* beyond the connect timeout */

/* One order on its way to its observation. */
struct errand {
	struct errand *next, *previous;
	struct engine *engine;
	struct run *run; /* NULL = baseline */
	struct order order;
	struct job *job; /* NULL = waiting for its turn */
	unsigned promised;
};

/* The hook is still to be asked about this. */
struct question {
	struct question *next;
	struct run *run;
	struct follow_up_event event;
};

struct diagnosis {
	struct forensics forensics;
	struct counter_set before;
	struct loop_timer *pace, *watch, *linger;
	struct errand waiting, running; /* heads of rings */
	struct question *questions, **questions_tail;
	unsigned packets;             /* promised and sent, whole run */
	nsec_t slowest[N_STAGES];     /* of those that passed the phase */
	const struct errand *counted; /* runs; nothing else is begun meanwhile */
	nsec_t begun;                 /* when the last errand was */
	bool stopped;
};

static void ring_init(struct errand *head)
{
	head->next = head->previous = head;
}

static void ring_add(struct errand *head, struct errand *x)
{
	x->next = head;
	x->previous = head->previous;
	head->previous->next = x;
	head->previous = x;
}

static void ring_remove(struct errand *x)
{
	x->previous->next = x->next;
	x->next->previous = x->previous;
}

/* Errands */

static bool asks_hook(const struct engine *e)
{
	return e->hooks->follow_up && !e->diagnosis->stopped;
}

static void ask(struct run *r, const struct follow_up_event *event)
{
	struct engine *e = r->engine;
	struct diagnosis *d = e->diagnosis;

	if (!asks_hook(e) || r->n_orders >= TARGET_ORDERS)
		return;
	struct question *q = arena_alloc(e->log->arena, sizeof *q);
	q->run = r;
	q->event = *event;
	*d->questions_tail = q;
	d->questions_tail = &q->next;
	r->n_errands++;
	loop_timer_again(d->pace, 0);
}

/* One errand or question less; the last one may end the target. */
static void settle(struct run *r)
{
	r->n_errands--;
	engine_try_end(r);
}

/* What was promised and not sent is there for others. */
static void pay(struct errand *x, unsigned sent)
{
	unsigned change = x->promised - (sent < x->promised ? sent : x->promised);
	x->engine->diagnosis->packets -= change;
	if (x->run)
		x->run->packets -= change;
}

static const struct obs *report(struct errand *x, struct obs *o)
{
	return engine_append(x->engine, o, x->run, o->begin, o->end);
}

/* Its job is over. */
static void end_errand(struct errand *x)
{
	struct diagnosis *d = x->engine->diagnosis;

	ring_remove(x);
	x->job = NULL;
	engine_count_socket(x->engine, -ERRAND_SOCKETS);
	if (d->counted == x)
		d->counted = NULL;
}

static void on_job_done(void *arg, struct obs *obs, unsigned packets)
{
	struct errand *x = arg;
	struct engine *e = x->engine;

	end_errand(x);
	pay(x, packets);
	const struct obs *kept = report(x, obs);
	loop_timer_again(e->diagnosis->pace, 0);
	if (!x->run)
		return;
	struct follow_up_event event = { .moment = FOLLOW_UP_OBSERVED,
		.stage = obs->stage,
		.peer = x->order.peer,
		.obs = kept };
	ask(x->run, &event);
	settle(x->run);
}

static bool promise(struct errand *x)
{
	struct diagnosis *d = x->engine->diagnosis;
	x->promised = order_packets(&x->order);
	if (d->packets + x->promised > ORDER_RUN_PACKETS ||
	    (x->run && x->run->packets + x->promised > ORDER_TARGET_PACKETS)) {
		x->promised = 0;
		return false;
	}
	d->packets += x->promised;
	if (x->run)
		x->run->packets += x->promised;
	return true;
}

static void add_errand(struct engine *e, struct run *r, const struct order *order)
{
	struct errand *x = arena_alloc(e->log->arena, sizeof *x);
	struct obs refused;

	*x = (struct errand){ .engine = e, .run = r, .order = *order };
	if (r)
		r->n_orders++;
	if (!promise(x)) {
		job_refuse(order, ORDER_NO_BUDGET, &refused);
		report(x, &refused);
		return;
	}
	if (r)
		r->n_errands++;
	ring_add(&e->diagnosis->waiting, x);
	loop_timer_again(e->diagnosis->pace, 0);
}

static void start_errand(struct errand *x)
{
	struct engine *e = x->engine;
	struct obs refused;

	ring_remove(x);
	x->job = job_start(&e->diagnosis->forensics, &x->order, on_job_done, x);
	if (x->job) {
		engine_count_socket(e, ERRAND_SOCKETS);
		ring_add(&e->diagnosis->running, x);
		if (x->order.kind == ORDER_COUNTED_SYNS)
			e->diagnosis->counted = x;
		return;
	}
	pay(x, 0);
	job_refuse(&x->order, ORDER_CANNOT, &refused);
	report(x, &refused);
	if (x->run)
		settle(x->run);
}

/* Ends an errand before its time. */
static void cut(struct errand *x)
{
	struct obs obs;
	unsigned sent = 0;

	if (x->job) {
		job_cancel(x->job, &obs, &sent);
		end_errand(x);
	} else {
		ring_remove(x);
		job_refuse(&x->order, ORDER_CUT, &obs);
	}
	pay(x, sent);
	report(x, &obs);
	if (x->run)
		settle(x->run);
}

/* Cuts a ring; baselines only when they are meant too. */
static void cut_all(struct errand *head, bool baselines)
{
	struct errand *x = head->next;
	while (x != head) {
		struct errand *next = x->next;
		if (x->run || baselines)
			cut(x);
		x = next;
	}
}

/* Questions */

static struct attempt *attempt_to(struct run *r, const struct addr *peer)
{
	for (size_t i = 0; i < r->n_attempts; i++)
		if (addr_same_ip(&r->attempts[i]->peer, peer))
			return r->attempts[i];
	return NULL;
}

/* The way to an address in trouble is looked up once, whatever else is ordered. */
static void ask_route(struct run *r, const struct addr *peer)
{
	struct attempt *a = attempt_to(r, peer);
	const struct order order = { .kind = ORDER_ROUTE, .peer = *peer };
	if (!a || a->route_asked || !asks_hook(r->engine))
		return;
	a->route_asked = true;
	add_errand(r->engine, r, &order);
}

static void answer_question(struct question *q)
{
	struct run *r = q->run;
	struct engine *e = r->engine;
	struct order orders[ORDER_MAX];
	size_t n = 0;

	if (asks_hook(e))
		n = e->hooks->follow_up(
		    e->hooks->arg, (unsigned)r->index, &q->event, orders, ORDER_MAX);
	for (size_t i = 0; i < n && i < ORDER_MAX; i++)
		add_errand(e, r, &orders[i]);
	settle(r);
}

static void answer_questions(struct diagnosis *d)
{
	while (d->questions) {
		struct question *q = d->questions;
		d->questions = q->next;
		if (!d->questions)
			d->questions_tail = &d->questions;
		answer_question(q);
	}
}

static bool has_room(const struct engine *e)
{
	const struct diagnosis *d = e->diagnosis;
	return e->n_sockets + ERRAND_SOCKETS <= e->max_sockets ||
	       d->running.next == &d->running;
}

/*
 * Counted SYNs hold everything else up. Once some were in vain (packets of others get
 * lost on this host, such as those that the guest agent drops), the rest come last.
 */
static struct errand *next_errand(const struct diagnosis *d)
{
	struct errand *x = d->waiting.next;

	while (d->forensics.counted_in_vain && x != &d->waiting &&
	       x->order.kind == ORDER_COUNTED_SYNS)
		x = x->next;
	return x == &d->waiting ? x->next : x;
}

/* How long it still waits: packets of what was begun just now would be counted too. */
static nsec_t pause_before(const struct diagnosis *d, const struct errand *x)
{
	nsec_t left = d->begun + quiet - nsec_now();

	if (!d->forensics.counted_in_vain || x->order.kind != ORDER_COUNTED_SYNS)
		return 0;
	return left > 0 ? left : 0;
}

static void on_pace(void *arg)
{
	struct engine *e = arg;
	struct diagnosis *d = e->diagnosis;
	unsigned packets = 0;

	answer_questions(d);
	for (unsigned i = 0; i < ERRANDS_PER_TURN && packets < PACKETS_PER_TURN &&
			     d->waiting.next != &d->waiting;
	     i++) {
		/* One that ends gives its sockets back, and comes here. */
		if (!has_room(e) || d->counted)
			return;
		struct errand *x = next_errand(d);
		nsec_t pause = pause_before(d, x);
		if (pause > 0) {
			loop_timer_again(d->pace, pause);
			return;
		}
		packets += x->promised;
		if (x->order.kind != ORDER_COUNTED_SYNS)
			d->begun = nsec_now();
		start_errand(x);
	}
	if (d->waiting.next != &d->waiting)
		loop_timer_again(d->pace, turn);
}

/* What is worth a question */

/* Sets *ret_peer; returns whether the observation is of a phase that can fail. */
static bool judge_phase(const struct obs *o, bool *ret_failed, struct addr *ret_peer)
{
	switch (o->kind) {
	case OBS_DNS:
		*ret_failed = o->dns.outcome != DNS_ANSWERED || o->dns.rcode != 0;
		*ret_peer = o->dns.server;
		return true;
	case OBS_TCP:
		*ret_failed = o->tcp.outcome != TCP_CONNECTED;
		*ret_peer = o->tcp.peer;
		return true;
	case OBS_TLS:
		*ret_failed = o->tls.outcome != TLS_DONE || !o->tls.verified;
		*ret_peer = o->tls.peer;
		return true;
	case OBS_HTTP:
		*ret_failed = o->http.outcome != HTTP_ANSWERED;
		*ret_peer = o->http.peer;
		return true;
	case OBS_EXCHANGE:
		*ret_failed = o->exchange.outcome != EXCHANGE_ANSWERED;
		*ret_peer = o->exchange.peer;
		return true;
	default:
		return false;
	}
}

void diagnose_saw(struct run *r, const struct obs *obs)
{
	struct diagnosis *d = r->engine->diagnosis;
	struct follow_up_event event = {
		.moment = FOLLOW_UP_FAILED, .stage = obs->stage, .obs = obs
	};
	bool failed;

	if (!d || !judge_phase(obs, &failed, &event.peer))
		return;
	if (failed) {
		ask_route(r, &event.peer);
		ask(r, &event);
		return;
	}
	if (obs->end - obs->begin > d->slowest[obs->stage])
		d->slowest[obs->stage] = obs->end - obs->begin;
	if (obs->kind == OBS_HTTP) {
		event.moment = FOLLOW_UP_ANSWERED;
		ask(r, &event);
	}
}

static bool is_slow(const struct diagnosis *d, enum stage stage, nsec_t waited)
{
	return waited >= FOLLOW_UP_SLOW_AFTER && waited > d->slowest[stage];
}

static void tell_slow(
    struct run *r, enum stage stage, const struct addr *peer, nsec_t waited)
{
	struct follow_up_event event = { .moment = FOLLOW_UP_SLOW,
		.stage = stage,
		.peer = *peer,
		.waited = waited };

	if (stage == STAGE_HTTP || stage == STAGE_WEBSOCKET)
		event.info = talk_facts(r);
	ask_route(r, peer);
	ask(r, &event);
}

static void watch_run(struct run *r, nsec_t now)
{
	const struct diagnosis *d = r->engine->diagnosis;
	const struct addr *server;
	enum stage stage;
	nsec_t since, waited;

	while ((server = lookup_next_slow(
		    r, FOLLOW_UP_SLOW_AFTER, d->slowest[STAGE_DNS], &waited)))
		tell_slow(r, STAGE_DNS, server, waited);
	for (size_t i = 0; i < r->n_attempts; i++) {
		struct attempt *a = r->attempts[i];
		if (!a->connect || a->told_slow ||
		    !is_slow(d, STAGE_TCP, now - a->started_at))
			continue;
		a->told_slow = true;
		tell_slow(r, STAGE_TCP, &a->peer, now - a->started_at);
	}
	if (!talk_is_waiting(r, &stage, &since) || (r->told_slow & 1U << stage) ||
	    !is_slow(d, stage, now - since))
		return;
	r->told_slow |= 1U << stage;
	tell_slow(r, stage, &r->peer, now - since);
}

static void on_watch(void *arg)
{
	struct engine *e = arg;
	nsec_t now = nsec_now();

	for (size_t i = 0; i < e->next_run; i++)
		if (!e->runs[i].chain_done)
			watch_run(&e->runs[i], now);
	loop_timer_again(e->diagnosis->watch, watch_interval);
}

/* Baselines */

static bool connects_directly(const struct plan *p)
{
	for (size_t i = 0; i < p->n_targets; i++) {
		const struct target *t = &p->targets[i];
		if (!t->proxy && protocol_connects(t->protocol))
			return true;
	}
	return false;
}

/* A device that answers for an address that cannot exist answers for others too. */
static void watch_canary(struct engine *e)
{
	const struct plan *p = e->plan;
	struct order route = { .kind = ORDER_ROUTE, .peer = p->canary };
	struct order usual = { .kind = ORDER_CONTROL_CONNECT,
		.peer = p->canary,
		.purpose = CONTROL_CANARY };
	struct order odd = usual;

	if (!p->canary.family || !connects_directly(p) ||
	    (p->only_family && p->only_family != p->canary.family))
		return;
	route.peer.port = usual.peer.port = CANARY_PORT;
	odd.peer.port = CANARY_ODD_PORT;
	odd.purpose = CONTROL_CANARY_ODD;
	add_errand(e, NULL, &route);
	add_errand(e, NULL, &usual);
	add_errand(e, NULL, &odd);
}

void diagnose_begin(struct engine *e)
{
	struct diagnosis *d = arena_alloc(e->log->arena, sizeof *d);
	struct obs o = { .kind = OBS_CAPABILITIES, .stage = STAGE_HOST };
	nsec_t begin = nsec_now();

	d->pace = loop_timer_start(e->loop, 0, on_pace, e);
	d->watch = loop_timer_start(e->loop, watch_interval, on_watch, e);
	if (!d->pace || !d->watch) {
		loop_timer_stop(d->pace);
		loop_timer_stop(d->watch);
		return;
	}
	ring_init(&d->waiting);
	ring_init(&d->running);
	d->questions_tail = &d->questions;
	forensics_init(&d->forensics, e->loop, e->plan, e->log->arena);
	d->forensics.dns = e->dns;
	d->forensics.resolv = &e->system.resolv;
	d->forensics.hosts = &e->system.hosts;
	d->forensics.http = &e->http;
	o.capabilities = d->forensics.can;
	engine_append(e, &o, NULL, begin, nsec_now());
	counters_read(&d->before);
	d->forensics.counters = &d->before;
	e->diagnosis = d;
	watch_canary(e);
}

static void on_linger(void *arg)
{
	diagnose_stop(arg);
}

void diagnose_chains_done(struct engine *e)
{
	struct diagnosis *d = e->diagnosis;
	if (d && !d->stopped && !d->linger)
		d->linger = loop_timer_start(
		    e->loop, e->plan->connect_timeout + linger, on_linger, e);
}

void diagnose_stop(struct engine *e)
{
	struct diagnosis *d = e->diagnosis;
	if (!d || d->stopped)
		return;
	d->stopped = true;
	answer_questions(d);
	cut_all(&d->waiting, false);
	cut_all(&d->running, false);
}

static void append_counters(struct engine *e)
{
	struct diagnosis *d = e->diagnosis;
	struct obs o = { .kind = OBS_COUNTERS, .stage = STAGE_HOST };
	struct counter_set after;

	counters_read(&after);
	counters_compare(&d->before, &after, e->log->arena, &o.counters);
	counters_read_conntrack(&o.counters);
	engine_append(e, &o, NULL, e->start, nsec_now());
}

void diagnose_end(struct engine *e)
{
	struct diagnosis *d = e->diagnosis;
	if (!d)
		return;
	diagnose_stop(e);
	cut_all(&d->waiting, true);
	cut_all(&d->running, true);
	append_counters(e);
	loop_timer_stop(d->pace);
	loop_timer_stop(d->watch);
	loop_timer_stop(d->linger);
	forensics_deinit(&d->forensics);
}
