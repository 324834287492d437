/* SPDX-License-Identifier: MIT */
#include "probe/udp/udp_send.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/loop/loop.h"
#include "probe/net/sock.h"

struct udp_send {
	struct loop *loop;
	const struct plan *plan;
	udp_send_done_fn *done;
	void *arg;
	struct loop_timer *timer;
	struct loop_io *io;
	int fd;
	nsec_t begin;
	struct obs_udp obs;
};

void udp_send_cancel(struct udp_send *u)
{
	if (!u)
		return;
	loop_timer_stop(u->timer);
	loop_io_stop(u->io);
	if (u->fd >= 0)
		close(u->fd);
	free(u);
}

static void finish(struct udp_send *u, enum udp_outcome outcome, int err)
{
	udp_send_done_fn *done = u->done;
	void *arg = u->arg;
	nsec_t begin = u->begin;
	struct obs_udp obs = u->obs;

	obs.outcome = outcome;
	obs.err = err;
	udp_send_cancel(u);
	done(arg, &obs, begin, nsec_now());
}

/* Whether the socket has anything to say; then u is gone. */
static bool hear(struct udp_send *u)
{
	char byte;
	/* In this order: reading the queue clears the errno that it raised. */
	int err = sock_take_error(u->fd);
	u->obs.icmp = sock_take_icmp(u->fd);
	if (err || u->obs.icmp.present) {
		finish(u, UDP_FAILED, err);
		return true;
	}
	ssize_t n = recv(u->fd, &byte, 1, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	finish(u, n < 0 ? UDP_FAILED : UDP_ANSWERED, n < 0 ? errno : 0);
	return true;
}

static void on_io(void *arg, int fd, unsigned events)
{
	(void)fd;
	(void)events;
	hear(arg);
}

static void on_timer(void *arg)
{
	static const char payload[UDP_PAYLOAD_SIZE];
	struct udp_send *u = arg;
	if (u->obs.sent && hear(u))
		return;
	if (u->obs.sent == UDP_SEND_COUNT) {
		finish(u, UDP_SILENT, 0);
		return;
	}
	if (send(u->fd, payload, sizeof payload, 0) < 0) {
		int err = errno;
		u->obs.icmp = sock_take_icmp(u->fd);
		finish(u, u->obs.sent ? UDP_FAILED : UDP_CANNOT_TRY, err);
		return;
	}
	u->obs.sent++;
	nsec_t wait = UDP_SEND_INTERVAL;
	if (u->obs.sent == UDP_SEND_COUNT)
		wait = u->begin + UDP_SEND_WAIT - nsec_now();
	loop_timer_again(u->timer, wait > 0 ? wait : 0);
}

/* The first step, from the loop: nothing is called back inside start. */
static void on_begin(void *arg)
{
	struct udp_send *u = arg;
	u->begin = nsec_now();
	u->fd = sock_open(u->plan, &u->obs.peer, SOCK_DGRAM);
	int r = u->fd < 0 ? u->fd : sock_connect(u->fd, &u->obs.peer);
	if (r < 0) {
		finish(u, UDP_CANNOT_TRY, -r);
		return;
	}
	u->io = loop_io_start(u->loop, u->fd, LOOP_READ, on_io, u);
	loop_timer_stop(u->timer);
	u->timer = loop_timer_start(u->loop, 0, on_timer, u);
	if (!u->io || !u->timer)
		finish(u, UDP_CANNOT_TRY, ENOMEM);
}

struct udp_send *udp_send_start(struct loop *loop, const struct plan *plan,
    const struct addr *peer, udp_send_done_fn *done, void *arg)
{
	struct udp_send *u = calloc(1, sizeof *u);
	if (!u)
		return NULL;
	*u = (struct udp_send){ .loop = loop,
		.plan = plan,
		.done = done,
		.arg = arg,
		.fd = -1,
		.obs = { .peer = *peer } };
	u->timer = loop_timer_start(loop, 0, on_begin, u);
	if (!u->timer) {
		free(u);
		return NULL;
	}
	return u;
}

unsigned udp_send_count(const struct udp_send *u)
{
	return u->obs.sent;
}
