/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>

#include "tests/unit/checks/probe_builder.h"

#define PEER "20.1.1.1:443"
#define HTTP "20.1.1.1:80"

enum {
	SERVER_TTL = 62,
	NEAR_TTL = 64,
	FAR_TTL = 60,
	OTHER_STACK = 126 /* as far as the server, but started with 128 */
};

static void begin(struct run *r, nsec_t after)
{
	run_init(r);
	run_add(r, "tcp://20.1.1.1:443", NULL);
	struct obs o = tcp_failed(r, 0, PEER, ECONNREFUSED);
	o.end = o.begin + after;
	see(r, o);
}

static void see_other(struct run *r, nsec_t rtt)
{
	struct obs o = control(r, 0, HTTP, CONTROL_OTHER_PORT, 'c');

	o.end = o.begin + rtt;
	see(r, o);
}

static void who_sent_the_reset(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		nsec_t after, rtt; /* of the reset; of the other port, 0 = silent */
		unsigned reset_ttl, other_ttl; /* 0 = not measured */
		const char *scan, *other_scan, *counters;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "nothing is known", 10, 0, 0, 0, NULL, NULL, NULL, "remote_refused",
		    CONFIDENCE_LIKELY },
		{ "the same distance", 10, 10, SERVER_TTL, SERVER_TTL, NULL, NULL, NULL,
		    "remote_refused", CONFIDENCE_LIKELY },
		{ "nearer", 10, 10, NEAR_TTL, SERVER_TTL, NULL, NULL, NULL,
		    "rst_injected_inline", CONFIDENCE_LIKELY },
		{ "farther: the other port is proxied", 10, 10, FAR_TTL, SERVER_TTL,
		    NULL, NULL, NULL, "remote_refused", CONFIDENCE_LIKELY },
		{ "another stack at the same distance", 10, 10, OTHER_STACK, SERVER_TTL,
		    NULL, NULL, NULL, "remote_refused", CONFIDENCE_LIKELY },
		{ "nothing to compare with", 10, 0, NEAR_TTL, 0, NULL, NULL, NULL,
		    "remote_refused", CONFIDENCE_LIKELY },
		{ "too early", 1, 40, 0, 0, NULL, NULL, NULL, "rst_injected_inline",
		    CONFIDENCE_LIKELY },
		{ "early, but within jitter", 25, 40, 0, 0, NULL, NULL, NULL,
		    "remote_refused", CONFIDENCE_LIKELY },
		{ "too early on a short path", 1, 2, 0, 0, NULL, NULL, NULL,
		    "remote_refused", CONFIDENCE_LIKELY },
		{ "before the host is reached", 10, 10, 0, 0, "errrr", "eeeec", NULL,
		    "rst_injected_inline", CONFIDENCE_LIKELY },
		{ "and no late answer", 10, 10, 0, 0, "errrr", "eeeec", "Tcp.OutRsts=0",
		    "rst_injected_inline", CONFIDENCE_CERTAIN },
		{ "and maybe a late answer", 10, 10, 0, 0, "errrr", "eeeec",
		    "Tcp.OutRsts=1", "rst_injected_inline", CONFIDENCE_LIKELY },
		{ "one hop before, nearer, no late answer", 10, 10, NEAR_TTL,
		    SERVER_TTL, "eerr", "eeec", "Tcp.OutRsts=0", "rst_injected_inline",
		    CONFIDENCE_CERTAIN },
		{ "one hop before alone", 10, 10, 0, 0, "eerr", "eeec", "Tcp.OutRsts=0",
		    "rst_injected_inline", CONFIDENCE_LIKELY },
		{ "at the host itself", 10, 10, 0, 0, "eeer", "eeec", "Tcp.OutRsts=0",
		    "remote_refused", CONFIDENCE_LIKELY },
		{ "the other port never got there", 10, 10, 0, 0, "err", "ee..", NULL,
		    "remote_refused", CONFIDENCE_LIKELY },
		{ "nearer, and sometimes accepted", 10, 10, NEAR_TTL, SERVER_TTL,
		    "eercrc", NULL, NULL, "rst_injected_onpath", CONFIDENCE_LIKELY },
		{ "as far, and sometimes accepted", 10, 10, SERVER_TTL, SERVER_TTL,
		    "eercrc", NULL, NULL, "remote_refused", CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r, rows[i].after * NSEC_PER_MSEC);
		if (rows[i].rtt)
			see_other(&r, rows[i].rtt * NSEC_PER_MSEC);
		if (rows[i].reset_ttl)
			see(&r, reply_ttl(&r, 0, PEER, REPLY_RESET, rows[i].reset_ttl));
		if (rows[i].other_ttl)
			see(&r,
			    reply_ttl(&r, 0, HTTP, REPLY_SYN_ACK, rows[i].other_ttl));
		if (rows[i].scan)
			see_scan(&r, 0, PEER, rows[i].scan);
		if (rows[i].other_scan)
			see_scan(&r, 0, HTTP, rows[i].other_scan);
		if (rows[i].counters)
			see(&r, counters(&r, rows[i].counters));
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

static void a_ttl_that_is_not_exact_is_not_compared(void **state)
{
	(void)state;
	struct run r;

	begin(&r, 10 * NSEC_PER_MSEC);
	see_other(&r, 10 * NSEC_PER_MSEC);
	struct obs o = reply_ttl(&r, 0, PEER, REPLY_RESET, NEAR_TTL);
	o.reply_ttl.ttl_high = NEAR_TTL + 2;
	see(&r, o);
	see(&r, reply_ttl(&r, 0, HTTP, REPLY_SYN_ACK, SERVER_TTL));
	run_judge(&r);
	run_expect(&r, 0, "range", STATUS_FAIL, "remote_refused", CONFIDENCE_LIKELY);
	run_deinit(&r);
}

static void the_fastest_of_many_resets_is_compared(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		nsec_t fastest;  /* ms; 0 = none was timed */
		nsec_t accepted; /* the fastest of the other port; 0 = none */
		nsec_t scanned;  /* the fastest of its scan; 0 = none */
		const char *cause;
	} rows[] = {
		{ "one came too early", 1, 40, 40, "rst_injected_inline" },
		{ "none did", 39, 40, 0, "remote_refused" },
		{ "none was timed", 0, 40, 0, "remote_refused" },
		{ "of the other port only one is known", 1, 0, 0, "remote_refused" },
		{ "the other port is as fast now and then", 1, 1, 0, "remote_refused" },
		{ "the path is short", 1, 12, 0, "remote_refused" },
		{ "as its scan shows", 1, 40, 1, "remote_refused" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r, 45 * NSEC_PER_MSEC);
		see_other(&r, 40 * NSEC_PER_MSEC);
		struct obs o = reply_ttl(&r, 0, PEER, REPLY_RESET, SERVER_TTL);
		o.reply_ttl.rtt = rows[i].fastest * NSEC_PER_MSEC;
		see(&r, o);
		if (rows[i].accepted) {
			o = reply_ttl(&r, 0, HTTP, REPLY_SYN_ACK, SERVER_TTL);
			o.reply_ttl.rtt = rows[i].accepted * NSEC_PER_MSEC;
			see(&r, o);
		}
		const struct ttl_step step = { .ttl = 3,
			.answer = TTL_CONNECTED,
			.rtt = rows[i].scanned * NSEC_PER_MSEC };
		if (rows[i].scanned) {
			o = obs_of(&r, 0, OBS_TTL_SCAN, NSEC_PER_MSEC);
			o.ttl_scan.peer = address(HTTP);
			o.ttl_scan.steps = &step;
			o.ttl_scan.n_steps = 1;
			see(&r, o);
		}
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, CONFIDENCE_LIKELY);
		run_deinit(&r);
	}
}

static void a_proxied_port_is_nothing_to_compare_with(void **state)
{
	(void)state;
	struct run r;

	begin(&r, NSEC_PER_MSEC);
	see_other(&r, 40 * NSEC_PER_MSEC);
	see(&r, control(&r, OBS_NO_TARGET, "192.0.2.1:80", CONTROL_CANARY, 'c'));
	run_judge(&r);
	run_expect(&r, 0, "proxied", STATUS_FAIL, "remote_refused", CONFIDENCE_LIKELY);
	run_deinit(&r);
}

static void two_senders_answer_the_same_syn(void **state)
{
	(void)state;

	static const struct {
		const char *row, *scan;
		bool mixed;
		const char *cause;
	} rows[] = {
		{ "always reset, accepted behind the threshold", "eerrrrrr", true,
		    "rst_injected_onpath" },
		{ "only resets", "eerrrrrr", false, "remote_refused" },
		{ "plain SYNs are accepted too: several servers", "eerrrcrr", true,
		    "remote_refused" },
		{ "too few plain SYNs", "eeeeeerr", true, "remote_refused" },
		{ "no plain SYNs", NULL, true, "remote_refused" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r, 10 * NSEC_PER_MSEC);
		struct obs o = reply_ttl(&r, 0, PEER, REPLY_RESET, SERVER_TTL);
		o.reply_ttl.mixed = rows[i].mixed;
		see(&r, o);
		if (rows[i].scan)
			see_scan(&r, 0, PEER, rows[i].scan);
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, CONFIDENCE_LIKELY);
		run_deinit(&r);
	}
}

static void a_refusal_without_a_syn_is_this_machines_own(void **state)
{
	(void)state;

	static const struct {
		const char *row, *windows, *counters, *cause;
		enum confidence confidence;
	} rows[] = {
		{ "no SYN left", "BpBpBp", "Ip.OutRequests=9 Ip.OutTransmits=1",
		    "local_output_rst", CONFIDENCE_LIKELY },
		{ "one burst left", "BpbpBp", "Ip.OutRequests=9 Ip.OutTransmits=1",
		    "remote_refused", CONFIDENCE_LIKELY },
		{ "nothing was lost, so nothing sent", "",
		    "Ip.OutRequests=9 Ip.OutTransmits=9", "remote_refused",
		    CONFIDENCE_LIKELY },
		{ "this kernel does not count what leaves", "BpBpBp",
		    "Ip.OutRequests=9", "remote_refused", CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r, NSEC_PER_USEC);
		see_counted(
		    &r, 0, PEER, rows[i].windows, "Ip.OutRequests", "Ip.OutTransmits");
		see(&r, counters(&r, rows[i].counters));
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refusal_without_a_syn_is_this_machines_own),
		cmocka_unit_test(who_sent_the_reset),
		cmocka_unit_test(a_ttl_that_is_not_exact_is_not_compared),
		cmocka_unit_test(the_fastest_of_many_resets_is_compared),
		cmocka_unit_test(a_proxied_port_is_nothing_to_compare_with),
		cmocka_unit_test(two_senders_answer_the_same_syn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
