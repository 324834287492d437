/* SPDX-License-Identifier: MIT */
#include "probe/websocket/conversation.h"

#include <stdlib.h>
#include <string.h>

/* An echo takes as long as a pong; a program behind the server gets some more. */
static const nsec_t echo_grace = 250 * NSEC_PER_MSEC;

/* How long a peer that answers pings may take for its close frame. */
static const nsec_t close_grace = NSEC_PER_SEC;

static const char greeting[] = "vnetprobe";

struct ws_conversation {
	struct ws_session *session;
	struct loop_timer *timer;
	struct arena *arena;
	bool text, ponged, closing;
	struct obs_websocket result;
	nsec_t begin;
	ws_conversation_done_fn *done;
	void *arg;
};

static void release(struct ws_conversation *c)
{
	ws_session_free(c->session);
	loop_timer_stop(c->timer);
	free(c);
}

static void finish(struct ws_conversation *c)
{
	struct obs_websocket result;
	nsec_t begin;
	ws_conversation_done_fn *done = c->done;
	void *arg = c->arg;

	ws_conversation_cancel(c, &result, &begin);
	done(arg, &result, begin, nsec_now());
}

static void say_goodbye(struct ws_conversation *c)
{
	c->closing = true;
	ws_session_close(c->session);
	loop_timer_again(c->timer, close_grace);
}

static void on_text(void *arg, const char *text, size_t len)
{
	struct ws_conversation *c = arg;
	bool same = len == strlen(greeting) && memcmp(text, greeting, len) == 0;

	/* What a server says by itself does not hide an echo that follows. */
	if (c->result.echo != ECHO_SAME)
		c->result.echo = same ? ECHO_SAME : ECHO_OTHER;
	if (c->ponged && same && !c->closing)
		say_goodbye(c);
}

static void on_pong(void *arg, nsec_t rtt)
{
	struct ws_conversation *c = arg;

	c->ponged = true;
	if (!c->text || c->result.echo == ECHO_SAME)
		say_goodbye(c);
	else
		loop_timer_again(c->timer, echo_grace + 2 * rtt);
}

static void on_ended(void *arg)
{
	finish(arg);
}

static void on_timer(void *arg)
{
	struct ws_conversation *c = arg;

	if (c->ponged && !c->closing)
		say_goodbye(c);
	else
		finish(c);
}

struct ws_conversation *ws_conversation_start(struct http_transfer *stream,
    const struct ws_conversation_options *options, ws_conversation_done_fn *done,
    void *arg)
{
	struct ws_conversation *c = calloc(1, sizeof *c);
	const struct ws_events events = {
		.text = on_text, .pong = on_pong, .ended = on_ended, .arg = c
	};

	if (!c) {
		http_stream_close(stream);
		return NULL;
	}
	*c = (struct ws_conversation){ .arena = options->arena,
		.text = options->text,
		.result = options->so_far,
		.begin = nsec_now(),
		.done = done,
		.arg = arg };
	c->session = ws_session_new(stream, &events);
	c->timer = loop_timer_start(options->loop, options->budget, on_timer, c);
	if (!c->session || !c->timer) {
		release(c);
		return NULL;
	}
	if (c->text)
		ws_session_text(c->session, greeting, strlen(greeting));
	ws_session_ping(c->session);
	return c;
}

void ws_conversation_cancel(
    struct ws_conversation *c, struct obs_websocket *ret, nsec_t *ret_begin)
{
	ws_session_report(c->session, c->arena, &c->result);
	*ret = c->result;
	*ret_begin = c->begin;
	release(c);
}
