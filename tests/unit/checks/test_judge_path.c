/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>

#include "tests/unit/checks/probe_builder.h"

#define PEER "20.1.1.1:443"
#define HTTP "20.1.1.1:80"

static bool has(const struct run *r, enum attribute a)
{
	return r->verdicts.items[0].attributes & a;
}

static void expect_attribute(
    const struct run *r, const char *row, enum attribute a, bool want)
{
	if (has(r, a) != want)
		fail_msg("row \"%s\"", row);
}

static void who_accepts_in_the_peers_place(void **state)
{
	(void)state;
	static const struct catalogue_entry platform = { .platform = true };

	static const struct {
		const char *row, *peer, *canary, *odd, *scan, *other_scan;
		const struct catalogue_entry *entry;
		bool routed, zero_window;
		unsigned want; /* attributes */
	} rows[] = {
		{ "the canary accepts", PEER, "192.0.2.1:443", NULL, NULL, NULL, NULL,
		    true, false, ATTR_TRANSPARENT_TCP_PROXY },
		{ "the canary is silent", PEER, NULL, NULL, NULL, NULL, NULL, true,
		    false, 0 },
		{ "on another port", "20.1.1.1:22", "192.0.2.1:443", NULL, NULL, NULL,
		    NULL, true, false, 0 },
		{ "on every port", "20.1.1.1:22", "192.0.2.1:443", "192.0.2.1:42443",
		    NULL, NULL, NULL, true, false, ATTR_TRANSPARENT_TCP_PROXY },
		{ "with a window of zero", "20.1.1.1:22", "192.0.2.1:443",
		    "192.0.2.1:42443", NULL, NULL, NULL, true, true, ATTR_SYN_PROXY },
		{ "a private address", "10.9.9.9:443", "192.0.2.1:443", NULL, NULL,
		    NULL, NULL, true, false, 0 },
		{ "an address of the platform", PEER, "192.0.2.1:443", NULL, NULL, NULL,
		    &platform, true, false, 0 },
		{ "IPv6, for which no canary spoke", "[2603:1030::1]:443",
		    "192.0.2.1:443", NULL, NULL, NULL, NULL, true, false, 0 },
		{ "one hop is enough behind a gateway", PEER, NULL, NULL, "ccc", NULL,
		    NULL, true, false, ATTR_TRANSPARENT_TCP_PROXY },
		{ "one hop on the link", PEER, NULL, NULL, "ccc", NULL, NULL, false,
		    false, 0 },
		{ "nearer than another port", PEER, NULL, NULL, "ecc", "eeec", NULL,
		    true, false, ATTR_TRANSPARENT_TCP_PROXY },
		{ "one hop nearer may be a lost answer", PEER, NULL, NULL, "eecc",
		    "ee.c", NULL, true, false, 0 },
		{ "as far as another port", PEER, NULL, NULL, "eec", "eec", NULL, true,
		    false, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://a.example:443", rows[i].entry);
		struct obs o = tcp_connected(&r, 0, rows[i].peer);
		o.tcp.info.present = true;
		see(&r, o);
		if (rows[i].canary) {
			o = control(
			    &r, OBS_NO_TARGET, rows[i].canary, CONTROL_CANARY, 'c');
			o.control_connect.info.present = true;
			o.control_connect.info.zero_window = rows[i].zero_window;
			see(&r, o);
		}
		if (rows[i].odd)
			see(&r, control(&r, OBS_NO_TARGET, rows[i].odd,
				    CONTROL_CANARY_ODD, 'c'));
		if (rows[i].routed)
			see_route(&r, 0, rows[i].peer, 0);
		if (rows[i].scan)
			see_scan(&r, 0, PEER, rows[i].scan);
		if (rows[i].other_scan)
			see_scan(&r, 0, HTTP, rows[i].other_scan);
		run_judge(&r);
		if (r.verdicts.items[0].attributes != rows[i].want)
			fail_msg("row \"%s\": %x", rows[i].row,
			    r.verdicts.items[0].attributes);
		/* A bare connection to such a device proves nothing. */
		run_expect(&r, 0, rows[i].row, STATUS_PASS, NULL,
		    rows[i].want ? CONFIDENCE_POSSIBLE : CONFIDENCE_CERTAIN);
		assert_int_equal(
		    strstr(r.verdicts.items[0].summary, "proves nothing") != NULL,
		    rows[i].want != 0);
		run_deinit(&r);
	}
}

static void a_handshake_that_is_proven_is_not_doubted(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "https://a.example", NULL);
	see(&r, tcp_connected(&r, 0, PEER));
	see(&r, tls_verified(&r, 0, PEER, NULL));
	see(&r, http_answer(&r, 0, PEER, 200, "", NULL));
	see(&r, canary(&r));
	run_judge(&r);
	run_expect(&r, 0, "verified", STATUS_PASS, NULL, CONFIDENCE_CERTAIN);
	expect_attribute(&r, "verified", ATTR_TRANSPARENT_TCP_PROXY, true);
	assert_true(r.verdicts.attributes & ATTR_TRANSPARENT_TCP_PROXY);
	run_deinit(&r);
}

static void a_device_that_accepts_everything_is_no_reach(void **state)
{
	(void)state;

	for (int proxied = 0; proxied < 2; proxied++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://a.example:443", NULL);
		r.checks[0].must_not_reach = true;
		see(&r, tcp_connected(&r, 0, PEER));
		if (proxied)
			see(&r, canary(&r));
		run_judge(&r);
		run_expect(&r, 0, "inverted",
		    proxied ? STATUS_INCONCLUSIVE : STATUS_FAIL,
		    proxied ? "silent_drop" : "reachable_but_forbidden",
		    proxied ? CONFIDENCE_CANNOT_TELL : CONFIDENCE_LIKELY);
		run_deinit(&r);
	}
}

static void sizes_of_segments(void **state)
{
	(void)state;

	static const struct {
		const char *row, *peer;
		struct tcp_facts info;
		bool clamped, reduced;
	} rows[] = {
		{ "usual", PEER,
		    { .present = true, .snd_mss = 1448, .pmtu = 1500, .advmss = 1460 },
		    false, false },
		{ "clamped to 1350", PEER,
		    { .present = true, .snd_mss = 1338, .pmtu = 1500, .advmss = 1460 },
		    true, false },
		{ "a peer with a slightly smaller MTU", PEER,
		    { .present = true, .snd_mss = 1428, .pmtu = 1500, .advmss = 1460 },
		    false, false },
		{ "the path told its MTU", PEER,
		    { .present = true, .snd_mss = 1348, .pmtu = 1400, .advmss = 1460 },
		    false, true },
		{ "IPv6", "[2603:1030::1]:443",
		    { .present = true, .snd_mss = 1428, .pmtu = 1500, .advmss = 1440 },
		    false, false },
		{ "the kernel tells nothing", PEER, { .snd_mss = 500, .pmtu = 1500 },
		    false, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://a.example:443", NULL);
		struct obs o = tcp_connected(&r, 0, rows[i].peer);
		o.tcp.info = rows[i].info;
		see(&r, o);
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, STATUS_PASS, NULL, CONFIDENCE_CERTAIN);
		expect_attribute(&r, rows[i].row, ATTR_MSS_CLAMPED, rows[i].clamped);
		expect_attribute(&r, rows[i].row, ATTR_PMTU_REDUCED, rows[i].reduced);
		run_deinit(&r);
	}
}

static void out_and_back_by_different_ways(void **state)
{
	(void)state;

	static const struct {
		const char *row, *scan;
		enum tcp_reply reply;
		unsigned ttl;
		bool confirmed, want;
	} rows[] = {
		{ "three out, two back", "eeec", REPLY_SYN_ACK, 62, true, true },
		{ "two out, two back", "eec", REPLY_SYN_ACK, 62, true, false },
		{ "two out, two back, another stack", "eec", REPLY_SYN_ACK, 126, true,
		    false },
		{ "not confirmed", "eeec", REPLY_SYN_ACK, 62, false, false },
		{ "of a reset", "eeec", REPLY_RESET, 62, true, false },
		{ "never got there", "eee.", REPLY_SYN_ACK, 62, true, false },
		{ "no scan", NULL, REPLY_SYN_ACK, 62, true, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://a.example:443", NULL);
		see(&r, tcp_connected(&r, 0, PEER));
		if (rows[i].scan)
			see_scan(&r, 0, PEER, rows[i].scan);
		struct obs o = reply_ttl(&r, 0, PEER, rows[i].reply, rows[i].ttl);
		o.reply_ttl.confirmed = rows[i].confirmed;
		see(&r, o);
		run_judge(&r);
		expect_attribute(&r, rows[i].row, ATTR_ASYMMETRIC_PATH, rows[i].want);
		run_deinit(&r);
	}
}

static void a_tunnel_needs_three_signs(void **state)
{
	(void)state;

	static const struct {
		const char *row, *peer, *other, *scan, *other_scan;
		unsigned ttl, other_ttl;
		bool clamped, want;
	} rows[] = {
		{ "private router, small segments, longer way", PEER, HTTP, "eeec",
		    "eec", 0, 0, true, true },
		{ "private router, longer way, farther back", PEER, HTTP, "eeec", "eec",
		    61, 62, false, true },
		{ "private router and longer way", PEER, HTTP, "eeec", "eec", 0, 0,
		    false, false },
		{ "small segments alone", PEER, HTTP, NULL, NULL, 0, 0, true, false },
		{ "no private router behind the first", PEER, HTTP, "e..c", "e.c", 61,
		    62, true, false },
		{ "a private destination", "10.9.9.9:443", "10.9.9.9:80", "eeec", "eec",
		    61, 62, true, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://a.example:443", NULL);
		struct obs o = tcp_connected(&r, 0, rows[i].peer);
		if (rows[i].clamped)
			o.tcp.info = (struct tcp_facts){ .present = true,
				.snd_mss = 1338,
				.pmtu = 1500,
				.advmss = 1460 };
		see(&r, o);
		if (rows[i].scan)
			see_scan(&r, 0, rows[i].peer, rows[i].scan);
		if (rows[i].other_scan)
			see_scan(&r, 0, rows[i].other, rows[i].other_scan);
		if (rows[i].ttl)
			see(&r,
			    reply_ttl(&r, 0, rows[i].peer, REPLY_SYN_ACK, rows[i].ttl));
		if (rows[i].other_ttl)
			see(&r, reply_ttl(&r, 0, rows[i].other, REPLY_SYN_ACK,
				    rows[i].other_ttl));
		run_judge(&r);
		expect_attribute(&r, rows[i].row, ATTR_FORCED_TUNNEL, rows[i].want);
		run_deinit(&r);
	}
}

static void a_round_trip_beyond_the_fabrics_is_a_sign_of_a_tunnel(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		uint32_t here, fabric; /* us; 0 = not measured */
		bool want;
	} rows[] = {
		{ "a step", 20000, 500, true },
		{ "no fabric to compare with", 20000, 0, false },
		{ "not three times as far", 20000, 8000, false },
		{ "both near", 2000, 100, false },
		{ "not measured", 0, 500, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://a.example:443", NULL);
		run_add(&r, "tcp://168.63.129.16:80", NULL);
		struct obs o = tcp_connected(&r, 0, PEER);
		o.tcp.info = (struct tcp_facts){ .present = true,
			.snd_mss = 1338,
			.pmtu = 1500,
			.advmss = 1460,
			.rtt_us = rows[i].here };
		see(&r, o);
		o = tcp_connected(&r, 1, "168.63.129.16:80");
		o.tcp.info = (struct tcp_facts){ .present = rows[i].fabric > 0,
			.rtt_us = rows[i].fabric };
		see(&r, o);
		/* Of another address: this one works, and is not scanned. */
		see_scan(&r, 0, "20.9.9.9:443", "eec");
		run_judge(&r);
		expect_attribute(&r, rows[i].row, ATTR_FORCED_TUNNEL, rows[i].want);
		run_deinit(&r);
	}
}

static void see_syn_ack(struct run *r, const char *peer, uint8_t ttl, uint16_t mss)
{
	struct obs_flow f = flow_between("10.0.0.4:40000", peer);
	f.of_client.packets = f.of_client.syns = 1;
	f.of_client.mss = 1460;
	f.of_server.packets = f.of_server.syns = 1;
	f.of_server.ttl = f.of_server.ttl_low = f.of_server.ttl_high = ttl;
	f.of_server.mss = mss;
	see_flow(r, 0, &f);
}

static void packets_of_the_handshake_are_signs_of_a_tunnel(void **state)
{
	(void)state;

	static const struct {
		const char *row, *scan, *other;
		uint8_t ttl, other_ttl;
		uint16_t mss;
		uint64_t lost;
		bool want;
	} rows[] = {
		{ "farther than another address, small segments", "eeec",
		    "20.9.9.9:443", 61, 62, 1350, 0, true },
		{ "another initial TTL, and farther", "eeec", "20.9.9.9:443", 125, 62,
		    1350, 0, true },
		{ "as far as another address", "eeec", "20.9.9.9:443", 62, 62, 1350, 0,
		    false },
		{ "farther than a private address", "eeec", "10.9.9.9:443", 61, 62,
		    1350, 0, false },
		{ "full segments", "eeec", "20.9.9.9:443", 61, 62, 1460, 0, false },
		{ "no private router", "e..c", "20.9.9.9:443", 61, 62, 1350, 0, false },
		{ "packets are missing", "eeec", "20.9.9.9:443", 61, 62, 1350, 2,
		    false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://a.example:443", NULL);
		see(&r, tcp_connected(&r, 0, PEER));
		see_scan(&r, 0, PEER, rows[i].scan);
		see_capture(&r, rows[i].lost, NULL);
		see_syn_ack(&r, PEER, rows[i].ttl, rows[i].mss);
		see_syn_ack(&r, rows[i].other, rows[i].other_ttl, 1460);
		run_judge(&r);
		expect_attribute(&r, rows[i].row, ATTR_FORCED_TUNNEL, rows[i].want);
		run_deinit(&r);
	}
}

/* A scan as see_scan() makes, behind whose first hop other routers stand. */
static void see_other_way(struct run *r, const char *peer, const char *answers)
{
	struct ttl_step steps[OBS_MAX_HOPS] = { 0 };
	struct obs o = obs_of(r, 0, OBS_TTL_SCAN, NSEC_PER_MSEC);

	for (size_t i = 0; answers[i]; i++) {
		steps[i].ttl = (unsigned)i + 1;
		steps[i].answer = answers[i] == 'c'   ? TTL_CONNECTED
				  : answers[i] == 'e' ? TTL_EXCEEDED
						      : TTL_SILENT;
		if (answers[i] == 'e')
			steps[i].icmp = icmp_from("10.2.0.2", 11, 0);
		o.ttl_scan.n_steps++;
	}
	o.ttl_scan.peer = address(peer);
	o.ttl_scan.steps = arena_memdup(&r->arena, steps, sizeof steps);
	see(r, o);
}

static void a_tunnel_is_the_cause_where_others_go_another_way(void **state)
{
	(void)state;

	static const struct {
		const char *row, *peer, *scan;
		const char *same, *other, *another; /* scans of addresses that work */
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "two others go another way", PEER, "ee......", NULL, ".ec", ".ec",
		    "forced_tunnel", CONFIDENCE_LIKELY },
		{ "one other does", PEER, "ee......", NULL, ".ec", NULL,
		    "forced_tunnel", CONFIDENCE_POSSIBLE },
		{ "another goes the same way", PEER, "ee......", "eec", ".ec", NULL,
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "the other's way is hidden", PEER, "ee......", NULL, "...c", NULL,
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "nothing works", PEER, "ee......", NULL, NULL, NULL, "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "lost behind the first hop", PEER, "e.......", NULL, ".ec", ".ec",
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "not scanned", PEER, NULL, NULL, ".ec", ".ec", "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "a private destination", "10.9.9.9:443", "ee......", NULL, ".ec",
		    ".ec", "silent_drop", CONFIDENCE_CANNOT_TELL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://a.example:443", NULL);
		see(&r, tcp_timeout(&r, 0, rows[i].peer));
		if (rows[i].scan)
			see_scan(&r, 0, rows[i].peer, rows[i].scan);
		if (rows[i].same)
			see_scan(&r, 0, "20.7.7.7:443", rows[i].same);
		if (rows[i].other)
			see_other_way(&r, "20.8.8.8:443", rows[i].other);
		if (rows[i].another)
			see_other_way(&r, "20.9.9.9:443", rows[i].another);
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_accepts_in_the_peers_place),
		cmocka_unit_test(a_handshake_that_is_proven_is_not_doubted),
		cmocka_unit_test(a_device_that_accepts_everything_is_no_reach),
		cmocka_unit_test(sizes_of_segments),
		cmocka_unit_test(out_and_back_by_different_ways),
		cmocka_unit_test(a_tunnel_needs_three_signs),
		cmocka_unit_test(a_round_trip_beyond_the_fabrics_is_a_sign_of_a_tunnel),
		cmocka_unit_test(packets_of_the_handshake_are_signs_of_a_tunnel),
		cmocka_unit_test(a_tunnel_is_the_cause_where_others_go_another_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
