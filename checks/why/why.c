/* SPDX-License-Identifier: MIT */
#include "checks/why/why.h"

#include "checks/facts/probes.h"

void why_alternative(struct judging *j, struct why *w, const char *cause)
{
	words_add(j->arena, &w->alternatives, cause);
}

void why_conclude(
    struct judging *j, enum status status, enum stage stage, const struct why *w)
{
	finding_set(j, &(struct finding){ .status = status,
			   .stage = stage,
			   .cause = w->cause,
			   .confidence = w->confidence,
			   .summary = w->summary,
			   .key = w->key });
	if (w->confidence == CONFIDENCE_CERTAIN)
		return;
	for (size_t i = 0; i < w->alternatives.n_items; i++)
		finding_alternative(j, w->alternatives.items[i]);
}

/* --- What could not be measured ----------------------------------------------------
 */

static const char *probe_words(const struct obs *o)
{
	switch (o->kind) {
	case OBS_ROUTE:
		return "the route lookup";
	case OBS_TTL_SCAN:
		return "the TTL scan";
	case OBS_CONTROL_CONNECT:
		return "the control connection";
	case OBS_SOURCE_PORTS:
		return "the comparison of source ports";
	case OBS_REPLY_TTL:
		return "the TTL of replies";
	case OBS_RESET_TEST:
		return "the test of resets";
	case OBS_TLS_VARIANT:
		return "a varied handshake";
	case OBS_COUNTED_SYNS:
		return "the count of lost packets";
	case OBS_DNS_VARIANT:
		return "a varied DNS question";
	case OBS_REQUEST_VARIANT:
		return "a varied request";
	default:
		return "the local datagram";
	}
}

static const char *end_words(enum order_end end)
{
	switch (end) {
	case ORDER_CUT:
		return "the run ended first";
	case ORDER_NO_BUDGET:
		return "the packet budget was spent";
	case ORDER_UNSUPPORTED:
		return "this kernel lacks the means";
	case ORDER_DONE:
	case ORDER_CANNOT:
		break;
	}
	return "this machine could not";
}

void why_unmeasured(struct judging *j)
{
	unsigned told = 0;

	for (const struct obs *o = j->first; o; o = o->next_of_target) {
		unsigned bit = 1U << o->kind;
		if (!probe_peer(o) || probe_end(o) == ORDER_DONE || (told & bit))
			continue;
		told |= bit;
		say(j, EVIDENCE_CONTEXT, o, "%s was not made: %s", probe_words(o),
		    end_words(probe_end(o)));
	}
}
