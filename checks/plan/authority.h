/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_AUTHORITY_H
#define CHECKS_AUTHORITY_H

#include <stddef.h>
#include <stdint.h>

struct arena;

/** Host and optional port of a URL (RFC 3986 section 3.2, without userinfo). */
struct authority {
	const char *host; /* lower case, no trailing dot, no brackets */
	uint16_t port;    /* 0 = not given */
};

/**
 * Parses the first len bytes of text: "host", "host:port", "10.0.0.4:443" or
 * "[2001:db8::1]:443". Returns NULL, or the reason why it is none.
 */
const char *authority_parse(
    const char *text, size_t len, struct arena *arena, struct authority *ret);

/** "host" or "[v6]", followed by ":port" unless port is 0. */
const char *authority_format(const char *host, uint16_t port, struct arena *arena);

/** Lower-case copy, ASCII only. */
const char *lower_case(const char *text, struct arena *arena);

#endif
