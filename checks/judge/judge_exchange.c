/* SPDX-License-Identifier: MIT */
#include "checks/facts/net_error.h"
#include "checks/judge/judge_stages.h"
#include "checks/why/why.h"
#include "probe/base/arena.h"

/*
 * Connections that opened and then went dead, and the first bytes of protocols that
 * are neither TLS nor HTTP.
 */

static void say_icmp(
    struct judging *j, const struct obs *obs, const struct icmp_error *icmp)
{
	if (icmp->present)
		say(j, EVIDENCE_SUPPORTS, obs, "%s", icmp_words(j->arena, icmp));
}

/* Did our bytes arrive? Only the acknowledgements tell. */
static const char *judge_silence(
    struct judging *j, const struct obs *obs, const struct tcp_facts *info)
{
	if (!info->present)
		return "no_reply";
	if (info->unacked == 0) {
		say(j, EVIDENCE_SUPPORTS, obs, "the peer acknowledged all we sent");
		return "no_reply";
	}
	say(j, EVIDENCE_SUPPORTS, obs,
	    "%u of our segments stay unacknowledged after %u retransmissions",
	    (unsigned)info->unacked, (unsigned)info->total_retrans);
	if (info->segs_in > 2 && info->data_segs_in == 0)
		say(j, EVIDENCE_CONTEXT, obs,
		    "%u segments without data came in: a repeated SYN-ACK would mean "
		    "that the peer never heard from us",
		    (unsigned)info->segs_in);
	return "data_not_acknowledged";
}

void judge_stream_end(struct judging *j, const struct stream_death *d)
{
	static const char *const causes[] = {
		[STREAM_RESET] = "connection_reset",
		[STREAM_CLOSED] = "connection_closed",
	};
	static const char *const words[] = {
		[STREAM_RESET] = "reset the connection",
		[STREAM_CLOSED] = "closed the connection without an answer",
		[STREAM_SILENT] = "gave no answer",
	};
	const char *from = addr_port_words(j->arena, d->peer);
	bool silent = d->end == STREAM_SILENT;
	struct why w = {
		.confidence = CONFIDENCE_CANNOT_TELL,
		.summary = arena_printf(
		    j->arena, "%s accepted the connection and %s", from, words[d->end]),
	};

	say(j, EVIDENCE_SUPPORTS, d->obs, "%s %s %.0f ms after the first byte was sent",
	    from, words[d->end], obs_ms(d->obs));
	w.cause = silent ? judge_silence(j, d->obs, d->info) : causes[d->end];
	if (silent && !d->info->present)
		why_alternative(j, &w, "data_not_acknowledged");
	why_stream(j, d, &w);
	why_unmeasured(j);
	why_conclude(j, STATUS_FAIL, d->obs->stage, &w);
}

static void judge_garbled(struct judging *j, const struct obs_exchange *x)
{
	const char *protocol = x->protocol == PROTO_SMB ? "SMB" : "SSH";

	say(j, EVIDENCE_SUPPORTS, j->exchange, "first bytes: \"%s\"",
	    quote_bytes(j, x->first_bytes, x->n_first_bytes));
	finding_set(
	    j, &(struct finding){ .status = STATUS_FAIL,
		   .stage = j->exchange->stage,
		   .cause = "not_the_service",
		   .confidence = CONFIDENCE_LIKELY,
		   .summary = arena_printf(j->arena, "%s answered, but not in %s",
		       addr_port_words(j->arena, &x->peer), protocol) });
}

static void end_of_stream(struct judging *j, enum stream_end end)
{
	const struct obs_exchange *x = &j->exchange->exchange;

	judge_stream_end(j,
	    &(struct stream_death){
		.obs = j->exchange, .end = end, .peer = &x->peer, .info = &x->info });
}

bool judge_exchange(struct judging *j)
{
	if (!j->exchange)
		return judge_unfinished(j, STAGE_TCP);
	const struct obs_exchange *x = &j->exchange->exchange;

	say_icmp(j, j->exchange, &x->icmp);
	switch (x->outcome) {
	case EXCHANGE_ANSWERED:
		say(j, EVIDENCE_SUPPORTS, j->exchange, "the peer answered \"%s\"",
		    quote(j, x->answer));
		return true;
	case EXCHANGE_MALFORMED:
		judge_garbled(j, x);
		break;
	case EXCHANGE_RESET:
		end_of_stream(j, STREAM_RESET);
		break;
	case EXCHANGE_CLOSED:
		end_of_stream(j, STREAM_CLOSED);
		break;
	case EXCHANGE_TIMEOUT:
		end_of_stream(j, STREAM_SILENT);
		break;
	}
	return false;
}
