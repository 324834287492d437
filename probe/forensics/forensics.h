/* SPDX-License-Identifier: MIT */
#ifndef PROBE_FORENSICS_FORENSICS_H
#define PROBE_FORENSICS_FORENSICS_H

#include "probe/loop/loop.h"
#include "probe/model/obs.h"
#include "probe/model/order.h"
#include "probe/model/plan.h"

struct arena;
struct cert_cache;
struct counter_set;
struct dns_client;
struct hosts_file;
struct http_client;
struct resolv_conf;

/*
 * Follow-up probes of an ordinary user: orders in, observations out. One file of this
 * folder for each kind of order; none judges what it saw.
 */
struct forensics {
	struct loop *loop;
	const struct plan *plan;
	struct arena *arena;         /* strings and lists of observations */
	struct obs_capabilities can; /* what is not here is not tried */
	struct cert_cache *certs;    /* made when the first handshake needs it */
	/* When the run began; NULL = not read. Borrowed. */
	const struct counter_set *counters;
	unsigned n_counted;   /* ORDER_COUNTED_SYNS that sent something */
	bool counted_in_vain; /* the last of them lost nothing on this host */
	/* What requests need, borrowed from the engine; NULL = they cannot be made. */
	struct dns_client *dns;
	const struct resolv_conf *resolv;
	const struct hosts_file *hosts;
	struct http_client **http; /* made when the first request needs it */
};

/** The run's lists and strings live in arena; can is found out here. */
void forensics_init(struct forensics *f, struct loop *loop, const struct plan *plan,
    struct arena *arena);

/** Every job must have ended or been cancelled. */
void forensics_deinit(struct forensics *f);

/* How long one SYN is waited for: the kernel repeats it after a second. */
#define FORENSICS_SYN_WAIT (900 * NSEC_PER_MSEC)

/** One order that is being carried out. */
struct job;

/**
 * The order has been carried out: kind, stage and facts of *obs are set, begin and
 * end are absolute. packets is what it really sent. The job is over and freed.
 */
typedef void job_done_fn(void *arg, struct obs *obs, unsigned packets);

/** done is never called inside this call. NULL without memory. */
struct job *job_start(
    struct forensics *f, const struct order *order, job_done_fn *done, void *arg);

/** Ends it without a call back; *ret is what was seen so far, marked ORDER_CUT. */
void job_cancel(struct job *job, struct obs *ret, unsigned *ret_packets);

/** The observation of an order that was not begun at all. */
void job_refuse(const struct order *order, enum order_end why, struct obs *ret);

#endif
