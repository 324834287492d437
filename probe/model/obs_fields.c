/* SPDX-License-Identifier: MIT */
#include "probe/model/obs_fields.h"

#include <stdio.h>
#include <time.h>

/* AT: where a member lives. The names in JSON are those of the structs unless given. */
#define AT(T, member)                                                                  \
	.offset = offsetof(struct T, member), .size = sizeof((struct T *)0)->member
#define NUMBER_OF(T, member) .count = offsetof(struct T, member)

#define BOOL(T, member)                                                                \
	{                                                                              \
		.name = #member, .type = FIELD_BOOL, AT(T, member)                     \
	}
#define UINT(T, member)                                                                \
	{                                                                              \
		.name = #member, .type = FIELD_UINT, AT(T, member)                     \
	}
#define INT(T, member, value)                                                          \
	{                                                                              \
		.name = #member, .type = FIELD_INT, AT(T, member), .none = value       \
	}
#define ERRNO(T, member)                                                               \
	{                                                                              \
		.name = #member, .type = FIELD_ERRNO, AT(T, member)                    \
	}
#define WORD(T, member, list)                                                          \
	{                                                                              \
		.name = #member, .type = FIELD_WORD, AT(T, member), .words = list      \
	}
#define TIME(T, member)                                                                \
	{                                                                              \
		.name = #member, .type = FIELD_TIME, AT(T, member)                     \
	}
#define DURATION(json, T, member, null)                                                \
	{                                                                              \
		.name = json, .type = FIELD_DURATION, AT(T, member), .nullable = null  \
	}
#define TEXT(T, member)                                                                \
	{                                                                              \
		.name = #member, .type = FIELD_TEXT, AT(T, member),                    \
		.max = OBS_JSON_MAX_TEXT                                               \
	}
#define TEXT_OR_NULL(T, member)                                                        \
	{                                                                              \
		.name = #member, .type = FIELD_TEXT, AT(T, member),                    \
		.max = OBS_JSON_MAX_TEXT, .nullable = true                             \
	}
#define ADDR(T, member)                                                                \
	{                                                                              \
		.name = #member, .type = FIELD_ADDR, AT(T, member)                     \
	}
#define ADDR_OR_NULL(json, T, member)                                                  \
	{                                                                              \
		.name = json, .type = FIELD_ADDR, AT(T, member), .nullable = true      \
	}
#define FIRST_BYTES(T)                                                                 \
	{                                                                              \
		.name = "first_bytes", .type = FIELD_HEX, AT(T, first_bytes),          \
		NUMBER_OF(T, n_first_bytes), .max = OBS_MAX_FIRST_BYTES                \
	}
#define LIST(kind, T, member, limit)                                                   \
	{                                                                              \
		.name = #member, .type = kind, AT(T, member),                          \
		NUMBER_OF(T, n_##member), .max = limit                                 \
	}
#define OBJECTS(json, T, member, limit, what)                                          \
	{                                                                              \
		.name = json, .type = FIELD_OBJECTS, AT(T, member),                    \
		NUMBER_OF(T, n_##member), .max = limit, .shape = &what                 \
	}
/* Both optional structs begin with the flag that says whether they are there. */
#define ICMP(T)                                                                        \
	{                                                                              \
		.name = "icmp", .type = FIELD_OBJECT, AT(T, icmp),                     \
		.count = offsetof(struct icmp_error, present), .shape = &icmp_shape    \
	}
#define TCP_INFO(T)                                                                    \
	{                                                                              \
		.name = "tcp_info", .type = FIELD_OBJECT, AT(T, info),                 \
		.count = offsetof(struct tcp_facts, present), .shape = &tcp_info_shape \
	}
#define SHAPE(T, list)                                                                 \
	{                                                                              \
		sizeof(struct T), list, sizeof list / sizeof *list                     \
	}

static const struct field icmp_fields[] = {
	BOOL(icmp_error, v6),
	UINT(icmp_error, type),
	UINT(icmp_error, code),
	ADDR_OR_NULL("from", icmp_error, offender),
	BOOL(icmp_error, local),
	UINT(icmp_error, mtu),
};
static const struct shape icmp_shape = SHAPE(icmp_error, icmp_fields);

static const struct field tcp_info_fields[] = {
	UINT(tcp_facts, state),
	UINT(tcp_facts, retransmits),
	UINT(tcp_facts, total_retrans),
	UINT(tcp_facts, unacked),
	UINT(tcp_facts, snd_mss),
	UINT(tcp_facts, rcv_mss),
	UINT(tcp_facts, advmss),
	UINT(tcp_facts, pmtu),
	UINT(tcp_facts, rtt_us),
	UINT(tcp_facts, min_rtt_us),
	UINT(tcp_facts, segs_in),
	UINT(tcp_facts, segs_out),
	UINT(tcp_facts, data_segs_in),
	UINT(tcp_facts, data_segs_out),
	UINT(tcp_facts, bytes_acked),
	UINT(tcp_facts, bytes_received),
};
static const struct shape tcp_info_shape = SHAPE(tcp_facts, tcp_info_fields);

/* Far more nameserver and search lines than any resolver reads. */
enum {
	MAX_RESOLV_CONF = 64
};

static const struct field system_fields[] = {
	TEXT_OR_NULL(obs_system, hostname),
	TEXT_OR_NULL(obs_system, kernel),
	BOOL(obs_system, root),
	BOOL(obs_system, net_raw),
	LIST(FIELD_ADDRS, obs_system, resolvers, MAX_RESOLV_CONF),
	LIST(FIELD_TEXTS, obs_system, search, MAX_RESOLV_CONF),
};
static const struct shape system_shape = SHAPE(obs_system, system_fields);

static const struct field hosts_file_fields[] = {
	TEXT(obs_hosts_file, name),
	ADDR(obs_hosts_file, address),
	UINT(obs_hosts_file, line),
};
static const struct shape hosts_file_shape = SHAPE(obs_hosts_file, hosts_file_fields);

static const struct word dns_roles[] = {
	{ DNS_SYSTEM, "system" },
	{ DNS_GIVEN, "given" },
	{ DNS_PLATFORM, "platform" },
	{ 0, NULL },
};
static const struct word dns_transports[] = {
	{ DNS_OVER_UDP, "udp" },
	{ DNS_OVER_TCP, "tcp" },
	{ 0, NULL },
};
static const struct word dns_types[] = {
	{ DNS_TYPE_A, "A" },
	{ DNS_TYPE_CNAME, "CNAME" },
	{ DNS_TYPE_SOA, "SOA" },
	{ DNS_TYPE_AAAA, "AAAA" },
	{ 0, NULL },
};
static const struct word dns_outcomes[] = {
	{ DNS_ANSWERED, "answered" },
	{ DNS_TIMEOUT, "timeout" },
	{ DNS_NET_ERROR, "net_error" },
	{ DNS_MALFORMED, "malformed" },
	{ DNS_CANNOT_SEND, "cannot_send" },
	{ 0, NULL },
};

static const struct field dns_record_fields[] = {
	TEXT(dns_record, name),
	WORD(dns_record, type, dns_types),
	UINT(dns_record, ttl),
	ADDR_OR_NULL("address", dns_record, address),
	TEXT_OR_NULL(dns_record, target),
};
static const struct shape dns_record_shape = SHAPE(dns_record, dns_record_fields);

static const struct field dns_fields[] = {
	WORD(obs_dns, role, dns_roles),
	ADDR(obs_dns, server),
	WORD(obs_dns, transport, dns_transports),
	TEXT(obs_dns, name),
	WORD(obs_dns, type, dns_types),
	WORD(obs_dns, outcome, dns_outcomes),
	ERRNO(obs_dns, err),
	ICMP(obs_dns),
	UINT(obs_dns, rcode),
	BOOL(obs_dns, aa),
	BOOL(obs_dns, tc),
	BOOL(obs_dns, ra),
	BOOL(obs_dns, ad),
	BOOL(obs_dns, edns),
	INT(obs_dns, ede, -1),
	OBJECTS("records", obs_dns, records, OBS_MAX_RECORDS, dns_record_shape),
};
static const struct shape dns_shape = SHAPE(obs_dns, dns_fields);

static const struct word tcp_outcomes[] = {
	{ TCP_CONNECTED, "connected" },
	{ TCP_FAILED, "failed" },
	{ TCP_TIMEOUT, "timeout" },
	{ TCP_CANNOT_TRY, "cannot_try" },
	{ 0, NULL },
};
static const struct field tcp_fields[] = {
	ADDR(obs_tcp, peer),
	ADDR_OR_NULL("local", obs_tcp, local),
	WORD(obs_tcp, outcome, tcp_outcomes),
	ERRNO(obs_tcp, err),
	ICMP(obs_tcp),
	TCP_INFO(obs_tcp),
	BOOL(obs_tcp, via_proxy),
};
static const struct shape tcp_shape = SHAPE(obs_tcp, tcp_fields);

static const struct field certificate_fields[] = {
	TEXT(certificate, subject),
	TEXT(certificate, issuer),
	TIME(certificate, not_before),
	TIME(certificate, not_after),
	TEXT(certificate, sha256),
	LIST(FIELD_TEXTS, certificate, sans, OBS_MAX_SANS),
	BOOL(certificate, has_scts),
};
static const struct shape certificate_shape = SHAPE(certificate, certificate_fields);

static const struct field verify_error_fields[] = {
	INT(verify_error, code, -1),
	INT(verify_error, depth, -1),
	TEXT(verify_error, text),
};
static const struct shape verify_error_shape = SHAPE(verify_error, verify_error_fields);

static const struct word tls_outcomes[] = {
	{ TLS_DONE, "done" },
	{ TLS_ALERT, "alert" },
	{ TLS_RESET, "reset" },
	{ TLS_CLOSED, "closed" },
	{ TLS_TIMEOUT, "timeout" },
	{ TLS_NOT_TLS, "not_tls" },
	{ TLS_ERROR, "error" },
	{ 0, NULL },
};
static const struct field tls_fields[] = {
	ADDR_OR_NULL("peer", obs_tls, peer),
	TEXT_OR_NULL(obs_tls, sni),
	WORD(obs_tls, outcome, tls_outcomes),
	TEXT_OR_NULL(obs_tls, version),
	TEXT_OR_NULL(obs_tls, cipher),
	TEXT_OR_NULL(obs_tls, alpn),
	INT(obs_tls, alert, -1),
	TEXT_OR_NULL(obs_tls, reason),
	FIRST_BYTES(obs_tls),
	OBJECTS("chain", obs_tls, chain, OBS_MAX_CERTS, certificate_shape),
	BOOL(obs_tls, verified),
	OBJECTS("errors", obs_tls, errors, OBS_MAX_ERRORS, verify_error_shape),
	TIME(obs_tls, clock),
	ERRNO(obs_tls, err),
	ICMP(obs_tls),
	TCP_INFO(obs_tls),
};
static const struct shape tls_shape = SHAPE(obs_tls, tls_fields);

static const struct word http_outcomes[] = {
	{ HTTP_ANSWERED, "answered" },
	{ HTTP_RESET, "reset" },
	{ HTTP_CLOSED, "closed" },
	{ HTTP_TIMEOUT, "timeout" },
	{ HTTP_MALFORMED, "malformed" },
	{ HTTP_PROXY_REFUSED, "proxy_refused" },
	{ HTTP_ERROR, "error" },
	{ 0, NULL },
};
static const struct field http_fields[] = {
	ADDR_OR_NULL("peer", obs_http, peer),
	TEXT_OR_NULL(obs_http, method),
	TEXT_OR_NULL(obs_http, url),
	WORD(obs_http, outcome, http_outcomes),
	TEXT_OR_NULL(obs_http, version),
	INT(obs_http, status, 0),
	INT(obs_http, proxy_status, 0),
	LIST(FIELD_HEADERS, obs_http, headers, OBS_MAX_HEADERS),
	{ .name = "body",
	    .type = FIELD_BODY,
	    AT(obs_http, body),
	    NUMBER_OF(obs_http, body_len),
	    .max = OBS_JSON_MAX_BODY,
	    .nullable = true },
	BOOL(obs_http, body_truncated),
	TEXT_OR_NULL(obs_http, location),
	DURATION("first_byte_ms", obs_http, first_byte, true),
	TEXT_OR_NULL(obs_http, reason),
	INT(obs_http, curl_code, 0),
	ERRNO(obs_http, err),
	BOOL(obs_http, via_proxy),
	BOOL(obs_http, upgrade),
	BOOL(obs_http, accept_valid),
	ICMP(obs_http),
	TCP_INFO(obs_http),
};
static const struct shape http_shape = SHAPE(obs_http, http_fields);

static const struct word exchange_outcomes[] = {
	{ EXCHANGE_ANSWERED, "answered" },
	{ EXCHANGE_MALFORMED, "malformed" },
	{ EXCHANGE_RESET, "reset" },
	{ EXCHANGE_CLOSED, "closed" },
	{ EXCHANGE_TIMEOUT, "timeout" },
	{ 0, NULL },
};
static const struct field exchange_fields[] = {
	ADDR_OR_NULL("peer", obs_exchange, peer),
	{ .name = "protocol", .type = FIELD_PROTOCOL, AT(obs_exchange, protocol) },
	WORD(obs_exchange, outcome, exchange_outcomes),
	TEXT_OR_NULL(obs_exchange, answer),
	UINT(obs_exchange, smb_dialect),
	UINT(obs_exchange, smb_status),
	FIRST_BYTES(obs_exchange),
	ERRNO(obs_exchange, err),
	ICMP(obs_exchange),
	TCP_INFO(obs_exchange),
};
static const struct shape exchange_shape = SHAPE(obs_exchange, exchange_fields);

static const struct word udp_outcomes[] = {
	{ UDP_SILENT, "silent" },
	{ UDP_ANSWERED, "answered" },
	{ UDP_FAILED, "failed" },
	{ UDP_CANNOT_TRY, "cannot_try" },
	{ 0, NULL },
};
static const struct field udp_fields[] = {
	ADDR(obs_udp, peer),
	WORD(obs_udp, outcome, udp_outcomes),
	UINT(obs_udp, sent),
	ERRNO(obs_udp, err),
	ICMP(obs_udp),
};
static const struct shape udp_shape = SHAPE(obs_udp, udp_fields);

static const struct word unfinished_reasons[] = {
	{ UNFINISHED_DEADLINE, "deadline" },
	{ UNFINISHED_INTERRUPTED, "interrupted" },
	{ UNFINISHED_NOT_STARTED, "not_started" },
	{ 0, NULL },
};
static const struct field unfinished_fields[] = {
	WORD(obs_unfinished, reason, unfinished_reasons),
	DURATION("waited_ms", obs_unfinished, waited, false),
};
static const struct shape unfinished_shape = SHAPE(obs_unfinished, unfinished_fields);

#define KIND(word, member)                                                             \
	{                                                                              \
		word, offsetof(struct obs, member), &member##_shape                    \
	}

static const struct kind_shape kinds[N_OBS_KINDS] = {
	[OBS_SYSTEM] = KIND("system", system),
	[OBS_HOSTS_FILE] = KIND("hosts_file", hosts_file),
	[OBS_DNS] = KIND("dns", dns),
	[OBS_TCP] = KIND("tcp", tcp),
	[OBS_TLS] = KIND("tls", tls),
	[OBS_HTTP] = KIND("http", http),
	[OBS_EXCHANGE] = KIND("exchange", exchange),
	[OBS_UDP] = KIND("udp", udp),
	[OBS_UNFINISHED] = KIND("unfinished", unfinished),
};

const struct kind_shape *obs_kind_shape(enum obs_kind kind)
{
	return &kinds[kind];
}

const char *iso_time(int64_t epoch, char buf[ISO_TIME_MAX])
{
	/* 0000-01-01 to 9999-12-31: a certificate may claim anything. */
	if (epoch < INT64_C(-62167219200) || epoch > INT64_C(253402300799))
		return NULL;
	time_t t = (time_t)epoch;
	struct tm tm;
	gmtime_r(&t, &tm);
	snprintf(buf, ISO_TIME_MAX, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return buf;
}
