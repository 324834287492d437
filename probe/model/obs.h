/* SPDX-License-Identifier: MIT */
#ifndef PROBE_MODEL_OBS_H
#define PROBE_MODEL_OBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/base/nsec.h"
#include "probe/model/addr.h"
#include "probe/model/flow.h"
#include "probe/model/inbound.h"
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
	OBS_WEBSOCKET,  /* what followed an accepted upgrade */
	OBS_JUPYTER,    /* one step of a signed-in conversation with Jupyter */
	OBS_IDLE,       /* one connection that was left idle */
	OBS_EXCHANGE,   /* first bytes of another protocol on a TCP connection */
	OBS_UDP,        /* datagrams to one address */
	OBS_UNFINISHED, /* the check was ended before its time */
	/* What diagnosis adds; those of orders (model/order.h) from OBS_ROUTE on. */
	OBS_CAPABILITIES, /* which means of diagnosis this kernel offers, once a run */
	OBS_COUNTERS,     /* the kernel's own counters over the run, at its end */
	OBS_ROUTE,        /* route lookup for one address */
	OBS_TTL_SCAN,     /* SYNs that live for 1, 2, ... hops */
	OBS_CONTROL_CONNECT, /* one connection attempt for comparison */
	OBS_SOURCE_PORTS,    /* attempts from fixed source ports, several rounds */
	OBS_REPLY_TTL,       /* TTL of the SYN-ACK or reset that arrives */
	OBS_RESET_TEST,      /* whether resets come from the server's distance */
	OBS_TLS_VARIANT,     /* one handshake that differs in one property */
	OBS_LOCAL_UDP,       /* whether this host lets a datagram out */
	OBS_COUNTED_SYNS,    /* the kernel's counters beside SYNs to one address */
	OBS_DNS_VARIANT,     /* one question that differs from the usual one */
	OBS_REQUEST_VARIANT, /* one HTTP request that differs in one property */
	/* What a capture shows (model/flow.h). */
	OBS_CAPTURE, /* one capture as a whole, of no target */
	OBS_FLOW,    /* one flow of it */
	/* A port of this machine (model/inbound.h). */
	OBS_LISTENERS, /* who listens on it */
	OBS_INBOUND,   /* who connected to it, as a capture shows */
};

/* Bounds on what is kept from one peer. */
enum {
	OBS_MAX_RECORDS = 64,     /* resource records of one DNS answer */
	OBS_MAX_CERTS = 10,       /* certificates of one chain */
	OBS_MAX_SANS = 24,        /* subject alternative names of a leaf */
	OBS_MAX_ERRORS = 16,      /* verification errors of one chain */
	OBS_MAX_HEADERS = 64,     /* header fields of one response */
	OBS_MAX_VALUE = 1024,     /* bytes of one header value, name or DN */
	OBS_MAX_BODY = 4096,      /* bytes of a response body */
	OBS_MAX_ADDRESSES = 16,   /* addresses of one name that are contacted */
	OBS_MAX_FIRST_BYTES = 64, /* bytes kept of an unexpected answer */
	OBS_MAX_HOPS = 16,        /* highest TTL of a scan */
	OBS_MAX_TRIES = 96,       /* attempts of one OBS_SOURCE_PORTS */
	OBS_MAX_FLOWS = 3,        /* connections of one OBS_RESET_TEST */
	OBS_MAX_REPLIES = 4,      /* to the question of one OBS_DNS_VARIANT */
	OBS_MAX_WINDOWS = 6,      /* of one OBS_COUNTED_SYNS */
	OBS_MAX_COUNTERS = 64,
	OBS_MAX_CLOSE_REASON = 123 /* bytes, RFC 6455 section 5.5 */
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
	bool zero_window; /* the peer's last segment allowed us to send nothing */
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

/** How a SOCKS proxy ended a connection that it did not make (RFC 1928 section 6). */
enum socks_reply {
	SOCKS_NO_REPLY,    /* no SOCKS proxy, or it made the connection */
	SOCKS_LOGIN,       /* it wants a login, another one, or another way of it */
	SOCKS_DENIED,      /* its rules say no; SOCKS 4 says no more than that */
	SOCKS_UNREACHABLE, /* it could not connect itself */
	SOCKS_MALFORMED,   /* what it said is no SOCKS */
};

struct obs_http {
	struct addr peer;
	const char *method;
	const char *url;
	enum http_outcome outcome;
	const char *version; /* "1.0", "1.1", "2" */
	int status;          /* 0 before it is known */
	int proxy_status;    /* of CONNECT; 0 = no CONNECT */
	enum socks_reply socks;
	bool in_connect; /* what is told below is the proxy's answer to CONNECT */
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
	bool login_given;  /* the proxy may be sent a login */
	bool upgrade;      /* asked to upgrade to websocket */
	bool accept_valid; /* 101 with the right Sec-WebSocket-Accept */
	struct icmp_error icmp;
	/* When no answer came, or the path's MTU fell meanwhile. */
	struct tcp_facts info;
};

enum websocket_outcome {
	WEBSOCKET_CLOSED,    /* both sides sent a close frame, or the peer sent one */
	WEBSOCKET_ENDED,     /* end of stream without a close frame */
	WEBSOCKET_RESET,     /* err */
	WEBSOCKET_TIMEOUT,   /* the peer owed a frame, see ping_rtt and close_code */
	WEBSOCKET_MALFORMED, /* the peer broke RFC 6455: reason */
	WEBSOCKET_TOO_MUCH,  /* more bytes or frames than we take */
};

enum websocket_echo {
	ECHO_NONE, /* nothing came back, which most peers may do */
	ECHO_SAME, /* our text, unchanged */
	ECHO_OTHER /* another message */
};

/** The conversation on an upgraded connection (RFC 6455 section 5 to 7). */
struct obs_websocket {
	struct addr peer;
	bool via_proxy;
	enum websocket_outcome outcome;
	const char *protocol; /* subprotocol the server chose, NULL = none */
	nsec_t ping_rtt;      /* our ping to its pong; 0 = no pong */
	enum websocket_echo echo;
	int close_code; /* as received; 0 = no close frame, 1005 = without a status */
	const char *close_reason; /* at most OBS_MAX_CLOSE_REASON bytes, NULL = none */
	bool closed_by_peer;      /* its close frame came before ours */
	uint32_t frames_in, pings_in;
	uint64_t bytes_in;
	const char *reason; /* why WEBSOCKET_MALFORMED or _TOO_MUCH */
	int err;
	struct icmp_error icmp;
	struct tcp_facts info; /* when it did not end in good order */
};

enum jupyter_step {
	JUPYTER_START_KERNEL,    /* POST /api/kernels */
	JUPYTER_OPEN_CHANNEL,    /* the kernel's websocket */
	JUPYTER_EXECUTE,         /* 1+1 */
	JUPYTER_DELETE_KERNEL,   /* DELETE /api/kernels/ID */
	JUPYTER_START_TERMINAL,  /* POST /api/terminals */
	JUPYTER_OPEN_TERMINAL,   /* the terminal's websocket */
	JUPYTER_TERMINAL_ECHO,   /* the shell computes */
	JUPYTER_DELETE_TERMINAL, /* DELETE /api/terminals/NAME */
};

enum jupyter_outcome {
	JUPYTER_DONE,
	JUPYTER_REFUSED,      /* an HTTP status that is no success */
	JUPYTER_NO_ANSWER,    /* nothing within the time */
	JUPYTER_WRONG_ANSWER, /* an answer that cannot be right: result */
	JUPYTER_BROKEN,       /* the connection failed: reason */
	/* The peer did not prove its name, so the token was not sent: reason. */
	JUPYTER_TOKEN_WITHHELD,
	JUPYTER_CUT, /* the run ended first */
};

/** Neither the token nor an answer's header is kept: cookies are credentials. */
struct obs_jupyter {
	struct addr peer;
	bool via_proxy;
	enum jupyter_step step;
	enum jupyter_outcome outcome;
	int http_status;    /* 0 = none came */
	const char *result; /* what was computed, or the peer's words; NULL = none */
	const char *reason;
};

enum idle_mode {
	IDLE_SILENT_FLOW, /* nothing is sent */
	IDLE_KEEPALIVE,   /* TCP keepalive probes (RFC 9293 section 3.8.4) */
	IDLE_PINGS,       /* WebSocket pings (RFC 6455 section 5.5.2) */
	IDLE_FRESH,       /* used at once, after another connection had died */
};

enum idle_outcome {
	IDLE_ALIVE,          /* answered after the time */
	IDLE_RESET,          /* a reset came by itself */
	IDLE_CLOSED,         /* the end of the stream or a close frame did */
	IDLE_RESET_AT_USE,   /* a reset met what was sent after the time */
	IDLE_UNACKNOWLEDGED, /* what was sent was never acknowledged */
	IDLE_UNANSWERED,     /* it was, and no answer came */
	IDLE_NOT_OPENED,     /* no working connection to leave idle: err, reason */
	IDLE_NOT_KEPT,       /* the server keeps no connection open after an answer */
	IDLE_CUT,            /* the run ended first */
};

/** It had worked, and did not survive the time or the use after it. */
bool idle_has_died(enum idle_outcome outcome);

/**
 * A connection that worked and was then left idle. begin is when it worked for the
 * first time, end is the outcome; silence counts from the last byte in either direction
 * that was no keepalive probe.
 */
struct obs_idle {
	struct addr peer;
	bool via_proxy;
	enum idle_mode mode;
	enum idle_outcome outcome;
	nsec_t idle;        /* how long it was to be left; 0 = IDLE_FRESH */
	nsec_t interval;    /* between keepalive probes or pings; 0 = none */
	nsec_t silent;      /* from the last byte to the outcome, or to the use */
	nsec_t answer;      /* from the use to the answer; 0 = none */
	uint32_t pings;     /* answered ones, the one after the time not counted */
	uint32_t frames_in; /* of the peer, by itself: it was not silent then */
	int close_code;     /* as in obs_websocket */
	const char *reason; /* IDLE_NOT_OPENED */
	int err;
	struct icmp_error icmp;
	struct tcp_facts info; /* at the outcome */
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

/** Whether what was ordered could be measured. */
enum order_end {
	ORDER_DONE,
	ORDER_CUT,         /* the run ended first; what is told was seen until then */
	ORDER_NO_BUDGET,   /* not begun: it might send more packets than are left */
	ORDER_UNSUPPORTED, /* this kernel lacks the means, see obs_capabilities */
	ORDER_CANNOT,      /* our side failed: err */
};

/** Found out by trying, where nothing has to be sent for it. */
struct obs_capabilities {
	/* TTL expiry of a SYN names its sender: the error queue (IP_RECVERR), and
	 * Linux 5.8, by version. */
	bool syn_icmp;
	bool min_ttl;       /* IP_MINTTL */
	bool min_hop_count; /* IPV6_MINHOPCOUNT */
	bool max_seg;       /* TCP_MAXSEG */
	bool route;         /* rtnetlink answers */
	bool counters;      /* /proc/net/snmp and netstat can be read */
	bool conntrack;     /* nf_conntrack_count and _max can be read */
};

/** How far one counter of /proc/net/snmp, snmp6 or netstat moved: "Tcp.OutRsts". */
struct counter {
	const char *name;
	uint64_t delta;
};

/** Of the whole host, so that others may have had a part in it. */
struct obs_counters {
	const struct counter *items; /* those that the kernel has, also unmoved ones */
	size_t n_items;
	/* Connection tracking table at the end of the run; both 0 = cannot be read. */
	uint32_t conntrack_count, conntrack_max;
};

/** What the kernel would do with a packet to that address (rtnetlink(7)). */
struct obs_route {
	struct addr peer;
	enum order_end ended;
	/*
	 * 0 = there is a route. ENETUNREACH no or "throw" route, EHOSTUNREACH
	 * "unreachable", EACCES "prohibit", EINVAL "blackhole".
	 */
	int err;
	struct addr gateway; /* family 0 = on the link */
	struct addr source;  /* preferred source address */
	const char *interface;
	uint32_t mtu; /* learned or set for this route; 0 = the interface's */
	uint32_t table;
};

enum ttl_answer {
	TTL_SILENT,
	TTL_EXCEEDED,  /* ICMP time exceeded: icmp.offender forwards no further */
	TTL_CONNECTED, /* SYN-ACK */
	TTL_REFUSED,   /* reset */
	TTL_ICMP,      /* another ICMP error */
	TTL_ERROR,     /* another errno, from this host */
};

struct ttl_step {
	unsigned ttl;
	enum ttl_answer answer;
	struct icmp_error icmp;
	int err;
	nsec_t rtt;   /* SYN to answer; 0 = silent */
	bool retried; /* the first SYN was silent */
};

/** All TTLs at once, each from its own source port; silent ones once more. */
struct obs_ttl_scan {
	struct addr peer;
	enum order_end ended;
	int err;
	unsigned packets;
	const struct ttl_step *steps; /* by TTL */
	size_t n_steps;
};

enum control_purpose {
	CONTROL_OTHER_PORT,   /* another port of the same address */
	CONTROL_SIBLING,      /* the same port of another address of the service */
	CONTROL_CANARY,       /* an address that cannot answer */
	CONTROL_CANARY_ODD,   /* and a port of it that nobody has a reason to proxy */
	CONTROL_OTHER_ANSWER, /* an address that another DNS server gave for the name */
	CONTROL_REPEAT,       /* the target itself once more */
	CONTROL_KNOWN_GOOD,   /* another that accepted a connection in this run */
	/* The target from another address of this machine; TCP_CANNOT_TRY = it has
	 * none. */
	CONTROL_OTHER_SOURCE,
};

/** TCP_TIMEOUT: silent until obs.end, at most about a second; one SYN only. */
struct obs_control_connect {
	struct addr peer, local;
	enum control_purpose purpose;
	enum order_end ended;
	enum tcp_outcome outcome;
	int err;
	struct icmp_error icmp;
	struct tcp_facts info;
};

struct port_try {
	uint16_t port;
	unsigned round; /* from 1 */
	enum tcp_outcome outcome;
	int err;
	nsec_t rtt; /* SYN to answer; 0 = silent */
};

struct obs_source_ports {
	struct addr peer;
	enum order_end ended;
	int err;
	unsigned packets;
	const struct port_try *tries; /* in the order of their SYNs */
	size_t n_tries;
};

enum tcp_reply {
	REPLY_NONE,
	REPLY_SYN_ACK,
	REPLY_RESET
};

/** By connects that take only replies of at least some TTL (ip(7), IP_MINTTL). */
struct obs_reply_ttl {
	struct addr peer;
	enum order_end ended;
	int err;
	unsigned packets;
	enum tcp_reply reply;
	/*
	 * TTL or hop limit of the reply as it arrives: at least ttl_low, at most
	 * ttl_high; equal = exact. Both 0 = unknown.
	 */
	unsigned ttl_low, ttl_high;
	bool confirmed; /* exact, and seen twice on both sides of the threshold */
	bool mixed;     /* replies of the other kind came too: two senders */
	nsec_t rtt;     /* shortest; 0 = no reply */
};

enum reset_outcome {
	RESET_NOT_CONNECTED,
	RESET_SEEN,     /* ECONNRESET */
	RESET_ANSWERED, /* bytes came */
	RESET_CLOSED,   /* end of stream without a byte */
	RESET_SILENT,
};

struct reset_flow {
	unsigned min_ttl; /* set after the handshake; 0 = off */
	enum reset_outcome outcome;
	int err;
	nsec_t after; /* ClientHello to outcome; 0 = not sent */
	struct tcp_facts info;
};

/*
 * Three connections that send the same ClientHello and take only segments of TTL 0,
 * S and S + 1 afterwards, S being that of the SYN-ACK.
 */
struct obs_reset_test {
	struct addr peer;
	const char *name; /* in the ClientHello; NULL = none */
	enum order_end ended;
	int err;
	unsigned packets;
	unsigned syn_ack_ttl;           /* 0 = unknown: no flows then */
	nsec_t min_rtt;                 /* of the handshakes; 0 = none */
	const struct reset_flow *flows; /* TTL 0, S, S + 1 */
	size_t n_flows;
};

/* A handshake on a socket of its own, without any check of the certificate. */
struct obs_tls_variant {
	struct addr peer;
	const char *sni; /* NULL = none */
	bool split_name, padded;
	uint32_t max_seg; /* as asked; 0 = the system's */
	enum order_end ended;
	enum tcp_outcome connected;
	nsec_t connect_time;      /* 0 = not connected */
	enum tls_outcome outcome; /* when connected */
	int err;
	struct icmp_error icmp;
	const char *version; /* NULL = not known */
	int alert;           /* received, -1 = none */
	const char *reason;
	const char *issuer, *subject; /* of the leaf, NULL = none came */
	uint32_t hello_size;          /* bytes of the ClientHello record */
	nsec_t first_byte;            /* ClientHello to first byte; 0 = none came */
	nsec_t handshake;             /* ClientHello to its end; 0 = not finished */
	struct tcp_facts info;
};

/** UDP to the same address and port. EPERM = this host's output filter. */
struct obs_local_udp {
	struct addr peer;
	enum order_end ended;
	unsigned sent;
	int err;
	struct icmp_error icmp;
};

/** A short time at the beginning of which SYNs were sent, or none for comparison. */
struct counted_window {
	unsigned syns, heard;        /* sent; answered by a SYN-ACK or a reset */
	const struct counter *items; /* those that moved meanwhile */
	size_t n_items;
};

/*
 * What the kernel's counters did while SYNs went to this address, and while none did:
 * they belong to the whole host, so that only the difference speaks of this address.
 */
struct obs_counted_syns {
	struct addr peer;
	enum order_end ended;
	int err;
	unsigned packets;
	nsec_t length; /* of one window */
	nsec_t rtt;    /* shortest, SYN to answer; 0 = no answer */
	/* None when nothing had been lost on this host so far: then nothing is sent. */
	const struct counted_window *windows;
	size_t n_windows;
};

/** In what a question differs from the usual one: UDP, EDNS of 1232 bytes. */
struct dns_form {
	uint16_t type; /* DNS_TYPE_A or DNS_TYPE_AAAA */
	enum dns_transport transport;
	uint16_t edns_size; /* what we offer to receive (RFC 6891); 0 = no EDNS */
	bool cd;            /* "checking disabled" (RFC 4035 section 3.2.2) */
	bool listen_on;     /* a first reply does not end it: UDP only */
	bool once;          /* one datagram, never repeated: UDP only */
};

/** One reply to a question of OBS_DNS_VARIANT. */
struct dns_reply {
	unsigned copy; /* the datagram that it answers, from 1; each has its own id */
	nsec_t after;  /* since that one was sent */
	uint8_t ttl;   /* IP TTL or hop limit as it arrived; 0 = not told (TCP) */
	uint16_t size; /* bytes of the message */
	uint8_t rcode;
	bool aa, tc, ad;
	const struct dns_record *records; /* as in obs_dns */
	size_t n_records;
};

/*
 * A question to a DNS server on a socket of its own. Repeated like the usual one,
 * so that loss and slowness meet both alike.
 */
struct obs_dns_variant {
	struct addr peer; /* the server, with port */
	const char *name; /* absolute, without trailing dot */
	struct dns_form form;
	enum order_end ended;
	unsigned sent; /* datagrams, or SYN and query */
	enum dns_outcome outcome;
	int err;
	struct icmp_error icmp;
	const struct dns_reply *replies; /* in the order they came */
	size_t n_replies;
};

/** In what a request differs from the check's own. */
enum request_variant {
	REQUEST_OTHER_WAY, /* past the proxy, or through it */
	REQUEST_METHOD,
	REQUEST_USER_AGENT,
};

/*
 * A whole request on a connection of its own, as far as it came: each of the lists
 * holds one item, or none when it did not come so far.
 */
struct obs_request_variant {
	struct addr peer; /* who was contacted; family 0 = no address was found */
	enum request_variant what;
	enum order_end ended;
	int err;
	bool via_proxy;
	const char *method;
	const char *user_agent;    /* REQUEST_USER_AGENT; else NULL, our own */
	const struct obs_dns *dns; /* the question that had to be asked first */
	size_t n_dns;
	const struct obs_tcp *tcp;
	size_t n_tcp;
	const struct obs_tls *tls;
	size_t n_tls;
	const struct obs_http *http;
	size_t n_http;
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
		struct obs_websocket websocket;
		struct obs_jupyter jupyter;
		struct obs_idle idle;
		struct obs_exchange exchange;
		struct obs_udp udp;
		struct obs_unfinished unfinished;
		struct obs_capabilities capabilities;
		struct obs_counters counters;
		struct obs_route route;
		struct obs_ttl_scan ttl_scan;
		struct obs_control_connect control_connect;
		struct obs_source_ports source_ports;
		struct obs_reply_ttl reply_ttl;
		struct obs_reset_test reset_test;
		struct obs_tls_variant tls_variant;
		struct obs_local_udp local_udp;
		struct obs_counted_syns counted_syns;
		struct obs_dns_variant dns_variant;
		struct obs_request_variant request_variant;
		/* Large and rare, so that they stand elsewhere in the arena. */
		const struct obs_capture *capture;
		const struct obs_flow *flow;
		struct obs_listeners listeners;
		struct obs_inbound inbound;
	};
};

#endif
