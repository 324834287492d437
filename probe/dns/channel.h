/* SPDX-License-Identifier: MIT */
#ifndef PROBE_DNS_CHANNEL_H
#define PROBE_DNS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/base/nsec.h"
#include "probe/model/obs.h"
#include "probe/model/plan.h"

struct loop;

/*
 * One c-ares channel on our loop: one server over one transport, with our own
 * sockets underneath, so that errno and the ICMP error queue are ours and what
 * datagrams say is read from the wire and not from c-ares' copy. Only channel.c
 * includes c-ares. Retries, clocks and limits are those of query.c; here one call
 * sends one message.
 */

/** How a message ended. */
enum dns_try_end {
	DNS_TRY_ANSWERED,  /* bytes are the answer */
	DNS_TRY_NO_ANSWER, /* c-ares gave up waiting, or the channel is going away */
	DNS_TRY_GARBAGE,   /* c-ares could not read what came */
	DNS_TRY_FAILED,    /* the connection failed: dns_channel_failure() */
	DNS_TRY_REFUSED,   /* c-ares did not take the message, or no memory */
};

struct dns_try;

/** bytes are borrowed, and set only for DNS_TRY_ANSWERED. */
typedef void dns_try_fn(
    struct dns_try *t, enum dns_try_end end, const uint8_t *bytes, size_t len);

/** One message under way; the caller's memory until fn is called. */
struct dns_try {
	dns_try_fn *fn;
	void *arg;
	uint16_t id;  /* on the wire; newer c-ares choose it anew (UDP only) */
	bool pending; /* fn has still to be called */
};

struct dns_channel_hooks {
	/*
	 * A datagram came. Returns whether c-ares may see it. Must not call back into
	 * the channel.
	 */
	bool (*datagram)(void *arg, const uint8_t *bytes, size_t len);
	/* The events of a socket have been handled; everything may be called here. */
	void (*settled)(void *arg);
	void *arg;
};

/** What the sockets said last; EIO when c-ares failed without asking them. */
struct dns_channel_failure {
	bool no_socket; /* none could be opened or bound; err says why */
	/* EPIPE: the server closed the TCP connection without an answer. */
	int err;
	struct icmp_error icmp;
};

/** All arguments are borrowed and must outlive the channel; NULL on failure. */
struct dns_channel *dns_channel_new(struct loop *loop, const struct plan *plan,
    const struct addr *server, enum dns_transport transport,
    const struct dns_channel_hooks *hooks);

/** Ends every message with DNS_TRY_NO_ANSWER and closes the sockets. */
void dns_channel_free(struct dns_channel *ch);

/**
 * Sends a DNS message; t->fn is called once, possibly before this returns. c-ares
 * forgets the message after the plan's connect timeout at the latest.
 */
void dns_channel_send(
    struct dns_channel *ch, const uint8_t *bytes, size_t len, struct dns_try *t);

/** Reads what is there now, without a call of settled; c-ares' own timers run. */
void dns_channel_drain(struct dns_channel *ch);

struct dns_channel_failure dns_channel_failure(const struct dns_channel *ch);

#endif
