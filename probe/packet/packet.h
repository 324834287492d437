/* SPDX-License-Identifier: MIT */
#ifndef PROBE_PACKET_PACKET_H
#define PROBE_PACKET_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One captured packet taken apart: link layer, IP, and TCP, UDP or an ICMP error. The
 * bytes may come from anybody and may have been cut by the snap length; nothing beyond
 * them is read, and what would have stood there is "not known" rather than zero.
 */

/** Link-layer types as libpcap numbers them (pcap-linktype(7)). */
enum packet_link {
	PACKET_LINK_NULL = 0,
	PACKET_LINK_ETHERNET = 1,
	PACKET_LINK_RAW = 12,
	PACKET_LINK_RAW_BSD = 14,
	PACKET_LINK_RAW_FILE = 101,
	PACKET_LINK_LOOP = 108,
	PACKET_LINK_SLL = 113,
	PACKET_LINK_IPV4 = 228,
	PACKET_LINK_IPV6 = 229,
	PACKET_LINK_SLL2 = 276,
};

bool packet_link_known(int link);

enum packet_kind {
	PACKET_TCP,
	PACKET_UDP,
	PACKET_ICMP_ERROR, /* with what it quotes */
	PACKET_FRAGMENT,   /* IP, but not the first fragment */
	PACKET_OTHER,      /* ARP, ICMP echo, another protocol */
	PACKET_CUT,        /* the snap length ends within a header that is needed */
	PACKET_MALFORMED,
};

/* TCP flags (RFC 9293 section 3.1). */
enum {
	TCP_FIN = 1,
	TCP_SYN = 2,
	TCP_RST = 4,
	TCP_PSH = 8,
	TCP_ACK = 16
};

/** Where a frame was seen from, as Linux "cooked" captures tell it. */
enum packet_way {
	PACKET_WAY_UNKNOWN,
	PACKET_WAY_IN,
	PACKET_WAY_OUT
};

struct packet_tcp {
	uint32_t seq, ack;
	uint16_t window;
	uint8_t flags;
	/* Options (RFC 9293, RFC 7323, RFC 2018); all absent when they were cut. */
	bool timestamps, sack_permitted, sack;
	uint8_t window_scale; /* 255 = none */
	uint16_t mss;         /* 0 = none */
};

/** What an ICMP error says and whom it quotes (RFC 792, RFC 4443). */
struct packet_icmp {
	uint8_t type, code;
	uint8_t protocol; /* of the quoted packet */
	uint32_t mtu;     /* "fragmentation needed", "packet too big"; else 0 */
	const uint8_t *source,
	    *target; /* of the quoted packet; family as the error's */
	uint16_t source_port, target_port;
	uint32_t seq;     /* TCP only */
	uint16_t message; /* UDP: first two bytes of payload (a DNS message id), or 0 */
};

struct packet {
	enum packet_kind kind;
	enum packet_way way;
	uint32_t interface; /* its index, where a "cooked" capture tells; 0 = not */
	bool v6, df;
	bool fragmented;   /* the first fragment: the payload is not all of it */
	bool follow_up;    /* of a follow-up probe, as a file of our own says */
	uint8_t tunnelled; /* inside so many VXLAN tunnels (RFC 7348) */
	uint8_t ttl;       /* or hop limit */
	uint16_t ip_id;    /* 0 with IPv6 */
	uint16_t vlan;     /* innermost tag, 0 = none */
	uint16_t source_port, target_port;
	const uint8_t *source, *target; /* 4 or 16 bytes */
	const uint8_t *payload;         /* of TCP or UDP; borrowed */
	uint32_t payload_len;           /* as it was on the wire */
	uint32_t payload_have;          /* of it, in the capture */

	union {
		struct packet_tcp tcp;
		struct packet_icmp icmp;
	};
};

/**
 * Takes a frame apart; have of its wire bytes are there. *ret borrows from bytes.
 * Always fills ret->kind; the other members only as far as the kind promises.
 */
void packet_decode(
    int link, const uint8_t *bytes, uint32_t have, uint32_t wire, struct packet *ret);

#endif
