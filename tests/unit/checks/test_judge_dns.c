/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>

#include "tests/unit/checks/obs_builder.h"

#define HOST  "amlreg.azurecr.io"
#define ALIAS "amlreg.privatelink.azurecr.io"
#define OWN   "10.0.0.53"
#define AZURE "168.63.129.16"
#define SOA   "soa=privatelink.azurecr.io/azureprivatedns.net"

enum {
	NXDOMAIN = 3,
	SERVFAIL = 2,
	REFUSED = 5,
	NOTIMP = 4,
	SILENT = 100, /* no answer */
	GARBAGE,
	SOCKET_ERROR,
	UNSENT,
	NOT_ASKED
};

static struct obs said(struct run *r, enum dns_server_role role, const char *server,
    int how, const char *chain)
{
	switch (how) {
	case SILENT:
		return dns_failed(r, 0, role, server, DNS_TIMEOUT);
	case GARBAGE:
		return dns_failed(r, 0, role, server, DNS_MALFORMED);
	case SOCKET_ERROR:
		return dns_failed(r, 0, role, server, DNS_NET_ERROR);
	case UNSENT:
		return dns_failed(r, 0, role, server, DNS_CANNOT_SEND);
	default:
		return dns_answer(r, 0, role, server, (uint8_t)how, chain);
	}
}

/* Contract section 4 and the table of what two resolvers can say. */
static void two_resolvers_decide(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		bool expect_private;
		int a;
		const char *a_chain;
		int b;
		const char *b_chain;
		enum status status;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "private at both", true, 0, ALIAS " 10.20.9.4", 0, ALIAS " 10.20.9.4",
		    STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
		{ "public at both, nothing expected", false, 0, "20.1.1.1", 0,
		    "20.1.1.1", STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
		{ "public with an alias, nothing expected", false, 0, ALIAS " 20.1.1.1",
		    0, ALIAS " 20.1.1.1", STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
		{ "zone not linked", true, 0, ALIAS " 20.1.1.1", 0, ALIAS " 20.1.1.1",
		    STATUS_FAIL, "private_zone_unlinked", CONFIDENCE_LIKELY },
		{ "no endpoint at all", true, 0, "20.1.1.1", 0, "20.1.1.1", STATUS_FAIL,
		    "dns_not_private", CONFIDENCE_LIKELY },
		{ "no second opinion", true, 0, ALIAS " 20.1.1.1", NOT_ASKED, "",
		    STATUS_FAIL, "dns_not_private", CONFIDENCE_CANNOT_TELL },
		{ "second opinion silent", true, 0, ALIAS " 20.1.1.1", SILENT, "",
		    STATUS_FAIL, "dns_not_private", CONFIDENCE_CANNOT_TELL },
		{ "not forwarded, expected", true, 0, ALIAS " 20.1.1.1", 0,
		    ALIAS " 10.20.9.4", STATUS_FAIL, "custom_dns_no_forward",
		    CONFIDENCE_CERTAIN },
		{ "not forwarded but works", false, 0, ALIAS " 20.1.1.1", 0,
		    ALIAS " 10.20.9.4", STATUS_WARN, "custom_dns_no_forward",
		    CONFIDENCE_CERTAIN },
		{ "not forwarded, no such name here", false, NXDOMAIN, "", 0,
		    ALIAS " 10.20.9.4", STATUS_FAIL, "custom_dns_no_forward",
		    CONFIDENCE_CERTAIN },
		{ "parent zone owned", false, NXDOMAIN, "", 0, "20.1.1.1", STATUS_FAIL,
		    "custom_dns_no_forward", CONFIDENCE_LIKELY },
		{ "own zone without the record", false, NXDOMAIN, ALIAS " " SOA, 0,
		    ALIAS " 20.1.1.1", STATUS_FAIL, "private_record_missing",
		    CONFIDENCE_CERTAIN },
		{ "record missing at both", true, NXDOMAIN, ALIAS " " SOA, NXDOMAIN,
		    ALIAS " " SOA, STATUS_FAIL, "private_record_missing",
		    CONFIDENCE_CERTAIN },
		{ "record missing, alias alone", true, NXDOMAIN, ALIAS, NXDOMAIN, ALIAS,
		    STATUS_FAIL, "private_record_missing", CONFIDENCE_LIKELY },
		{ "record missing, seen by Azure only", true, 0, ALIAS " 20.1.1.1",
		    NXDOMAIN, ALIAS " " SOA, STATUS_FAIL, "private_record_missing",
		    CONFIDENCE_CERTAIN },
		{ "private answer in an unlinked zone's alias", false, 0, "", 0,
		    ALIAS " " SOA, STATUS_FAIL, "dns_no_address", CONFIDENCE_CERTAIN },
		{ "alias without address", false, 0, ALIAS, NOT_ASKED, "", STATUS_FAIL,
		    "private_record_missing", CONFIDENCE_LIKELY },
		{ "no such name anywhere", true, NXDOMAIN, "", NXDOMAIN, "",
		    STATUS_FAIL, "dns_nxdomain", CONFIDENCE_CERTAIN },
		{ "no such name, one witness", false, NXDOMAIN, "", SILENT, "",
		    STATUS_FAIL, "dns_nxdomain", CONFIDENCE_LIKELY },
		{ "public soa is no private zone", false, NXDOMAIN,
		    "soa=azurecr.io/ns1.azure-dns.com", NOT_ASKED, "", STATUS_FAIL,
		    "dns_nxdomain", CONFIDENCE_LIKELY },
		{ "no address", false, 0, "other.azurecr.io", NOT_ASKED, "",
		    STATUS_FAIL, "dns_no_address", CONFIDENCE_CERTAIN },
		{ "servfail", false, SERVFAIL, "", 0, "20.1.1.1", STATUS_FAIL,
		    "dns_servfail", CONFIDENCE_LIKELY },
		{ "another error code", false, NOTIMP, "", NOT_ASKED, "", STATUS_FAIL,
		    "dns_servfail", CONFIDENCE_LIKELY },
		{ "refused", false, REFUSED, "", 0, "20.1.1.1", STATUS_FAIL,
		    "dns_refused", CONFIDENCE_CERTAIN },
		{ "garbage", false, GARBAGE, "", 0, "20.1.1.1", STATUS_INCONCLUSIVE,
		    "dns_malformed", CONFIDENCE_LIKELY },
		{ "dead, the other answers", false, SILENT, "", 0, "20.1.1.1",
		    STATUS_FAIL, "dns_server_unreachable", CONFIDENCE_CERTAIN },
		{ "dead, no control", false, SILENT, "", SILENT, "", STATUS_FAIL,
		    "dns_server_unreachable", CONFIDENCE_LIKELY },
		{ "refused by ICMP", false, SOCKET_ERROR, "", NOT_ASKED, "",
		    STATUS_FAIL, "dns_server_unreachable", CONFIDENCE_CERTAIN },
		{ "could not send", false, UNSENT, "", NOT_ASKED, "",
		    STATUS_INCONCLUSIVE, "local_error", CONFIDENCE_CERTAIN },
		{ "platform resolver silent is no fault", false, 0, "20.1.1.1", SILENT,
		    "", STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
		{ "system private, Azure public", false, 0, "10.1.1.1", 0, "20.1.1.1",
		    STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
		{ "two private answers that work", false, 0, ALIAS " 10.1.1.1", 0,
		    ALIAS " 10.2.2.2", STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
		{ "loop of aliases", false, 0, ALIAS " " HOST, NOT_ASKED, "",
		    STATUS_FAIL, "private_record_missing", CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "dns:" HOST, NULL);
		r.checks[0].expect_private = rows[i].expect_private;
		see(&r, said(&r, DNS_SYSTEM, OWN, rows[i].a, rows[i].a_chain));
		if (rows[i].b != NOT_ASKED)
			see(&r,
			    said(&r, DNS_PLATFORM, AZURE, rows[i].b, rows[i].b_chain));
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, rows[i].status, rows[i].cause,
		    rows[i].confidence);
		if (rows[i].cause)
			assert_int_equal(r.verdicts.items[0].stage, STAGE_DNS);
		run_deinit(&r);
	}
}

static void the_azure_resolver_as_system_server_is_no_second_opinion(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "dns:" HOST, NULL);
	r.checks[0].expect_private = true;
	see(&r, dns_answer(&r, 0, DNS_SYSTEM, AZURE, 0, ALIAS " 20.1.1.1"));
	run_judge(&r);
	run_expect(&r, 0, "Azure only", STATUS_FAIL, "private_zone_unlinked",
	    CONFIDENCE_LIKELY);
	assert_true(
	    words_hold(&r.verdicts.items[0].remediation, "privatelink.azurecr.io"));
	run_deinit(&r);
}

static void expected_ranges_hold_private_answers(void **state)
{
	(void)state;

	static const struct {
		const char *row, *chain;
		bool expect_private;
		const char *cause;
	} rows[] = {
		{ "inside", ALIAS " 10.20.9.4", true, NULL },
		{ "outside", ALIAS " 10.99.0.4", true, "dns_outside_cidr" },
		{ "outside, by its alias alone", ALIAS " 10.99.0.4", false,
		    "dns_outside_cidr" },
		{ "a public answer is not meant", "20.1.1.1", false, NULL },
		{ "a private answer of an ordinary name is not meant", "10.99.0.4",
		    false, NULL },
		{ "one of two outside", ALIAS " 10.20.9.4 10.99.0.4", true,
		    "dns_outside_cidr" },
	};
	struct cidr expected;

	assert_true(cidr_parse("10.20.9.0/24", &expected));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "dns:" HOST, NULL);
		r.plan.expect_cidrs = &expected;
		r.plan.n_expect_cidrs = 1;
		r.checks[0].expect_private = rows[i].expect_private;
		see(&r, dns_answer(&r, 0, DNS_SYSTEM, OWN, 0, rows[i].chain));
		run_judge(&r);
		run_expect(&r, 0, rows[i].row,
		    rows[i].cause ? STATUS_FAIL : STATUS_PASS, rows[i].cause,
		    CONFIDENCE_CERTAIN);
		run_deinit(&r);
	}
}

static void a_private_address_by_alias_is_a_private_endpoint(void **state)
{
	(void)state;

	static const struct {
		const char *row, *chain, *platform;
		bool attribute;
	} rows[] = {
		{ "alias and private", ALIAS " 10.20.9.4", NULL, true },
		{ "private without alias", "10.20.9.4", NULL, false },
		{ "alias and public", ALIAS " 20.1.1.1", NULL, false },
		{ "the alias shown by Azure", "10.20.9.4", ALIAS " 10.20.9.4", true },
		{ "label inside another", "a.notprivatelink.azurecr.io 10.20.9.4", NULL,
		    false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "dns:" HOST, NULL);
		see(&r, dns_answer(&r, 0, DNS_SYSTEM, OWN, 0, rows[i].chain));
		if (rows[i].platform)
			see(&r, dns_answer(
				    &r, 0, DNS_PLATFORM, AZURE, 0, rows[i].platform));
		run_judge(&r);
		bool got = r.verdicts.items[0].attributes & ATTR_PRIVATE_ENDPOINT;
		if (got != rows[i].attribute)
			fail_msg("row \"%s\"", rows[i].row);
		assert_int_equal(r.verdicts.attributes, r.verdicts.items[0].attributes);
		run_deinit(&r);
	}
}

/* How a check goes on after its name was resolved. */
enum rest {
	REST_WORKS,
	REST_SILENT,
	REST_NO_PORT,
	REST_DENIED,
	REST_EXPIRED
};

static void go_on(struct run *r, enum rest rest, const char *peer)
{
	static const int expired[] = { 10, 0 };

	if (rest == REST_SILENT) {
		see(r, tcp_timeout(r, 0, peer));
		return;
	}
	if (rest == REST_NO_PORT) {
		see(r, tcp_failed(r, 0, peer, 99)); /* EADDRNOTAVAIL */
		return;
	}
	see(r, tcp_connected(r, 0, peer));
	see(r, rest == REST_EXPIRED ? tls_unverified(r, 0, peer, NULL, expired)
				    : tls_verified(r, 0, peer, NULL));
	see(r, http_answer(r, 0, peer, rest == REST_DENIED ? 403 : 200,
		   rest == REST_DENIED ? "AuthorizationFailure" : "fine", NULL));
}

static const struct answer_rule denied_rule = {
	.body_contains = "AuthorizationFailure",
	.meaning = "storage firewall",
};
static const struct answer_rule any_answer = { .meaning = "any answer" };
static const struct catalogue_entry storage = {
	.id = "storage.blob",
	.genuine = &any_answer,
	.n_genuine = 1,
	.denied = &denied_rule,
	.n_denied = 1,
};

static void an_odd_name_explains_what_fails_later(void **state)
{
	(void)state;

	static const struct {
		const char *row, *system, *platform;
		enum rest rest;
		enum status status;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "not forwarded, silent", ALIAS " 20.1.1.1", ALIAS " 10.20.9.4",
		    REST_SILENT, STATUS_FAIL, "custom_dns_no_forward",
		    CONFIDENCE_CERTAIN },
		{ "not forwarded, denied", ALIAS " 20.1.1.1", ALIAS " 10.20.9.4",
		    REST_DENIED, STATUS_FAIL, "custom_dns_no_forward",
		    CONFIDENCE_CERTAIN },
		{ "not forwarded, expired", ALIAS " 20.1.1.1", ALIAS " 10.20.9.4",
		    REST_EXPIRED, STATUS_FAIL, "tls_expired", CONFIDENCE_CERTAIN },
		{ "not forwarded, no local port", ALIAS " 20.1.1.1", ALIAS " 10.20.9.4",
		    REST_NO_PORT, STATUS_FAIL, "local_port_exhaustion",
		    CONFIDENCE_CERTAIN },
		{ "not forwarded, works", ALIAS " 20.1.1.1", ALIAS " 10.20.9.4",
		    REST_WORKS, STATUS_WARN, "custom_dns_no_forward",
		    CONFIDENCE_CERTAIN },
		{ "unlinked, denied", ALIAS " 20.1.1.1", ALIAS " 20.1.1.1", REST_DENIED,
		    STATUS_FAIL, "private_zone_unlinked", CONFIDENCE_LIKELY },
		{ "unlinked, silent", ALIAS " 20.1.1.1", ALIAS " 20.1.1.1", REST_SILENT,
		    STATUS_FAIL, "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "unlinked, works", ALIAS " 20.1.1.1", ALIAS " 20.1.1.1", REST_WORKS,
		    STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
		{ "stale, silent", ALIAS " 10.1.1.1", ALIAS " 10.2.2.2", REST_SILENT,
		    STATUS_FAIL, "dns_stale_record", CONFIDENCE_LIKELY },
		{ "stale, expired", ALIAS " 10.1.1.1", ALIAS " 10.2.2.2", REST_EXPIRED,
		    STATUS_FAIL, "dns_stale_record", CONFIDENCE_LIKELY },
		{ "same private answer, silent", ALIAS " 10.1.1.1", ALIAS " 10.1.1.1",
		    REST_SILENT, STATUS_FAIL, "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "no oddity, denied", "20.1.1.1", "20.1.1.1", REST_DENIED, STATUS_FAIL,
		    "service_denied", CONFIDENCE_CERTAIN },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "https://" HOST, &storage);
		see(&r, dns_answer(&r, 0, DNS_SYSTEM, OWN, 0, rows[i].system));
		see(&r, dns_answer(&r, 0, DNS_PLATFORM, AZURE, 0, rows[i].platform));
		go_on(&r, rows[i].rest, "20.1.1.1:443");
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, rows[i].status, rows[i].cause,
		    rows[i].confidence);
		if (strcmp(rows[i].row, "unlinked, silent") == 0)
			assert_true(words_hold(&r.verdicts.items[0].alternatives,
			    "private_zone_unlinked"));
		run_deinit(&r);
	}
}

static void a_hosts_line_counts_where_it_differs(void **state)
{
	(void)state;

	static const struct {
		const char *row, *line;
		int how;
		const char *chain;
		bool expect_private;
		enum rest rest;
		enum status status;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "equal", "20.1.1.1", 0, "20.1.1.1", false, REST_WORKS, STATUS_PASS,
		    NULL, CONFIDENCE_CERTAIN },
		{ "equal and silent", "20.1.1.1", 0, "20.1.1.1", false, REST_SILENT,
		    STATUS_FAIL, "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "differs and works", "20.9.9.9", 0, "20.1.1.1", false, REST_WORKS,
		    STATUS_WARN, "hosts_override", CONFIDENCE_LIKELY },
		{ "name does not exist, works", "20.9.9.9", NXDOMAIN, "", false,
		    REST_WORKS, STATUS_WARN, "hosts_override", CONFIDENCE_LIKELY },
		{ "differs and silent", "20.9.9.9", 0, "20.1.1.1", false, REST_SILENT,
		    STATUS_FAIL, "hosts_override", CONFIDENCE_LIKELY },
		{ "differs and denied", "20.9.9.9", 0, "20.1.1.1", false, REST_DENIED,
		    STATUS_FAIL, "hosts_override", CONFIDENCE_LIKELY },
		{ "dead server, nothing to override", "20.9.9.9", SILENT, "", false,
		    REST_WORKS, STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
		{ "breaks the expectation", "20.9.9.9", 0, ALIAS " 10.20.9.4", true,
		    REST_WORKS, STATUS_FAIL, "hosts_override", CONFIDENCE_CERTAIN },
		{ "breaks it, no server spoke", "20.9.9.9", SILENT, "", true,
		    REST_WORKS, STATUS_FAIL, "hosts_override", CONFIDENCE_LIKELY },
		{ "equal, and DNS breaks it too", "20.1.1.1", 0, "20.1.1.1", true,
		    REST_WORKS, STATUS_FAIL, "dns_not_private",
		    CONFIDENCE_CANNOT_TELL },
		{ "private as expected", "10.20.9.9", 0, ALIAS " 10.20.9.4", true,
		    REST_WORKS, STATUS_WARN, "hosts_override", CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "https://" HOST, &storage);
		r.checks[0].expect_private = rows[i].expect_private;
		see(&r, hosts_line(&r, 0, rows[i].line));
		see(&r, said(&r, DNS_SYSTEM, OWN, rows[i].how, rows[i].chain));
		go_on(&r, rows[i].rest, "20.9.9.9:443");
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, rows[i].status, rows[i].cause,
		    rows[i].confidence);
		run_deinit(&r);
	}
}

static void a_hosts_line_without_any_query_is_a_fact(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "https://" HOST, &storage);
	see(&r, hosts_line(&r, 0, "20.9.9.9"));
	go_on(&r, REST_WORKS, "20.9.9.9:443");
	run_judge(&r);
	run_expect(&r, 0, "no query", STATUS_PASS, NULL, CONFIDENCE_CERTAIN);
	assert_true(run_says(&r, 0, "/etc/hosts"));
	run_deinit(&r);
}

static void one_dead_server_of_two_is_a_warning(void **state)
{
	(void)state;
	struct addr servers[] = { address("10.0.0.53:53"), address("10.0.0.54:53") };

	for (int answers_elsewhere = 0; answers_elsewhere < 2; answers_elsewhere++) {
		struct run r;
		run_init(&r);
		r.plan.probe.resolvers = servers;
		r.plan.probe.n_resolvers = 2;
		run_add(&r, "dns:" HOST, NULL);
		run_add(&r, "dns:pypi.org", NULL);
		see(&r, dns_failed(&r, 0, DNS_GIVEN, "10.0.0.53", DNS_TIMEOUT));
		see(&r, dns_answer(&r, 0, DNS_GIVEN, "10.0.0.54", 0, "20.1.1.1"));
		if (answers_elsewhere)
			see(&r,
			    dns_answer(&r, 1, DNS_GIVEN, "10.0.0.53", 0, "20.2.2.2"));
		else
			see(&r,
			    dns_answer(&r, 1, DNS_GIVEN, "10.0.0.54", 0, "20.2.2.2"));
		run_judge(&r);
		if (answers_elsewhere)
			run_expect(
			    &r, 0, "lost once", STATUS_PASS, NULL, CONFIDENCE_CERTAIN);
		else
			run_expect(&r, 0, "dead", STATUS_WARN, "dns_server_unreachable",
			    CONFIDENCE_CERTAIN);
		run_deinit(&r);
	}
}

static void a_server_silent_about_one_name_is_not_dead(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "dns:" HOST, NULL);
	run_add(&r, "dns:pypi.org", NULL);
	see(&r, dns_failed(&r, 0, DNS_SYSTEM, OWN, DNS_TIMEOUT));
	see(&r, dns_answer(&r, 1, DNS_SYSTEM, OWN, 0, "20.2.2.2"));
	run_judge(&r);
	run_expect(
	    &r, 0, "silent here", STATUS_FAIL, "dns_no_answer", CONFIDENCE_LIKELY);
	run_expect(&r, 1, "answers there", STATUS_PASS, NULL, CONFIDENCE_CERTAIN);
	run_deinit(&r);
}

static void half_an_answer_is_not_that_there_is_no_address(void **state)
{
	(void)state;
	for (int silent_first = 0; silent_first < 2; silent_first++) {
		struct run r;
		run_init(&r);
		run_add(&r, "dns:" HOST, NULL);
		struct obs silent = dns_failed(&r, 0, DNS_SYSTEM, OWN, DNS_TIMEOUT);
		struct obs empty = dns_answer(&r, 0, DNS_SYSTEM, OWN, 0, "");
		empty.dns.type = DNS_TYPE_AAAA;
		see(&r, silent_first ? silent : empty);
		see(&r, silent_first ? empty : silent);
		run_judge(&r);
		run_expect(&r, 0, "A silent, AAAA empty", STATUS_FAIL, "dns_no_answer",
		    CONFIDENCE_LIKELY);
		run_deinit(&r);
	}
}

static void the_first_server_that_knows_is_used(void **state)
{
	(void)state;
	struct addr servers[] = { address("10.0.0.53:53"), address("10.0.0.54:53"),
		address("10.0.0.55:53") };

	static const struct {
		const char *row;
		int how[3];
		const char *cause;
	} rows[] = {
		{ "an error is passed over", { SERVFAIL, 0, NXDOMAIN }, NULL },
		{ "a denial of the name is not", { NXDOMAIN, 0, 0 }, "dns_nxdomain" },
		{ "the better error is told", { SILENT, REFUSED, GARBAGE },
		    "dns_refused" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		r.plan.probe.platform_dns = (struct addr){ 0 };
		struct obs system = obs_of(&r, OBS_NO_TARGET, OBS_SYSTEM, 0);
		system.system.resolvers = servers;
		system.system.n_resolvers = 3;
		see(&r, system);
		run_add(&r, "dns:" HOST, NULL);
		for (size_t k = 3; k-- > 0;)
			see(&r, said(&r, DNS_SYSTEM,
				    (const char *[]){
					"10.0.0.53", "10.0.0.54", "10.0.0.55" }[k],
				    rows[i].how[k], rows[i].how[k] ? "" : "20.1.1.1"));
		run_judge(&r);
		const struct cause *c = r.verdicts.items[0].cause;
		if (rows[i].cause && (!c || strcmp(c->name, rows[i].cause) != 0))
			fail_msg("row \"%s\": %s", rows[i].row, c ? c->name : "none");
		if (!rows[i].cause && c)
			fail_msg("row \"%s\": %s", rows[i].row, c->name);
		run_deinit(&r);
	}
}

static void the_azure_resolver_itself_may_be_out_of_reach_for_three_reasons(
    void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "dns:login.microsoftonline.com", NULL);
	r.targets[0].ask_only = &r.plan.probe.platform_dns;
	see(&r, dns_failed(&r, 0, DNS_PLATFORM, AZURE, DNS_TIMEOUT));
	run_judge(&r);
	run_expect(&r, 0, "silent", STATUS_FAIL, "dns_server_unreachable",
	    CONFIDENCE_CANNOT_TELL);
	assert_true(words_hold(&r.verdicts.items[0].alternatives, "AzurePlatformDNS"));
	assert_true(words_hold(&r.verdicts.items[0].alternatives, "not in Azure"));
	run_deinit(&r);
}

static void a_tcp_answer_replaces_the_truncated_one(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "dns:" HOST, NULL);
	see(&r, dns_answer(&r, 0, DNS_SYSTEM, OWN, 0, ""));
	struct obs tcp = dns_answer(&r, 0, DNS_SYSTEM, OWN, 0, "20.1.1.1");
	tcp.dns.transport = DNS_OVER_TCP;
	see(&r, tcp);
	/* A failed repetition must not hide the answer again. */
	see(&r, dns_failed(&r, 0, DNS_SYSTEM, OWN, DNS_TIMEOUT));
	run_judge(&r);
	run_expect(&r, 0, "tcp", STATUS_PASS, NULL, CONFIDENCE_CERTAIN);
	assert_true(r.verdicts.items[0].dns > 0);
	run_deinit(&r);
}

static void hosts_may_agree_with_one_resolver_only(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		int a;
		const char *a_chain, *b_chain;
	} rows[] = {
		{ "the Azure resolver, nobody else asked", NOT_ASKED, "", "20.1.1.1" },
		{ "the Azure resolver, the system's dead", SILENT, "", "20.1.1.1" },
		{ "one address of two", 0, "20.5.5.5 20.1.1.1", "20.5.5.5" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "https://" HOST, &storage);
		see(&r, hosts_line(&r, 0, "20.1.1.1"));
		see(&r, hosts_line(&r, 0, "20.1.1.2"));
		if (rows[i].a != NOT_ASKED)
			see(&r, said(&r, DNS_SYSTEM, OWN, rows[i].a, rows[i].a_chain));
		see(&r, said(&r, DNS_PLATFORM, AZURE, 0, rows[i].b_chain));
		go_on(&r, REST_WORKS, "20.1.1.1:443");
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, STATUS_PASS, NULL, CONFIDENCE_CERTAIN);
		run_deinit(&r);
	}
}

static void hosts_must_lie_in_the_expected_ranges(void **state)
{
	(void)state;
	struct cidr expected;
	struct run r;

	assert_true(cidr_parse("10.20.9.0/24", &expected));
	run_init(&r);
	run_add(&r, "https://" HOST, &storage);
	r.plan.expect_cidrs = &expected;
	r.plan.n_expect_cidrs = 1;
	r.checks[0].expect_private = true;
	see(&r, hosts_line(&r, 0, "10.99.9.9"));
	see(&r, dns_answer(&r, 0, DNS_SYSTEM, OWN, 0, ALIAS " 10.20.9.4"));
	go_on(&r, REST_WORKS, "10.99.9.9:443");
	run_judge(&r);
	run_expect(&r, 0, "outside", STATUS_FAIL, "hosts_override", CONFIDENCE_CERTAIN);
	run_deinit(&r);
}

/* A private zone need not carry the label: the catalogue knows its name. */
static void the_zone_of_the_catalogue_counts_as_private(void **state)
{
	(void)state;

	static const struct {
		const char *row, *alias;
		bool inside;
	} rows[] = {
		{ "inside the zone", "a.internal.example", true },
		{ "the zone itself", "internal.example", true },
		{ "only the letters fit", "notinternal.example", false },
		{ "elsewhere", "a.public.example", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "dns:" HOST, NULL);
		r.checks[0].private_link_zone = "internal.example";
		see(&r, dns_answer(&r, 0, DNS_SYSTEM, OWN, NXDOMAIN, rows[i].alias));
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, STATUS_FAIL,
		    rows[i].inside ? "private_record_missing" : "dns_nxdomain",
		    CONFIDENCE_LIKELY);
		run_deinit(&r);
	}
}

static void a_zone_that_vouches_for_a_negative_answer_is_enough(void **state)
{
	(void)state;

	static const struct {
		const char *row, *chain;
		enum confidence confidence;
	} rows[] = {
		{ "of Azure", SOA, CONFIDENCE_CERTAIN },
		{ "of a server of one's own",
		    "soa=privatelink.azurecr.io/ns.corp.example", CONFIDENCE_LIKELY },
		{ "of one's own, with the alias",
		    ALIAS " soa=privatelink.azurecr.io/ns.corp.example",
		    CONFIDENCE_CERTAIN },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "dns:" HOST, NULL);
		see(&r, dns_answer(&r, 0, DNS_SYSTEM, OWN, NXDOMAIN, rows[i].chain));
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, STATUS_FAIL, "private_record_missing",
		    rows[i].confidence);
		run_deinit(&r);
	}
}

static void the_name_that_is_contacted_is_judged(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "https://stand-in.example", &storage);
	see(&r, dns_answer(&r, 0, DNS_SYSTEM, OWN, 0, "20.1.1.1"));
	r.targets[0].connect_host = "stand-in.example";
	r.targets[0].host = HOST;
	see(&r, dns_answer(&r, 0, DNS_SYSTEM, OWN, NXDOMAIN, ""));
	go_on(&r, REST_WORKS, "20.1.1.1:443");
	run_judge(&r);
	run_expect(&r, 0, "stand-in", STATUS_PASS, NULL, CONFIDENCE_CERTAIN);
	run_deinit(&r);
}

static void the_first_warning_stays(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "https://" HOST, &storage);
	see(&r, dns_failed(&r, 0, DNS_SYSTEM, "10.0.0.54", DNS_TIMEOUT));
	see(&r, dns_answer(&r, 0, DNS_SYSTEM, OWN, 0, "20.1.1.1"));
	see(&r, tcp_timeout(&r, 0, "20.1.1.2:443"));
	go_on(&r, REST_WORKS, "20.1.1.1:443");
	run_judge(&r);
	run_expect(&r, 0, "two warnings", STATUS_WARN, "dns_server_unreachable",
	    CONFIDENCE_CERTAIN);
	assert_true(run_says(&r, 0, "20.1.1.2:443: no answer"));
	run_deinit(&r);
}

static void expectations_are_about_the_target_not_its_proxy(void **state)
{
	(void)state;
	struct proxy proxy = { .shown_as = "http://proxy:3128", .host = HOST };
	struct run r;

	run_init(&r);
	run_add(&r, "https://" HOST, &storage);
	see(&r, dns_answer(&r, 0, DNS_SYSTEM, OWN, 0, "20.9.9.9"));
	r.targets[0].host = "amlstore.blob.core.windows.net";
	r.targets[0].proxy = &proxy;
	r.checks[0].expect_private = true;
	r.checks[0].proxy_reason = "--proxy";
	go_on(&r, REST_WORKS, "20.9.9.9:443");
	run_judge(&r);
	/* What the proxy's own name resolves to is nobody's business here. */
	run_expect(
	    &r, 0, "proxy", STATUS_WARN, "proxy_bypass_missing", CONFIDENCE_CERTAIN);
	run_deinit(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_resolvers_decide),
		cmocka_unit_test(
		    the_azure_resolver_as_system_server_is_no_second_opinion),
		cmocka_unit_test(expected_ranges_hold_private_answers),
		cmocka_unit_test(a_private_address_by_alias_is_a_private_endpoint),
		cmocka_unit_test(an_odd_name_explains_what_fails_later),
		cmocka_unit_test(a_hosts_line_counts_where_it_differs),
		cmocka_unit_test(a_hosts_line_without_any_query_is_a_fact),
		cmocka_unit_test(one_dead_server_of_two_is_a_warning),
		cmocka_unit_test(a_server_silent_about_one_name_is_not_dead),
		cmocka_unit_test(half_an_answer_is_not_that_there_is_no_address),
		cmocka_unit_test(the_first_server_that_knows_is_used),
		cmocka_unit_test(
		    the_azure_resolver_itself_may_be_out_of_reach_for_three_reasons),
		cmocka_unit_test(a_tcp_answer_replaces_the_truncated_one),
		cmocka_unit_test(hosts_may_agree_with_one_resolver_only),
		cmocka_unit_test(hosts_must_lie_in_the_expected_ranges),
		cmocka_unit_test(the_zone_of_the_catalogue_counts_as_private),
		cmocka_unit_test(a_zone_that_vouches_for_a_negative_answer_is_enough),
		cmocka_unit_test(the_name_that_is_contacted_is_judged),
		cmocka_unit_test(the_first_warning_stays),
		cmocka_unit_test(expectations_are_about_the_target_not_its_proxy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
