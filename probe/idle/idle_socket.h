/* SPDX-License-Identifier: MIT */
#ifndef PROBE_IDLE_IDLE_SOCKET_H
#define PROBE_IDLE_IDLE_SOCKET_H

#include "probe/idle/line.h"

/*
 * One connection that is opened, shown to work, left idle, and used once more. What
 * happens to it before, and what the use is met with, is one observation.
 */
struct idle_socket;

/** The socket is over and freed when this is called. */
typedef void idle_socket_done_fn(
    void *arg, const struct obs_idle *result, nsec_t begin, nsec_t end);

struct idle_socket_options {
	struct line_options line; /* fn and arg are the socket's */
	enum idle_mode mode;
	nsec_t delay;    /* before it is opened */
	nsec_t idle;     /* before it is used */
	nsec_t interval; /* IDLE_KEEPALIVE, in whole seconds, and IDLE_PINGS */
};

/** done is called once, never inside this call. NULL without memory. */
struct idle_socket *idle_socket_start(
    const struct idle_socket_options *options, idle_socket_done_fn *done, void *arg);

/** Ends it without a call back; *ret is what is known, *ret_begin since when. */
void idle_socket_cancel(struct idle_socket *s, struct obs_idle *ret, nsec_t *ret_begin);

#endif
