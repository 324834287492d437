/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/base/arena.h"
#include "probe/forensics/job.h"
#include "probe/net/sock.h"
#include "probe/tcp/connect.h"
#include "probe/tls/session.h"

/* One handshake on a socket of its own, different from the check's in one property. */
struct variant {
	struct job job;
	struct tcp_connect *connect;
	int fd; /* -1 = none */
	struct loop_io *io;
	struct tls_session *session;
	const uint8_t *rest; /* second part of a split ClientHello */
	size_t n_rest;
	nsec_t hello_at; /* when its first byte was handed over */
};

/* A handshake takes two round trips; in this time the kernel repeats a ClientHello
 * that is not acknowledged three times. */
static const nsec_t handshake_limit = 1500 * NSEC_PER_MSEC;
/* Long enough that no device on the way joins the two segments. */
static const nsec_t split_pause = 10 * NSEC_PER_MSEC;

static struct obs_tls_variant *facts(struct variant *v)
{
	return &v->job.obs.tls_variant;
}

static void finish(struct variant *v, enum tls_outcome outcome, int err)
{
	facts(v)->outcome = outcome;
	job_end(&v->job, job_is_our_fault(err) ? ORDER_CANNOT : ORDER_DONE, err);
}

static void finish_by_error(struct variant *v, int err)
{
	bool reset = err == ECONNRESET || err == EPIPE;
	finish(v, reset ? TLS_RESET : TLS_ERROR, err);
}

/* Returns false when the connection is gone; v is then, too. */
static bool send_bytes(struct variant *v, const uint8_t *bytes, size_t len)
{
	ssize_t n = send(v->fd, bytes, len, MSG_NOSIGNAL);
	/* A handshake fits into a fresh socket's buffer. */
	if (n == (ssize_t)len)
		return true;
	finish_by_error(v, n < 0 ? errno : ENOBUFS);
	return false;
}

static bool flush(struct variant *v)
{
	size_t len;
	const uint8_t *bytes = tls_session_take(v->session, &len);
	return !len || send_bytes(v, bytes, len);
}

static void on_limit(void *arg)
{
	struct variant *v = arg;
	finish(v, TLS_TIMEOUT, 0);
}

static void take(struct variant *v, const uint8_t *bytes, size_t len)
{
	enum {
		RECORD_ALERT = 21,
		RECORD_HANDSHAKE = 22
	};

	bool first = !facts(v)->first_byte;
	if (first)
		facts(v)->first_byte = nsec_now() - v->hello_at;
	if (first && bytes[0] != RECORD_ALERT && bytes[0] != RECORD_HANDSHAKE) {
		finish(v, TLS_NOT_TLS, 0);
		return;
	}
	enum tls_session_state state = tls_session_step(v->session, bytes, len);
	if (state == TLS_SESSION_DONE)
		facts(v)->handshake = nsec_now() - v->hello_at;
	if (!flush(v))
		return;
	if (state == TLS_SESSION_DONE)
		finish(v, TLS_DONE, 0);
	else if (state == TLS_SESSION_FAILED)
		finish(
		    v, tls_session_alert(v->session) >= 0 ? TLS_ALERT : TLS_ERROR, 0);
}

static void on_readable(void *arg, int fd, unsigned events)
{
	struct variant *v = arg;
	uint8_t bytes[16 << 10];

	if (events & LOOP_ERROR) {
		struct icmp_error icmp = sock_take_icmp(fd);
		if (icmp.present)
			facts(v)->icmp = icmp;
	}
	ssize_t n = recv(fd, bytes, sizeof bytes, 0);
	if (n > 0)
		take(v, bytes, (size_t)n);
	else if (n == 0)
		finish(v, TLS_CLOSED, 0);
	else if (errno != EAGAIN && errno != EINTR)
		finish_by_error(v, errno);
}

static void on_split_pause(void *arg)
{
	struct variant *v = arg;
	if (!send_bytes(v, v->rest, v->n_rest))
		return;
	if (!job_wait(&v->job, handshake_limit, on_limit))
		finish(v, TLS_ERROR, ENOMEM);
}

/* The cut lies inside the name, where a matcher without reassembly sees no name. */
static size_t first_part(const struct variant *v, const uint8_t *hello, size_t len)
{
	const char *name = v->job.order.name;
	const uint8_t *at = v->job.order.split_name && name
				? memmem(hello, len, name, strlen(name))
				: NULL;
	return at ? (size_t)(at - hello) + strlen(name) / 2 : len;
}

static void say_hello(struct variant *v)
{
	size_t len;
	tls_session_step(v->session, NULL, 0);
	const uint8_t *hello = tls_session_take(v->session, &len);
	size_t part = first_part(v, hello, len);
	bool split = part < len;

	facts(v)->hello_size = (uint32_t)len;
	v->rest = hello + part;
	v->n_rest = len - part;
	v->hello_at = nsec_now();
	if (!len)
		finish(v, TLS_ERROR, ENOMEM);
	else if (send_bytes(v, hello, part) &&
		 !job_wait(&v->job, split ? split_pause : handshake_limit,
		     split ? on_split_pause : on_limit))
		finish(v, TLS_ERROR, ENOMEM);
}

static void on_connected(
    void *arg, const struct obs_tcp *result, nsec_t begin, nsec_t end, int fd)
{
	struct variant *v = arg;

	v->connect = NULL;
	v->fd = fd;
	facts(v)->connected = result->outcome;
	facts(v)->icmp = result->icmp;
	facts(v)->info = result->info;
	if (fd < 0) {
		bool cannot = result->outcome == TCP_CANNOT_TRY;
		job_end(&v->job, cannot ? ORDER_CANNOT : ORDER_DONE, result->err);
		return;
	}
	facts(v)->connect_time = end - begin;
	v->session = tls_session_new(v->job.order.name, v->job.order.padded);
	v->io = loop_io_start(v->job.f->loop, fd, LOOP_READ, on_readable, v);
	if (!v->session || !v->io)
		finish(v, TLS_ERROR, ENOMEM);
	else
		say_hello(v);
}

static void begin(struct job *job)
{
	struct variant *v = (struct variant *)job;
	const struct tcp_connect_options options = { .max_seg = job->order.max_seg };

	v->fd = -1;
	if (job->order.max_seg && !job->f->can.max_seg) {
		job_end(job, ORDER_UNSUPPORTED, 0);
		return;
	}
	job->packets = 1;
	v->connect = tcp_connect_start_with(
	    job->f->loop, job->f->plan, &job->order.peer, &options, on_connected, v);
	if (!v->connect)
		job_end(job, ORDER_CANNOT, ENOMEM);
}

static const char *bounded(struct arena *a, const char *text)
{
	return text ? arena_strndup(a, text, OBS_MAX_VALUE) : NULL;
}

static void keep_session(struct variant *v)
{
	struct forensics *f = v->job.f;
	struct obs_tls_variant *o = facts(v);
	if (!f->certs)
		f->certs = cert_cache_new(f->arena);
	const struct certificate *leaf =
	    f->certs ? tls_session_leaf(v->session, f->certs) : NULL;

	o->version = bounded(f->arena, tls_session_version(v->session));
	o->reason = bounded(f->arena, tls_session_reason(v->session));
	o->alert = tls_session_alert(v->session);
	o->issuer = leaf ? leaf->issuer : NULL;
	o->subject = leaf ? leaf->subject : NULL;
}

static void stop(struct job *job)
{
	struct variant *v = (struct variant *)job;
	if (v->connect) {
		facts(v)->connected = TCP_TIMEOUT;
		facts(v)->info = tcp_connect_cancel(v->connect).info;
	}
	v->connect = NULL;
	loop_io_stop(v->io);
	if (v->session)
		keep_session(v);
	tls_session_free(v->session);
	if (v->fd < 0)
		return;
	/* Cut in the middle of the handshake: silent until then. */
	struct icmp_error icmp = sock_take_icmp(v->fd);
	if (icmp.present)
		facts(v)->icmp = icmp;
	facts(v)->info = sock_tcp_facts(v->fd);
	job->packets += facts(v)->info.data_segs_out;
	close(v->fd);
	v->fd = -1;
}

const struct job_kind job_tls_variant = {
	.size = sizeof(struct variant), .begin = begin, .stop = stop
};
