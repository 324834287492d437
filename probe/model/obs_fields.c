/* SPDX-License-Identifier: MIT */
#include "probe/model/obs_fields.h"

#include <stdio.h>
#include <time.h>

#include "probe/model/obs_shapes.h"

static const struct field icmp_fields[] = {
	BOOL(icmp_error, v6),
	UINT(icmp_error, type),
	UINT(icmp_error, code),
	ADDR_OR_NULL("from", icmp_error, offender),
	BOOL(icmp_error, local),
	UINT(icmp_error, mtu),
};
const struct shape icmp_shape = SHAPE(icmp_error, icmp_fields);

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
	BOOL_SINCE(tcp_facts, zero_window),
};
const struct shape tcp_info_shape = SHAPE(tcp_facts, tcp_info_fields);

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
const struct shape tcp_shape = SHAPE(obs_tcp, tcp_fields);

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
const struct shape tls_shape = SHAPE(obs_tls, tls_fields);

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

const struct word order_ends[] = {
	{ ORDER_DONE, "done" },
	{ ORDER_CUT, "cut" },
	{ ORDER_NO_BUDGET, "no_budget" },
	{ ORDER_UNSUPPORTED, "unsupported" },
	{ ORDER_CANNOT, "cannot" },
	{ 0, NULL },
};

static const struct field capabilities_fields[] = {
	BOOL(obs_capabilities, syn_icmp),
	BOOL(obs_capabilities, min_ttl),
	BOOL(obs_capabilities, min_hop_count),
	BOOL(obs_capabilities, max_seg),
	BOOL(obs_capabilities, route),
	BOOL(obs_capabilities, counters),
	BOOL(obs_capabilities, conntrack),
};
static const struct shape capabilities_shape =
    SHAPE(obs_capabilities, capabilities_fields);

static const struct field counter_fields[] = {
	TEXT(counter, name),
	UINT(counter, delta),
};
static const struct shape counter_shape = SHAPE(counter, counter_fields);

static const struct field counters_fields[] = {
	OBJECTS("items", obs_counters, items, OBS_MAX_COUNTERS, counter_shape),
	UINT(obs_counters, conntrack_count),
	UINT(obs_counters, conntrack_max),
};
static const struct shape counters_shape = SHAPE(obs_counters, counters_fields);

static const struct field route_fields[] = {
	ADDR(obs_route, peer),
	WORD(obs_route, ended, order_ends),
	ERRNO(obs_route, err),
	ADDR_OR_NULL("gateway", obs_route, gateway),
	ADDR_OR_NULL("source", obs_route, source),
	TEXT_OR_NULL(obs_route, interface),
	UINT(obs_route, mtu),
	UINT(obs_route, table),
};
static const struct shape route_shape = SHAPE(obs_route, route_fields);

static const struct word ttl_answers[] = {
	{ TTL_SILENT, "silent" },
	{ TTL_EXCEEDED, "exceeded" },
	{ TTL_CONNECTED, "connected" },
	{ TTL_REFUSED, "refused" },
	{ TTL_ICMP, "icmp" },
	{ TTL_ERROR, "error" },
	{ 0, NULL },
};
static const struct field ttl_step_fields[] = {
	UINT(ttl_step, ttl),
	WORD(ttl_step, answer, ttl_answers),
	ICMP(ttl_step),
	ERRNO(ttl_step, err),
	DURATION("rtt_ms", ttl_step, rtt, true),
	BOOL(ttl_step, retried),
};
static const struct shape ttl_step_shape = SHAPE(ttl_step, ttl_step_fields);

static const struct field ttl_scan_fields[] = {
	ADDR(obs_ttl_scan, peer),
	WORD(obs_ttl_scan, ended, order_ends),
	ERRNO(obs_ttl_scan, err),
	UINT(obs_ttl_scan, packets),
	OBJECTS("steps", obs_ttl_scan, steps, OBS_MAX_HOPS, ttl_step_shape),
};
static const struct shape ttl_scan_shape = SHAPE(obs_ttl_scan, ttl_scan_fields);

static const struct word control_purposes[] = {
	{ CONTROL_OTHER_PORT, "other_port" },
	{ CONTROL_SIBLING, "sibling" },
	{ CONTROL_CANARY, "canary" },
	{ CONTROL_CANARY_ODD, "canary_odd" },
	{ CONTROL_OTHER_ANSWER, "other_answer" },
	{ CONTROL_REPEAT, "repeat" },
	{ CONTROL_KNOWN_GOOD, "known_good" },
	{ CONTROL_OTHER_SOURCE, "other_source" },
	{ 0, NULL },
};
static const struct field control_connect_fields[] = {
	ADDR(obs_control_connect, peer),
	ADDR_OR_NULL("local", obs_control_connect, local),
	WORD(obs_control_connect, purpose, control_purposes),
	WORD(obs_control_connect, ended, order_ends),
	WORD(obs_control_connect, outcome, tcp_outcomes),
	ERRNO(obs_control_connect, err),
	ICMP(obs_control_connect),
	TCP_INFO(obs_control_connect),
};
static const struct shape control_connect_shape =
    SHAPE(obs_control_connect, control_connect_fields);

static const struct field port_try_fields[] = {
	UINT(port_try, port),
	UINT(port_try, round),
	WORD(port_try, outcome, tcp_outcomes),
	ERRNO(port_try, err),
	DURATION("rtt_ms", port_try, rtt, true),
};
static const struct shape port_try_shape = SHAPE(port_try, port_try_fields);

static const struct field source_ports_fields[] = {
	ADDR(obs_source_ports, peer),
	WORD(obs_source_ports, ended, order_ends),
	ERRNO(obs_source_ports, err),
	UINT(obs_source_ports, packets),
	OBJECTS("tries", obs_source_ports, tries, OBS_MAX_TRIES, port_try_shape),
};
static const struct shape source_ports_shape =
    SHAPE(obs_source_ports, source_ports_fields);

static const struct word tcp_replies[] = {
	{ REPLY_NONE, "none" },
	{ REPLY_SYN_ACK, "syn_ack" },
	{ REPLY_RESET, "reset" },
	{ 0, NULL },
};
static const struct field reply_ttl_fields[] = {
	ADDR(obs_reply_ttl, peer),
	WORD(obs_reply_ttl, ended, order_ends),
	ERRNO(obs_reply_ttl, err),
	UINT(obs_reply_ttl, packets),
	WORD(obs_reply_ttl, reply, tcp_replies),
	UINT(obs_reply_ttl, ttl_low),
	UINT(obs_reply_ttl, ttl_high),
	BOOL(obs_reply_ttl, confirmed),
	BOOL(obs_reply_ttl, mixed),
	DURATION("rtt_ms", obs_reply_ttl, rtt, true),
};
static const struct shape reply_ttl_shape = SHAPE(obs_reply_ttl, reply_ttl_fields);

static const struct word reset_outcomes[] = {
	{ RESET_NOT_CONNECTED, "not_connected" },
	{ RESET_SEEN, "reset" },
	{ RESET_ANSWERED, "answered" },
	{ RESET_CLOSED, "closed" },
	{ RESET_SILENT, "silent" },
	{ 0, NULL },
};
static const struct field reset_flow_fields[] = {
	UINT(reset_flow, min_ttl),
	WORD(reset_flow, outcome, reset_outcomes),
	ERRNO(reset_flow, err),
	DURATION("after_ms", reset_flow, after, true),
	TCP_INFO(reset_flow),
};
static const struct shape reset_flow_shape = SHAPE(reset_flow, reset_flow_fields);

static const struct field reset_test_fields[] = {
	ADDR(obs_reset_test, peer),
	TEXT_OR_NULL(obs_reset_test, name),
	WORD(obs_reset_test, ended, order_ends),
	ERRNO(obs_reset_test, err),
	UINT(obs_reset_test, packets),
	UINT(obs_reset_test, syn_ack_ttl),
	DURATION("min_rtt_ms", obs_reset_test, min_rtt, true),
	OBJECTS("flows", obs_reset_test, flows, OBS_MAX_FLOWS, reset_flow_shape),
};
static const struct shape reset_test_shape = SHAPE(obs_reset_test, reset_test_fields);

static const struct field tls_variant_fields[] = {
	ADDR(obs_tls_variant, peer),
	TEXT_OR_NULL(obs_tls_variant, sni),
	BOOL(obs_tls_variant, split_name),
	BOOL(obs_tls_variant, padded),
	UINT(obs_tls_variant, max_seg),
	WORD(obs_tls_variant, ended, order_ends),
	WORD(obs_tls_variant, connected, tcp_outcomes),
	DURATION("connect_ms", obs_tls_variant, connect_time, true),
	WORD(obs_tls_variant, outcome, tls_outcomes),
	ERRNO(obs_tls_variant, err),
	ICMP(obs_tls_variant),
	TEXT_OR_NULL(obs_tls_variant, version),
	INT(obs_tls_variant, alert, -1),
	TEXT_OR_NULL(obs_tls_variant, reason),
	TEXT_OR_NULL(obs_tls_variant, issuer),
	TEXT_OR_NULL(obs_tls_variant, subject),
	UINT(obs_tls_variant, hello_size),
	DURATION("first_byte_ms", obs_tls_variant, first_byte, true),
	DURATION("handshake_ms", obs_tls_variant, handshake, true),
	TCP_INFO(obs_tls_variant),
};
static const struct shape tls_variant_shape =
    SHAPE(obs_tls_variant, tls_variant_fields);

static const struct field local_udp_fields[] = {
	ADDR(obs_local_udp, peer),
	WORD(obs_local_udp, ended, order_ends),
	UINT(obs_local_udp, sent),
	ERRNO(obs_local_udp, err),
	ICMP(obs_local_udp),
};
static const struct shape local_udp_shape = SHAPE(obs_local_udp, local_udp_fields);

static const struct field counted_window_fields[] = {
	UINT(counted_window, syns),
	UINT(counted_window, heard),
	OBJECTS("items", counted_window, items, OBS_MAX_COUNTERS, counter_shape),
};
static const struct shape counted_window_shape =
    SHAPE(counted_window, counted_window_fields);

static const struct field counted_syns_fields[] = {
	ADDR(obs_counted_syns, peer),
	WORD(obs_counted_syns, ended, order_ends),
	ERRNO(obs_counted_syns, err),
	UINT(obs_counted_syns, packets),
	DURATION("length_ms", obs_counted_syns, length, true),
	DURATION("rtt_ms", obs_counted_syns, rtt, true),
	OBJECTS("windows", obs_counted_syns, windows, OBS_MAX_WINDOWS,
	    counted_window_shape),
};
static const struct shape counted_syns_shape =
    SHAPE(obs_counted_syns, counted_syns_fields);

#define KIND(word, member)                                                             \
	{                                                                              \
		word, offsetof(struct obs, member), false, &member##_shape             \
	}
#define KIND_ELSEWHERE(word, member)                                                   \
	{                                                                              \
		word, offsetof(struct obs, member), true, &member##_shape              \
	}

static const struct kind_shape kinds[N_OBS_KINDS] = {
	[OBS_SYSTEM] = KIND("system", system),
	[OBS_HOSTS_FILE] = KIND("hosts_file", hosts_file),
	[OBS_DNS] = KIND("dns", dns),
	[OBS_TCP] = KIND("tcp", tcp),
	[OBS_TLS] = KIND("tls", tls),
	[OBS_HTTP] = KIND("http", http),
	[OBS_WEBSOCKET] = KIND("websocket", websocket),
	[OBS_JUPYTER] = KIND("jupyter", jupyter),
	[OBS_IDLE] = KIND("idle", idle),
	[OBS_EXCHANGE] = KIND("exchange", exchange),
	[OBS_UDP] = KIND("udp", udp),
	[OBS_UNFINISHED] = KIND("unfinished", unfinished),
	[OBS_CAPABILITIES] = KIND("capabilities", capabilities),
	[OBS_COUNTERS] = KIND("counters", counters),
	[OBS_ROUTE] = KIND("route", route),
	[OBS_TTL_SCAN] = KIND("ttl_scan", ttl_scan),
	[OBS_CONTROL_CONNECT] = KIND("control_connect", control_connect),
	[OBS_SOURCE_PORTS] = KIND("source_ports", source_ports),
	[OBS_REPLY_TTL] = KIND("reply_ttl", reply_ttl),
	[OBS_RESET_TEST] = KIND("reset_test", reset_test),
	[OBS_TLS_VARIANT] = KIND("tls_variant", tls_variant),
	[OBS_LOCAL_UDP] = KIND("local_udp", local_udp),
	[OBS_COUNTED_SYNS] = KIND("counted_syns", counted_syns),
	[OBS_DNS_VARIANT] = KIND("dns_variant", dns_variant),
	[OBS_REQUEST_VARIANT] = KIND("request_variant", request_variant),
	[OBS_CAPTURE] = KIND_ELSEWHERE("capture", capture),
	[OBS_FLOW] = KIND_ELSEWHERE("flow", flow),
	[OBS_LISTENERS] = KIND("listeners", listeners),
	[OBS_INBOUND] = KIND("inbound", inbound),
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
