/* SPDX-License-Identifier: MIT */
#ifndef PROBE_DNS_QUERY_H
#define PROBE_DNS_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/base/nsec.h"
#include "probe/model/obs.h"
#include "probe/model/plan.h"

struct arena;
struct loop;

/*
 * One question to one server, as an observation. Asks over UDP with EDNS, again
 * after a third of the plan's connect timeout (at most a second) and once more after
 * two; late answers to earlier copies count. A server that refuses EDNS is asked
 * without it. A truncated answer is followed by the same question over TCP, with a
 * clock of its own.
 *
 * At most DNS_MAX_IN_FLIGHT questions are open at one server. The others wait in
 * order, and their clock starts only when they are sent: a burst of 1,000 was partly
 * dropped by a receive queue.
 */
enum {
	DNS_MAX_IN_FLIGHT = 128
};

struct dns_question {
	const char *name; /* absolute; must live in the run's arena */
	uint16_t type;    /* DNS_TYPE_A or DNS_TYPE_AAAA */
	struct addr server;
	enum dns_server_role role;
};

/** One exchange of messages. */
struct dns_result {
	/*
	 * Complete. DNS_NET_ERROR with err EPIPE: the server closed the TCP connection
	 * before it answered. DNS_CANNOT_SEND has err when the system gave no socket.
	 * DNS_MALFORMED: something came for this question that is no answer to it, or,
	 * while nothing else came, datagrams that are no DNS at all.
	 */
	struct obs_dns dns;
	nsec_t begin, end; /* nsec_now() at the first send and at the end */
	bool more;         /* the answer was truncated; that over TCP follows */
};

/** Called from the loop, never from a function below. */
typedef void dns_done_fn(void *arg, const struct dns_result *result);

/** All arguments are borrowed and must outlive the client; NULL without memory. */
struct dns_client *dns_client_new(
    struct loop *loop, const struct plan *plan, struct arena *arena);

/** Ends open queries without calling them back. Not from a dns_done_fn. */
void dns_client_free(struct dns_client *client);

/**
 * The query belongs to the client and ends with the done call whose result has no
 * more to follow; until then it can be cancelled, also inside done. NULL without
 * memory.
 */
struct dns_query *dns_query_start(struct dns_client *client,
    const struct dns_question *question, dns_done_fn *done, void *arg);
void dns_query_cancel(struct dns_query *query);

/**
 * How long the query's server has been due to answer; 0 while it waits for its turn.
 */
nsec_t dns_query_waited(const struct dns_query *query);

#endif
