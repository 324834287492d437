/* SPDX-License-Identifier: MIT */
#ifndef PROBE_MODEL_OBS_H
#define PROBE_MODEL_OBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/base/nsec.h"
#include "probe/model/addr.h"
#include "probe/model/plan.h"

/*
 * Observations: what happened, never what it means. Each is appended once and
 * never changed. Raw results (errno, rcode, alert, CURLcode) stand beside the
 * normalised outcome so that a later reader can judge again. Everything that came
 * from the network is bounded here and escaped only when it is printed.
 */

enum stage {
	STAGE_HOST,
	STAGE_DNS,
	STAGE_TCP,
	STAGE_TLS,
	STAGE_HTTP,
	STAGE_WEBSOCKET,
	STAGE_UDP,
};

const char *stage_name(enum stage s);

enum obs_kind {
	OBS_SYSTEM,     /* this machine, once a run */
	OBS_HOSTS_FILE, /* /etc/hosts names the target's host */
	OBS_DNS,        /* one query to one server over one transport */
	OBS_TCP,        /* one connection attempt to one address */
	OBS_TLS,        /* one handshake */
	OBS_HTTP,       /* one request (an upgrade request has stage websocket) */
	OBS_EXCHANGE,   /* first bytes of another protocol on a TCP connection */
	OBS_UDP,        /* datagrams to one address */
	OBS_UNFINISHED, /* the check was ended before its time */
};

/* Bounds on what is kept from one peer. */
enum {
	OBS_MAX_RECORDS = 64,    /* resource records of one DNS answer */
	OBS_MAX_CERTS = 10,      /* certificates of one chain */
	OBS_MAX_SANS = 24,       /* subject alternative names of a leaf */
	OBS_MAX_ERRORS = 16,     /* verification errors of one chain */
	OBS_MAX_HEADERS = 64,    /* header fields of one response */
	OBS_MAX_VALUE = 1024,    /* bytes of one header value, name or DN */
	OBS_MAX_BODY = 4096,     /* bytes of a response body */
	OBS_MAX_ADDRESSES = 16,  /* addresses of one name that are contacted */
	OBS_MAX_FIRST_BYTES = 64 /* bytes kept of an unexpected answer */
};

/** An ICMP error read from a socket's error queue (ip(7), IP_RECVERR). */
struct icmp_error {
	bool present;
	bool v6; /* ICMPv6 numbers */
	uint8_t type, code;
	bool local;           /* raised by this host (SO_EE_ORIGIN_LOCAL) */
	struct addr offender; /* who sent it; family 0 = not told */
	uint32_t mtu;         /* "fragmentation needed" / "packet too big", else 0 */
};

/** From TCP_INFO at the end of an attempt or connection; see tcp(7). */
struct tcp_facts {
	bool present;
	uint8_t state; /* TCP_ESTABLISHED ... of <netinet/tcp.h> */
	uint8_t retransmits;
	uint32_t total_retrans, unacked, snd_mss, rcv_mss, advmss, pmtu;
	uint32_t rtt_us, min_rtt_us;
	uint32_t segs_in, segs_out, data_segs_in, data_segs_out;
	uint64_t bytes_acked, bytes_received;
};

struct obs_system {
	const char *hostname;
	const char *kernel;           /* uname release */
	bool root;                    /* effective uid 0 */
	bool net_raw;                 /* CAP_NET_RAW is effective */
	const struct addr *resolvers; /* nameserver lines of resolv.conf, port 53 */
	size_t n_resolvers;
	const char *const *search; /* search list as configured; never used by us */
	size_t n_search;
};

struct obs_hosts_file {
	const char *name;
	struct addr address;
	unsigned line;
};

enum dns_server_role {
	DNS_SYSTEM,
	DNS_GIVEN,
	DNS_PLATFORM
};

enum dns_transport {
	DNS_OVER_UDP,
	DNS_OVER_TCP
};

enum dns_outcome {
	DNS_ANSWERED,    /* a well-formed message; see rcode */
	DNS_TIMEOUT,     /* nothing came after every retry */
	DNS_NET_ERROR,   /* the socket failed: err, and icmp when told */
	DNS_MALFORMED,   /* an answer that cannot be parsed */
	DNS_CANNOT_SEND, /* the name cannot be encoded, or no socket */
};

enum dns_type {
	DNS_TYPE_A = 1,
	DNS_TYPE_CNAME = 5,
	DNS_TYPE_SOA = 6,
	DNS_TYPE_AAAA = 28
};

/** One record of the answer section (SOA: of the authority section). */
struct dns_record {
	const char *name;    /* owner, without trailing dot, lower case */
	uint16_t type;       /* A, AAAA, CNAME or SOA; others are not kept */
	uint32_t ttl;        /* seconds */
	struct addr address; /* A, AAAA */
	const char *target; /* CNAME: the alias' target; SOA: the zone's first server */
};

struct obs_dns {
	enum dns_server_role role;
	struct addr server; /* with port */
	enum dns_transport transport;
	const char *name; /* absolute, without trailing dot */
	uint16_t type;    /* DNS_TYPE_A or DNS_TYPE_AAAA */
	enum dns_outcome outcome;
	int err; /* errno when DNS_NET_ERROR */
	struct icmp_error icmp;
	uint8_t
	    rcode; /* RFC 1035 4.1.1: 0 NOERROR, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED */
	bool aa, tc, ra, ad, edns;
	int ede;                          /* extended error (RFC 8914), -1 = none */
	const struct dns_record *records; /* answer section in order, then SOA */
	size_t n_records;
};

enum tcp_outcome {
	TCP_CONNECTED,
	TCP_FAILED, /* err says why */
	TCP_TIMEOUT,
	TCP_CANNOT_TRY, /* our side: no socket, bind failed; err says why */
};

struct obs_tcp {
	struct addr peer;  /* with port */
	struct addr local; /* with port; family 0 = unknown */
	enum tcp_outcome outcome;
	int err;
	struct icmp_error icmp;
	struct tcp_facts info;
	bool via_proxy; /* peer is the explicit proxy */
};

struct certificate {
	const char *subject, *issuer;  /* RFC 2253 text */
	int64_t not_before, not_after; /* seconds since 1970 UTC */
	const char *sha256;            /* of the DER, lower-case hex */
	const char *const *sans;       /* leaf only; DNS names and addresses */
	size_t n_sans;
	bool has_scts; /* embedded signed certificate timestamps (RFC 6962) */
};

/** One entry per verification error, in the order OpenSSL met them. */
struct verify_error {
	int code;  /* X509_V_ERR_... */
	int depth; /* 0 = leaf */
	const char *text;
};

enum tls_outcome {
	TLS_DONE, /* handshake finished; the chain may still have failed verification */
	TLS_ALERT, /* the peer sent a fatal alert */
	TLS_RESET,
	TLS_CLOSED, /* end of stream before the handshake was complete */
	TLS_TIMEOUT,
	TLS_NOT_TLS, /* first_bytes came instead */
	TLS_ERROR,   /* anything else OpenSSL refused: reason */
};

struct obs_tls {
	struct addr peer;
	const char *sni; /* NULL for an address literal */
	enum tls_outcome outcome;
	const char *version; /* "TLSv1.3", NULL before it is known */
	const char *cipher;
	const char *alpn;           /* as chosen by the peer, NULL = none */
	int alert;                  /* description number received, -1 = none */
	const char *reason;         /* OpenSSL's words, NULL = none */
	const uint8_t *first_bytes; /* TLS_NOT_TLS */
	size_t n_first_bytes;
	const struct certificate *chain; /* as presented, leaf first */
	size_t n_chain;
	bool verified; /* the chain leads to a trusted root, dates and name fit */
	const struct verify_error *errors;
	size_t n_errors;
	int64_t clock; /* our wall clock then, seconds since 1970 */
	int err;
	struct icmp_error icmp;
	struct tcp_facts info; /* when the handshake failed */
};

enum http_outcome {
	HTTP_ANSWERED, /* a status line and header came */
	HTTP_RESET,
	HTTP_CLOSED, /* end of stream before a header was complete */
	HTTP_TIMEOUT,
	HTTP_MALFORMED,     /* not HTTP, or beyond our bounds */
	HTTP_PROXY_REFUSED, /* the explicit proxy answered CONNECT with proxy_status */
	HTTP_ERROR,         /* anything else: reason */
};

struct obs_http {
	struct addr peer;
	const char *method;
	const char *url;
	enum http_outcome outcome;
	const char *version;          /* "1.0", "1.1", "2" */
	int status;                   /* 0 before it is known */
	int proxy_status;             /* of CONNECT; 0 = no CONNECT */
	const struct header *headers; /* names lower case; values of cookies left out */
	size_t n_headers;
	const char *body; /* first OBS_MAX_BODY bytes, NUL-terminated */
	size_t body_len;
	bool body_truncated;  /* the peer had more */
	const char *location; /* redirect target, not followed; NULL = none */
	nsec_t first_byte;    /* request sent to first byte of the answer; 0 = none */
	const char *reason;   /* libcurl's words for other outcomes */
	int curl_code;
	int err;
	bool via_proxy;
	bool upgrade;      /* asked to upgrade to websocket */
	bool accept_valid; /* 101 with the right Sec-WebSocket-Accept */
	struct icmp_error icmp;
	struct tcp_facts info; /* when no answer came */
};

enum exchange_outcome {
	EXCHANGE_ANSWERED,  /* the peer spoke the protocol */
	EXCHANGE_MALFORMED, /* it answered something else: first_bytes */
	EXCHANGE_RESET,
	EXCHANGE_CLOSED,
	EXCHANGE_TIMEOUT,
};

struct obs_exchange {
	struct addr peer;
	enum protocol protocol; /* PROTO_SMB or PROTO_SSH */
	enum exchange_outcome outcome;
	const char *answer; /* "SMB 3.1.1", or the SSH identification line */
	uint16_t smb_dialect;
	uint32_t smb_status;
	const uint8_t *first_bytes;
	size_t n_first_bytes;
	int err;
	struct icmp_error icmp;
	struct tcp_facts info;
};

enum udp_outcome {
	UDP_SILENT,   /* sent, and nothing said no */
	UDP_ANSWERED, /* a datagram came back */
	UDP_FAILED,   /* err, and icmp when the network said no */
	UDP_CANNOT_TRY,
};

struct obs_udp {
	struct addr peer;
	enum udp_outcome outcome;
	unsigned sent;
	int err;
	struct icmp_error icmp;
};

enum unfinished_reason {
	UNFINISHED_DEADLINE,
	UNFINISHED_INTERRUPTED,
	UNFINISHED_NOT_STARTED
};

/** Stage is that of the phase that was waiting. */
struct obs_unfinished {
	enum unfinished_reason reason;
	nsec_t waited; /* how long the peer had been due to answer */
};

#define OBS_NO_TARGET (-1)

struct obs {
	unsigned id; /* 1, 2, ... in order of append */
	int target;  /* index into plan->targets, or OBS_NO_TARGET */
	enum stage stage;
	enum obs_kind kind;
	nsec_t begin, end; /* since the start of the run */
	const struct obs *next_of_target;

	union { /* by kind */
		struct obs_system system;
		struct obs_hosts_file hosts_file;
		struct obs_dns dns;
		struct obs_tcp tcp;
		struct obs_tls tls;
		struct obs_http http;
		struct obs_exchange exchange;
		struct obs_udp udp;
		struct obs_unfinished unfinished;
	};
};

#endif
