/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/flow/wire.h"

/* On the heap and to the byte, so that a sanitizer sees every read too far. */
static struct packet decode(int link, const void *bytes, uint32_t have, uint32_t wire)
{
	struct packet p;
	uint8_t *copy = malloc(have ? have : 1);
	assert_non_null(copy);
	memcpy(copy, bytes, have);
	packet_decode(link, copy, have, wire, &p);
	p.payload = NULL;
	p.source = p.target = NULL;
	free(copy);
	return p;
}

static const char OPTIONS[] = "\2\4\5\xb4\4\2\x08\x0a\1\2\3\4\0\0\0\0\1\3\3\7";

static struct frame tcp_frame(const char *payload)
{
	struct frame f = { .len = 0 };
	frame_ipv4(&f, 6, 40 + (unsigned)strlen(payload));
	frame_tcp(&f, TCP_SYN, OPTIONS, 20, payload);
	return f;
}

static void segment_is_read_with_its_options(void **state)
{
	(void)state;
	struct frame f = tcp_frame("hello");
	frame_bytes(&f, "\0\0\0\0", 4); /* Ethernet padding is no payload */
	struct packet p = decode(PACKET_LINK_ETHERNET, f.bytes, f.len, f.len);
	assert_int_equal(p.kind, PACKET_TCP);
	assert_int_equal(p.ttl, 64);
	assert_int_equal(p.ip_id, 0x1234);
	assert_true(p.df);
	assert_int_equal(p.source_port, 40000);
	assert_int_equal(p.target_port, 443);
	assert_int_equal(p.tcp.seq, 1000);
	assert_int_equal(p.tcp.mss, 1460);
	assert_int_equal(p.tcp.window_scale, 7);
	assert_true(p.tcp.timestamps && p.tcp.sack_permitted && !p.tcp.sack);
	assert_int_equal(p.payload_len, 5);
	assert_int_equal(p.payload_have, 5);
}

static void every_link_layer_leads_to_the_same_segment(void **state)
{
	(void)state;

	static const struct {
		const char *name;
		int link;
		const char *head;
		size_t len;
		unsigned vlan;
	} rows[] = {
		{ "raw", PACKET_LINK_RAW, "", 0, 0 },
		{ "raw of files", PACKET_LINK_RAW_FILE, "", 0, 0 },
		{ "loopback", PACKET_LINK_NULL, "\2\0\0\0", 4, 0 },
		{ "cooked", PACKET_LINK_SLL, "\0\4\0\1\0\6\0\0\0\0\0\0\0\0\x08\0", 16,
		    0 },
		{ "cooked, second version", PACKET_LINK_SLL2,
		    "\x08\0\0\0\0\0\0\2\0\1\4\6\0\0\0\0\0\0\0\0", 20, 0 },
		{ "VLAN", PACKET_LINK_ETHERNET,
		    "\0\0\0\0\0\0\0\0\0\0\0\0\x81\0\x20\7\x08\0", 18, 7 },
		{ "VLAN in VLAN", PACKET_LINK_ETHERNET,
		    "\0\0\0\0\0\0\0\0\0\0\0\0\x88\xa8\0\1\x81\0\0\x2a\x08\0", 22, 42 },
	};
	struct frame whole = tcp_frame("hello");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct frame f = { .len = 0 };
		frame_bytes(&f, rows[i].head, rows[i].len);
		frame_bytes(&f, whole.bytes + 14, whole.len - 14);
		struct packet p = decode(rows[i].link, f.bytes, f.len, f.len);
		if (p.kind != PACKET_TCP || p.payload_len != 5 ||
		    p.vlan != rows[i].vlan)
			fail_msg("row \"%s\"", rows[i].name);
	}
	assert_false(packet_link_known(147));
}

static void cooked_captures_say_the_way(void **state)
{
	(void)state;
	struct frame whole = tcp_frame(""), f = { .len = 0 };
	frame_bytes(&f, "\x08\0\0\0\0\0\0\2\0\1\4\6\0\0\0\0\0\0\0\0", 20);
	frame_bytes(&f, whole.bytes + 14, whole.len - 14);
	assert_int_equal(
	    decode(PACKET_LINK_SLL2, f.bytes, f.len, f.len).way, PACKET_WAY_OUT);
	f.bytes[10] = 0;
	assert_int_equal(
	    decode(PACKET_LINK_SLL2, f.bytes, f.len, f.len).way, PACKET_WAY_IN);
}

static void tunnelled_frame_is_told_from_its_inside(void **state)
{
	(void)state;
	struct frame inner = tcp_frame("hello"), f = { .len = 0 };
	frame_ipv4(&f, 17, 8 + 8 + inner.len);
	frame_be16(&f, 50000);
	frame_be16(&f, 4789);
	frame_be16(&f, 8 + 8 + inner.len);
	frame_be16(&f, 0);
	frame_bytes(&f, "\x08\0\0\0\0\0\x4d\0", 8);
	frame_bytes(&f, inner.bytes, inner.len);
	struct packet p = decode(PACKET_LINK_ETHERNET, f.bytes, f.len, f.len);
	assert_int_equal(p.kind, PACKET_TCP);
	assert_true(p.tunnelled);
	assert_int_equal(p.payload_len, 5);
	/* An inside that cannot be read leaves the datagram as it is. */
	p = decode(PACKET_LINK_ETHERNET, f.bytes, 14 + 20 + 16 + 20, f.len);
	assert_int_equal(p.kind, PACKET_UDP);
}

static void ipv6_extension_headers_are_passed_over(void **state)
{
	(void)state;
	struct frame f = { .len = 0 };
	frame_bytes(&f, "\0\0\0\0\0\0\0\0\0\0\0\0\x86\xdd\x60\0\0\0", 18);
	frame_be16(&f, 8 + 8 + 20 + 3);
	frame_bytes(&f, "\0\x3f", 2);
	frame_bytes(&f, (uint8_t[32]){ 0xfd, [31] = 1 }, 32);
	frame_bytes(&f, "\x2c\0\0\0\0\0\0\0", 8); /* hop by hop, then a fragment */
	frame_bytes(&f, "\6\0\0\1\0\0\0\1", 8);
	frame_tcp(&f, TCP_ACK, "", 0, "abc");
	struct packet p = decode(PACKET_LINK_ETHERNET, f.bytes, f.len, f.len);
	assert_int_equal(p.kind, PACKET_TCP);
	assert_true(p.v6 && p.fragmented);
	assert_int_equal(p.ttl, 63);
	assert_int_equal(p.payload_len, 3);
	f.bytes[14 + 40 + 8 + 2] = 1; /* another offset: not the first any more */
	p = decode(PACKET_LINK_ETHERNET, f.bytes, f.len, f.len);
	assert_int_equal(p.kind, PACKET_FRAGMENT);
}

static void icmp_error_quotes_a_question(void **state)
{
	(void)state;
	struct frame f = { .len = 0 };
	frame_ipv4(&f, 1, 8 + 30);
	frame_bytes(&f, "\3\3\0\0\0\0\0\0", 8);
	frame_bytes(&f, "\x45\0\0\x2a\0\0\0\0\x40\x11\0\0\x0a\0\0\1\x0a\0\0\x35", 20);
	frame_bytes(&f, "\x13\x88\0\x35\0\x16\0\0\x12\x34", 10);
	struct packet p = decode(PACKET_LINK_ETHERNET, f.bytes, f.len, f.len);
	assert_int_equal(p.kind, PACKET_ICMP_ERROR);
	assert_int_equal(p.icmp.source_port, 5000);
	assert_int_equal(p.icmp.message, 0x1234);
	/* RFC 792 promises no more than the ports. */
	p = decode(PACKET_LINK_ETHERNET, f.bytes, f.len - 1, f.len);
	assert_int_equal(p.kind, PACKET_ICMP_ERROR);
	assert_int_equal(p.icmp.message, 0);
}

static void icmp_error_quotes_a_flow(void **state)
{
	(void)state;
	struct frame quoted = tcp_frame(""), f = { .len = 0 };
	frame_ipv4(&f, 1, 8 + 28);
	frame_bytes(&f, "\3\4\0\0\0\0\5\x78", 8);
	frame_bytes(&f, quoted.bytes + 14, 28);
	struct packet p = decode(PACKET_LINK_ETHERNET, f.bytes, f.len, f.len);
	assert_int_equal(p.kind, PACKET_ICMP_ERROR);
	assert_int_equal(p.icmp.type, 3);
	assert_int_equal(p.icmp.code, 4);
	assert_int_equal(p.icmp.mtu, 1400);
	assert_int_equal(p.icmp.source_port, 40000);
	assert_int_equal(p.icmp.seq, 1000);
	/* Without the eight bytes of RFC 792 nobody knows whom it is about. */
	p = decode(PACKET_LINK_ETHERNET, f.bytes, f.len - 1, f.len);
	assert_int_equal(p.kind, PACKET_CUT);
}

static void cut_packet_is_never_read_beyond_its_end(void **state)
{
	(void)state;
	struct frame f = tcp_frame("hello");
	for (uint32_t have = 0; have <= f.len; have++) {
		struct packet p = decode(PACKET_LINK_ETHERNET, f.bytes, have, f.len);
		if (have < 14 + 20 + 14)
			assert_int_equal(p.kind, PACKET_CUT);
		else
			assert_int_equal(p.kind, PACKET_TCP);
		/* What the wire carried is known from the header alone. */
		if (p.kind == PACKET_TCP)
			assert_int_equal(p.payload_len, 5);
		/* Of options that were cut nothing is claimed. */
		if (p.kind == PACKET_TCP && have < f.len - 5)
			assert_int_equal(p.tcp.mss, 0);
	}
}

static void offloaded_packet_without_a_length_counts_in_full(void **state)
{
	(void)state;
	struct frame f = tcp_frame("hello");
	memset(f.bytes + 16, 0, 2);
	struct packet p = decode(PACKET_LINK_ETHERNET, f.bytes, f.len, 60000);
	assert_int_equal(p.kind, PACKET_TCP);
	assert_int_equal(p.payload_len, 60000 - 14 - 20 - 40);
	assert_int_equal(p.payload_have, 5);
}

static void nonsense_is_malformed(void **state)
{
	(void)state;

	static const struct {
		const char *name;
		unsigned at, value;
	} rows[] = {
		{ "IP header shorter than its least", 14, 0x44 },
		{ "total length below the header", 17, 10 },
		{ "TCP header shorter than its least", 14 + 20 + 12, 0x40 },
		{ "TCP header longer than the packet", 14 + 20 + 12, 0xf0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct frame f = tcp_frame("");
		f.bytes[rows[i].at] = (uint8_t)rows[i].value;
		struct packet p = decode(PACKET_LINK_ETHERNET, f.bytes, f.len, f.len);
		if (p.kind != PACKET_MALFORMED)
			fail_msg("row \"%s\": %d", rows[i].name, p.kind);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segment_is_read_with_its_options),
		cmocka_unit_test(every_link_layer_leads_to_the_same_segment),
		cmocka_unit_test(cooked_captures_say_the_way),
		cmocka_unit_test(tunnelled_frame_is_told_from_its_inside),
		cmocka_unit_test(ipv6_extension_headers_are_passed_over),
		cmocka_unit_test(icmp_error_quotes_a_flow),
		cmocka_unit_test(icmp_error_quotes_a_question),
		cmocka_unit_test(cut_packet_is_never_read_beyond_its_end),
		cmocka_unit_test(offloaded_packet_without_a_length_counts_in_full),
		cmocka_unit_test(nonsense_is_malformed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
