/* SPDX-License-Identifier: MIT */
#include "checks/judge/inbound_words.h"

#include "probe/base/arena.h"

enum {
	NAMED_PEERS = 4,
};

const char *inbound_service(const struct judging *j)
{
	return j->check->service_tag ? j->check->service_tag : "the service";
}

const char *inbound_from_words(const struct judging *j, enum inbound_from from)
{
	switch (from) {
	case INBOUND_SERVICE:
		return inbound_service(j);
	case INBOUND_UNKNOWN:
		return "public addresses";
	case INBOUND_OTHERS:
	case INBOUND_NOBODY:
		break;
	}
	return "other addresses";
}

const char *inbound_connections(struct judging *j, unsigned n)
{
	return n == 1 ? "1 connection" : arena_printf(j->arena, "%u connections", n);
}

static const char *addresses(struct judging *j, const struct addr *list, size_t n)
{
	const char *text = "";

	for (size_t i = 0; i < n; i++)
		text = arena_printf(j->arena, "%s%s%s", text, i ? ", " : "",
		    addr_words(j->arena, &list[i]));
	return text;
}

static const char *ranges(struct judging *j, const struct inbound_peer *p)
{
	const char *text = "";

	if (inbound_is_health_probe(&p->peer))
		return " (health probe of Azure's load balancer)";
	if (!p->n_ranges)
		return addr_is_private(&p->peer) ? " (private)" : "";
	for (size_t i = 0; i < p->n_ranges; i++)
		text = arena_printf(
		    j->arena, "%s%s%s", text, i ? ", " : "", quote(j, p->ranges[i]));
	return arena_printf(j->arena, " (%s)", text);
}

static const char *fate(
    struct judging *j, const char *so_far, unsigned n, const char *what)
{
	if (!n)
		return so_far;
	return arena_printf(
	    j->arena, "%s%s%u %s", so_far, *so_far ? ", " : "", n, what);
}

static const char *fates(struct judging *j, const struct inbound_peer *p)
{
	const char *text = fate(j, "", p->completed, "completed");
	uint64_t known = (uint64_t)p->pending + p->answered + p->refused + p->rejected;
	uint64_t taken = (uint64_t)p->completed + p->aborted;

	text = fate(j, text, p->answered > taken ? (unsigned)(p->answered - taken) : 0,
	    "answered and never acknowledged");
	text = fate(j, text, p->aborted, "answered and reset by the peer");
	text = fate(j, text, p->refused, "refused by this machine");
	text = fate(j, text, p->rejected, "rejected by this machine");
	text = fate(j, text,
	    p->connections > known ? (unsigned)(p->connections - known) : 0,
	    "not answered");
	return fate(j, text, p->pending, "undecided");
}

void inbound_say_listeners(struct judging *j, const struct inbound_facts *f)
{
	const struct obs *o = f->listeners;
	const struct obs_listeners *l = &o->listeners;

	switch (inbound_listening(f, NULL)) {
	case LISTENING_UNKNOWN:
		say(j, EVIDENCE_CONTEXT, o,
		    "the list of listening sockets cannot be read");
		break;
	case LISTENING_NEVER:
		say(j, EVIDENCE_SUPPORTS, o, "nothing listens on TCP %u here",
		    (unsigned)l->port);
		break;
	case LISTENING_AT_TIMES:
		say(j, EVIDENCE_SUPPORTS, o, "something listens on TCP %u %s only: %s",
		    (unsigned)l->port, l->n_at_begin ? "at the begin" : "at the end",
		    l->n_at_begin ? addresses(j, l->at_begin, l->n_at_begin)
				  : addresses(j, l->at_end, l->n_at_end));
		break;
	case LISTENING_ALWAYS:
		say(j, EVIDENCE_SUPPORTS, o, "a program listens on TCP %u at %s",
		    (unsigned)l->port, addresses(j, l->at_end, l->n_at_end));
		break;
	}
}

static void say_peer(struct judging *j, const struct inbound_facts *f,
    const struct inbound_peer *p, enum evidence_role role)
{
	say(j, role, f->inbound, "%s%s: %s (%u SYNs%s%s, %u SYN-ACKs%s%s)",
	    addr_words(j->arena, &p->peer), ranges(j, p), fates(j, p),
	    (unsigned)p->syns, p->came_by ? " by " : "", quote(j, p->came_by),
	    (unsigned)p->syn_acks, p->left_by ? ", some by " : "",
	    quote(j, p->left_by));
}

/* Those who count first, then some of the others. */
void inbound_say_peers(struct judging *j, const struct inbound_facts *f)
{
	const struct obs_inbound *seen = &f->inbound->inbound;
	size_t told = 0;

	for (size_t i = 0; i < f->n_peers && told < NAMED_PEERS; i++, told++)
		say_peer(j, f, f->peers[i], EVIDENCE_SUPPORTS);
	for (size_t i = 0; i < seen->n_peers && told < NAMED_PEERS; i++)
		if (inbound_from(j, seen, &seen->peers[i]) != f->from) {
			say_peer(j, f, &seen->peers[i], EVIDENCE_CONTEXT);
			told++;
		}
	if (seen->n_peers + seen->more_peers > told)
		say(j, EVIDENCE_CONTEXT, f->inbound, "and %zu more addresses",
		    seen->n_peers + seen->more_peers - told);
	if (f->from == INBOUND_UNKNOWN)
		say(j, EVIDENCE_CONTEXT, f->inbound,
		    "without --service-tags FILE it is not known whether they belong "
		    "to "
		    "%s",
		    inbound_service(j));
	else if (seen->source && f->from == INBOUND_OTHERS)
		say(j, EVIDENCE_SUPPORTS, f->inbound,
		    "none of them is in %s by the list of service tags (%s)",
		    inbound_service(j), quote(j, seen->source));
}

const char *inbound_listening_words(const struct inbound_facts *f)
{
	switch (inbound_listening(f, NULL)) {
	case LISTENING_ALWAYS:
		return "a program listens on the port";
	case LISTENING_NEVER:
		return "nothing listens on the port";
	case LISTENING_AT_TIMES:
		return "something listens on the port at times";
	case LISTENING_UNKNOWN:
		break;
	}
	return "whether anything listens on the port is not known";
}
