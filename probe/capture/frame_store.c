/* SPDX-License-Identifier: MIT */
#include "probe/capture/frame_store.h"

#include <stdlib.h>
#include <string.h>

#include "probe/base/alloc.h"

/* A record header of TLS: a type of RFC 8446 section 5.1, and version 3.x. */
static bool is_tls(const struct packet *p)
{
	return p->payload_have >= 2 && p->payload[0] >= 20 && p->payload[0] <= 23 &&
	       p->payload[1] == 3;
}

static uint32_t kept_of(
    const struct frame_store *s, const struct tap_frame *frame, const struct packet *p)
{
	if (!s->headers_only || p->kind != PACKET_TCP || p->payload_have == 0 ||
	    is_tls(p))
		return frame->have;
	return (uint32_t)(p->payload - frame->bytes);
}

void frame_store_add(
    struct frame_store *s, const struct tap_frame *frame, const struct packet *p)
{
	struct tap_frame copy = *frame;
	copy.have = kept_of(s, frame, p);
	if (s->full || s->bytes + copy.have > FRAME_STORE_BYTES) {
		s->full = true;
		return;
	}
	uint8_t *bytes = alloc_zeroed(1, copy.have + 1);
	memcpy(bytes, frame->bytes, copy.have);
	copy.bytes = bytes;
	if (s->n_items == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 1024;
		s->items = alloc_again(s->items, s->cap, sizeof *s->items);
	}
	s->items[s->n_items++] = copy;
	s->bytes += copy.have + sizeof copy;
}

void frame_store_deinit(struct frame_store *s)
{
	for (size_t i = 0; i < s->n_items; i++)
		free((void *)(uintptr_t)s->items[i].bytes);
	free(s->items);
}
