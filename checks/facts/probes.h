/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_PROBES_H
#define CHECKS_PROBES_H

#include "probe/model/obslog.h"
#include "probe/model/order.h"

struct arena;

enum {
	PROBES_REACHED = 4
};

/*
 * What the follow-up probes of a run found, by address: checks that share an
 * address share its probes. Only a probe that was carried out to its end is found
 * here, since half a scan proves no silence.
 */
struct probes {
	const struct obs **items; /* by kind, address, port and id */
	size_t n_items, cap;
	const struct obs *capabilities, *counters; /* NULL = not taken */
	const struct obs *canary, *canary_odd;     /* that connected; NULL = none did */
	const struct obs *counted[ORDER_COUNTED_MAX]; /* OBS_COUNTED_SYNS that sent */
	size_t n_counted;
	const struct obs *reached[PROBES_REACHED]; /* scans of public addresses, which
						      came to their end; one each */
	size_t n_reached;
	/* Peers that had accepted before, asked again; NULL = none answered, none not.
	 */
	const struct obs *known_good_answered, *known_good_silent;
};

/** Adds an observation; others than those of diagnosis are ignored. */
void probes_add(struct probes *p, const struct obs *o, struct arena *arena);

/** To be called once after the last probes_add(). */
void probes_sort(struct probes *p);

/** The address that a follow-up observation is about; NULL = not one of those. */
const struct addr *probe_peer(const struct obs *o);

/** ORDER_DONE for observations that no order asked for. */
enum order_end probe_end(const struct obs *o);

/** The first probe of that kind of this address and port, or NULL. */
const struct obs *probes_find(
    const struct probes *p, enum obs_kind kind, const struct addr *peer);

/** All probes of that kind of this address, whatever the port; returns how many. */
size_t probes_at(const struct probes *p, enum obs_kind kind, const struct addr *peer,
    const struct obs *const **ret);

/** The first scan of the same address on another port, or NULL. */
const struct obs *probes_control_scan(const struct probes *p, const struct addr *peer);

/** Another port of the address that was asked and spoke (SYN-ACK, reset), or NULL. */
const struct obs *probes_other_port(const struct probes *p, const struct addr *peer);

/** Whether a connection attempt reached somebody: accepted, or reset without ICMP. */
bool probe_was_heard(const struct obs_control_connect *c);

/** The attempt for comparison with that peer and purpose, or NULL. */
const struct obs *probes_control(
    const struct probes *p, const struct addr *peer, enum control_purpose purpose);

/** A second attempt at the same address and port that connected, or NULL. */
const struct obs *probes_repeat(const struct probes *p, const struct addr *peer);

/** The same from another address of this machine, which connected, or NULL. */
const struct obs *probes_other_source(const struct probes *p, const struct addr *peer);

/** Whether that second attempt was made, and nobody answered it. */
bool probes_repeat_is_silent(const struct probes *p, const struct addr *peer);

/** Handshakes that differ from the check's own in exactly one property. */
enum variant {
	VARIANT_OTHER_NAME, /* another server name */
	VARIANT_NO_NAME,
	VARIANT_SPLIT,    /* the true name in two segments */
	VARIANT_AGAIN,    /* nothing differs */
	VARIANT_SMALL,    /* the true name, segments of at most 1200 bytes */
	VARIANT_SMALLER,  /* the true name, segments of at most 536 bytes */
	VARIANT_SMALLEST, /* the true name, segments of at most 500 bytes */
	/* The true name in a ClientHello of more than a full segment. */
	VARIANT_LONG,
	VARIANT_LONG_SMALL,    /* the same in segments of at most 1200 bytes */
	VARIANT_LONG_SMALLER,  /* the same in segments of at most 536 bytes */
	VARIANT_LONG_SMALLEST, /* the same in segments of at most 500 bytes */
	VARIANT_LONG_NO_NAME,  /* and whole, without a name */
};

/* Segment sizes: below every tunnel's, what every path must carry (RFC 9293), and one
 * more of that kind, for a third attempt. */
enum {
	SMALL_SEGMENT = 1200,
	SMALLER_SEGMENT = 536,
	SMALLEST_SEGMENT = 500
};

/** The first such handshake with this address and port, or NULL; of other names rather
 * one that finished. name = the true one. */
const struct obs *probes_variant(const struct probes *p, enum variant what,
    const struct addr *peer, const char *name);

/** The first test of resets with this address, port and name, or NULL. */
const struct obs *probes_reset_test(
    const struct probes *p, const struct addr *peer, const char *name);

/** Delta of a counter such as "Tcp.OutRsts"; false when the kernel does not tell. */
bool probes_counter(const struct probes *p, const char *name, uint64_t *ret);

/** Highest TTL of a scan that a router answered, or NULL. */
const struct ttl_step *scan_last_router(const struct obs_ttl_scan *scan);

/** Lowest TTL of a scan that got this answer, or NULL. */
const struct ttl_step *scan_first(const struct obs_ttl_scan *scan, enum ttl_answer a);

/**
 * Routers behind which a reply was sent, from its TTL as it arrived: the sender
 * started with the nearest of 64, 128 and 255 above.
 */
unsigned hops_of_ttl(unsigned ttl);

#endif
