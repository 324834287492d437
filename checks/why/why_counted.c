/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/facts/facts.h"
#include "checks/why/why.h"

/*
 * Bursts of SYNs to one address between pauses, and what the kernel's counters did in
 * each (OBS_COUNTED_SYNS). Others send meanwhile, too, but not in step with us.
 */

enum {
	BURSTS_MIN = 3,
	/* A pause may be spoilt: an answer to something earlier, a probe of another. */
	SPOILT_MAX = 1
};

/* Packets that are in the first counter and in neither of the others. */
struct gap {
	const char *whole, *part, *other; /* NULL = none */
};

static const struct gap gaps[][2] = {
	[LOST_OUT] = { { "Ip.OutRequests", "Ip.OutTransmits", NULL },
	    { "Ip6.OutRequests", "Ip6.OutTransmits", NULL } },
	[LOST_IN] = { { "Ip.InReceives", "Ip.InDelivers", "Ip.ForwDatagrams" },
	    { "Ip6.InReceives", "Ip6.InDelivers", "Ip6.OutForwDatagrams" } },
	[LOST_REVERSE_PATH] = { { "TcpExt.IPReversePathFilter", NULL, NULL },
	    { NULL, NULL, NULL } },
};

/* How far a counter moved in the window; those that did not are not listed. */
static uint64_t moved(const struct counted_window *w, const char *name)
{
	for (size_t i = 0; name && i < w->n_items; i++)
		if (strcmp(w->items[i].name, name) == 0)
			return w->items[i].delta;
	return 0;
}

static uint64_t lost_in_window(const struct counted_window *w, const struct gap *g)
{
	uint64_t whole = moved(w, g->whole);
	uint64_t rest = moved(w, g->part) + moved(w, g->other);

	return whole > rest ? whole - rest : 0;
}

/* A counter that this kernel lacks cannot be told from one that does not move. */
static bool kernel_counts(const struct judging *j, const struct gap *g)
{
	const struct probes *p = &j->facts->probes;
	uint64_t unused;

	return g->whole && probes_counter(p, g->whole, &unused) &&
	       (!g->part || probes_counter(p, g->part, &unused));
}

static enum counted count_lost(const struct obs_counted_syns *o, const struct gap *g)
{
	unsigned bursts = 0, covered = 0, spoilt = 0, most = 0;

	for (size_t i = 0; i < o->n_windows; i++)
		most = o->windows[i].syns > most ? o->windows[i].syns : most;
	for (size_t i = 0; i < o->n_windows; i++) {
		const struct counted_window *w = &o->windows[i];
		uint64_t lost = lost_in_window(w, g);
		bursts += w->syns > 0;
		covered += w->syns > 0 && lost >= w->syns;
		spoilt += w->syns == 0 && lost >= most;
	}
	if (bursts < BURSTS_MIN)
		return COUNTED_NOTHING;
	return covered == bursts && spoilt <= SPOILT_MAX ? COUNTED_ALL : COUNTED_NONE;
}

static const struct gap *gap_for(const struct addr *peer, enum lost where)
{
	return &gaps[where][peer->family == AF_INET6];
}

enum counted why_counted(const struct judging *j, const struct addr *peer,
    enum lost where, const struct obs **ret)
{
	const struct gap *g = gap_for(peer, where);
	const struct obs *o = probes_find(&j->facts->probes, OBS_COUNTED_SYNS, peer);

	*ret = NULL;
	if (!o || !kernel_counts(j, g))
		return COUNTED_NOTHING;
	enum counted c = count_lost(&o->counted_syns, g);
	*ret = c == COUNTED_NOTHING ? NULL : o;
	return c;
}

bool why_counted_innocent(const struct judging *j, enum lost where)
{
	const struct probes *p = &j->facts->probes;
	const struct obs *unused;

	for (size_t i = 0; i < p->n_counted; i++)
		if (why_counted(j, &p->counted[i]->counted_syns.peer, where, &unused) ==
		    COUNTED_NONE)
			return true;
	return false;
}
