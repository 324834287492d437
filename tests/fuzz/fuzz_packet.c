/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "probe/flow/engine.h"

/*
 * Frames one after the other, each behind its link type, its length and how much more
 * was on the wire, through the decoder and the flow engine.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *arg, const struct obs_flow *flow, nsec_t begin)
{
	(void)arg;
	(void)flow;
	(void)begin;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int links[] = { PACKET_LINK_ETHERNET, PACKET_LINK_NULL,
		PACKET_LINK_RAW, PACKET_LINK_SLL, PACKET_LINK_SLL2, 999 };
	struct flow_engine *e = flow_engine_new(ignore, NULL);
	nsec_t now = 0;
	while (size >= 4) {
		int link = links[data[0] % (sizeof links / sizeof *links)];
		uint32_t len = data[1] | (uint32_t)(data[2] & 7) << 8, more = data[3];
		data += 4;
		size -= 4;
		len = len > size ? (uint32_t)size : len;
		/* A copy of just these bytes, so that a read beyond them is seen. */
		uint8_t *frame = malloc(len ? len : 1);
		for (uint32_t i = 0; i < len; i++)
			frame[i] = data[i];
		struct packet p;
		packet_decode(link, frame, len, len + more, &p);
		flow_engine_packet(e, &p, now);
		free(frame);
		now += (nsec_t)more * more * NSEC_PER_MSEC;
		data += len;
		size -= len;
	}
	flow_engine_end(e);
	flow_engine_free(e);
	return 0;
}
