/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_INBOUND_FACTS_H
#define CHECKS_INBOUND_FACTS_H

#include "checks/judge/finding.h"

/*
 * What came to a watched port, by what it says of the requirement. A public address may
 * be the service as long as no list of ranges says otherwise; a private one never is.
 */
enum inbound_from {
	INBOUND_NOBODY,
	INBOUND_OTHERS,  /* addresses that are not the service's */
	INBOUND_UNKNOWN, /* public addresses, and no list of ranges was given */
	INBOUND_SERVICE, /* in the ranges of the required service tag */
};

struct inbound_facts {
	const struct obs *listeners; /* OBS_LISTENERS, or NULL */
	const struct obs *inbound;   /* OBS_INBOUND, NULL = nothing could be seen */
	bool lossy;                  /* packets may be missing */

	/* Of those who say most; all that follows is about them. */
	enum inbound_from from;
	const struct inbound_peer *peers[OBS_MAX_INBOUND_PEERS];
	size_t n_peers;
	struct inbound_peer
	    sum;             /* of their counts; local and interfaces: the first's */
	unsigned unanswered; /* neither SYN-ACK, reset nor ICMP error left */
	unsigned unacknowledged; /* answered, and the peer neither took nor reset it */
};

void inbound_facts_read(const struct judging *j, struct inbound_facts *ret);

/** The address from which Azure's load balancers ask whether a port is open. */
bool inbound_is_health_probe(const struct addr *a);

/** Who a peer is for this check. */
enum inbound_from inbound_from(const struct judging *j, const struct obs_inbound *seen,
    const struct inbound_peer *p);

/** Whether something listens for connections to local (or, NULL, to any address). */
enum inbound_listening {
	LISTENING_UNKNOWN,
	LISTENING_NEVER,
	LISTENING_AT_TIMES, /* at the begin or at the end only */
	LISTENING_ALWAYS,
};

enum inbound_listening inbound_listening(
    const struct inbound_facts *f, const struct addr *local);

#endif
