/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/base/arena.h"
#include "probe/codec/dns_msg.h"
#include "probe/forensics/job.h"
#include "probe/net/sock.h"
#include "probe/tcp/connect.h"

/*
 * One question on a socket of its own, which tells the TTL of each reply and stays
 * open after the first. Datagrams are repeated as query.c does, each under an id of
 * its own, so that a reply says which of them it answers.
 */

enum {
	LENGTH_SIZE = 2, /* before a message over TCP, RFC 1035 section 4.2.2 */
	MESSAGE_MAX = 65535,
	READS_AT_ONCE = 16, /* whoever floods us does not keep us */
};

/* How long a second reply is waited for, beside half a round trip. */
static const nsec_t second_wait = 500 * NSEC_PER_MSEC;

struct ask {
	struct job job;
	int fd;
	struct loop_io *io;
	struct tcp_connect *connect;
	nsec_t deadline;
	uint16_t ids[ORDER_DNS_COPIES];
	nsec_t sent_at[ORDER_DNS_COPIES];
	unsigned n_sent;
	bool malformed; /* something came that is no answer */
	struct dns_reply replies[OBS_MAX_REPLIES];
	uint8_t *stream; /* over TCP: what came so far */
	size_t n_stream;
};

static struct obs_dns_variant *facts(struct ask *a)
{
	return &a->job.obs.dns_variant;
}

static void finish(struct ask *a, enum dns_outcome outcome, int err)
{
	facts(a)->outcome = outcome;
	job_end(&a->job, job_is_our_fault(err) ? ORDER_CANNOT : ORDER_DONE, err);
}

/* Nothing more is waited for: what came until now counts. */
static void finish_as_heard(struct ask *a)
{
	if (facts(a)->n_replies)
		finish(a, DNS_ANSWERED, 0);
	else
		finish(a, a->malformed ? DNS_MALFORMED : DNS_TIMEOUT, 0);
}

static void finish_by_error(struct ask *a, int err)
{
	struct icmp_error icmp = sock_take_icmp(a->fd);
	if (icmp.present)
		facts(a)->icmp = icmp;
	if (facts(a)->n_replies)
		finish(a, DNS_ANSWERED, 0);
	else
		finish(a, DNS_NET_ERROR, err);
}

static uint16_t random_id(void)
{
	uint16_t id;
	if (getrandom(&id, sizeof id, 0) != sizeof id)
		abort();
	return id;
}

/* Writes the next copy of the question; 0 when the name cannot be encoded. */
static size_t build(struct ask *a, uint8_t *bytes)
{
	const struct obs_dns_variant *o = facts(a);
	uint16_t id = random_id();

	a->ids[a->n_sent] = id;
	a->sent_at[a->n_sent] = nsec_now();
	return dns_query_build(bytes, id, o->name, &o->form);
}

/* Whether the bytes answer one of the copies; then the reply is kept. */
static bool keep_reply(struct ask *a, const uint8_t *bytes, size_t len, uint8_t ttl)
{
	struct obs_dns_variant *o = facts(a);
	nsec_t now = nsec_now();
	struct obs_dns said = { 0 };
	unsigned i = 0;

	while (i < a->n_sent && a->ids[i] != dns_msg_id(bytes, len))
		i++;
	if (i == a->n_sent || o->n_replies == OBS_MAX_REPLIES)
		return false;
	if (!dns_msg_parse(bytes, len, o->name, o->form.type, a->job.f->arena, &said)) {
		a->malformed = true;
		return false;
	}
	a->replies[o->n_replies++] = (struct dns_reply){
		.copy = i + 1,
		.after = now - a->sent_at[i],
		.ttl = ttl,
		.size = (uint16_t)len,
		.rcode = said.rcode,
		.aa = said.aa,
		.tc = said.tc,
		.ad = said.ad,
		.records = said.records,
		.n_records = said.n_records,
	};
	return true;
}

/* Datagrams -------------------------------------------------------------------- */

static void on_end(void *arg)
{
	finish_as_heard(arg);
}

/* Reads what is there. Returns false when the job has ended. */
static bool hear(struct ask *a)
{
	static uint8_t bytes[MESSAGE_MAX];
	const struct obs_dns_variant *o = facts(a);
	size_t before = o->n_replies;
	uint8_t ttl;
	ssize_t n = 0;

	for (unsigned i = 0; i < READS_AT_ONCE; i++) {
		n = sock_recv_ttl(a->fd, bytes, sizeof bytes, &ttl);
		if (n < 0)
			break;
		keep_reply(a, bytes, (size_t)n, ttl);
	}
	if (n < 0 && n != -EAGAIN && n != -EINTR) {
		finish_by_error(a, (int)-n);
		return false;
	}
	if (o->n_replies == before)
		return true;
	if (!o->form.listen_on || o->n_replies == OBS_MAX_REPLIES) {
		finish(a, DNS_ANSWERED, 0);
		return false;
	}
	if (before)
		return true;
	/* A genuine answer behind a forged one comes within the path's round trip. */
	if (!job_wait(&a->job, second_wait + a->replies[0].after / 2, on_end)) {
		finish(a, DNS_ANSWERED, 0);
		return false;
	}
	return true;
}

static void on_datagram(void *arg, int fd, unsigned events)
{
	(void)fd;
	(void)events;
	hear(arg);
}

static unsigned copies(const struct ask *a)
{
	return a->job.order.form.once ? 1 : ORDER_DNS_COPIES;
}

static void on_turn(void *arg)
{
	struct ask *a = arg;
	uint8_t bytes[DNS_QUERY_MAX];
	nsec_t now = nsec_now(), third = a->job.f->plan->connect_timeout / 3;

	if (a->n_sent && (!hear(a) || facts(a)->n_replies))
		return;
	if (now >= a->deadline) {
		finish_as_heard(a);
		return;
	}
	nsec_t wait = a->deadline - now;
	if (a->n_sent < copies(a)) {
		size_t len = build(a, bytes);
		if (!len) {
			finish(a, DNS_CANNOT_SEND, 0);
			return;
		}
		a->n_sent++;
		a->job.packets++;
		if (send(a->fd, bytes, len, 0) < 0) {
			finish_by_error(a, errno);
			return;
		}
		third = third < NSEC_PER_SEC ? third : NSEC_PER_SEC;
		if (a->n_sent < copies(a) && third < wait)
			wait = third;
	}
	if (!job_wait(&a->job, wait, on_turn))
		finish(a, DNS_CANNOT_SEND, ENOMEM);
}

static void begin_udp(struct ask *a)
{
	struct job *job = &a->job;
	int fd = sock_open(job->f->plan, &job->order.peer, SOCK_DGRAM);

	if (fd < 0) {
		finish(a, DNS_CANNOT_SEND, -fd);
		return;
	}
	a->fd = fd;
	/* Without it replies have no TTL, which the observation then says. */
	(void)sock_want_ttl(fd, job->order.peer.family);
	int r = sock_connect(fd, &job->order.peer);
	if (r < 0) {
		finish_by_error(a, -r);
		return;
	}
	a->io = loop_io_start(job->f->loop, fd, LOOP_READ, on_datagram, a);
	if (a->io)
		on_turn(a);
	else
		finish(a, DNS_CANNOT_SEND, ENOMEM);
}

/* A stream ----------------------------------------------------------------------- */

static void on_stream(void *arg, int fd, unsigned events)
{
	struct ask *a = arg;
	(void)events;

	ssize_t n = recv(
	    fd, a->stream + a->n_stream, LENGTH_SIZE + MESSAGE_MAX - a->n_stream, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		finish_by_error(a, n < 0 ? errno : EPIPE);
		return;
	}
	a->n_stream += (size_t)n;
	if (a->n_stream < LENGTH_SIZE)
		return;
	size_t len = (size_t)a->stream[0] << 8 | a->stream[1];
	if (a->n_stream - LENGTH_SIZE < len)
		return;
	if (!keep_reply(a, a->stream + LENGTH_SIZE, len, 0))
		a->malformed = true;
	finish_as_heard(a);
}

static void on_connected(
    void *arg, const struct obs_tcp *result, nsec_t begin, nsec_t end, int fd)
{
	struct ask *a = arg;
	uint8_t bytes[LENGTH_SIZE + DNS_QUERY_MAX];
	(void)begin;
	(void)end;

	a->connect = NULL;
	a->fd = fd;
	facts(a)->icmp = result->icmp;
	if (fd < 0) {
		finish(a, result->outcome == TCP_TIMEOUT ? DNS_TIMEOUT : DNS_NET_ERROR,
		    result->err);
		return;
	}
	size_t len = build(a, bytes + LENGTH_SIZE);
	bytes[0] = (uint8_t)(len >> 8);
	bytes[1] = (uint8_t)len;
	a->n_sent++;
	a->job.packets++;
	a->stream = malloc(LENGTH_SIZE + MESSAGE_MAX);
	a->io = loop_io_start(a->job.f->loop, fd, LOOP_READ, on_stream, a);
	if (!a->stream || !a->io || !len)
		finish(a, DNS_CANNOT_SEND, len ? ENOMEM : 0);
	else if (send(fd, bytes, LENGTH_SIZE + len, MSG_NOSIGNAL) < 0)
		finish_by_error(a, errno);
	else if (!job_wait(&a->job, a->job.f->plan->connect_timeout, on_end))
		finish(a, DNS_CANNOT_SEND, ENOMEM);
}

static void begin_tcp(struct ask *a)
{
	struct job *job = &a->job;

	job->packets = 1;
	a->connect = tcp_connect_start(
	    job->f->loop, job->f->plan, &job->order.peer, on_connected, a);
	if (!a->connect)
		finish(a, DNS_CANNOT_SEND, ENOMEM);
}

/* A single datagram need not wait for copies of itself. */
static nsec_t time_limit(const struct ask *a)
{
	nsec_t limit = a->job.f->plan->connect_timeout;

	return a->job.order.form.once && limit > FORENSICS_SYN_WAIT ? FORENSICS_SYN_WAIT
								    : limit;
}

/* The job ------------------------------------------------------------------------- */

static void begin(struct job *job)
{
	struct ask *a = (struct ask *)job;

	a->fd = -1;
	facts(a)->outcome = DNS_TIMEOUT; /* so far */
	a->deadline = nsec_now() + time_limit(a);
	if (job->order.form.transport == DNS_OVER_TCP)
		begin_tcp(a);
	else
		begin_udp(a);
}

static void stop(struct job *job)
{
	struct ask *a = (struct ask *)job;
	struct obs_dns_variant *o = facts(a);

	if (a->connect)
		tcp_connect_cancel(a->connect);
	a->connect = NULL;
	loop_io_stop(a->io);
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
	free(a->stream);
	if (!o->n_replies)
		return;
	o->replies =
	    arena_memdup(job->f->arena, a->replies, o->n_replies * sizeof *a->replies);
	o->outcome = DNS_ANSWERED;
}

const struct job_kind job_dns_variant = {
	.size = sizeof(struct ask), .begin = begin, .stop = stop
};
