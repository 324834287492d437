/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_FRAME_STORE_H
#define PROBE_CAPTURE_FRAME_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/capture/tap.h"

/*
 * Packets kept until the verdicts are known, which say what is to be written. Of text
 * in the clear that may hold a credential (a proxy's password, a token) only the
 * headers are kept if asked for.
 */
enum {
	FRAME_STORE_BYTES = 64 << 20 /* of packets; those beyond are not kept */
};

struct frame_store {
	bool headers_only;       /* of TCP payload that is not TLS */
	struct tap_frame *items; /* bytes: own copies */
	size_t n_items, cap, bytes;
	bool full;
};

void frame_store_add(
    struct frame_store *s, const struct tap_frame *frame, const struct packet *p);
void frame_store_deinit(struct frame_store *s);

#endif
