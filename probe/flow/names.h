/* SPDX-License-Identifier: MIT */
#ifndef PROBE_FLOW_NAMES_H
#define PROBE_FLOW_NAMES_H

#include <stddef.h>
#include <stdint.h>

/*
 * Names that a capture holds, each stored once and known by a number, and the
 * addresses that DNS answers gave them. Both are bounded: a capture with more names
 * than that is told without the later ones.
 */
struct flow_names;

enum {
	FLOW_MAX_NAMES = UINT16_MAX + 1,
	FLOW_MAX_NAME_BYTES = 4 << 20,
	FLOW_MAX_ADDRESSES = 65536,
	FLOW_NO_NAME = 0,
};

struct flow_names *flow_names_new(void);
void flow_names_free(struct flow_names *n);

/** Number of a name, FLOW_NO_NAME when there is no room. The bytes hold no NUL. */
uint16_t flow_name_number(struct flow_names *n, const char *bytes, size_t len);

/** NULL for FLOW_NO_NAME. Lives as long as the table. */
const char *flow_name_text(const struct flow_names *n, uint32_t number);

/**
 * Addresses are 16 bytes, IPv4 followed by zeroes. An address that answers gave to more
 * than one name has none.
 */
void flow_names_give(struct flow_names *n, const uint8_t address[16], uint32_t number);
uint32_t flow_names_of(const struct flow_names *n, const uint8_t address[16]);

#endif
