/* SPDX-License-Identifier: MIT */
#ifndef PROBE_WEBSOCKET_CONVERSATION_H
#define PROBE_WEBSOCKET_CONVERSATION_H

#include "probe/websocket/session.h"

/*
 * What a check says on a WebSocket it knows nothing about: a ping, perhaps a text
 * that some peers send back, and goodbye.
 */
struct ws_conversation;

/** begin is when the upgrade was accepted. */
typedef void ws_conversation_done_fn(
    void *arg, const struct obs_websocket *result, nsec_t begin, nsec_t end);

struct ws_conversation_options {
	struct loop *loop;
	struct arena *arena; /* strings of the result */
	nsec_t budget;       /* for the pong */
	bool text;           /* send one: no subprotocol says what a text has to be */
	struct obs_websocket so_far; /* peer, via_proxy, protocol */
};

/**
 * Takes the stream, also on failure. done is called once, never inside this call;
 * NULL without memory.
 */
struct ws_conversation *ws_conversation_start(struct http_transfer *stream,
    const struct ws_conversation_options *options, ws_conversation_done_fn *done,
    void *arg);

/** Ends it without a call back; *ret is what is known so far. */
void ws_conversation_cancel(
    struct ws_conversation *c, struct obs_websocket *ret, nsec_t *ret_begin);

#endif
