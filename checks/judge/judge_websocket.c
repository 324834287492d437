/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/facts/answer.h"
#include "checks/facts/facts.h"
#include "checks/judge/judge_stages.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

/*
 * Without credentials a refusal is as good as 101, as long as it comes from the
 * front end that saw the upgrade. A request that lost its upgrade on the way gets the
 * answer to a plain GET, which is why that was asked for beside it.
 */

static void fail(struct judging *j, const char *cause, enum confidence confidence,
    const char *summary)
{
	finding_set(j, &(struct finding){ .status = STATUS_FAIL,
			   .stage = STAGE_WEBSOCKET,
			   .cause = cause,
			   .confidence = confidence,
			   .summary = summary });
}

static void pass(struct judging *j, const char *summary)
{
	j->verdict->confidence =
	    judge_tls_proven(j) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
	j->verdict->summary = summary;
}

/* --- Frames ----------------------------------------------------------------------- */

/* What the server chose has to be what we offered (RFC 6455 section 4.1). */
static const char *unasked(const struct judging *j)
{
	const struct http_request *asked = &j->target->request;
	const char *chosen = http_header(&j->http->http, "sec-websocket-protocol");

	if (http_header(&j->http->http, "sec-websocket-extensions"))
		return "an extension";
	if (!chosen)
		return NULL;
	for (size_t i = 0; i < asked->n_headers; i++)
		if (text_equal_nocase(
			asked->headers[i].name, "sec-websocket-protocol") &&
		    strcmp(asked->headers[i].value, chosen) == 0)
			return NULL;
	return "a subprotocol";
}

static void say_frames(struct judging *j)
{
	static const char *const echoes[] = {
		[ECHO_NONE] = "no text came back",
		[ECHO_SAME] = "our text came back",
		[ECHO_OTHER] = "another text came",
	};
	const struct obs_websocket *w = &j->frames->websocket;

	if (w->ping_rtt)
		say(j, EVIDENCE_SUPPORTS, j->frames,
		    "a ping was answered in %.1f ms, %s", nsec_to_ms(w->ping_rtt),
		    echoes[w->echo]);
	if (w->protocol)
		say(j, EVIDENCE_CONTEXT, j->frames, "subprotocol %s",
		    quote(j, w->protocol));
	if (w->close_code)
		say(j, EVIDENCE_CONTEXT, j->frames, "closed by %s with %d%s%s",
		    w->closed_by_peer ? "the peer" : "us", w->close_code,
		    w->close_reason ? ": " : "", quote(j, w->close_reason));
	if (w->reason)
		say(j, EVIDENCE_SUPPORTS, j->frames, "the peer sent %s", w->reason);
	else if (w->ping_rtt && w->outcome != WEBSOCKET_CLOSED)
		say(j, EVIDENCE_CONTEXT, j->frames,
		    "the peer did not answer our close frame");
}

static void end_of_stream(struct judging *j, enum stream_end end)
{
	const struct obs_websocket *w = &j->frames->websocket;

	judge_stream_end(
	    j, &(struct stream_death){
		   .obs = j->frames, .end = end, .peer = &w->peer, .info = &w->info });
}

/* 1011 and its neighbours: the server or a gateway says that it is in trouble. */
static void judge_early_close(struct judging *j, int code)
{
	const char *summary = arena_printf(
	    j->arena, "the server closed the WebSocket at once with %d", code);

	if (code < 1011 || code > 1014) {
		pass(j, summary);
		return;
	}
	finding_set(j, &(struct finding){ .status = STATUS_WARN,
			   .stage = STAGE_WEBSOCKET,
			   .cause = "http_unexpected",
			   .confidence = CONFIDENCE_LIKELY,
			   .summary = summary });
}

static void judge_no_pong(struct judging *j)
{
	const struct obs_websocket *w = &j->frames->websocket;

	switch (w->outcome) {
	case WEBSOCKET_CLOSED:
		judge_early_close(j, w->close_code);
		break;
	case WEBSOCKET_RESET:
		end_of_stream(j, STREAM_RESET);
		break;
	case WEBSOCKET_ENDED:
		end_of_stream(j, STREAM_CLOSED);
		break;
	case WEBSOCKET_TIMEOUT:
		say(j, EVIDENCE_SUPPORTS, j->frames,
		    "no answer to a ping within %.0f ms", obs_ms(j->frames));
		fail(j, "ws_no_frames", CONFIDENCE_CANNOT_TELL,
		    "the WebSocket upgrade was accepted, and no frame came");
		break;
	case WEBSOCKET_MALFORMED:
	case WEBSOCKET_TOO_MUCH:
		fail(j, "ws_protocol_error", CONFIDENCE_LIKELY,
		    arena_printf(j->arena, "after the upgrade came %s",
			w->reason ? w->reason : "no WebSocket frames"));
		break;
	}
}

static void judge_accepted(struct judging *j)
{
	const char *oddity = unasked(j);

	if (j->frames)
		say_frames(j);
	if (oddity)
		fail(j, "ws_protocol_error", CONFIDENCE_CERTAIN,
		    arena_printf(
			j->arena, "the server chose %s that was not offered", oddity));
	else if (!j->frames && j->unfinished)
		judge_unfinished(j, STAGE_WEBSOCKET);
	else if (!j->frames || j->frames->websocket.ping_rtt)
		pass(j, j->frames ? "the WebSocket works"
				  : "the WebSocket upgrade was accepted");
	else
		judge_no_pong(j);
}

/* --- Refusals --------------------------------------------------------------------- */

/* How sure a status is that the upgrade got lost; CANNOT_TELL = it does not say so. */
static enum confidence lost_upgrade(const struct obs_http *h)
{
	switch (h->status) {
	case 426:
		return CONFIDENCE_LIKELY;
	case 400:
		/* The server of Jupyter words a plain GET on a websocket path so. */
		return http_says_upgrade_missing(h) ? CONFIDENCE_LIKELY
						    : CONFIDENCE_CANNOT_TELL;
	case 200:
	case 405:
	case 501:
		return CONFIDENCE_POSSIBLE;
	default:
		return CONFIDENCE_CANNOT_TELL;
	}
}

/* An upgrade to the same server and path that was accepted on another route. */
static const struct obs *accepted_elsewhere(const struct judging *j)
{
	const struct obslog *log = j->facts->log;

	for (size_t i = 0; i < log->n_items; i++) {
		const struct obs *o = log->items[i];
		if (o->kind != OBS_HTTP || !o->http.upgrade || o->http.status != 101 ||
		    !o->http.accept_valid || !o->http.url || !j->http->http.url)
			continue;
		if (o->http.via_proxy != j->http->http.via_proxy &&
		    strcmp(o->http.url, j->http->http.url) == 0)
			return o;
	}
	return NULL;
}

static bool differs_from_plain(const struct judging *j)
{
	return j->plain && j->plain->http.status != j->http->http.status;
}

static void say_plain(struct judging *j)
{
	if (!j->plain)
		return;
	say(j, EVIDENCE_SUPPORTS, j->plain,
	    differs_from_plain(j) ? "without the upgrade the answer is %d"
				  : "without the upgrade the answer is %d as well",
	    j->plain->http.status);
}

static bool judge_refusal(struct judging *j)
{
	const struct obs_http *h = &j->http->http;
	const struct obs *elsewhere = accepted_elsewhere(j);
	enum confidence lost = lost_upgrade(h);

	say_plain(j);
	/* A different answer to a plain GET: somebody saw the upgrade. */
	if (lost == CONFIDENCE_CANNOT_TELL ||
	    (lost == CONFIDENCE_POSSIBLE && differs_from_plain(j)))
		return false;
	if (j->plain && !differs_from_plain(j))
		lost = CONFIDENCE_LIKELY;
	say(j, EVIDENCE_SUPPORTS, j->http,
	    "%d is an answer to a request without an upgrade", h->status);
	if (elsewhere) {
		lost = CONFIDENCE_CERTAIN;
		say(j, EVIDENCE_SUPPORTS, elsewhere,
		    "%s the server takes the same upgrade",
		    elsewhere->http.via_proxy ? "through the proxy" : "directly");
	}
	fail(j, "ws_upgrade_stripped", lost,
	    arena_printf(
		j->arena, "the WebSocket upgrade did not arrive (HTTP %d)", h->status));
	return true;
}

bool judge_websocket(struct judging *j)
{
	const struct obs_http *h = &j->http->http;

	if (h->status != 101)
		return judge_refusal(j);
	if (h->accept_valid)
		judge_accepted(j);
	else
		fail(j, "ws_accept_bad", CONFIDENCE_CERTAIN,
		    "101 came with a wrong Sec-WebSocket-Accept");
	return true;
}

void judge_websocket_doubt(struct judging *j)
{
	struct verdict *v = j->verdict;

	/* A sign-in before everything else answers both alike: no sign of a loss. */
	if (v->status == STATUS_PASS && j->plain && !differs_from_plain(j) &&
	    v->confidence == CONFIDENCE_CERTAIN)
		v->confidence = CONFIDENCE_LIKELY;
}
