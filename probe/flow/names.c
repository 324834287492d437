/* SPDX-License-Identifier: MIT */
#include "probe/flow/names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "probe/base/alloc.h"
#include "probe/flow/hash.h"

uint64_t flow_hash_key;

void flow_hash_init(void)
{
	/* Without a key the table still works; it can then be made slow on purpose. */
	if (!flow_hash_key &&
	    getrandom(&flow_hash_key, sizeof flow_hash_key, GRND_NONBLOCK) < 0)
		flow_hash_key = UINT64_C(0xa0761d6478bd642f);
}

struct given {
	uint8_t address[16];
	uint32_t name;
	bool shared; /* with another name: nobody knows which one was meant */
};

enum {
	NAME_SLOTS = 2 * FLOW_MAX_NAMES,
	ADDRESS_SLOTS = 2 * FLOW_MAX_ADDRESSES
};

struct flow_names {
	char *bytes;
	size_t used, room;
	uint32_t *starts; /* by number */
	uint32_t n_names, names_room;
	uint32_t *name_slots;
	struct given *given;
	uint32_t n_given, given_room;
	uint32_t *address_slots;
};

struct flow_names *flow_names_new(void)
{
	struct flow_names *n = alloc_zeroed(1, sizeof *n);
	flow_hash_init();
	n->n_names = 1;
	n->names_room = 256;
	n->starts = alloc_zeroed(n->names_room, sizeof *n->starts);
	n->n_given = 1;
	n->given_room = 256;
	n->given = alloc_zeroed(n->given_room, sizeof *n->given);
	n->name_slots = alloc_zeroed(NAME_SLOTS, sizeof *n->name_slots);
	n->address_slots = alloc_zeroed(ADDRESS_SLOTS, sizeof *n->address_slots);
	return n;
}

void flow_names_free(struct flow_names *n)
{
	if (!n)
		return;
	free(n->bytes);
	free(n->starts);
	free(n->name_slots);
	free(n->given);
	free(n->address_slots);
	free(n);
}

static uint64_t hash_name(const char *bytes, size_t len)
{
	uint64_t h = len, word;
	for (; len >= sizeof word; bytes += sizeof word, len -= sizeof word) {
		memcpy(&word, bytes, sizeof word);
		h = flow_hash_mix(h, word ^ h);
	}
	word = 0;
	memcpy(&word, bytes, len);
	return flow_hash_mix(h, word ^ h);
}

static bool store(struct flow_names *n, const char *bytes, size_t len)
{
	if (n->n_names >= FLOW_MAX_NAMES || len + 1 > FLOW_MAX_NAME_BYTES - n->used)
		return false;
	if (n->used + len + 1 > n->room) {
		n->room = 2 * (n->used + len + 1) + 4096;
		n->bytes = alloc_again(n->bytes, n->room, 1);
	}
	if (n->n_names == n->names_room) {
		n->names_room *= 2;
		n->starts = alloc_again(n->starts, n->names_room, sizeof *n->starts);
	}
	n->starts[n->n_names++] = (uint32_t)n->used;
	memcpy(n->bytes + n->used, bytes, len);
	n->bytes[n->used + len] = '\0';
	n->used += len + 1;
	return true;
}

uint16_t flow_name_number(struct flow_names *n, const char *bytes, size_t len)
{
	if (len == 0 || memchr(bytes, 0, len))
		return FLOW_NO_NAME;
	size_t i = hash_name(bytes, len) % NAME_SLOTS;
	for (; n->name_slots[i]; i = (i + 1) % NAME_SLOTS) {
		const char *s = flow_name_text(n, n->name_slots[i]);
		if (strncmp(s, bytes, len) == 0 && s[len] == '\0')
			return (uint16_t)n->name_slots[i];
	}
	if (!store(n, bytes, len))
		return FLOW_NO_NAME;
	n->name_slots[i] = n->n_names - 1;
	return (uint16_t)n->name_slots[i];
}

const char *flow_name_text(const struct flow_names *n, uint32_t number)
{
	return number == FLOW_NO_NAME ? NULL : n->bytes + n->starts[number];
}

static uint32_t *address_slot(const struct flow_names *n, const uint8_t address[16])
{
	size_t i = flow_hash(address, 16) % ADDRESS_SLOTS;
	while (n->address_slots[i] &&
	       memcmp(n->given[n->address_slots[i]].address, address, 16) != 0)
		i = (i + 1) % ADDRESS_SLOTS;
	return &n->address_slots[i];
}

void flow_names_give(struct flow_names *n, const uint8_t address[16], uint32_t number)
{
	uint32_t *slot = address_slot(n, address);
	if (!*slot) {
		if (n->n_given >= FLOW_MAX_ADDRESSES)
			return;
		if (n->n_given == n->given_room) {
			n->given_room *= 2;
			n->given =
			    alloc_again(n->given, n->given_room, sizeof *n->given);
		}
		*slot = n->n_given++;
		n->given[*slot] = (struct given){ .name = number };
		memcpy(n->given[*slot].address, address, 16);
	}
	if (n->given[*slot].name != number)
		n->given[*slot].shared = true;
}

uint32_t flow_names_of(const struct flow_names *n, const uint8_t address[16])
{
	uint32_t slot = *address_slot(n, address);
	return slot && !n->given[slot].shared ? n->given[slot].name : FLOW_NO_NAME;
}
