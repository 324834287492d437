/* SPDX-License-Identifier: MIT */
#ifndef PROBE_FORENSICS_COUNTERS_H
#define PROBE_FORENSICS_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/model/obs.h"

struct arena;

/*
 * The kernel's counters of this network namespace (proc(5): /proc/net/snmp, netstat
 * and snmp6), those of them that say where packets of ours were lost.
 */
struct counter_set {
	struct {
		bool known;
		uint64_t value;
	} of[OBS_MAX_COUNTERS]; /* in the order of our own list */

	size_t n; /* how many are known */
};

/** What cannot be read is not known. Blocks for as long as /proc does. */
void counters_read(struct counter_set *ret);

/** Text in pairs of lines, "Tcp: OutSegs ..." and "Tcp: 17 ..."; may be cut anywhere.
 */
void counters_parse_pairs(struct counter_set *set, const char *text);

/** Text of one "Ip6OutRequests   17" a line. */
void counters_parse_lines(struct counter_set *set, const char *text);

/** What both sets know, as deltas in the arena. */
void counters_compare(const struct counter_set *before, const struct counter_set *after,
    struct arena *arena, struct obs_counters *ret);

/**
 * Whether between both sets this host has lost packets, whoever's: what it wanted to
 * send and did not, and what came in and was neither delivered nor forwarded.
 */
bool counters_show_loss(
    const struct counter_set *before, const struct counter_set *after);

/** conntrack_count and _max; both stay 0 where they cannot be read. */
void counters_read_conntrack(struct obs_counters *ret);

#endif
