/* SPDX-License-Identifier: MIT */
#ifndef PROBE_HTTP_HTTP_CLIENT_H
#define PROBE_HTTP_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "probe/base/arena.h"
#include "probe/loop/loop.h"
#include "probe/model/obs.h"
#include "probe/model/plan.h"

/*
 * HTTP requests, and upgrades to other protocols, through libcurl's multi-socket
 * interface, each on a socket that is connected already. libcurl does proxy CONNECT,
 * TLS and HTTP; we own the socket, the clock and the evidence. libcurl's own timeouts
 * are off: they count time in which only we were late.
 */
struct http_client;

/** NULL when libcurl cannot be set up. Strings of results live in arena. */
struct http_client *http_client_new(
    struct loop *loop, const struct plan *plan, struct arena *arena);

/** Every transfer must have ended or been cancelled. */
void http_client_free(struct http_client *c);

/** What is asked, and of whom. Everything it points to outlives the transfer. */
struct http_call {
	const struct target *target; /* where to, and the name its certificate needs */
	const struct http_request *request;
	const char *body; /* of a POST; NULL = empty */
	/*
	 * Value of Authorization, a credential; NULL = none. It is sent only to a peer
	 * that proved its name, or that is this machine itself.
	 */
	const char *authorization;
	bool upgrade; /* to websocket (RFC 6455 section 4.1) */
	/*
	 * Nothing is asked: the connection is the callee's as soon as tunnel and TLS
	 * are there, as after an upgrade.
	 */
	bool bare;
};

struct http_transfer;

struct http_result {
	bool has_tls; /* a handshake was begun */
	struct obs_tls tls;
	nsec_t tls_begin, tls_end;
	bool has_http; /* a request was sent, or the proxy refused */
	struct obs_http http;
	nsec_t http_begin, http_end;
	/* Of a call with a connection of its own; 0 = connected, or not its own. */
	int connect_err;
	bool withheld; /* nothing was sent, because of the authorization */
	/*
	 * The upgrade was accepted with the right key, or a bare connection is there:
	 * it is the callee's, see http_stream_recv(). Otherwise NULL.
	 */
	struct http_transfer *stream;
};

typedef void http_done_fn(void *arg, const struct http_result *result);

/**
 * Sends call->request on fd, which belongs to the transfer from here on (also on
 * failure). budget is how long the peer may take for TLS and HTTP together. done is
 * called once, never inside this call. NULL without memory.
 */
struct http_transfer *http_transfer_start(struct http_client *c,
    const struct http_call *call, int fd, const struct addr *peer, nsec_t budget,
    http_done_fn *done, void *arg);

/**
 * Whether the handshake is what the peer is due to answer; *ret_since is when that
 * phase began.
 */
bool http_transfer_in_tls(const struct http_transfer *x, nsec_t *ret_since);

/** TCP_INFO of its connection; not present before there is one. */
struct tcp_facts http_transfer_facts(const struct http_transfer *x);

/** Ends the transfer without a call back; *ret is what is known so far. */
void http_transfer_cancel(struct http_transfer *x, struct http_result *ret);

/*
 * An upgraded or bare connection. Nobody's clock runs: who uses it sets its own timers.
 */

/**
 * At least one byte, 0 at the end of the stream, -EAGAIN for nothing now, or what
 * broke the connection as -errno.
 */
ssize_t http_stream_recv(struct http_transfer *x, void *buf, size_t size);

/** The number of bytes taken, -EAGAIN for none, or another -errno. */
ssize_t http_stream_send(struct http_transfer *x, const void *bytes, size_t len);

typedef void http_stream_fn(void *arg);

/**
 * Calls fn when there may be something to receive and, if wanted, room to send. It has
 * to receive until -EAGAIN, or to ask for another call with http_stream_poke(): TLS
 * may hold bytes of which the descriptor says nothing. False when it cannot be watched.
 */
bool http_stream_listen(
    struct http_transfer *x, bool want_send, http_stream_fn *fn, void *arg);
void http_stream_poke(struct http_transfer *x);

/** What the kernel knows of the connection, and the last ICMP error. */
struct tcp_facts http_stream_facts(
    const struct http_transfer *x, struct icmp_error *ret);

/** Keepalive probes after so many seconds of silence, see sock_set_keepalive(). */
void http_stream_keep_alive(struct http_transfer *x, unsigned seconds);

/** A HEAD request for the call's path that keeps the connection, in the arena. */
const char *http_stream_request(const struct http_transfer *x);

/** Closes the connection; NULL is nothing. fn is not called any more. */
void http_stream_close(struct http_transfer *x);

#endif
