/* SPDX-License-Identifier: MIT */
#include "checks/flow/capture_limits.h"

#include "checks/judge/finding.h"
#include "probe/base/arena.h"

struct list {
	struct arena *arena;
	struct words *words;
};

static void add(const struct list *l, const char *sentence)
{
	words_add(l->arena, l->words, sentence);
}

/* The sentence about so many of something; nothing about none. */
static void add_count(const struct list *l, uint64_t n, const char *one,
    const char *many, const char *means)
{
	if (n == 1)
		add(l, arena_printf(l->arena, "One %s; %s", one, means));
	else if (n > 1)
		add(l, arena_printf(l->arena, "%llu %s; %s", (unsigned long long)n,
			   many, means));
}

static const char *place_sentence(enum capture_place place)
{
	switch (place) {
	case PLACE_CLIENT:
		return "It was taken on the client's side: what happens on the way, "
		       "and "
		       "whether a packet arrived, shows only by what came back.";
	case PLACE_SERVER:
		return "It was taken on the server's side: what got lost on the way "
		       "there is not in it, and a client that hears nothing looks like "
		       "one that gave up.";
	case PLACE_MIDDLE:
		return "It was taken between client and server: it does not show which "
		       "of both sides of this place lost what is missing, unless a "
		       "verdict says so.";
	case PLACE_UNKNOWN:
		break;
	}
	return "Where it was taken cannot be told from its TTLs, so that no filter of "
	       "the client itself is found, and no reset told by its haste.";
}

static void add_directions(const struct list *l, const struct obs_capture *c, bool all)
{
	if (all)
		add(l, "It holds one direction only, so that nobody can be blamed: "
		       "capture both, without \"src\" or \"dst\" in the filter.");
	else
		add_count(l, c->one_way, "connection shows one direction only",
		    "connections show one direction only",
		    "their other packets took another interface or path.");
}

static void add_losses(const struct list *l, const struct obs_capture *c)
{
	if (c->stopped)
		add(l, arena_printf(l->arena,
			   "The file could not be read to its end (%s); what came "
			   "after is "
			   "not known.",
			   c->stopped));
	add_count(l, c->dropped, "packet was lost while capturing",
	    "packets were lost while capturing",
	    "what looks like silence may be that, and nothing is certain.");
	if (!c->drops_known)
		add(l, "The file does not say whether packets were lost while "
		       "capturing; a pcapng file of dumpcap does.");
}

static void add_sizes(const struct list *l, const struct obs_capture *c)
{
	add_count(l, c->cut, "packet was cut within its headers",
	    "packets were cut within their headers",
	    "they are not judged, and nothing is certain.");
	add_count(l, c->snapped, "packet is not whole (snap length)",
	    "packets are not whole (snap length)",
	    "names, requests and statuses in what is missing are not known.");
	add_count(l, c->offloaded, "packet is larger than any on a network",
	    "packets are larger than any on a network",
	    "offload put them together (GRO, TSO): the sizes on the path are not in "
	    "it.");
}

void capture_limits(const struct flow_view *v, struct arena *arena, struct words *ret)
{
	const struct obs_capture *c = v->capture->capture;
	const struct list l = { arena, ret };
	add(&l, place_sentence(v->place));
	add_directions(&l, c, v->one_way);
	add_losses(&l, c);
	add_sizes(&l, c);
	add_count(&l, c->midstream, "connection had begun before the capture",
	    "connections had begun before the capture",
	    "how they were opened is not known.");
	add_count(&l, c->undecoded, "packet is of another protocol or makes no sense",
	    "packets are of other protocols or make no sense",
	    "nothing is told of them.");
	add_count(&l, c->left_out, "flow is beyond what a report holds",
	    "flows are beyond what a report holds", "they are not in it.");
}
