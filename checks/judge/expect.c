/* SPDX-License-Identifier: MIT */
#include "checks/judge/expect.h"

#include <string.h>

#include "checks/facts/facts.h"
#include "checks/judge/judge_stages.h"
#include "probe/base/arena.h"

enum meaning {
	MEANS_NOTHING, /* neither reached nor proven blocked */
	MEANS_BLOCKED,
	MEANS_SILENCE,
	MEANS_REACHED
};

/* What the cause of a failure says about reachability; others say nothing. */
static const struct {
	const char *cause;
	enum meaning meaning;
} meanings[] = {
	{ "local_no_route", MEANS_BLOCKED },
	{ "local_output_reject", MEANS_BLOCKED },
	{ "local_output_filter", MEANS_BLOCKED },
	{ "local_output_rst", MEANS_BLOCKED },
	{ "local_policy_denied", MEANS_BLOCKED },
	{ "dns_nxdomain", MEANS_BLOCKED },
	{ "dns_no_address", MEANS_BLOCKED },
	{ "dns_refused", MEANS_BLOCKED },
	{ "private_record_missing", MEANS_BLOCKED },
	{ "custom_dns_no_forward", MEANS_BLOCKED },
	{ "remote_refused", MEANS_BLOCKED },
	{ "icmp_rejected", MEANS_BLOCKED },
	{ "host_or_net_unreachable", MEANS_BLOCKED },
	{ "connection_reset", MEANS_BLOCKED },
	{ "connection_closed", MEANS_BLOCKED },
	{ "azure_firewall_http_deny", MEANS_BLOCKED },
	{ "l7_block_page", MEANS_BLOCKED },
	{ "rst_injected_inline", MEANS_BLOCKED },
	{ "rst_injected_onpath", MEANS_BLOCKED },
	{ "sni_reset_inline", MEANS_BLOCKED },
	{ "sni_reset_onpath", MEANS_BLOCKED },
	{ "sni_drop", MEANS_BLOCKED },
	{ "sni_close", MEANS_BLOCKED },
	{ "explicit_proxy_required", MEANS_BLOCKED },
	{ "proxy_denied", MEANS_BLOCKED },
	{ "user_agent_filtered", MEANS_BLOCKED },
	{ "silent_drop", MEANS_SILENCE },
	{ "forced_tunnel", MEANS_SILENCE },
	{ "service_denied", MEANS_REACHED },
	{ "http_unexpected", MEANS_REACHED },
	{ "not_the_service", MEANS_REACHED },
	{ "ws_upgrade_stripped", MEANS_REACHED },
	{ "ws_accept_bad", MEANS_REACHED },
	{ "tls_alert", MEANS_REACHED },
	{ "tls_version", MEANS_REACHED },
	{ "tls_expired", MEANS_REACHED },
	{ "clock_skew", MEANS_REACHED },
	{ "tls_name_mismatch", MEANS_REACHED },
	{ "wrong_peer", MEANS_REACHED },
	{ "tls_untrusted", MEANS_REACHED },
	{ "tls_intercepted", MEANS_REACHED },
};

static enum meaning meaning_of(const struct cause *cause)
{
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		if (strcmp(meanings[i].cause, cause->name) == 0)
			return meanings[i].meaning;
	return MEANS_NOTHING;
}

static const char *how(const struct judging *j)
{
	const struct verdict *v = j->verdict;
	return v->summary ? v->summary : "an answer came";
}

static void reached(struct judging *j, enum stage stage, enum confidence confidence)
{
	const char *summary =
	    arena_printf(j->arena, "reachable, and must not be: %s", how(j));

	j->verdict->status = STATUS_PASS;
	finding_set(j, &(struct finding){ .status = STATUS_FAIL,
			   .stage = stage,
			   .cause = "reachable_but_forbidden",
			   .confidence = confidence,
			   .summary = summary });
}

static void blocked(struct judging *j, enum confidence confidence)
{
	struct verdict *v = j->verdict;

	v->summary = arena_printf(
	    j->arena, "blocked, as it must be (%s): %s", v->cause->name, how(j));
	v->status = STATUS_PASS;
	v->has_stage = false;
	v->cause = NULL;
	v->confidence = confidence;
	v->alternatives = (struct words){ 0 };
}

/* The stage an answer came from: where the check got to. */
static enum stage last_stage(const struct judging *j)
{
	if (j->http)
		return j->http->stage;
	if (j->tls)
		return STAGE_TLS;
	if (j->target->protocol == PROTO_UDP)
		return STAGE_UDP;
	return j->target->protocol == PROTO_DNS ? STAGE_DNS : STAGE_TCP;
}

/* Sent and nothing heard: by itself not even a hint. */
static void undecided(struct judging *j)
{
	struct verdict *v = j->verdict;

	if (v->cause) {
		v->status = STATUS_INCONCLUSIVE;
		return;
	}
	finding_set(j, &(struct finding){ .status = STATUS_INCONCLUSIVE,
			   .stage = last_stage(j),
			   .cause = "silent_drop",
			   .confidence = CONFIDENCE_CANNOT_TELL,
			   .summary = "silence does not prove a block" });
}

static void judge_silence(struct judging *j)
{
	const struct obs *control = facts_control(j->facts, j->first->target);

	if (!control) {
		const struct obs *last = j->first;
		while (last->next_of_target)
			last = last->next_of_target;
		say(j, EVIDENCE_CONTEXT, last,
		    "no other check of this run connected, so silence proves nothing");
		undecided(j);
		return;
	}
	say(j, EVIDENCE_SUPPORTS, control,
	    "this machine can connect: %s answered another check",
	    addr_port_words(j->arena, facts_connected_peer(control)));
	blocked(j, CONFIDENCE_LIKELY);
}

/* A device on the path accepts whatever is sent to this port. */
static bool is_accepted_by_device(const struct judging *j)
{
	return j->target->protocol == PROTO_TCP &&
	       (j->verdict->attributes & (ATTR_TRANSPARENT_TCP_PROXY | ATTR_SYN_PROXY));
}

void expect_blocked(struct judging *j)
{
	struct verdict *v = j->verdict;

	if (v->status == STATUS_PASS || v->status == STATUS_WARN) {
		if (v->confidence == CONFIDENCE_POSSIBLE &&
		    (j->target->protocol == PROTO_UDP || is_accepted_by_device(j)))
			undecided(j);
		else
			/* A firewall may accept connections it will not pass on. */
			reached(j, last_stage(j),
			    judge_tls_proven(j) || j->target->protocol == PROTO_DNS
				? CONFIDENCE_CERTAIN
				: CONFIDENCE_LIKELY);
		return;
	}
	if (v->status == STATUS_INCONCLUSIVE)
		return;
	switch (meaning_of(v->cause)) {
	case MEANS_BLOCKED:
		blocked(j, v->confidence == CONFIDENCE_CERTAIN ? CONFIDENCE_CERTAIN
							       : CONFIDENCE_LIKELY);
		break;
	case MEANS_SILENCE:
		judge_silence(j);
		break;
	case MEANS_REACHED:
		/* Somebody answered; a proxy in place of the peer would do so too. */
		reached(j, v->stage,
		    v->confidence == CONFIDENCE_CERTAIN ? CONFIDENCE_CERTAIN
							: CONFIDENCE_LIKELY);
		break;
	case MEANS_NOTHING:
		undecided(j);
		break;
	}
}
