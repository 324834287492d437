/* SPDX-License-Identifier: MIT */
#include "probe/websocket/session.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <wslay/wslay.h>

enum {
	TURN_BYTES = 256 * 1024, /* received before others get their turn */
	CLOSE_STATUS = 2         /* bytes before the reason in a close frame */
};

struct ws_session {
	struct http_transfer *stream;
	struct ws_events on;
	wslay_event_context_ptr frames;
	bool in_turn, closing, ended;
	bool saw_end, too_much, malformed;
	int err;
	size_t turn_bytes;
	nsec_t ping_sent, ping_rtt; /* 0 = none */
	uint64_t ping_number;
	uint32_t frames_in, pings_in;
	uint64_t bytes_in;
	int close_code; /* received; 0 = none */
	bool closed_by_peer;
	uint8_t opcode; /* of the frame that is coming in */
	uint8_t close_frame[CLOSE_STATUS + OBS_MAX_CLOSE_REASON];
	size_t close_len;
};

/* --- wslay's callbacks ------------------------------------------------------------ */

static ssize_t would_block(wslay_event_context_ptr ctx)
{
	wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
	return -1;
}

static ssize_t broken(wslay_event_context_ptr ctx)
{
	wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static ssize_t on_recv(
    wslay_event_context_ptr ctx, uint8_t *buf, size_t len, int flags, void *arg)
{
	struct ws_session *s = arg;

	(void)flags;
	if (s->turn_bytes >= TURN_BYTES)
		return would_block(ctx);
	ssize_t n = http_stream_recv(s->stream, buf, len);
	if (n == -EAGAIN)
		return would_block(ctx);
	if (n <= 0) {
		s->saw_end = n == 0;
		s->err = (int)-n;
		return broken(ctx);
	}
	s->bytes_in += (uint64_t)n;
	s->turn_bytes += (size_t)n;
	s->too_much = s->bytes_in > WS_MAX_BYTES;
	return s->too_much ? broken(ctx) : n;
}

static ssize_t on_send(
    wslay_event_context_ptr ctx, const uint8_t *bytes, size_t len, int flags, void *arg)
{
	struct ws_session *s = arg;

	(void)flags;
	ssize_t n = http_stream_send(s->stream, bytes, len);
	if (n == -EAGAIN)
		return would_block(ctx);
	if (n > 0)
		return n;
	s->err = (int)-n;
	return broken(ctx);
}

static int on_genmask(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, void *arg)
{
	(void)arg;
	if (getrandom(buf, len, 0) == (ssize_t)len)
		return 0;
	wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static void on_frame(wslay_event_context_ptr ctx,
    const struct wslay_event_on_frame_recv_start_arg *frame, void *arg)
{
	struct ws_session *s = arg;

	s->opcode = frame->opcode;
	if (++s->frames_in <= WS_MAX_FRAMES)
		return;
	s->too_much = true;
	wslay_event_shutdown_read(ctx);
}

static void note_pong(struct ws_session *s, const uint8_t *payload, size_t len)
{
	/* Unsolicited pongs are allowed (RFC 6455 section 5.5.3); they answer nothing.
	 */
	if (!s->ping_sent || len != sizeof s->ping_number ||
	    memcmp(payload, &s->ping_number, len) != 0)
		return;
	s->ping_rtt = nsec_now() - s->ping_sent;
	s->ping_sent = 0;
	if (s->on.pong)
		s->on.pong(s->on.arg, s->ping_rtt);
}

static void on_piece(wslay_event_context_ptr ctx,
    const struct wslay_event_on_frame_recv_chunk_arg *piece, void *arg)
{
	struct ws_session *s = arg;
	size_t room = sizeof s->close_frame - s->close_len;

	(void)ctx;
	if (s->opcode != WSLAY_CONNECTION_CLOSE || piece->data_length > room)
		return;
	memcpy(s->close_frame + s->close_len, piece->data, piece->data_length);
	s->close_len += piece->data_length;
}

static void note_close(struct ws_session *s, int code)
{
	s->close_code = code;
	s->closed_by_peer = !s->closing;
}

/* Registered with IANA since RFC 6455: restart, try again later, bad gateway. */
static bool is_later_status(const struct ws_session *s)
{
	int code = s->close_len < CLOSE_STATUS
		       ? 0
		       : s->close_frame[0] << 8 | s->close_frame[1];
	return code >= 1012 && code <= 1014;
}

static void on_message(
    wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *m, void *arg)
{
	struct ws_session *s = arg;

	(void)ctx;
	switch (m->opcode) {
	case WSLAY_PING:
		s->pings_in++;
		if (s->on.ping)
			s->on.ping(s->on.arg);
		break;
	case WSLAY_PONG:
		note_pong(s, m->msg, m->msg_length);
		break;
	case WSLAY_CONNECTION_CLOSE:
		note_close(s, wslay_event_get_status_code_received(s->frames));
		break;
	case WSLAY_TEXT_FRAME:
		if (s->on.text)
			s->on.text(s->on.arg, (const char *)m->msg, m->msg_length);
		break;
	default:
		break;
	}
}

/* --- Turns ------------------------------------------------------------------------ */

static void on_turn(void *arg);

static bool is_over(const struct ws_session *s)
{
	bool closed = wslay_event_get_close_received(s->frames) &&
		      wslay_event_get_close_sent(s->frames);

	return s->saw_end || s->err || s->too_much || s->malformed ||
	       (closed && !wslay_event_want_write(s->frames));
}

/* Reading has ended although nobody said goodbye: wslay met what RFC 6455 forbids. */
static bool was_refused(const struct ws_session *s, int code)
{
	return (code != 0 || !wslay_event_get_read_enabled(s->frames)) && !s->saw_end &&
	       !s->err && !s->too_much && !wslay_event_get_close_received(s->frames);
}

static void end(struct ws_session *s)
{
	s->ended = true;
	if (s->on.ended)
		s->on.ended(s->on.arg);
}

static void on_turn(void *arg)
{
	struct ws_session *s = arg;
	int code = 0;

	if (s->ended)
		return;
	s->in_turn = true;
	s->turn_bytes = 0;
	if (wslay_event_want_read(s->frames))
		code = wslay_event_recv(s->frames);
	bool refused = was_refused(s, code);
	if (!s->err && wslay_event_want_write(s->frames))
		wslay_event_send(s->frames);
	/* wslay knows those of the RFC only. */
	if (refused && is_later_status(s)) {
		note_close(s, s->close_frame[0] << 8 | s->close_frame[1]);
		s->saw_end = true;
		refused = false;
	}
	s->malformed = refused;
	s->in_turn = false;
	if (is_over(s) || !http_stream_listen(s->stream,
			      wslay_event_want_write(s->frames), on_turn, s)) {
		end(s);
		return;
	}
	if (s->turn_bytes >= TURN_BYTES)
		http_stream_poke(s->stream);
}

struct ws_session *ws_session_new(
    struct http_transfer *stream, const struct ws_events *events)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = on_recv,
		.send_callback = on_send,
		.genmask_callback = on_genmask,
		.on_frame_recv_start_callback = on_frame,
		.on_frame_recv_chunk_callback = on_piece,
		.on_msg_recv_callback = on_message,
	};
	struct ws_session *s = calloc(1, sizeof *s);

	if (s)
		*s = (struct ws_session){ .stream = stream, .on = *events };
	if (!s || wslay_event_context_client_init(&s->frames, &callbacks, s) != 0) {
		http_stream_close(stream);
		free(s);
		return NULL;
	}
	wslay_event_config_set_max_recv_msg_length(s->frames, WS_MAX_MESSAGE);
	if (!http_stream_listen(stream, false, on_turn, s)) {
		ws_session_free(s);
		return NULL;
	}
	/* The first frame may have come with the answer to the upgrade. */
	http_stream_poke(stream);
	return s;
}

void ws_session_free(struct ws_session *s)
{
	if (!s)
		return;
	http_stream_close(s->stream);
	wslay_event_context_free(s->frames);
	free(s);
}

static bool queue(struct ws_session *s, uint8_t opcode, const void *bytes, size_t len)
{
	const struct wslay_event_msg m = {
		.opcode = opcode, .msg = bytes, .msg_length = len
	};

	if (s->ended || wslay_event_queue_msg(s->frames, &m) != 0)
		return false;
	if (!s->in_turn)
		http_stream_poke(s->stream);
	return true;
}

bool ws_session_text(struct ws_session *s, const char *text, size_t len)
{
	return queue(s, WSLAY_TEXT_FRAME, text, len);
}

bool ws_session_ping(struct ws_session *s)
{
	s->ping_number++;
	s->ping_sent = nsec_now();
	return queue(s, WSLAY_PING, &s->ping_number, sizeof s->ping_number);
}

void ws_session_keep_alive(struct ws_session *s, unsigned seconds)
{
	http_stream_keep_alive(s->stream, seconds);
}

void ws_session_close(struct ws_session *s)
{
	if (s->ended || s->closing || wslay_event_get_close_received(s->frames))
		return;
	s->closing = true;
	wslay_event_queue_close(s->frames, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0);
	if (!s->in_turn)
		http_stream_poke(s->stream);
}

/* --- Report ----------------------------------------------------------------------- */

static enum websocket_outcome outcome_of(const struct ws_session *s)
{
	if (s->too_much)
		return WEBSOCKET_TOO_MUCH;
	if (s->malformed)
		return WEBSOCKET_MALFORMED;
	if (s->close_code)
		return WEBSOCKET_CLOSED;
	if (s->saw_end)
		return WEBSOCKET_ENDED;
	if (s->err == ECONNRESET || s->err == EPIPE)
		return WEBSOCKET_RESET;
	return s->err ? WEBSOCKET_ENDED : WEBSOCKET_TIMEOUT;
}

static const char *reason_of(const struct ws_session *s)
{
	if (s->too_much)
		return "more bytes or frames than a check takes";
	if (!s->malformed)
		return NULL;
	switch (wslay_event_get_status_code_sent(s->frames)) {
	case WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA:
		return "a text that is not UTF-8";
	case WSLAY_CODE_MESSAGE_TOO_BIG:
		return "a message longer than a check takes";
	default:
		return "a frame that RFC 6455 forbids";
	}
}

void ws_session_report(
    const struct ws_session *s, struct arena *arena, struct obs_websocket *ret)
{
	ret->outcome = outcome_of(s);
	ret->ping_rtt = s->ping_rtt;
	ret->close_code = s->close_code;
	ret->closed_by_peer = s->closed_by_peer;
	if (s->close_code && s->close_len > CLOSE_STATUS)
		ret->close_reason =
		    arena_strndup(arena, (const char *)s->close_frame + CLOSE_STATUS,
			s->close_len - CLOSE_STATUS);
	ret->frames_in = s->frames_in;
	ret->pings_in = s->pings_in;
	ret->bytes_in = s->bytes_in;
	ret->reason = reason_of(s);
	ret->err = s->err;
	if (ret->outcome != WEBSOCKET_CLOSED)
		ret->info = http_stream_facts(s->stream, &ret->icmp);
}
