/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_WHY_CAPTURED_STREAM_H
#define CHECKS_WHY_CAPTURED_STREAM_H

#include "checks/judge/judge_stages.h"
#include "checks/why/why.h"

/*
 * What the packets of connections say that opened and then went dead. All of it is
 * nothing when packets may be missing in the capture.
 */

/** Adds what the packets show of a size limit; returns on how many connections. */
unsigned captured_size(struct judging *j, const struct addr *peer, bool up);

/**
 * A silence that no comparison has explained: by the sizes that got through, or by a
 * SYN-ACK that is repeated. Leaves *w alone when the packets do not say either.
 */
void captured_silence(struct judging *j, const struct stream_death *d, struct why *w);

/**
 * The peer repeats its SYN-ACK behind our data, on at least two connections: it hears
 * nothing but SYNs. Says so; false = the packets do not show it.
 */
bool captured_deaf(struct judging *j, const struct addr *peer);

/** What sent the resets of connections to one address and port that had sent data. */
struct captured_senders {
	unsigned resets;
	unsigned early;     /* came sooner than the round trip of handshakes allows */
	unsigned other_ttl; /* have another TTL than all else, and so has a control */
	unsigned stateless; /* by a sender that has no such connection */
	unsigned guessed;   /* in bursts, by a sender that guesses the numbers */
	unsigned acking;    /* acknowledge our data themselves */
	unsigned out_of_order; /* in an order that one TCP does not send */
	unsigned abort;        /* by the very stack that had acknowledged our data */
	bool alone;            /* nothing followed on any of two or more connections */
};

/** Says what follows from them, once it was seen twice. */
struct captured_senders captured_senders(struct judging *j, const struct addr *peer);

#endif
