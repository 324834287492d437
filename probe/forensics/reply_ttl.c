/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "probe/forensics/job.h"
#include "probe/forensics/ttl_finder.h"

/* The TTL with which the SYN-ACK or the reset of a peer arrives. */
struct reply_ttl {
	struct job job;
	struct ttl_finder finder;
};

static void keep(struct reply_ttl *r)
{
	struct obs_reply_ttl *o = &r->job.obs.reply_ttl;
	const struct ttl_search *s = &r->finder.search;
	r->job.packets = r->finder.packets;
	o->reply = r->finder.reply;
	o->rtt = r->finder.rtt;
	o->mixed = r->finder.mixed;
	if (!s->any)
		return;
	o->ttl_low = s->low;
	o->ttl_high = s->high - 1;
	o->confirmed = s->confirmed;
}

static void on_found(void *arg)
{
	struct reply_ttl *r = arg;
	/* Silence is no error of ours, whatever ICMP said about it. */
	bool ours = r->finder.reply == REPLY_NONE && job_is_our_fault(r->finder.err);
	job_end(&r->job, ours ? ORDER_CANNOT : ORDER_DONE,
	    r->finder.reply == REPLY_NONE ? r->finder.err : 0);
}

static void begin(struct job *job)
{
	struct reply_ttl *r = (struct reply_ttl *)job;
	if (!ttl_finder_supported(job->f, &job->order.peer))
		job_end(job, ORDER_UNSUPPORTED, 0);
	else if (!ttl_finder_start(&r->finder, job->f, &job->order.peer, on_found, r))
		job_end(job, ORDER_CANNOT, ENOMEM);
}

static void stop(struct job *job)
{
	struct reply_ttl *r = (struct reply_ttl *)job;
	ttl_finder_stop(&r->finder);
	keep(r);
}

const struct job_kind job_reply_ttl = {
	.size = sizeof(struct reply_ttl), .begin = begin, .stop = stop
};
