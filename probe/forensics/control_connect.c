/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <unistd.h>

#include "probe/forensics/job.h"
#include "probe/host/source.h"
#include "probe/tcp/connect.h"

/* One SYN to compare with; a lost one is not repeated, so silence alone is weak. */
struct control {
	struct job job;
	struct tcp_connect *connect;
};

static void keep(struct job *job, const struct obs_tcp *result)
{
	struct obs_control_connect *o = &job->obs.control_connect;
	o->local = result->local;
	o->outcome = result->outcome;
	o->err = result->err;
	o->icmp = result->icmp;
	o->info = result->info;
}

static void on_done(
    void *arg, const struct obs_tcp *result, nsec_t begin, nsec_t end, int fd)
{
	struct control *c = arg;
	(void)begin;
	(void)end;
	c->connect = NULL;
	if (fd >= 0)
		close(fd);
	keep(&c->job, result);
	bool ours = result->outcome == TCP_CANNOT_TRY || job_is_our_fault(result->err);
	job_end(&c->job, ours ? ORDER_CANNOT : ORDER_DONE, 0);
}

static void begin(struct job *job)
{
	struct control *c = (struct control *)job;
	struct tcp_connect_options options = { .timeout = FORENSICS_SYN_WAIT };

	if (job->order.purpose == CONTROL_OTHER_SOURCE &&
	    !source_find_other(job->f->plan, &job->order.peer, &options.source)) {
		job_end(job, ORDER_DONE, EADDRNOTAVAIL);
		return;
	}
	c->connect = tcp_connect_start_with(
	    job->f->loop, job->f->plan, &job->order.peer, &options, on_done, c);
	job->packets = 1;
	if (!c->connect)
		job_end(job, ORDER_CANNOT, ENOMEM);
}

static void stop(struct job *job)
{
	struct control *c = (struct control *)job;
	if (!c->connect)
		return;
	struct obs_tcp result = tcp_connect_cancel(c->connect);
	c->connect = NULL;
	result.outcome = TCP_TIMEOUT;
	keep(job, &result);
}

const struct job_kind job_control_connect = {
	.size = sizeof(struct control), .begin = begin, .stop = stop
};
