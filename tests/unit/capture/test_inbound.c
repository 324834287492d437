/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/capture/inbound.h"
#include "tests/unit/test.h"

#define MS NSEC_PER_MSEC

enum {
	PORT = 29876,
	ISN = 5000, /* of every SYN-ACK */
	LO = 1,
	ETH0,
	ETH1,
	VF
};

static const struct inbound_ranges none = { .source = NULL };
static struct inbound *watched;
static struct arena arena;
static struct addr own[2];

static struct addr at(const char *text)
{
	struct addr a;
	assert_true(addr_parse_port(text, &a));
	return a;
}

static int setup(void **state)
{
	static const uint16_t ports[] = { PORT, 22 };
	(void)state;
	arena_init(&arena, 1 << 26);
	own[0] = at("10.0.0.4");
	own[1] = at("2001:db8::4");
	watched = inbound_new(ports, 2, own, 2);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	inbound_free(watched);
	arena_deinit(&arena);
	return 0;
}

/* From the peer to us, or (OUT) from us to the peer. */
static void pass(enum packet_way way, uint32_t interface, const char *peer,
    uint8_t flags, uint32_t ack, nsec_t when)
{
	const struct addr a = at(peer);
	const struct addr *us = &own[a.family == AF_INET6];
	bool in = way == PACKET_WAY_IN;
	const struct packet p = { .kind = PACKET_TCP,
		.way = way,
		.interface = interface,
		.v6 = a.family == AF_INET6,
		.source = in ? a.ip : us->ip,
		.target = in ? us->ip : a.ip,
		.source_port = in ? a.port : PORT,
		.target_port = in ? PORT : a.port,
		.tcp = { .flags = flags, .seq = in ? 1000 : ISN, .ack = ack } };
	inbound_packet(watched, &p, when);
}

static void syn(uint32_t interface, const char *peer, nsec_t when)
{
	pass(PACKET_WAY_IN, interface, peer, TCP_SYN, 0, when);
}

static void syn_ack(uint32_t interface, const char *peer, nsec_t when)
{
	pass(PACKET_WAY_OUT, interface, peer, TCP_SYN | TCP_ACK, 1001, when);
}

static void reply(const char *peer, uint8_t flags, nsec_t when)
{
	pass(PACKET_WAY_IN, ETH0, peer, flags, ISN + 1, when);
}

static struct obs_inbound told(nsec_t now)
{
	struct obs_inbound o;
	inbound_tell(watched, PORT, now, &none, &arena, &o);
	return o;
}

static const struct inbound_peer *only(nsec_t now)
{
	struct obs_inbound o = told(now);
	assert_int_equal(o.n_peers, 1);
	return &o.peers[0];
}

#define PEER "20.1.1.1:4000"

static void handshakes_are_followed_to_their_end(void **state)
{
	(void)state;
	syn(ETH0, PEER, 0);
	syn_ack(ETH0, PEER, 1 * MS);
	assert_int_equal(only(500 * MS)->pending, 1);
	assert_int_equal(only(500 * MS)->answered, 0);
	assert_int_equal(only(1000 * MS)->answered, 1);
	reply(PEER, TCP_ACK, 2 * MS);
	assert_int_equal(only(500 * MS)->completed, 1);
	/* Later ones change nothing, and neither does the end. */
	reply(PEER, TCP_ACK | TCP_PSH, 3 * MS);
	reply(PEER, TCP_RST, 4 * MS);
	const struct inbound_peer *p = only(500 * MS);
	assert_int_equal(p->connections, 1);
	assert_int_equal(p->completed, 1);
	assert_int_equal(p->aborted, 0);
	assert_int_equal(p->syns, 1);
	assert_int_equal(p->syn_acks, 1);
	assert_int_equal(p->elsewhere, 0);
	assert_null(p->left_by);
}

static void an_acknowledgement_of_something_else_completes_nothing(void **state)
{
	(void)state;
	syn(ETH0, PEER, 0);
	reply(PEER, TCP_ACK, 1 * MS); /* there is no answer yet */
	syn_ack(ETH0, PEER, 2 * MS);
	pass(PACKET_WAY_IN, ETH0, PEER, TCP_ACK, ISN, 3 * MS);
	assert_int_equal(only(2000 * MS)->completed, 0);
	reply(PEER, TCP_RST, 4 * MS);
	reply(PEER, TCP_ACK, 5 * MS);
	assert_int_equal(only(2000 * MS)->completed, 0);
	assert_int_equal(only(2000 * MS)->aborted, 1);
}

static void repetitions_count_and_copies_do_not(void **state)
{
	(void)state;
	/* A virtual function below eth0: each packet passes both devices. */
	for (nsec_t t = 0; t <= 3000 * MS; t += 1000 * MS) {
		syn(VF, PEER, t);
		syn(ETH0, PEER, t + 1);
		syn_ack(ETH0, PEER, t + 1 * MS);
		syn_ack(VF, PEER, t + 1 * MS + 1);
	}
	const struct inbound_peer *p = only(9000 * MS);
	assert_int_equal(p->connections, 1);
	assert_int_equal(p->syns, 4);
	assert_int_equal(p->syn_acks, 4);
	assert_int_equal(p->elsewhere, 0);
	assert_null(p->left_by);
}

static void an_answer_by_another_interface_is_told(void **state)
{
	(void)state;
	syn(ETH0, PEER, 0);
	syn_ack(ETH1, PEER, 1 * MS);
	reply(PEER, TCP_ACK, 2 * MS);
	const struct inbound_peer *p = only(2000 * MS);
	assert_int_equal(p->elsewhere, 1);
	assert_int_equal(p->completed, 1);
	assert_non_null(p->left_by);
	assert_string_not_equal(p->left_by, p->came_by);
}

static void refusals_are_told_apart(void **state)
{
	(void)state;
	const struct addr peer = at("20.1.1.1:4001");
	const struct packet icmp = { .kind = PACKET_ICMP_ERROR,
		.way = PACKET_WAY_OUT,
		.source = own[0].ip,
		.target = peer.ip,
		.icmp = { .protocol = 6,
		    .source = peer.ip,
		    .target = own[0].ip,
		    .source_port = 4001,
		    .target_port = PORT } };
	syn(ETH0, PEER, 0);
	pass(PACKET_WAY_OUT, ETH0, PEER, TCP_RST | TCP_ACK, 1001, 1 * MS);
	syn(ETH0, "20.1.1.1:4001", 2 * MS);
	inbound_packet(watched, &icmp, 3 * MS);
	syn(ETH0, "20.1.1.1:4002", 4 * MS);
	const struct inbound_peer *p = only(2000 * MS);
	assert_int_equal(p->connections, 3);
	assert_int_equal(p->refused, 1);
	assert_int_equal(p->rejected, 1);
	assert_int_equal(p->answered, 0);
	assert_int_equal(p->pending, 0);
}

static void many_connections_of_a_peer_are_all_counted(void **state)
{
	(void)state;
	char peer[32];
	for (unsigned i = 0; i < 100; i++) {
		snprintf(peer, sizeof peer, "20.1.1.1:%u", 4000 + i);
		syn(ETH0, peer, i * MS);
		syn_ack(ETH0, peer, i * MS);
		if (i % 2)
			reply(peer, TCP_ACK, i * MS);
	}
	/* The same port again, for a new connection. */
	pass(PACKET_WAY_IN, ETH0, peer, TCP_SYN, 0, 200 * MS);
	const struct inbound_peer *p = only(9000 * MS);
	assert_int_equal(p->connections, 100);
	assert_int_equal(p->answered, 100);
	assert_int_equal(p->completed, 50);
}

static void what_is_not_from_outside_to_the_port_is_left_alone(void **state)
{
	(void)state;

	static const struct {
		const char *name;
		enum packet_way way;
		const char *from, *to;
		uint16_t port;
	} rows[] = {
		{ "to the port", PACKET_WAY_IN, PEER, "10.0.0.4:29876", PORT },
		{ "from the port", PACKET_WAY_OUT, "10.0.0.4:29876", PEER, PORT },
		{ "another port", PACKET_WAY_IN, PEER, "10.0.0.4:29877", 0 },
		{ "forwarded", PACKET_WAY_IN, PEER, "10.0.0.5:29876", 0 },
		{ "on its way out again", PACKET_WAY_OUT, PEER, "10.0.0.4:29876", 0 },
		{ "our own client", PACKET_WAY_OUT, "10.0.0.4:4000", "20.1.1.1:22", 0 },
		{ "its answer", PACKET_WAY_IN, "20.1.1.1:22", "10.0.0.4:4000", 0 },
		{ "ourselves", PACKET_WAY_IN, "10.0.0.4:4000", "10.0.0.4:29876", 0 },
		{ "loopback", PACKET_WAY_IN, "127.0.0.2:4000", "127.0.0.1:29876", 0 },
		{ "IPv6", PACKET_WAY_IN, "[2001:db8::9]:4000", "[2001:db8::4]:29876",
		    PORT },
		{ "to whom is not known", PACKET_WAY_UNKNOWN, PEER, "10.0.0.4:29876",
		    0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct addr from = at(rows[i].from), to = at(rows[i].to);
		const struct packet p = { .kind = PACKET_TCP,
			.way = rows[i].way,
			.v6 = from.family == AF_INET6,
			.source = from.ip,
			.target = to.ip,
			.source_port = from.port,
			.target_port = to.port };
		if (inbound_port_of(watched, &p) != rows[i].port)
			fail_msg("%s", rows[i].name);
	}
}

static void floods_are_bounded_and_counted(void **state)
{
	(void)state;
	char peer[32];
	for (unsigned i = 0; i < INBOUND_PEERS + 50; i++) {
		snprintf(peer, sizeof peer, "20.1.%u.%u:4000", i / 200, 1 + i % 200);
		syn(ETH0, peer, i);
	}
	struct obs_inbound o = told(9000 * MS);
	assert_int_equal(o.n_peers, OBS_MAX_INBOUND_PEERS);
	assert_int_equal(o.more_peers, INBOUND_PEERS - OBS_MAX_INBOUND_PEERS);
	assert_int_equal(o.unknown_syns, 50);
	inbound_tell(watched, 22, 9000 * MS, &none, &arena, &o);
	assert_int_equal(o.n_peers + o.unknown_syns, 0);
}

/* Of 203.0.113.0/24, which is wanted; everything else is in one other. */
static size_t find(const void *arg, uint16_t port, const struct addr *a,
    const char **ret, size_t max, bool *ret_wanted)
{
	(void)arg;
	assert_int_equal(port, PORT);
	assert_true(max >= 1);
	*ret_wanted = a->ip[0] == 203;
	ret[0] = *ret_wanted ? "Wanted" : "Other";
	return 1;
}

static void the_wanted_come_first_and_then_those_who_were_served(void **state)
{
	(void)state;
	static const struct inbound_ranges ranges = { .source = "a list",
		.find = find };
	struct obs_inbound o;
	syn(ETH0, "20.1.1.1:4000", 0);
	syn(ETH0, "20.1.1.2:4000", 1);
	syn_ack(ETH0, "20.1.1.2:4000", 2);
	reply("20.1.1.2:4000", TCP_ACK, 3);
	syn(ETH0, "203.0.113.7:4000", 4);
	inbound_tell(watched, PORT, 9000 * MS, &ranges, &arena, &o);
	assert_int_equal(o.n_peers, 3);
	assert_string_equal(o.source, "a list");
	assert_string_equal(o.peers[0].ranges[0], "Wanted");
	assert_int_equal(o.peers[1].completed, 1);
	assert_int_equal(o.peers[2].answered, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(handshakes_are_followed_to_their_end),
		TEST(an_acknowledgement_of_something_else_completes_nothing),
		TEST(repetitions_count_and_copies_do_not),
		TEST(an_answer_by_another_interface_is_told),
		TEST(refusals_are_told_apart),
		TEST(many_connections_of_a_peer_are_all_counted),
		TEST(what_is_not_from_outside_to_the_port_is_left_alone),
		TEST(floods_are_bounded_and_counted),
		TEST(the_wanted_come_first_and_then_those_who_were_served),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
