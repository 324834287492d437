/* SPDX-License-Identifier: MIT */
#ifndef PROBE_MODEL_INBOUND_H
#define PROBE_MODEL_INBOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/base/nsec.h"
#include "probe/model/addr.h"

/*
 * A port of this machine that was watched for connections from outside: who listens on
 * it, which anybody may ask, and what came to it, which only a capture shows. Nothing
 * is sent. Nothing here says what it means.
 */

enum {
	OBS_MAX_LISTENERS = 16,     /* addresses of one port */
	OBS_MAX_INBOUND_PEERS = 16, /* of one port that are told one by one */
	OBS_MAX_RANGES = 4,         /* names of one peer */
	INBOUND_MAX_PORTS = 16,     /* of a run */
};

/** Sockets in LISTEN on one port (proc(5), /proc/net/tcp and tcp6). */
struct obs_listeners {
	uint16_t port;
	nsec_t wanted; /* how long it was to be watched; obs.begin to obs.end it was */
	bool cut;      /* the run ended first */
	int err;       /* neither list could be read; 0 = at least one could */
	/* 0.0.0.0 and :: are every address; a "::" may take IPv4 too. */
	const struct addr *at_begin, *at_end;
	size_t n_at_begin, n_at_end;
};

/**
 * What one address sent to the port. A connection is one of its ports; one that began
 * less than a second before the end and is undecided is pending, and counted nowhere
 * else.
 */
struct inbound_peer {
	struct addr peer, local; /* without port; local: whom it addressed first */
	/* Published ranges that hold it, the one that is asked for first. */
	const char *const *ranges;
	size_t n_ranges;
	const char *came_by; /* interface of its first SYN, NULL = not known */
	const char
	    *left_by; /* of the first SYN-ACK that left by another, NULL = none */
	uint32_t syns, syn_acks; /* packets */
	uint32_t connections;
	/* Of the connections: */
	uint32_t answered;  /* a SYN-ACK left */
	uint32_t elsewhere; /* of these: by another interface than the SYN came */
	uint32_t completed; /* of the answered: the peer acknowledged the SYN-ACK */
	uint32_t aborted;   /* of the answered: the peer reset it instead */
	uint32_t refused;   /* a reset left and no SYN-ACK */
	uint32_t rejected;  /* an ICMP error left and neither of them */
	uint32_t pending;
};

/** By a capture that began before and lasted as long as the port was watched. */
struct obs_inbound {
	uint16_t port;
	const char *source; /* of the ranges; NULL = none were given */
	const struct inbound_peer *peers;
	size_t n_peers;
	uint32_t more_peers;   /* not told one by one */
	uint64_t unknown_syns; /* of peers beyond what is remembered */
};

#endif
