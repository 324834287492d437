/* SPDX-License-Identifier: MIT */
#include "probe/model/obs_shapes.h"

/* The members of observations from captures. */

static const struct field flow_side_fields[] = {
	UINT(flow_side, packets),
	UINT(flow_side, bytes),
	UINT(flow_side, retransmits),
	UINT(flow_side, syns),
	UINT(flow_side, ttl),
	UINT(flow_side, ttl_low),
	UINT(flow_side, ttl_high),
	UINT(flow_side, mss),
	BOOL(flow_side, timestamps),
	BOOL(flow_side, zero_window),
	BOOL(flow_side, df),
	BOOL(flow_side, ip_ids),
	BOOL(flow_side, fin),
	BOOL(flow_side, fin_first),
	BOOL(flow_side, acks),
	BOOL(flow_side, sacks),
	BOOL(flow_side, gap),
	UINT(flow_side, unacked),
	UINT(flow_side, stuck_size),
	UINT(flow_side, stuck_sent),
	UINT(flow_side, biggest_acked),
	DURATION("first_data_ms", flow_side, first_data, true),
	DURATION("last_data_ms", flow_side, last_data, true),
};
static const struct shape flow_side_shape = SPARSE(flow_side, flow_side_fields);

static const struct field flow_reset_fields[] = {
	BOOL(flow_reset, by_server),
	BOOL(flow_reset, ack),
	BOOL(flow_reset, ack_zero),
	BOOL(flow_reset, seq_fits),
	BOOL(flow_reset, behind),
	BOOL(flow_reset, acks_data),
	BOOL(flow_reset, pending),
	BOOL(flow_reset, timestamps),
	BOOL(flow_reset, df),
	UINT(flow_reset, window),
	UINT(flow_reset, ip_id),
	UINT(flow_reset, ttl),
	DURATION("at_ms", flow_reset, at, false),
	DURATION("after_ms", flow_reset, after, false),
	DURATION("idle_ms", flow_reset, idle, false),
	UINT(flow_reset, count),
	BOOL(flow_reset, differing),
	BOOL(flow_reset, mixed),
	UINT(flow_reset, ahead),
	UINT(flow_reset, packets_after),
	BOOL(flow_reset, syn_ack_after),
	UINT(flow_reset, ttl_after),
};
static const struct shape flow_reset_shape = SPARSE(flow_reset, flow_reset_fields);

static const struct field flow_icmp_fields[] = {
	BOOL(flow_icmp, v6),
	UINT(flow_icmp, type),
	UINT(flow_icmp, code),
	BOOL(flow_icmp, quotes_server),
	UINT(flow_icmp, mtu),
	ADDR(flow_icmp, from),
	UINT(flow_icmp, count),
	BOOL(flow_icmp, progress),
};
static const struct shape flow_icmp_shape = SPARSE(flow_icmp, flow_icmp_fields);

static const struct field flow_dns_fields[] = {
	UINT(flow_dns, type),
	UINT(flow_dns, queries),
	UINT(flow_dns, answers),
	INT(flow_dns, rcode, -1),
	UINT(flow_dns, records),
	ADDR_OR_NULL("address", flow_dns, address),
	BOOL(flow_dns, differing),
	UINT(flow_dns, ttl_first),
	UINT(flow_dns, ttl_other),
	DURATION("answered_ms", flow_dns, answered, true),
	DURATION("answered_again_ms", flow_dns, answered_again, true),
};
static const struct shape flow_dns_shape = SPARSE(flow_dns, flow_dns_fields);

static const struct field flow_tls_fields[] = {
	BOOL(flow_tls, server_hello),
	UINT(flow_tls, version),
	INT(flow_tls, alert, -1),
	BOOL(flow_tls, alert_by_server),
	BOOL(flow_tls, data),
	TEXT_OR_NULL(flow_tls, alpn),
	TEXT_OR_NULL(flow_tls, certificate),
};
static const struct shape flow_tls_shape = SPARSE(flow_tls, flow_tls_fields);

static const struct field flow_http_fields[] = {
	TEXT_OR_NULL(flow_http, request),
	UINT(flow_http, status),
	BOOL(flow_http, upgrade),
};
static const struct shape flow_http_shape = SPARSE(flow_http, flow_http_fields);

#define PART(json, member, T, what)                                                    \
	{                                                                              \
		.name = json, .type = FIELD_OBJECT, AT(obs_flow, member),              \
		.count = offsetof(struct T, present), .shape = &what                   \
	}

static const struct word name_sources[] = {
	{ FLOW_NAME_NONE, "none" },
	{ FLOW_NAME_SNI, "sni" },
	{ FLOW_NAME_HOST, "host" },
	{ FLOW_NAME_DNS, "dns" },
	{ FLOW_NAME_QUERY, "query" },
	{ 0, NULL },
};
static const struct field flow_fields[] = {
	ADDR(obs_flow, client),
	ADDR(obs_flow, server),
	BOOL(obs_flow, udp),
	BOOL(obs_flow, midstream),
	BOOL(obs_flow, cut),
	BOOL(obs_flow, open),
	BOOL(obs_flow, tunnelled),
	BOOL(obs_flow, client_local),
	UINT(obs_flow, vlan),
	DURATION("syn_ack_ms", obs_flow, syn_ack, true),
	DURATION("ack_ms", obs_flow, ack, true),
	DURATION("idle_ms", obs_flow, idle, true),
	DURATION("idle_survived_ms", obs_flow, idle_survived, true),
	DURATION("left_ms", obs_flow, left, true),
	BOOL(obs_flow, wrong_ack),
	BOOL(obs_flow, stray_ack),
	PART("of_client", of_client, flow_side, flow_side_shape),
	PART("of_server", of_server, flow_side, flow_side_shape),
	PART("reset", reset, flow_reset, flow_reset_shape),
	PART("icmp", icmp, flow_icmp, flow_icmp_shape),
	PART("dns", dns, flow_dns, flow_dns_shape),
	PART("tls", tls, flow_tls, flow_tls_shape),
	PART("http", http, flow_http, flow_http_shape),
	TEXT_OR_NULL(obs_flow, name),
	WORD(obs_flow, name_source, name_sources),
	UINT(obs_flow, alike),
	BOOL(obs_flow, follow_up),
};
const struct shape flow_shape = SPARSE(obs_flow, flow_fields);

static const struct field capture_fields[] = {
	TEXT(obs_capture, source),
	UINT(obs_capture, packets),
	UINT(obs_capture, flows),
	UINT_SINCE(obs_capture, open_most),
	UINT(obs_capture, undecoded),
	UINT(obs_capture, cut),
	UINT_SINCE(obs_capture, snapped),
	UINT_SINCE(obs_capture, offloaded),
	UINT(obs_capture, dropped),
	BOOL(obs_capture, drops_known),
	UINT(obs_capture, one_way),
	UINT(obs_capture, two_way),
	UINT(obs_capture, midstream),
	UINT(obs_capture, syn_fresh),
	UINT(obs_capture, syn_aged),
	UINT(obs_capture, syn_ack_fresh),
	UINT(obs_capture, syn_ack_aged),
	UINT(obs_capture, copies),
	UINT(obs_capture, left_out),
	TEXT_OR_NULL(obs_capture, stopped),
	TEXT_OR_NULL(obs_capture, refused),
};
const struct shape capture_shape = SHAPE(obs_capture, capture_fields);
