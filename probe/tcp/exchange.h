/* SPDX-License-Identifier: MIT */
#ifndef PROBE_TCP_EXCHANGE_H
#define PROBE_TCP_EXCHANGE_H

#include "probe/base/arena.h"
#include "probe/loop/loop.h"
#include "probe/model/obs.h"

/*
 * The first words of a protocol that is neither TLS nor HTTP, on a connected socket:
 * PROTO_SMB sends a NEGOTIATE and reads the reply, PROTO_SSH reads the server's
 * identification line. No credentials, nothing after the first answer.
 */
struct exchange;

/** begin and end are absolute; the exchange is over and freed when this is called. */
typedef void exchange_done_fn(
    void *arg, const struct obs_exchange *result, nsec_t begin, nsec_t end);

/**
 * fd belongs to the exchange from here on, also on failure. budget is how long the
 * peer may take. done is never called inside this call. NULL without memory.
 */
struct exchange *exchange_start(struct loop *loop, struct arena *arena,
    enum protocol protocol, int fd, const struct addr *peer, nsec_t budget,
    exchange_done_fn *done, void *arg);

/** Ends it without a call back. */
void exchange_cancel(struct exchange *x);

#endif
