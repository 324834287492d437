/* SPDX-License-Identifier: MIT */
#ifndef PROBE_FORENSICS_JOB_H
#define PROBE_FORENSICS_JOB_H

#include "probe/forensics/forensics.h"

/*
 * What the kinds of jobs have in common; only this folder includes it. A kind embeds
 * struct job as its first member. Its obs holds at any time what is known, so that a
 * job that is cut tells what it saw.
 */
struct job {
	const struct job_kind *kind;
	struct forensics *f;
	struct order order;
	struct obs obs;
	unsigned packets;
	bool begun;
	struct loop_timer *timer; /* runs begin; afterwards the kind's, if it wants */
	job_done_fn *done;
	void *arg;
};

struct job_kind {
	size_t size; /* of the struct that embeds struct job */
	/* From the loop, once. May end the job. */
	void (*begin)(struct job *job);
	/* Releases what the kind holds and completes obs; once, if begin was called. */
	void (*stop)(struct job *job);
};

/** Ends the job from one of its callbacks; it is freed on return. */
void job_end(struct job *job, enum order_end how, int err);

/** Sets the job's timer anew; NULL memory ends nothing: false then. */
bool job_wait(struct job *job, nsec_t delay, loop_timer_fn *fn);

/** Whether err says that we ran out of something, and nothing about the network. */
bool job_is_our_fault(int err);

extern const struct job_kind job_route, job_ttl_scan, job_control_connect,
    job_source_ports, job_reply_ttl, job_reset_test, job_tls_variant, job_local_udp,
    job_counted_syns, job_dns_variant, job_request_variant;

#endif
