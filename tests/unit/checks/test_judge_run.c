/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/checks/obs_builder.h"

#define PEER "20.1.1.1:443"

static struct obs unfinished(
    struct run *r, int t, enum stage stage, enum unfinished_reason reason)
{
	struct obs o = obs_of(r, t, OBS_UNFINISHED, 0);

	o.stage = stage;
	o.unfinished.reason = reason;
	o.unfinished.waited = 1500 * NSEC_PER_MSEC;
	return o;
}

static struct obs exchanged(
    struct run *r, int t, enum exchange_outcome outcome, const char *bytes)
{
	struct obs o = obs_of(r, t, OBS_EXCHANGE, NSEC_PER_MSEC);

	o.exchange.peer = address("20.1.1.1:445");
	o.exchange.protocol = r->targets[t].protocol;
	o.exchange.outcome = outcome;
	o.exchange.answer = outcome == EXCHANGE_ANSWERED ? "SMB 3.1.1" : NULL;
	o.exchange.first_bytes = (const uint8_t *)bytes;
	o.exchange.n_first_bytes = bytes ? strlen(bytes) : 0;
	return o;
}

static struct obs datagram(
    struct run *r, int t, const char *peer, enum udp_outcome outcome, int err)
{
	struct obs o = obs_of(r, t, OBS_UDP, NSEC_PER_SEC / 2);

	o.udp.peer = address(peer);
	o.udp.outcome = outcome;
	o.udp.err = err;
	o.udp.sent = 2;
	return o;
}

static void first_bytes_of_other_protocols(void **state)
{
	(void)state;

	static const struct {
		const char *row, *url;
		enum exchange_outcome outcome;
		const char *bytes;
		enum status status;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "answered", "smb://files:445", EXCHANGE_ANSWERED, NULL, STATUS_PASS,
		    NULL, CONFIDENCE_CERTAIN },
		{ "something else", "smb://files:445", EXCHANGE_MALFORMED, "HTTP/1.1",
		    STATUS_FAIL, "not_the_service", CONFIDENCE_LIKELY },
		{ "something else for ssh", "ssh://node:22", EXCHANGE_MALFORMED, "220 ",
		    STATUS_FAIL, "not_the_service", CONFIDENCE_LIKELY },
		{ "reset", "smb://files:445", EXCHANGE_RESET, NULL, STATUS_FAIL,
		    "connection_reset", CONFIDENCE_CANNOT_TELL },
		{ "closed", "smb://files:445", EXCHANGE_CLOSED, NULL, STATUS_FAIL,
		    "connection_closed", CONFIDENCE_CANNOT_TELL },
		{ "silent", "smb://files:445", EXCHANGE_TIMEOUT, NULL, STATUS_FAIL,
		    "no_reply", CONFIDENCE_CANNOT_TELL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, rows[i].url, NULL);
		see(&r, tcp_connected(&r, 0, "20.1.1.1:445"));
		struct obs o = exchanged(&r, 0, rows[i].outcome, rows[i].bytes);
		if (rows[i].outcome == EXCHANGE_RESET)
			o.exchange.icmp = icmp_from("10.20.1.1", 3, 13);
		see(&r, o);
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, rows[i].status, rows[i].cause,
		    rows[i].confidence);
		run_deinit(&r);
	}
}

static void datagrams_prove_little(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		enum udp_outcome outcome;
		int err;
		const char *offender;
		uint8_t type, code;
		enum status status;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "silence", UDP_SILENT, 0, NULL, 0, 0, STATUS_PASS, NULL,
		    CONFIDENCE_POSSIBLE },
		{ "an answer", UDP_ANSWERED, 0, NULL, 0, 0, STATUS_PASS, NULL,
		    CONFIDENCE_LIKELY },
		{ "closed port", UDP_FAILED, ECONNREFUSED, "20.1.1.1", 3, 3,
		    STATUS_FAIL, "remote_refused", CONFIDENCE_LIKELY },
		{ "rejected on the way", UDP_FAILED, ECONNREFUSED, "10.20.1.1", 3, 3,
		    STATUS_FAIL, "icmp_rejected", CONFIDENCE_CERTAIN },
		{ "prohibited by the peer", UDP_FAILED, EHOSTUNREACH, "20.1.1.1", 3, 13,
		    STATUS_FAIL, "icmp_rejected", CONFIDENCE_CERTAIN },
		{ "dropped here", UDP_FAILED, EPERM, NULL, 0, 0, STATUS_FAIL,
		    "local_output_filter", CONFIDENCE_CERTAIN },
		{ "no route", UDP_CANNOT_TRY, ENETUNREACH, NULL, 0, 0, STATUS_FAIL,
		    "local_no_route", CONFIDENCE_CERTAIN },
		{ "no socket", UDP_CANNOT_TRY, EMFILE, NULL, 0, 0, STATUS_INCONCLUSIVE,
		    "local_error", CONFIDENCE_CERTAIN },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "udp://westeurope.tundra.azureml.ms:5831", NULL);
		struct obs o =
		    datagram(&r, 0, "20.1.1.1:5831", rows[i].outcome, rows[i].err);
		if (rows[i].offender)
			o.udp.icmp =
			    icmp_from(rows[i].offender, rows[i].type, rows[i].code);
		see(&r, o);
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, rows[i].status, rows[i].cause,
		    rows[i].confidence);
		if (rows[i].outcome == UDP_SILENT)
			assert_string_equal(
			    r.verdicts.items[0].summary, "sent, nothing said no");
		run_deinit(&r);
	}
}

static void datagrams_to_two_families(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		int four; /* errno, 0 = silent, -1 = not tried */
		int six;
		enum status status;
		const char *cause;
	} rows[] = {
		{ "no IPv6 here", 0, ENETUNREACH, STATUS_PASS, NULL },
		{ "one refuses", 0, ECONNREFUSED, STATUS_WARN, "remote_refused" },
		{ "nothing but IPv6, none here", -1, ENETUNREACH, STATUS_FAIL,
		    "local_no_route" },
		{ "nothing at all", -1, -1, STATUS_INCONCLUSIVE, "not_finished" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "udp://westeurope.tundra.azureml.ms:5831", NULL);
		if (rows[i].six >= 0)
			see(&r, datagram(&r, 0, "[2603:1030::1]:5831", UDP_FAILED,
				    rows[i].six));
		if (rows[i].four == 0)
			see(&r, datagram(&r, 0, "20.1.1.1:5831", UDP_SILENT, 0));
		run_judge(&r);
		assert_int_equal(r.verdicts.items[0].status, rows[i].status);
		if (rows[i].cause)
			assert_string_equal(
			    r.verdicts.items[0].cause->name, rows[i].cause);
		run_deinit(&r);
	}
}

static void a_check_that_was_cut_short_is_inconclusive(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		enum stage stage;
		bool dns_failed, connected, other_silent;
		enum unfinished_reason reason;
		enum status status;
		const char *cause;
		const char *says;
	} rows[] = {
		{ "during TCP", STAGE_TCP, false, false, false, UNFINISHED_DEADLINE,
		    STATUS_INCONCLUSIVE, "not_finished", "deadline" },
		{ "one address silent, another pending", STAGE_TCP, false, false, true,
		    UNFINISHED_DEADLINE, STATUS_INCONCLUSIVE, "not_finished",
		    "1500 ms" },
		{ "during TLS", STAGE_TLS, false, true, false, UNFINISHED_INTERRUPTED,
		    STATUS_INCONCLUSIVE, "not_finished", "interrupted during tls" },
		{ "never begun", STAGE_DNS, false, false, false, UNFINISHED_NOT_STARTED,
		    STATUS_INCONCLUSIVE, "not_finished",
		    "before this check could start" },
		{ "failed for good before", STAGE_TCP, true, false, false,
		    UNFINISHED_DEADLINE, STATUS_FAIL, "dns_nxdomain", "NXDOMAIN" },
		{ "failed in the stage that was cut", STAGE_DNS, true, false, false,
		    UNFINISHED_DEADLINE, STATUS_INCONCLUSIVE, "not_finished",
		    "deadline" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "https://a.example", NULL);
		if (rows[i].dns_failed)
			see(&r, dns_answer(&r, 0, DNS_SYSTEM, "10.0.0.53", 3, ""));
		if (rows[i].other_silent)
			see(&r, tcp_timeout(&r, 0, "20.1.1.2:443"));
		if (rows[i].connected)
			see(&r, tcp_connected(&r, 0, PEER));
		see(&r, unfinished(&r, 0, rows[i].stage, rows[i].reason));
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, rows[i].status, rows[i].cause,
		    rows[i].status == STATUS_FAIL ? CONFIDENCE_LIKELY
						  : CONFIDENCE_CANNOT_TELL);
		if (!run_says(&r, 0, rows[i].says))
			fail_msg("row \"%s\"", rows[i].row);
		if (rows[i].status == STATUS_INCONCLUSIVE)
			assert_int_equal(r.verdicts.items[0].stage, rows[i].stage);
		run_deinit(&r);
	}
}

static void a_proven_check_outlives_its_unfinished_rest(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "https://a.example", NULL);
	see(&r, tcp_connected(&r, 0, PEER));
	see(&r, tls_verified(&r, 0, PEER, NULL));
	see(&r, http_answer(&r, 0, PEER, 200, "", NULL));
	see(&r, unfinished(&r, 0, STAGE_TCP, UNFINISHED_DEADLINE));
	run_judge(&r);
	run_expect(&r, 0, "proven", STATUS_PASS, NULL, CONFIDENCE_CERTAIN);
	assert_int_equal(r.verdicts.items[0].tls, 4 * NSEC_PER_MSEC);
	assert_int_equal(r.verdicts.items[0].http, 5 * NSEC_PER_MSEC);
	assert_int_equal(r.verdicts.items[0].dns, -1);
	run_deinit(&r);
}

static void nothing_observed_is_nothing_known(void **state)
{
	(void)state;

	static const char *const urls[] = { "https://a.example", "dns:a.example",
		"tcp://a.example:1", "udp://a.example:1", "smb://a.example:445",
		"wss://a.example", "http://a.example:80" };

	for (size_t i = 0; i < COUNT(urls); i++) {
		for (int connected = 0; connected < 2; connected++) {
			struct run r;
			run_init(&r);
			run_add(&r, urls[i], NULL);
			if (connected)
				see(&r, tcp_connected(&r, 0, PEER));
			run_judge(&r);
			if (connected && r.targets[0].protocol == PROTO_TCP)
				run_expect(&r, 0, urls[i], STATUS_PASS, NULL,
				    CONFIDENCE_CERTAIN);
			else
				run_expect(&r, 0, urls[i], STATUS_INCONCLUSIVE,
				    "not_finished", CONFIDENCE_CANNOT_TELL);
			run_deinit(&r);
		}
	}
}

enum event {
	NAME_UNKNOWN,
	DNS_DEAD,
	DROPPED,
	REFUSED,
	PROHIBITED,
	NO_SOCKET,
	CONNECTED,
	RESET,
	HUNG,
	EXPIRED,
	INTERCEPTED,
	PLAIN_ANSWER,
	ANSWERED,
	FIREWALLED,
	CUT_SHORT
};

static void happen(struct run *r, enum event e)
{
	static const int expired[] = { 10, 0 }, unknown[] = { 20, 0 };
	struct obs o;

	if (e == NAME_UNKNOWN || e == DNS_DEAD) {
		see(r, e == DNS_DEAD
			   ? dns_failed(r, 0, DNS_SYSTEM, "10.0.0.53", DNS_TIMEOUT)
			   : dns_answer(r, 0, DNS_SYSTEM, "10.0.0.53", 3, ""));
		return;
	}
	if (e == CUT_SHORT) {
		see(r, unfinished(r, 0, STAGE_TCP, UNFINISHED_DEADLINE));
		return;
	}
	if (e == DROPPED || e == REFUSED || e == PROHIBITED || e == NO_SOCKET) {
		o = e == DROPPED ? tcp_timeout(r, 0, PEER)
				 : tcp_failed(r, 0, PEER,
				       e == NO_SOCKET ? EMFILE : ECONNREFUSED);
		if (e == PROHIBITED)
			o.tcp.icmp = icmp_from("10.20.1.1", 3, 13);
		see(r, o);
		return;
	}
	see(r, tcp_connected(r, 0, PEER));
	if (e == CONNECTED)
		return;
	if (protocol_is_tls(r->targets[0].protocol)) {
		o = e == EXPIRED       ? tls_unverified(r, 0, PEER, NULL, expired)
		    : e == INTERCEPTED ? tls_unverified(r, 0, PEER, "CN=x", unknown)
				       : tls_verified(r, 0, PEER, NULL);
		if (e == RESET || e == HUNG)
			o.tls.outcome = e == RESET ? TLS_RESET : TLS_TIMEOUT;
		see(r, o);
	}
	if (e == PLAIN_ANSWER || e == ANSWERED || e == FIREWALLED)
		see(r,
		    http_answer(r, 0, PEER, e == FIREWALLED ? 470 : 200,
			e == FIREWALLED ? "Action: Deny. No rule matched" : "", NULL));
}

static void what_must_not_be_reached(void **state)
{
	(void)state;

	static const struct {
		const char *row, *url;
		enum event event;
		bool control;
		enum status status;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "answers", "https://a.example", ANSWERED, false, STATUS_FAIL,
		    "reachable_but_forbidden", CONFIDENCE_CERTAIN },
		{ "answers without TLS", "http://a.example:80", PLAIN_ANSWER, false,
		    STATUS_FAIL, "reachable_but_forbidden", CONFIDENCE_LIKELY },
		{ "answers with an expired certificate", "https://a.example", EXPIRED,
		    false, STATUS_FAIL, "reachable_but_forbidden", CONFIDENCE_CERTAIN },
		{ "somebody answers", "https://a.example", INTERCEPTED, false,
		    STATUS_FAIL, "reachable_but_forbidden", CONFIDENCE_LIKELY },
		{ "connects", "tcp://a.example:443", CONNECTED, false, STATUS_FAIL,
		    "reachable_but_forbidden", CONFIDENCE_LIKELY },
		{ "refused", "tcp://a.example:443", REFUSED, false, STATUS_PASS, NULL,
		    CONFIDENCE_LIKELY },
		{ "prohibited", "tcp://a.example:443", PROHIBITED, false, STATUS_PASS,
		    NULL, CONFIDENCE_CERTAIN },
		{ "reset by name", "https://a.example", RESET, false, STATUS_PASS, NULL,
		    CONFIDENCE_LIKELY },
		{ "denied by a firewall", "http://a.example:80", FIREWALLED, false,
		    STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
		{ "unknown name", "https://a.example", NAME_UNKNOWN, false, STATUS_PASS,
		    NULL, CONFIDENCE_LIKELY },
		{ "unknown name by itself", "dns:a.example", NAME_UNKNOWN, false,
		    STATUS_PASS, NULL, CONFIDENCE_LIKELY },
		{ "dead resolver", "https://a.example", DNS_DEAD, true,
		    STATUS_INCONCLUSIVE, "dns_server_unreachable", CONFIDENCE_LIKELY },
		{ "silent, others connect", "https://a.example", DROPPED, true,
		    STATUS_PASS, NULL, CONFIDENCE_LIKELY },
		{ "silent, and so is everything", "https://a.example", DROPPED, false,
		    STATUS_INCONCLUSIVE, "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "accepted and hung", "https://a.example", HUNG, true,
		    STATUS_INCONCLUSIVE, "no_reply", CONFIDENCE_CANNOT_TELL },
		{ "our own trouble", "https://a.example", NO_SOCKET, true,
		    STATUS_INCONCLUSIVE, "local_error", CONFIDENCE_CERTAIN },
		{ "cut short", "https://a.example", CUT_SHORT, true,
		    STATUS_INCONCLUSIVE, "not_finished", CONFIDENCE_CANNOT_TELL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, rows[i].url, NULL);
		run_add(&r, "tcp://control:443", NULL);
		r.checks[0].must_not_reach = true;
		happen(&r, rows[i].event);
		see(&r, rows[i].control ? tcp_connected(&r, 1, "20.2.2.2:443")
					: tcp_timeout(&r, 1, "20.2.2.2:443"));
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, rows[i].status, rows[i].cause,
		    rows[i].confidence);
		if (rows[i].status == STATUS_PASS)
			assert_non_null(strstr(r.verdicts.items[0].summary, "blocked"));
		run_deinit(&r);
	}
}

static void names_and_datagrams_that_must_not_be_reached(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "dns:a.example", NULL);
	run_add(&r, "udp://a.example:5831", NULL);
	run_add(&r, "udp://b.example:5831", NULL);
	for (int t = 0; t < 3; t++)
		r.checks[t].must_not_reach = true;
	see(&r, dns_answer(&r, 0, DNS_SYSTEM, "10.0.0.53", 0, "20.1.1.1"));
	see(&r, datagram(&r, 1, "20.1.1.1:5831", UDP_SILENT, 0));
	see(&r, datagram(&r, 2, "20.1.1.1:5831", UDP_ANSWERED, 0));
	run_judge(&r);
	run_expect(
	    &r, 0, "name", STATUS_FAIL, "reachable_but_forbidden", CONFIDENCE_CERTAIN);
	run_expect(&r, 1, "silence", STATUS_INCONCLUSIVE, "silent_drop",
	    CONFIDENCE_CANNOT_TELL);
	run_expect(
	    &r, 2, "answer", STATUS_FAIL, "reachable_but_forbidden", CONFIDENCE_LIKELY);
	run_deinit(&r);
}

static void an_inverted_check_has_no_expectation_of_dns(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "https://a.azurecr.io", NULL);
	r.checks[0].must_not_reach = true;
	r.checks[0].expect_private = true;
	see(&r, dns_answer(&r, 0, DNS_SYSTEM, "10.0.0.53", 0, "20.1.1.1"));
	happen(&r, REFUSED);
	run_judge(&r);
	run_expect(&r, 0, "refused", STATUS_PASS, NULL, CONFIDENCE_LIKELY);
	run_deinit(&r);
}

static void the_worst_required_check_decides_the_run(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		enum event first;
		bool first_required;
		enum event second; /* REFUSED, CUT_SHORT, CONNECTED; DROPPED = warns */
		enum status overall;
	} rows[] = {
		{ "all pass", CONNECTED, true, CONNECTED, STATUS_PASS },
		{ "a failure", REFUSED, true, CONNECTED, STATUS_FAIL },
		{ "a failure that is not required", REFUSED, false, CONNECTED,
		    STATUS_WARN },
		{ "inconclusive", CUT_SHORT, true, CONNECTED, STATUS_INCONCLUSIVE },
		{ "inconclusive, not required", CUT_SHORT, false, CONNECTED,
		    STATUS_PASS },
		{ "a failure outweighs inconclusive", CUT_SHORT, true, REFUSED,
		    STATUS_FAIL },
		{ "a warning", CONNECTED, true, DROPPED, STATUS_WARN },
		{ "inconclusive outweighs a warning", CUT_SHORT, true, DROPPED,
		    STATUS_INCONCLUSIVE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://a.example:443", NULL);
		run_add(&r, "tcp://b.example:443", NULL);
		r.checks[0].required = rows[i].first_required;
		happen(&r, rows[i].first);
		if (rows[i].second == REFUSED)
			see(&r, tcp_failed(&r, 1, "20.2.2.2:443", ECONNREFUSED));
		else
			see(&r, tcp_connected(&r, 1, "20.2.2.2:443"));
		if (rows[i].second == DROPPED)
			see(&r, tcp_timeout(&r, 1, "20.2.2.3:443"));
		run_judge(&r);
		if (r.verdicts.overall != rows[i].overall)
			fail_msg("row \"%s\": %s", rows[i].row,
			    status_name(r.verdicts.overall));
		assert_int_equal(r.verdicts.pass + r.verdicts.warn + r.verdicts.fail +
				     r.verdicts.inconclusive + r.verdicts.skipped,
		    2);
		run_deinit(&r);
	}
}

static void causes_group_by_what_they_share(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	for (int t = 0; t < 8; t++)
		run_add(&r, "tcp://a.example:443", NULL);
	see(&r, tcp_timeout(&r, 0, PEER));
	for (int t = 1; t < 4; t++) {
		struct obs o = tcp_failed(&r, t, PEER, EHOSTUNREACH);
		o.tcp.icmp = icmp_from(t == 3 ? "10.20.1.9" : "10.20.1.1", 3, 13);
		see(&r, o);
	}
	see(&r, dns_failed(&r, 4, DNS_SYSTEM, "10.0.0.53", DNS_TIMEOUT));
	see(&r, dns_failed(&r, 5, DNS_SYSTEM, "10.0.0.53", DNS_TIMEOUT));
	see(&r, tcp_connected(&r, 6, PEER));
	see(&r, unfinished(&r, 7, STAGE_TCP, UNFINISHED_DEADLINE));
	run_judge(&r);

	static const struct {
		const char *cause;
		size_t n;
		unsigned first;
	} want[] = {
		{ "dns_server_unreachable", 2, 4 },
		{ "icmp_rejected", 2, 1 },
		{ "icmp_rejected", 1, 3 },
		{ "silent_drop", 1, 0 },
		{ "not_finished", 1, 7 },
	};

	assert_int_equal(r.verdicts.n_groups, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		const struct cause_group *g = &r.verdicts.groups[i];
		assert_string_equal(g->cause->name, want[i].cause);
		assert_int_equal(g->n_checks, want[i].n);
		assert_int_equal(g->checks[0], want[i].first);
		assert_non_null(g->summary);
		assert_true(g->evidence.n_items > 0);
		assert_true(g->remediation.n_items > 0);
	}
	assert_non_null(strstr(r.verdicts.groups[0].summary, "2 checks"));
	run_deinit(&r);
}

static void a_group_is_as_sure_as_its_least_sure_check(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "tcp://a.example:443", NULL);
	run_add(&r, "tcp://b.example:443", NULL);
	run_add(&r, "tcp://a.example:445", NULL);
	see(&r, tcp_timeout(&r, 0, PEER));
	see(&r, tcp_timeout(&r, 1, "20.2.2.2:443"));
	see(&r, tcp_connected(&r, 2, "20.1.1.1:445"));
	run_judge(&r);
	run_expect(&r, 0, "a", STATUS_FAIL, "silent_drop", CONFIDENCE_LIKELY);
	run_expect(&r, 1, "b", STATUS_FAIL, "silent_drop", CONFIDENCE_CANNOT_TELL);
	assert_int_equal(r.verdicts.n_groups, 1);
	assert_int_equal(r.verdicts.groups[0].confidence, CONFIDENCE_CANNOT_TELL);
	run_deinit(&r);
}

static void warnings_stand_behind_failures(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "tcp://a.example:443", NULL);
	run_add(&r, "tcp://b.example:443", NULL);
	see(&r, dns_failed(&r, 0, DNS_SYSTEM, "10.0.0.53", DNS_TIMEOUT));
	see(&r, dns_answer(&r, 0, DNS_SYSTEM, "10.0.0.54", 0, "20.1.1.1"));
	see(&r, tcp_connected(&r, 0, PEER));
	see(&r, tcp_timeout(&r, 1, PEER));
	run_judge(&r);
	assert_int_equal(r.verdicts.n_groups, 2);
	assert_string_equal(r.verdicts.groups[0].cause->name, "silent_drop");
	assert_string_equal(r.verdicts.groups[1].cause->name, "dns_server_unreachable");
	run_deinit(&r);
}

static void remedies_name_the_checks_own_values(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "https://amlstore.blob.core.windows.net", NULL);
	r.checks[0].service_tag = "Storage.westeurope";
	see(&r, tcp_timeout(&r, 0, PEER));
	run_add(&r, "https://bad\x1b[31m{host.example", NULL);
	see(&r, tcp_connected(&r, 1, PEER));
	run_judge(&r);
	const struct words *w = &r.verdicts.items[0].remediation;
	assert_true(words_hold(w, "TCP 443 to Storage.westeurope"));
	assert_true(words_hold(w, "amlstore.blob.core.windows.net"));
	assert_true(words_hold(&r.verdicts.items[0].would_decide, "20.1.1.1:443"));
	run_deinit(&r);
}

static void progress_sees_one_check_as_far_as_it_got(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "tcp://a.example:443", NULL);
	run_add(&r, "tcp://b.example:443", NULL);
	run_add(&r, "tcp://c.example:443", NULL);
	see_system(&r, true);
	see(&r, tcp_connected(&r, 0, PEER));
	see(&r, tcp_timeout(&r, 1, PEER));
	assert_int_equal(judge_status(&r.plan, &r.log, 0, &r.arena), STATUS_PASS);
	assert_int_equal(judge_status(&r.plan, &r.log, 1, &r.arena), STATUS_FAIL);
	assert_int_equal(
	    judge_status(&r.plan, &r.log, 2, &r.arena), STATUS_INCONCLUSIVE);
	run_deinit(&r);
}

static void the_same_log_gives_the_same_verdicts(void **state)
{
	(void)state;
	struct run r;
	struct verdicts again;

	run_init(&r);
	run_add(&r, "tcp://a.example:443", NULL);
	see(&r, tcp_timeout(&r, 0, PEER));
	run_judge(&r);
	judge_run(&r.plan, &r.log, &r.arena, &again);
	assert_ptr_equal(again.items[0].cause, r.verdicts.items[0].cause);
	assert_string_equal(again.items[0].summary, r.verdicts.items[0].summary);
	assert_int_equal(again.items[0].n_evidence, r.verdicts.items[0].n_evidence);
	run_deinit(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_bytes_of_other_protocols),
		cmocka_unit_test(datagrams_prove_little),
		cmocka_unit_test(datagrams_to_two_families),
		cmocka_unit_test(a_check_that_was_cut_short_is_inconclusive),
		cmocka_unit_test(a_proven_check_outlives_its_unfinished_rest),
		cmocka_unit_test(nothing_observed_is_nothing_known),
		cmocka_unit_test(what_must_not_be_reached),
		cmocka_unit_test(names_and_datagrams_that_must_not_be_reached),
		cmocka_unit_test(an_inverted_check_has_no_expectation_of_dns),
		cmocka_unit_test(the_worst_required_check_decides_the_run),
		cmocka_unit_test(causes_group_by_what_they_share),
		cmocka_unit_test(a_group_is_as_sure_as_its_least_sure_check),
		cmocka_unit_test(warnings_stand_behind_failures),
		cmocka_unit_test(remedies_name_the_checks_own_values),
		cmocka_unit_test(progress_sees_one_check_as_far_as_it_got),
		cmocka_unit_test(the_same_log_gives_the_same_verdicts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
