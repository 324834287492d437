/* SPDX-License-Identifier: MIT */
#include "probe/forensics/volley.h"

#include <errno.h>
#include <unistd.h>

static void on_ended(void *arg)
{
	struct volley *v = arg;
	volley_stop(v);
	v->all_ended(v->arg);
}

/* Everybody has answered, or has had his time. */
static void set_timer(struct volley *v)
{
	if (!v->n_open) {
		loop_timer_again(v->timer, 0);
	} else if (v->patience && v->slowest_rtt) {
		nsec_t limit = 3 * v->slowest_rtt;
		if (limit < v->patience)
			limit = v->patience;
		nsec_t left = v->begun + limit - nsec_now();
		loop_timer_again(v->timer, left > 0 ? left : 0);
	}
}

static void on_connect_done(
    void *arg, const struct obs_tcp *result, nsec_t begin, nsec_t end, int fd)
{
	struct volley_shot *s = arg;
	struct volley *v = s->volley;

	if (fd >= 0)
		close(fd);
	s->connect = NULL;
	s->ended = true;
	s->result = *result;
	v->n_open--;
	if (result->outcome == TCP_CONNECTED || result->outcome == TCP_FAILED) {
		/* The kernel's own measurement is free of the delays of our loop. */
		nsec_t kernel = (nsec_t)result->info.rtt_us * NSEC_PER_USEC;
		s->rtt =
		    result->outcome == TCP_CONNECTED && kernel ? kernel : end - begin;
		if (s->rtt > v->slowest_rtt)
			v->slowest_rtt = s->rtt;
		set_timer(v);
	}
	if (!v->n_open)
		set_timer(v);
}

unsigned volley_fire(struct volley *v)
{
	v->begun = nsec_now();
	v->slowest_rtt = 0;
	v->n_open = 0;
	v->timer = loop_timer_start(v->f->loop, 0, on_ended, v);
	if (!v->timer)
		return 0;
	loop_timer_pause(v->timer);
	for (size_t i = 0; i < v->n_shots; i++) {
		struct volley_shot *s = &v->shots[i];
		*s = (struct volley_shot){
			.options = s->options,
			.volley = v,
			.result = { .peer = v->peer, .outcome = TCP_TIMEOUT },
		};
		s->connect = tcp_connect_start_with(
		    v->f->loop, v->f->plan, &v->peer, &s->options, on_connect_done, s);
		if (!s->connect) {
			volley_stop(v);
			return 0;
		}
		v->n_open++;
	}
	return (unsigned)v->n_shots;
}

void volley_stop(struct volley *v)
{
	for (size_t i = 0; i < v->n_shots; i++) {
		struct volley_shot *s = &v->shots[i];
		if (!s->connect)
			continue;
		s->result = tcp_connect_cancel(s->connect);
		s->result.outcome = TCP_TIMEOUT;
		s->connect = NULL;
	}
	v->n_open = 0;
	loop_timer_stop(v->timer);
	v->timer = NULL;
}

bool volley_is_syn_ack(const struct volley_shot *s)
{
	return s->result.outcome == TCP_CONNECTED;
}

bool volley_is_reset(const struct volley_shot *s)
{
	return s->result.outcome == TCP_FAILED && s->result.err == ECONNREFUSED &&
	       !s->result.icmp.present;
}
