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
	SYN_ACK, /* and it came */
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

static void see_capture(struct run *r, uint64_t dropped, const char *refused)
{
	struct obs o = obs_of(r, OBS_NO_TARGET, OBS_CAPTURE, 0);
	const struct obs_capture whole = { .source = "any",
		.dropped = dropped,
		.drops_known = true,
		.refused = refused };
	o.target = OBS_NO_TARGET;
	o.capture = arena_memdup(&r->arena, &whole, sizeof whole);
	see(r, o);
}

static struct obs flow(struct run *r, const char *local, const char *peer, enum shown s)
{
	struct obs o = obs_of(r, 0, OBS_FLOW, 0);
	struct obs_flow f = { .client = address(local), .server = address(peer) };
	f.dns.rcode = f.tls.alert = -1;
	f.of_client.packets = f.of_client.syns = s != RESET_ALONE;
	f.of_server.packets = f.of_server.syns = s == SYN_ACK || s == WRONG_ACK;
	f.wrong_ack = s == WRONG_ACK;
	f.reset.present = f.reset.by_server = s == RESET || s == RESET_ALONE;
	o.flow = arena_memdup(&r->arena, &f, sizeof f);
	return o;
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
			see(&r, flow(&r, LOCAL, PEER, row->shown));
		if (row->beside)
			see(&r, flow(&r, "10.0.0.4:41000", "20.1.1.1:80", SYN));
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
			struct obs f =
			    flow(&r, k ? "10.0.0.4:40001" : LOCAL, PEER, RESET);
			struct obs_flow changed = *f.flow;
			changed.reset.syn_ack_after = k < rows[i].with;
			changed.reset.packets_after = k < rows[i].with;
			changed.of_server.syns = k < rows[i].with;
			f.flow = arena_memdup(&r.arena, &changed, sizeof changed);
			see(&r, f);
		}
		run_judge(&r);
		run_expect(&r, 0, rows[i].name, STATUS_FAIL, rows[i].cause,
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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
