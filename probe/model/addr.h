/* SPDX-License-Identifier: MIT */
#ifndef PROBE_MODEL_ADDR_H
#define PROBE_MODEL_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/** An IP address with an optional port. The zero value means "none". */
struct addr {
	uint8_t family; /* AF_INET, AF_INET6 or 0 */
	uint16_t port;  /* host byte order, 0 = none */
	uint32_t scope; /* IPv6 zone index, 0 = none */
	uint8_t ip[16]; /* network byte order; IPv4 in the first four */
};

/** A prefix such as 10.0.0.0/8. */
struct cidr {
	struct addr base;
	uint8_t bits;
};

/* Room for any text of addr_format_port(), closing NUL included. */
#define ADDR_TEXT_MAX 80

/** An IP literal without port, brackets or zone. Returns false when it is none. */
bool addr_parse(const char *text, struct addr *ret);

/** "10.0.0.4", "10.0.0.4:53", "2001:db8::1" or "[2001:db8::1]:53"; port 0 if absent. */
bool addr_parse_port(const char *text, struct addr *ret);

/** Prefix notation; a bare address is a prefix of its full length. Host bits must be 0.
 */
bool cidr_parse(const char *text, struct cidr *ret);
bool cidr_contains(const struct cidr *c, const struct addr *a);

/** Address without port; returns buf. */
const char *addr_format(const struct addr *a, char buf[ADDR_TEXT_MAX]);

/** Address with port when it has one; IPv6 in brackets then. */
const char *addr_format_port(const struct addr *a, char buf[ADDR_TEXT_MAX]);

/** Same family and address; ports are not compared. */
bool addr_same_ip(const struct addr *a, const struct addr *b);

/** RFC 1918, RFC 4193 (fc00::/7), RFC 6598 (100.64/10), link-local and loopback. */
bool addr_is_private(const struct addr *a);

/** 127.0.0.0/8 and ::1: this machine itself. */
bool addr_is_loopback(const struct addr *a);

bool addr_from_sockaddr(const struct sockaddr *sa, struct addr *ret);

/** Fills *ret and returns its length for connect() and bind(). */
socklen_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *ret);

#endif
