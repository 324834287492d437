/* SPDX-License-Identifier: MIT */
#include "probe/model/obs_shapes.h"

/* The members of observations about names. */

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
const struct shape dns_shape = SHAPE(obs_dns, dns_fields);

static const struct field dns_reply_fields[] = {
	UINT(dns_reply, copy),
	DURATION("after_ms", dns_reply, after, false),
	UINT(dns_reply, ttl),
	UINT(dns_reply, size),
	UINT(dns_reply, rcode),
	BOOL(dns_reply, aa),
	BOOL(dns_reply, tc),
	BOOL(dns_reply, ad),
	OBJECTS("records", dns_reply, records, OBS_MAX_RECORDS, dns_record_shape),
};
static const struct shape dns_reply_shape = SHAPE(dns_reply, dns_reply_fields);

static const struct field dns_variant_fields[] = {
	ADDR(obs_dns_variant, peer),
	TEXT(obs_dns_variant, name),
	{ .name = "type",
	    .type = FIELD_WORD,
	    AT(obs_dns_variant, form.type),
	    .words = dns_types },
	{ .name = "transport",
	    .type = FIELD_WORD,
	    AT(obs_dns_variant, form.transport),
	    .words = dns_transports },
	NESTED("edns_size", FIELD_UINT, obs_dns_variant, form.edns_size),
	NESTED("cd", FIELD_BOOL, obs_dns_variant, form.cd),
	NESTED("listen_on", FIELD_BOOL, obs_dns_variant, form.listen_on),
	NESTED("once", FIELD_BOOL, obs_dns_variant, form.once),
	WORD(obs_dns_variant, ended, order_ends),
	UINT(obs_dns_variant, sent),
	WORD(obs_dns_variant, outcome, dns_outcomes),
	ERRNO(obs_dns_variant, err),
	ICMP(obs_dns_variant),
	OBJECTS("replies", obs_dns_variant, replies, OBS_MAX_REPLIES, dns_reply_shape),
};
const struct shape dns_variant_shape = SHAPE(obs_dns_variant, dns_variant_fields);
