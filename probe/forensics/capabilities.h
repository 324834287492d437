/* SPDX-License-Identifier: MIT */
#ifndef PROBE_FORENSICS_CAPABILITIES_H
#define PROBE_FORENSICS_CAPABILITIES_H

#include <stdbool.h>

#include "probe/model/obs.h"

/** Tries every means once, on sockets that send nothing. */
struct obs_capabilities capabilities_find(void);

/**
 * Whether a kernel of this release hands ICMP errors for a SYN to its socket: Linux
 * 5.8 and later (commit 45af29ca761c). Nothing but a hop that answers could prove it.
 */
bool capabilities_syn_icmp(const char *release);

#endif
