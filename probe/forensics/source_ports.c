/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "probe/base/arena.h"
#include "probe/forensics/job.h"
#include "probe/forensics/volley.h"

/*
 * The same source ports in several rounds: a path that is chosen by a hash of the
 * ports fails for the same ports each time, loss does not. All rounds bind: a port
 * that connect() chooses may be in use towards others, and then cannot be bound again.
 */
struct sweep {
	struct job job;
	struct volley volley;
	struct port_try *tries;
	struct addr sources[VOLLEY_MAX];
	unsigned n_ports, rounds, round;
};

static const nsec_t patience = 400 * NSEC_PER_MSEC;

static void keep(struct sweep *s)
{
	for (size_t i = 0; i < s->volley.n_shots; i++) {
		const struct volley_shot *shot = &s->volley.shots[i];
		struct port_try *t = &s->tries[s->job.obs.source_ports.n_tries++];
		if (!s->sources[i].port && shot->result.local.family)
			s->sources[i] = shot->result.local;
		*t = (struct port_try){
			.port = s->sources[i].port,
			.round = s->round,
			.outcome = shot->result.outcome,
			.err = shot->result.err,
			.rtt = shot->rtt,
		};
	}
}

static bool fire(struct sweep *s)
{
	s->round++;
	s->volley.n_shots = s->n_ports;
	for (unsigned i = 0; i < s->n_ports; i++)
		s->volley.shots[i].options =
		    (struct tcp_connect_options){ .timeout = FORENSICS_SYN_WAIT,
			    .source = s->sources[i],
			    .abort = true };
	unsigned sent = volley_fire(&s->volley);
	s->job.packets += sent;
	return sent > 0;
}

static void on_volley(void *arg)
{
	struct sweep *s = arg;
	keep(s);
	if (s->round == s->rounds)
		job_end(&s->job, ORDER_DONE, 0);
	else if (!fire(s))
		job_end(&s->job, ORDER_CANNOT, ENOMEM);
}

static unsigned within(unsigned asked, unsigned usual, unsigned most)
{
	unsigned n = asked ? asked : usual;
	return n < most ? n : most;
}

static void begin(struct job *job)
{
	struct sweep *s = (struct sweep *)job;
	s->n_ports = within(job->order.n_ports, ORDER_PORTS, VOLLEY_MAX);
	s->rounds = within(job->order.rounds, ORDER_ROUNDS, OBS_MAX_TRIES / s->n_ports);
	s->tries = arena_array(
	    job->f->arena, (size_t)s->n_ports * s->rounds, sizeof *s->tries);
	job->obs.source_ports.tries = s->tries;
	/* In the first round any port; the address only if the user has chosen one. */
	struct addr any = { .family = job->order.peer.family };
	if (job->f->plan->source.family == any.family)
		any = job->f->plan->source;
	any.port = 0;
	for (unsigned i = 0; i < s->n_ports; i++)
		s->sources[i] = any;
	s->volley = (struct volley){ .f = job->f,
		.peer = job->order.peer,
		.patience = patience,
		.all_ended = on_volley,
		.arg = s };
	if (!fire(s))
		job_end(job, ORDER_CANNOT, ENOMEM);
}

static void stop(struct job *job)
{
	struct sweep *s = (struct sweep *)job;
	if (!s->volley.timer)
		return;
	volley_stop(&s->volley);
	keep(s);
}

const struct job_kind job_source_ports = {
	.size = sizeof(struct sweep), .begin = begin, .stop = stop
};
