/* SPDX-License-Identifier: MIT */
#ifndef PROBE_ENGINE_RUN_H
#define PROBE_ENGINE_RUN_H

#include "probe/dns/query.h"
#include "probe/dns/system_config.h"
#include "probe/engine/engine.h"
#include "probe/engine/pacer.h"
#include "probe/engine/peers.h"
#include "probe/http/http_client.h"
#include "probe/tcp/connect.h"
#include "probe/tcp/exchange.h"
#include "probe/udp/udp_send.h"

/*
 * One target on its way from name to last observation. A run holds a number of open
 * threads (queries, attempts, one conversation); it is done when none is left.
 */

struct attempt {
	struct pacer_entry waiting; /* in engine->pacer until started */
	struct run *run;
	struct addr peer;
	struct peer *load;           /* what we hold open to it */
	struct tcp_connect *connect; /* NULL when waiting or ended */
	struct udp_send *udp;
	bool started, ended;
	bool told_slow, route_asked; /* for diagnose.c */
	nsec_t started_at;
};

struct run {
	struct engine *engine;
	const struct target *target;
	int index;
	bool admitted, chain_done, done;
	unsigned open;    /* threads that still owe an observation */
	nsec_t peer_time; /* how long peers have been due to answer, so far */

	struct lookup *lookup;                       /* NULL: no name to resolve */
	struct attempt *attempts[OBS_MAX_ADDRESSES]; /* they never move */
	size_t n_attempts;

	int fd; /* connected, waiting for a slot; -1 = none */
	struct addr peer;
	struct peer *held; /* of the conversation; NULL = none */
	bool has_winner, in_slot;
	unsigned n_stale; /* connections that died while they waited for us */
	struct run *next_in_queue;
	struct http_transfer *transfer;
	struct http_call call;            /* of the transfer */
	struct websocket_talk *websocket; /* NULL: no answer to an upgrade yet */
	bool cleaning; /* the run has ended, what Jupyter started is being deleted */
	struct exchange *exchange;
	nsec_t talk_begin;

	/* It answered, and took the upgrade; peer is who. */
	bool reached, upgraded;
	struct idle_test *idle;    /* runs when the chain is done; NULL = none */
	struct run_listen *listen; /* a port of this machine; NULL = none */

	/* diagnose.c: the target is done when its chain and its errands are */
	unsigned n_errands, n_orders, packets;
	unsigned told_slow; /* stages, one bit each */
};

/** What the system itself would do with a name. */
struct system_config {
	struct resolv_conf resolv;
	struct hosts_file hosts;
};

struct engine {
	const struct plan *plan;
	struct obslog *log;
	const struct engine_hooks *hooks;
	struct loop *loop;
	nsec_t start; /* monotonic */

	struct system_config system;
	struct dns_client *dns;
	struct http_client *http; /* made when the first HTTP check needs it */
	struct pacer pacer;
	struct peers peers;

	struct run *runs;
	size_t next_run;                     /* first that was not admitted yet */
	unsigned n_active, n_chains, n_left; /* chains: targets without their errands */
	struct diagnosis *diagnosis;         /* NULL: plan->no_diagnose */
	nsec_t last_answer; /* when names were last turned into addresses */

	struct run *queue, **queue_tail; /* connected, waiting for a TLS slot */
	unsigned n_waiting, n_talking, n_sockets, max_sockets;

	struct loop_timer *deadline, *ticker, *kick;
	struct loop_io *stop_io;
	bool stopping; /* nothing new is begun */
	int result;
};

/* run.c */
void run_start(struct run *r);

/** An address of the target; ignored when it is known already. */
void run_add_address(struct run *r, const struct addr *a);

/** One more, or one less, thread is open; the last one ends the run. */
void run_open(struct run *r);
void run_close(struct run *r);

/** Ends everything that is open, with one OBS_UNFINISHED. */
void run_stop(struct run *r, enum unfinished_reason reason);

/** Dials an address once more, after its connection went stale in our queue. */
void run_connect_again(struct run *r, const struct addr *peer);

/** The name that is really resolved: the proxy's, --connect-to's or the target's. */
const char *run_contact_host(const struct target *t);

/** The attempt's turn has come. */
void run_start_attempt(struct attempt *a);

/* talk.c: what happens on the connected socket */
void talk_begin(struct run *r, int fd, const struct attempt *winner);

/** A TLS slot is free: starts the conversation of a waiting run. */
void talk_start_in_slot(struct run *r);

/** Sets the stage that was waiting and since when, if it was a conversation. */
void talk_stop(struct run *r, enum stage *ret_stage, nsec_t *ret_since);

/** Whether a peer is due to answer in a conversation, at which stage and since when. */
bool talk_is_waiting(const struct run *r, enum stage *ret_stage, nsec_t *ret_since);

/** TCP_INFO of the connection that a request waits on; else not present. */
struct tcp_facts talk_facts(const struct run *r);

/** How long peers of the target may still be due to answer. */
nsec_t talk_budget(const struct run *r);

/** The conversation is over. */
void talk_end(struct run *r);

/* talk_websocket.c: what follows the answer to an upgrade */

/** Returns whether something does; talk_end() comes then, later. */
bool talk_websocket_begin(struct run *r, const struct http_result *result);

/** Returns since when a peer has been due. May set r->cleaning. */
nsec_t talk_websocket_stop(struct run *r);

/* run_idle.c */

/** The chain is done: leaves connections idle, if the plan wants it. */
void run_begin_idle(struct run *r);

/** Ends that with what is known. */
void run_stop_idle(struct run *r);

/* run_listen.c */

/** Before the loop runs: watches the port of the target, if it is one to be watched. */
void run_begin_listen(struct run *r);

/** Ends that with what is known. */
void run_stop_listen(struct run *r);

/* lookup.c: names to addresses */
void lookup_start(struct run *r);

/** Returns how long an answer had been due; 0 = none was. */
nsec_t lookup_stop(struct run *r);

/**
 * A server that has been due to answer for so long, and how long that is; each is
 * told once. NULL = no other. Never one that is asked for comparison only.
 */
const struct addr *lookup_next_slow(
    struct run *r, nsec_t at_least, nsec_t more_than, nsec_t *ret_waited);

/* diagnose.c: baselines, and what the follow_up hook orders */

/** Before the loop runs: baselines begin. Appends what this kernel can do. */
void diagnose_begin(struct engine *e);

/** An observation of a target was appended. */
void diagnose_saw(struct run *r, const struct obs *obs);

/** The last chain has ended: what was ordered has a limited time from now on. */
void diagnose_chains_done(struct engine *e);

/** Cuts what was ordered for targets; nothing is asked for afterwards. */
void diagnose_stop(struct engine *e);

/** After the loop: cuts the baselines too, appends the counters, frees everything. */
void diagnose_end(struct engine *e);

/* engine.c */
const struct obs *engine_append(
    struct engine *e, struct obs *obs, struct run *r, nsec_t begin, nsec_t end);

/** The chain of a target, from its name to its last answer, is over. */
void engine_chain_done(struct run *r);

/** Ends the target if its chain is over and nothing is ordered for it any more. */
void engine_try_end(struct run *r);
void engine_want_slot(struct run *r);
void engine_leave_slot(struct run *r);

/** A descriptor was opened or closed. */
void engine_count_socket(struct engine *e, int change);

#endif
