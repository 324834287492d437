/* SPDX-License-Identifier: MIT */
#ifndef PROBE_FLOW_TABLE_H
#define PROBE_FLOW_TABLE_H

#include "probe/flow/entry.h"

/*
 * The flows that are open: found by their key (open addressing), and by how long ago
 * they were last looked at (a queue for each state). An entry has a number, and keeps
 * its place until it is removed.
 */
enum {
	FLOW_TABLE_MAX = (1 << 24) - 1, /* flows at one time */
	FLOW_TABLE_CHUNK = 4096         /* entries that are allocated together */
};

struct flow_slot {
	uint32_t number; /* 0 = empty */
	uint32_t hash;   /* of the key: no entry is looked at that is not the one */
};

struct flow_table {
	struct flow_entry **chunks;
	uint32_t n_chunks, n_begun; /* entries from n_begun on were never used */
	uint32_t free;              /* first free entry, chained by next; 0 = none */
	uint32_t count;
	struct flow_slot *slots; /* a power of two of them */
	uint32_t n_slots;
	uint32_t head[N_QUEUES], tail[N_QUEUES];
};

void flow_table_init(struct flow_table *t);
void flow_table_deinit(struct flow_table *t);

static inline struct flow_entry *flow_table_at(
    const struct flow_table *t, uint32_t number)
{
	return &t->chunks[number / FLOW_TABLE_CHUNK][number % FLOW_TABLE_CHUNK];
}

/** Number of the flow with that key, 0 = none. */
uint32_t flow_table_find(const struct flow_table *t, const struct flow_key *key);

/**
 * Adds a flow that is not there yet, zeroed but for its key, to a queue. There must be
 * fewer than FLOW_TABLE_MAX.
 */
uint32_t flow_table_add(
    struct flow_table *t, const struct flow_key *key, enum flow_queue queue);
void flow_table_remove(struct flow_table *t, uint32_t number);

/** Puts the flow at the end of a queue. */
void flow_table_move(struct flow_table *t, uint32_t number, enum flow_queue queue);

#endif
