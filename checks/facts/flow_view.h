/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_FLOW_VIEW_H
#define CHECKS_FLOW_VIEW_H

#include "probe/model/obs.h"

struct arena;

/*
 * What a capture tells beside one flow: where it was taken, what it cannot show, and
 * how other flows to the same server fared. A flow's facts are about the place of the
 * capture; only there do its times and TTLs speak for the client.
 */

/** Whose end of the path the capture was taken at. */
enum capture_place {
	PLACE_UNKNOWN,
	PLACE_CLIENT,
	PLACE_SERVER,
	PLACE_MIDDLE,
};

struct flow_view {
	const struct obs *capture; /* OBS_CAPTURE, NULL = there is none */
	const struct obs **flows;  /* OBS_FLOW, by server address, and of one address
				    * the questions with differing answers first */
	size_t n_flows, cap;
	enum capture_place place;
	bool one_way; /* no flow shows both sides although both spoke */
	bool lossy;   /* packets are known to be missing */
};

/** Adds OBS_CAPTURE and OBS_FLOW; others are ignored. */
void flow_view_add(struct flow_view *v, const struct obs *o, struct arena *arena);

/** To be called once after the last flow_view_add(). */
void flow_view_sort(struct flow_view *v);

/** Index of the first flow to that address, if any; those behind it follow. */
size_t flow_view_first(const struct flow_view *v, const struct addr *server);

/** Another port of that server that accepted, or NULL. */
const struct obs *flow_view_other_port(
    const struct flow_view *v, const struct addr *server);

/** A flow with another name to the same server and port that went well, or NULL. */
const struct obs *flow_view_other_name(
    const struct flow_view *v, const struct addr *server, const char *name);

/** A connection to that server and port that it accepted, or NULL. */
const struct obs *flow_view_accepted(
    const struct flow_view *v, const struct addr *server);

/** How many to that server and port were answered as if they were others. */
uint64_t flow_view_strayed(const struct flow_view *v, const struct addr *server);

/**
 * Shortest time from SYN to SYN-ACK of that address, 0 = unknown: one connection alone
 * may have been late by chance.
 */
nsec_t flow_view_rtt(const struct flow_view *v, const struct addr *server);

/** A DNS transaction that this server answered, or NULL. */
const struct obs *flow_view_answered(
    const struct flow_view *v, const struct addr *server);

/** "client", "server", "middle", "unknown". */
const char *capture_place_name(enum capture_place place);

/** "on the client's side", for a sentence about the capture. */
const char *capture_place_words(enum capture_place place);

#endif
