/* SPDX-License-Identifier: MIT */
#ifndef PROBE_FLOW_DNS_H
#define PROBE_FLOW_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * DNS messages (RFC 1035 section 4.1) as they pass by, without knowing what was asked.
 */

enum {
	DNS_NAME_MAX = 256,    /* with the closing NUL */
	DNS_ADDRESSES_MAX = 32 /* that are kept of one answer */
};

struct dns_passing {
	uint16_t id, type;
	bool response;
	uint8_t rcode;
	char name[DNS_NAME_MAX]; /* lower case, without closing dot */
	size_t name_len;
	uint8_t addresses[DNS_ADDRESSES_MAX][16]; /* IPv4 followed by zeroes */
	bool v6[DNS_ADDRESSES_MAX];
	size_t n_addresses;
	uint32_t records; /* A and AAAA */
};

/**
 * Whether the bytes begin with one question of class IN. An answer section that was
 * cut is read as far as it goes.
 */
bool dns_passing_read(const uint8_t *bytes, size_t len, struct dns_passing *ret);

#endif
