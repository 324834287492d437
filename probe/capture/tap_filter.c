/* SPDX-License-Identifier: MIT */
#include "probe/capture/tap_filter.h"

#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdbool.h>

enum {
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_ICMP6 = 58,
	/* Offsets in the headers of IPv4 (RFC 791) and IPv6 (RFC 8200). */
	V4_LENGTH = 2,
	V4_FRAGMENT = 6,
	V4_PROTOCOL = 9,
	V4_SOURCE = 12,
	V4_TARGET = 16,
	V6_LENGTH = 4, /* of what follows the header */
	V6_NEXT = 6,
	V6_SOURCE_END = 20, /* the last four bytes of the address */
	V6_TARGET_END = 36,
	V6_PAYLOAD = 40,
	/* Offsets in the header of TCP, and its flags (RFC 9293 section 3.1). */
	TCP_TARGET_PORT = 2,
	TCP_OFFSET = 12,
	TCP_FLAGS = 13,
	FIN_SYN_RST = 7,
	SYN_RST = 6,
	LATER_FRAGMENT = 0x1fff, /* offset in the IPv4 header */
	/* Types of errors (RFC 792, RFC 4443). */
	ICMP_UNREACHABLE = 3,
	ICMP_TIME_EXCEEDED = 11,
	ICMP6_FIRST_MESSAGE = 128,
};

struct program {
	struct sock_filter *code;
	size_t n;
	unsigned snaplen;
};

static void put(struct program *p, unsigned op, unsigned jt, unsigned jf, uint32_t k)
{
	p->code[p->n++] = (struct sock_filter){
		.code = (uint16_t)op, .jt = (uint8_t)jt, .jf = (uint8_t)jf, .k = k
	};
}

static void load_word(struct program *p, uint32_t at)
{
	put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, at);
}

static void load_byte(struct program *p, uint32_t at)
{
	put(p, BPF_LD | BPF_B | BPF_ABS, 0, 0, at);
}

static void take_if(struct program *p, uint32_t value)
{
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
	put(p, BPF_RET | BPF_K, 0, 0, p->snaplen);
}

static void drop(struct program *p)
{
	put(p, BPF_RET | BPF_K, 0, 0, 0);
}

/* Whether the address whose word is at that offset is in one of the ranges. */
static void take_side(
    struct program *p, const struct peer_range *ranges, size_t n, uint32_t at)
{
	load_word(p, at);
	for (size_t i = 0; i < n; i++) {
		put(p, BPF_JMP | BPF_JGE | BPF_K, 0, 2, ranges[i].low);
		put(p, BPF_JMP | BPF_JGT | BPF_K, 1, 0, ranges[i].high);
		put(p, BPF_RET | BPF_K, 0, 0, p->snaplen);
	}
}

/* A jump reaches 255 instructions, this one as far as it likes. */
static size_t jump_far(struct program *p)
{
	put(p, BPF_JMP | BPF_JA, 0, 0, 0);
	return p->n - 1;
}

static void land(struct program *p, size_t jump)
{
	p->code[jump].k = (uint32_t)(p->n - jump - 1);
}

/*
 * What goes out to a peer or comes in from one: this machine itself may be among a
 * peer's neighbours. libpcap hands on what passes the loopback device only as it comes
 * in, in both directions.
 */
static void take_peers(struct program *p, const struct peer_range *ranges, size_t n,
    uint32_t source, uint32_t target)
{
	put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)SKF_AD_OFF + SKF_AD_PKTTYPE);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, PACKET_OUTGOING);
	size_t goes_out = jump_far(p);
	take_side(p, ranges, n, source);
	put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)SKF_AD_OFF + SKF_AD_HATYPE);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ARPHRD_LOOPBACK);
	drop(p);
	land(p, goes_out);
	take_side(p, ranges, n, target);
	drop(p);
}

/* Of ICMP the errors alone; what follows does not look at ICMP any more. */
static void take_errors4(struct program *p)
{
	load_byte(p, V4_PROTOCOL);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 7, PROTOCOL_ICMP);
	put(p, BPF_LDX | BPF_B | BPF_MSH, 0, 0, 0);
	put(p, BPF_LD | BPF_B | BPF_IND, 0, 0, 0);
	take_if(p, ICMP_UNREACHABLE);
	take_if(p, ICMP_TIME_EXCEEDED);
	drop(p);
}

static void take_errors6(struct program *p)
{
	load_byte(p, V6_NEXT);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, PROTOCOL_ICMP6);
	load_byte(p, V6_PAYLOAD);
	put(p, BPF_JMP | BPF_JGE | BPF_K, 1, 0, ICMP6_FIRST_MESSAGE);
	put(p, BPF_RET | BPF_K, 0, 0, p->snaplen);
	drop(p);
}

/*
 * A load from the TCP header: with IPv4 it is at X, with IPv6 behind the fixed header.
 */
static void load_tcp(struct program *p, unsigned size, bool v4, uint32_t at)
{
	put(p, (unsigned)BPF_LD | size | (v4 ? BPF_IND : BPF_ABS), 0, 0,
	    v4 ? at : V6_PAYLOAD + at);
}

static void jump_if_port(
    struct program *p, const struct tap_wanted *w, size_t to[INBOUND_MAX_PORTS])
{
	for (size_t i = 0; i < w->n_ports; i++) {
		to[i] = p->n;
		put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, w->ports[i]);
	}
}

static void land_ports(
    struct program *p, const struct tap_wanted *w, const size_t from[INBOUND_MAX_PORTS])
{
	for (size_t i = 0; i < w->n_ports; i++)
		p->code[from[i]].jt = (uint8_t)(p->n - from[i] - 1);
}

static void take_flags(struct program *p, bool v4, uint32_t flags)
{
	load_tcp(p, BPF_B, v4, TCP_FLAGS);
	put(p, BPF_JMP | BPF_JSET | BPF_K, 0, 1, flags);
	put(p, BPF_RET | BPF_K, 0, 0, p->snaplen);
}

/* Headers that are as long as the packet says it is. */
static void take_empty(struct program *p, bool v4)
{
	load_tcp(p, BPF_B, v4, TCP_OFFSET);
	put(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xf0);
	put(p, BPF_ALU | BPF_RSH | BPF_K, 0, 0, 2);
	if (v4)
		put(p, BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0);
	put(p, BPF_MISC | BPF_TAX, 0, 0, 0);
	put(p, BPF_LD | BPF_H | BPF_ABS, 0, 0, v4 ? V4_LENGTH : V6_LENGTH);
	put(p, BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0);
	put(p, BPF_RET | BPF_K, 0, 0, p->snaplen);
}

/*
 * Of the ports that are watched: SYN, FIN and RST of both sides, and what comes in
 * without data, which has the acknowledgement of the handshake in it.
 */
static void take_ports(struct program *p, const struct tap_wanted *w, bool v4)
{
	size_t in[INBOUND_MAX_PORTS], out[INBOUND_MAX_PORTS], skips[4], n = 0;

	if (w->n_ports == 0)
		return;
	load_byte(p, v4 ? V4_PROTOCOL : V6_NEXT);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, PROTOCOL_TCP);
	skips[n++] = jump_far(p);
	if (v4) {
		put(p, BPF_LD | BPF_H | BPF_ABS, 0, 0, V4_FRAGMENT);
		put(p, BPF_JMP | BPF_JSET | BPF_K, 0, 1, LATER_FRAGMENT);
		skips[n++] = jump_far(p);
		put(p, BPF_LDX | BPF_B | BPF_MSH, 0, 0, 0);
	}
	load_tcp(p, BPF_H, v4, TCP_TARGET_PORT);
	jump_if_port(p, w, in);
	load_tcp(p, BPF_H, v4, 0);
	jump_if_port(p, w, out);
	skips[n++] = jump_far(p);

	land_ports(p, w, in);
	take_flags(p, v4, FIN_SYN_RST);
	take_empty(p, v4);
	skips[n++] = jump_far(p);

	land_ports(p, w, out);
	take_flags(p, v4, SYN_RST);
	for (size_t i = 0; i < n; i++)
		land(p, skips[i]);
}

size_t tap_filter_build(const struct tap_wanted *w, unsigned snaplen,
    struct sock_filter code[TAP_FILTER_MAX])
{
	struct program p = { .code = code, .snaplen = snaplen };
	put(&p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)SKF_AD_OFF + SKF_AD_PROTOCOL);
	put(&p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ETH_P_IP);
	size_t other = jump_far(&p);
	take_errors4(&p);
	take_ports(&p, w, true);
	take_peers(&p, w->peers->v4, w->peers->n_v4, V4_SOURCE, V4_TARGET);
	land(&p, other);
	put(&p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ETH_P_IPV6);
	drop(&p);
	take_errors6(&p);
	take_ports(&p, w, false);
	take_peers(&p, w->peers->v6, w->peers->n_v6, V6_SOURCE_END, V6_TARGET_END);
	return p.n;
}
