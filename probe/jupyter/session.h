/* SPDX-License-Identifier: MIT */
#ifndef PROBE_JUPYTER_SESSION_H
#define PROBE_JUPYTER_SESSION_H

#include "probe/base/arena.h"
#include "probe/http/http_client.h"

/*
 * A signed-in conversation with a Jupyter server: start a kernel, let it compute,
 * delete it; the same with a terminal. What was started is deleted whatever went wrong
 * in between. Each step has a connection of its own, and its own observation.
 */
struct jupyter_session;

struct jupyter_options {
	struct http_client *http;
	struct loop *loop;
	struct arena *arena;         /* strings of observations */
	const struct target *target; /* with jupyter_base */
	const char *token;
	struct addr peer;
	nsec_t step_limit; /* how long the server may take for one step */
};

struct jupyter_events {
	void (*step)(
	    void *arg, const struct obs_jupyter *result, nsec_t begin, nsec_t end);
	void (*done)(void *arg); /* nothing follows; the session is freed */
	void *arg;
};

/** No event comes inside this call. NULL without memory. */
struct jupyter_session *jupyter_session_start(
    const struct jupyter_options *options, const struct jupyter_events *events);

/**
 * The run ends: what is under way is told as cut, and what was started is deleted. Each
 * of the at most two requests this takes has the limit; then done comes as usual.
 */
void jupyter_session_stop(struct jupyter_session *s, nsec_t limit);

/** Since when an answer has been due. */
nsec_t jupyter_session_waits_since(const struct jupyter_session *s);

#endif
