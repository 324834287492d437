/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_FLOW_ENDPOINT_H
#define CHECKS_FLOW_ENDPOINT_H

#include "checks/flow/flow_book.h"
#include "checks/flow/flow_fate.h"

/*
 * One endpoint of a capture and the ways its flows went. Shared by the files of the
 * flow book only.
 */

enum {
	FLOW_ENDPOINT_SERVERS = 8 /* addresses of a name that are remembered */
};

/** Flows that went the same way: the exemplar, and in it how many. */
struct kept_flow {
	enum flow_fate fate;
	unsigned variant;
	int64_t begin;
	struct obs_flow flow;
};

struct flow_endpoint {
	const char *name;   /* NULL: by address */
	struct addr server; /* of the first flow */
	struct addr servers[FLOW_ENDPOINT_SERVERS];
	size_t n_servers;
	bool dns, follow_up, failing;
	bool tls, http; /* what some flow spoke */
	struct kept_flow *kept[FLOW_BOOK_VARIANTS];
	size_t n_kept;
	const struct catalogue_entry *entry;
	const char *text; /* the ad-hoc target */
};

/** Keeps a copy of the flow, or counts it with those like it; false = no room. */
bool flow_endpoint_keep(struct flow_endpoint *e, enum flow_fate fate,
    const struct obs_flow *f, int64_t begin, struct arena *arena);

/**
 * Gives flows without a name to the endpoint whose name is the only one that is known
 * of their server and port. Returns how many endpoints are left in items, in order.
 */
size_t flow_endpoints_join(struct flow_endpoint **items, size_t n, struct arena *arena);

#endif
