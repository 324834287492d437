/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/facts/facts.h"
#include "checks/why/why_captured_stream.h"
#include "checks/why/why_stream.h"
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

static struct stream_variants read_variants(
    const struct judging *j, const struct addr *peer, const char *name)
{
	const struct probes *p = &j->facts->probes;
	struct stream_variants v = { 0 };

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

bool stream_finished(const struct obs *o)
{
	return o && o->tls_variant.connected == TCP_CONNECTED &&
	       o->tls_variant.outcome == TLS_DONE;
}

bool stream_spoke(const struct obs *o)
{
	return o && o->tls_variant.connected == TCP_CONNECTED &&
	       (o->tls_variant.outcome == TLS_DONE ||
		   o->tls_variant.outcome == TLS_ALERT ||
		   o->tls_variant.outcome == TLS_NOT_TLS ||
		   o->tls_variant.first_byte > 0);
}

bool stream_ended_like(const struct obs *o, enum stream_end end)
{
	static const enum tls_outcome outcomes[] = {
		[STREAM_RESET] = TLS_RESET,
		[STREAM_CLOSED] = TLS_CLOSED,
		[STREAM_SILENT] = TLS_TIMEOUT,
	};

	return o && o->tls_variant.connected == TCP_CONNECTED &&
	       o->tls_variant.outcome == outcomes[end];
}

unsigned stream_repetitions(const struct stream_variants *v, enum stream_end end)
{
	unsigned n = 1;

	n += stream_ended_like(v->split, end);
	n += stream_ended_like(v->again, end);
	n += stream_ended_like(v->small, end);
	n += stream_ended_like(v->smaller, end);
	if (v->reset_test && end == STREAM_RESET && v->reset_test->reset_test.n_flows)
		n += v->reset_test->reset_test.flows[0].outcome == RESET_SEEN;
	return n;
}

/* --- The name -------------------------------------------------------------------- */

static void say_other_name(struct judging *j, const struct obs *o)
{
	const struct obs_tls_variant *t = &o->tls_variant;

	say(j, EVIDENCE_SUPPORTS, o, "the same address and port %s %s%s%s",
	    t->outcome == TLS_DONE ? "finished a handshake" : "answered",
	    t->sni ? "for the name " : "without a name", quote(j, t->sni),
	    t->alert >= 0 ? arena_printf(j->arena, " (alert %d)", t->alert) : "");
}

enum name_differential stream_compare_names(
    struct judging *j, const struct stream_variants *v, enum stream_end end)
{
	const struct obs *control = stream_spoke(v->other)     ? v->other
				    : stream_spoke(v->no_name) ? v->no_name
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
	if (end != STREAM_SILENT || !stream_ended_like(v->other, end))
		return NAME_UNKNOWN;
	say(j, EVIDENCE_CONTEXT, v->other, "the name %s meets the same silence",
	    quote(j, v->other->tls_variant.sni));
	return NAME_DOES_NOT_MATTER;
}

/* --- Silence --------------------------------------------------------------------- */

enum {
	N_SIZES = 3
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
	if (!stream_finished(o))
		return;
	s->small[s->n_small++] = o;
	s->lossy |= o->tls_variant.info.total_retrans > 0;
}

static void add_large(struct sizes *s, const struct obs *o)
{
	if (stream_ended_like(o, STREAM_SILENT))
		s->large[s->n_large++] = o;
}

/* A long ClientHello has to meet the end of the request. */
static void add_unacknowledged(struct sizes *s, const struct obs *o)
{
	if (o && o->tls_variant.info.unacked > 0)
		add_large(s, o);
}

static struct sizes compare_sizes(const struct stream_variants *v)
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
	unsigned times = s->lossy ? STREAM_TIMES_LOSSY : STREAM_TIMES;

	return s->n_small >= times && s->n_large + 1 >= times;
}

/* A ClientHello that fits into the small segment was sent as it always is: when it
 * was what got lost, the size is not what helped. */
static bool cured_by_size(const struct stream_variants *v, const struct tcp_facts *info)
{
	struct sizes s = compare_sizes(v);
	const struct obs_tls_variant *cure;

	if (!is_reproduced(&s) || stream_finished(v->again))
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
    const struct stream_variants *v, struct why *w)
{
	struct sizes s = compare_sizes(v);
	bool up = d->info->present && d->info->unacked > 0;

	say_sizes(j, &s, "the same handshake");
	/* Both directions shrink at once, so only the acknowledgements tell which. */
	unsigned seen = captured_size(j, d->peer, up);
	w->cause = up ? "pmtu_blackhole_up" : "pmtu_blackhole_down";
	w->confidence = d->info->present || seen >= STREAM_TIMES ? CONFIDENCE_CERTAIN
								 : CONFIDENCE_LIKELY;
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
	captured_size(j, d->peer, true);
	w->cause = "pmtu_blackhole_up";
	w->confidence = CONFIDENCE_CERTAIN;
}

static void rule_out(
    struct judging *j, const struct stream_variants *v, enum name_differential name)
{
	if (name == NAME_DOES_NOT_MATTER)
		words_add(j->arena, &j->verdict->ruled_out, "sni_drop");
	if (!stream_ended_like(v->small, STREAM_SILENT))
		return;
	say(j, EVIDENCE_CONTEXT, v->small, "small segments meet the same silence");
	words_add(j->arena, &j->verdict->ruled_out, "pmtu_blackhole_up");
	words_add(j->arena, &j->verdict->ruled_out, "pmtu_blackhole_down");
}

/* The peer repeats its SYN-ACK: it never saw our third packet. */
static bool judge_half_open(struct judging *j, const struct stream_death *d,
    const struct stream_variants *v, enum name_differential name, struct why *w)
{
	const struct tcp_facts *i = d->info;
	const struct obs *again = stream_ended_like(v->other, STREAM_SILENT) ? v->other
				  : stream_ended_like(v->small, STREAM_SILENT)
				      ? v->small
				      : NULL;

	if (!again)
		return false;
	if (captured_deaf(j, d->peer)) {
		rule_out(j, v, name);
		w->cause = "half_open_forward_drop";
		w->confidence = why_is_asymmetric(j, d->peer) ? CONFIDENCE_CERTAIN
							      : CONFIDENCE_LIKELY;
		return true;
	}
	if (!i->present || i->unacked == 0 || i->data_segs_in > 0 || i->segs_in < 2 ||
	    again->tls_variant.info.segs_in < 2)
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
    const struct stream_variants *v, struct why *w)
{
	bool no_size = stream_ended_like(v->small, STREAM_SILENT);

	w->cause = "sni_drop";
	w->confidence = stream_repetitions(v, STREAM_SILENT) > 1 ? CONFIDENCE_LIKELY
								 : CONFIDENCE_POSSIBLE;
	/* Both controls, and our data was never acknowledged. */
	if (no_size && d->info->present && d->info->unacked > 0 &&
	    stream_finished(v->other))
		w->confidence = CONFIDENCE_CERTAIN;
	if (!no_size)
		return;
	say(j, EVIDENCE_SUPPORTS, v->small,
	    "the true name meets the same silence in small segments");
	words_add(j->arena, &j->verdict->ruled_out, "pmtu_blackhole_up");
}

static bool was_resent(const struct obs *o)
{
	return stream_finished(o) && o->tls_variant.info.total_retrans > 0;
}

/* Where packets get lost anyway, one silence and one answer are no difference. */
static bool is_chance(const struct stream_variants *v)
{
	return (was_resent(v->other) || was_resent(v->no_name)) &&
	       stream_repetitions(v, STREAM_SILENT) < STREAM_TIMES_LOSSY;
}

static void judge_silence(struct judging *j, const struct stream_death *d,
    const struct stream_variants *v, struct why *w)
{
	enum name_differential name;

	if (stream_finished(v->again)) {
		say(j, EVIDENCE_CONTRADICTS, v->again,
		    "the same handshake finished when it was repeated");
		why_alternative(j, w, "random_loss");
		return;
	}
	name = stream_compare_names(j, v, STREAM_SILENT);

	/* A small answer to another name does not show that large ones get through. */
	bool large =
	    stream_finished(v->other) || stream_finished(v->no_name) || v->served;

	if (cured_by_size(v, d->info) && !(name == NAME_MATTERS && large))
		judge_size(j, d, v, w);
	else if (name == NAME_MATTERS && !is_chance(v) &&
		 ((large && stream_repetitions(v, STREAM_SILENT) > 1) ||
		     (d->info->present && d->info->unacked > 0)))
		judge_silent_name(j, d, v, w);
	else if (!judge_half_open(j, d, v, name, w)) {
		rule_out(j, v, name);
		captured_silence(j, d, w);
	}
}

/* Nothing was varied: what the packets of this connection and its repetitions say. */
static void judge_packets(
    struct judging *j, const struct stream_death *d, struct why *w)
{
	if (d->end == STREAM_RESET)
		stream_judge_plain_reset(j, d, w);
	else if (d->end == STREAM_SILENT && strncmp(w->cause, "pmtu_", 5) != 0)
		captured_silence(j, d, w);
}

void why_stream(struct judging *j, const struct stream_death *d, struct why *w)
{
	struct stream_variants v;

	/* Names were varied in handshakes; behind one they tell nothing. */
	if (d->obs->kind == OBS_HTTP && d->end == STREAM_SILENT && j->tls &&
	    d->info->present && d->info->unacked > 0)
		judge_request(j, d, w);
	if (!d->sni || d->obs->kind != OBS_TLS) {
		judge_packets(j, d, w);
		return;
	}
	v = read_variants(j, d->peer, d->sni);
	switch (d->end) {
	case STREAM_SILENT:
		judge_silence(j, d, &v, w);
		break;
	case STREAM_RESET:
		stream_judge_reset(j, d, &v, w);
		break;
	case STREAM_CLOSED:
		if (stream_compare_names(j, &v, STREAM_CLOSED) == NAME_MATTERS &&
		    (stream_finished(v.other) || stream_finished(v.no_name)))
			stream_closing(j, d, &v, w);
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
	struct stream_variants v;

	if (!t->sni || !may_mean_a_name(t->alert))
		return false;
	v = read_variants(j, &t->peer, t->sni);
	if (!stream_finished(v.other) && !v.served)
		return false;
	stream_compare_names(j, &v, STREAM_CLOSED);
	stream_closing(j, &d, &v, w);
	return true;
}
