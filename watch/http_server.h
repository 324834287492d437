/* SPDX-License-Identifier: MIT */
#ifndef WATCH_HTTP_SERVER_H
#define WATCH_HTTP_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "probe/base/nsec.h"
#include "probe/model/addr.h"

/*
 * A few pages over HTTP, made beforehand: GET and HEAD of /metrics, /healthz,
 * /report.html and /report.json, nothing else, one request a connection. It answers
 * from a thread of its own, so that scrapes do not wait for a run.
 */
enum http_page {
	PAGE_METRICS,
	PAGE_HTML,
	PAGE_JSON
};

#define N_HTTP_PAGES (PAGE_JSON + 1)

enum {
	HTTP_CONNECTIONS = 32,   /* more are closed at once */
	HTTP_MEMORY = 16 * 1024, /* bytes of a request, and so of its header */
	HTTP_IDLE_S = 10,        /* seconds without a byte */
	HTTP_CONNECTION_S = 60   /* seconds of a connection altogether */
};

struct http_server;

/** Returns 0 and a server to stop, or a negative errno (-EADDRINUSE, ...;
 * -ELIBACC without libmicrohttpd). */
int http_server_start(const struct addr *listen_at, struct http_server **ret);

/** No callback runs after it returned. NULL is allowed. */
void http_server_stop(struct http_server *s);

/** Serves a page from now on; body is malloc()ed and taken over. */
void http_server_put(struct http_server *s, enum http_page page, char *body);

/** /healthz says 200 until this instant, and 503 after it. */
void http_server_healthy_until(struct http_server *s, nsec_t until);

/** Ends connections that last too long; to be called about once a second. */
void http_server_tick(struct http_server *s, nsec_t now);

/** Requests that were answered. */
uint64_t http_server_requests(struct http_server *s);

#endif
