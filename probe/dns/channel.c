/* SPDX-License-Identifier: MIT */
#include "probe/dns/channel.h"

#include <ares.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "probe/codec/dns_msg.h"
#include "probe/loop/loop.h"
#include "probe/net/sock.h"

/*
 * ares_send() and ares_process_fd() are the calls that 1.18 and 1.34 share; from
 * 1.28 on some of them are marked as deprecated.
 */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

enum {
	/* A closing connection and its successor live side by side in newer c-ares. */
	MAX_SOCKETS = 8,
	/* One burst of 128 answers of 1232 bytes, with the kernel's overhead. */
	RECEIVE_BUFFER = 1024 * 1024,
	/* Unwanted datagrams that are skipped in one call. */
	MAX_SKIPPED = 64,
};

struct channel_socket {
	struct dns_channel *channel;
	struct loop_io *io;
	int fd; /* -1 = free */
};

struct dns_channel {
	ares_channel ares;
	struct loop *loop;
	const struct plan *plan;
	struct addr server;
	enum dns_transport transport;
	struct dns_channel_hooks hooks;
	struct channel_socket sockets[MAX_SOCKETS];
	struct dns_channel_failure failure;
	struct dns_try *sending; /* inside dns_channel_send() */
};

static struct channel_socket *socket_of(struct dns_channel *ch, int fd)
{
	for (size_t i = 0; i < MAX_SOCKETS; i++)
		if (ch->sockets[i].fd == fd)
			return &ch->sockets[i];
	return NULL;
}

static void note_failure(struct dns_channel *ch, int fd, int err)
{
	ch->failure = (struct dns_channel_failure){ .err = err };
	if (fd >= 0)
		ch->failure.icmp = sock_take_icmp(fd);
}

/* After a call that failed; keeps errno for c-ares. */
static void note_errno(struct dns_channel *ch, int fd)
{
	int err = errno;
	if (err == EAGAIN || err == EINTR)
		return;
	note_failure(ch, fd, err);
	errno = err;
}

/*
 * The functions c-ares uses instead of the system's. It is told that the server is
 * 127.0.0.1, whichever it is: ports and IPv6 zones are spelt differently from
 * release to release, and a connected socket hears only its peer anyway.
 */

static ares_socket_t open_socket(int domain, int type, int protocol, void *arg)
{
	struct dns_channel *ch = arg;
	struct channel_socket *s = socket_of(ch, -1);
	int fd = -EMFILE;
	const int size = RECEIVE_BUFFER;
	(void)domain;
	(void)protocol;

	if (s)
		fd = sock_open(ch->plan, &ch->server, type);
	if (fd < 0) {
		note_failure(ch, -1, -fd);
		ch->failure.no_socket = true;
		errno = -fd;
		return ARES_SOCKET_BAD;
	}
	/* Beyond net.core.rmem_max only with privileges. */
	if (type == SOCK_DGRAM &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	s->fd = fd;
	return fd;
}

static int close_socket(ares_socket_t fd, void *arg)
{
	struct dns_channel *ch = arg;
	struct channel_socket *s = socket_of(ch, fd);
	if (s) {
		loop_io_stop(s->io);
		s->io = NULL;
		s->fd = -1;
	}
	return close(fd);
}

static int connect_socket(
    ares_socket_t fd, const struct sockaddr *addr, ares_socklen_t len, void *arg)
{
	struct dns_channel *ch = arg;
	(void)addr;
	(void)len;

	int r = sock_connect(fd, &ch->server);
	if (r == 0)
		return 0;
	if (r != -EINPROGRESS)
		note_failure(ch, fd, -r);
	errno = -r;
	return -1;
}

static ares_ssize_t receive_stream(
    struct dns_channel *ch, int fd, void *buf, size_t len)
{
	ssize_t n = recv(fd, buf, len, 0);
	if (n == 0 && len)
		note_failure(ch, fd, EPIPE);
	if (n < 0)
		note_errno(ch, fd);
	return n;
}

static ares_ssize_t receive_datagram(
    struct dns_channel *ch, int fd, void *buf, size_t len)
{
	for (int i = 0; i < MAX_SKIPPED; i++) {
		ssize_t n = recv(fd, buf, len, 0);
		if (n < 0)
			note_errno(ch, fd);
		/* Old c-ares takes an empty datagram for the end of a connection. */
		if (n < 0 ||
		    (ch->hooks.datagram(ch->hooks.arg, buf, (size_t)n) && n > 0))
			return n;
	}
	errno = EAGAIN;
	return -1;
}

static ares_ssize_t receive(ares_socket_t fd, void *buf, size_t len, int flags,
    struct sockaddr *from, ares_socklen_t *from_len, void *arg)
{
	struct dns_channel *ch = arg;
	(void)flags;

	if (from && from_len && *from_len >= sizeof(struct sockaddr_in)) {
		struct sockaddr_in in = { .sin_family = AF_INET,
			.sin_port = htons(53),
			.sin_addr = { htonl(INADDR_LOOPBACK) } };
		memcpy(from, &in, sizeof in);
		*from_len = sizeof in;
	}
	return ch->transport == DNS_OVER_TCP ? receive_stream(ch, fd, buf, len)
					     : receive_datagram(ch, fd, buf, len);
}

/* The first piece only: the rest counts as not yet sent, a datagram has no rest. */
static ares_ssize_t transmit(
    ares_socket_t fd, const struct iovec *iov, int n, void *arg)
{
	struct dns_channel *ch = arg;
	(void)n;

	if (ch->transport == DNS_OVER_UDP && ch->sending)
		ch->sending->id = dns_msg_id(iov->iov_base, iov->iov_len);
	ssize_t sent = send(fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL);
	if (sent < 0)
		note_errno(ch, fd);
	return sent;
}

static const struct ares_socket_functions functions = {
	.asocket = open_socket,
	.aclose = close_socket,
	.aconnect = connect_socket,
	.arecvfrom = receive,
	.asendv = transmit,
};

static void on_io(void *arg, int fd, unsigned events)
{
	struct channel_socket *s = arg;
	struct dns_channel *ch = s->channel;
	bool readable = events & (LOOP_READ | LOOP_ERROR);
	bool writable = events & (LOOP_WRITE | LOOP_ERROR);
	ares_process_fd(
	    ch->ares, readable ? fd : ARES_SOCKET_BAD, writable ? fd : ARES_SOCKET_BAD);
	/* An entry that no call reported would wake us forever. */
	if ((events & LOOP_ERROR) && s->fd == fd)
		sock_take_icmp(fd);
	ch->hooks.settled(ch->hooks.arg);
}

static void on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct dns_channel *ch = arg;
	struct channel_socket *s = socket_of(ch, fd);
	unsigned events = (readable ? LOOP_READ : 0U) | (writable ? LOOP_WRITE : 0U);
	if (!s)
		return;
	if (!events) {
		loop_io_stop(s->io);
		s->io = NULL;
	} else if (s->io) {
		loop_io_change(s->io, events);
	} else {
		s->io = loop_io_start(ch->loop, fd, events, on_io, s);
	}
}

static int start_ares(struct dns_channel *ch)
{
	struct in_addr server = { htonl(INADDR_LOOPBACK) };
	char lookups[] = "b", nowhere[] = "/dev/null";
	struct ares_options o = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
			 ARES_FLAG_NOCHECKRESP | ARES_FLAG_IGNTC | ARES_FLAG_STAYOPEN,
		.timeout = (int)(ch->plan->connect_timeout / NSEC_PER_MSEC) + 1,
		.tries = 1,
		.nservers = 1,
		.servers = &server,
		.lookups = lookups,
		.resolvconf_path = nowhere,
		.sock_state_cb = on_socket_state,
		.sock_state_cb_data = ch,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
		   ARES_OPT_SERVERS | ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS |
		   ARES_OPT_RESOLVCONF | ARES_OPT_SOCK_STATE_CB;
	if (ch->transport == DNS_OVER_TCP)
		o.flags |= ARES_FLAG_USEVC;
#ifdef ARES_OPT_QUERY_CACHE
	mask |= ARES_OPT_QUERY_CACHE; /* qcache_max_ttl = 0: off */
#endif
	int r = ares_init_options(&ch->ares, &o, mask);
	if (r == ARES_SUCCESS)
		ares_set_socket_functions(ch->ares, &functions, ch);
	return r;
}

struct dns_channel *dns_channel_new(struct loop *loop, const struct plan *plan,
    const struct addr *server, enum dns_transport transport,
    const struct dns_channel_hooks *hooks)
{
	struct dns_channel *ch = calloc(1, sizeof *ch);
	if (!ch)
		return NULL;
	*ch = (struct dns_channel){ .loop = loop,
		.plan = plan,
		.server = *server,
		.transport = transport,
		.hooks = *hooks };
	for (size_t i = 0; i < MAX_SOCKETS; i++)
		ch->sockets[i] = (struct channel_socket){ .channel = ch, .fd = -1 };
	if (start_ares(ch) != ARES_SUCCESS) {
		free(ch);
		return NULL;
	}
	return ch;
}

void dns_channel_free(struct dns_channel *ch)
{
	if (!ch)
		return;
	ares_destroy(ch->ares);
	free(ch);
}

static enum dns_try_end end_of_status(int status)
{
	switch (status) {
	case ARES_SUCCESS:
		return DNS_TRY_ANSWERED;
	case ARES_ETIMEOUT:
	case ARES_ECANCELLED:
	case ARES_EDESTRUCTION:
		return DNS_TRY_NO_ANSWER;
	case ARES_EBADRESP:
		return DNS_TRY_GARBAGE;
	case ARES_EBADQUERY:
	case ARES_EBADNAME:
	case ARES_EFORMERR:
	case ARES_ENOMEM:
		return DNS_TRY_REFUSED;
	default:
		return DNS_TRY_FAILED;
	}
}

static void on_answer(
    void *arg, int status, int timeouts, unsigned char *abuf, int alen)
{
	struct dns_try *t = arg;
	enum dns_try_end end = end_of_status(status);
	bool answered = end == DNS_TRY_ANSWERED;
	(void)timeouts;

	t->pending = false;
	t->fn(t, end, answered ? abuf : NULL, answered ? (size_t)alen : 0);
}

void dns_channel_send(
    struct dns_channel *ch, const uint8_t *bytes, size_t len, struct dns_try *t)
{
	t->id = dns_msg_id(bytes, len);
	t->pending = true;
	ch->sending = t;
	ch->failure = (struct dns_channel_failure){ .err = EIO };
	ares_send(ch->ares, bytes, (int)len, on_answer, t);
	ch->sending = NULL;
}

void dns_channel_drain(struct dns_channel *ch)
{
	/* A socket may go away, or another come, while one is handled. */
	for (size_t i = 0; i < MAX_SOCKETS; i++)
		if (ch->sockets[i].fd >= 0)
			ares_process_fd(ch->ares, ch->sockets[i].fd, ARES_SOCKET_BAD);
	ares_process_fd(ch->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

struct dns_channel_failure dns_channel_failure(const struct dns_channel *ch)
{
	return ch->failure;
}
