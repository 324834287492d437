/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "probe/base/arena.h"
#include "probe/forensics/job.h"
#include "probe/forensics/volley.h"

/*
 * SYNs that live for 1 to OBS_MAX_HOPS hops, all at once. Routers limit how many ICMP
 * errors they send, so that what stayed silent is asked once more.
 */
struct scan {
	struct job job;
	struct volley volley;
	struct ttl_step *steps;
	unsigned ttls[VOLLEY_MAX]; /* of the shots in the air */
	bool second;
};

static const nsec_t wait_for_hop = 700 * NSEC_PER_MSEC;
/* Once somebody has answered, three times his time, and at least this. */
static const nsec_t patience = 400 * NSEC_PER_MSEC;

enum {
	ICMP_TIME_EXCEEDED = 11,
	ICMP6_TIME_EXCEEDED_TYPE = 3
};

static bool is_expiry(const struct icmp_error *e)
{
	return e->present && !e->local &&
	       e->type == (e->v6 ? ICMP6_TIME_EXCEEDED_TYPE : ICMP_TIME_EXCEEDED);
}

static enum ttl_answer answer_of(const struct volley_shot *s)
{
	if (volley_is_syn_ack(s))
		return TTL_CONNECTED;
	if (volley_is_reset(s))
		return TTL_REFUSED;
	if (is_expiry(&s->result.icmp))
		return TTL_EXCEEDED;
	if (s->result.icmp.present && !s->result.icmp.local)
		return TTL_ICMP;
	return s->result.outcome == TCP_TIMEOUT ? TTL_SILENT : TTL_ERROR;
}

static void keep(struct scan *scan)
{
	for (size_t i = 0; i < scan->volley.n_shots; i++) {
		const struct volley_shot *s = &scan->volley.shots[i];
		struct ttl_step *step = &scan->steps[scan->ttls[i] - 1];
		step->answer = answer_of(s);
		step->icmp = s->result.icmp;
		step->err = s->result.err;
		step->rtt = s->rtt;
		step->retried = scan->second;
	}
}

static bool aim(struct scan *scan)
{
	struct volley *v = &scan->volley;
	v->n_shots = 0;
	for (unsigned ttl = 1; ttl <= OBS_MAX_HOPS; ttl++) {
		if (scan->second && scan->steps[ttl - 1].answer != TTL_SILENT)
			continue;
		scan->ttls[v->n_shots] = ttl;
		v->shots[v->n_shots++].options =
		    (struct tcp_connect_options){ .timeout = wait_for_hop, .ttl = ttl };
	}
	return v->n_shots > 0;
}

static void finish(struct scan *scan)
{
	const struct ttl_step *first = &scan->steps[0];
	if (first->answer == TTL_ERROR && job_is_our_fault(first->err))
		job_end(&scan->job, ORDER_CANNOT, first->err);
	else
		/* Without ICMP a silent hop may have answered: only SYN-ACKs and resets
		 * say something then. */
		job_end(&scan->job,
		    scan->job.f->can.syn_icmp ? ORDER_DONE : ORDER_UNSUPPORTED, 0);
}

static void on_volley(void *arg)
{
	struct scan *scan = arg;
	keep(scan);
	if (scan->second) {
		finish(scan);
		return;
	}
	scan->second = true;
	if (!aim(scan)) {
		finish(scan);
		return;
	}
	unsigned sent = volley_fire(&scan->volley);
	scan->job.packets += sent;
	if (!sent)
		job_end(&scan->job, ORDER_CANNOT, ENOMEM);
}

static void begin(struct job *job)
{
	struct scan *scan = (struct scan *)job;
	scan->steps = arena_array(job->f->arena, OBS_MAX_HOPS, sizeof *scan->steps);
	for (unsigned i = 0; i < OBS_MAX_HOPS; i++)
		scan->steps[i].ttl = i + 1;
	job->obs.ttl_scan.steps = scan->steps;
	job->obs.ttl_scan.n_steps = OBS_MAX_HOPS;
	scan->volley = (struct volley){ .f = job->f,
		.peer = job->order.peer,
		.patience = patience,
		.all_ended = on_volley,
		.arg = scan };
	aim(scan);
	job->packets = volley_fire(&scan->volley);
	if (!job->packets)
		job_end(job, ORDER_CANNOT, ENOMEM);
}

static void stop(struct job *job)
{
	struct scan *scan = (struct scan *)job;
	if (!scan->volley.timer)
		return;
	volley_stop(&scan->volley);
	keep(scan);
}

const struct job_kind job_ttl_scan = {
	.size = sizeof(struct scan), .begin = begin, .stop = stop
};
