/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_PCAPNG_H
#define PROBE_CAPTURE_PCAPNG_H

/* Numbers of the newer format (draft-ietf-opsawg-pcapng sections 3.5 and 4). */
enum {
	PCAPNG_BLOCK_INTERFACE = 1,
	PCAPNG_BLOCK_PACKET_OBSOLETE = 2,
	PCAPNG_BLOCK_PACKET_SIMPLE = 3,
	PCAPNG_BLOCK_STATISTICS = 5,
	PCAPNG_BLOCK_PACKET = 6,
	PCAPNG_BLOCK_SECTION = 0x0a0d0d0a, /* the same in either byte order */
	PCAPNG_BYTE_ORDER = 0x1a2b3c4d,

	PCAPNG_OPTION_END = 0,
	PCAPNG_OPTION_COMMENT = 1,
	PCAPNG_OPTION_IF_NAME = 2,
	PCAPNG_OPTION_IF_TSRESOL = 9,
	PCAPNG_OPTION_IF_TSOFFSET = 14,
	PCAPNG_OPTION_ISB_RECEIVED = 4,
	PCAPNG_OPTION_ISB_DROPPED = 5, /* by the interface */
	PCAPNG_OPTION_ISB_OS_DROPPED = 7,
};

/** Name of the interface of follow-up probes in a file that we write. */
#define PCAPNG_FOLLOW_UPS "vnetprobe follow-up probes"

#endif
