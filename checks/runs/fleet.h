/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_FLEET_H
#define CHECKS_FLEET_H

#include <stdint.h>

#include "checks/judge/verdict.h"

struct arena;
struct input_error;
struct json_t; /* jansson's */

/*
 * Reports of many machines as one matrix, nodes x checks. Of a report only its verdicts
 * are kept, some bytes a check, so that 10,000 reports fit into memory one after the
 * other. Verdicts are believed as they are written; to judge again is for diagnose.
 */

enum {
	FLEET_MAX_NODES = 100000,
	FLEET_MAX_CHECKS = 100000, /* ids of all reports together */
	FLEET_MAX_CAUSES = 1000
};

/** One cell. status is an enum status and one more; 0 = the node has no such check. */
struct fleet_result {
	uint8_t status;
	uint16_t cause; /* index into fleet.causes and one more; 0 = none */
};

struct fleet_node {
	const char *host;    /* escaped; NULL = the report does not know */
	bool host_is_shared; /* another node calls itself the same */
	const char *report;  /* name of the file, fit for messages */
	const char *started; /* as written, escaped */
	const char *network; /* /24 or /64 it connected from; NULL = unknown */
	enum status status;  /* of the run; inconclusive when interrupted */
	bool strict_fails;   /* a warning, or a failure of what is not required */
	const struct fleet_result *results; /* by index of the check */
	size_t n_results;                   /* checks that were known then */
};

/** Checks that fail for one cause on the same nodes. */
struct fleet_group {
	enum status status;
	const char *cause;      /* name */
	const unsigned *checks; /* indices */
	size_t n_checks;
	const unsigned *nodes; /* indices, ascending */
	size_t n_nodes;
	/* The other nodes that have the checks: how many pass (or warn) all of them. */
	size_t n_others, n_others_pass;
	/*
	 * Networks (/24, /64) the two sides connect from, when every node tells its own
	 * and no network is on both sides; else empty.
	 */
	struct words networks, other_networks;
};

struct fleet {
	struct arena *arena;
	struct fleet_node *nodes;
	size_t n_nodes, nodes_cap;
	const char **checks; /* ids, escaped; in order of first appearance */
	size_t n_checks, checks_cap;
	const char **causes;
	size_t n_causes, causes_cap;
	struct json_t *check_index, *cause_index; /* text to number */
	struct fleet_group *groups; /* failures first, then those of most nodes */
	size_t n_groups;
	size_t counts[STATUS_SKIPPED + 1]; /* nodes by status */
};

void fleet_init(struct fleet *f, struct arena *arena);
void fleet_deinit(struct fleet *f);

/**
 * Adds a report (of this major version, redacted or not), whose reference stays the
 * caller's. Returns 0, or -1 with "name: member: reason" in *reterr and no node added.
 */
int fleet_add(struct fleet *f, const struct json_t *report, const char *name,
    struct input_error *reterr);

/**
 * Reads and adds a file; what the parser needs for it is freed again. Returns 0, or -1
 * with the reason in *reterr.
 */
int fleet_add_file(struct fleet *f, const char *path, struct input_error *reterr);

/** Fills in what follows from all nodes. */
void fleet_finish(struct fleet *f);

/** The cell of a node; status 0 when it has no such check. */
struct fleet_result fleet_result(const struct fleet_node *node, size_t check);

/** Name of a cell's status, or NULL. */
const char *fleet_status_name(struct fleet_result r);

#endif
