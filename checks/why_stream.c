/* SPDX-License-Identifier: MIT */
#include "checks/facts.h"
#include "checks/why.h"
#include "checks/why_captured.h"
#include "probe/base/arena.h"

/*
 * Connections that opened and then went dead. Each rule compares the check's own
 * handshake with one that differs in a single property: the name, its place in the
 * segments, the segment size.
 */

enum {
	ALERT_HANDSHAKE_FAILURE = 40, /* RFC 8446 section 6 */
	ALERT_ACCESS_DENIED = 49,
	ALERT_INTERNAL_ERROR = 80,
	ALERT_UNRECOGNIZED_NAME = 112,
};

/* What the variants of this handshake say, as a whole. */
struct variants {
	const struct obs *other, *no_name, *split, *again, *reset_test;
	const struct obs *small, *smaller, *smallest;
	const struct obs *served; /* another check's finished handshake, other name */
};

static struct variants read_variants(
    const struct judging *j, const struct addr *peer, const char *name)
{
	const struct probes *p = &j->facts->probes;
	struct variants v = { 0 };

	v.other = probes_variant(p, VARIANT_OTHER_NAME, peer, name);
	v.no_name = probes_variant(p, VARIANT_NO_NAME, peer, name);
	v.split = probes_variant(p, VARIANT_SPLIT, peer, name);
	v.again = probes_variant(p, VARIANT_AGAIN, peer, name);
	v.small = probes_variant(p, VARIANT_SMALL, peer, name);
	v.smaller = probes_variant(p, VARIANT_SMALLER, peer, name);
	v.smallest = probes_variant(p, VARIANT_SMALLEST, peer, name);
	v.reset_test = probes_reset_test(p, peer, name);
	v.served = facts_other_name(j->facts, peer, name);
	return v;
}

static bool finished(const struct obs *o)
{
	return o && o->tls_variant.connected == TCP_CONNECTED &&
	       o->tls_variant.outcome == TLS_DONE;
}

/* The peer spoke: a finished handshake, an alert, or anything but silence. */
static bool spoke(const struct obs *o)
{
	return o && o->tls_variant.connected == TCP_CONNECTED &&
	       (o->tls_variant.outcome == TLS_DONE ||
		   o->tls_variant.outcome == TLS_ALERT ||
		   o->tls_variant.outcome == TLS_NOT_TLS ||
		   o->tls_variant.first_byte > 0);
}

static bool ended_like(const struct obs *o, enum stream_end end)
{
	static const enum tls_outcome outcomes[] = {
		[STREAM_RESET] = TLS_RESET,
		[STREAM_CLOSED] = TLS_CLOSED,
		[STREAM_SILENT] = TLS_TIMEOUT,
	};

	return o && o->tls_variant.connected == TCP_CONNECTED &&
	       o->tls_variant.outcome == outcomes[end];
}

/* How often the true name met this end, the check's own handshake included. */
static unsigned repetitions(const struct variants *v, enum stream_end end)
{
	unsigned n = 1;

	n += ended_like(v->split, end);
	n += ended_like(v->again, end);
	n += ended_like(v->small, end);
	n += ended_like(v->smaller, end);
	if (v->reset_test && end == STREAM_RESET && v->reset_test->reset_test.n_flows)
		n += v->reset_test->reset_test.flows[0].outcome == RESET_SEEN;
	return n;
}

/* --- The name -------------------------------------------------------------------- */

enum differential {
	NAME_UNKNOWN, /* no control, or one that says nothing */
	NAME_MATTERS,
	NAME_DOES_NOT_MATTER,
};

static void say_other_name(struct judging *j, const struct obs *o)
{
	const struct obs_tls_variant *t = &o->tls_variant;

	say(j, EVIDENCE_SUPPORTS, o, "the same address and port %s %s%s%s",
	    t->outcome == TLS_DONE ? "finished a handshake" : "answered",
	    t->sni ? "for the name " : "without a name", quote(j, t->sni),
	    t->alert >= 0 ? arena_printf(j->arena, " (alert %d)", t->alert) : "");
}

/*
 * Silence for every name does not depend on it. A reset or close does not say so: a
 * genuine server may treat a name it does not know in the same way.
 */
static enum differential compare_names(
    struct judging *j, const struct variants *v, enum stream_end end)
{
	const struct obs *control = spoke(v->other)     ? v->other
				    : spoke(v->no_name) ? v->no_name
							: NULL;

	if (v->served) {
		say(j, EVIDENCE_SUPPORTS, v->served,
		    "the same address and port served the name %s: the name may decide",
		    quote(j, v->served->tls.sni));
		return NAME_MATTERS;
	}
	if (control) {
		say_other_name(j, control);
		return NAME_MATTERS;
	}
	if (end != STREAM_SILENT || !ended_like(v->other, end))
		return NAME_UNKNOWN;
	say(j, EVIDENCE_CONTEXT, v->other, "the name %s meets the same silence",
	    quote(j, v->other->tls_variant.sni));
	return NAME_DOES_NOT_MATTER;
}

/* --- Silence --------------------------------------------------------------------- */

enum {
	N_SIZES = 3,
	TIMES = 2, /* a difference has to be seen so often, both ways */
	TIMES_LOSSY = 3
};

/* Handshakes that differ in the size of their segments only. */
struct sizes {
	const struct obs *small[N_SIZES]; /* those that finished */
	const struct obs *large[N_SIZES]; /* silent, besides the check's own */
	unsigned n_small, n_large;
	bool lossy; /* what finished had to repeat some packets */
};

static void add_small(struct sizes *s, const struct obs *o)
{
	if (!finished(o))
		return;
	s->small[s->n_small++] = o;
	s->lossy |= o->tls_variant.info.total_retrans > 0;
}

static void add_large(struct sizes *s, const struct obs *o)
{
	if (ended_like(o, STREAM_SILENT))
		s->large[s->n_large++] = o;
}

/* A long ClientHello has to meet the end of the request. */
static void add_unacknowledged(struct sizes *s, const struct obs *o)
{
	if (o && o->tls_variant.info.unacked > 0)
		add_large(s, o);
}

static struct sizes compare_sizes(const struct variants *v)
{
	struct sizes s = { 0 };

	add_small(&s, v->small);
	add_small(&s, v->smaller);
	add_small(&s, v->smallest);
	add_large(&s, v->again);
	add_large(&s, v->other);
	add_large(&s, v->small);
	return s;
}

/* By chance, too, a handshake may finish where others do not. */
static bool is_reproduced(const struct sizes *s)
{
	unsigned times = s->lossy ? TIMES_LOSSY : TIMES;

	return s->n_small >= times && s->n_large + 1 >= times;
}

/* A ClientHello that fits into the small segment was sent as it always is: when it
 * was what got lost, the size is not what helped. */
static bool cured_by_size(const struct variants *v, const struct tcp_facts *info)
{
	struct sizes s = compare_sizes(v);
	const struct obs_tls_variant *cure;

	if (!is_reproduced(&s) || finished(v->again))
		return false;
	cure = &s.small[0]->tls_variant;
	return !info->present || info->unacked == 0 || cure->hello_size > cure->max_seg;
}

static void say_sizes(struct judging *j, const struct sizes *s, const char *what)
{
	say(j, EVIDENCE_SUPPORTS, s->small[0],
	    "with segments of at most %u bytes %s finished, %u of %u times",
	    (unsigned)s->small[0]->tls_variant.max_seg, what, s->n_small, s->n_small);
	for (unsigned i = 1; i < s->n_small; i++)
		say_cite(j, s->small[i]);
	say(j, EVIDENCE_SUPPORTS, s->large[0],
	    "with larger ones silence followed, %u of %u times", s->n_large + 1,
	    s->n_large + 1);
	for (unsigned i = 1; i < s->n_large; i++)
		say_cite(j, s->large[i]);
}

static void judge_size(struct judging *j, const struct stream_death *d,
    const struct variants *v, struct why *w)
{
	struct sizes s = compare_sizes(v);
	bool up = d->info->present && d->info->unacked > 0;

	say_sizes(j, &s, "the same handshake");
	/* Both directions shrink at once, so only the acknowledgements tell which. */
	w->cause = up ? "pmtu_blackhole_up" : "pmtu_blackhole_down";
	w->confidence = d->info->present ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
}

/*
 * A request that was never acknowledged, behind a handshake that was. A ClientHello of
 * that length shares its fate if the path is too narrow for it.
 */
static void judge_request(
    struct judging *j, const struct stream_death *d, struct why *w)
{
	const struct probes *p = &j->facts->probes;
	const char *name = j->tls->tls.sni;
	struct sizes s = { 0 };

	add_small(&s, probes_variant(p, VARIANT_LONG_SMALL, d->peer, name));
	add_small(&s, probes_variant(p, VARIANT_LONG_SMALLER, d->peer, name));
	add_small(&s, probes_variant(p, VARIANT_LONG_SMALLEST, d->peer, name));
	add_unacknowledged(&s, probes_variant(p, VARIANT_LONG, d->peer, name));
	add_unacknowledged(&s, probes_variant(p, VARIANT_LONG_NO_NAME, d->peer, name));
	if (!is_reproduced(&s))
		return;
	say_sizes(j, &s, "a handshake with a long ClientHello");
	say(j, EVIDENCE_SUPPORTS, j->tls,
	    "the handshake before the request consists of short packets, and finished");
	w->cause = "pmtu_blackhole_up";
	w->confidence = CONFIDENCE_CERTAIN;
}

static void rule_out(
    struct judging *j, const struct variants *v, enum differential name)
{
	if (name == NAME_DOES_NOT_MATTER)
		words_add(j->arena, &j->verdict->ruled_out, "sni_drop");
	if (!ended_like(v->small, STREAM_SILENT))
		return;
	say(j, EVIDENCE_CONTEXT, v->small, "small segments meet the same silence");
	words_add(j->arena, &j->verdict->ruled_out, "pmtu_blackhole_up");
	words_add(j->arena, &j->verdict->ruled_out, "pmtu_blackhole_down");
}

/* The peer repeats its SYN-ACK: it never saw our third packet. */
static bool judge_half_open(struct judging *j, const struct stream_death *d,
    const struct variants *v, enum differential name, struct why *w)
{
	const struct tcp_facts *i = d->info;
	const struct obs *again = ended_like(v->other, STREAM_SILENT)   ? v->other
				  : ended_like(v->small, STREAM_SILENT) ? v->small
									: NULL;

	if (!again || !i->present || i->unacked == 0 || i->data_segs_in > 0 ||
	    i->segs_in < 2 || again->tls_variant.info.segs_in < 2)
		return false;
	say(j, EVIDENCE_SUPPORTS, d->obs,
	    "%u segments without data came in while ours stay unacknowledged: the peer "
	    "repeats its SYN-ACK",
	    (unsigned)i->segs_in);
	say_cite(j, again);
	rule_out(j, v, name);
	w->cause = "half_open_forward_drop";
	w->confidence = CONFIDENCE_LIKELY;
	return true;
}

static void judge_silent_name(struct judging *j, const struct stream_death *d,
    const struct variants *v, struct why *w)
{
	bool no_size = ended_like(v->small, STREAM_SILENT);

	w->cause = "sni_drop";
	w->confidence =
	    repetitions(v, STREAM_SILENT) > 1 ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
	/* Both controls, and our data was never acknowledged. */
	if (no_size && d->info->present && d->info->unacked > 0 && finished(v->other))
		w->confidence = CONFIDENCE_CERTAIN;
	if (!no_size)
		return;
	say(j, EVIDENCE_SUPPORTS, v->small,
	    "the true name meets the same silence in small segments");
	words_add(j->arena, &j->verdict->ruled_out, "pmtu_blackhole_up");
}

static bool was_resent(const struct obs *o)
{
	return finished(o) && o->tls_variant.info.total_retrans > 0;
}

/* Where packets get lost anyway, one silence and one answer are no difference. */
static bool is_chance(const struct variants *v)
{
	return (was_resent(v->other) || was_resent(v->no_name)) &&
	       repetitions(v, STREAM_SILENT) < TIMES_LOSSY;
}

static void judge_silence(struct judging *j, const struct stream_death *d,
    const struct variants *v, struct why *w)
{
	enum differential name;

	if (finished(v->again)) {
		say(j, EVIDENCE_CONTRADICTS, v->again,
		    "the same handshake finished when it was repeated");
		why_alternative(j, w, "random_loss");
		return;
	}
	name = compare_names(j, v, STREAM_SILENT);

	/* A small answer to another name does not show that large ones get through. */
	bool large = finished(v->other) || finished(v->no_name) || v->served;

	if (cured_by_size(v, d->info) && !(name == NAME_MATTERS && large))
		judge_size(j, d, v, w);
	else if (name == NAME_MATTERS && !is_chance(v) &&
		 ((large && repetitions(v, STREAM_SILENT) > 1) ||
		     (d->info->present && d->info->unacked > 0)))
		judge_silent_name(j, d, v, w);
	else if (!judge_half_open(j, d, v, name, w))
		rule_out(j, v, name);
}

/* --- Resets ---------------------------------------------------------------------- */

enum sender {
	SENDER_UNKNOWN,
	SENDER_FORGED, /* not the one that completed the handshake */
	SENDER_BESIDE, /* forged, and the server answers as well */
	SENDER_AS_FAR, /* arrives with the TTL of the SYN-ACK */
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
		say(j, EVIDENCE_SUPPORTS, o,
		    "the reset's TTL is higher than the SYN-ACK's (%u): another sender",
		    ttl);
		return SENDER_FORGED;
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

/* Of a closed connection, or one that was reset by whoever had taken our data. */
static void judge_closing(struct judging *j, const struct stream_death *d,
    const struct variants *v, struct why *w)
{
	const struct obs *proof = why_terminated(j, d->peer);

	w->cause = "sni_close";
	/* A server that is known to serve the name has no reason to dislike it. */
	w->confidence = j->check->entry && finished(v->other) ? CONFIDENCE_LIKELY
							      : CONFIDENCE_POSSIBLE;
	if (!proof || !finished(v->other))
		return;
	say(j, EVIDENCE_SUPPORTS, proof,
	    "a device on the path ends the connection in the server's place");
	w->confidence = CONFIDENCE_CERTAIN;
}

static void judge_forged(struct judging *j, enum sender sender, unsigned early,
    bool name_matters, struct why *w)
{
	w->confidence = CONFIDENCE_LIKELY;
	if (sender == SENDER_BESIDE) {
		w->cause = name_matters ? "sni_reset_onpath" : "rst_injected_onpath";
		w->confidence = name_matters ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
		return;
	}
	w->cause = name_matters ? "sni_reset_inline" : "rst_injected_inline";
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

static void judge_reset(struct judging *j, const struct stream_death *d,
    const struct variants *v, struct why *w)
{
	bool matters = compare_names(j, v, STREAM_RESET) == NAME_MATTERS;
	enum sender sender = read_reset_test(j, v->reset_test);
	unsigned early = too_early(j, d, v->reset_test);
	bool goes_on = server_goes_on(j, d->peer);
	bool acked = d->info->present && d->info->bytes_acked > 1;

	if (spoke(v->split)) {
		say(j, EVIDENCE_SUPPORTS, v->split,
		    "with the name cut into two segments the peer answered");
		matters = true;
	}
	if (goes_on)
		sender = SENDER_BESIDE;
	if (sender == SENDER_BESIDE || sender == SENDER_FORGED || early > 0) {
		judge_forged(j, sender, early, matters, w);
		if (goes_on)
			w->confidence = CONFIDENCE_CERTAIN;
		return;
	}
	if (!matters || repetitions(v, STREAM_RESET) < 2)
		return;
	/* Whoever accepts in the server's place has our data, acknowledged or not. */
	if (acked || (why_terminated(j, d->peer) && finished(v->other))) {
		if (acked)
			say(j, EVIDENCE_CONTEXT, d->obs,
			    "our data was acknowledged before the reset");
		judge_closing(j, d, v, w);
	} else {
		w->cause = "sni_reset_inline";
		/* No server minds where its segments end. */
		w->confidence =
		    spoke(v->split) || (sender != SENDER_AS_FAR && d->info->present)
			? CONFIDENCE_LIKELY
			: CONFIDENCE_POSSIBLE;
	}
}

void why_stream(struct judging *j, const struct stream_death *d, struct why *w)
{
	struct variants v;

	/* Names were varied in handshakes; behind one they tell nothing. */
	if (d->obs->kind == OBS_HTTP && d->end == STREAM_SILENT && j->tls &&
	    d->info->present && d->info->unacked > 0)
		judge_request(j, d, w);
	if (!d->sni || d->obs->kind != OBS_TLS)
		return;
	v = read_variants(j, d->peer, d->sni);
	switch (d->end) {
	case STREAM_SILENT:
		judge_silence(j, d, &v, w);
		break;
	case STREAM_RESET:
		judge_reset(j, d, &v, w);
		break;
	case STREAM_CLOSED:
		if (compare_names(j, &v, STREAM_CLOSED) == NAME_MATTERS &&
		    (finished(v.other) || finished(v.no_name)))
			judge_closing(j, d, &v, w);
		break;
	}
}

static bool may_mean_a_name(int alert)
{
	return alert == ALERT_HANDSHAKE_FAILURE || alert == ALERT_ACCESS_DENIED ||
	       alert == ALERT_INTERNAL_ERROR || alert == ALERT_UNRECOGNIZED_NAME;
}

bool why_alert(struct judging *j, struct why *w)
{
	const struct obs_tls *t = &j->tls->tls;
	const struct stream_death d = { .obs = j->tls,
		.end = STREAM_CLOSED,
		.peer = &t->peer,
		.info = &t->info,
		.sni = t->sni };
	struct variants v;

	if (!t->sni || !may_mean_a_name(t->alert))
		return false;
	v = read_variants(j, &t->peer, t->sni);
	if (!finished(v.other) && !v.served)
		return false;
	compare_names(j, &v, STREAM_CLOSED);
	judge_closing(j, &d, &v, w);
	return true;
}
