/* SPDX-License-Identifier: MIT */
#include "probe/engine/run.h"

#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/http/own_call.h"
#include "probe/jupyter/session.h"
#include "probe/websocket/conversation.h"

/*
 * What follows the answer to an upgrade request: frames when it was accepted, the same
 * request without the upgrade when it was not, and Jupyter's own conversation when the
 * plan has a token for it. One connection at a time.
 */

/* For each of the requests that delete what was started, when the run ends. */
static const nsec_t deletion_limit = 3 * NSEC_PER_SEC;

struct websocket_talk {
	struct ws_conversation *conversation;
	struct own_call *control;
	struct http_call call; /* of the control */
	struct jupyter_session *jupyter;
	nsec_t begin; /* of the conversation or the control */
};

static bool begin_jupyter(struct run *r);

static void end(struct run *r)
{
	r->websocket = NULL;
	if (r->cleaning)
		engine_chain_done(r);
	else
		talk_end(r);
}

/* The next thing to do, if there is one. */
static void go_on(struct run *r)
{
	if (!begin_jupyter(r))
		end(r);
}

/* --- Frames ----------------------------------------------------------------------- */

static void append_frames(
    struct run *r, const struct obs_websocket *result, nsec_t begin, nsec_t end)
{
	struct obs o = {
		.stage = STAGE_WEBSOCKET, .kind = OBS_WEBSOCKET, .websocket = *result
	};
	engine_append(r->engine, &o, r, begin, end);
}

static void on_conversation_done(
    void *arg, const struct obs_websocket *result, nsec_t begin, nsec_t end)
{
	struct run *r = arg;

	r->websocket->conversation = NULL;
	append_frames(r, result, begin, end);
	go_on(r);
}

static const char *field(const struct header *headers, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (text_equal_nocase(headers[i].name, name))
			return headers[i].value;
	return NULL;
}

static bool begin_conversation(struct run *r, const struct http_result *result)
{
	static const char subprotocol[] = "sec-websocket-protocol";
	const struct http_request *asked = &r->target->request;
	const struct obs_http *h = &result->http;
	struct engine *e = r->engine;
	const struct ws_conversation_options options = {
		.loop = e->loop,
		.arena = e->log->arena,
		.budget = talk_budget(r),
		.text = !field(asked->headers, asked->n_headers, subprotocol),
		.so_far = { .peer = r->peer,
		    .via_proxy = h->via_proxy,
		    .protocol = field(h->headers, h->n_headers, subprotocol) },
	};
	r->websocket->begin = nsec_now();
	r->websocket->conversation =
	    ws_conversation_start(result->stream, &options, on_conversation_done, r);
	return r->websocket->conversation != NULL;
}

/* --- The same without the upgrade ------------------------------------------------- */

static void on_control_done(void *arg, const struct http_result *result)
{
	struct run *r = arg;
	struct obs o = {
		.stage = STAGE_WEBSOCKET, .kind = OBS_HTTP, .http = result->http
	};

	r->websocket->control = NULL;
	/* A comparison that failed compares nothing. */
	if (result->has_http && result->http.outcome == HTTP_ANSWERED)
		engine_append(r->engine, &o, r, result->http_begin, result->http_end);
	go_on(r);
}

static bool begin_control(struct run *r, const struct http_result *result)
{
	struct websocket_talk *w = r->websocket;

	if (r->engine->plan->no_diagnose || result->http.status == 101)
		return false;
	w->begin = nsec_now();
	w->call =
	    (struct http_call){ .target = r->target, .request = &r->target->request };
	w->control = own_call_start(
	    r->engine->http, &w->call, &r->peer, talk_budget(r), on_control_done, r);
	return w->control != NULL;
}

/* --- Jupyter ---------------------------------------------------------------------- */

static void on_jupyter_step(
    void *arg, const struct obs_jupyter *result, nsec_t begin, nsec_t end)
{
	struct run *r = arg;
	struct obs o = {
		.stage = STAGE_WEBSOCKET, .kind = OBS_JUPYTER, .jupyter = *result
	};
	engine_append(r->engine, &o, r, begin, end);
}

static void on_jupyter_done(void *arg)
{
	struct run *r = arg;
	r->websocket->jupyter = NULL;
	end(r);
}

static bool begin_jupyter(struct run *r)
{
	struct engine *e = r->engine;
	const struct jupyter_options options = {
		.http = e->http,
		.loop = e->loop,
		.arena = e->log->arena,
		.target = r->target,
		.token = e->plan->jupyter_token,
		.peer = r->peer,
		.step_limit = e->plan->timeout,
	};
	const struct jupyter_events events = {
		.step = on_jupyter_step, .done = on_jupyter_done, .arg = r
	};

	if (!options.token || !r->target->jupyter_base)
		return false;
	r->websocket->jupyter = jupyter_session_start(&options, &events);
	return r->websocket->jupyter != NULL;
}

/* --- All of it -------------------------------------------------------------------- */

bool talk_websocket_begin(struct run *r, const struct http_result *result)
{
	if (!result->has_http || !result->http.upgrade ||
	    result->http.outcome != HTTP_ANSWERED)
		return false;
	r->websocket = arena_alloc(r->engine->log->arena, sizeof *r->websocket);
	if (result->stream ? begin_conversation(r, result) : begin_control(r, result))
		return true;
	if (begin_jupyter(r))
		return true;
	r->websocket = NULL;
	return false;
}

nsec_t talk_websocket_stop(struct run *r)
{
	struct websocket_talk *w = r->websocket;
	struct obs_websocket result;
	nsec_t since = w->begin;

	if (w->conversation) {
		ws_conversation_cancel(w->conversation, &result, &since);
		w->conversation = NULL;
		append_frames(r, &result, since, nsec_now());
	}
	own_call_cancel(w->control);
	w->control = NULL;
	if (!w->jupyter)
		return since;
	since = jupyter_session_waits_since(w->jupyter);
	r->cleaning = true;
	jupyter_session_stop(w->jupyter, deletion_limit);
	return since;
}
