/* SPDX-License-Identifier: MIT */
#ifndef PROBE_HTTP_OWN_CALL_H
#define PROBE_HTTP_OWN_CALL_H

#include "probe/http/http_client.h"

/* A call on a connection of its own, to an address that was connected to before. */
struct own_call;

/**
 * budget is for the TLS and HTTP part; the connection has the plan's connect timeout.
 * When no connection comes about, done gets a result with connect_err alone. done is
 * called once, never inside this call. NULL without memory.
 */
struct own_call *own_call_start(struct http_client *c, const struct http_call *call,
    const struct addr *peer, nsec_t budget, http_done_fn *done, void *arg);

/** Ends it without a call back; NULL is nothing. */
void own_call_cancel(struct own_call *o);

#endif
