/* SPDX-License-Identifier: MIT */
#include "checks/why/why_captured_stream.h"

#include "checks/facts/facts.h"
#include "checks/flow/flow_reset.h"
#include "checks/why/why_captured.h"
#include "probe/base/arena.h"

enum {
	TWICE = 2 /* what is seen once may be an accident of the network */
};

static bool speaks(const struct obs_flow *f)
{
	return f->of_client.bytes > 0 && !f->midstream;
}

/* --- Sizes
 * ----------------------------------------------------------------------------
 */

/* A full-size segment is sent again and again while a short one behind it arrives. */
static bool is_stuck_up(const struct obs_flow *f)
{
	const struct flow_side *c = &f->of_client;

	return speaks(f) && c->stuck_size >= SMALL_SEGMENT && c->stuck_sent >= TWICE &&
	       c->unacked > 0 && f->of_server.sacks;
}

/* The answer's end came, and its large segments never did. */
static bool is_stuck_down(const struct obs_flow *f)
{
	const struct flow_side *s = &f->of_server;

	return speaks(f) && s->gap && s->unacked > 0 && f->of_client.sacks &&
	       f->of_client.unacked == 0 && s->biggest_acked < SMALL_SEGMENT;
}

static bool is_too_big(const struct flow_icmp *i)
{
	return i->present && i->type == (i->v6 ? 2 : 3) && (i->v6 || i->code == 4);
}

/* What routers said about it: nothing, as a rule, where the black hole is. */
static void say_too_big(struct judging *j, const struct obs *flow)
{
	const struct flow_icmp *i = &flow->flow->icmp;

	if (is_too_big(i))
		say(j, EVIDENCE_SUPPORTS, flow,
		    "%s said that the packet is too big (MTU %u), and it did not help",
		    addr_words(j->arena, &i->from), (unsigned)i->mtu);
	else
		say(j, EVIDENCE_SUPPORTS, flow,
		    "no router said that a packet is too big");
}

unsigned captured_size(struct judging *j, const struct addr *peer, bool up)
{
	struct captured_flows c =
	    why_captured_flows(j, peer, up ? is_stuck_up : is_stuck_down);

	if (c.n == 0)
		return 0;
	const struct obs_flow *f = c.first->flow;
	if (up)
		say(j, EVIDENCE_SUPPORTS, c.first,
		    "a segment of %u bytes was sent again %u times and never arrived, "
		    "a shorter one behind it did (SACK), on %u %s",
		    (unsigned)f->of_client.stuck_size,
		    (unsigned)f->of_client.stuck_sent, c.n,
		    c.n == 1 ? "connection" : "connections");
	else
		say(j, EVIDENCE_SUPPORTS, c.first,
		    "the end of the answer came, and the larger segments before it "
		    "never did, on %u %s",
		    c.n, c.n == 1 ? "connection" : "connections");
	say_cite(j, c.second);
	say_too_big(j, c.first);
	return c.n;
}

/* --- A peer that hears nothing but SYNs
 * -----------------------------------------------
 */

static bool is_deaf(const struct obs_flow *f)
{
	return speaks(f) && f->of_client.unacked > 0 && f->of_client.retransmits > 0 &&
	       f->of_server.syns >= TWICE && f->of_server.bytes == 0;
}

bool captured_deaf(struct judging *j, const struct addr *peer)
{
	struct captured_flows c = why_captured_flows(j, peer, is_deaf);

	if (c.n < TWICE)
		return false;
	say(j, EVIDENCE_SUPPORTS, c.first,
	    "behind our data the peer sent its SYN-ACK again, on %u connections: what "
	    "follows our SYN does not get there",
	    c.n);
	say_cite(j, c.second);
	words_add(j->arena, &j->verdict->ruled_out, "return_path_drop");
	return true;
}

static bool judge_size(
    struct judging *j, const struct addr *peer, bool up, struct why *w)
{
	unsigned n = captured_size(j, peer, up);

	if (n == 0)
		return false;
	w->cause = up ? "pmtu_blackhole_up" : "pmtu_blackhole_down";
	w->confidence = n >= TWICE ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
	why_alternative(j, w, "random_loss");
	why_alternative(j, w,
	    up ? "a filter of what the large segment holds"
	       : "a filter of what the large segments hold");
	return true;
}

void captured_silence(struct judging *j, const struct stream_death *d, struct why *w)
{
	if (captured_deaf(j, d->peer)) {
		w->cause = "half_open_forward_drop";
		w->confidence = CONFIDENCE_LIKELY;
		return;
	}
	if (!judge_size(j, d->peer, true, w))
		judge_size(j, d->peer, false, w);
}

/* --- Resets
 * ---------------------------------------------------------------------------
 */

static bool is_reset(const struct obs_flow *f)
{
	return speaks(f) && f->reset.present && f->reset.by_server;
}

static bool has_timestamps(const struct obs_flow *f)
{
	return f->of_client.timestamps && f->of_server.timestamps;
}

/* As a stack sends it that knew the connection: acknowledged before, and stamped. */
static bool is_abort(const struct obs_flow *f)
{
	const struct flow_reset *r = &f->reset;

	return is_reset(f) && r->ack && !r->pending && has_timestamps(f) &&
	       r->timestamps && !flow_reset_other_ttl(f);
}

static bool is_stateless(const struct obs_flow *f)
{
	return is_reset(f) && has_timestamps(f) && flow_reset_stateless(f);
}

static bool is_guessed(const struct obs_flow *f)
{
	return is_reset(f) && flow_reset_guesses(f);
}

static bool is_acking(const struct obs_flow *f)
{
	return is_reset(f) && flow_reset_acks_data(f);
}

static bool is_out_of_order(const struct obs_flow *f)
{
	return is_reset(f) && flow_reset_out_of_order(f);
}

/*
 * What a proxy of the handshake sends has another TTL than all that follows. So the
 * TTL of a reset tells only where data of the peer came with the TTL of its SYN-ACK.
 */
static bool has_one_ttl(const struct obs_flow *f)
{
	const struct flow_side *s = &f->of_server;

	return s->bytes > 0 && s->syns > 0 && s->ttl_low == s->ttl_high &&
	       !f->reset.present;
}

static unsigned other_ttls(struct judging *j, const struct addr *peer)
{
	struct captured_flows control = why_captured_flows(j, peer, has_one_ttl);
	struct captured_flows c = why_captured_flows(j, peer, is_reset);
	unsigned n = 0;

	for (size_t i = 0; control.n > 0 && i < c.n; i++) {
		const struct obs_flow *f = c.items[i]->flow;
		n += flow_reset_other_ttl(f) &&
		     f->of_server.ttl == control.first->flow->of_server.ttl;
	}
	if (n < TWICE)
		return n;
	say(j, EVIDENCE_SUPPORTS, c.first,
	    "the resets arrive with TTL %u, all else from the peer with TTL %u, data "
	    "included: another sender, on %u connections",
	    c.first->flow->reset.ttl, control.first->flow->of_server.ttl, n);
	say_cite(j, c.second);
	say_cite(j, control.first);
	return n;
}

/*
 * Since the first data, which is never later than what was answered: an acknowledgement
 * or a repetition just before the reset would make any reset look hasty.
 */
static nsec_t time_to_reset(const struct obs_flow *f)
{
	return f->reset.at - f->of_client.first_data;
}

static unsigned early_ones(struct judging *j, const struct addr *peer)
{
	nsec_t rtt = flow_view_rtt(&j->facts->flows, peer);
	struct captured_flows c = why_captured_flows(j, peer, is_reset);
	const struct obs *first = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < c.n; i++) {
		const struct obs_flow *f = c.items[i]->flow;
		if (f->of_client.first_data == 0 || !f->reset.pending ||
		    !why_is_too_early(time_to_reset(f), rtt))
			continue;
		n++;
		first = first ? first : c.items[i];
	}
	if (n >= TWICE)
		say(j, EVIDENCE_SUPPORTS, first,
		    "by the packets a reset came %.2f ms after the first data, and no "
		    "handshake took less than %.2f ms; so it was on %u connections",
		    nsec_to_ms(time_to_reset(first->flow)), nsec_to_ms(rtt), n);
	return n;
}

static unsigned count(struct judging *j, const struct addr *peer,
    bool (*fits)(const struct obs_flow *), enum evidence_role role, const char *words)
{
	struct captured_flows c = why_captured_flows(j, peer, fits);

	if (c.n >= TWICE) {
		say(j, role, c.first, "%s, on %u connections", words, c.n);
		say_cite(j, c.second);
	}
	return c.n;
}

struct captured_senders captured_senders(struct judging *j, const struct addr *peer)
{
	struct captured_resets after = why_captured_resets(j, peer);
	struct captured_flows all = why_captured_flows(j, peer, is_reset);
	struct captured_senders s = { .resets = all.n };

	if (all.n < TWICE)
		return s;
	s.early = early_ones(j, peer);
	s.other_ttl = other_ttls(j, peer);
	s.guessed = count(j, peer, is_guessed, EVIDENCE_SUPPORTS,
	    "several resets, whose sequence numbers run ahead of all that the peer "
	    "has sent: who sends them guesses, which no TCP has to");
	s.acking = count(j, peer, is_acking, EVIDENCE_CONTEXT, FLOW_RESET_ACKS_DATA);
	s.out_of_order =
	    count(j, peer, is_out_of_order, EVIDENCE_CONTEXT, FLOW_RESET_OUT_OF_ORDER);
	s.stateless = count(j, peer, is_stateless, EVIDENCE_SUPPORTS,
	    "the reset is one of a sender without that connection: our data was not "
	    "acknowledged before, and it has no timestamp");
	s.abort = count(j, peer, is_abort, EVIDENCE_SUPPORTS,
	    "the reset is that of an application: our data was acknowledged before, "
	    "and timestamps go on");
	s.alone = after.others_after == 0;
	return s;
}
