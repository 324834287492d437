/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/base/arena.h"
#include "probe/forensics/job.h"
#include "probe/forensics/ttl_finder.h"
#include "probe/net/sock.h"
#include "probe/tcp/connect.h"
#include "probe/tls/session.h"

/*
 * Whether what resets a connection stands where its SYN-ACK came from. First the TTL
 * S of the SYN-ACK is found, by attempts at several thresholds at once; then the same
 * ClientHello goes out on three connections, of which one takes every segment, one
 * those of TTL S and more, and one only those of more than S. The test ends as soon
 * as no flow could add anything.
 */
struct flow {
	struct reset_test *test;
	struct reset_flow *facts;
	struct tcp_connect *connect;
	struct loop_io *io;
	int fd; /* -1 = none */
	nsec_t hello_at;
};

struct reset_test {
	struct job job;
	struct ttl_finder finder;
	struct tls_session *session; /* made only to have its ClientHello */
	const uint8_t *hello;
	size_t n_hello;
	struct flow flows[OBS_MAX_FLOWS];
	size_t n_flows, n_open;
	nsec_t ends_at; /* the latest; 0 = no flow has begun */
};

/* All of it has to end within what orders have after a check's own time. */
static const nsec_t flow_limit = 900 * NSEC_PER_MSEC;
/* How long the flow that takes less is waited for once the other was reset. */
static const nsec_t last_wait = 300 * NSEC_PER_MSEC;

enum {
	FLOW_ANY,   /* takes every segment */
	FLOW_EQUAL, /* TTL S and more */
	FLOW_MORE   /* more than S */
};

static void release(struct flow *f)
{
	loop_io_stop(f->io);
	f->io = NULL;
	if (f->fd < 0)
		return;
	f->facts->info = sock_tcp_facts(f->fd);
	f->test->job.packets += f->facts->info.data_segs_out;
	close(f->fd);
	f->fd = -1;
}

static void on_limit(void *arg)
{
	struct reset_test *t = arg;
	job_end(&t->job, ORDER_DONE, 0);
}

static bool has_ended(const struct reset_test *t, unsigned which)
{
	return t->flows[which].fd < 0 && !t->flows[which].connect;
}

/*
 * What the other flows could add decides how long they are waited for: nothing once
 * the server was heard beside the reset, or when no reset came at all.
 */
static nsec_t time_left(const struct reset_test *t)
{
	nsec_t left = t->ends_at - nsec_now();
	enum reset_outcome equal = t->flows[FLOW_EQUAL].facts->outcome;

	if (!has_ended(t, FLOW_ANY))
		return left;
	if (t->flows[FLOW_ANY].facts->outcome != RESET_SEEN)
		return 0;
	if (!has_ended(t, FLOW_EQUAL))
		return left;
	if (equal != RESET_SEEN)
		return 0;
	nsec_t after = 3 * t->flows[FLOW_EQUAL].facts->after;
	nsec_t wait = after > last_wait ? after : last_wait;
	return wait < left ? wait : left;
}

static void flow_ended(struct flow *f, enum reset_outcome outcome, int err)
{
	struct reset_test *t = f->test;
	f->facts->outcome = outcome;
	f->facts->err = err;
	if (f->hello_at)
		f->facts->after = nsec_now() - f->hello_at;
	release(f);
	t->n_open--;
	nsec_t left = time_left(t);
	if (t->n_open == 0 || left <= 0 || !job_wait(&t->job, left, on_limit))
		job_end(&t->job, ORDER_DONE, 0);
}

static void on_readable(void *arg, int fd, unsigned events)
{
	struct flow *f = arg;
	char byte;

	if (events & LOOP_ERROR)
		sock_take_icmp(fd);
	ssize_t n = recv(fd, &byte, 1, 0);
	if (n > 0)
		flow_ended(f, RESET_ANSWERED, 0);
	else if (n == 0)
		flow_ended(f, RESET_CLOSED, 0);
	else if (errno == ECONNRESET)
		flow_ended(f, RESET_SEEN, errno);
	else if (errno != EAGAIN && errno != EINTR)
		flow_ended(f, RESET_SILENT, errno);
}

static void on_connected(
    void *arg, const struct obs_tcp *result, nsec_t begin, nsec_t end, int fd)
{
	struct flow *f = arg;
	struct reset_test *t = f->test;
	nsec_t rtt = end - begin;

	f->connect = NULL;
	f->fd = fd;
	if (fd < 0) {
		flow_ended(f, RESET_NOT_CONNECTED, result->err);
		return;
	}
	if (result->info.min_rtt_us)
		rtt = (nsec_t)result->info.min_rtt_us * NSEC_PER_USEC;
	if (!t->job.obs.reset_test.min_rtt || rtt < t->job.obs.reset_test.min_rtt)
		t->job.obs.reset_test.min_rtt = rtt;
	int r = sock_set_min_ttl(fd, t->job.order.peer.family, f->facts->min_ttl);
	f->io = loop_io_start(t->job.f->loop, fd, LOOP_READ, on_readable, f);
	if (r < 0 || !f->io) {
		flow_ended(f, RESET_NOT_CONNECTED, r < 0 ? -r : ENOMEM);
		return;
	}
	f->hello_at = nsec_now();
	f->facts->outcome = RESET_SILENT;
	/* An error shows on the next read. */
	ssize_t n = send(fd, t->hello, t->n_hello, MSG_NOSIGNAL);
	(void)n;
}

static bool make_hello(struct reset_test *t)
{
	t->session = tls_session_new(t->job.order.name, false);
	if (!t->session)
		return false;
	tls_session_step(t->session, NULL, 0);
	t->hello = tls_session_take(t->session, &t->n_hello);
	return t->n_hello > 0;
}

/* NULL memory for one of them leaves it out as not connected. */
static void start_flows(struct reset_test *t, unsigned syn_ack_ttl)
{
	struct job *job = &t->job;
	const unsigned min_ttls[OBS_MAX_FLOWS] = {
		[FLOW_EQUAL] = syn_ack_ttl, [FLOW_MORE] = syn_ack_ttl + 1
	};
	const struct tcp_connect_options options = { .timeout = flow_limit / 2 };
	struct reset_flow *facts =
	    arena_array(job->f->arena, OBS_MAX_FLOWS, sizeof *facts);

	job->obs.reset_test.flows = facts;
	/* No segment has more than TTL_TOP. */
	t->n_flows = syn_ack_ttl < TTL_TOP ? OBS_MAX_FLOWS : OBS_MAX_FLOWS - 1;
	job->obs.reset_test.n_flows = t->n_flows;
	for (size_t i = 0; i < t->n_flows; i++) {
		struct flow *f = &t->flows[i];
		facts[i] = (struct reset_flow){ .min_ttl = min_ttls[i],
			.outcome = RESET_NOT_CONNECTED };
		*f = (struct flow){ .test = t, .facts = &facts[i], .fd = -1 };
		f->connect = tcp_connect_start_with(job->f->loop, job->f->plan,
		    &job->order.peer, &options, on_connected, f);
		job->packets++;
		t->n_open += f->connect != NULL;
	}
	t->ends_at = nsec_now() + flow_limit;
	if (!t->n_open || !job_wait(job, flow_limit, on_limit))
		job_end(job, ORDER_CANNOT, ENOMEM);
}

static void on_found(void *arg)
{
	struct reset_test *t = arg;
	const struct ttl_search *s = &t->finder.search;
	bool exact = s->any && s->high - s->low == 1;

	t->job.packets = t->finder.packets;
	t->job.obs.reset_test.min_rtt = t->finder.rtt;
	if (t->finder.reply != REPLY_SYN_ACK || !exact) {
		/* Without a SYN-ACK there is nothing to compare with. */
		job_end(&t->job, ORDER_DONE, t->finder.err);
		return;
	}
	t->job.obs.reset_test.syn_ack_ttl = s->low;
	if (!make_hello(t))
		job_end(&t->job, ORDER_CANNOT, ENOMEM);
	else
		start_flows(t, s->low);
}

static void begin(struct job *job)
{
	struct reset_test *t = (struct reset_test *)job;
	if (!ttl_finder_supported(job->f, &job->order.peer))
		job_end(job, ORDER_UNSUPPORTED, 0);
	else if (!ttl_finder_start(&t->finder, job->f, &job->order.peer, on_found, t))
		job_end(job, ORDER_CANNOT, ENOMEM);
}

static void stop(struct job *job)
{
	struct reset_test *t = (struct reset_test *)job;
	nsec_t now = nsec_now();

	if (!t->n_flows)
		job->packets = t->finder.packets;
	ttl_finder_stop(&t->finder);
	for (size_t i = 0; i < t->n_flows; i++) {
		struct flow *f = &t->flows[i];
		if (f->connect)
			tcp_connect_cancel(f->connect);
		f->connect = NULL;
		/* Silent until now. */
		if (f->fd >= 0)
			f->facts->after = now - f->hello_at;
		release(f);
	}
	tls_session_free(t->session);
	t->session = NULL;
}

const struct job_kind job_reset_test = {
	.size = sizeof(struct reset_test), .begin = begin, .stop = stop
};
