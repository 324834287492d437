/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/checks/obs_builder.h"
#include "tests/unit/checks/probe_builder.h"

#define PEER   "20.1.1.1:443"
#define PEER2  "20.1.1.2:443"
#define PEER6  "[2603:1030::1]:443"
#define OWN    "10.20.1.4"
#define ROUTER "10.20.1.1"

static void one_address_fails_by_errno_and_icmp(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		int err; /* 0 = time-out */
		const char *offender;
		uint8_t type, code;
		nsec_t waited;
		enum status status;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "silence", 0, NULL, 0, 0, 3 * NSEC_PER_SEC, STATUS_FAIL,
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "silence by the kernel's own clock", ETIMEDOUT, NULL, 0, 0,
		    3 * NSEC_PER_SEC, STATUS_FAIL, "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "silence with a prohibition on the way", 0, ROUTER, 3, 13,
		    3 * NSEC_PER_SEC, STATUS_FAIL, "icmp_rejected",
		    CONFIDENCE_CERTAIN },
		{ "refused", ECONNREFUSED, NULL, 0, 0, 1, STATUS_FAIL, "remote_refused",
		    CONFIDENCE_LIKELY },
		{ "port unreachable is no refusal", ECONNREFUSED, ROUTER, 3, 3, 1,
		    STATUS_FAIL, "icmp_rejected", CONFIDENCE_CERTAIN },
		{ "prohibited", EHOSTUNREACH, ROUTER, 3, 13, 1, STATUS_FAIL,
		    "icmp_rejected", CONFIDENCE_CERTAIN },
		{ "network prohibited", ENETUNREACH, ROUTER, 3, 9, 1, STATUS_FAIL,
		    "icmp_rejected", CONFIDENCE_CERTAIN },
		{ "host prohibited", EHOSTUNREACH, ROUTER, 3, 10, 1, STATUS_FAIL,
		    "icmp_rejected", CONFIDENCE_CERTAIN },
		{ "no route at a router", ENETUNREACH, ROUTER, 3, 0, 1, STATUS_FAIL,
		    "host_or_net_unreachable", CONFIDENCE_LIKELY },
		{ "host down at the last router", EHOSTUNREACH, ROUTER, 3, 1,
		    3 * NSEC_PER_SEC, STATUS_FAIL, "host_or_net_unreachable",
		    CONFIDENCE_LIKELY },
		{ "loop of routers", EHOSTUNREACH, ROUTER, 11, 0, 1, STATUS_FAIL,
		    "host_or_net_unreachable", CONFIDENCE_LIKELY },
		{ "an ICMP code nobody uses", EHOSTUNREACH, ROUTER, 3, 99, 1,
		    STATUS_FAIL, "host_or_net_unreachable", CONFIDENCE_POSSIBLE },
		{ "rejected here", ECONNREFUSED, OWN, 3, 3, 1, STATUS_FAIL,
		    "local_output_reject", CONFIDENCE_CERTAIN },
		{ "rejected here as unreachable", EHOSTUNREACH, OWN, 3, 1, 1,
		    STATUS_FAIL, "local_output_reject", CONFIDENCE_CERTAIN },
		{ "next hop silent", EHOSTUNREACH, OWN, 3, 1, 3 * NSEC_PER_SEC,
		    STATUS_FAIL, "local_gateway_unresolved", CONFIDENCE_LIKELY },
		{ "no route", ENETUNREACH, NULL, 0, 0, 1, STATUS_FAIL, "local_no_route",
		    CONFIDENCE_CERTAIN },
		{ "unreachable route", EHOSTUNREACH, NULL, 0, 0, 1, STATUS_FAIL,
		    "local_no_route", CONFIDENCE_CERTAIN },
		{ "blackhole route", EINVAL, NULL, 0, 0, 1, STATUS_FAIL,
		    "local_no_route", CONFIDENCE_CERTAIN },
		{ "interface down", ENETDOWN, NULL, 0, 0, 1, STATUS_FAIL,
		    "local_no_route", CONFIDENCE_CERTAIN },
		{ "late and unsigned", EHOSTUNREACH, NULL, 0, 0, 3 * NSEC_PER_SEC,
		    STATUS_FAIL, "host_or_net_unreachable", CONFIDENCE_POSSIBLE },
		{ "not permitted", EPERM, NULL, 0, 0, 1, STATUS_FAIL,
		    "local_policy_denied", CONFIDENCE_LIKELY },
		{ "access denied", EACCES, NULL, 0, 0, 1, STATUS_FAIL,
		    "local_policy_denied", CONFIDENCE_LIKELY },
		{ "ports used up", EADDRNOTAVAIL, NULL, 0, 0, 1, STATUS_FAIL,
		    "local_port_exhaustion", CONFIDENCE_CERTAIN },
		{ "no such interface", ENODEV, NULL, 0, 0, 1, STATUS_INCONCLUSIVE,
		    "local_source_address", CONFIDENCE_CERTAIN },
		{ "reset while connecting", ECONNRESET, NULL, 0, 0, 1, STATUS_FAIL,
		    "connection_reset", CONFIDENCE_CANNOT_TELL },
		{ "out of descriptors", EMFILE, NULL, 0, 0, 1, STATUS_INCONCLUSIVE,
		    "local_error", CONFIDENCE_CERTAIN },
		{ "an errno without a name", 4000, NULL, 0, 0, 1, STATUS_INCONCLUSIVE,
		    "local_error", CONFIDENCE_CERTAIN },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://20.1.1.1:443", NULL);
		struct obs o = rows[i].err ? tcp_failed(&r, 0, PEER, rows[i].err)
					   : tcp_timeout(&r, 0, PEER);
		o.end = o.begin + rows[i].waited;
		if (rows[i].offender)
			o.tcp.icmp =
			    icmp_from(rows[i].offender, rows[i].type, rows[i].code);
		see(&r, o);
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, rows[i].status, rows[i].cause,
		    rows[i].confidence);
		assert_int_equal(r.verdicts.items[0].stage, STAGE_TCP);
		if (rows[i].offender)
			assert_true(run_says(&r, 0, rows[i].offender));
		run_deinit(&r);
	}
}

static void icmp_six_has_its_own_numbers(void **state)
{
	(void)state;

	static const struct {
		uint8_t type, code;
		const char *cause;
	} rows[] = {
		{ 1, 0, "host_or_net_unreachable" }, { 1, 1, "icmp_rejected" },
		{ 1, 3, "host_or_net_unreachable" }, { 1, 4, "icmp_rejected" },
		{ 1, 6, "icmp_rejected" },
		{ 3, 13, "host_or_net_unreachable" }, /* a prohibition only in IPv4 */
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://six:443", NULL);
		struct obs o = tcp_failed(&r, 0, PEER6, EACCES);
		o.tcp.icmp = icmp_from("fd00::1", rows[i].type, rows[i].code);
		see(&r, o);
		run_judge(&r);
		assert_string_equal(r.verdicts.items[0].cause->name, rows[i].cause);
		run_deinit(&r);
	}
}

static void errors_raised_here_without_an_offender_are_local(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "tcp://20.1.1.1:443", NULL);
	struct obs o = tcp_failed(&r, 0, PEER, EHOSTUNREACH);
	o.tcp.icmp = icmp_from(NULL, 3, 13);
	o.tcp.icmp.local = true;
	see(&r, o);
	run_add(&r, "tcp://20.1.1.2:443", NULL);
	o = tcp_failed(&r, 1, PEER2, EHOSTUNREACH);
	o.tcp.icmp = icmp_from(NULL, 3, 13);
	see(&r, o);
	run_judge(&r);
	run_expect(
	    &r, 0, "local", STATUS_FAIL, "local_output_reject", CONFIDENCE_CERTAIN);
	run_expect(&r, 1, "unnamed", STATUS_FAIL, "icmp_rejected", CONFIDENCE_CERTAIN);
	run_deinit(&r);
}

static void a_refusal_on_this_very_machine_is_the_peers(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "tcp://127.0.0.1:443", NULL);
	struct obs o = tcp_failed(&r, 0, "127.0.0.1:443", ECONNREFUSED);
	o.tcp.icmp = icmp_from("127.0.0.1", 3, 13);
	see(&r, o);
	run_judge(&r);
	run_expect(&r, 0, "self", STATUS_FAIL, "icmp_rejected", CONFIDENCE_CERTAIN);
	run_deinit(&r);
}

static void a_source_that_was_asked_for_is_blamed(void **state)
{
	(void)state;

	for (int by_interface = 0; by_interface < 2; by_interface++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://20.1.1.1:443", NULL);
		if (by_interface)
			r.plan.probe.interface = "eth1";
		else
			r.plan.probe.source = address("10.9.9.9");
		struct obs o = tcp_failed(&r, 0, PEER, EADDRNOTAVAIL);
		o.tcp.outcome = TCP_CANNOT_TRY;
		see(&r, o);
		/* The kernel finds no route from an address that is not ours. */
		see_route(&r, 0, PEER, ENETUNREACH);
		run_judge(&r);
		run_expect(&r, 0, "bound", STATUS_INCONCLUSIVE, "local_source_address",
		    CONFIDENCE_CERTAIN);
		run_deinit(&r);
	}
}

static void another_port_narrows_silence_down(void **state)
{
	(void)state;

	static const struct {
		const char *row, *other;
		bool connected, proxy;
		enum confidence confidence;
	} rows[] = {
		{ "same address, other port", "20.1.1.1:445", true, false,
		    CONFIDENCE_LIKELY },
		{ "lower port", "20.1.1.1:22", true, false, CONFIDENCE_LIKELY },
		{ "same port", PEER, true, false, CONFIDENCE_CANNOT_TELL },
		{ "other address", "20.1.1.2:445", true, false,
		    CONFIDENCE_CANNOT_TELL },
		{ "other port silent too", "20.1.1.1:445", false, false,
		    CONFIDENCE_CANNOT_TELL },
		{ "a proxy there is no witness", "20.1.1.1:3128", true, true,
		    CONFIDENCE_CANNOT_TELL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://20.1.1.1:443", NULL);
		run_add(&r, "tcp://20.1.1.1:445", NULL);
		see(&r, tcp_timeout(&r, 0, PEER));
		struct obs o = rows[i].connected ? tcp_connected(&r, 1, rows[i].other)
						 : tcp_timeout(&r, 1, rows[i].other);
		o.tcp.via_proxy = rows[i].proxy;
		see(&r, o);
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, "silent_drop", rows[i].confidence);
		assert_true(r.verdicts.items[0].alternatives.n_items > 1);
		run_deinit(&r);
	}
}

static void segments_without_a_handshake_are_told(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "tcp://20.1.1.1:443", NULL);
	struct obs o = tcp_timeout(&r, 0, PEER);
	o.tcp.info.segs_in = 2;
	see(&r, o);
	run_judge(&r);
	run_expect(
	    &r, 0, "segments", STATUS_FAIL, "silent_drop", CONFIDENCE_CANNOT_TELL);
	assert_true(run_says(&r, 0, "2 segments came back"));
	run_deinit(&r);
}

static void some_of_several_addresses(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		int four, four2,
		    six; /* errno, 0 = connected, -1 = silent, -2 = not tried */
		enum status status;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "all connect", 0, 0, 0, STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
		{ "one silent", 0, -1, 0, STATUS_WARN, "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "one refused", 0, ECONNREFUSED, -2, STATUS_WARN, "remote_refused",
		    CONFIDENCE_LIKELY },
		{ "no IPv6 here", 0, -2, ENETUNREACH, STATUS_PASS, NULL,
		    CONFIDENCE_CERTAIN },
		{ "no IPv6 address here", 0, -2, EADDRNOTAVAIL, STATUS_PASS, NULL,
		    CONFIDENCE_CERTAIN },
		{ "no IPv6 in this kernel", 0, -2, EAFNOSUPPORT, STATUS_PASS, NULL,
		    CONFIDENCE_CERTAIN },
		{ "IPv6 silent", 0, 0, -1, STATUS_WARN, "ipv6_broken",
		    CONFIDENCE_CERTAIN },
		{ "IPv6 refused", 0, -2, ECONNREFUSED, STATUS_WARN, "ipv6_broken",
		    CONFIDENCE_CERTAIN },
		{ "IPv6 and an IPv4 silent", 0, -1, -1, STATUS_WARN, "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "only IPv6 works", -1, -2, 0, STATUS_WARN, "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "all fail, the surest is told", -1, ECONNREFUSED, ENETUNREACH,
		    STATUS_FAIL, "remote_refused", CONFIDENCE_LIKELY },
		{ "only an IPv6 address, none here", -2, -2, ENETUNREACH, STATUS_FAIL,
		    "local_no_route", CONFIDENCE_CERTAIN },
		{ "only an IPv6 address, no source", -2, -2, EADDRNOTAVAIL, STATUS_FAIL,
		    "local_no_route", CONFIDENCE_CERTAIN },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		static const char *const peers[] = { PEER, PEER2, PEER6 };
		const int how[] = { rows[i].four, rows[i].four2, rows[i].six };
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://several:443", NULL);
		for (size_t k = 3; k-- > 0;) {
			if (how[k] == 0)
				see(&r, tcp_connected(&r, 0, peers[k]));
			else if (how[k] == -1)
				see(&r, tcp_timeout(&r, 0, peers[k]));
			else if (how[k] > 0)
				see(&r, tcp_failed(&r, 0, peers[k], how[k]));
		}
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, rows[i].status, rows[i].cause,
		    rows[i].confidence);
		run_deinit(&r);
	}
}

static void ipv6_that_works_elsewhere_blames_the_aaaa_record(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "tcp://several:443", NULL);
	run_add(&r, "tcp://other:443", NULL);
	see(&r, tcp_connected(&r, 0, PEER));
	see(&r, tcp_timeout(&r, 0, PEER6));
	see(&r, tcp_connected(&r, 1, "[2603:1030::2]:443"));
	run_judge(&r);
	run_expect(&r, 0, "six", STATUS_WARN, "aaaa_misleads", CONFIDENCE_CERTAIN);
	assert_true(run_says(&r, 0, "another check connected by IPv6"));
	assert_true(run_says(&r, 0, "1 of 2 addresses connected"));
	run_deinit(&r);
}

static void silence_beside_an_address_that_works_may_be_a_lost_packet(void **state)
{
	(void)state;

	static const struct {
		const char *row, *peer;
		char repeat; /* 'c'onnected, 't'imeout, 0 = was not made */
		unsigned syns;
		enum status status;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "one SYN", PEER6, 0, 1, STATUS_WARN, "ipv6_broken",
		    CONFIDENCE_LIKELY },
		{ "two SYNs", PEER6, 0, 2, STATUS_WARN, "ipv6_broken",
		    CONFIDENCE_CERTAIN },
		{ "one SYN and a repeat", PEER6, 't', 1, STATUS_WARN, "ipv6_broken",
		    CONFIDENCE_CERTAIN },
		{ "the repeat connects", PEER6, 'c', 1, STATUS_PASS, NULL,
		    CONFIDENCE_CERTAIN },
		{ "the repeat connects, IPv4", PEER2, 'c', 1, STATUS_PASS, NULL,
		    CONFIDENCE_CERTAIN },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://several:443", NULL);
		see(&r, tcp_connected(&r, 0, PEER));
		struct obs o = tcp_timeout(&r, 0, rows[i].peer);
		o.tcp.info =
		    (struct tcp_facts){ .present = true, .segs_out = rows[i].syns };
		see(&r, o);
		if (rows[i].repeat)
			see(&r, control(&r, 0, rows[i].peer, CONTROL_REPEAT,
				    rows[i].repeat));
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, rows[i].status, rows[i].cause,
		    rows[i].confidence);
		assert_true(run_says(&r, 0, "a second attempt connected") ==
			    (rows[i].repeat == 'c'));
		run_deinit(&r);
	}
}

static void a_second_attempt_that_connects_counts(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "tcp://20.1.1.1:443", NULL);
	see(&r, tcp_failed(&r, 0, PEER, ECONNREFUSED));
	see(&r, tcp_connected(&r, 0, PEER));
	see(&r, tcp_failed(&r, 0, PEER, ECONNREFUSED));
	run_judge(&r);
	run_expect(&r, 0, "again", STATUS_PASS, NULL, CONFIDENCE_CERTAIN);
	assert_int_equal(r.verdicts.items[0].tcp, 2 * NSEC_PER_MSEC);
	run_deinit(&r);
}

static void many_addresses_stay_within_bounds(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "tcp://many:443", NULL);
	for (int i = 1; i <= OBS_MAX_ADDRESSES + 4; i++)
		see(&r, tcp_failed(&r, 0, arena_printf(&r.arena, "20.1.1.%d:443", i),
			    ECONNREFUSED));
	run_judge(&r);
	run_expect(&r, 0, "many", STATUS_FAIL, "remote_refused", CONFIDENCE_LIKELY);
	run_deinit(&r);
}

/* The trap of the guest agent, which drops what is not root's. */
static void only_root_may_judge_the_wireserver(void **state)
{
	(void)state;

	static const struct catalogue_entry wireserver = { .root_only = true };

	static const struct {
		const char *row;
		bool told, root, refused;
		enum status status;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "ordinary user", true, false, false, STATUS_INCONCLUSIVE, "root_only",
		    CONFIDENCE_LIKELY },
		{ "nobody said who runs it", false, false, false, STATUS_INCONCLUSIVE,
		    "root_only", CONFIDENCE_LIKELY },
		{ "root", true, true, false, STATUS_FAIL, "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "refused is not dropped", true, false, true, STATUS_FAIL,
		    "remote_refused", CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "http://168.63.129.16:80", &wireserver);
		if (rows[i].told)
			see_system(&r, rows[i].root);
		see(&r, rows[i].refused
			    ? tcp_failed(&r, 0, "168.63.129.16:80", ECONNREFUSED)
			    : tcp_timeout(&r, 0, "168.63.129.16:80"));
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, rows[i].status, rows[i].cause,
		    rows[i].confidence);
		run_deinit(&r);
	}
}

static void a_dead_proxy_is_named(void **state)
{
	(void)state;
	struct proxy proxy = { .shown_as = "http://10.0.0.9:3128", .host = "10.0.0.9" };
	struct run r;

	run_init(&r);
	run_add(&r, "https://one.example", NULL);
	run_add(&r, "https://two.example", NULL);
	for (int t = 0; t < 2; t++) {
		r.targets[t].proxy = &proxy;
		struct obs o = tcp_timeout(&r, t, "10.0.0.9:3128");
		o.tcp.via_proxy = true;
		see(&r, o);
	}
	run_judge(&r);
	run_expect(&r, 0, "proxy", STATUS_FAIL, "proxy_unreachable", CONFIDENCE_LIKELY);
	assert_true(words_hold(&r.verdicts.items[0].alternatives, "silent_drop"));
	assert_true(run_says(&r, 0, "proxy 10.0.0.9:3128"));
	assert_int_equal(r.verdicts.n_groups, 1);
	run_deinit(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_address_fails_by_errno_and_icmp),
		cmocka_unit_test(icmp_six_has_its_own_numbers),
		cmocka_unit_test(errors_raised_here_without_an_offender_are_local),
		cmocka_unit_test(a_refusal_on_this_very_machine_is_the_peers),
		cmocka_unit_test(a_source_that_was_asked_for_is_blamed),
		cmocka_unit_test(another_port_narrows_silence_down),
		cmocka_unit_test(segments_without_a_handshake_are_told),
		cmocka_unit_test(some_of_several_addresses),
		cmocka_unit_test(ipv6_that_works_elsewhere_blames_the_aaaa_record),
		cmocka_unit_test(
		    silence_beside_an_address_that_works_may_be_a_lost_packet),
		cmocka_unit_test(a_second_attempt_that_connects_counts),
		cmocka_unit_test(many_addresses_stay_within_bounds),
		cmocka_unit_test(only_root_may_judge_the_wireserver),
		cmocka_unit_test(a_dead_proxy_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
