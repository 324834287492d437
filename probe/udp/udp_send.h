/* SPDX-License-Identifier: MIT */
#ifndef PROBE_UDP_UDP_SEND_H
#define PROBE_UDP_UDP_SEND_H

#include "probe/base/nsec.h"
#include "probe/model/obs.h"
#include "probe/model/plan.h"

struct loop;

/*
 * Datagrams to one address, and whatever says no. Two are sent, so that one lost on
 * the way decides nothing; then a second after the first the silence is taken as it
 * is: sent, and nothing said no. The payload is eight zero bytes, an arbitrary
 * choice: for UDP 5831 no question is known that the service would answer.
 */
enum {
	UDP_SEND_COUNT = 2,
	UDP_PAYLOAD_SIZE = 8
};

#define UDP_SEND_INTERVAL (300 * NSEC_PER_MSEC)
#define UDP_SEND_WAIT     NSEC_PER_SEC

/** Called once from the loop; begin and end are nsec_now(). */
typedef void udp_send_done_fn(
    void *arg, const struct obs_udp *obs, nsec_t begin, nsec_t end);

/**
 * plan is borrowed and must outlive the object. It is freed with the done call or by
 * udp_send_cancel(), which accepts NULL. NULL without memory.
 */
struct udp_send *udp_send_start(struct loop *loop, const struct plan *plan,
    const struct addr *peer, udp_send_done_fn *done, void *arg);
void udp_send_cancel(struct udp_send *u);

/** Datagrams that have left so far. */
unsigned udp_send_count(const struct udp_send *u);

#endif
