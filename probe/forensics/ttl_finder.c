/* SPDX-License-Identifier: MIT */
#include "probe/forensics/ttl_finder.h"

static const nsec_t patience = 150 * NSEC_PER_MSEC;

bool ttl_finder_supported(const struct forensics *f, const struct addr *peer)
{
	return peer->family == AF_INET ? f->can.min_ttl : f->can.min_hop_count;
}

static enum tcp_reply reply_of(const struct volley_shot *s)
{
	if (volley_is_syn_ack(s))
		return REPLY_SYN_ACK;
	return volley_is_reset(s) ? REPLY_RESET : REPLY_NONE;
}

/* The first question has no threshold: its reply is the one whose TTL is sought. */
static void learn_reply(struct ttl_finder *t)
{
	t->reply = reply_of(&t->volley.shots[0]);
	t->err = t->volley.shots[0].result.err;
	for (size_t i = 1; i < t->volley.n_shots && t->reply == REPLY_NONE; i++)
		t->reply = reply_of(&t->volley.shots[i]);
}

static bool fire(struct ttl_finder *t)
{
	struct volley *v = &t->volley;
	v->n_shots = t->search.n_asked;
	for (size_t i = 0; i < v->n_shots; i++)
		v->shots[i].options =
		    (struct tcp_connect_options){ .timeout = FORENSICS_SYN_WAIT,
			    .min_ttl = t->search.asked[i] };
	unsigned sent = volley_fire(v);
	t->packets += sent;
	return sent > 0;
}

static void on_volley(void *arg)
{
	struct ttl_finder *t = arg;
	bool answered[TTL_SEARCH_MAX] = { false };

	if (t->search.rounds == 1)
		learn_reply(t);
	for (size_t i = 0; i < t->volley.n_shots; i++) {
		const struct volley_shot *s = &t->volley.shots[i];
		enum tcp_reply reply = reply_of(s);
		if (reply == REPLY_NONE)
			continue;
		answered[i] = reply == t->reply;
		t->mixed |= reply != t->reply;
		if (!t->rtt || s->rtt < t->rtt)
			t->rtt = s->rtt;
	}
	ttl_search_answer(&t->search, answered);
	if (!ttl_search_next(&t->search) || !fire(t))
		t->found(t->arg);
}

bool ttl_finder_start(struct ttl_finder *t, struct forensics *f,
    const struct addr *peer, void (*found)(void *arg), void *arg)
{
	*t = (struct ttl_finder){ .found = found, .arg = arg };
	t->volley = (struct volley){ .f = f,
		.peer = *peer,
		.patience = patience,
		.all_ended = on_volley,
		.arg = t };
	ttl_search_init(&t->search);
	ttl_search_next(&t->search);
	return fire(t);
}

void ttl_finder_stop(struct ttl_finder *t)
{
	if (t->volley.timer)
		volley_stop(&t->volley);
}
