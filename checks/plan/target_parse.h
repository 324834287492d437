/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_TARGET_PARSE_H
#define CHECKS_TARGET_PARSE_H

#include <stdbool.h>

#include "probe/model/plan.h"

struct arena;
struct input_error;

/** Whether text is written as an endpoint, and not as a check id or glob. */
bool target_is_endpoint(const char *text);

/**
 * Parses an endpoint as users write it: https://host[:port]/path, http, wss, ws,
 * tcp://host:port, udp://host:port, dns:name. The path is kept as it stands,
 * percent-encoding included. HTTP gets a GET with "Accept: *" "/" "*".
 *
 * Sets id, host, port, protocol and request of *ret and zeroes the rest. Returns 0,
 * or -1 with the reason in *reterr.
 */
int target_parse(const char *text, struct arena *arena, struct target *ret,
    struct input_error *reterr);

#endif
