/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_NET_ERROR_H
#define CHECKS_NET_ERROR_H

#include "checks/facts/facts.h"
#include "checks/judge/verdict.h"
#include "probe/model/flow.h"

/*
 * From an errno and the ICMP error beside it to a cause. The errno alone confuses a
 * refusal with "port unreachable" and an administrative prohibition with an
 * expired TTL, so the error queue always speaks first (ip(7), IP_RECVERR).
 */

struct net_error {
	const struct addr *peer, *local; /* local may have family 0 */
	const struct icmp_error *icmp;
	int err;
	nsec_t waited;  /* from the attempt to the error */
	bool timed_out; /* nothing came in time */
	bool bound;     /* --source or --interface was given */
	bool udp;
};

struct net_cause {
	const char *cause;
	enum confidence confidence;
	enum status status; /* fail, or inconclusive when we could not try */
	bool from_device;   /* icmp->offender sent it: checks that share it group */
};

struct net_cause net_error_judge(const struct facts *f, const struct net_error *e);

/**
 * Whether this says no more than that the machine has no IPv6: an attempt that
 * failed at once, by this machine's own decision.
 */
bool net_error_means_no_ipv6(const struct net_error *e);

/** "ICMP 3/13 (prohibited by a filter) from 10.1.0.1", or "" when none came. */
const char *icmp_words(struct arena *arena, const struct icmp_error *icmp);

/** "Connection refused"; the same in every locale. */
const char *errno_words(int err);

/** The first ICMP error that quotes a flow, as a socket would have been told of it. */
struct icmp_error net_error_of_flow(const struct flow_icmp *i);

#endif
