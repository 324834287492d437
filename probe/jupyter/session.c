/* SPDX-License-Identifier: MIT */
#include "probe/jupyter/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "probe/http/own_call.h"
#include "probe/jupyter/message.h"
#include "probe/websocket/session.h"

#define CODE     "1+1"
#define SUM      "2"
#define TYPED    "echo vp-$((40+2))-ok\r"
#define COMPUTED "vp-42-ok"

enum {
	N_STEPS = JUPYTER_DELETE_TERMINAL + 1,
	END = N_STEPS,
	TAIL = 4096 /* of a terminal's output, in which the sum is looked for */
};

/* How long a server that has answered may take for its close frame. */
static const nsec_t close_grace = NSEC_PER_SEC;

struct jupyter_session {
	struct jupyter_options o;
	struct jupyter_events on;
	struct loop_timer *timer;
	char id[2 * 16 + 1]; /* of the session and the one request in it */
	enum jupyter_step step;
	nsec_t begin; /* of the step */
	struct http_request request;
	struct http_call call;
	struct own_call *own;      /* a request under way */
	struct ws_session *socket; /* from _OPEN_ to the end of the step behind it */
	const char *kernel, *terminal; /* to be deleted; NULL = none */
	char tail[2 * TAIL + 1];
	bool has_answer; /* the socket may be closed, and its step ended */
	struct obs_jupyter answer;
	bool computed; /* the kernel did */
	bool stopping;
};

static void begin_step(struct jupyter_session *s);

/* --- From step to step ------------------------------------------------------------ */

/* Without a kernel that computed, a terminal would show nothing new. */
static unsigned next_step(const struct jupyter_session *s, bool ok)
{
	switch (s->step) {
	case JUPYTER_START_KERNEL:
		return ok ? JUPYTER_OPEN_CHANNEL : END;
	case JUPYTER_OPEN_CHANNEL:
		return ok ? JUPYTER_EXECUTE : JUPYTER_DELETE_KERNEL;
	case JUPYTER_EXECUTE:
		return JUPYTER_DELETE_KERNEL;
	case JUPYTER_DELETE_KERNEL:
		return s->computed ? JUPYTER_START_TERMINAL : END;
	case JUPYTER_START_TERMINAL:
		return ok ? JUPYTER_OPEN_TERMINAL : END;
	case JUPYTER_OPEN_TERMINAL:
		return ok ? JUPYTER_TERMINAL_ECHO : JUPYTER_DELETE_TERMINAL;
	case JUPYTER_TERMINAL_ECHO:
		return JUPYTER_DELETE_TERMINAL;
	case JUPYTER_DELETE_TERMINAL:
		break;
	}
	return END;
}

/* The same when the run ends: only what deletes is still done. */
static unsigned last_step(const struct jupyter_session *s)
{
	if (s->kernel)
		return JUPYTER_DELETE_KERNEL;
	return s->terminal ? JUPYTER_DELETE_TERMINAL : END;
}

static void drop_socket(struct jupyter_session *s)
{
	ws_session_free(s->socket);
	s->socket = NULL;
}

static void release(struct jupyter_session *s)
{
	own_call_cancel(s->own);
	drop_socket(s);
	loop_timer_stop(s->timer);
	free(s);
}

static void report(struct jupyter_session *s, struct obs_jupyter *result)
{
	result->peer = s->o.peer;
	result->via_proxy = s->o.target->proxy != NULL;
	result->step = s->step;
	if (s->on.step)
		s->on.step(s->on.arg, result, s->begin, nsec_now());
}

static void finish(struct jupyter_session *s)
{
	struct jupyter_events on = s->on;

	release(s);
	on.done(on.arg);
}

static void forget_deleted(struct jupyter_session *s)
{
	if (s->step == JUPYTER_DELETE_KERNEL)
		s->kernel = NULL;
	if (s->step == JUPYTER_DELETE_TERMINAL)
		s->terminal = NULL;
}

static void end_step(struct jupyter_session *s, struct obs_jupyter *result)
{
	bool ok = result->outcome == JUPYTER_DONE;
	bool keep_socket =
	    ok && (s->step == JUPYTER_OPEN_CHANNEL || s->step == JUPYTER_OPEN_TERMINAL);

	loop_timer_pause(s->timer);
	if (!keep_socket)
		drop_socket(s);
	report(s, result);
	s->computed |= ok && s->step == JUPYTER_EXECUTE;
	forget_deleted(s);
	unsigned next = s->stopping ? last_step(s) : next_step(s, ok);
	if (next == END) {
		finish(s);
		return;
	}
	s->step = (enum jupyter_step)next;
	begin_step(s);
}

static void end_with(
    struct jupyter_session *s, enum jupyter_outcome outcome, const char *reason)
{
	struct obs_jupyter result = { .outcome = outcome, .reason = reason };
	end_step(s, &result);
}

/* --- Requests --------------------------------------------------------------------- */

static const char *path(const struct jupyter_session *s, const char *rest)
{
	return arena_printf(s->o.arena, "%s%s", s->o.target->jupyter_base, rest);
}

static const char *path_of(const struct jupyter_session *s)
{
	struct arena *a = s->o.arena;

	switch (s->step) {
	case JUPYTER_START_KERNEL:
		return path(s, "/api/kernels");
	case JUPYTER_OPEN_CHANNEL:
		return path(s, arena_printf(a, "/api/kernels/%s/channels?session_id=%s",
				   s->kernel, s->id));
	case JUPYTER_DELETE_KERNEL:
		return path(s, arena_printf(a, "/api/kernels/%s", s->kernel));
	case JUPYTER_START_TERMINAL:
		return path(s, "/api/terminals");
	case JUPYTER_OPEN_TERMINAL:
		return path(s, arena_printf(a, "/terminals/websocket/%s", s->terminal));
	default:
		return path(s, arena_printf(a, "/api/terminals/%s", s->terminal));
	}
}

static bool is_upgrade(enum jupyter_step step)
{
	return step == JUPYTER_OPEN_CHANNEL || step == JUPYTER_OPEN_TERMINAL;
}

static bool is_deletion(enum jupyter_step step)
{
	return step == JUPYTER_DELETE_KERNEL || step == JUPYTER_DELETE_TERMINAL;
}

static void on_text(void *arg, const char *text, size_t len);
static void on_socket_ended(void *arg);

static bool open_socket(struct jupyter_session *s, struct http_transfer *stream)
{
	const struct ws_events events = {
		.text = on_text, .ended = on_socket_ended, .arg = s
	};
	s->socket = ws_session_new(stream, &events);
	return s->socket != NULL;
}

/* A success without the id of what was started is none. */
static bool take_id(struct jupyter_session *s, const struct obs_http *http)
{
	bool kernel = s->step == JUPYTER_START_KERNEL;
	const char *id = jupyter_name_read(
	    http->body, http->body_len, kernel ? "id" : "name", s->o.arena);

	if (kernel)
		s->kernel = id;
	else
		s->terminal = id;
	return id != NULL;
}

static void judge_status(
    struct jupyter_session *s, const struct obs_http *http, struct obs_jupyter *ret)
{
	bool starts =
	    s->step == JUPYTER_START_KERNEL || s->step == JUPYTER_START_TERMINAL;

	ret->http_status = http->status;
	ret->outcome = JUPYTER_REFUSED;
	if (http->status < 200 || http->status > 299) {
		/* The words of the answer; of a success they would tell nothing. */
		ret->result = http->body_len
				  ? arena_strndup(s->o.arena, http->body, OBS_MAX_VALUE)
				  : NULL;
		return;
	}
	ret->outcome = JUPYTER_DONE;
	if (starts && !take_id(s, http)) {
		ret->outcome = JUPYTER_WRONG_ANSWER;
		ret->reason = "the answer names nothing that was started";
	}
}

static void judge_no_answer(const struct http_result *result, struct obs_jupyter *ret)
{
	const struct obs_http *http = &result->http;

	ret->outcome = JUPYTER_BROKEN;
	if (result->connect_err)
		ret->reason = strerrordesc_np(result->connect_err);
	else if (!result->has_http)
		ret->reason = "the TLS handshake failed";
	else if (http->outcome == HTTP_TIMEOUT)
		ret->outcome = JUPYTER_NO_ANSWER;
	else if (http->outcome == HTTP_PROXY_REFUSED)
		ret->reason = "the proxy refused the connection";
	else
		ret->reason = http->reason ? http->reason : "the connection broke";
}

static void on_answer(void *arg, const struct http_result *result)
{
	struct jupyter_session *s = arg;
	struct obs_jupyter ret = { .outcome = JUPYTER_DONE };

	s->own = NULL;
	if (result->withheld) {
		ret.outcome = JUPYTER_TOKEN_WITHHELD;
		ret.reason = result->has_tls
				 ? "the certificate does not prove the peer's name"
				 : "the connection is not encrypted";
	} else if (result->stream) {
		ret.http_status = 101;
		if (!open_socket(s, result->stream))
			ret.outcome = JUPYTER_BROKEN;
	} else if (result->has_http && result->http.outcome == HTTP_ANSWERED) {
		judge_status(s, &result->http, &ret);
		if (is_upgrade(s->step) && ret.outcome == JUPYTER_DONE)
			ret.outcome = JUPYTER_REFUSED;
	} else {
		judge_no_answer(result, &ret);
	}
	end_step(s, &ret);
}

static const char *method_of(enum jupyter_step step)
{
	return is_deletion(step) ? "DELETE" : is_upgrade(step) ? "GET" : "POST";
}

static void begin_request(struct jupyter_session *s)
{
	static const struct header json = { "Content-Type", "application/json" };
	bool post = !is_deletion(s->step) && !is_upgrade(s->step);

	s->request = (struct http_request){ .method = method_of(s->step),
		.path = path_of(s),
		.headers = &json,
		.n_headers = post ? 1 : 0 };
	s->call = (struct http_call){ .target = s->o.target,
		.request = &s->request,
		.body = post ? "{}" : NULL,
		.authorization = arena_printf(s->o.arena, "token %s", s->o.token),
		.upgrade = is_upgrade(s->step) };
	s->own = own_call_start(
	    s->o.http, &s->call, &s->o.peer, s->o.step_limit, on_answer, s);
	if (!s->own)
		/* Told from the timer, never inside a call of the owner. */
		loop_timer_again(s->timer, 0);
}

/* --- Sockets ---------------------------------------------------------------------- */

/* The socket is freed when it has ended, never in a callback of its own. */
static void found(struct jupyter_session *s, bool right, const char *result)
{
	if (s->has_answer)
		return;
	s->has_answer = true;
	s->answer = (struct obs_jupyter){
		.outcome = right ? JUPYTER_DONE : JUPYTER_WRONG_ANSWER, .result = result
	};
	ws_session_close(s->socket);
	loop_timer_again(s->timer, close_grace);
}

static void on_kernel_text(struct jupyter_session *s, const char *text, size_t len)
{
	const char *words = NULL;
	enum kernel_message kind =
	    kernel_message_read(text, len, s->id, s->o.arena, &words);

	if (kind != KERNEL_OTHER)
		found(s, kind == KERNEL_RESULT && strcmp(words, SUM) == 0, words);
}

/* Output comes in pieces: the sum may stand in two of them. */
static void on_terminal_text(struct jupyter_session *s, const char *text, size_t len)
{
	const char *output = terminal_message_read(text, len, s->o.arena);
	size_t kept = strlen(s->tail);

	if (!output)
		return;
	if (kept > TAIL)
		memmove(s->tail, s->tail + kept - TAIL, TAIL + 1);
	strncat(s->tail, output, TAIL);
	if (strstr(s->tail, COMPUTED))
		found(s, true, COMPUTED);
}

static void on_text(void *arg, const char *text, size_t len)
{
	struct jupyter_session *s = arg;

	if (s->step == JUPYTER_EXECUTE)
		on_kernel_text(s, text, len);
	else
		on_terminal_text(s, text, len);
}

static void on_socket_ended(void *arg)
{
	struct jupyter_session *s = arg;
	struct obs_websocket w = { 0 };

	if (s->has_answer) {
		end_step(s, &s->answer);
		return;
	}
	ws_session_report(s->socket, s->o.arena, &w);
	const char *reason = w.reason ? w.reason : "the websocket ended";
	if (w.close_code)
		reason = arena_printf(s->o.arena,
		    "the server closed the websocket with %d", w.close_code);
	end_with(s, JUPYTER_BROKEN, reason);
}

static void begin_talk(struct jupyter_session *s)
{
	const char *text = s->step == JUPYTER_EXECUTE
			       ? kernel_execute_request(s->o.arena, s->id, s->id, CODE)
			       : terminal_input(s->o.arena, TYPED);

	ws_session_text(s->socket, text, strlen(text));
	loop_timer_again(s->timer, s->o.step_limit);
}

/* --- Beginning and end ------------------------------------------------------------ */

static void begin_step(struct jupyter_session *s)
{
	s->begin = nsec_now();
	s->has_answer = false;
	if (s->step == JUPYTER_EXECUTE || s->step == JUPYTER_TERMINAL_ECHO)
		begin_talk(s);
	else
		begin_request(s);
}

static void on_timer(void *arg)
{
	struct jupyter_session *s = arg;

	if (s->has_answer) {
		end_step(s, &s->answer);
	} else if (s->own) {
		own_call_cancel(s->own);
		s->own = NULL;
		end_with(s, JUPYTER_CUT, NULL);
	} else if (s->socket) {
		end_with(s, JUPYTER_NO_ANSWER, NULL);
	} else {
		end_with(s, JUPYTER_BROKEN, "no connection could be made");
	}
}

static bool make_id(struct jupyter_session *s)
{
	unsigned char random[(sizeof s->id - 1) / 2];

	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return false;
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(s->id + 2 * i, 3, "%02x", random[i]);
	return true;
}

struct jupyter_session *jupyter_session_start(
    const struct jupyter_options *options, const struct jupyter_events *events)
{
	struct jupyter_session *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	*s = (struct jupyter_session){
		.o = *options, .on = *events, .step = JUPYTER_START_KERNEL
	};
	s->timer = loop_timer_start(options->loop, 0, on_timer, s);
	if (!s->timer || !make_id(s)) {
		release(s);
		return NULL;
	}
	loop_timer_pause(s->timer);
	begin_step(s);
	return s;
}

/* Whether the step may have started something, or is about to delete it. */
static bool must_finish(const struct jupyter_session *s)
{
	return s->step == JUPYTER_START_KERNEL || s->step == JUPYTER_START_TERMINAL ||
	       is_deletion(s->step);
}

void jupyter_session_stop(struct jupyter_session *s, nsec_t limit)
{
	struct obs_jupyter cut = { .outcome = JUPYTER_CUT };

	s->stopping = true;
	s->o.step_limit = limit;
	if (must_finish(s)) {
		loop_timer_again(s->timer, limit);
		return;
	}
	own_call_cancel(s->own);
	s->own = NULL;
	drop_socket(s);
	report(s, &cut);
	loop_timer_pause(s->timer);
	s->step = (enum jupyter_step)last_step(s);
	begin_step(s);
}

nsec_t jupyter_session_waits_since(const struct jupyter_session *s)
{
	return s->begin;
}
