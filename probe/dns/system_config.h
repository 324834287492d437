/* SPDX-License-Identifier: MIT */
#ifndef PROBE_DNS_SYSTEM_CONFIG_H
#define PROBE_DNS_SYSTEM_CONFIG_H

#include <stddef.h>

#include "probe/model/addr.h"

struct arena;

/*
 * What this machine would do with a name: resolv.conf(5) and hosts(5), read as glibc
 * reads them. Both may have been written by anybody; what is beyond the bounds is
 * left out.
 */

#define RESOLV_CONF_PATH "/etc/resolv.conf"
#define HOSTS_PATH       "/etc/hosts"

enum {
	SYSTEM_CONFIG_MAX_SIZE = 256 * 1024,
	RESOLV_MAX_SERVERS = 3, /* as glibc: MAXNS */
	RESOLV_MAX_SEARCH = 32,
	HOSTS_MAX_ENTRIES = 4096,
};

struct resolv_conf {
	struct addr servers[RESOLV_MAX_SERVERS]; /* port 53 */
	size_t n_servers;                        /* at least 1 */
	/* Set when no usable nameserver line was there: 127.0.0.1, as glibc. */
	bool by_default;
	const char *search[RESOLV_MAX_SEARCH]; /* without closing dots */
	size_t n_search;
};

struct hosts_entry {
	struct addr address;
	const char *name; /* as written, without closing dot */
	unsigned line;    /* from 1 */
};

struct hosts_file {
	const struct hosts_entry *entries; /* one a name, in order of the file */
	size_t n_entries;
};

void resolv_conf_parse(
    const char *text, size_t len, struct arena *arena, struct resolv_conf *ret);
void hosts_file_parse(
    const char *text, size_t len, struct arena *arena, struct hosts_file *ret);

/**
 * Read and parse a file. A file that is missing or no regular file counts as empty
 * (so it does for the system's resolver); the result is 0 or the negative errno.
 */
int resolv_conf_read(const char *path, struct arena *arena, struct resolv_conf *ret);
int hosts_file_read(const char *path, struct arena *arena, struct hosts_file *ret);

/**
 * The next entry at or after *pos that names this host, ignoring case; *pos moves
 * behind it. NULL when there is none. Start with *pos = 0.
 */
const struct hosts_entry *hosts_file_next(
    const struct hosts_file *hosts, const char *name, size_t *pos);

#endif
