/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/checks/probe_builder.h"

#define HOST   "name.example"
#define SERVER "10.20.0.4"
#define SECOND "10.20.0.5"
#define CANARY "192.0.2.1"
#define PEER   "20.1.1.1:443"

static const struct dns_form again = { .edns_size = 1232, .listen_on = true };
static const struct dns_form plain = { .edns_size = 0 };
static const struct dns_form small = { .edns_size = 512 };
static const struct dns_form large = { .edns_size = 4096 };
static const struct dns_form cd = { .edns_size = 1232, .cd = true };
static const struct dns_form by_tcp = { .transport = DNS_OVER_TCP };
static const struct dns_form once = { .once = true };

static void begin(struct run *r)
{
	run_init(r);
	r->plan.probe.canary = address(CANARY);
	run_add(r, "https://" HOST, NULL);
}

static void judge(
    struct run *r, const char *row, const char *cause, enum confidence confidence)
{
	run_judge(r);
	run_expect(r, 0, row, STATUS_FAIL, cause, confidence);
	run_deinit(r);
}

/* What a varied question met: NULL = not asked, "" = silence. */
static void ask(
    struct run *r, const char *server, struct dns_form form, const char *what)
{
	if (what)
		see(r, dns_variant(r, 0, server, form, what));
}

static void a_silent_server_by_what_gets_through(void **state)
{
	(void)state;
#define ANSWER "20.1.1.1@62"

	static const struct {
		const char *row;
		bool alive; /* it answered about another name */
		const char *again, *plain, *small, *tcp;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "nothing was asked", false, NULL, NULL, NULL, NULL,
		    "dns_server_unreachable", CONFIDENCE_LIKELY },
		{ "all is silent", false, "", "", NULL, "", "dns_server_unreachable",
		    CONFIDENCE_LIKELY },
		{ "TCP answers", false, "", "", NULL, ANSWER, "dns_udp_blocked",
		    CONFIDENCE_CERTAIN },
		{ "TCP answers, but UDP did so too", true, "", "", NULL, ANSWER,
		    "dns_no_answer", CONFIDENCE_LIKELY },
		{ "TCP answers, UDP was not asked again", false, NULL, NULL, NULL,
		    ANSWER, "dns_no_answer", CONFIDENCE_LIKELY },
		{ "TCP answers, UDP without EDNS not asked", false, "", NULL, NULL,
		    ANSWER, "dns_no_answer", CONFIDENCE_LIKELY },
		{ "no EDNS of any size", false, "", ANSWER, "", ANSWER,
		    "dns_edns_dropped", CONFIDENCE_CERTAIN },
		{ "no EDNS about this name", true, "", ANSWER, "", ANSWER,
		    "dns_edns_dropped", CONFIDENCE_LIKELY },
		{ "small EDNS was not asked", false, "", ANSWER, NULL, NULL,
		    "dns_edns_dropped", CONFIDENCE_LIKELY },
		{ "small EDNS works", true, "", ANSWER, ANSWER, ANSWER,
		    "dns_fragment_drop", CONFIDENCE_LIKELY },
		{ "the usual question works after all", true, ANSWER, ANSWER, ANSWER,
		    ANSWER, "dns_no_answer", CONFIDENCE_POSSIBLE },
		{ "the same of a server that was silent", false, ANSWER, ANSWER, ANSWER,
		    ANSWER, "dns_no_answer", CONFIDENCE_POSSIBLE },
		{ "without EDNS, and the usual was not repeated", false, NULL, ANSWER,
		    NULL, NULL, "dns_server_unreachable", CONFIDENCE_LIKELY },
		{ "silent about this name alone", true, "", "", NULL, "",
		    "dns_no_answer", CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		run_add(&r, "dns:other.example", NULL);
		if (rows[i].alive)
			see(&r, dns_answer(&r, 1, DNS_SYSTEM, SERVER, 0, "20.1.1.9"));
		see(&r, dns_failed(&r, 0, DNS_SYSTEM, SERVER, DNS_TIMEOUT));
		ask(&r, SERVER, again, rows[i].again);
		ask(&r, SERVER, plain, rows[i].plain);
		ask(&r, SERVER, small, rows[i].small);
		ask(&r, SERVER, by_tcp, rows[i].tcp);
		judge(&r, rows[i].row, rows[i].cause, rows[i].confidence);
	}
}

static void a_dead_server_is_certain_beside_something_that_answers(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		bool udp, tcp, control;
		enum confidence confidence;
	} rows[] = {
		{ "both silent, a control answers", true, true, true,
		    CONFIDENCE_CERTAIN },
		{ "no control", true, true, false, CONFIDENCE_LIKELY },
		{ "TCP was not asked", true, false, true, CONFIDENCE_LIKELY },
		{ "UDP was not asked again", false, true, true, CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		run_add(&r, "tcp://20.1.1.9:443", NULL);
		if (rows[i].control)
			see(&r, tcp_connected(&r, 1, "20.1.1.9:443"));
		else
			see(&r, tcp_timeout(&r, 1, "20.1.1.9:443"));
		see(&r, dns_failed(&r, 0, DNS_SYSTEM, SERVER, DNS_TIMEOUT));
		ask(&r, SERVER, again, rows[i].udp ? "" : NULL);
		ask(&r, SERVER, by_tcp, rows[i].tcp ? "" : NULL);
		judge(&r, rows[i].row, "dns_server_unreachable", rows[i].confidence);
	}
}

static void a_faulty_server_beside_a_good_one_is_a_warning(void **state)
{
	(void)state;

	static const struct {
		const char *row, *plain, *tcp, *cause;
	} rows[] = {
		{ "dead", "", "", "dns_server_unreachable" },
		{ "without EDNS only", ANSWER, ANSWER, "dns_edns_dropped" },
		{ "by TCP only", "", ANSWER, "dns_udp_blocked" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://" HOST ":443", NULL);
		see(&r, dns_failed(&r, 0, DNS_GIVEN, SERVER, DNS_TIMEOUT));
		see(&r, dns_answer(&r, 0, DNS_GIVEN, SECOND, 0, "20.1.1.1"));
		ask(&r, SERVER, again, "");
		ask(&r, SERVER, plain, rows[i].plain);
		ask(&r, SERVER, small, "");
		ask(&r, SERVER, by_tcp, rows[i].tcp);
		see(&r, tcp_connected(&r, 0, PEER));
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_WARN, rows[i].cause, CONFIDENCE_CERTAIN);
		run_deinit(&r);
	}
}

static void what_a_server_never_does_is_told_by_any_name(void **state)
{
	struct run r;
	(void)state;

	begin(&r);
	run_add(&r, "https://other.example", NULL);
	see(&r, dns_failed(&r, 0, DNS_SYSTEM, SERVER, DNS_TIMEOUT));
	see(&r, dns_failed(&r, 1, DNS_SYSTEM, SERVER, DNS_TIMEOUT));
	see(&r, dns_variant(&r, 1, SERVER, again, ""));
	see(&r, dns_variant(&r, 1, SERVER, plain, ""));
	see(&r, dns_variant(&r, 1, SERVER, by_tcp, ANSWER));
	judge(&r, "other name", "dns_udp_blocked", CONFIDENCE_CERTAIN);
}

static void a_question_that_may_not_leave_is_this_machines_fault(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		int first, repeated;
		const char *cause;
	} rows[] = {
		{ "the question", EPERM, 0, "local_output_filter" },
		{ "its repetition", 0, EPERM, "local_output_filter" },
		{ "refused by the host", ECONNREFUSED, ECONNREFUSED,
		    "dns_server_unreachable" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		struct obs o = dns_failed(&r, 0, DNS_SYSTEM, SERVER, DNS_NET_ERROR);
		o.dns.err = rows[i].first;
		see(&r, o);
		o = dns_variant(&r, 0, SERVER, again, "");
		o.dns_variant.outcome = DNS_NET_ERROR;
		o.dns_variant.err = rows[i].repeated;
		see(&r, o);
		judge(&r, rows[i].row, rows[i].cause, CONFIDENCE_CERTAIN);
	}
}

static void a_cut_answer_needs_tcp(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		bool cut;
		enum dns_outcome tcp;
		const char *repeated; /* by TCP */
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "silent twice", true, DNS_TIMEOUT, "", "dns_tcp_blocked",
		    CONFIDENCE_CERTAIN },
		{ "silent once", true, DNS_TIMEOUT, NULL, "dns_tcp_blocked",
		    CONFIDENCE_LIKELY },
		{ "silent, then answered", true, DNS_TIMEOUT, ANSWER, "dns_no_answer",
		    CONFIDENCE_POSSIBLE },
		{ "refused", true, DNS_NET_ERROR, NULL, "dns_tcp_blocked",
		    CONFIDENCE_LIKELY },
		{ "empty, and not cut", false, DNS_TIMEOUT, "", "dns_no_address",
		    CONFIDENCE_CERTAIN },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		struct obs o = dns_answer(&r, 0, DNS_SYSTEM, SERVER, 0, "");
		o.dns.tc = rows[i].cut;
		see(&r, o);
		o = dns_failed(&r, 0, DNS_SYSTEM, SERVER, rows[i].tcp);
		o.dns.transport = DNS_OVER_TCP;
		o.dns.err = rows[i].tcp == DNS_NET_ERROR ? ECONNREFUSED : 0;
		see(&r, o);
		ask(&r, SERVER, by_tcp, rows[i].repeated);
		ask(&r, SERVER, large, ANSWER);
		judge(&r, rows[i].row, rows[i].cause, rows[i].confidence);
	}
}

static void a_cut_answer_with_addresses_is_a_warning(void **state)
{
	struct run r;
	(void)state;

	run_init(&r);
	run_add(&r, "tcp://" HOST ":443", NULL);
	struct obs o = dns_answer(&r, 0, DNS_SYSTEM, SERVER, 0, "20.1.1.1");
	o.dns.tc = true;
	see(&r, o);
	o = dns_failed(&r, 0, DNS_SYSTEM, SERVER, DNS_TIMEOUT);
	o.dns.transport = DNS_OVER_TCP;
	see(&r, o);
	see(&r, tcp_connected(&r, 0, PEER));
	run_judge(&r);
	run_expect(&r, 0, "cut", STATUS_WARN, "dns_tcp_blocked", CONFIDENCE_LIKELY);
	run_deinit(&r);
}

static void a_second_answer_is_forged_only_when_it_differs_in_both(void **state)
{
	(void)state;

	static const struct {
		const char *row, *replies, *cause;
		enum confidence confidence;
	} rows[] = {
		{ "other content, other distance", "20.1.1.1@100 20.1.1.2@62",
		    "dns_injected", CONFIDENCE_CERTAIN },
		{ "a denial, other distance", "20.1.1.1@100 nx@62", "dns_injected",
		    CONFIDENCE_CERTAIN },
		{ "a duplicate", "20.1.1.1@62 20.1.1.1@62", "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "a duplicate by another way", "20.1.1.1@62 20.1.1.1@61",
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "the question was duplicated", "20.1.1.1@62 20.1.1.2@62",
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "to another datagram", "20.1.1.1@62 2:20.1.1.2@61", "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "TTLs are not told", "20.1.1.1@0 20.1.1.2@62", "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "one answer", "20.1.1.1@62", "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "not asked", NULL, "silent_drop", CONFIDENCE_CANNOT_TELL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		see(&r, dns_answer(&r, 0, DNS_SYSTEM, SERVER, 0, "20.1.1.1"));
		see(&r, tcp_timeout(&r, 0, PEER));
		ask(&r, SERVER, again, rows[i].replies);
		judge(&r, rows[i].row, rows[i].cause, rows[i].confidence);
	}
}

static void a_forged_denial_is_no_missing_name(void **state)
{
	struct run r;
	(void)state;

	begin(&r);
	see(&r, dns_answer(&r, 0, DNS_SYSTEM, SERVER, 3, ""));
	ask(&r, SERVER, again, "nx@100 20.1.1.1@62");
	judge(&r, "denial", "dns_injected", CONFIDENCE_CERTAIN);
}

static void a_hijacker_answers_for_the_canary_and_is_contradicted(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		uint8_t rcode;
		const char *chain, *canary, *tcp, *cause;
		enum confidence confidence;
	} rows[] = {
		{ "another address by TCP", 0, "20.1.1.1", "20.1.1.1@64", "20.1.1.2@0",
		    "dns_hijacked", CONFIDENCE_CERTAIN },
		{ "that may be balanced", 0, "alias.example 20.1.1.1", "20.1.1.1@64",
		    "20.1.1.2@0", "dns_hijacked", CONFIDENCE_LIKELY },
		{ "an address by TCP after a denial", 3, "", "nx@64", "20.1.1.2@0",
		    "dns_hijacked", CONFIDENCE_CERTAIN },
		{ "the same by TCP", 0, "20.1.1.1", "20.1.1.1@64", "20.1.1.1@0",
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "a denial by TCP as well", 3, "", "nx@64", "nx@0", "dns_nxdomain",
		    CONFIDENCE_LIKELY },
		{ "TCP is silent", 0, "20.1.1.1", "20.1.1.1@64", "", "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "TCP was not asked", 3, "", "nx@64", NULL, "dns_nxdomain",
		    CONFIDENCE_LIKELY },
		{ "the canary is silent", 0, "20.1.1.1", "", "20.1.1.2@0",
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "the canary was not asked", 3, "", NULL, "20.1.1.2@0", "dns_nxdomain",
		    CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		see(&r, dns_answer(
			    &r, 0, DNS_SYSTEM, SERVER, rows[i].rcode, rows[i].chain));
		if (rows[i].rcode == 0)
			see(&r, tcp_timeout(&r, 0, PEER));
		ask(&r, CANARY, once, rows[i].canary);
		ask(&r, SERVER, by_tcp, rows[i].tcp);
		judge(&r, rows[i].row, rows[i].cause, rows[i].confidence);
	}
}

static void see_suffixed(struct run *r, const char *name, const char *replies)
{
	const struct dns_form form = { .edns_size = 1232 };
	struct obs o;

	if (!replies)
		return;
	o = dns_variant(r, 0, SERVER, form, replies);
	o.dns_variant.name = name;
	if (o.dns_variant.n_replies && o.dns_variant.replies[0].n_records) {
		struct dns_record *record = arena_memdup(
		    &r->arena, o.dns_variant.replies[0].records, sizeof *record);
		struct dns_reply *reply =
		    arena_memdup(&r->arena, o.dns_variant.replies, sizeof *reply);
		record->name = name;
		reply->records = record;
		o.dns_variant.replies = reply;
	}
	see(r, o);
}

static void a_search_suffix_counts_unless_everything_exists_there(void **state)
{
	(void)state;

	static const struct {
		const char *row, *suffixed, *control, *cause;
		enum confidence confidence;
	} rows[] = {
		{ "only this name", "20.1.1.1@62", "nx@62", "dns_search_suffix",
		    CONFIDENCE_CERTAIN },
		{ "every name", "20.1.1.1@62", "20.1.1.1@62", "dns_nxdomain",
		    CONFIDENCE_LIKELY },
		{ "no control", "20.1.1.1@62", NULL, "dns_nxdomain",
		    CONFIDENCE_LIKELY },
		{ "a silent control", "20.1.1.1@62", "", "dns_nxdomain",
		    CONFIDENCE_LIKELY },
		{ "not with the suffix either", "nx@62", NULL, "dns_nxdomain",
		    CONFIDENCE_LIKELY },
		{ "not asked", NULL, NULL, "dns_nxdomain", CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		see(&r, dns_answer(&r, 0, DNS_SYSTEM, SERVER, 3, ""));
		see_suffixed(&r, HOST ".corp.example", rows[i].suffixed);
		see_suffixed(
		    &r, "vnetprobe-no-such-host.corp.example", rows[i].control);
		judge(&r, rows[i].row, rows[i].cause, rows[i].confidence);
	}
}

static void a_failure_that_checking_disabled_heals_is_dnssec(void **state)
{
	(void)state;

	static const struct {
		const char *row, *again, *cd;
		bool dnssec;
	} rows[] = {
		{ "an address with CD", "servfail@62", "20.1.1.1@62", true },
		{ "a failure with CD", "servfail@62", "servfail@62", false },
		{ "an address without CD as well", "20.1.1.1@62", "20.1.1.1@62",
		    false },
		{ "CD was not asked", "servfail@62", NULL, false },
		{ "not repeated", NULL, "20.1.1.1@62", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		see(&r, dns_answer(&r, 0, DNS_SYSTEM, SERVER, 2, ""));
		ask(&r, SERVER, again, rows[i].again);
		ask(&r, SERVER, cd, rows[i].cd);
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, "dns_servfail", CONFIDENCE_LIKELY);
		if (run_says(&r, 0, "DNSSEC") != rows[i].dnssec)
			fail_msg("row \"%s\"", rows[i].row);
		run_deinit(&r);
	}
}

static void an_old_address_is_told_by_one_that_works(void **state)
{
	(void)state;

	static const struct {
		const char *row, *mine, *other;
		char control; /* 0 = not tried */
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "the other works", "20.1.1.1", "20.1.1.2", 'c', "dns_stale_record",
		    CONFIDENCE_LIKELY },
		{ "the other works, both may be balanced", "alias.example 20.1.1.1",
		    "20.1.1.2", 'c', "dns_stale_record", CONFIDENCE_POSSIBLE },
		{ "the other is dead, too", "20.1.1.1", "20.1.1.2", '.', "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "the other was not tried", "20.1.1.1", "20.1.1.2", 0, "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "both say the same", "20.1.1.1", "20.1.1.1", 'c', "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		see(&r, dns_answer(&r, 0, DNS_GIVEN, SERVER, 0, rows[i].mine));
		see(&r, dns_answer(&r, 0, DNS_GIVEN, SECOND, 0, rows[i].other));
		see(&r, tcp_timeout(&r, 0, PEER));
		if (rows[i].control)
			see(&r, control(&r, 0, "20.1.1.2:443", CONTROL_OTHER_ANSWER,
				    rows[i].control));
		judge(&r, rows[i].row, rows[i].cause, rows[i].confidence);
	}
}

static void a_private_answer_with_a_strange_certificate_is_a_redirection(void **state)
{
	(void)state;
	static const int unknown[] = { 20, 0 }, wrong_name[] = { 62, 0 },
			 expired[] = { 10, 0 };

	static const struct {
		const char *row, *mine, *other;
		const int *errors;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "unknown issuer", "10.0.0.9", "20.1.1.1", unknown,
		    "dns_redirect_to_proxy", CONFIDENCE_LIKELY },
		{ "another name", "10.0.0.9", "20.1.1.1", wrong_name,
		    "dns_redirect_to_proxy", CONFIDENCE_LIKELY },
		{ "expired is no stranger", "10.0.0.9", "20.1.1.1", expired,
		    "tls_expired", CONFIDENCE_CERTAIN },
		{ "the other is private, too", "10.0.0.9", "10.0.0.8", wrong_name,
		    "tls_name_mismatch", CONFIDENCE_CERTAIN },
		{ "nobody else was asked", "10.0.0.9", NULL, wrong_name,
		    "tls_name_mismatch", CONFIDENCE_CERTAIN },
		{ "both are public", "20.1.1.9", "20.1.1.1", wrong_name,
		    "tls_name_mismatch", CONFIDENCE_CERTAIN },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		const char *peer = arena_printf(&r.arena, "%s:443", rows[i].mine);
		see(&r, dns_answer(&r, 0, DNS_GIVEN, SERVER, 0, rows[i].mine));
		if (rows[i].other)
			see(&r, dns_answer(&r, 0, DNS_GIVEN, SECOND, 0, rows[i].other));
		see(&r, tcp_connected(&r, 0, peer));
		see(&r, tls_unverified(&r, 0, peer, "CN=Contoso", rows[i].errors));
		judge(&r, rows[i].row, rows[i].cause, rows[i].confidence);
	}
}

static void a_check_that_passes_is_told_nothing_of_it(void **state)
{
	struct run r;
	(void)state;

	run_init(&r);
	r.plan.probe.canary = address(CANARY);
	run_add(&r, "tcp://" HOST ":443", NULL);
	see(&r, dns_answer(&r, 0, DNS_SYSTEM, SERVER, 0, "20.1.1.1"));
	see(&r, dns_variant(&r, 0, SERVER, again, "20.1.1.1@100 20.1.1.2@62"));
	see(&r, dns_variant(&r, 0, CANARY, once, "20.1.1.1@64"));
	see(&r, tcp_connected(&r, 0, PEER));
	run_judge(&r);
	run_expect(&r, 0, "pass", STATUS_PASS, NULL, CONFIDENCE_CERTAIN);
	assert_false(run_says(&r, 0, CANARY));
	run_deinit(&r);
}

/* The engine contacts no address behind such a chain, so it is no answer here either.
 */
static void a_chain_is_followed_as_far_as_by_the_engine(void **state)
{
	enum {
		LONGEST = 15
	};

	struct run r;
	(void)state;

	for (unsigned n = LONGEST; n <= LONGEST + 1; n++) {
		begin(&r);
		struct obs o = dns_answer(&r, 0, DNS_SYSTEM, SERVER, 0, "");
		struct dns_record *records =
		    arena_array(&r.arena, LONGEST + 2, sizeof *records);
		const char *name = HOST;
		for (unsigned i = 0; i < n; i++) {
			records[i] = (struct dns_record){ .name = name,
				.type = DNS_TYPE_CNAME,
				.target = arena_printf(&r.arena, "a%u.example", i) };
			name = records[i].target;
		}
		records[n] = (struct dns_record){
			.name = name, .type = DNS_TYPE_A, .address = address("20.1.1.1")
		};
		o.dns.records = records;
		o.dns.n_records = n + 1;
		see(&r, o);
		if (n == LONGEST)
			see(&r, tcp_timeout(&r, 0, PEER));
		judge(&r, n == LONGEST ? "within" : "beyond",
		    n == LONGEST ? "silent_drop" : "dns_no_address",
		    n == LONGEST ? CONFIDENCE_CANNOT_TELL : CONFIDENCE_CERTAIN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_silent_server_by_what_gets_through),
		cmocka_unit_test(
		    a_dead_server_is_certain_beside_something_that_answers),
		cmocka_unit_test(a_faulty_server_beside_a_good_one_is_a_warning),
		cmocka_unit_test(what_a_server_never_does_is_told_by_any_name),
		cmocka_unit_test(a_question_that_may_not_leave_is_this_machines_fault),
		cmocka_unit_test(a_cut_answer_needs_tcp),
		cmocka_unit_test(a_cut_answer_with_addresses_is_a_warning),
		cmocka_unit_test(
		    a_second_answer_is_forged_only_when_it_differs_in_both),
		cmocka_unit_test(a_forged_denial_is_no_missing_name),
		cmocka_unit_test(a_hijacker_answers_for_the_canary_and_is_contradicted),
		cmocka_unit_test(a_search_suffix_counts_unless_everything_exists_there),
		cmocka_unit_test(a_failure_that_checking_disabled_heals_is_dnssec),
		cmocka_unit_test(an_old_address_is_told_by_one_that_works),
		cmocka_unit_test(
		    a_private_answer_with_a_strange_certificate_is_a_redirection),
		cmocka_unit_test(a_check_that_passes_is_told_nothing_of_it),
		cmocka_unit_test(a_chain_is_followed_as_far_as_by_the_engine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
