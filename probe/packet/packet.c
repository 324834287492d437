/* SPDX-License-Identifier: MIT */
#include "probe/packet/packet.h"

#include <string.h>

enum {
	ETHERTYPE_V4 = 0x0800,
	ETHERTYPE_V6 = 0x86dd,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_QINQ = 0x88a8,
	ETHERTYPE_QINQ_OLD = 0x9100,
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	DNS_PORT = 53,
	PROTOCOL_ICMPV6 = 58,
	V6_HOP_BY_HOP = 0,
	V6_ROUTING = 43,
	V6_FRAGMENT = 44,
	V6_AUTHENTICATION = 51,
	V6_DESTINATION = 60,
	VXLAN_PORT = 4789,
	MAX_TAGS = 3,
	MAX_EXTENSIONS = 8,
	MAX_TUNNELS = 2,
};

/*
 * What is left of a frame: bytes that are there, and bytes that were on the wire. Small
 * enough to be handed on in registers.
 */
struct rest {
	const uint8_t *p;
	uint32_t have, wire;
};

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Moves on by n bytes, which must be there. */
static void skip(struct rest *r, uint32_t n)
{
	r->p += n;
	r->have -= n;
	r->wire -= n;
}

/* What lies behind n was padding (Ethernet) or belongs to another layer. */
static void limit(struct rest *r, uint32_t n)
{
	if (r->wire > n)
		r->wire = n;
	if (r->have > n)
		r->have = n;
}

/* Whether n bytes are there; if not, says in *ret whose fault that is. */
static bool need(const struct rest *r, uint32_t n, struct packet *ret)
{
	if (r->have >= n)
		return true;
	ret->kind = r->wire >= n ? PACKET_CUT : PACKET_MALFORMED;
	return false;
}

/* --- TCP -------------------------------------------------------------------------- */

static void tcp_option(const uint8_t *o, uint8_t len, struct packet_tcp *tcp)
{
	if (o[0] == 2 && len == 4)
		tcp->mss = be16(o + 2);
	else if (o[0] == 3 && len == 3)
		tcp->window_scale = o[2];
	else if (o[0] == 4 && len == 2)
		tcp->sack_permitted = true;
	else if (o[0] == 5 && len >= 10)
		tcp->sack = true;
	else if (o[0] == 8 && len == 10)
		tcp->timestamps = true;
}

static void tcp_options(const uint8_t *o, uint32_t n, struct packet_tcp *tcp)
{
	/* NOP, NOP, timestamps: what nearly every segment has. */
	if (n == 12 && o[0] == 1 && o[1] == 1 && o[2] == 8 && o[3] == 10) {
		tcp->timestamps = true;
		return;
	}
	while (n > 0 && o[0] != 0) {
		if (o[0] == 1) {
			o++;
			n--;
			continue;
		}
		if (n < 2 || o[1] < 2 || o[1] > n)
			return;
		uint8_t len = o[1];
		tcp_option(o, len, tcp);
		o += len;
		n -= len;
	}
}

static void decode_tcp(struct rest r, struct packet *ret)
{
	if (!need(&r, 14, ret))
		return;
	uint32_t header = (uint32_t)(r.p[12] >> 4) * 4;
	ret->source_port = be16(r.p);
	ret->target_port = be16(r.p + 2);
	ret->tcp = (struct packet_tcp){
		.seq = be32(r.p + 4),
		.ack = be32(r.p + 8),
		.flags = r.p[13],
		.window = r.have >= 16 ? be16(r.p + 14) : 0,
		.window_scale = 255,
	};
	if (header < 20 || header > r.wire) {
		ret->kind = PACKET_MALFORMED;
		return;
	}
	if (r.have >= header)
		tcp_options(r.p + 20, header - 20, &ret->tcp);
	ret->kind = PACKET_TCP;
	ret->payload_len = r.wire - header;
	ret->payload_have = r.have > header ? r.have - header : 0;
	ret->payload = r.p + (r.have > header ? header : r.have);
}

/* --- UDP -------------------------------------------------------------------------- */

static void decode_ethernet(struct rest r, struct packet *ret);

/* Becomes the inner frame, when there is one that can be read. */
static void decode_vxlan(struct rest r, struct packet *ret)
{
	if (ret->tunnelled >= MAX_TUNNELS || r.have < 8 + 14 || !(r.p[0] & 0x08))
		return;
	struct packet inner = { .way = ret->way,
		.tunnelled = (uint8_t)(ret->tunnelled + 1) };
	skip(&r, 8);
	decode_ethernet(r, &inner);
	if (inner.kind != PACKET_MALFORMED && inner.kind != PACKET_CUT)
		*ret = inner;
}

static void decode_udp(struct rest r, struct packet *ret)
{
	if (!need(&r, 8, ret))
		return;
	uint32_t len = be16(r.p + 4);
	ret->source_port = be16(r.p);
	ret->target_port = be16(r.p + 2);
	if (len >= 8 && !ret->fragmented)
		limit(&r, len);
	skip(&r, 8);
	ret->kind = PACKET_UDP;
	ret->payload = r.p;
	ret->payload_len = r.wire;
	ret->payload_have = r.have;
	if (ret->target_port == VXLAN_PORT)
		decode_vxlan(r, ret);
}

/* --- ICMP ------------------------------------------------------------------------- */

/* Ports of the quoted packet: RFC 792 promises its first eight bytes. */
static void decode_quote(struct rest r, struct packet *ret)
{
	struct packet_icmp *icmp = &ret->icmp;
	uint32_t header = ret->v6 ? 40 : 20;
	if (!need(&r, header, ret))
		return;
	if (ret->v6) {
		icmp->protocol = r.p[6];
		icmp->source = r.p + 8;
		icmp->target = r.p + 24;
	} else {
		header = (uint32_t)(r.p[0] & 15) * 4;
		icmp->protocol = r.p[9];
		icmp->source = r.p + 12;
		icmp->target = r.p + 16;
		if (header < 20 || (be16(r.p + 6) & 0x1fff)) {
			ret->kind = PACKET_OTHER;
			return;
		}
	}
	if (icmp->protocol != PROTOCOL_TCP && icmp->protocol != PROTOCOL_UDP) {
		ret->kind = PACKET_OTHER;
		return;
	}
	if (!need(&r, header + 8, ret))
		return;
	skip(&r, header);
	icmp->source_port = be16(r.p);
	icmp->target_port = be16(r.p + 2);
	if (icmp->protocol == PROTOCOL_TCP)
		icmp->seq = be32(r.p + 4);
	else if (r.have >= 10)
		icmp->message = be16(r.p + 8);
	ret->kind = PACKET_ICMP_ERROR;
}

static bool is_error(bool v6, uint8_t type)
{
	/* Unreachable, time exceeded, parameter problem; v6 packet too big. */
	return v6 ? type >= 1 && type <= 4 : type == 3 || type == 11 || type == 12;
}

static void decode_icmp(struct rest r, struct packet *ret)
{
	if (!need(&r, 8, ret))
		return;
	struct packet_icmp icmp = { .type = r.p[0], .code = r.p[1] };
	if (!is_error(ret->v6, icmp.type)) {
		ret->kind = PACKET_OTHER;
		return;
	}
	if (ret->v6 && icmp.type == 2)
		icmp.mtu = be32(r.p + 4);
	else if (!ret->v6 && icmp.type == 3 && icmp.code == 4)
		icmp.mtu = be16(r.p + 6);
	ret->icmp = icmp;
	skip(&r, 8);
	decode_quote(r, ret);
}

/* --- IP --------------------------------------------------------------------------- */

static void decode_transport(uint8_t protocol, struct rest r, struct packet *ret)
{
	if (protocol == PROTOCOL_TCP)
		decode_tcp(r, ret);
	else if (protocol == PROTOCOL_UDP)
		decode_udp(r, ret);
	else if (protocol == (ret->v6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP))
		decode_icmp(r, ret);
	else
		ret->kind = PACKET_OTHER;
}

static void decode_v4(struct rest r, struct packet *ret)
{
	if (!need(&r, 20, ret))
		return;
	uint32_t header = (uint32_t)(r.p[0] & 15) * 4, total = be16(r.p + 2);
	uint16_t fragment = be16(r.p + 6);
	uint8_t protocol = r.p[9];
	ret->v6 = false;
	ret->ip_id = be16(r.p + 4);
	ret->df = fragment & 0x4000;
	ret->fragmented = fragment & 0x2000;
	ret->ttl = r.p[8];
	ret->source = r.p + 12;
	ret->target = r.p + 16;
	/* An offloading interface writes 0 where it will cut the packet later. */
	if (header < 20 || (total && total < header)) {
		ret->kind = PACKET_MALFORMED;
		return;
	}
	if (total)
		limit(&r, total);
	if (fragment & 0x1fff) {
		ret->kind = PACKET_FRAGMENT;
		return;
	}
	if (!need(&r, header, ret))
		return;
	skip(&r, header);
	decode_transport(protocol, r, ret);
}

/* Length of an extension header in bytes (RFC 8200, RFC 4302). */
static uint32_t extension_length(uint8_t protocol, const uint8_t *p)
{
	if (protocol == V6_FRAGMENT)
		return 8;
	return protocol == V6_AUTHENTICATION ? ((uint32_t)p[1] + 2) * 4
					     : ((uint32_t)p[1] + 1) * 8;
}

static bool is_extension(uint8_t protocol)
{
	return protocol == V6_HOP_BY_HOP || protocol == V6_ROUTING ||
	       protocol == V6_FRAGMENT || protocol == V6_AUTHENTICATION ||
	       protocol == V6_DESTINATION;
}

static void decode_v6(struct rest r, struct packet *ret)
{
	if (!need(&r, 40, ret))
		return;
	uint32_t payload = be16(r.p + 4);
	uint8_t protocol = r.p[6];
	ret->v6 = true;
	ret->df = true;
	ret->ttl = r.p[7];
	ret->source = r.p + 8;
	ret->target = r.p + 24;
	skip(&r, 40);
	if (payload) /* 0: a jumbogram, or one that is still to be cut */
		limit(&r, payload);
	for (unsigned i = 0; is_extension(protocol); i++) {
		if (!need(&r, 8, ret))
			return;
		uint32_t len = extension_length(protocol, r.p);
		if (protocol == V6_FRAGMENT) {
			ret->fragmented = r.p[3] & 1;
			if (be16(r.p + 2) & 0xfff8) {
				ret->kind = PACKET_FRAGMENT;
				return;
			}
		}
		protocol = r.p[0];
		if (i >= MAX_EXTENSIONS) {
			ret->kind = PACKET_MALFORMED;
			return;
		}
		if (!need(&r, len, ret))
			return;
		skip(&r, len);
	}
	decode_transport(protocol, r, ret);
}

static void decode_ip(struct rest r, struct packet *ret)
{
	if (!need(&r, 1, ret))
		return;
	if (r.p[0] >> 4 == 4)
		decode_v4(r, ret);
	else if (r.p[0] >> 4 == 6)
		decode_v6(r, ret);
	else
		ret->kind = PACKET_MALFORMED;
}

/* --- Link layers ------------------------------------------------------------------ */

static void decode_ethertype(uint16_t type, struct rest r, struct packet *ret)
{
	for (unsigned i = 0;
	     i < MAX_TAGS && (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ ||
				 type == ETHERTYPE_QINQ_OLD);
	     i++) {
		if (!need(&r, 4, ret))
			return;
		ret->vlan = be16(r.p) & 0x0fff;
		type = be16(r.p + 2);
		skip(&r, 4);
	}
	if (type == ETHERTYPE_V4 || type == ETHERTYPE_V6)
		decode_ip(r, ret);
	else
		ret->kind = PACKET_OTHER;
}

static void decode_ethernet(struct rest r, struct packet *ret)
{
	if (!need(&r, 14, ret))
		return;
	uint16_t type = be16(r.p + 12);
	skip(&r, 14);
	decode_ethertype(type, r, ret);
}

static enum packet_way way_of(unsigned type)
{
	if (type == 4)
		return PACKET_WAY_OUT;
	return type == 0 ? PACKET_WAY_IN : PACKET_WAY_UNKNOWN;
}

static void decode_sll(struct rest r, struct packet *ret)
{
	if (!need(&r, 16, ret))
		return;
	ret->way = way_of(be16(r.p));
	uint16_t type = be16(r.p + 14);
	skip(&r, 16);
	decode_ethertype(type, r, ret);
}

static void decode_sll2(struct rest r, struct packet *ret)
{
	if (!need(&r, 20, ret))
		return;
	ret->way = way_of(r.p[10]);
	ret->interface = (uint32_t)be16(r.p + 4) << 16 | be16(r.p + 6);
	uint16_t type = be16(r.p);
	skip(&r, 20);
	decode_ethertype(type, r, ret);
}

/* The address family before it is in the byte order of the machine that captured. */
static void decode_null(struct rest r, struct packet *ret)
{
	if (!need(&r, 4, ret))
		return;
	skip(&r, 4);
	decode_ip(r, ret);
}

typedef void decode_fn(struct rest r, struct packet *ret);

static decode_fn *decoder_of(int link)
{
	switch (link) {
	case PACKET_LINK_ETHERNET:
		return decode_ethernet;
	case PACKET_LINK_NULL:
	case PACKET_LINK_LOOP:
		return decode_null;
	case PACKET_LINK_RAW:
	case PACKET_LINK_RAW_BSD:
	case PACKET_LINK_RAW_FILE:
	case PACKET_LINK_IPV4:
	case PACKET_LINK_IPV6:
		return decode_ip;
	case PACKET_LINK_SLL:
		return decode_sll;
	case PACKET_LINK_SLL2:
		return decode_sll2;
	default:
		return NULL;
	}
}

bool packet_link_known(int link)
{
	return decoder_of(link) != NULL;
}

void packet_decode(
    int link, const uint8_t *bytes, uint32_t have, uint32_t wire, struct packet *ret)
{
	decode_fn *decode = decoder_of(link);
	/* A file may claim fewer bytes on the wire than it holds. */
	struct rest r = { bytes, have, wire < have ? have : wire };
	/* What comes behind is written as far as the kind promises. */
	memset(ret, 0, offsetof(struct packet, source));
	ret->kind = PACKET_OTHER;
	if (decode)
		decode(r, ret);
}
