/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "probe/forensics/job.h"
#include "probe/udp/udp_send.h"

/*
 * Netfilter tells a sender of UDP, unlike one of TCP, that its datagram was dropped
 * in this host's output: EPERM.
 */
struct local {
	struct job job;
	struct udp_send *send;
};

static void on_done(void *arg, const struct obs_udp *obs, nsec_t begin, nsec_t end)
{
	struct local *l = arg;
	(void)begin;
	(void)end;
	l->send = NULL;
	l->job.packets = obs->sent;
	l->job.obs.local_udp.icmp = obs->icmp;
	job_end(
	    &l->job, job_is_our_fault(obs->err) ? ORDER_CANNOT : ORDER_DONE, obs->err);
}

static void begin(struct job *job)
{
	struct local *l = (struct local *)job;
	l->send =
	    udp_send_start(job->f->loop, job->f->plan, &job->order.peer, on_done, l);
	if (!l->send)
		job_end(job, ORDER_CANNOT, ENOMEM);
}

static void stop(struct job *job)
{
	struct local *l = (struct local *)job;
	if (!l->send)
		return;
	job->packets = udp_send_count(l->send);
	udp_send_cancel(l->send);
	l->send = NULL;
}

const struct job_kind job_local_udp = {
	.size = sizeof(struct local), .begin = begin, .stop = stop
};
