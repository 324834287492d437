/* SPDX-License-Identifier: MIT */
#include "probe/tcp/connect.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/net/sock.h"

struct tcp_connect {
	struct loop_io *io;
	struct loop_timer *timer;
	int fd;
	nsec_t begin;
	struct obs_tcp result;
	tcp_connect_done_fn *done;
	void *arg;
};

static void release(struct tcp_connect *c)
{
	loop_io_stop(c->io);
	loop_timer_stop(c->timer);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

static void finish(struct tcp_connect *c, enum tcp_outcome outcome, int err)
{
	nsec_t end = nsec_now();
	struct obs_tcp result = c->result;
	tcp_connect_done_fn *done = c->done;
	void *arg = c->arg;
	nsec_t begin = c->begin;
	int fd = -1;

	result.outcome = outcome;
	result.err = err;
	if (c->fd >= 0) {
		if (!result.local.family)
			result.local = sock_local(c->fd);
		if (!result.icmp.present && outcome != TCP_CONNECTED)
			result.icmp = sock_take_icmp(c->fd);
		result.info = sock_tcp_facts(c->fd);
	}
	if (outcome == TCP_CONNECTED) {
		fd = c->fd;
		c->fd = -1;
	}
	release(c);
	done(arg, &result, begin, end, fd);
}

static void on_event(void *arg, int fd, unsigned events)
{
	struct tcp_connect *c = arg;
	int err = sock_take_error(fd);

	if (err) {
		finish(c, TCP_FAILED, err);
	} else if (events & LOOP_ERROR) {
		/* A soft ICMP error does not end the attempt: keep it, keep waiting. */
		struct icmp_error icmp = sock_take_icmp(fd);
		if (icmp.present)
			c->result.icmp = icmp;
		if (sock_tcp_facts(fd).state == TCP_ESTABLISHED)
			finish(c, TCP_CONNECTED, 0);
	} else if (events & LOOP_WRITE) {
		finish(c, TCP_CONNECTED, 0);
	}
}

static void on_timer(void *arg)
{
	struct tcp_connect *c = arg;
	if (c->fd < 0) {
		finish(c, TCP_CANNOT_TRY, c->result.err);
		return;
	}
	/* Our own delay is not the peer's: the answer may be here, only unread. */
	if (c->io && sock_has_event(c->fd, POLLOUT)) {
		on_event(c, c->fd, LOOP_WRITE);
		return;
	}
	if (c->io)
		finish(c, TCP_TIMEOUT, 0);
	else
		finish(c, c->result.err ? TCP_FAILED : TCP_CONNECTED, c->result.err);
}

static int apply_options(
    int fd, const struct addr *peer, const struct tcp_connect_options *o)
{
	int r = 0;
	if (o->ttl)
		r = sock_set_ttl(fd, peer->family, o->ttl);
	if (r == 0 && o->min_ttl)
		r = sock_set_min_ttl(fd, peer->family, o->min_ttl);
	if (r == 0 && o->max_seg)
		r = sock_set_max_seg(fd, o->max_seg);
	if (r == 0 && o->abort)
		r = sock_set_abort(fd);
	return r;
}

/* A socket that is ready to connect, or -errno. */
static int open_socket(const struct plan *plan, const struct addr *peer,
    const struct tcp_connect_options *o)
{
	struct plan own = *plan;
	if (o->source.family)
		own.source = o->source;
	int fd = sock_open(&own, peer, SOCK_STREAM);
	int r = fd < 0 ? 0 : apply_options(fd, peer, o);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

struct tcp_connect *tcp_connect_start_with(struct loop *loop, const struct plan *plan,
    const struct addr *peer, const struct tcp_connect_options *options,
    tcp_connect_done_fn *done, void *arg)
{
	static const struct tcp_connect_options none;
	struct tcp_connect *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	if (!options)
		options = &none;
	c->done = done;
	c->arg = arg;
	c->result.peer = *peer;
	c->begin = nsec_now();
	nsec_t delay = 0;
	c->fd = open_socket(plan, peer, options);
	if (c->fd < 0) {
		c->result.err = -c->fd;
		c->fd = -1;
	} else {
		int r = sock_connect(c->fd, peer);
		if (r == -EINPROGRESS) {
			c->io = loop_io_start(loop, c->fd, LOOP_WRITE, on_event, c);
			delay =
			    options->timeout ? options->timeout : plan->connect_timeout;
		} else {
			c->result.err = -r;
		}
	}
	c->timer = loop_timer_start(loop, delay, on_timer, c);
	if (!c->timer || (delay && !c->io)) {
		release(c);
		return NULL;
	}
	return c;
}

struct tcp_connect *tcp_connect_start(struct loop *loop, const struct plan *plan,
    const struct addr *peer, tcp_connect_done_fn *done, void *arg)
{
	return tcp_connect_start_with(loop, plan, peer, NULL, done, arg);
}

struct obs_tcp tcp_connect_cancel(struct tcp_connect *c)
{
	struct obs_tcp result = c->result;
	if (c->fd >= 0) {
		result.info = sock_tcp_facts(c->fd);
		result.local = sock_local(c->fd);
	}
	release(c);
	return result;
}
