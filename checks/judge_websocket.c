/* SPDX-License-Identifier: MIT */
#include "checks/answer.h"
#include "checks/judge_stages.h"
#include "probe/base/arena.h"

/*
 * Without credentials a refusal is as good as 101, as long as it comes from the
 * front end that saw the upgrade. A request that lost its upgrade on the way gets the
 * answer to a plain GET.
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

/* How sure a status is that the upgrade got lost; CANNOT_TELL = it does not say so. */
static enum confidence lost_upgrade(const struct obs_http *h)
{
	switch (h->status) {
	case 426:
		return CONFIDENCE_LIKELY;
	case 400:
		/* The server of Jupyter words a plain GET on a websocket path so. */
		return http_body_contains(h, "Can \"Upgrade\" only to \"WebSocket\"")
			   ? CONFIDENCE_LIKELY
			   : CONFIDENCE_CANNOT_TELL;
	case 200:
	case 405:
	case 501:
		return CONFIDENCE_POSSIBLE;
	default:
		return CONFIDENCE_CANNOT_TELL;
	}
}

bool judge_websocket(struct judging *j)
{
	const struct obs_http *h = &j->http->http;
	enum confidence lost = lost_upgrade(h);

	if (h->status == 101) {
		if (h->accept_valid)
			pass(j, "the WebSocket upgrade was accepted");
		else
			fail(j, "ws_accept_bad", CONFIDENCE_CERTAIN,
			    "101 came with a wrong Sec-WebSocket-Accept");
		return true;
	}
	if (lost == CONFIDENCE_CANNOT_TELL)
		return false;
	say(j, EVIDENCE_SUPPORTS, j->http,
	    "%d is an answer to a request without an upgrade", h->status);
	fail(j, "ws_upgrade_stripped", lost,
	    arena_printf(
		j->arena, "the WebSocket upgrade did not arrive (HTTP %d)", h->status));
	return true;
}
