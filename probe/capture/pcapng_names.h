/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_PCAPNG_NAMES_H
#define PROBE_CAPTURE_PCAPNG_NAMES_H

/** Name of the interface of follow-up probes in a file that we write. */
#define PCAPNG_FOLLOW_UPS "vnetprobe follow-up probes"

#endif
