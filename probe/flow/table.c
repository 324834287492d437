/* SPDX-License-Identifier: MIT */
#include "probe/flow/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "probe/base/alloc.h"
#include "probe/flow/hash.h"

enum {
	FIRST_SLOTS = 4096
};

void flow_table_init(struct flow_table *t)
{
	flow_hash_init();
	/* Number 0 means "none" and is never given away. */
	*t = (struct flow_table){ .n_slots = FIRST_SLOTS, .n_begun = 1 };
	t->slots = alloc_zeroed(t->n_slots, sizeof *t->slots);
}

void flow_table_deinit(struct flow_table *t)
{
	for (uint32_t i = 0; i < t->n_chunks; i++)
		free(t->chunks[i]);
	free(t->chunks);
	free(t->slots);
}

/* Both addresses; IPv4 is worth a way of its own, as it is hashed for each packet. */
static uint64_t hash_of_addresses(const struct flow_key *key)
{
	uint32_t low, high;

	if (key->v6)
		return flow_hash_mix(flow_hash(key->low, sizeof key->low),
		    flow_hash(key->high, sizeof key->high));
	memcpy(&low, key->low, sizeof low);
	memcpy(&high, key->high, sizeof high);
	return (uint64_t)high << 32 | low;
}

static uint32_t hash_of(const struct flow_key *key)
{
	uint64_t ends = key->low_port | (uint64_t)key->high_port << 16 |
			(uint64_t)key->tag << 32 | (uint64_t)key->protocol << 48 |
			(uint64_t)key->v6 << 56;
	/* Twice, since strangers choose both factors of the first. */
	uint64_t once = flow_hash_mix(hash_of_addresses(key), ends);
	return (uint32_t)(flow_hash_mix(once, once) >> 32);
}

/* By words: every packet's key is compared. */
static bool is_key(const struct flow_key *a, const struct flow_key *b)
{
	uint64_t x[sizeof *a / 8], y[sizeof *b / 8], differing = 0;

	static_assert(sizeof x == sizeof *a, "no padding, and whole words");
	memcpy(x, a, sizeof x);
	memcpy(y, b, sizeof y);
	for (size_t i = 0; i < sizeof x / sizeof *x; i++)
		differing |= x[i] ^ y[i];
	return differing == 0;
}

/* The slot of the key, or the empty one where it would stand. */
static uint32_t slot_of(
    const struct flow_table *t, const struct flow_key *key, uint32_t hash)
{
	uint32_t i = hash & (t->n_slots - 1);
	for (; t->slots[i].number; i = (i + 1) & (t->n_slots - 1))
		if (t->slots[i].hash == hash &&
		    is_key(&flow_table_at(t, t->slots[i].number)->key, key))
			break;
	return i;
}

uint32_t flow_table_find(const struct flow_table *t, const struct flow_key *key)
{
	return t->slots[slot_of(t, key, hash_of(key))].number;
}

/* --- Queues ----------------------------------------------------------------------- */

static void enqueue(struct flow_table *t, uint32_t number, enum flow_queue queue)
{
	struct flow_entry *e = flow_table_at(t, number);
	uint32_t tail = t->tail[queue];
	e->queue = (uint8_t)queue;
	e->next = 0;
	e->previous = tail;
	if (tail)
		flow_table_at(t, tail)->next = number;
	else
		t->head[queue] = number;
	t->tail[queue] = number;
}

static void dequeue(struct flow_table *t, const struct flow_entry *e)
{
	if (e->previous)
		flow_table_at(t, e->previous)->next = e->next;
	else
		t->head[e->queue] = e->next;
	if (e->next)
		flow_table_at(t, e->next)->previous = e->previous;
	else
		t->tail[e->queue] = e->previous;
}

void flow_table_move(struct flow_table *t, uint32_t number, enum flow_queue queue)
{
	dequeue(t, flow_table_at(t, number));
	enqueue(t, number, queue);
}

/* --- Entries ---------------------------------------------------------------------- */

static uint32_t take_entry(struct flow_table *t)
{
	uint32_t number = t->free;
	if (number) {
		t->free = flow_table_at(t, number)->next;
		return number;
	}
	if (t->n_chunks == 0 || t->n_begun == t->n_chunks * FLOW_TABLE_CHUNK) {
		t->chunks = alloc_again(t->chunks, t->n_chunks + 1, sizeof *t->chunks);
		t->chunks[t->n_chunks++] =
		    alloc_zeroed(FLOW_TABLE_CHUNK, sizeof **t->chunks);
	}
	return t->n_begun++;
}

static void grow_slots(struct flow_table *t)
{
	struct flow_slot *old = t->slots;
	uint32_t n_old = t->n_slots;
	t->n_slots *= 2;
	t->slots = alloc_zeroed(t->n_slots, sizeof *t->slots);
	for (uint32_t i = 0; i < n_old; i++) {
		if (!old[i].number)
			continue;
		uint32_t to = old[i].hash & (t->n_slots - 1);
		while (t->slots[to].number)
			to = (to + 1) & (t->n_slots - 1);
		t->slots[to] = old[i];
	}
	free(old);
}

uint32_t flow_table_add(
    struct flow_table *t, const struct flow_key *key, enum flow_queue queue)
{
	if ((uint64_t)t->count * 4 >= (uint64_t)t->n_slots * 3)
		grow_slots(t);
	uint32_t number = take_entry(t);
	struct flow_entry *e = flow_table_at(t, number);
	*e = (struct flow_entry){ .key = *key };
	uint32_t hash = hash_of(key);
	t->slots[slot_of(t, key, hash)] = (struct flow_slot){ number, hash };
	t->count++;
	enqueue(t, number, queue);
	return number;
}

/* Whether an entry at i may stay there when the slot before it becomes empty. */
static bool may_stay(const struct flow_table *t, uint32_t hole, uint32_t i)
{
	uint32_t mask = t->n_slots - 1;
	return ((i - t->slots[i].hash) & mask) < ((i - hole) & mask);
}

void flow_table_remove(struct flow_table *t, uint32_t number)
{
	struct flow_entry *e = flow_table_at(t, number);
	uint32_t mask = t->n_slots - 1;
	uint32_t hole = slot_of(t, &e->key, hash_of(&e->key));
	/* What was displaced by it moves up, so that no search ends too early. */
	for (uint32_t i = (hole + 1) & mask; t->slots[i].number; i = (i + 1) & mask) {
		if (may_stay(t, hole, i))
			continue;
		t->slots[hole] = t->slots[i];
		hole = i;
	}
	t->slots[hole].number = 0;
	dequeue(t, e);
	e->queue = QUEUE_FREE;
	e->next = t->free;
	t->free = number;
	t->count--;
}
