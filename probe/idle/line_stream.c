/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/codec/http_reader.h"
#include "probe/http/own_call.h"
#include "probe/idle/line.h"
#include "probe/websocket/session.h"

/*
 * A WebSocket answers pings; an HTTP server answers one HEAD request before the
 * silence and one behind it on the same connection (RFC 9112 section 9.3).
 */

enum {
	PIECE = 4096,
	MAX_READ = 64 * 1024 /* in one turn */
};

struct stream_line {
	struct line base;
	struct own_call *call; /* NULL when it has ended */
	struct http_call request;
	struct http_transfer *stream; /* HTTP, and WebSocket before there is ws */
	struct ws_session *ws;
	bool ready, ended, closes;
	const char *head; /* HTTP: the request */
	size_t head_len, sent;
	struct http_reader reader;
};

static struct stream_line *stream_of(struct line *base)
{
	return (struct stream_line *)(void *)base;
}

static void tell(struct stream_line *l, enum line_event event)
{
	l->base.options.fn(l->base.options.arg, event);
}

static void end(struct stream_line *l, enum line_event event)
{
	if (l->ended)
		return;
	l->ended = true;
	tell(l, event);
}

static void answered(struct stream_line *l)
{
	bool first = !l->ready;

	l->ready = true;
	tell(l, first ? LINE_READY : LINE_ANSWERED);
}

/* --- WebSocket -------------------------------------------------------------------- */

static void on_pong(void *arg, nsec_t rtt)
{
	(void)rtt;
	answered(arg);
}

static void on_ping(void *arg)
{
	tell(arg, LINE_HEARD);
}

static void on_text(void *arg, const char *text, size_t len)
{
	(void)text;
	(void)len;
	tell(arg, LINE_HEARD);
}

static void on_ended(void *arg)
{
	struct stream_line *l = arg;
	struct obs_websocket report = { 0 };

	ws_session_report(l->ws, l->base.options.arena, &report);
	l->base.reason = report.reason;
	/* Our answer to a close frame may be met with a reset. */
	if (report.outcome != WEBSOCKET_CLOSED)
		l->base.err = report.err;
	end(l, l->base.err ? LINE_BROKEN : LINE_CLOSED);
}

static void begin_websocket(struct stream_line *l)
{
	const struct ws_events events = { .text = on_text,
		.ping = on_ping,
		.pong = on_pong,
		.ended = on_ended,
		.arg = l };

	l->ws = ws_session_new(l->stream, &events);
	l->stream = NULL; /* the session's, also when it failed */
	if (l->ws) {
		ws_session_ping(l->ws);
		return;
	}
	l->base.err = ENOMEM;
	end(l, LINE_BROKEN);
}

/* --- HTTP ------------------------------------------------------------------------- */

/* RFC 9112 section 9.3: who closes says so, and HTTP/1.0 keeps nothing by itself. */
static void on_head_line(
    void *arg, const struct http_line *line, const char *bytes, size_t len)
{
	struct stream_line *l = arg;

	(void)bytes;
	(void)len;
	if (line->kind == HTTP_LINE_STATUS)
		l->closes = line->version && strcmp(line->version, "1.0") == 0;
	else if (line->kind == HTTP_LINE_FIELD &&
		 text_equal_nocase(line->field.name, "connection"))
		l->closes =
		    text_find_nocase(line->field.value, "close") ||
		    (l->closes && !text_find_nocase(line->field.value, "keep-alive"));
	else if (line->kind == HTTP_LINE_END && l->reader.status >= 200)
		l->ready = true;
}

static void on_bytes(struct stream_line *l, const char *bytes, size_t len)
{
	if (l->ready) {
		tell(l, l->sent ? LINE_ANSWERED : LINE_HEARD);
		return;
	}
	http_reader_feed(&l->reader, bytes, len);
	if (l->ready) {
		l->sent = 0;
		tell(l, l->closes ? LINE_NOT_KEPT : LINE_READY);
	} else if (http_reader_is_final(&l->reader)) {
		l->base.reason = "the answer is not HTTP as it should be";
		end(l, LINE_BROKEN);
	}
}

static void broken(struct stream_line *l, ssize_t n)
{
	l->base.err = (int)-n;
	end(l, n == 0 ? LINE_CLOSED : LINE_BROKEN);
}

static void on_stream(void *arg);

/* Sends what is left of the request, if one is due. */
static bool send_head(struct stream_line *l)
{
	while (l->head && l->sent < l->head_len) {
		ssize_t n = http_stream_send(
		    l->stream, l->head + l->sent, l->head_len - l->sent);
		if (n == -EAGAIN)
			return http_stream_listen(l->stream, true, on_stream, l);
		if (n < 0) {
			broken(l, n);
			return false;
		}
		l->sent += (size_t)n;
	}
	l->head = NULL;
	return http_stream_listen(l->stream, false, on_stream, l);
}

static void on_stream(void *arg)
{
	struct stream_line *l = arg;
	char piece[PIECE];
	size_t total = 0;
	ssize_t n = 0;

	if (l->ended || !send_head(l))
		return;
	while (!l->ended && total < MAX_READ &&
	       (n = http_stream_recv(l->stream, piece, sizeof piece)) > 0) {
		total += (size_t)n;
		on_bytes(l, piece, (size_t)n);
	}
	if (l->ended || n == -EAGAIN)
		return;
	if (n > 0)
		http_stream_poke(l->stream);
	else
		broken(l, n);
}

static void ask(struct stream_line *l)
{
	l->head = http_stream_request(l->stream);
	l->head_len = strlen(l->head);
	l->sent = 0;
	http_stream_listen(l->stream, true, on_stream, l);
	http_stream_poke(l->stream);
}

static void begin_http(struct stream_line *l)
{
	const struct http_reader_events events = { .line = on_head_line, .arg = l };

	http_reader_init(&l->reader, &events, l->base.options.arena);
	ask(l);
}

/* --- Both ------------------------------------------------------------------------- */

static const char *why_refused(struct stream_line *l, const struct http_result *result)
{
	if (result->has_http && result->http.status)
		return arena_printf(
		    l->base.options.arena, "HTTP %d", result->http.status);
	if (result->has_http && result->http.proxy_status)
		return arena_printf(l->base.options.arena, "the proxy answered %d",
		    result->http.proxy_status);
	return result->has_http  ? result->http.reason
	       : result->has_tls ? result->tls.reason
				 : NULL;
}

static void on_call_done(void *arg, const struct http_result *result)
{
	struct stream_line *l = arg;

	l->call = NULL;
	l->stream = result->stream;
	if (!l->stream) {
		l->base.err = result->connect_err;
		l->base.reason = why_refused(l, result);
		end(l, LINE_BROKEN);
	} else if (l->base.options.websocket) {
		begin_websocket(l);
	} else {
		begin_http(l);
	}
}

static void use(struct line *base)
{
	struct stream_line *l = stream_of(base);

	if (l->ws)
		ws_session_ping(l->ws);
	else if (!l->ended)
		ask(l);
}

static void keep_alive(struct line *base, unsigned seconds)
{
	struct stream_line *l = stream_of(base);

	if (l->ws)
		ws_session_keep_alive(l->ws, seconds);
	else
		http_stream_keep_alive(l->stream, seconds);
}

static void report(struct line *base, struct obs_idle *ret)
{
	struct stream_line *l = stream_of(base);
	struct obs_websocket ws = { 0 };

	if (l->ws) {
		ws_session_report(l->ws, base->options.arena, &ws);
		ret->close_code = ws.close_code;
		ret->icmp = ws.icmp;
		ret->info = ws.info;
	} else if (l->stream) {
		ret->info = http_stream_facts(l->stream, &ret->icmp);
	}
}

static void close_line(struct line *base)
{
	struct stream_line *l = stream_of(base);

	own_call_cancel(l->call);
	ws_session_free(l->ws);
	http_stream_close(l->stream);
	free(l);
}

struct line *line_stream_open(const struct line_options *options)
{
	static const struct line_ops ops = { .use = use,
		.keep_alive = keep_alive,
		.report = report,
		.close = close_line };
	struct stream_line *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	l->base = (struct line){ .ops = &ops, .options = *options };
	l->request = (struct http_call){ .target = options->target,
		.request = &options->target->request,
		.upgrade = options->websocket,
		.bare = !options->websocket };
	l->call = own_call_start(options->http, &l->request, &options->peer,
	    options->plan->timeout, on_call_done, l);
	if (l->call)
		return &l->base;
	free(l);
	return NULL;
}
