/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_NO_PROXY_H
#define CHECKS_NO_PROXY_H

struct arena;

/**
 * The entry of a no_proxy list that host falls under, as curl 7.86 and later reads
 * such lists: entries between commas or blanks; a name covers itself and everything
 * below it, with or without a leading dot; an address covers itself, a prefix such as
 * 10.0.0.0/8 all addresses in it; "*" alone covers everything.
 *
 * Host is a name or an IP literal. Returns NULL when no entry applies.
 */
const char *no_proxy_entry(const char *list, const char *host, struct arena *arena);

#endif
