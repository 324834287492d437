/* SPDX-License-Identifier: MIT */
#ifndef PROBE_IDLE_LINE_H
#define PROBE_IDLE_LINE_H

#include "probe/http/http_client.h"

/*
 * One connection of an idle test, whatever it speaks: WebSocket frames, HTTP requests
 * that keep the connection, or nothing at all on bare TCP.
 */
struct line;

enum line_event {
	LINE_READY,    /* the peer has answered for the first time */
	LINE_ANSWERED, /* what line_use() asked for came */
	LINE_HEARD,    /* the peer sent something by itself */
	LINE_CLOSED,   /* end of the stream, or a close frame */
	LINE_BROKEN,   /* an error of the socket, or no connection: see line_report() */
	LINE_NOT_KEPT, /* the server closes after an answer, and says so */
};

/** Never inside a call of the owner; the line must not be closed in it. */
typedef void line_fn(void *arg, enum line_event event);

struct line_options {
	struct loop *loop;
	const struct plan *plan;
	struct http_client *http; /* NULL for bare TCP */
	struct arena *arena;
	const struct target *target;
	struct addr peer;
	bool websocket; /* the target's upgrade was accepted */
	line_fn *fn;
	void *arg;
};

struct line_ops {
	void (*use)(struct line *l);
	void (*keep_alive)(struct line *l, unsigned seconds);
	void (*report)(struct line *l, struct obs_idle *ret);
	void (*close)(struct line *l);
};

/** What the kinds have in common; its first member. */
struct line {
	const struct line_ops *ops;
	struct line_options options;
	int err;            /* LINE_BROKEN; 0 = unknown */
	const char *reason; /* the same in words, or NULL */
};

/** Begins to connect. NULL without memory. */
struct line *line_open(const struct line_options *options);

/* line_stream.c: HTTP and WebSocket; line_tcp.c */
struct line *line_stream_open(const struct line_options *options);
struct line *line_tcp_open(const struct line_options *options);

/**
 * Asks for an answer: a ping, another request, on bare TCP a keepalive probe. Once the
 * line is ready.
 */
void line_use(struct line *l);

/** Sends keepalive probes after so many seconds of silence (tcp(7)). */
void line_keep_alive(struct line *l, unsigned seconds);

/** Sets close_code, reason, err, icmp and info. */
void line_report(struct line *l, struct obs_idle *ret);

/** NULL is nothing. */
void line_close(struct line *l);

#endif
