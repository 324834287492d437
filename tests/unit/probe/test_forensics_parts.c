/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/forensics/capabilities.h"
#include "probe/forensics/counters.h"
#include "probe/forensics/route.h"
#include "probe/forensics/ttl_search.h"
#include "probe/model/order.h"

enum {
	MEMORY = 1 << 20
};

/* Runs a search against replies of one TTL; lost(n) tells whether packet n is lost. */
static unsigned search(struct ttl_search *s, unsigned ttl, bool (*lost)(unsigned n))
{
	unsigned packets = 0;
	ttl_search_init(s);
	while (ttl_search_next(s)) {
		bool answered[TTL_SEARCH_MAX];
		assert_in_range(s->n_asked, 1, TTL_SEARCH_MAX);
		for (size_t i = 0; i < s->n_asked; i++)
			answered[i] = ttl >= s->asked[i] && !lost(packets++);
		ttl_search_answer(s, answered);
	}
	return packets;
}

static bool none_lost(unsigned n)
{
	(void)n;
	return false;
}

static bool all_lost(unsigned n)
{
	(void)n;
	return true;
}

static void every_ttl_is_found_within_the_promised_packets(void **state)
{
	const struct order order = { .kind = ORDER_REPLY_TTL };
	(void)state;
	for (unsigned ttl = 1; ttl <= TTL_TOP; ttl++) {
		struct ttl_search s;
		unsigned packets = search(&s, ttl, none_lost);
		assert_int_equal(s.low, ttl);
		assert_int_equal(s.high, ttl + 1);
		assert_true(s.confirmed);
		assert_in_range(packets, 1, order_packets(&order));
	}
}

static void silence_ends_after_one_round(void **state)
{
	struct ttl_search s;
	(void)state;
	search(&s, 62, all_lost);
	assert_int_equal(s.rounds, 1);
	assert_false(s.any);
	assert_false(s.confirmed);
}

static unsigned lost_packet;

static bool one_lost(unsigned n)
{
	return n == lost_packet;
}

static void a_lost_packet_never_makes_a_wrong_ttl_confirmed(void **state)
{
	(void)state;
	unsigned unsure = 0;
	for (unsigned ttl = 40; ttl <= 70; ttl++) {
		for (lost_packet = 0; lost_packet < 36; lost_packet++) {
			struct ttl_search s;
			search(&s, ttl, one_lost);
			assert_true(s.low <= ttl);
			unsure += !s.confirmed;
			if (s.confirmed)
				assert_true(s.low == ttl && s.high == ttl + 1);
		}
	}
	assert_true(unsure > 0);
}

static const char snmp[] = "Ip: Forwarding InReceives InDelivers OutRequests\n"
			   "Ip: 1 100 90 80\n"
			   "Tcp: MaxConn ActiveOpens OutRsts\n"
			   "Tcp: -1 7 18446744073709551615\n";

static uint64_t value_of(
    const struct counter_set *before, const struct counter_set *after, const char *name)
{
	struct arena a;
	struct obs_counters o = { 0 };
	uint64_t delta = UINT64_MAX;
	arena_init(&a, MEMORY);
	counters_compare(before, after, &a, &o);
	for (size_t i = 0; i < o.n_items; i++)
		if (strcmp(o.items[i].name, name) == 0)
			delta = o.items[i].delta;
	arena_deinit(&a);
	return delta;
}

static void counters_are_found_by_name_and_compared(void **state)
{
	struct counter_set before = { .n = 0 }, after = { .n = 0 };
	(void)state;
	counters_parse_pairs(&before, snmp);
	counters_parse_pairs(&after,
	    "Ip: OutRequests InDelivers InReceives\nIp: 81 90 107\n"
	    "Tcp: ActiveOpens OutRsts\nTcp: 3 x\n");
	counters_parse_lines(&before, "Ip6InReceives   \t 5\nIp6OutRequests 6\n");
	counters_parse_lines(&after, "Ip6OutRequests 8\nIp6InReceives 5");
	assert_int_equal(before.n, 7);
	assert_int_equal(value_of(&before, &after, "Ip.InReceives"), 7);
	assert_int_equal(value_of(&before, &after, "Ip.InDelivers"), 0);
	assert_int_equal(value_of(&before, &after, "Ip.OutRequests"), 1);
	assert_int_equal(value_of(&before, &after, "Ip6.InReceives"), 0);
	assert_int_equal(value_of(&before, &after, "Ip6.OutRequests"), 2);
	/* It restarted; it was no number; it is not in the file. */
	assert_true(value_of(&before, &after, "Tcp.ActiveOpens") == UINT64_MAX);
	assert_true(value_of(&before, &after, "Tcp.OutRsts") == UINT64_MAX);
	assert_true(value_of(&before, &after, "Udp.NoPorts") == UINT64_MAX);
}

static void what_is_lost_on_this_host_shows(void **state)
{
	static const struct {
		const char *row, *names, *values;
		bool lost;
	} rows[] = {
		{ "nothing moved", "InReceives InDelivers ForwDatagrams", "100 90 5",
		    false },
		{ "delivered", "InReceives InDelivers ForwDatagrams", "110 100 5",
		    false },
		{ "delivered or forwarded", "InReceives InDelivers ForwDatagrams",
		    "110 95 10", false },
		{ "came in, and that was all", "InReceives InDelivers ForwDatagrams",
		    "110 99 5", true },
		{ "nobody counts deliveries", "InReceives", "110", false },
		{ "sent", "OutRequests OutTransmits", "12 13", false },
		{ "was to be sent, and was not", "OutRequests OutTransmits", "12 11",
		    true },
		{ "nobody counts what was sent", "OutRequests", "12", false },
		{ "restarted", "InReceives InDelivers", "7 5", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct counter_set before = { .n = 0 }, after = { .n = 0 };
		char text[256];
		counters_parse_pairs(&before,
		    "Ip: InReceives InDelivers ForwDatagrams OutRequests OutTransmits\n"
		    "Ip: 100 90 5 10 11\n");
		snprintf(text, sizeof text, "Ip: %s\nIp: %s\n", rows[i].names,
		    rows[i].values);
		counters_parse_pairs(&after, text);
		if (counters_show_loss(&before, &after) != rows[i].lost)
			fail_msg("row \"%s\"", rows[i].row);
	}
}

static void counters_of_a_text_cut_anywhere_are_those_of_its_whole_words(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof snmp; len++) {
		char text[sizeof snmp];
		struct counter_set set = { .n = 0 };
		memcpy(text, snmp, len);
		text[len] = '\0';
		counters_parse_pairs(&set, text);
		counters_parse_lines(&set, text);
		assert_in_range(set.n, 0, 5);
	}
}

static void this_kernel_has_counters(void **state)
{
	struct counter_set set;
	(void)state;
	counters_read(&set);
	assert_in_range(set.n, 30, OBS_MAX_COUNTERS);
}

static void icmp_for_a_syn_depends_on_the_kernels_version(void **state)
{
	static const struct {
		const char *release;
		bool has;
	} rows[] = {
		{ "5.8.0", true },
		{ "5.15.0-1089-azure", true },
		{ "6.8", true },
		{ "10.0.1", true },
		{ "5.7.19", false },
		{ "4.18.0-553.el8_10.x86_64", false },
		{ "5", false },
		{ "azure", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (capabilities_syn_icmp(rows[i].release) != rows[i].has)
			fail_msg("%s", rows[i].release);
}

/* A route message as the kernel would send it. */
struct message {
	struct nlmsghdr header;
	struct rtmsg route;
	unsigned char attributes[64];
};

static void put(struct message *m, unsigned short type, const void *data, size_t len)
{
	struct rtattr a = { .rta_len = (unsigned short)(sizeof a + len),
		.rta_type = type };
	memcpy((char *)m + m->header.nlmsg_len, &a, sizeof a);
	memcpy((char *)m + m->header.nlmsg_len + sizeof a, data, len);
	m->header.nlmsg_len += (uint32_t)RTA_ALIGN(sizeof a + len);
}

static struct message sample_message(void)
{
	struct message m = {
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof m.route),
		    .nlmsg_type = RTM_NEWROUTE },
		.route = { .rtm_family = AF_INET,
		    .rtm_table = RT_TABLE_MAIN,
		    .rtm_type = RTN_UNICAST },
	};
	uint32_t metrics[2] = { 8 | RTAX_MTU << 16, 1400 };
	uint8_t gateway[4] = { 10, 0, 0, 1 };
	uint32_t table = 1000;
	put(&m, RTA_GATEWAY, gateway, sizeof gateway);
	put(&m, RTA_METRICS, metrics, sizeof metrics);
	put(&m, RTA_TABLE, &table, sizeof table);
	return m;
}

static void a_route_message_is_read(void **state)
{
	struct message m = sample_message();
	struct obs_route route = { .err = 0 };
	struct arena a;
	(void)state;
	arena_init(&a, MEMORY);
	assert_true(route_parse(&m, m.header.nlmsg_len, &a, &route));
	assert_int_equal(route.err, 0);
	assert_int_equal(route.gateway.ip[0], 10);
	assert_int_equal(route.mtu, 1400);
	assert_int_equal(route.table, 1000);
	m.route.rtm_type = RTN_PROHIBIT;
	assert_true(route_parse(&m, m.header.nlmsg_len, &a, &route));
	assert_int_equal(route.err, EACCES);
	arena_deinit(&a);
}

static void damaged_route_messages_are_read_within_their_bounds(void **state)
{
	const struct message sound = sample_message();
	struct arena a;
	(void)state;
	arena_init(&a, MEMORY);
	for (size_t len = 0; len < sound.header.nlmsg_len; len++) {
		/* In memory of its own size, so that a sanitizer sees every overrun. */
		struct message *m = test_malloc(len + 1);
		struct obs_route route = { .err = 0 };
		memcpy(m, &sound, len);
		assert_false(route_parse(m, len, &a, &route));
		test_free(m);
	}
	for (size_t at = 0; at < sound.header.nlmsg_len; at++) {
		struct message m = sound;
		struct obs_route route = { .err = 0 };
		((unsigned char *)&m)[at] = 0xff;
		route_parse(&m, sound.header.nlmsg_len, &a, &route);
		assert_in_range(route.gateway.family, 0, AF_INET6);
	}
	arena_deinit(&a);
}

static void orders_promise_what_they_may_send(void **state)
{
	static const struct {
		struct order order;
		unsigned packets;
	} rows[] = {
		{ { .kind = ORDER_ROUTE }, 0 },
		{ { .kind = ORDER_TTL_SCAN }, 32 },
		{ { .kind = ORDER_CONTROL_CONNECT }, 1 },
		{ { .kind = ORDER_SOURCE_PORTS }, 48 },
		{ { .kind = ORDER_SOURCE_PORTS, .n_ports = 4, .rounds = 2 }, 8 },
		{ { .kind = ORDER_REPLY_TTL }, 36 },
		{ { .kind = ORDER_RESET_TEST }, 72 },
		{ { .kind = ORDER_TLS_VARIANT }, 12 },
		{ { .kind = ORDER_LOCAL_UDP }, 2 },
		{ { .kind = ORDER_COUNTED_SYNS }, 12 },
		{ { .kind = ORDER_DNS_VARIANT }, 3 },
		{ { .kind = ORDER_DNS_VARIANT, .form.once = true }, 1 },
		{ { .kind = ORDER_DNS_VARIANT, .form.transport = DNS_OVER_TCP }, 4 },
		{ { .kind = ORDER_REQUEST_VARIANT }, 16 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(order_packets(&rows[i].order), rows[i].packets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_ttl_is_found_within_the_promised_packets),
		cmocka_unit_test(silence_ends_after_one_round),
		cmocka_unit_test(a_lost_packet_never_makes_a_wrong_ttl_confirmed),
		cmocka_unit_test(counters_are_found_by_name_and_compared),
		cmocka_unit_test(what_is_lost_on_this_host_shows),
		cmocka_unit_test(
		    counters_of_a_text_cut_anywhere_are_those_of_its_whole_words),
		cmocka_unit_test(this_kernel_has_counters),
		cmocka_unit_test(icmp_for_a_syn_depends_on_the_kernels_version),
		cmocka_unit_test(a_route_message_is_read),
		cmocka_unit_test(damaged_route_messages_are_read_within_their_bounds),
		cmocka_unit_test(orders_promise_what_they_may_send),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
