/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>

#include "probe/base/arena.h"
#include "tests/unit/checks/probe_builder.h"

#define PEER  "20.1.1.1:443"
#define LOCAL "10.0.0.4:40000"

/* What the capture shows of the attempt. */
enum shown {
	NOTHING,
	SYN,
	SYN_ACK,  /* and it came */
	TOO_LATE, /* and it came when the socket was gone */
	WRONG_ACK,
	RESET,      /* after our SYN */
	RESET_ALONE /* no SYN before it */
};

struct row {
	const char *name;
	enum shown shown;
	unsigned beside; /* more flows to that address, to port 80, that left */
	uint64_t dropped;
	const char *refused, *counters;
	const char *cause;
	enum confidence confidence;
};

static struct obs_flow flow(const char *local, const char *peer, enum shown s)
{
	struct obs_flow f = flow_between(local, peer);
	f.of_client.packets = f.of_client.syns = s != RESET_ALONE;
	f.of_server.packets = f.of_server.syns =
	    s == SYN_ACK || s == WRONG_ACK || s == TOO_LATE;
	f.wrong_ack = s == WRONG_ACK;
	f.reset.by_server = s == RESET || s == RESET_ALONE;
	f.reset.present = f.reset.by_server || s == TOO_LATE;
	return f;
}

static void see_shown(struct run *r, const char *local, const char *peer, enum shown s)
{
	struct obs_flow f = flow(local, peer, s);
	see_flow(r, 0, &f);
}

static void judge_rows(const struct row *rows, size_t n, bool refused)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *row = &rows[i];
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://20.1.1.1:443", NULL);
		struct obs o = refused ? tcp_failed(&r, 0, PEER, ECONNREFUSED)
				       : tcp_timeout(&r, 0, PEER);
		o.tcp.local = address(LOCAL);
		see(&r, o);
		if (row->counters)
			see(&r, counters(&r, row->counters));
		see_capture(&r, row->dropped, row->refused);
		if (row->shown != NOTHING)
			see_shown(&r, LOCAL, PEER, row->shown);
		if (row->beside)
			see_shown(&r, "10.0.0.4:41000", "20.1.1.1:80", SYN);
		run_judge(&r);
		run_expect(&r, 0, row->name, STATUS_FAIL, row->cause, row->confidence);
		run_deinit(&r);
	}
}

static void silence_is_located_by_packets(void **state)
{
	static const struct row rows[] = {
		{ "no SYN left, another port's did", NOTHING, 1, 0, NULL, NULL,
		    "local_output_filter", CONFIDENCE_CERTAIN },
		{ "no SYN left, nor anything else", NOTHING, 0, 0, NULL, NULL,
		    "local_output_filter", CONFIDENCE_LIKELY },
		{ "no SYN left, and the kernel counts so", NOTHING, 0, 0, NULL,
		    "TcpExt.TCPRetransFail=2", "local_output_filter",
		    CONFIDENCE_CERTAIN },
		{ "packets were lost while capturing", NOTHING, 1, 1, NULL, NULL,
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "nothing was captured", NOTHING, 1, 0, "no CAP_NET_RAW", NULL,
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "the SYN left, whatever the kernel counts", SYN, 0, 0, NULL,
		    "TcpExt.TCPRetransFail=2 TcpExt.IPReversePathFilter=3",
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "a SYN-ACK came, no reverse path drop", SYN_ACK, 0, 0, NULL,
		    "TcpExt.IPReversePathFilter=0", "local_input_filter",
		    CONFIDENCE_CERTAIN },
		{ "a SYN-ACK came, bad checksums", SYN_ACK, 0, 0, NULL,
		    "TcpExt.IPReversePathFilter=0 Tcp.InCsumErrors=2",
		    "local_input_filter", CONFIDENCE_LIKELY },
		{ "a SYN-ACK came, reverse path drops", SYN_ACK, 0, 0, NULL,
		    "TcpExt.IPReversePathFilter=3", "local_rp_filter",
		    CONFIDENCE_LIKELY },
		{ "a SYN-ACK came, and nobody counts", SYN_ACK, 0, 0, NULL, NULL,
		    "local_input_filter", CONFIDENCE_LIKELY },
		{ "a SYN-ACK came too late", TOO_LATE, 0, 0, NULL,
		    "TcpExt.IPReversePathFilter=0", "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "a SYN-ACK for another connection", WRONG_ACK, 0, 0, NULL, NULL,
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "a SYN-ACK came, others are missing", SYN_ACK, 0, 1, NULL,
		    "TcpExt.IPReversePathFilter=0", "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
	};
	(void)state;
	judge_rows(rows, COUNT(rows), false);
}

static void refusals_are_located_by_packets(void **state)
{
	static const struct row rows[] = {
		{ "a reset without a SYN", RESET_ALONE, 0, 0, NULL, NULL,
		    "local_output_rst", CONFIDENCE_CERTAIN },
		{ "a reset after the SYN", RESET, 0, 0, NULL, NULL, "remote_refused",
		    CONFIDENCE_LIKELY },
		{ "packets were lost while capturing", RESET_ALONE, 0, 1, NULL, NULL,
		    "remote_refused", CONFIDENCE_LIKELY },
	};
	(void)state;
	judge_rows(rows, COUNT(rows), true);
}

static void a_syn_ack_behind_the_reset_shows_two_senders(void **state)
{
	static const struct {
		const char *name;
		unsigned with, without;
		uint64_t dropped;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "twice", 2, 0, 0, "rst_injected_onpath", CONFIDENCE_CERTAIN },
		{ "once", 1, 1, 0, "rst_injected_onpath", CONFIDENCE_LIKELY },
		{ "never", 0, 2, 0, "remote_refused", CONFIDENCE_LIKELY },
		{ "in a capture with gaps", 2, 0, 1, "remote_refused",
		    CONFIDENCE_LIKELY },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://20.1.1.1:443", NULL);
		struct obs o = tcp_failed(&r, 0, PEER, ECONNREFUSED);
		o.tcp.local = address(LOCAL);
		see(&r, o);
		see_capture(&r, rows[i].dropped, NULL);
		for (unsigned k = 0; k < rows[i].with + rows[i].without; k++) {
			struct obs_flow f =
			    flow(k ? "10.0.0.4:40001" : LOCAL, PEER, RESET);
			f.reset.syn_ack_after = k < rows[i].with;
			f.reset.packets_after = k < rows[i].with;
			f.of_server.syns = k < rows[i].with;
			see_flow(&r, 0, &f);
		}
		run_judge(&r);
		run_expect(&r, 0, rows[i].name, STATUS_FAIL, rows[i].cause,
		    rows[i].confidence);
		run_deinit(&r);
	}
}

static void an_answer_to_another_connection_is_a_memory_of_the_ports(void **state)
{
	static const struct {
		const char *row;
		bool stray, repeat;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "other ports are accepted", true, true, "stale_connection",
		    CONFIDENCE_LIKELY },
		{ "nothing else was accepted", true, false, "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "nothing of another connection came", false, true, "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://20.1.1.1:443", NULL);
		struct obs o = tcp_timeout(&r, 0, PEER);
		o.tcp.local = address(LOCAL);
		see(&r, o);
		if (rows[i].repeat)
			see(&r, control(&r, 0, PEER, CONTROL_REPEAT, 'c'));
		see_capture(&r, 0, NULL);
		struct obs_flow f = flow(LOCAL, PEER, SYN);
		f.of_server.packets = f.stray_ack = rows[i].stray;
		see_flow(&r, 0, &f);
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

static void icmp_that_the_socket_did_not_get(void **state)
{
	static const struct {
		const char *row;
		uint8_t type, code;
		uint64_t dropped;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "host unreachable", 3, 1, 0, "host_or_net_unreachable",
		    CONFIDENCE_LIKELY },
		{ "prohibited", 3, 13, 0, "icmp_rejected", CONFIDENCE_CERTAIN },
		{ "too big", 3, 4, 0, "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "the TTL ran out", 11, 0, 0, "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "packets are missing", 3, 13, 1, "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://20.1.1.1:443", NULL);
		struct obs o = tcp_timeout(&r, 0, PEER);
		o.tcp.local = address(LOCAL);
		see(&r, o);
		see_capture(&r, rows[i].dropped, NULL);
		struct obs_flow f = flow(LOCAL, PEER, SYN);
		f.icmp = (struct flow_icmp){ .present = true,
			.type = rows[i].type,
			.code = rows[i].code,
			.from = address("10.2.0.2"),
			.count = 1 };
		see_flow(&r, 0, &f);
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

static void resets_are_timed_by_their_packets(void **state)
{
	static const struct {
		const char *row;
		nsec_t reset, rtt;
		unsigned flows, round_trips;
		const char *cause;
	} rows[] = {
		{ "both too early", NSEC_PER_MSEC, 20 * NSEC_PER_MSEC, 2, 2,
		    "rst_injected_inline" },
		{ "one too early", NSEC_PER_MSEC, 20 * NSEC_PER_MSEC, 1, 2,
		    "remote_refused" },
		{ "one round trip, late by chance", NSEC_PER_MSEC, 20 * NSEC_PER_MSEC,
		    2, 1, "remote_refused" },
		{ "as late as they have to be", 20 * NSEC_PER_MSEC, 20 * NSEC_PER_MSEC,
		    2, 2, "remote_refused" },
		{ "a path too short to tell", NSEC_PER_MSEC / 10, 2 * NSEC_PER_MSEC, 2,
		    2, "remote_refused" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://20.1.1.1:443", NULL);
		struct obs o = tcp_failed(&r, 0, PEER, ECONNREFUSED);
		o.tcp.local = address(LOCAL);
		see(&r, o);
		see_capture(&r, 0, NULL);
		for (unsigned k = 0; k < rows[i].round_trips; k++) {
			struct obs_flow other =
			    flow(k ? "10.0.0.4:41001" : "10.0.0.4:41000", "20.1.1.1:80",
				SYN_ACK);
			other.syn_ack = rows[i].rtt;
			see_flow(&r, 0, &other);
		}
		for (unsigned k = 0; k < rows[i].flows; k++) {
			struct obs_flow f =
			    flow(k ? "10.0.0.4:40001" : LOCAL, PEER, RESET);
			f.reset.at = rows[i].reset;
			see_flow(&r, 0, &f);
		}
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, CONFIDENCE_LIKELY);
		run_deinit(&r);
	}
}

/* --- Names -------------------------------------------------------------------------
 */

#define RESOLVER "10.0.0.53:53"

static void see_question(struct run *r, const char *server, const char *name,
    uint32_t queries, bool differing, uint8_t ttl_other)
{
	struct obs_flow f = flow_between("10.0.0.4:5000", server);
	f.udp = true;
	f.name = name;
	f.dns.present = true;
	f.dns.queries = queries;
	f.dns.answers = 2;
	f.dns.differing = differing;
	f.dns.ttl_first = 100;
	f.dns.ttl_other = ttl_other;
	see_flow(r, 0, &f);
}

static void a_second_answer_from_elsewhere_is_no_copy(void **state)
{
	static const struct {
		const char *row, *server,
		    *also; /* name of a second question, or NULL */
		uint32_t queries;
		bool differing;
		uint8_t ttl_other;
		uint64_t dropped;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "two senders, for two names", RESOLVER, "b.test", 1, true, 62, 0,
		    "dns_injected", CONFIDENCE_CERTAIN },
		{ "two senders, once", RESOLVER, NULL, 1, true, 62, 0, "dns_injected",
		    CONFIDENCE_LIKELY },
		{ "two senders, twice", RESOLVER, "A.test", 1, true, 62, 0,
		    "dns_injected", CONFIDENCE_CERTAIN },
		{ "other content, one sender", RESOLVER, "b.test", 1, true, 100, 0,
		    NULL, CONFIDENCE_CERTAIN },
		{ "a copy", RESOLVER, "b.test", 1, false, 0, 0, NULL,
		    CONFIDENCE_CERTAIN },
		{ "asked twice", RESOLVER, "b.test", 2, true, 62, 0, NULL,
		    CONFIDENCE_CERTAIN },
		{ "another server", "10.0.0.54:53", "b.test", 1, true, 62, 0, NULL,
		    CONFIDENCE_CERTAIN },
		{ "packets are missing", RESOLVER, "b.test", 1, true, 62, 3, NULL,
		    CONFIDENCE_CERTAIN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "dns:a.test", NULL);
		see(&r, dns_answer(&r, 0, DNS_SYSTEM, RESOLVER, 0, "20.1.1.1"));
		see_capture(&r, rows[i].dropped, NULL);
		see_question(&r, rows[i].server, "a.test", rows[i].queries,
		    rows[i].differing, rows[i].ttl_other);
		if (rows[i].also)
			see_question(&r, rows[i].server, rows[i].also, rows[i].queries,
			    rows[i].differing, rows[i].ttl_other);
		run_judge(&r);
		run_expect(&r, 0, rows[i].row,
		    rows[i].cause ? STATUS_WARN : STATUS_PASS, rows[i].cause,
		    rows[i].confidence);
		run_deinit(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_located_by_packets),
		cmocka_unit_test(refusals_are_located_by_packets),
		cmocka_unit_test(a_syn_ack_behind_the_reset_shows_two_senders),
		cmocka_unit_test(
		    an_answer_to_another_connection_is_a_memory_of_the_ports),
		cmocka_unit_test(icmp_that_the_socket_did_not_get),
		cmocka_unit_test(resets_are_timed_by_their_packets),
		cmocka_unit_test(a_second_answer_from_elsewhere_is_no_copy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
