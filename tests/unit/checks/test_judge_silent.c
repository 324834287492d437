/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/checks/probe_builder.h"

#define PEER "20.1.1.1:443"
#define HTTP "20.1.1.1:80"

static void begin(struct run *r)
{
	run_init(r);
	run_add(r, "tcp://20.1.1.1:443", NULL);
	see(r, tcp_timeout(r, 0, PEER));
}

static void end(struct run *r, const char *row, const char *cause, enum confidence c)
{
	run_judge(r);
	run_expect(r, 0, row, STATUS_FAIL, cause, c);
}

static void this_machine_by_its_own_words(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		int udp_err, route_err;
		const char *scan, *counters;
		uint32_t tracked, most;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "a datagram may not leave either", EPERM, 0, NULL, "", 0, 0,
		    "local_output_filter", CONFIDENCE_CERTAIN },
		{ "a datagram meets another error", ECONNREFUSED, 0, NULL, "", 0, 0,
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "repeated SYNs fail", 0, 0, "................",
		    "TcpExt.TCPRetransFail=2", 0, 0, "local_output_filter",
		    CONFIDENCE_LIKELY },
		{ "repeated SYNs of others fail", 0, 0, "e...",
		    "TcpExt.TCPRetransFail=2", 0, 0, "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "none fails", 0, 0, NULL, "TcpExt.TCPRetransFail=0", 0, 0,
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "the kernel counts nothing", 0, 0, NULL, NULL, 0, 0, "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "tracking table full", 0, 0, NULL, "TcpExt.TCPRetransFail=2", 512,
		    512, "local_conntrack_full", CONFIDENCE_CERTAIN },
		{ "tracking table full, but packets leave", 0, 0, "e...",
		    "TcpExt.TCPRetransFail=0", 512, 512, "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "tracking table not quite full", EPERM, 0, NULL, "", 511, 512,
		    "local_output_filter", CONFIDENCE_CERTAIN },
		{ "reverse path", 0, 0, NULL, "TcpExt.IPReversePathFilter=3", 0, 0,
		    "local_rp_filter", CONFIDENCE_LIKELY },
		{ "no reverse path drop", 0, 0, NULL, "TcpExt.IPReversePathFilter=0", 0,
		    0, "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "answers are not delivered", 0, 0, NULL,
		    "Ip.InReceives=30 Ip.InDelivers=20 Ip.ForwDatagrams=0", 0, 0,
		    "local_input_filter", CONFIDENCE_POSSIBLE },
		{ "as many as the scan sent", 0, 0, "ee........",
		    "Ip.InReceives=30 Ip.InDelivers=20 Ip.ForwDatagrams=0", 0, 0,
		    "local_input_filter", CONFIDENCE_LIKELY },
		{ "fewer than one attempt would draw", 0, 0, NULL,
		    "Ip.InReceives=30 Ip.InDelivers=28 Ip.ForwDatagrams=0", 0, 0,
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "forwarded, not dropped", 0, 0, NULL,
		    "Ip.InReceives=30 Ip.InDelivers=20 Ip.ForwDatagrams=10", 0, 0,
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "nobody counts what is forwarded", 0, 0, NULL,
		    "Ip.InReceives=30 Ip.InDelivers=20", 0, 0, "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "bad checksums", 0, 0, NULL,
		    "Ip.InReceives=30 Ip.InDelivers=20 Ip.ForwDatagrams=0 "
		    "Tcp.InCsumErrors=9",
		    0, 0, "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "no route", 0, EHOSTUNREACH, NULL, "", 0, 0, "local_no_route",
		    CONFIDENCE_CERTAIN },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		see_route(&r, 0, PEER, rows[i].route_err);
		see_local_udp(&r, 0, PEER, rows[i].udp_err);
		if (rows[i].scan)
			see_scan(&r, 0, PEER, rows[i].scan);
		if (rows[i].counters) {
			struct obs o = counters(&r, rows[i].counters);
			o.counters.conntrack_count = rows[i].tracked;
			o.counters.conntrack_max = rows[i].most;
			see(&r, o);
		}
		end(&r, rows[i].row, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

/* The counters belong to the whole host. */
static void counters_must_cover_every_silent_attempt(void **state)
{
	(void)state;

	static const struct {
		const char *row, *counters, *cause, *alternative;
	} rows[] = {
		{ "output, two of two", "TcpExt.TCPRetransFail=2",
		    "local_output_filter", "silent_drop" },
		{ "output, one of two", "TcpExt.TCPRetransFail=1", "silent_drop",
		    "local_output_filter" },
		{ "reverse path, one of two", "TcpExt.IPReversePathFilter=1",
		    "silent_drop", "local_rp_filter" },
		{ "input, too few for two",
		    "Ip.InReceives=9 Ip.InDelivers=4 Ip.ForwDatagrams=0", "silent_drop",
		    "local_input_filter" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		run_add(&r, "tcp://20.1.1.2:443", NULL);
		see(&r, tcp_timeout(&r, 1, "20.1.1.2:443"));
		see(&r, counters(&r, rows[i].counters));
		run_judge(&r);
		for (int t = 0; t < 2; t++) {
			const struct verdict *v = &r.verdicts.items[t];
			assert_string_equal(v->cause->name, rows[i].cause);
			if (!words_hold(&v->alternatives, rows[i].alternative))
				fail_msg("row \"%s\"", rows[i].row);
		}
		run_deinit(&r);
	}
}

#define EVERY_COUNTER                                                                  \
	"Ip.InReceives=90 Ip.InDelivers=9 Ip.ForwDatagrams=0 Ip.OutRequests=90 "       \
	"Ip.OutTransmits=9 TcpExt.IPReversePathFilter=90 TcpExt.TCPRetransFail=9"
#define OUT "Ip.OutRequests", "Ip.OutTransmits"
#define IN  "Ip.InReceives", "Ip.InDelivers"

/* Two silent addresses, of which the SYNs to the first were counted: if they were lost
 * here, the counters of the run speak of the other; else they do not. */
static void counters_speak_of_the_address_whose_syns_they_follow(void **state)
{
	(void)state;

	static const struct {
		const char *row, *windows, *first, *second, *counters, *cause, *other;
	} rows[] = {
		{ "output", "BpBpBp", OUT, EVERY_COUNTER, "local_output_filter",
		    "local_output_filter" },
		{ "input", "BppBBp", IN, EVERY_COUNTER, "local_input_filter",
		    "local_input_filter" },
		{ "reverse path", "BpBBpp", "TcpExt.IPReversePathFilter", NULL,
		    EVERY_COUNTER, "local_rp_filter", "local_rp_filter" },
		{ "one pause is spoilt", "BPBpBp", IN, EVERY_COUNTER,
		    "local_input_filter", "local_input_filter" },
		{ "two pauses are spoilt", "BPBPBp", IN, EVERY_COUNTER, "silent_drop",
		    "silent_drop" },
		{ "one burst came through", "BpbpBp", IN, EVERY_COUNTER, "silent_drop",
		    "silent_drop" },
		{ "all came through", "bpbpbp", IN, EVERY_COUNTER, "silent_drop",
		    "silent_drop" },
		{ "two bursts are no row", "BpBp", IN,
		    "Ip.InReceives=9 Ip.InDelivers=8 Ip.ForwDatagrams=0", "silent_drop",
		    "silent_drop" },
		{ "this kernel does not count what leaves", "BpBpBp", OUT,
		    "Ip.OutRequests=90 TcpExt.TCPRetransFail=0", "silent_drop",
		    "silent_drop" },
		{ "nothing was sent", "", IN,
		    "Ip.InReceives=9 Ip.InDelivers=9 Ip.ForwDatagrams=0", "silent_drop",
		    "silent_drop" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		run_add(&r, "tcp://20.1.1.2:443", NULL);
		see(&r, tcp_timeout(&r, 1, "20.1.1.2:443"));
		see_counted(
		    &r, 0, PEER, rows[i].windows, rows[i].first, rows[i].second);
		see(&r, counters(&r, rows[i].counters));
		run_judge(&r);
		const char *cause = r.verdicts.items[0].cause->name;
		const char *other = r.verdicts.items[1].cause->name;
		if (strcmp(cause, rows[i].cause) != 0 ||
		    strcmp(other, rows[i].other) != 0)
			fail_msg("row \"%s\": %s and %s", rows[i].row, cause, other);
		run_deinit(&r);
	}
}

static void a_prohibit_route_is_no_policy(void **state)
{
	(void)state;

	for (int route = 0; route < 2; route++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://20.1.1.1:443", NULL);
		see(&r, tcp_failed(&r, 0, PEER, EACCES));
		see_route(&r, 0, PEER, route ? EACCES : 0);
		end(&r, "EACCES", route ? "local_no_route" : "local_policy_denied",
		    route ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		run_deinit(&r);
	}
}

static void a_kernel_that_tells_less_makes_less_sure(void **state)
{
	(void)state;

	enum route {
		NOT_LOOKED_UP,
		FOUND,
		NONE
	};

	static const struct {
		const char *row;
		int err;
		bool errors, routes; /* what the kernel can tell */
		enum route route;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "the kernel refused", EHOSTUNREACH, true, true, NONE,
		    "local_no_route", CONFIDENCE_CERTAIN },
		{ "and nobody can look the route up", EHOSTUNREACH, true, false,
		    NOT_LOOKED_UP, "local_no_route", CONFIDENCE_CERTAIN },
		{ "or an ICMP error was not told", EHOSTUNREACH, false, false,
		    NOT_LOOKED_UP, "local_no_route", CONFIDENCE_POSSIBLE },
		{ "there is a route", EHOSTUNREACH, false, true, FOUND,
		    "host_or_net_unreachable", CONFIDENCE_POSSIBLE },
		{ "not permitted, and no route says so", EACCES, true, true, FOUND,
		    "local_policy_denied", CONFIDENCE_LIKELY },
		{ "or a route does, that nobody can look up", EACCES, true, false,
		    NOT_LOOKED_UP, "local_policy_denied", CONFIDENCE_POSSIBLE },
		{ "refused", ECONNREFUSED, true, true, FOUND, "remote_refused",
		    CONFIDENCE_LIKELY },
		{ "or an ICMP error was not told", ECONNREFUSED, false, true, FOUND,
		    "remote_refused", CONFIDENCE_POSSIBLE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://20.1.1.1:443", NULL);
		struct obs o = obs_of(&r, OBS_NO_TARGET, OBS_CAPABILITIES, 0);
		o.capabilities.syn_icmp = rows[i].errors;
		o.capabilities.route = rows[i].routes;
		see(&r, o);
		see(&r, tcp_failed(&r, 0, PEER, rows[i].err));
		if (rows[i].route != NOT_LOOKED_UP)
			see_route(&r, 0, PEER, rows[i].route == NONE ? rows[i].err : 0);
		end(&r, rows[i].row, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

static void another_source_than_the_routes_is_an_alternative(void **state)
{
	(void)state;

	static const struct {
		const char *row, *given, *route;
		bool told;
	} rows[] = {
		{ "another", "10.9.9.9", "10.20.1.4", true },
		{ "the same", "10.20.1.4", "10.20.1.4", false },
		{ "the route has none", "10.9.9.9", NULL, false },
		{ "none given", NULL, "10.20.1.4", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		if (rows[i].given)
			r.plan.probe.source = address(rows[i].given);
		struct obs o = obs_of(&r, 0, OBS_ROUTE, 0);
		o.route.peer = address(PEER);
		if (rows[i].route)
			o.route.source = address(rows[i].route);
		see(&r, o);
		end(&r, rows[i].row, "silent_drop", CONFIDENCE_CANNOT_TELL);
		if (words_hold(&r.verdicts.items[0].alternatives,
			"local_source_address") != rows[i].told)
			fail_msg("row \"%s\"", rows[i].row);
		run_deinit(&r);
	}
}

static void another_source_that_connects_blames_the_source(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		char repeat, other; /* 0 = not asked */
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "connects", '.', 'c', "local_source_address", CONFIDENCE_LIKELY },
		{ "is silent, too", '.', '.', "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "there is none", '.', 0, "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "connects, and so does a second attempt", 'c', 'c', "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "connects, and there was one attempt only", 0, 'c', "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		if (rows[i].repeat)
			see(&r, control(&r, 0, PEER, CONTROL_REPEAT, rows[i].repeat));
		if (rows[i].other)
			see(&r,
			    control(&r, 0, PEER, CONTROL_OTHER_SOURCE, rows[i].other));
		end(&r, rows[i].row, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

static void a_scan_says_where_packets_get_lost(void **state)
{
	(void)state;

	static const struct {
		const char *row, *scan, *other_scan;
		char other; /* answer of the other port; 0 = not asked */
		const char *place;
		enum confidence confidence;
	} rows[] = {
		{ "behind the second router", "ee..............", NULL, 0,
		    "between hop 2 (100.64.0.2) and hop 3", CONFIDENCE_CANNOT_TELL },
		{ "and another port answers", "ee..............", "eec", 'c',
		    "between hop 2 (100.64.0.2) and hop 3", CONFIDENCE_LIKELY },
		{ "and another port refuses", "ee..............", NULL, 'r',
		    "between hop 2 (100.64.0.2) and hop 3", CONFIDENCE_LIKELY },
		{ "and another port is as silent", "ee..............", NULL, '.',
		    "between hop 2 (100.64.0.2) and hop 3", CONFIDENCE_CANNOT_TELL },
		{ "a router in between keeps quiet", "e.e.............", NULL, 0,
		    "between hop 3 (100.64.0.3) and hop 4", CONFIDENCE_CANNOT_TELL },
		{ "before the first router, the other port gets through",
		    "................", "eec", 'c', "no router answers to SYNs",
		    CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		see_scan(&r, 0, PEER, rows[i].scan);
		if (rows[i].other)
			see(&r,
			    control(&r, 0, HTTP, CONTROL_OTHER_PORT, rows[i].other));
		if (rows[i].other_scan)
			see_scan(&r, 0, HTTP, rows[i].other_scan);
		end(&r, rows[i].row, "silent_drop", rows[i].confidence);
		if (!run_says(&r, 0, rows[i].place))
			fail_msg("row \"%s\"", rows[i].row);
		run_deinit(&r);
	}
}

static void routers_that_hide_say_nothing(void **state)
{
	(void)state;
	struct run r;

	begin(&r);
	see_scan(&r, 0, PEER, "................");
	end(&r, "hidden", "silent_drop", CONFIDENCE_CANNOT_TELL);
	assert_false(run_says(&r, 0, "hop"));
	assert_false(run_says(&r, 0, "router"));
	run_deinit(&r);
}

static void what_is_ruled_out_looks_alike_no_more(void **state)
{
	(void)state;
	struct run r;

	begin(&r);
	see_scan(&r, 0, PEER, "ee..............");
	see(&r, control(&r, 0, HTTP, CONTROL_OTHER_PORT, 'c'));
	end(&r, "located", "silent_drop", CONFIDENCE_LIKELY);
	const struct verdict *v = &r.verdicts.items[0];
	assert_true(words_hold(&v->ruled_out, "the destination is down"));
	assert_false(words_hold(&v->alternatives, "the destination is down"));
	assert_false(words_hold(&v->alternatives, "NSG or admin rule denies outbound"));
	assert_true(words_hold(&v->alternatives, "return_path_drop"));
	assert_true(words_hold(&v->remediation, "port 443 on hop 2 (100.64.0.2)"));
	run_deinit(&r);
}

static void half_a_probe_proves_nothing(void **state)
{
	(void)state;

	static const struct {
		enum order_end end;
		const char *says;
	} rows[] = {
		{ ORDER_CUT, "the run ended first" },
		{ ORDER_NO_BUDGET, "the packet budget was spent" },
		{ ORDER_UNSUPPORTED, "this kernel lacks the means" },
		{ ORDER_CANNOT, "this machine could not" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		struct ttl_step step = { .ttl = 1,
			.answer = TTL_EXCEEDED,
			.icmp = icmp_from("10.1.0.1", 11, 0) };
		struct obs o = obs_of(&r, 0, OBS_TTL_SCAN, NSEC_PER_MSEC);
		o.ttl_scan.peer = address(PEER);
		o.ttl_scan.ended = rows[i].end;
		o.ttl_scan.steps = &step;
		o.ttl_scan.n_steps = 1;
		see(&r, o);
		o = control(&r, 0, HTTP, CONTROL_OTHER_PORT, 'c');
		o.control_connect.ended = rows[i].end;
		see(&r, o);
		o = obs_of(&r, 0, OBS_LOCAL_UDP, 0);
		o.local_udp.peer = address(PEER);
		o.local_udp.err = EPERM;
		o.local_udp.ended = rows[i].end;
		see(&r, o);
		end(&r, rows[i].says, "silent_drop", CONFIDENCE_CANNOT_TELL);
		assert_false(run_says(&r, 0, "hop"));
		assert_true(run_says(&r, 0, rows[i].says));
		assert_true(run_says(&r, 0, "the TTL scan was not made"));
		run_deinit(&r);
	}
}

static void a_port_that_everybody_gets_is_no_witness(void **state)
{
	(void)state;

	for (int proxied = 0; proxied < 2; proxied++) {
		struct run r;
		begin(&r);
		see(&r, control(&r, 0, HTTP, CONTROL_OTHER_PORT, 'c'));
		see(&r, control(&r, OBS_NO_TARGET,
			    proxied ? "192.0.2.1:80" : "192.0.2.1:443", CONTROL_CANARY,
			    'c'));
		end(&r, "canary", "silent_drop",
		    proxied ? CONFIDENCE_CANNOT_TELL : CONFIDENCE_LIKELY);
		run_deinit(&r);
	}
}

static void siblings_are_told(void **state)
{
	(void)state;

	static const struct {
		char answer;
		const char *says;
	} rows[] = { { 'c', "20.1.1.9:443, another address of the service, answers" },
		{ '.', "is silent too" } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		see(&r,
		    control(&r, 0, "20.1.1.9:443", CONTROL_SIBLING, rows[i].answer));
		end(&r, rows[i].says, "silent_drop", CONFIDENCE_CANNOT_TELL);
		assert_true(run_says(&r, 0, rows[i].says));
		run_deinit(&r);
	}
}

static void failing_source_ports_by_their_pattern(void **state)
{
	(void)state;

	static const struct {
		const char *row, *rounds[4];
		char other;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "the same ones",
		    { "c..cc.cc.c.cc..c", "c..cc.cc.c.cc..c", "c..cc.cc.c.cc..c", "" },
		    0, "partial_path_loss", CONFIDENCE_CERTAIN },
		{ "the same ones, the last of the row among them",
		    { "c..cc.cc.c.cc.c.", "c..cc.cc.c.cc.c.", "c..cc.cc.c.cc.c.", "" },
		    0, "partial_path_loss", CONFIDENCE_CERTAIN },
		{ "the same ones, two rounds",
		    { "c..cc.cc.c.cc..c", "c..cc.cc.c.cc..c", "" }, 0,
		    "partial_path_loss", CONFIDENCE_LIKELY },
		{ "the same ones of few", { "c.cc", "c.cc", "c.cc", "" }, 0,
		    "partial_path_loss", CONFIDENCE_LIKELY },
		{ "others each time", { "c.cc", "cc.c", "c.cc", "" }, 0, "random_loss",
		    CONFIDENCE_LIKELY },
		{ "one more in one round", { "c.cc", "c..c", "c.cc", "" }, 0,
		    "random_loss", CONFIDENCE_LIKELY },
		{ "all fail", { "....", "....", "....", "" }, 0, "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "none fails", { "cccc", "cccc", "cccc", "" }, 0, "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "one round", { "c.cc", "" }, 0, "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "all after the fourth", { "cccc....", "cccc....", "cccc....", "" }, 0,
		    "snat_exhaustion_suspected", CONFIDENCE_POSSIBLE },
		{ "while another port answers",
		    { "cccc....", "cccc....", "cccc....", "" }, 'c',
		    "snat_exhaustion_suspected", CONFIDENCE_LIKELY },
		{ "only the last", { "ccccccc.", "ccccccc.", "ccccccc.", "" }, 0,
		    "partial_path_loss", CONFIDENCE_LIKELY },
		{ "only the last two", { "cccccc..", "cccccc..", "cccccc..", "" }, 0,
		    "partial_path_loss", CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		if (rows[i].other)
			see(&r,
			    control(&r, 0, HTTP, CONTROL_OTHER_PORT, rows[i].other));
		see_ports(&r, 0, PEER, rows[i].rounds);
		end(&r, rows[i].row, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

static void failing_source_ports_by_their_place_in_the_row(void **state)
{
	(void)state;

	static const struct {
		const char *row, *rounds[4];
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "those that come last, in every round",
		    { "abcdEFGH", "hcagDFBE", "fbehACGD", "" },
		    "snat_exhaustion_suspected", CONFIDENCE_POSSIBLE },
		{ "the last ones of the first round, wherever they come later",
		    { "abcdEFGH", "cHaEbGFd", "GdFcabHE", "" },
		    "snat_exhaustion_suspected", CONFIDENCE_POSSIBLE },
		{ "the same ones, scattered in every round",
		    { "aEbFcGdH", "HcaGdbFE", "GbFcdaHE", "" }, "partial_path_loss",
		    CONFIDENCE_LIKELY },
		{ "those that come last, but for one round",
		    { "abcdEFGH", "hcDagFBE", "fbehACGD", "" }, "random_loss",
		    CONFIDENCE_LIKELY },
		{ "the last two, others each time",
		    { "abcdefGH", "hcagdfBE", "fbehacGD", "" }, "random_loss",
		    CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		see_port_order(&r, 0, PEER, rows[i].rounds);
		end(&r, rows[i].row, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

static void a_second_attempt_that_connects_leaves_it_open(void **state)
{
	(void)state;

	for (int by_scan = 0; by_scan < 2; by_scan++) {
		struct run r;
		begin(&r);
		if (by_scan)
			see_scan(&r, 0, PEER, "ee.ccccc");
		else
			see(&r, control(&r, 0, PEER, CONTROL_REPEAT, 'c'));
		see(&r, control(&r, 0, HTTP, CONTROL_OTHER_PORT, 'c'));
		end(&r, "repeat", "silent_drop", CONFIDENCE_CANNOT_TELL);
		assert_true(
		    words_hold(&r.verdicts.items[0].alternatives, "partial_path_loss"));
		assert_true(run_says(&r, 0, "another attempt"));
		run_deinit(&r);
	}
}

static void a_proxy_that_works_where_nothing_direct_does(void **state)
{
	(void)state;

	static const struct {
		const char *row, *peer;
		bool proxy_answers, direct_works, refused;
		const char *cause;
	} rows[] = {
		{ "silent", PEER, true, false, false, "explicit_proxy_required" },
		{ "refused", PEER, true, false, true, "explicit_proxy_required" },
		{ "a direct connection works", PEER, true, true, false, "silent_drop" },
		{ "the proxy does not answer", PEER, false, false, false,
		    "silent_drop" },
		{ "a private address", "10.9.9.9:443", true, false, false,
		    "silent_drop" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://a.example:443", NULL);
		run_add(&r, "https://proxied.example", NULL);
		run_add(&r, "tcp://direct.example:443", NULL);
		see(&r, rows[i].refused ? tcp_failed(&r, 0, rows[i].peer, ECONNREFUSED)
					: tcp_timeout(&r, 0, rows[i].peer));
		struct obs o = tcp_connected(&r, 1, "10.0.0.9:3128");
		o.tcp.via_proxy = true;
		see(&r, o);
		see(&r, tls_verified(&r, 1, "10.0.0.9:3128", NULL));
		o = http_answer(&r, 1, "10.0.0.9:3128", 200, "", NULL);
		o.http.via_proxy = true;
		if (!rows[i].proxy_answers)
			o.http.outcome = HTTP_TIMEOUT;
		see(&r, o);
		see(&r, rows[i].direct_works ? tcp_connected(&r, 2, "20.3.3.3:443")
					     : tcp_timeout(&r, 2, "20.3.3.3:443"));
		run_judge(&r);
		if (strcmp(r.verdicts.items[0].cause->name, rows[i].cause) != 0)
			fail_msg("row \"%s\": %s", rows[i].row,
			    r.verdicts.items[0].cause->name);
		run_deinit(&r);
	}
}

static void a_proxy_is_not_needed_for_the_platform(void **state)
{
	(void)state;
	static const struct catalogue_entry imds = { .platform = true };
	struct run r;

	run_init(&r);
	run_add(&r, "http://20.9.9.9:80", &imds);
	run_add(&r, "https://proxied.example", NULL);
	see(&r, tcp_timeout(&r, 0, "20.9.9.9:80"));
	struct obs o = http_answer(&r, 1, "10.0.0.9:3128", 200, "", NULL);
	o.http.via_proxy = true;
	see(&r, o);
	run_judge(&r);
	run_expect(
	    &r, 0, "platform", STATUS_FAIL, "silent_drop", CONFIDENCE_CANNOT_TELL);
	run_deinit(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(this_machine_by_its_own_words),
		cmocka_unit_test(counters_must_cover_every_silent_attempt),
		cmocka_unit_test(counters_speak_of_the_address_whose_syns_they_follow),
		cmocka_unit_test(a_prohibit_route_is_no_policy),
		cmocka_unit_test(a_kernel_that_tells_less_makes_less_sure),
		cmocka_unit_test(another_source_than_the_routes_is_an_alternative),
		cmocka_unit_test(another_source_that_connects_blames_the_source),
		cmocka_unit_test(a_scan_says_where_packets_get_lost),
		cmocka_unit_test(routers_that_hide_say_nothing),
		cmocka_unit_test(what_is_ruled_out_looks_alike_no_more),
		cmocka_unit_test(half_a_probe_proves_nothing),
		cmocka_unit_test(a_port_that_everybody_gets_is_no_witness),
		cmocka_unit_test(siblings_are_told),
		cmocka_unit_test(failing_source_ports_by_their_pattern),
		cmocka_unit_test(failing_source_ports_by_their_place_in_the_row),
		cmocka_unit_test(a_second_attempt_that_connects_leaves_it_open),
		cmocka_unit_test(a_proxy_that_works_where_nothing_direct_does),
		cmocka_unit_test(a_proxy_is_not_needed_for_the_platform),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
