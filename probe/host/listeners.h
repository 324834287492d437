/* SPDX-License-Identifier: MIT */
#ifndef PROBE_HOST_LISTENERS_H
#define PROBE_HOST_LISTENERS_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/model/inbound.h"

/** The addresses on which a port has sockets in LISTEN, and how many of them. */
struct listeners {
	struct addr at[OBS_MAX_LISTENERS]; /* without port */
	size_t n;
};

/**
 * Adds those of the port in the text of /proc/net/tcp, or of tcp6 (proc(5)); each
 * address once. A last line without its end is left out, and so is what is malformed.
 */
void listeners_parse(const char *text, bool v6, uint16_t port, struct listeners *to);

/**
 * Those of this network namespace, for which nobody needs a permission. The kernel
 * lists listening sockets before all others; the first MiB of each list is read.
 *
 * Returns 0, or a positive errno when neither list could be read.
 */
int listeners_read(uint16_t port, struct listeners *ret);

#endif
