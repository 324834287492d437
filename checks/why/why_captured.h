/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_WHY_CAPTURED_H
#define CHECKS_WHY_CAPTURED_H

#include "checks/why/why.h"

/*
 * What this run's own packets say, where they were captured: outgoing ones are seen
 * behind the packet filter of this machine, incoming ones before it. Nothing is
 * concluded from a capture that may lack packets.
 */

/** Where the packets of one attempt ended. */
enum captured {
	CAPTURED_UNKNOWN, /* no capture, or packets may be missing in it */
	CAPTURED_NONE,    /* no SYN left this machine */
	CAPTURED_LEFT,    /* SYNs left, and nothing came back */
	CAPTURED_CAME,    /* a fitting SYN-ACK reached this machine */
	CAPTURED_OTHER,   /* something else came back */
};

/** *ret is what it rests on: the flow, or the capture that has none; else NULL. */
enum captured why_captured(
    const struct judging *j, const struct obs *attempt, const struct obs **ret);

/** Another flow to that address which left this machine, or NULL. */
const struct obs *why_captured_leaving(
    const struct judging *j, const struct addr *address);

/** What came from an address and port after a reset in its name, by all its flows. */
struct captured_resets {
	unsigned flows;                   /* with such a reset */
	unsigned syn_ack_after;           /* of these: a SYN-ACK followed */
	unsigned others_after;            /* something answered, too */
	const struct obs *first, *second; /* of those with something behind; or NULL */
};

/** All 0 when packets may be missing. */
struct captured_resets why_captured_resets(
    const struct judging *j, const struct addr *peer);

enum {
	CAPTURED_FLOWS_MAX = 32
};

/** Flows of this run to one address and port. */
struct captured_flows {
	unsigned n;
	const struct obs *first, *second; /* or NULL */
	const struct obs *items[CAPTURED_FLOWS_MAX];
};

/** Those that fit; none when packets may be missing. */
struct captured_flows why_captured_flows(const struct judging *j,
    const struct addr *peer, bool (*fits)(const struct obs_flow *f));

/** Questions to a server that got two answers of other content and from elsewhere. */
struct captured_forgeries {
	unsigned of_name, n;              /* about that name; about any */
	const struct obs *first, *second; /* about that name before others; or NULL */
};

/** All 0 when packets may be missing. A question that was sent twice does not count. */
struct captured_forgeries why_captured_forgeries(
    const struct judging *j, const struct addr *server, const char *name);

#endif
