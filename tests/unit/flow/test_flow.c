/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>
#include <sys/socket.h>

#include "tests/unit/flow/wire.h"

#define MS NSEC_PER_MSEC

static const char DATA[] = "0123456789";

static void handshake_has_both_round_trips(void **state)
{
	(void)state;
	struct talk t;
	talk_begin(&t);
	talk_open(&t);
	talk_end(&t);
	assert_int_equal(t.n_told, 1);
	assert_int_equal(t.told.client.port, 40000);
	assert_int_equal(t.told.server.port, 443);
	assert_int_equal(t.told.syn_ack / MS, 19); /* less a tick of the first packet */
	assert_true(t.told.ack > 0 && t.told.ack < MS);
	assert_int_equal(t.told.of_client.ttl, 64);
	assert_int_equal(t.told.of_server.ttl, 60);
	assert_false(t.told.midstream);
	assert_true(t.told.open);
}

static void repeated_syn_leaves_the_round_trip_unknown(void **state)
{
	(void)state;
	struct talk t;
	talk_begin(&t);
	talk_up(&t, TCP_SYN, 1000, 0, NULL, 0);
	talk_wait(&t, NSEC_PER_SEC);
	talk_open(&t);
	talk_end(&t);
	assert_int_equal(t.told.of_client.syns, 2);
	assert_int_equal(t.told.syn_ack, 0);
}

static void packet_captured_twice_counts_once(void **state)
{
	(void)state;
	struct talk t;
	struct obs_capture c = { .packets = 0 };
	talk_begin(&t);
	talk_open(&t);
	talk_up(&t, TCP_ACK, 1001, 5001, DATA, 10);
	talk_up(&t, TCP_ACK, 1001, 5001, DATA, 10);
	flow_engine_count(t.engine, &c);
	talk_end(&t);
	assert_int_equal(c.copies, 1);
	assert_int_equal(t.told.of_client.retransmits, 0);
}

static void data_sent_again_is_counted_with_its_size(void **state)
{
	(void)state;
	struct talk t;
	talk_begin(&t);
	talk_open(&t);
	talk_down(&t, TCP_ACK, 5001, 1001, 60, NULL, 0);
	for (int i = 0; i < 4; i++) {
		talk_wait(&t, 200 * MS);
		talk_up(&t, TCP_ACK, 1001, 5001, DATA, 10);
	}
	talk_end(&t);
	assert_int_equal(t.told.of_client.retransmits, 3);
	assert_int_equal(t.told.of_client.stuck_sent, 3);
	assert_int_equal(t.told.of_client.stuck_size, 10);
	assert_int_equal(t.told.of_client.unacked, 10);
	assert_int_equal(t.told.of_client.bytes, 40);
}

static void keep_alive_is_no_retransmission(void **state)
{
	(void)state;
	struct talk t;
	talk_begin(&t);
	talk_open(&t);
	talk_up(&t, TCP_ACK, 1001, 5001, DATA, 10);
	talk_wait(&t, MS * 5);
	talk_down(&t, TCP_ACK, 5001, 1011, 60, NULL, 0);
	talk_wait(&t, 60 * NSEC_PER_SEC);
	talk_up(&t, TCP_ACK, 1010, 5001, DATA, 1);
	talk_end(&t);
	assert_int_equal(t.told.of_client.retransmits, 0);
	assert_int_equal(t.told.of_client.unacked, 0);
}

static void reset_is_told_with_what_gives_its_sender_away(void **state)
{
	(void)state;
	struct talk t;
	talk_begin(&t);
	talk_open(&t);
	talk_wait(&t, 5 * MS);
	talk_up(&t, TCP_ACK | TCP_PSH, 1001, 5001, DATA, 10);
	talk_wait(&t, MS);
	talk_down(&t, TCP_RST, 5001, 0, 64, NULL, 0);
	talk_wait(&t, 20 * MS);
	talk_down(&t, TCP_ACK, 5001, 1011, 60, NULL, 0);
	talk_end(&t);
	const struct flow_reset *r = &t.told.reset;
	assert_true(r->present && r->by_server && r->pending && r->seq_fits);
	assert_false(r->ack || r->acks_data);
	assert_int_equal(r->ttl, 64);
	assert_int_equal(r->after, MS);
	assert_int_equal(r->packets_after, 1);
	assert_int_equal(r->ttl_after, 60);
	assert_int_equal(t.told.of_server.ttl_high, 60);
}

static void resets_that_differ_are_noticed(void **state)
{
	(void)state;
	struct talk t;
	talk_begin(&t);
	talk_open(&t);
	talk_up(&t, TCP_ACK, 1001, 5001, DATA, 10);
	talk_wait(&t, MS);
	talk_down(&t, TCP_RST | TCP_ACK, 5001, 1011, 64, NULL, 0);
	talk_wait(&t, 2 * MS);
	talk_down(&t, TCP_RST | TCP_ACK, 6461, 1011, 64, NULL, 0);
	talk_end(&t);
	assert_int_equal(t.told.reset.count, 2);
	assert_true(t.told.reset.differing);
	assert_true(t.told.reset.acks_data);
}

/* What the server's side sends behind our data, which is 1001 to 1010, in flight. */
struct reset_segment {
	uint8_t flags;
	uint32_t seq, ack;
};

static struct flow_reset told_of(const struct reset_segment *items, size_t n)
{
	struct talk t;
	talk_begin(&t);
	talk_open(&t);
	talk_up(&t, TCP_ACK, 1001, 5001, DATA, 10);
	for (size_t i = 0; i < n; i++) {
		talk_wait(&t, 2 * MS);
		talk_down(&t, items[i].flags, items[i].seq, items[i].ack, 60, NULL, 0);
	}
	talk_end(&t);
	return t.told.reset;
}

static void resets_are_held_against_all_that_was_sent(void **state)
{
	enum {
		R = TCP_RST,
		RA = TCP_RST | TCP_ACK,
		FIN = TCP_FIN | TCP_ACK
	};

	static const struct {
		const char *row;
		struct reset_segment segments[3];
		uint32_t ahead;
		bool mixed, behind;
	} rows[] = {
		{ "three that rise",
		    { { RA, 5001, 1011 }, { RA, 6461, 1011 }, { RA, 9381, 1011 } }, 2,
		    false, false },
		{ "none of them the next", { { RA, 6461, 1011 }, { RA, 9381, 1011 } },
		    2, false, false },
		{ "the same again", { { RA, 6461, 1011 }, { RA, 6461, 1021 } }, 1,
		    false, false },
		{ "two that fall", { { RA, 9381, 1011 }, { RA, 6461, 1011 } }, 1, false,
		    false },
		{ "an abort behind data that got lost, and an answer to ours",
		    { { RA, 9381, 1001 }, { R, 5001, 0 }, { R, 5001, 0 } }, 1, true,
		    false },
		{ "an abort behind the FIN",
		    { { FIN, 5001, 1001 }, { R, 5001, 0 }, { R, 5002, 0 } }, 0, false,
		    false },
		{ "answers to each segment, with what these acknowledge",
		    { { RA, 5001, 1006 }, { RA, 5001, 1011 } }, 0, false, false },
		{ "without ACK, and then with it",
		    { { R, 5001, 0 }, { RA, 5001, 1011 } }, 0, true, false },
		{ "a number that was used", { { R, 5000, 0 } }, 0, false, true },
		{ "a number of another connection", { { R, 77, 0 } }, 0, false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = 0;
		while (n < COUNT(rows[i].segments) && rows[i].segments[n].flags)
			n++;
		struct flow_reset r = told_of(rows[i].segments, n);
		if (r.ahead != rows[i].ahead || r.mixed != rows[i].mixed ||
		    r.behind != rows[i].behind)
			fail_msg("row \"%s\": %u ahead, mixed %d, behind %d",
			    rows[i].row, (unsigned)r.ahead, r.mixed, r.behind);
	}
}

/* The client was told more than passed here, and what it was told is answered. */
static void reset_with_a_number_that_was_acknowledged_is_not_ahead(void **state)
{
	(void)state;
	struct talk t;
	talk_begin(&t);
	talk_open(&t);
	talk_up(&t, TCP_ACK, 1001, 6461, DATA, 10);
	talk_wait(&t, MS);
	talk_down(&t, TCP_RST, 6461, 0, 60, NULL, 0);
	talk_up(&t, TCP_ACK, 1011, 9381, DATA, 10);
	talk_wait(&t, MS);
	talk_down(&t, TCP_RST, 9381, 0, 60, NULL, 0);
	talk_end(&t);
	assert_int_equal(t.told.reset.count, 2);
	assert_int_equal(t.told.reset.ahead, 0);
}

static void silence_before_data_is_measured_until_it_is_answered(void **state)
{
	(void)state;
	struct talk t;
	talk_begin(&t);
	talk_open(&t);
	talk_wait(&t, 30 * NSEC_PER_SEC);
	talk_up(&t, TCP_ACK, 1001, 5001, DATA, 10);
	talk_wait(&t, MS);
	talk_down(&t, TCP_ACK, 5001, 1011, 60, DATA, 10);
	talk_up(&t, TCP_ACK, 1011, 5011, NULL, 0);
	talk_wait(&t, 90 * NSEC_PER_SEC);
	talk_up(&t, TCP_ACK, 1011, 5011, DATA, 10);
	talk_wait(&t, 300 * MS);
	talk_up(&t, TCP_ACK, 1021, 5011, DATA, 5);
	talk_end(&t);
	assert_int_equal(t.told.idle_survived / NSEC_PER_SEC, 30);
	assert_int_equal((t.told.idle + MS) / NSEC_PER_SEC, 90);
}

static void gap_that_is_never_filled_stays_unacknowledged(void **state)
{
	(void)state;
	struct talk t;
	talk_begin(&t);
	talk_open(&t);
	talk_up(&t, TCP_ACK, 1001, 5001, DATA, 10);
	talk_wait(&t, MS);
	talk_down(&t, TCP_ACK, 5001 + 2800, 1011, 60, DATA, 10);
	talk_up(&t, TCP_ACK, 1011, 5001, NULL, 0);
	talk_end(&t);
	assert_true(t.told.of_server.gap);
	assert_int_equal(t.told.of_server.unacked, 2810);
}

static void name_is_found_in_a_hello_that_comes_in_pieces(void **state)
{
	(void)state;
	for (uint32_t cut = 1; cut < 60; cut += 7) {
		uint8_t hello[512];
		uint32_t len = hello_build(hello, "Blocked.Example.NET");
		struct talk t;
		talk_begin(&t);
		talk_open(&t);
		talk_up(&t, TCP_ACK, 1001, 5001, hello, cut);
		talk_wait(&t, MS);
		talk_up(&t, TCP_ACK, 1001 + cut, 5001, hello + cut, len - cut);
		talk_end(&t);
		/* Fewer than three bytes do not even look like TLS. */
		if (cut < 3)
			continue;
		assert_true(t.told.tls.present);
		assert_string_equal(t.name, "blocked.example.net");
		assert_int_equal(t.told.name_source, FLOW_NAME_SNI);
	}
}

static void one_direction_shows_by_what_it_acknowledges(void **state)
{
	(void)state;
	struct talk t;
	struct obs_capture c = { .packets = 0 };
	talk_begin(&t);
	talk_up(&t, TCP_SYN, 1000, 0, NULL, 0);
	talk_up(&t, TCP_ACK, 1001, 5001, NULL, 0);
	flow_engine_end(t.engine);
	flow_engine_count(t.engine, &c);
	talk_end(&t);
	assert_true(t.told.of_client.acks);
	assert_int_equal(c.one_way, 1);
	assert_int_equal(c.two_way, 0);
}

static void new_syn_on_old_ports_is_another_flow(void **state)
{
	(void)state;
	struct talk t;
	talk_begin(&t);
	talk_open(&t);
	talk_wait(&t, MS);
	talk_up(&t, TCP_SYN, 777777, 0, NULL, 0);
	assert_int_equal(t.n_told, 1);
	talk_end(&t);
	assert_int_equal(t.n_told, 2);
}

static void flows_that_ended_are_forgotten(void **state)
{
	(void)state;
	struct talk t;
	talk_begin(&t);
	talk_open(&t);
	talk_up(&t, TCP_FIN | TCP_ACK, 1001, 5001, NULL, 0);
	talk_down(&t, TCP_FIN | TCP_ACK, 5001, 1002, 60, NULL, 0);
	assert_int_equal(flow_engine_open(t.engine), 1);
	talk_wait(&t, 10 * NSEC_PER_SEC);
	struct packet other = { .kind = PACKET_OTHER };
	flow_engine_packet(t.engine, &other, t.now);
	assert_int_equal(flow_engine_open(t.engine), 0);
	assert_int_equal(t.n_told, 1);
	assert_true(t.told.of_client.fin_first);
	assert_false(t.told.of_server.fin_first);
	assert_false(t.told.open);
	talk_end(&t);
}

static void tables_survive_many_flows(void **state)
{
	(void)state;
	static const uint8_t server[4] = { 10, 0, 0, 2 };
	struct talk t;
	talk_begin(&t);
	for (uint32_t i = 0; i < 20000; i++) {
		uint8_t client[4] = { 10, 1, (uint8_t)(i >> 8), (uint8_t)i };
		struct packet p = { .kind = PACKET_TCP,
			.source = client,
			.target = server,
			.source_port = (uint16_t)(1024 + i % 3),
			.target_port = 443,
			.ttl = 64,
			.tcp = { .seq = i, .flags = TCP_SYN } };
		flow_engine_packet(t.engine, &p, t.now);
	}
	assert_int_equal(flow_engine_open(t.engine), 20000);
	talk_wait(&t, 1000 * NSEC_PER_SEC);
	struct packet other = { .kind = PACKET_OTHER };
	flow_engine_packet(t.engine, &other, t.now);
	assert_int_equal(flow_engine_open(t.engine), 0);
	assert_int_equal(t.n_told, 20000);
	talk_end(&t);
}

/* --- DNS -------------------------------------------------------------------------- */

static void dns_packet(
    struct talk *t, bool response, uint8_t ttl, uint16_t id, uint8_t last)
{
	static const uint8_t client[4] = { 10, 0, 0, 1 }, server[4] = { 10, 0, 0, 53 };
	struct frame f = { .len = 0 };
	frame_be16(&f, id);
	frame_be16(&f, response ? 0x8180 : 0x0100);
	frame_be16(&f, 1);
	frame_be16(&f, response);
	frame_be32(&f, 0);
	frame_bytes(&f, "\2Db\4test\0\0\1\0\1", 13);
	if (response) {
		frame_bytes(&f, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\0\0", 15);
		frame_bytes(&f, &last, 1);
	}
	struct packet p = { .kind = PACKET_UDP,
		.source = response ? server : client,
		.target = response ? client : server,
		.source_port = response ? 53 : 5000,
		.target_port = response ? 5000 : 53,
		.ttl = ttl,
		.payload = f.bytes,
		.payload_len = f.len,
		.payload_have = f.len };
	flow_engine_packet(t->engine, &p, t->now);
	talk_wait(t, MS);
}

static void second_dns_answer_is_compared_with_the_first(void **state)
{
	(void)state;

	static const struct {
		const char *name;
		uint8_t last;
		bool differing;
	} rows[] = { { "the same again", 9, false }, { "another address", 8, true } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct talk t;
		talk_begin(&t);
		dns_packet(&t, false, 64, 7, 0);
		dns_packet(&t, true, 100, 7, 9);
		dns_packet(&t, true, 62, 7, rows[i].last);
		talk_end(&t);
		assert_int_equal(t.told.dns.queries, 1);
		assert_int_equal(t.told.dns.answers, 2);
		if (t.told.dns.differing != rows[i].differing)
			fail_msg("row \"%s\"", rows[i].name);
		assert_int_equal(t.told.dns.ttl_first, 100);
		assert_string_equal(t.name, "db.test");
	}
}

/* Ports alone do not tell which question a router rejects. */
static void icmp_error_is_about_the_question_that_it_quotes(void **state)
{
	static const uint8_t client[4] = { 10, 0, 0, 1 }, server[4] = { 10, 0, 0, 53 };
	(void)state;

	for (uint16_t quoted = 7; quoted <= 8; quoted++) {
		struct talk t;
		talk_begin(&t);
		dns_packet(&t, false, 64, 7, 0);
		struct packet p = {
			.kind = PACKET_ICMP_ERROR, .source = server, .target = client
		};
		p.icmp = (struct packet_icmp){ .type = 3,
			.code = 3,
			.protocol = 17,
			.source = client,
			.target = server,
			.source_port = 5000,
			.target_port = 53,
			.message = quoted };
		flow_engine_packet(t.engine, &p, t.now);
		talk_end(&t);
		assert_int_equal(t.told.icmp.present, quoted == 7);
	}
}

static void dns_answer_names_the_address_later(void **state)
{
	(void)state;
	struct talk t;
	talk_begin(&t);
	dns_packet(&t, false, 64, 7, 0);
	dns_packet(&t, true, 62, 7, 2);
	flow_engine_end(t.engine);
	talk_up(&t, TCP_SYN, 1000, 0, NULL, 0);
	talk_end(&t);
	assert_string_equal(t.name, "db.test");
	assert_int_equal(t.told.name_source, FLOW_NAME_DNS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handshake_has_both_round_trips),
		cmocka_unit_test(repeated_syn_leaves_the_round_trip_unknown),
		cmocka_unit_test(packet_captured_twice_counts_once),
		cmocka_unit_test(data_sent_again_is_counted_with_its_size),
		cmocka_unit_test(keep_alive_is_no_retransmission),
		cmocka_unit_test(reset_is_told_with_what_gives_its_sender_away),
		cmocka_unit_test(resets_that_differ_are_noticed),
		cmocka_unit_test(resets_are_held_against_all_that_was_sent),
		cmocka_unit_test(
		    reset_with_a_number_that_was_acknowledged_is_not_ahead),
		cmocka_unit_test(silence_before_data_is_measured_until_it_is_answered),
		cmocka_unit_test(gap_that_is_never_filled_stays_unacknowledged),
		cmocka_unit_test(name_is_found_in_a_hello_that_comes_in_pieces),
		cmocka_unit_test(one_direction_shows_by_what_it_acknowledges),
		cmocka_unit_test(new_syn_on_old_ports_is_another_flow),
		cmocka_unit_test(flows_that_ended_are_forgotten),
		cmocka_unit_test(tables_survive_many_flows),
		cmocka_unit_test(second_dns_answer_is_compared_with_the_first),
		cmocka_unit_test(icmp_error_is_about_the_question_that_it_quotes),
		cmocka_unit_test(dns_answer_names_the_address_later),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
