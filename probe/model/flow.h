/* SPDX-License-Identifier: MIT */
#ifndef PROBE_MODEL_FLOW_H
#define PROBE_MODEL_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/base/nsec.h"
#include "probe/model/addr.h"

/*
 * What a capture shows of one flow: facts of both directions as they passed the place
 * where it was taken. Nothing here says what they mean. A member that the capture does
 * not tell is 0, NULL or -1 as noted.
 */

/** What one side sent. */
struct flow_side {
	bool present; /* it sent something */
	uint32_t packets;
	uint64_t bytes;            /* of payload, each time it passed */
	uint32_t retransmits;      /* segments whose data had passed before */
	uint32_t syns;             /* SYNs of the client, SYN-ACKs of the server */
	uint8_t ttl;               /* of the first packet */
	uint8_t ttl_low, ttl_high; /* of all but resets */
	uint16_t mss;              /* option of the SYN; 0 = none, or not seen */
	bool timestamps;           /* the SYN offered them */
	bool zero_window;          /* the SYN-ACK's window is 0 */
	bool df, ip_ids;           /* of the first packet; some IP-ID is not 0 */
	bool fin;
	bool fin_first;      /* before the other side did */
	bool acks;           /* acknowledges more than the SYN: the other side spoke */
	bool sacks;          /* reports data behind a gap that it still waits for */
	bool gap;            /* data before the last that passed is missing */
	uint32_t unacked;    /* bytes that the other side has not acknowledged */
	uint32_t stuck_size; /* payload of the segment that it waits for, 0 = none */
	uint32_t stuck_sent; /* how often that was sent again */
	uint32_t biggest_acked;       /* largest payload of one segment that arrived */
	nsec_t first_data, last_data; /* since the flow's begin; 0 = none passed */
};

struct flow_reset {
	bool present;
	bool by_server;
	bool ack, ack_zero; /* ACK flag; acknowledgement number 0 without it */
	bool seq_fits;      /* exactly the next sequence number of its sender */
	bool behind;        /* one that its sender had used up by then */
	bool acks_data;     /* acknowledges data that no earlier packet did */
	bool pending;       /* data of the other side was unacknowledged before it */
	bool timestamps, df;
	uint16_t window, ip_id;
	uint8_t ttl;
	nsec_t at;      /* since the flow's begin */
	nsec_t after;   /* since the last packet of the other side */
	nsec_t idle;    /* silence of both sides before that packet */
	uint32_t count; /* resets by the same side */
	bool differing; /* they differ in sequence or acknowledgement number */
	bool mixed;     /* some have the ACK flag, and some do not */
	uint32_t ahead; /* of these, 3 at most: sequence number ahead of all that
			 * their side had sent, earlier resets included */
	uint32_t packets_after; /* other packets of its sender that came later */
	bool syn_ack_after;     /* a SYN-ACK is among them */
	uint8_t ttl_after;      /* of the first of them */
};

/** ICMP errors that quote the flow; the first, and how many there were. */
struct flow_icmp {
	bool present;
	bool v6;
	uint8_t type, code;
	bool quotes_server; /* the quoted packet is one of the server's */
	uint32_t mtu;
	struct addr from;
	uint32_t count;
	bool progress; /* the side it was sent to was acknowledged afterwards */
};

enum flow_name_source {
	FLOW_NAME_NONE,
	FLOW_NAME_SNI,
	FLOW_NAME_HOST, /* Host field of HTTP */
	FLOW_NAME_DNS,  /* a DNS answer in the same capture gave this address */
	FLOW_NAME_QUERY /* the flow is a DNS transaction for this name */
};

/** One DNS question over UDP and what came back. */
struct flow_dns {
	bool present;
	uint16_t id; /* of the message; while the run lasts, not in a report */
	uint16_t type;
	uint32_t queries, answers;
	int rcode;                    /* of the first answer, -1 = none */
	uint32_t records;             /* A and AAAA records in it */
	struct addr address;          /* the first of them */
	bool differing;               /* answers with other content */
	uint8_t ttl_first, ttl_other; /* hop counts of the first and of the differing */
	nsec_t answered;              /* query to first answer; 0 = none */
	nsec_t answered_again;        /* query to the differing answer; 0 = none */
};

/** What was readable of TLS (RFC 8446, RFC 5246) before it was encrypted. */
struct flow_tls {
	bool present;      /* a ClientHello passed */
	bool server_hello; /* a ServerHello passed */
	uint16_t version;  /* chosen by the server: 0x0303; 0 = not known */
	int alert;         /* fatal, in the clear; -1 = none */
	bool alert_by_server;
	bool data;               /* application data of both sides passed */
	const char *alpn;        /* first offer of the client, NULL = none */
	const char *certificate; /* names in the leaf (TLS 1.2), NULL = not seen */
};

struct flow_http {
	bool present;
	const char *request; /* "GET", "CONNECT": the method; NULL = none passed */
	uint16_t status;     /* of the first answer, 0 = none */
	bool upgrade;        /* asked to upgrade to websocket */
};

struct obs_flow {
	struct addr client, server; /* with ports */
	bool udp;
	bool midstream; /* its begin is not in the capture */
	bool cut;       /* bytes that would tell more were not captured */
	bool open;      /* still going on when the capture ended */
	bool tunnelled;
	bool client_local; /* the capturing machine itself sent the client's packets */
	uint16_t vlan;
	nsec_t syn_ack;       /* SYN to SYN-ACK; 0 = none, or not to be told */
	nsec_t ack;           /* SYN-ACK to the client's answer; the same */
	nsec_t idle;          /* longest silence before data that was never answered */
	nsec_t idle_survived; /* longest silence after which the flow went on */
	nsec_t left;          /* from its last packet to the end of the capture */
	bool wrong_ack;       /* the SYN-ACK acknowledges something else than the SYN */
	bool stray_ack;       /* the SYN was answered by an ACK of another connection */
	struct flow_side of_client, of_server;
	struct flow_reset reset;
	struct flow_icmp icmp;
	struct flow_dns dns;
	struct flow_tls tls;
	struct flow_http http;
	const char *name; /* NULL = not known */
	enum flow_name_source name_source;
	uint32_t alike; /* flows of this endpoint that went the same way, with it */
	bool follow_up; /* of a follow-up probe, and not of the check itself */
};

/** From its begin to the last packet that matters. */
static inline nsec_t flow_duration(const struct obs_flow *f)
{
	return f->reset.at > f->of_server.last_data ? f->reset.at
						    : f->of_server.last_data;
}

enum {
	FLOW_TRACE_TTL = 32 /* no host begins with less, and no path is that long */
};

/** A SYN that was to reach a router: the probe of a path trace. */
static inline bool flow_is_trace(const struct obs_flow *f)
{
	return !f->udp && f->of_client.syns > 0 && f->of_client.ttl > 0 &&
	       f->of_client.ttl < FLOW_TRACE_TTL && f->of_server.packets == 0;
}

/** One capture as a whole. */
struct obs_capture {
	const char *source; /* file name, "standard input", interface */
	uint64_t packets, flows;
	uint64_t open_most; /* flows open at one time */
	uint64_t undecoded; /* other protocols, or headers that make no sense */
	uint64_t cut;       /* whose headers the snap length cut */
	uint64_t snapped;   /* whose payload it cut */
	uint64_t offloaded; /* with more payload than a packet on a network has */
	uint64_t dropped;   /* as the capturing program counted them */
	bool drops_known;
	uint64_t one_way;   /* flows whose silent side must have sent something */
	uint64_t two_way;   /* flows with packets of both sides */
	uint64_t midstream; /* flows that had begun before */
	/* SYNs and SYN-ACKs with the TTL they were sent with, and with a lower one. */
	uint64_t syn_fresh, syn_aged, syn_ack_fresh, syn_ack_aged;
	uint64_t copies;     /* packets captured twice, told once */
	uint64_t left_out;   /* flows beyond what a report holds; live: of follow-ups */
	const char *stopped; /* why reading ended early; NULL = at the file's end */
	const char *refused; /* why nothing was captured at all; NULL = it was */
};

#endif
