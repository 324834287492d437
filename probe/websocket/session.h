/* SPDX-License-Identifier: MIT */
#ifndef PROBE_WEBSOCKET_SESSION_H
#define PROBE_WEBSOCKET_SESSION_H

#include "probe/base/arena.h"
#include "probe/http/http_client.h"

/*
 * The client side of a WebSocket (RFC 6455) on an upgraded connection. libwslay does
 * the frames; pings of the peer are answered by it. Bytes, frames and the length of
 * a message are bounded; time is the owner's business.
 */
struct ws_session;

enum {
	WS_MAX_MESSAGE = 1 << 20,
	WS_MAX_BYTES = 8 << 20, /* received in one session */
	WS_MAX_FRAMES = 20000
};

/** Any of them may be NULL. Only in ended() the session may be freed. */
struct ws_events {
	void (*text)(void *arg, const char *text, size_t len);
	void (*ping)(void *arg);             /* of the peer; it is answered */
	void (*pong)(void *arg, nsec_t rtt); /* of the latest ping */
	/** Nothing can be sent or received any more. */
	void (*ended)(void *arg);
	void *arg;
};

/** Takes the stream, also on failure. NULL without memory. */
struct ws_session *ws_session_new(
    struct http_transfer *stream, const struct ws_events *events);
void ws_session_free(struct ws_session *s);

/** Queue a message; it leaves when there is room. False when the session is over. */
bool ws_session_text(struct ws_session *s, const char *text, size_t len);
bool ws_session_ping(struct ws_session *s);

/** Keepalive probes of TCP below the frames, see sock_set_keepalive(). */
void ws_session_keep_alive(struct ws_session *s, unsigned seconds);

/** Begins the closing handshake with status 1000 (RFC 6455 section 7.4.1). */
void ws_session_close(struct ws_session *s);

/**
 * What happened so far; WEBSOCKET_TIMEOUT as long as it has not ended. Of *ret, peer,
 * via_proxy and echo are left alone; strings live in the arena.
 */
void ws_session_report(
    const struct ws_session *s, struct arena *arena, struct obs_websocket *ret);

#endif
