/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_PCAPNG_WRITER_H
#define PROBE_CAPTURE_PCAPNG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/base/nsec.h"
#include "probe/capture/pcapng.h"
#include "probe/capture/tap.h"

/*
 * A pcapng file of one section (draft-ietf-opsawg-pcapng), in the byte order of this
 * machine. What follow-up probes sent and got stands as a second interface in it, so
 * that readers can set it aside. The sink keeps its own errors.
 */
typedef void pcapng_sink_fn(void *arg, const char *bytes, size_t len);

enum {
	PCAPNG_COMMENT_MAX = 1024 /* bytes of a comment; longer ones are cut */
};

struct pcapng_writer {
	pcapng_sink_fn *sink;
	void *arg;
};

/** Section and interfaces; the comment, unless NULL, is about the whole file. */
void pcapng_begin(const struct pcapng_writer *w, int link, unsigned snaplen,
    const char *interface, const char *comment);

/** comment NULL = none. */
void pcapng_packet(const struct pcapng_writer *w, const struct tap_frame *frame,
    bool follow_up, const char *comment);

/** Interface statistics: what was received, and lost for want of room. */
void pcapng_statistics(
    const struct pcapng_writer *w, nsec_t at, uint64_t received, uint64_t dropped);

#endif
