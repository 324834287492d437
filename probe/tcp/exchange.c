/* SPDX-License-Identifier: MIT */
#include "probe/tcp/exchange.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/codec/smb2.h"
#include "probe/codec/ssh_ident.h"
#include "probe/net/sock.h"

struct exchange {
	struct loop_io *io;
	struct loop_timer *timer;
	struct arena *arena;
	int fd;
	nsec_t begin;
	struct obs_exchange result;
	uint8_t bytes[SSH_PREFACE_MAX];
	size_t n_bytes;
	unsigned grace; /* how often the timer found unread bytes */
	exchange_done_fn *done;
	void *arg;
};

static void release(struct exchange *x)
{
	loop_io_stop(x->io);
	loop_timer_stop(x->timer);
	close(x->fd);
	free(x);
}

static void finish(struct exchange *x, enum exchange_outcome outcome, int err)
{
	nsec_t end = nsec_now();
	struct obs_exchange result = x->result;
	exchange_done_fn *done = x->done;
	void *arg = x->arg;
	nsec_t begin = x->begin;

	result.outcome = outcome;
	result.err = err;
	result.info = sock_tcp_facts(x->fd);
	struct icmp_error icmp = sock_take_icmp(x->fd);
	if (icmp.present)
		result.icmp = icmp;
	if (x->n_bytes && outcome != EXCHANGE_ANSWERED) {
		result.n_first_bytes =
		    x->n_bytes < OBS_MAX_FIRST_BYTES ? x->n_bytes : OBS_MAX_FIRST_BYTES;
		result.first_bytes =
		    arena_memdup(x->arena, x->bytes, result.n_first_bytes);
	}
	release(x);
	done(arg, &result, begin, end);
}

/* Returns whether the answer is complete, and sets *ret then. */
static bool judge_smb(struct exchange *x, enum exchange_outcome *ret)
{
	if (smb2_need(x->bytes, x->n_bytes) > x->n_bytes)
		return false;
	struct smb2_reply reply = smb2_parse_reply(x->bytes, x->n_bytes);
	x->result.smb_dialect = reply.dialect;
	x->result.smb_status = reply.status;
	*ret = EXCHANGE_ANSWERED;
	switch (reply.kind) {
	case SMB2_NEGOTIATED:
		x->result.answer = smb2_dialect_name(reply.dialect);
		break;
	case SMB2_REFUSED:
		x->result.answer = "SMB 2 or 3, negotiation refused";
		break;
	case SMB2_ONLY_SMB1:
		x->result.answer = "SMB 1";
		break;
	case SMB2_NOT_SMB:
		*ret = EXCHANGE_MALFORMED;
		break;
	}
	return true;
}

static bool judge_ssh(struct exchange *x, enum exchange_outcome *ret)
{
	switch (ssh_ident_find(x->bytes, x->n_bytes, x->arena, &x->result.answer)) {
	case SSH_IDENT_MORE:
		return false;
	case SSH_IDENT_FOUND:
		*ret = EXCHANGE_ANSWERED;
		return true;
	case SSH_IDENT_NONE:
		break;
	}
	*ret = EXCHANGE_MALFORMED;
	return true;
}

static void on_read(void *arg, int fd, unsigned events)
{
	struct exchange *x = arg;
	enum exchange_outcome outcome;

	if (events & LOOP_ERROR) {
		struct icmp_error icmp = sock_take_icmp(fd);
		if (icmp.present)
			x->result.icmp = icmp;
	}
	ssize_t n = recv(fd, x->bytes + x->n_bytes, sizeof x->bytes - x->n_bytes, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		finish(x, EXCHANGE_RESET, errno);
		return;
	}
	if (n == 0) {
		finish(x, x->n_bytes ? EXCHANGE_MALFORMED : EXCHANGE_CLOSED, 0);
		return;
	}
	x->n_bytes += (size_t)n;
	bool complete = x->result.protocol == PROTO_SMB ? judge_smb(x, &outcome)
							: judge_ssh(x, &outcome);
	if (complete)
		finish(x, outcome, 0);
}

static void on_timer(void *arg)
{
	struct exchange *x = arg;

	enum {
		MAX_GRACE = 3
	};

	/* Bytes that are here but unread are our delay, not the peer's. */
	if (x->grace++ < MAX_GRACE && sock_has_event(x->fd, POLLIN))
		loop_timer_again(x->timer, 20 * NSEC_PER_MSEC);
	else
		finish(x, x->n_bytes ? EXCHANGE_MALFORMED : EXCHANGE_TIMEOUT, 0);
}

static void send_negotiate(int fd)
{
	uint8_t request[SMB2_REQUEST_SIZE], unique[32];
	if (getrandom(unique, sizeof unique, 0) != (ssize_t)sizeof unique)
		memset(unique, 0, sizeof unique);
	smb2_build_negotiate(request, unique);
	/* A fresh socket's buffer takes it whole; an error shows on the next read. */
	ssize_t n = send(fd, request, sizeof request, MSG_NOSIGNAL);
	(void)n;
}

struct exchange *exchange_start(struct loop *loop, struct arena *arena,
    enum protocol protocol, int fd, const struct addr *peer, nsec_t budget,
    exchange_done_fn *done, void *arg)
{
	struct exchange *x = calloc(1, sizeof *x);
	if (!x) {
		close(fd);
		return NULL;
	}
	x->arena = arena;
	x->fd = fd;
	x->done = done;
	x->arg = arg;
	x->begin = nsec_now();
	x->result = (struct obs_exchange){ .peer = *peer, .protocol = protocol };
	if (protocol == PROTO_SMB)
		send_negotiate(fd);
	x->io = loop_io_start(loop, fd, LOOP_READ, on_read, x);
	x->timer = loop_timer_start(loop, budget, on_timer, x);
	if (!x->io || !x->timer) {
		release(x);
		return NULL;
	}
	return x;
}

void exchange_cancel(struct exchange *x)
{
	release(x);
}
