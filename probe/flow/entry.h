/* SPDX-License-Identifier: MIT */
#ifndef PROBE_FLOW_ENTRY_H
#define PROBE_FLOW_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/base/nsec.h"

/*
 * A flow that is open, in as few bytes as its facts need: millions may be. Counters
 * stop at their highest value. Times are ticks since the flow began, 0 = not seen.
 */

/* Ten microseconds: the shortest difference that matters; twelve hours fit. */
#define FLOW_TICK (10 * NSEC_PER_USEC)

struct flow_key {
	uint8_t low[16], high[16]; /* address and port, as they sort; IPv4 in 4 */
	uint16_t low_port, high_port;
	uint16_t tag;     /* DNS: the message id */
	uint8_t protocol; /* of IP */
	uint8_t v6;
};

struct flow_half {
	uint32_t bytes;
	uint32_t isn, next, acked; /* acked: highest acknowledgement that it sent */
	uint32_t packets;
	uint32_t first_data, last_data, last;
	uint32_t print; /* of the last packet, to know a copy of it */
	uint16_t retransmits, mss;
	uint16_t stuck_size, biggest_acked;
	uint8_t stuck_sent, syns;
	uint8_t ttl, ttl_low, ttl_high;
	uint8_t method; /* the client's: number in the list of methods, 0 = none */
	bool seen_seq : 1, seen_ack : 1, timestamps : 1, zero_window : 1, df : 1;
	bool ip_ids : 1, fin : 1, fin_first : 1, acks : 1, sacks : 1, gap : 1,
	    app_done : 1;
	bool tls_data : 1;
};

struct flow_reset_entry {
	uint32_t at, after, idle;
	uint32_t highest; /* sequence number of all of them */
	uint16_t print;   /* of its sequence and acknowledgement numbers */
	uint16_t window, ip_id;
	uint8_t ttl, ttl_after, count, packets_after;
	bool present : 1, high : 1, has_ack : 1, ack_zero : 1, seq_fits : 1;
	bool acks_data : 1, pending : 1, timestamps : 1, df : 1, differing : 1;
	bool syn_ack_after : 1, mixed : 1, behind : 1;
	uint8_t ahead : 2;
};

enum flow_queue {
	QUEUE_FREE,
	QUEUE_OPENING, /* a SYN was not answered yet */
	QUEUE_OPEN,
	QUEUE_CLOSING, /* over; late packets may follow */
	QUEUE_DATAGRAM,
};

#define N_QUEUES (QUEUE_DATAGRAM + 1)

/* What every packet needs comes first, in as few cache lines as can be. */
struct flow_entry {
	struct flow_key key;
	nsec_t begin, last;
	uint32_t ack_at;
	uint8_t queue;
	uint8_t alert;
	bool client_known : 1, client_high : 1, midstream : 1, cut : 1, tunnelled : 1;
	bool client_local : 1, wrong_ack : 1, stray_ack : 1, hello : 1;
	bool server_hello : 1, alerted : 1, alert_by_server : 1, upgrade : 1;
	bool name_is_host : 1, blind : 1, follow_up : 1;
	struct flow_half half[2]; /* low, high */
	uint32_t idle, idle_survived;
	uint32_t next, previous; /* of its queue */
	uint32_t syn_ack_at;
	struct flow_reset_entry reset;
	uint16_t name, alpn; /* numbers in the table of names */
	uint16_t given;      /* name that DNS gave the server before the SYN */
	uint16_t note;       /* number of its rare facts, 0 = none */
	uint16_t version, status, vlan;
};

#endif
