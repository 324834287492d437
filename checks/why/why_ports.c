/* SPDX-License-Identifier: MIT */
#include "checks/facts/facts.h"
#include "checks/why/why.h"
#include "probe/base/arena.h"

/*
 * Attempts from the same source ports in several rounds. A load balancer, gateway or
 * multipath router chooses by the ports, so a dead leg takes the same ones every
 * time; loss takes others each time, and a limit those that come last.
 */

enum {
	MAX_PORTS = 32, /* bits of a set */
	MAX_ROUNDS = 8,
	MANY_PORTS = 16, /* for certainty */
	MANY_ROUNDS = 3,
	/* Fewer on either side of a row's end are there by chance now and then: 2 of 16
	 * ports in one of 120 rows, 3 in one of 560. */
	TAIL_MIN = 3
};

struct rounds {
	uint16_t ports[MAX_PORTS]; /* in the order in which they were tried */
	unsigned n_ports, n_rounds;
	uint32_t silent[MAX_ROUNDS]; /* sets of ports that nobody answered */
	uint32_t tried[MAX_ROUNDS];
	bool tail[MAX_ROUNDS]; /* from the first silent one on nobody was answered */
};

static unsigned index_of_port(struct rounds *r, uint16_t port)
{
	for (unsigned i = 0; i < r->n_ports; i++)
		if (r->ports[i] == port)
			return i;
	if (r->n_ports < MAX_PORTS)
		r->ports[r->n_ports++] = port;
	return r->n_ports - 1;
}

static struct rounds read_rounds(const struct obs_source_ports *s)
{
	struct rounds r = { 0 };

	for (size_t i = 0; i < MAX_ROUNDS; i++)
		r.tail[i] = true;
	for (size_t i = 0; i < s->n_tries; i++) {
		const struct port_try *t = &s->tries[i];
		if (t->outcome == TCP_CANNOT_TRY || t->round == 0 ||
		    t->round > MAX_ROUNDS)
			continue;
		uint32_t bit = UINT32_C(1) << index_of_port(&r, t->port);
		r.tried[t->round - 1] |= bit;
		if (t->outcome == TCP_TIMEOUT)
			r.silent[t->round - 1] |= bit;
		else if (r.silent[t->round - 1])
			r.tail[t->round - 1] = false;
		if (t->round > r.n_rounds)
			r.n_rounds = t->round;
	}
	return r;
}

enum pattern {
	ALL_ANSWERED,
	NONE_ANSWERED,
	SAME_PORTS,
	CHANGING_PORTS
};

/* Ports that were not tried in every round say nothing. */
static uint32_t common_ports(const struct rounds *r)
{
	uint32_t common = r->tried[0];

	for (unsigned i = 1; i < r->n_rounds; i++)
		common &= r->tried[i];
	return common;
}

static enum pattern pattern_of(const struct rounds *r)
{
	uint32_t common = common_ports(r), any = 0, all = common;

	for (unsigned i = 0; i < r->n_rounds; i++) {
		any |= r->silent[i] & common;
		all &= r->silent[i];
	}
	if (any == 0)
		return ALL_ANSWERED;
	if (all == common)
		return NONE_ANSWERED;
	return any == all ? SAME_PORTS : CHANGING_PORTS;
}

static unsigned count_bits(uint32_t set)
{
	unsigned n = 0;

	for (; set; set &= set - 1)
		n++;
	return n;
}

/*
 * The first ones of a row get through and all later ones do not. Each round has an
 * order of its own; a translation that remembers ports for a while repeats its first.
 */
static bool is_limit(const struct rounds *r, enum pattern pattern)
{
	unsigned n_rounds = pattern == SAME_PORTS ? 1 : r->n_rounds;

	for (unsigned i = 0; i < n_rounds; i++) {
		unsigned n_silent = count_bits(r->silent[i]);
		if (!r->tail[i] || n_silent < TAIL_MIN ||
		    count_bits(r->tried[i]) - n_silent < TAIL_MIN)
			return false;
	}
	return true;
}

static void judge_limit(struct judging *j, const struct obs *o, struct why *w)
{
	const struct obs *other =
	    probes_other_port(&j->facts->probes, &o->source_ports.peer);

	say(j, EVIDENCE_SUPPORTS, o,
	    "of a row of source ports the first get through and all later ones fail");
	if (other)
		say(j, EVIDENCE_SUPPORTS, other,
		    "port %u of the same address answers at the same time",
		    (unsigned)facts_connected_peer(other)->port);
	w->cause = "snat_exhaustion_suspected";
	w->confidence = other ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

static void judge_same_ports(
    struct judging *j, const struct obs *o, const struct rounds *r, struct why *w)
{
	uint32_t common = common_ports(r), silent = r->silent[0] & common;

	say(j, EVIDENCE_SUPPORTS, o,
	    "%u of %u source ports fail, the same ones in each of %u rounds",
	    count_bits(silent), count_bits(common), r->n_rounds);
	w->cause = "partial_path_loss";
	w->confidence = r->n_rounds >= MANY_ROUNDS && count_bits(common) >= MANY_PORTS
			    ? CONFIDENCE_CERTAIN
			    : CONFIDENCE_LIKELY;
}

bool why_source_ports(struct judging *j, const struct addr *peer, struct why *w)
{
	const struct obs *o = probes_find(&j->facts->probes, OBS_SOURCE_PORTS, peer);
	enum pattern pattern;
	struct rounds r;

	if (!o)
		return false;
	r = read_rounds(&o->source_ports);
	if (r.n_rounds < 2 || common_ports(&r) == 0)
		return false;
	pattern = pattern_of(&r);
	switch (pattern) {
	case NONE_ANSWERED:
		return false;
	case ALL_ANSWERED:
		say(j, EVIDENCE_CONTRADICTS, o,
		    "all of %u source ports connected in each of %u rounds",
		    count_bits(common_ports(&r)), r.n_rounds);
		return false;
	case SAME_PORTS:
	case CHANGING_PORTS:
		break;
	}
	if (is_limit(&r, pattern)) {
		judge_limit(j, o, w);
	} else if (pattern == SAME_PORTS) {
		judge_same_ports(j, o, &r, w);
	} else {
		say(j, EVIDENCE_SUPPORTS, o,
		    "source ports that fail in one round connect in another");
		w->cause = "random_loss";
		w->confidence = CONFIDENCE_LIKELY;
	}
	w->key = addr_port_words(j->arena, peer);
	return true;
}
