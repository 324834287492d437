/* SPDX-License-Identifier: MIT */
#ifndef PROBE_HTTP_HTTP_CLIENT_H
#define PROBE_HTTP_HTTP_CLIENT_H

#include <stdbool.h>

#include "probe/base/arena.h"
#include "probe/loop/loop.h"
#include "probe/model/obs.h"
#include "probe/model/plan.h"

/*
 * HTTP requests through libcurl's multi-socket interface, each on a socket that is
 * connected already. libcurl does proxy CONNECT, TLS and HTTP; we own the socket, the
 * clock and the evidence. libcurl's own timeouts are off: they count time in which
 * only we were late.
 */
struct http_client;

/** NULL when libcurl cannot be set up. Strings of results live in arena. */
struct http_client *http_client_new(
    struct loop *loop, const struct plan *plan, struct arena *arena);

/** Every transfer must have ended or been cancelled. */
void http_client_free(struct http_client *c);

struct http_result {
	bool has_tls; /* a handshake was begun */
	struct obs_tls tls;
	nsec_t tls_begin, tls_end;
	bool has_http; /* a request was sent, or the proxy refused */
	struct obs_http http;
	nsec_t http_begin, http_end;
};

typedef void http_done_fn(void *arg, const struct http_result *result);

struct http_transfer;

/**
 * Sends t->request on fd, which belongs to the transfer from here on (also on
 * failure). budget is how long the peer may take for TLS and HTTP together. done is
 * called once, never inside this call. NULL without memory.
 */
struct http_transfer *http_transfer_start(struct http_client *c, const struct target *t,
    int fd, const struct addr *peer, nsec_t budget, http_done_fn *done, void *arg);

/**
 * Whether the handshake is what the peer is due to answer; *ret_since is when that
 * phase began.
 */
bool http_transfer_in_tls(const struct http_transfer *x, nsec_t *ret_since);

/** TCP_INFO of its connection; not present before there is one. */
struct tcp_facts http_transfer_facts(const struct http_transfer *x);

/** Ends the transfer without a call back; *ret is what is known so far. */
void http_transfer_cancel(struct http_transfer *x, struct http_result *ret);

#endif
