/* SPDX-License-Identifier: MIT */
#include "checks/facts/facts.h"
#include "checks/flow/flow_reset.h"
#include "checks/why/why_captured.h"
#include "checks/why/why_captured_stream.h"
#include "checks/why/why_stream.h"
#include "probe/base/arena.h"

/*
 * Connections that opened and were reset: who sent it, and did the name matter?
 */

enum sender {
	SENDER_UNKNOWN,
	SENDER_FORGED,  /* not the one that completed the handshake */
	SENDER_BESIDE,  /* forged, and the server answers as well */
	SENDER_GUESSES, /* does not know what the server has sent */
	SENDER_AS_FAR,  /* arrives with the TTL of the SYN-ACK */
};

static enum sender read_reset_test(struct judging *j, const struct obs *o)
{
	const struct reset_flow *f;
	unsigned ttl;

	if (!o || o->reset_test.n_flows < OBS_MAX_FLOWS)
		return SENDER_UNKNOWN;
	f = o->reset_test.flows;
	ttl = o->reset_test.syn_ack_ttl;
	if (f[0].outcome != RESET_SEEN)
		return SENDER_UNKNOWN;
	if (f[1].outcome == RESET_ANSWERED) {
		say(j, EVIDENCE_SUPPORTS, o,
		    "the server (TTL %u) answers once resets of a lower TTL are "
		    "ignored",
		    ttl);
		return SENDER_BESIDE;
	}
	if (f[1].outcome == RESET_SEEN && f[2].outcome == RESET_SEEN) {
		/* A device that answers SYNs is the other sender, not the reset's. */
		bool is_device = why_terminated(j, &o->reset_test.peer) != NULL;
		say(j, is_device ? EVIDENCE_CONTEXT : EVIDENCE_SUPPORTS, o,
		    "the reset's TTL is higher than the SYN-ACK's (%u): another sender",
		    ttl);
		return is_device ? SENDER_UNKNOWN : SENDER_FORGED;
	}
	return f[1].outcome == RESET_SEEN ? SENDER_AS_FAR : SENDER_UNKNOWN;
}

static unsigned too_early(
    struct judging *j, const struct stream_death *d, const struct obs *test)
{
	/* The kernel has no minimum before the first acknowledgement. */
	bool known = d->info->present && d->info->min_rtt_us != UINT32_MAX;
	nsec_t rtt = (nsec_t)d->info->min_rtt_us * NSEC_PER_USEC;
	nsec_t after = d->obs->end - d->obs->begin;
	unsigned n = 0;

	if (known && why_is_too_early(after, rtt)) {
		say(j, EVIDENCE_SUPPORTS, d->obs,
		    "the reset came %.2f ms after the ClientHello, a round trip takes "
		    "%.2f ms",
		    nsec_to_ms(after), nsec_to_ms(rtt));
		n++;
	}
	for (size_t i = 0; test && i < test->reset_test.n_flows; i++) {
		const struct reset_flow *f = &test->reset_test.flows[i];
		if (f->outcome != RESET_SEEN || f->after == 0 ||
		    !why_is_too_early(f->after, test->reset_test.min_rtt))
			continue;
		say(j, EVIDENCE_SUPPORTS, test,
		    "another reset came after %.2f ms on a path of %.2f ms",
		    nsec_to_ms(f->after), nsec_to_ms(test->reset_test.min_rtt));
		n++;
		break;
	}
	return n;
}

void stream_closing(struct judging *j, const struct stream_death *d,
    const struct stream_variants *v, struct why *w)
{
	const struct obs *proof = why_terminated(j, d->peer);

	w->cause = "sni_close";
	/* A server that is known to serve the name has no reason to dislike it. */
	w->confidence = j->check->entry && stream_finished(v->other)
			    ? CONFIDENCE_LIKELY
			    : CONFIDENCE_POSSIBLE;
	if (!proof || !stream_finished(v->other))
		return;
	say(j, EVIDENCE_SUPPORTS, proof,
	    "a device on the path ends the connection in the server's place");
	w->confidence = CONFIDENCE_CERTAIN;
}

static void judge_forged(struct judging *j, enum sender sender, unsigned early,
    bool alone, bool name_matters, struct why *w)
{
	w->confidence = CONFIDENCE_LIKELY;
	if (sender == SENDER_BESIDE) {
		w->cause = name_matters ? "sni_reset_onpath" : "rst_injected_onpath";
		w->confidence = name_matters ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
		return;
	}
	w->cause = name_matters ? "sni_reset_inline" : "rst_injected_inline";
	if (sender == SENDER_GUESSES)
		why_alternative(j, w, "connection_reset");
	if (alone && (early > 1 || (name_matters && sender == SENDER_FORGED))) {
		say(j, EVIDENCE_SUPPORTS, j->facts->flows.capture,
		    "nothing came in behind the resets, as its packets show");
		w->confidence = CONFIDENCE_CERTAIN;
		return;
	}
	/* Beside the path, the server's own answer follows and the kernel resets it. */
	if (name_matters && (sender == SENDER_FORGED || early > 1) &&
	    why_no_late_answer(j)) {
		say(j, EVIDENCE_SUPPORTS, j->facts->probes.counters,
		    "the kernel sent no reset of its own, so no late answer came");
		w->confidence = CONFIDENCE_CERTAIN;
	}
}

/* Whoever has reset a connection sends nothing more on it, but for one whose reset it
 * was not. Packets that were overtaken come once, and not on every connection. */
static bool server_goes_on(struct judging *j, const struct addr *peer)
{
	struct captured_resets c = why_captured_resets(j, peer);

	if (c.others_after < 2 || c.others_after * 2 < c.flows)
		return false;
	say(j, EVIDENCE_SUPPORTS, c.first,
	    "the server goes on after the reset, on %u of %u connections",
	    c.others_after, c.flows);
	say_cite(j, c.second);
	return true;
}

/* All were what the application behind that address sends, and nobody in its place. */
static bool is_abort(
    const struct judging *j, const struct addr *peer, const struct captured_senders *c)
{
	return c->abort >= STREAM_TIMES && c->abort == c->resets &&
	       !why_terminated(j, peer);
}

/* What servers, what stands in front of them, and devices send alike: on all of them,
 * it makes one as likely as the other. */
static bool sent_by_any(const struct captured_senders *c)
{
	return c->acking >= STREAM_TIMES && c->acking == c->resets;
}

static void name_senders(
    struct judging *j, const struct captured_senders *c, struct why *w)
{
	bool acks = c->acking >= STREAM_TIMES;

	if (acks || c->out_of_order >= STREAM_TIMES)
		why_alternative(j, w, "rst_injected_inline");
	if (acks)
		why_alternative(j, w, FLOW_RESET_BALANCER);
}

void stream_judge_reset(struct judging *j, const struct stream_death *d,
    const struct stream_variants *v, struct why *w)
{
	bool matters = stream_compare_names(j, v, STREAM_RESET) == NAME_MATTERS;
	enum sender sender = read_reset_test(j, v->reset_test);
	unsigned early = too_early(j, d, v->reset_test);
	bool goes_on = server_goes_on(j, d->peer);
	struct captured_senders c = captured_senders(j, d->peer);
	bool acked =
	    (d->info->present && d->info->bytes_acked > 1) || c.abort >= STREAM_TIMES;

	if (c.other_ttl >= STREAM_TIMES && sender != SENDER_BESIDE)
		sender = SENDER_FORGED;
	if (c.guessed >= STREAM_TIMES && sender != SENDER_BESIDE &&
	    sender != SENDER_FORGED)
		sender = SENDER_GUESSES;
	if (c.early >= STREAM_TIMES)
		early += c.early;
	if (stream_spoke(v->split)) {
		say(j, EVIDENCE_SUPPORTS, v->split,
		    "with the name cut into two segments the peer answered");
		matters = true;
	}
	if (goes_on)
		sender = SENDER_BESIDE;
	if (sender == SENDER_BESIDE || sender == SENDER_FORGED ||
	    sender == SENDER_GUESSES || early > 0) {
		judge_forged(j, sender, early, c.alone, matters, w);
		if (goes_on)
			w->confidence = CONFIDENCE_CERTAIN;
		return;
	}
	if (!matters && is_abort(j, d->peer, &c))
		w->confidence = CONFIDENCE_LIKELY;
	if (!matters ||
	    (stream_repetitions(v, STREAM_RESET) < 2 && c.stateless < STREAM_TIMES)) {
		name_senders(j, &c, w);
		return;
	}
	/* Whoever accepts in the server's place has our data, acknowledged or not. */
	if (acked || (why_terminated(j, d->peer) && stream_finished(v->other))) {
		if (acked)
			say(j, EVIDENCE_CONTEXT, d->obs,
			    "our data was acknowledged before the reset");
		stream_closing(j, d, v, w);
	} else {
		w->cause = "sni_reset_inline";
		/* No server minds where its segments end. */
		bool any = sent_by_any(&c);
		w->confidence =
		    stream_spoke(v->split) || c.stateless >= STREAM_TIMES ||
			    (sender != SENDER_AS_FAR && d->info->present && !any)
			? CONFIDENCE_LIKELY
			: CONFIDENCE_POSSIBLE;
		if (any) {
			why_alternative(j, w, "sni_close");
			why_alternative(j, w, FLOW_RESET_BALANCER);
		}
	}
}

void stream_judge_plain_reset(
    struct judging *j, const struct stream_death *d, struct why *w)
{
	struct captured_senders c = captured_senders(j, d->peer);
	bool goes_on = server_goes_on(j, d->peer);

	if (goes_on || c.other_ttl >= STREAM_TIMES || c.early >= STREAM_TIMES ||
	    c.guessed >= STREAM_TIMES) {
		judge_forged(j, goes_on ? SENDER_BESIDE : SENDER_FORGED, c.early,
		    c.alone, false, w);
		if (goes_on)
			w->confidence = CONFIDENCE_CERTAIN;
	} else if (is_abort(j, d->peer, &c)) {
		w->confidence = CONFIDENCE_LIKELY;
	} else {
		name_senders(j, &c, w);
	}
}
