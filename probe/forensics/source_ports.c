/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "probe/base/arena.h"
#include "probe/forensics/job.h"
#include "probe/forensics/volley.h"

/*
 * The same source ports in several rounds: a path that is chosen by a hash of the
 * ports fails for the same ports each time, loss does not. A limit takes those that
 * come last, so every round has an order of its own. All rounds bind: a port that
 * connect() chooses may be in use towards others, and then cannot be bound again.
 */
struct sweep {
	struct job job;
	struct volley volley;
	struct port_try *tries;
	struct addr sources[VOLLEY_MAX]; /* in the order of this round */
	unsigned n_ports, rounds, round;
	uint32_t random;
};

static const nsec_t patience = 350 * NSEC_PER_MSEC;

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

/* Marsaglia's xorshift: the same orders for the same peer, so that runs compare. */
static uint32_t next_random(struct sweep *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 17;
	s->random ^= s->random << 5;
	return s->random;
}

static void shuffle(struct sweep *s)
{
	for (unsigned i = s->n_ports - 1; i > 0; i--) {
		unsigned k = next_random(s) % (i + 1);
		struct addr other = s->sources[k];
		s->sources[k] = s->sources[i];
		s->sources[i] = other;
	}
}

static uint32_t seed_of(const struct addr *peer)
{
	uint32_t seed = peer->port;
	for (size_t i = 0; i < sizeof peer->ip; i++)
		seed = seed * 31 + peer->ip[i];
	return seed ? seed : 1; /* of nothing but zeros comes nothing else */
}

static bool fire(struct sweep *s)
{
	if (s->round++)
		shuffle(s);
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
	s->random = seed_of(&job->order.peer);
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
