/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_FLOW_WIRE_H
#define TESTS_UNIT_FLOW_WIRE_H

#include "probe/flow/engine.h"
#include "probe/packet/packet.h"

/* Frames and connections made up for tests. */

struct frame {
	uint8_t bytes[2048];
	uint32_t len;
};

void frame_be16(struct frame *f, unsigned value);
void frame_be32(struct frame *f, uint32_t value);
void frame_bytes(struct frame *f, const void *bytes, size_t len);

/** Ethernet and IPv4 headers for a payload of that many bytes. */
void frame_ipv4(struct frame *f, uint8_t protocol, unsigned payload);

/** A TCP header from port 40000 to 443 with these options, and a payload. */
void frame_tcp(struct frame *f, uint8_t flags, const void *options, size_t n_options,
    const char *payload);

/* One connection of 10.0.0.1:40000 to 10.0.0.2:443, fed to an engine. */
struct talk {
	struct flow_engine *engine;
	nsec_t now;
	struct obs_flow told; /* the last flow that ended */
	unsigned n_told;
	char name[64]; /* its name */
	uint32_t up_seq, down_seq;
};

void talk_begin(struct talk *t);
void talk_end(struct talk *t); /* tells what is open, and frees */

/** A segment as it stands; the sequence numbers of talk are left alone. */
void talk_up(struct talk *t, uint8_t flags, uint32_t seq, uint32_t ack,
    const void *payload, uint32_t len);
void talk_down(struct talk *t, uint8_t flags, uint32_t seq, uint32_t ack, uint8_t ttl,
    const void *payload, uint32_t len);

void talk_wait(struct talk *t, nsec_t time);

/** SYN at 1000, 20 ms, SYN-ACK at 5000 with TTL 60, ACK. */
void talk_open(struct talk *t);

/** A ClientHello for this name; returns its length. */
uint32_t hello_build(uint8_t buf[512], const char *name);

#endif
