/* SPDX-License-Identifier: MIT */
#ifndef PROBE_HOST_SYSTEM_H
#define PROBE_HOST_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/dns/system_config.h"
#include "probe/model/obs.h"

struct arena;

/** What this machine is; strings are copied to or borrowed from the arena. */
struct obs_system system_observe(const struct resolv_conf *conf, struct arena *arena);

/**
 * Whether the text of /proc/self/status grants CAP_NET_RAW as an effective
 * capability (proc(5), CapEff).
 */
bool system_status_has_net_raw(const char *status);

#endif
