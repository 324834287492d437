/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/idle/line.h"
#include "probe/net/sock.h"
#include "probe/tcp/connect.h"

/*
 * Bare TCP: nobody knows what a server would make of a byte, so a keepalive probe asks
 * instead, and the segment that acknowledges it is the answer. No event tells of that.
 */

static const nsec_t look_interval = 20 * NSEC_PER_MSEC;

enum {
	MAX_READ = 64 * 1024 /* of what the server says, in one turn */
};

struct tcp_line {
	struct line base;
	struct tcp_connect *connect; /* NULL when connected */
	int fd;                      /* -1 before */
	struct loop_io *io;
	struct loop_timer *look;
	uint32_t segments; /* that had come in before the probe */
	struct icmp_error icmp;
};

static void tell(struct tcp_line *l, enum line_event event)
{
	l->base.options.fn(l->base.options.arg, event);
}

/* Nothing more is expected of the socket. */
static void end(struct tcp_line *l, enum line_event event)
{
	loop_io_stop(l->io);
	l->io = NULL;
	loop_timer_pause(l->look);
	tell(l, event);
}

static void on_event(void *arg, int fd, unsigned events)
{
	struct tcp_line *l = arg;
	char piece[4096];
	size_t total = 0;
	ssize_t n;

	if (events & LOOP_ERROR) {
		struct icmp_error icmp = sock_take_icmp(fd);
		if (icmp.present)
			l->icmp = icmp;
		l->base.err = sock_take_error(fd);
		if (l->base.err) {
			end(l, LINE_BROKEN);
			return;
		}
	}
	while (
	    (n = recv(fd, piece, sizeof piece, MSG_DONTWAIT)) > 0 && total < MAX_READ)
		total += (size_t)n;
	if (total)
		tell(l, LINE_HEARD);
	if (n == 0) {
		end(l, LINE_CLOSED);
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		l->base.err = errno;
		end(l, LINE_BROKEN);
	}
}

static void on_look(void *arg)
{
	struct tcp_line *l = arg;

	if (sock_tcp_facts(l->fd).segs_in > l->segments)
		tell(l, LINE_ANSWERED);
	else
		loop_timer_again(l->look, look_interval);
}

static void on_connected(
    void *arg, const struct obs_tcp *result, nsec_t begin, nsec_t end_, int fd)
{
	struct tcp_line *l = arg;

	(void)begin;
	(void)end_;
	l->connect = NULL;
	l->fd = fd;
	l->icmp = result->icmp;
	if (fd >= 0)
		l->io = loop_io_start(l->base.options.loop, fd, LOOP_READ, on_event, l);
	if (l->io) {
		tell(l, LINE_READY);
		return;
	}
	l->base.err = fd >= 0 ? ENOMEM : result->err ? result->err : ETIMEDOUT;
	tell(l, LINE_BROKEN);
}

static void use(struct line *base)
{
	struct tcp_line *l = (struct tcp_line *)(void *)base;

	l->segments = sock_tcp_facts(l->fd).segs_in;
	sock_set_keepalive(l->fd, 1);
	loop_timer_again(l->look, look_interval);
}

static void keep_alive(struct line *base, unsigned seconds)
{
	sock_set_keepalive(((struct tcp_line *)(void *)base)->fd, seconds);
}

static void report(struct line *base, struct obs_idle *ret)
{
	const struct tcp_line *l = (struct tcp_line *)(void *)base;

	ret->icmp = l->icmp;
	if (l->fd >= 0)
		ret->info = sock_tcp_facts(l->fd);
}

static void close_line(struct line *base)
{
	struct tcp_line *l = (struct tcp_line *)(void *)base;

	if (l->connect)
		tcp_connect_cancel(l->connect);
	loop_io_stop(l->io);
	loop_timer_stop(l->look);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
}

struct line *line_tcp_open(const struct line_options *options)
{
	static const struct line_ops ops = { .use = use,
		.keep_alive = keep_alive,
		.report = report,
		.close = close_line };
	struct tcp_line *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	*l =
	    (struct tcp_line){ .base = { .ops = &ops, .options = *options }, .fd = -1 };
	l->look = loop_timer_start(options->loop, 0, on_look, l);
	if (l->look) {
		loop_timer_pause(l->look);
		l->connect = tcp_connect_start(
		    options->loop, options->plan, &options->peer, on_connected, l);
	}
	if (l->connect)
		return &l->base;
	close_line(&l->base);
	return NULL;
}
