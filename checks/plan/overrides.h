/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_OVERRIDES_H
#define CHECKS_OVERRIDES_H

#include <stddef.h>

#include "checks/plan/settings.h"
#include "probe/model/plan.h"

struct arena;
struct input_error;

/** Parsed --resolve and --connect-to, in the order given. */
struct overrides {
	const struct pin *pins;
	size_t n_pins;
	const struct redirect *redirects;
	size_t n_redirects;
};

/**
 * Parses HOST:PORT:ADDR[,ADDR...] (HOST may be "*") and HOST1:PORT1:HOST2:PORT2 (each
 * part may be empty); IPv6 addresses stand in brackets, as for curl. Returns 0, or -1
 * with the reason.
 */
int overrides_parse(const struct settings *settings, struct arena *arena,
    struct overrides *ret, struct input_error *reterr);

/**
 * Sets connect_host, connect_port, pinned and n_pinned of a target. The first
 * redirection that fits counts, then the first pin for what it leads to; a pin that
 * names the host goes before "*".
 */
void overrides_apply(const struct overrides *o, struct target *target);

#endif
