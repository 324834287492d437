/* SPDX-License-Identifier: MIT */
#ifndef PROBE_TCP_CONNECT_H
#define PROBE_TCP_CONNECT_H

#include <stdbool.h>

#include "probe/loop/loop.h"
#include "probe/model/obs.h"
#include "probe/model/plan.h"

/*
 * One TCP connection attempt to one address. The outcome is what the kernel says:
 * SO_ERROR, the ICMP error queue and TCP_INFO.
 */
struct tcp_connect;

/**
 * The attempt has ended; begin and end are absolute monotonic times. On
 * TCP_CONNECTED fd is the callee's, otherwise -1. The attempt is over and freed when
 * this is called.
 */
typedef void tcp_connect_done_fn(
    void *arg, const struct obs_tcp *result, nsec_t begin, nsec_t end, int fd);

/**
 * Sends the SYN at once; done is never called inside this call. A failure to open a
 * socket is reported through done as TCP_CANNOT_TRY. NULL only without memory.
 */
struct tcp_connect *tcp_connect_start(struct loop *loop, const struct plan *plan,
    const struct addr *peer, tcp_connect_done_fn *done, void *arg);

/** What a probe does differently; zero members leave the system's choice. */
struct tcp_connect_options {
	nsec_t timeout;     /* instead of plan->connect_timeout */
	unsigned ttl;       /* of what we send; hop limit in IPv6 */
	unsigned min_ttl;   /* least TTL of what is taken (ip(7), IP_MINTTL) */
	unsigned max_seg;   /* TCP_MAXSEG: what we send and what we ask for */
	struct addr source; /* address and port; instead of plan->source */
	bool abort;         /* closing it resets it, so that its port is free again */
};

/** The same with options; NULL = none. An option the kernel refuses: TCP_CANNOT_TRY. */
struct tcp_connect *tcp_connect_start_with(struct loop *loop, const struct plan *plan,
    const struct addr *peer, const struct tcp_connect_options *options,
    tcp_connect_done_fn *done, void *arg);

/** Ends the attempt without a call back and returns what is known so far. */
struct obs_tcp tcp_connect_cancel(struct tcp_connect *c);

#endif
