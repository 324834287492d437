/* SPDX-License-Identifier: MIT */
#ifndef PROBE_IDLE_IDLE_TEST_H
#define PROBE_IDLE_IDLE_TEST_H

#include "probe/idle/idle_socket.h"

/*
 * How long connections to one endpoint survive in silence. All at once: one connection
 * for each time of the plan that is silent, one with TCP keepalive, and one with pings
 * where the endpoint is a WebSocket; afterwards, if one died, a fresh one that shows
 * whether the peer is still there.
 */
struct idle_test;

struct idle_test_events {
	void (*seen)(
	    void *arg, const struct obs_idle *result, nsec_t begin, nsec_t end);
	void (*done)(void *arg); /* the test is over and freed */
	void *arg;
};

enum {
	IDLE_CONTROLS = 2 /* connections beside the silent ones, at most */
};

/** fn and arg of the options are not used. NULL without memory. */
struct idle_test *idle_test_start(
    const struct line_options *options, const struct idle_test_events *events);

/** Ends it: what is open is seen as IDLE_CUT, done is not called. NULL is nothing. */
void idle_test_stop(struct idle_test *t);

#endif
