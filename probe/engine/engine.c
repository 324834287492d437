/* SPDX-License-Identifier: MIT */
#include "probe/engine/engine.h"

#include <errno.h>

#include "probe/base/arena.h"
#include "probe/engine/run.h"
#include "probe/host/system.h"
#include "probe/net/sock.h"
#include "probe/tls/trust.h"

/*
 * Two separate limits: connections are made early and cost no memory of ours, but
 * only this many are in TLS or HTTP at once. The others wait with no clock running.
 */
enum {
	MAX_TALKING = 64,
	MAX_WAITING = 4096,
	SPARE_DESCRIPTORS = 64
};

/*
 * While names are being resolved and attempts started, hardly anybody talks: 64
 * handshakes make one turn of the loop 100 ms long, and an attempt that starts late
 * is known to be dead late.
 */
enum {
	MAX_TALKING_AT_START = 2
};

static const nsec_t start_pause = 20 * NSEC_PER_MSEC;

/* A capture must be emptied before its buffer is full of what others send. */
static const nsec_t tick_interval = 25 * NSEC_PER_MSEC;

const struct obs *engine_append(
    struct engine *e, struct obs *obs, struct run *r, nsec_t begin, nsec_t end)
{
	obs->target = r ? r->index : OBS_NO_TARGET;
	obs->begin = begin - e->start;
	obs->end = end - e->start;
	const struct obs *kept = obslog_append(e->log, obs);
	if (r)
		diagnose_saw(r, kept);
	return kept;
}

void engine_count_socket(struct engine *e, int change)
{
	e->n_sockets = (unsigned)((int)e->n_sockets + change);
}

static bool is_starting(const struct engine *e)
{
	return pacer_is_busy(&e->pacer) || nsec_now() - e->last_answer < start_pause;
}

static void fill_slots(struct engine *e)
{
	unsigned limit = is_starting(e) ? MAX_TALKING_AT_START : MAX_TALKING;

	while (e->queue && e->n_talking < limit) {
		struct run *r = e->queue;
		e->queue = r->next_in_queue;
		if (!e->queue)
			e->queue_tail = &e->queue;
		e->n_waiting--;
		e->n_talking++;
		r->in_slot = true;
		talk_start_in_slot(r);
	}
	pacer_kick(&e->pacer);
}

void engine_want_slot(struct run *r)
{
	struct engine *e = r->engine;
	r->next_in_queue = NULL;
	*e->queue_tail = r;
	e->queue_tail = &r->next_in_queue;
	e->n_waiting++;
	/* Not here: this is somebody's callback. */
	loop_timer_again(e->kick, 0);
}

void engine_leave_slot(struct run *r)
{
	r->in_slot = false;
	r->engine->n_talking--;
	loop_timer_again(r->engine->kick, 0);
}

static void admit(struct engine *e)
{
	const struct plan *p = e->plan;
	while (
	    e->next_run < p->n_targets && (!p->parallel || e->n_active < p->parallel)) {
		e->n_active++;
		run_start(&e->runs[e->next_run++]);
	}
}

static void on_kick(void *arg)
{
	struct engine *e = arg;
	admit(e);
	fill_slots(e);
	if (e->n_left == 0)
		loop_end(e->loop);
}

void engine_chain_done(struct run *r)
{
	struct engine *e = r->engine;
	r->chain_done = true;
	if (r->admitted)
		e->n_active--;
	if (--e->n_chains == 0)
		diagnose_chains_done(e);
	loop_timer_again(e->kick, 0);
	run_begin_idle(r);
	engine_try_end(r);
}

void engine_try_end(struct run *r)
{
	struct engine *e = r->engine;
	if (r->done || !r->chain_done || r->n_errands)
		return;
	r->done = true;
	e->n_left--;
	if (e->hooks->target_done)
		e->hooks->target_done(e->hooks->arg, (unsigned)r->index);
	loop_timer_again(e->kick, 0);
}

static void stop_all(struct engine *e, enum unfinished_reason reason)
{
	/* Neither a slot nor a place that becomes free starts anything now. */
	e->queue = NULL;
	e->queue_tail = &e->queue;
	e->next_run = e->plan->n_targets;
	e->stopping = true;
	diagnose_stop(e);
	for (size_t i = 0; i < e->plan->n_targets; i++) {
		run_stop(&e->runs[i], reason);
		run_stop_idle(&e->runs[i]);
		run_stop_listen(&e->runs[i]);
	}
	/* The loop ends when the last target has: those that clean up take a moment. */
	loop_timer_again(e->kick, 0);
}

static void on_deadline(void *arg)
{
	stop_all(arg, UNFINISHED_DEADLINE);
}

static void on_stop(void *arg, int fd, unsigned events)
{
	struct engine *e = arg;
	(void)fd;
	(void)events;
	loop_io_stop(e->stop_io);
	e->stop_io = NULL;
	e->result = 1;
	stop_all(e, UNFINISHED_INTERRUPTED);
}

static void on_tick(void *arg)
{
	struct engine *e = arg;
	e->hooks->tick(e->hooks->arg);
	loop_timer_again(e->ticker, tick_interval);
}

static bool may_start_attempt(void *arg, const struct pacer_entry *entry)
{
	const struct engine *e = arg;
	const struct attempt *a = entry->owner;
	return a->load->held < PEER_MAX_HELD && e->n_waiting < MAX_WAITING &&
	       e->n_sockets < e->max_sockets;
}

static void start_attempt(void *arg, struct pacer_entry *entry)
{
	(void)arg;
	run_start_attempt(entry->owner);
}

static bool begin(struct engine *e)
{
	unsigned long limit = sock_raise_limit();
	e->max_sockets = limit > 2UL * SPARE_DESCRIPTORS
			     ? (unsigned)(limit - SPARE_DESCRIPTORS)
			     : SPARE_DESCRIPTORS;
	e->queue_tail = &e->queue;
	e->pacer = (struct pacer){
		.may_start = may_start_attempt, .start = start_attempt, .arg = e
	};
	e->loop = loop_new();
	if (!e->loop || !pacer_init(&e->pacer, e->loop))
		return false;
	e->kick = loop_timer_start(e->loop, 0, on_kick, e);
	e->deadline = loop_timer_start(e->loop, e->plan->deadline, on_deadline, e);
	e->dns = dns_client_new(e->loop, e->plan, e->log->arena);
	if (e->hooks->tick)
		e->ticker = loop_timer_start(e->loop, tick_interval, on_tick, e);
	if (e->hooks->stop_fd >= 0)
		e->stop_io =
		    loop_io_start(e->loop, e->hooks->stop_fd, LOOP_READ, on_stop, e);
	return e->kick && e->deadline && e->dns;
}

static void end(struct engine *e)
{
	dns_client_free(e->dns);
	http_client_free(e->http);
	pacer_deinit(&e->pacer);
	loop_timer_stop(e->kick);
	loop_timer_stop(e->deadline);
	loop_timer_stop(e->ticker);
	loop_io_stop(e->stop_io);
	loop_free(e->loop);
}

static void describe_system(struct engine *e)
{
	struct obs o = { .stage = STAGE_HOST, .kind = OBS_SYSTEM };
	o.system = system_observe(&e->system.resolv, e->log->arena);
	engine_append(e, &o, NULL, e->start, nsec_now());
}

int engine_run(
    const struct plan *plan, struct obslog *log, const struct engine_hooks *hooks)
{
	struct engine e = { .plan = plan, .log = log, .hooks = hooks };
	const struct sock_watch watch = { .connecting = hooks->connecting,
		.connected = hooks->connected,
		.arg = hooks->arg };

	e.start = nsec_now();
	log->started_wall = nsec_wall();
	if (!begin(&e)) {
		end(&e);
		return -ENOMEM;
	}
	resolv_conf_read(RESOLV_CONF_PATH, log->arena, &e.system.resolv);
	hosts_file_read(HOSTS_PATH, log->arena, &e.system.hosts);
	describe_system(&e);
	e.runs = arena_array(log->arena, plan->n_targets, sizeof *e.runs);
	e.n_left = e.n_chains = (unsigned)plan->n_targets;
	for (size_t i = 0; i < plan->n_targets; i++) {
		e.runs[i].engine = &e;
		e.runs[i].target = &plan->targets[i];
		e.runs[i].index = (int)i;
		e.runs[i].fd = -1;
		run_begin_listen(&e.runs[i]);
	}
	sock_set_watch(hooks->connecting ? &watch : NULL);
	if (!plan->no_diagnose)
		diagnose_begin(&e);
	loop_run(e.loop);
	diagnose_end(&e);
	sock_set_watch(NULL);
	log->duration = nsec_now() - e.start;
	end(&e);
	return e.result;
}

int engine_check_cacert(const char *path, char *err, size_t err_size)
{
	return trust_check_file(path, err, err_size);
}
