/* SPDX-License-Identifier: MIT */
#ifndef PROBE_FORENSICS_VOLLEY_H
#define PROBE_FORENSICS_VOLLEY_H

#include "probe/forensics/forensics.h"
#include "probe/tcp/connect.h"

/* Several connection attempts to one peer at once, each with options of its own. */

enum {
	VOLLEY_MAX = 16
};

struct volley_shot {
	struct tcp_connect_options options; /* set before volley_fire() */
	/* Afterwards: */
	struct obs_tcp result; /* TCP_TIMEOUT until it is answered */
	nsec_t rtt;            /* SYN to answer; 0 = silent */
	bool ended;

	struct volley *volley;
	struct tcp_connect *connect;
};

struct volley {
	struct volley_shot shots[VOLLEY_MAX];
	size_t n_shots, n_open;
	nsec_t slowest_rtt; /* of the answers so far; 0 = none yet */

	struct forensics *f;
	struct addr peer;
	struct loop_timer *timer;
	nsec_t begun;
	/*
	 * Silent shots need no longer be waited for than three times the slowest
	 * answer, yet at least this long; 0 = always for their own timeout.
	 */
	nsec_t patience;
	void (*all_ended)(void *arg); /* never inside volley_fire() */
	void *arg;
};

/**
 * Starts every shot; callbacks, peer and options must be set. Returns how many SYNs
 * that are, 0 without memory: nothing runs then.
 */
unsigned volley_fire(struct volley *v);

/** Ends what is open without a call back. Results stay. */
void volley_stop(struct volley *v);

/** Whether the shot got a SYN-ACK, or a reset (no ICMP error). */
bool volley_is_syn_ack(const struct volley_shot *s);
bool volley_is_reset(const struct volley_shot *s);

#endif
