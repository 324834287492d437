/* SPDX-License-Identifier: MIT */
#include "checks/facts/inbound_facts.h"

#include "checks/facts/facts.h"
#include "checks/plan/service_tags.h"

bool inbound_is_health_probe(const struct addr *a)
{
	struct addr platform;

	return addr_parse("168.63.129.16", &platform) && addr_same_ip(a, &platform);
}

enum inbound_from inbound_from(const struct judging *j, const struct obs_inbound *seen,
    const struct inbound_peer *p)
{
	const char *wanted = j->check->service_tag;

	if (addr_is_private(&p->peer) || inbound_is_health_probe(&p->peer))
		return INBOUND_OTHERS;
	if (!seen->source || !wanted)
		return INBOUND_UNKNOWN;
	for (size_t i = 0; i < p->n_ranges; i++)
		if (service_tag_is(p->ranges[i], wanted))
			return INBOUND_SERVICE;
	return INBOUND_OTHERS;
}

static void add(struct inbound_facts *f, const struct inbound_peer *p)
{
	struct inbound_peer *s = &f->sum;

	if (f->n_peers == OBS_MAX_INBOUND_PEERS)
		return;
	if (f->n_peers == 0) {
		s->local = p->local;
		s->came_by = p->came_by;
	}
	if (!s->left_by && p->left_by) {
		s->came_by = p->came_by;
		s->left_by = p->left_by;
	}
	f->peers[f->n_peers++] = p;
	s->syns += p->syns;
	s->syn_acks += p->syn_acks;
	s->connections += p->connections;
	s->answered += p->answered;
	s->elsewhere += p->elsewhere;
	s->completed += p->completed;
	s->aborted += p->aborted;
	s->refused += p->refused;
	s->rejected += p->rejected;
	s->pending += p->pending;
}

/* Never below zero, whoever wrote the report that is read. */
static unsigned rest(uint32_t all, uint64_t known)
{
	return known < all ? (unsigned)(all - known) : 0;
}

static void read_peers(const struct judging *j, struct inbound_facts *f)
{
	const struct obs_inbound *seen = &f->inbound->inbound;
	const struct inbound_peer *s = &f->sum;

	for (size_t i = 0; i < seen->n_peers; i++) {
		enum inbound_from from = inbound_from(j, seen, &seen->peers[i]);
		f->from = from > f->from ? from : f->from;
	}
	for (size_t i = 0; i < seen->n_peers; i++)
		if (inbound_from(j, seen, &seen->peers[i]) == f->from)
			add(f, &seen->peers[i]);
	f->unanswered = rest(s->connections,
	    (uint64_t)s->pending + s->answered + s->refused + s->rejected);
	f->unacknowledged = rest(s->answered, (uint64_t)s->completed + s->aborted);
}

void inbound_facts_read(const struct judging *j, struct inbound_facts *ret)
{
	const struct flow_view *v = &j->facts->flows;

	*ret = (struct inbound_facts){ .from = INBOUND_NOBODY };
	for (const struct obs *o = j->first; o; o = o->next_of_target) {
		if (o->kind == OBS_LISTENERS)
			ret->listeners = o;
		else if (o->kind == OBS_INBOUND)
			ret->inbound = o;
	}
	ret->lossy = !v->capture || v->lossy || !v->capture->capture->drops_known;
	if (ret->inbound)
		read_peers(j, ret);
}

/* A socket on "::" takes IPv4 as well, unless its owner asked it not to (ipv6(7)). */
static bool serves(const struct addr *at, size_t n, const struct addr *local)
{
	static const struct addr any4 = { .family = AF_INET };
	static const struct addr any6 = { .family = AF_INET6 };

	for (size_t i = 0; i < n; i++)
		if (!local || addr_same_ip(&at[i], local) ||
		    addr_same_ip(&at[i], &any6) ||
		    (local->family == AF_INET && addr_same_ip(&at[i], &any4)))
			return true;
	return false;
}

enum inbound_listening inbound_listening(
    const struct inbound_facts *f, const struct addr *local)
{
	if (!f->listeners || f->listeners->listeners.err)
		return LISTENING_UNKNOWN;
	const struct obs_listeners *l = &f->listeners->listeners;
	bool before = serves(l->at_begin, l->n_at_begin, local);
	bool after = serves(l->at_end, l->n_at_end, local);

	if (before != after)
		return LISTENING_AT_TIMES;
	return before ? LISTENING_ALWAYS : LISTENING_NEVER;
}
