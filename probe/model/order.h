/* SPDX-License-Identifier: MIT */
#ifndef PROBE_MODEL_ORDER_H
#define PROBE_MODEL_ORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/model/obs.h"

/*
 * Follow-up probes: what to measure next about a target that fails or is slow.
 * Whoever judges gives orders, the engine carries them out beside what still
 * waits, and each order yields exactly one observation of its kind, also when it
 * could not be carried out (enum order_end says why).
 */

enum order_kind {
	ORDER_ROUTE,           /* OBS_ROUTE: peer; sends nothing */
	ORDER_TTL_SCAN,        /* OBS_TTL_SCAN: peer */
	ORDER_CONTROL_CONNECT, /* OBS_CONTROL_CONNECT: peer, purpose */
	ORDER_SOURCE_PORTS,    /* OBS_SOURCE_PORTS: peer, n_ports, rounds */
	ORDER_REPLY_TTL,       /* OBS_REPLY_TTL: peer */
	ORDER_RESET_TEST,      /* OBS_RESET_TEST: peer, name */
	ORDER_TLS_VARIANT, /* OBS_TLS_VARIANT: peer, name, split_name, padded, max_seg
			    */
	ORDER_LOCAL_UDP,   /* OBS_LOCAL_UDP: peer */
	/* OBS_COUNTED_SYNS: peer. While it runs no other order is begun. */
	ORDER_COUNTED_SYNS,
	ORDER_DNS_VARIANT,     /* OBS_DNS_VARIANT: peer (the server), name, form */
	ORDER_REQUEST_VARIANT, /* OBS_REQUEST_VARIANT: request, variant; peer, if it is
				  known */
};

#define N_ORDER_KINDS (ORDER_REQUEST_VARIANT + 1)

struct order {
	enum order_kind kind;
	struct addr peer; /* with port */
	enum control_purpose purpose;
	const char *name; /* server name of the ClientHello, NULL = none is sent; or
			     the name that is asked. Lives as long as the run */
	bool split_name;  /* two segments, the cut inside the name; needs one */
	bool padded;      /* ClientHello longer than a full segment */
	unsigned max_seg; /* TCP_MAXSEG before connect; 0 = the system's */
	unsigned n_ports; /* fixed source ports; 0 = ORDER_PORTS */
	unsigned rounds;  /* each port is tried so often; 0 = ORDER_ROUNDS */
	struct dns_form form;
	const struct target *request; /* what is asked, of whom; lives as long as the
					 run. Without a peer its name is resolved */
	enum request_variant variant;
};

enum {
	ORDER_MAX = 16, /* orders that one call of the hook may return */
	ORDER_PORTS = 16,
	ORDER_ROUNDS = 3,
	ORDER_BURST = 4,       /* SYNs of one window of ORDER_COUNTED_SYNS */
	ORDER_COUNTED_MAX = 4, /* of them send something: everybody else waits */
	ORDER_DNS_COPIES = 3,  /* datagrams of a question that nobody answers */
	/* What orders may send, see order_packets(). */
	ORDER_TARGET_PACKETS = 200,
	ORDER_RUN_PACKETS = 2000,
};

/** The kind of the one observation that an order of this kind yields. */
enum obs_kind order_obs_kind(enum order_kind kind);

/**
 * Most packets that an order sends; it begins only when the budgets hold as many.
 * SYNs, data segments and datagrams count, acknowledgements and goodbyes do not.
 */
unsigned order_packets(const struct order *order);

/** What made the engine ask for orders. */
enum follow_up_moment {
	/*
	 * A phase of the target has lasted longer than the same phase of every check
	 * that has passed it so far, and at least FOLLOW_UP_SLOW_AFTER. Told once for
	 * each stage, for each address in STAGE_TCP, each server in STAGE_DNS.
	 */
	FOLLOW_UP_SLOW,
	/* A DNS, TCP, TLS, HTTP or exchange observation that is a failure was
	 * appended. */
	FOLLOW_UP_FAILED,
	/* An HTTP observation that is an answer was appended, whatever it says. */
	FOLLOW_UP_ANSWERED,
	/* The observation of an earlier order was appended. */
	FOLLOW_UP_OBSERVED,
};

#define FOLLOW_UP_SLOW_AFTER (300 * NSEC_PER_MSEC)

struct follow_up_event {
	enum follow_up_moment moment;
	enum stage stage;      /* STAGE_DNS, _TCP, _TLS, _HTTP, _WEBSOCKET */
	struct addr peer;      /* with port; STAGE_DNS: the server */
	nsec_t waited;         /* FOLLOW_UP_SLOW: so far */
	struct tcp_facts info; /* FOLLOW_UP_SLOW, STAGE_HTTP and _WEBSOCKET */
	const struct obs *obs; /* the others: what was appended */
};

#endif
