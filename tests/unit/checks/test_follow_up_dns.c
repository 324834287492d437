/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>
#include <string.h>

#include "checks/follow_up/follow_up.h"
#include "tests/unit/checks/probe_builder.h"

#define HOST   "name.example"
#define SERVER "10.20.0.4"
#define SECOND "10.20.0.5"
#define CANARY "192.0.2.1"
#define PEER   "20.1.1.1:443"
#define AGAIN  SERVER " " HOST " udp 1232 listen"
#define PLAIN  SERVER " " HOST " udp 0"
#define BY_TCP SERVER " " HOST " tcp 0"
#define SILENT AGAIN ", " PLAIN ", " BY_TCP
#define ONCE   CANARY " " HOST " udp 0 once"

struct asked {
	struct run run;
	struct follow_up follow_up;
	struct order orders[ORDER_MAX];
	size_t n;
};

static void begin(struct asked *a)
{
	run_init(&a->run);
	a->run.plan.probe.canary = address(CANARY);
	run_add(&a->run, "https://" HOST, NULL);
	follow_up_init(&a->follow_up, &a->run.plan, &a->run.log, &a->run.arena);
}

static void ask_of(struct asked *a, int t, enum follow_up_moment moment,
    enum stage stage, const char *peer, const struct obs *obs)
{
	struct follow_up_event e = {
		.moment = moment, .stage = stage, .peer = address(peer), .obs = obs
	};

	if (stage == STAGE_DNS)
		e.peer.port = 53;
	a->n = follow_up_choose(&a->follow_up, (unsigned)t, &e, a->orders, ORDER_MAX);
}

static void failed(struct asked *a, struct obs o)
{
	ask_of(a, 0, FOLLOW_UP_FAILED, STAGE_DNS, SERVER, see(&a->run, o));
}

/* The orders about names, in order. */
static const char *words(struct asked *a)
{
	const char *text = "";

	for (size_t i = 0; i < a->n; i++) {
		const struct order *o = &a->orders[i];
		char peer[ADDR_TEXT_MAX];
		bool other = o->kind == ORDER_CONTROL_CONNECT &&
			     o->purpose == CONTROL_OTHER_ANSWER;
		if (o->kind != ORDER_DNS_VARIANT && !other)
			continue;
		text = arena_printf(&a->run.arena, "%s%s%s", text, *text ? ", " : "",
		    addr_format(&o->peer, peer));
		if (other)
			text = arena_printf(&a->run.arena, "%s connect", text);
		else
			text = arena_printf(&a->run.arena, "%s %s %s %u%s%s%s", text,
			    o->name, o->form.transport == DNS_OVER_TCP ? "tcp" : "udp",
			    o->form.edns_size, o->form.cd ? " cd" : "",
			    o->form.listen_on ? " listen" : "",
			    o->form.once ? " once" : "");
	}
	return text;
}

static void expect(struct asked *a, const char *row, const char *want)
{
	const char *got = words(a);

	if (strcmp(got, want) != 0)
		fail_msg("row \"%s\": want \"%s\", got \"%s\"", row, want, got);
}

static void a_question_by_how_it_failed(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		enum dns_server_role role;
		enum dns_transport transport;
		enum dns_outcome outcome;
		int err;
		uint8_t rcode;
		uint16_t type;
		const char *want;
	} rows[] = {
		{ "silent", DNS_SYSTEM, DNS_OVER_UDP, DNS_TIMEOUT, 0, 0, DNS_TYPE_A,
		    SILENT },
		{ "rejected", DNS_GIVEN, DNS_OVER_UDP, DNS_NET_ERROR, EHOSTUNREACH, 0,
		    DNS_TYPE_A, SILENT },
		{ "not permitted", DNS_SYSTEM, DNS_OVER_UDP, DNS_NET_ERROR, EPERM, 0,
		    DNS_TYPE_A, "" },
		{ "for comparison only", DNS_PLATFORM, DNS_OVER_UDP, DNS_TIMEOUT, 0, 0,
		    DNS_TYPE_A, "" },
		{ "by TCP after a cut answer", DNS_SYSTEM, DNS_OVER_TCP, DNS_TIMEOUT, 0,
		    0, DNS_TYPE_A, BY_TCP ", " SERVER " " HOST " udp 4096" },
		{ "NXDOMAIN", DNS_SYSTEM, DNS_OVER_UDP, DNS_ANSWERED, 0, 3, DNS_TYPE_A,
		    AGAIN ", " ONCE },
		{ "NXDOMAIN for AAAA alone", DNS_SYSTEM, DNS_OVER_UDP, DNS_ANSWERED, 0,
		    3, DNS_TYPE_AAAA, "" },
		{ "SERVFAIL", DNS_SYSTEM, DNS_OVER_UDP, DNS_ANSWERED, 0, 2, DNS_TYPE_A,
		    AGAIN ", " SERVER " " HOST " udp 1232 cd" },
		{ "REFUSED", DNS_SYSTEM, DNS_OVER_UDP, DNS_ANSWERED, 0, 5, DNS_TYPE_A,
		    AGAIN },
		{ "garbage", DNS_SYSTEM, DNS_OVER_UDP, DNS_MALFORMED, 0, 0, DNS_TYPE_A,
		    "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a;
		begin(&a);
		struct obs o =
		    dns_failed(&a.run, 0, rows[i].role, SERVER, rows[i].outcome);
		o.dns.transport = rows[i].transport;
		o.dns.err = rows[i].err;
		o.dns.rcode = rows[i].rcode;
		o.dns.type = rows[i].type;
		failed(&a, o);
		expect(&a, rows[i].row, rows[i].want);
		run_deinit(&a.run);
	}
}

static void a_slow_server_is_asked_while_the_question_waits(void **state)
{
	struct asked a;
	(void)state;

	begin(&a);
	ask_of(&a, 0, FOLLOW_UP_SLOW, STAGE_DNS, SERVER, NULL);
	expect(&a, "slow", SILENT);
	failed(&a, dns_failed(&a.run, 0, DNS_SYSTEM, SERVER, DNS_TIMEOUT));
	expect(&a, "and then silent", "");
	run_deinit(&a.run);
}

static void no_canary_and_no_diagnosis_are_honoured(void **state)
{
	struct asked a;
	(void)state;

	begin(&a);
	a.run.plan.probe.canary.family = 0;
	struct obs o = dns_answer(&a.run, 0, DNS_SYSTEM, SERVER, 3, "");
	failed(&a, o);
	expect(&a, "no canary", AGAIN);
	run_deinit(&a.run);

	begin(&a);
	a.run.plan.probe.no_diagnose = true;
	failed(&a, o);
	expect(&a, "no diagnosis", "");
	run_deinit(&a.run);
}

static void a_dead_server_is_asked_about_few_names(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		bool alive;
		unsigned names;
	} rows[] = {
		{ "never answered", false, 2 },
		{ "answered something", true, 4 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a;
		unsigned names = 0;
		begin(&a);
		for (int t = 1; t < RUN_MAX_TARGETS; t++)
			run_add(&a.run,
			    arena_printf(&a.run.arena, "https://n%d.example", t), NULL);
		if (rows[i].alive)
			see(&a.run,
			    dns_answer(&a.run, 0, DNS_SYSTEM, SERVER, 0, "20.1.1.1"));
		for (int t = 1; t < RUN_MAX_TARGETS; t++) {
			ask_of(&a, t, FOLLOW_UP_FAILED, STAGE_DNS, SERVER,
			    see(&a.run, dns_failed(&a.run, t, DNS_SYSTEM, SERVER,
					    DNS_TIMEOUT)));
			names += a.n > 0;
		}
		if (names != rows[i].names)
			fail_msg("row \"%s\": %u names", rows[i].row, names);
		run_deinit(&a.run);
	}
}

static void suffixes_do_not_use_up_the_names_of_a_server(void **state)
{
	static const char *const search[] = { "a.example", "b.example", "c.example" };
	struct asked a;
	unsigned names = 0;
	(void)state;

	begin(&a);
	for (int t = 1; t < RUN_MAX_TARGETS; t++)
		run_add(
		    &a.run, arena_printf(&a.run.arena, "https://n%d.example", t), NULL);
	struct obs o = obs_of(&a.run, OBS_NO_TARGET, OBS_SYSTEM, 0);
	o.system.search = search;
	o.system.n_search = COUNT(search);
	see(&a.run, o);
	for (int t = 0; t < RUN_MAX_TARGETS; t++) {
		ask_of(&a, t, FOLLOW_UP_FAILED, STAGE_DNS, SERVER,
		    see(&a.run, dns_answer(&a.run, t, DNS_SYSTEM, SERVER, 3, "")));
		names += strstr(words(&a), "listen") != NULL;
	}
	assert_int_equal(names, RUN_MAX_TARGETS);
	run_deinit(&a.run);
}

static void the_search_list_is_tried_and_its_wildcards(void **state)
{
	static const char *const search[] = { "corp.example", ".", "b", "c", "d" };
	struct asked a;
	(void)state;

	begin(&a);
	struct obs o = obs_of(&a.run, OBS_NO_TARGET, OBS_SYSTEM, 0);
	o.system.search = search;
	o.system.n_search = COUNT(search);
	see(&a.run, o);
	failed(&a, dns_answer(&a.run, 0, DNS_SYSTEM, SERVER, 3, ""));
	expect(&a, "suffixes",
	    AGAIN ", " ONCE ", " SERVER " " HOST ".corp.example udp 1232, " SERVER
		  " " HOST ".b udp 1232");
	const struct dns_form form = { .edns_size = 1232 };
	o = dns_variant(&a.run, 0, SERVER, form, "20.1.1.1@62");
	o.dns_variant.name = HOST ".corp.example";
	ask_of(&a, 0, FOLLOW_UP_OBSERVED, STAGE_DNS, SERVER, see(&a.run, o));
	expect(&a, "wildcard", SERVER " vnetprobe-no-such-host.corp.example udp 1232");
	run_deinit(&a.run);
}

static void what_was_heard_leads_to_the_next_question(void **state)
{
	(void)state;

	static const struct {
		const char *row, *server;
		struct dns_form form;
		const char *replies, *want;
	} rows[] = {
		{ "without EDNS it answers", SERVER, { 0 }, "20.1.1.1@62",
		    SERVER " " HOST " udp 512" },
		{ "without EDNS it is silent", SERVER, { 0 }, "", "" },
		{ "by TCP it answers", SERVER, { .transport = DNS_OVER_TCP },
		    "20.1.1.1@0", "" },
		{ "the canary answers", CANARY, { .once = true }, "20.1.1.1@64",
		    BY_TCP },
		{ "the canary is silent", CANARY, { .once = true }, "", "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a;
		begin(&a);
		see(&a.run, dns_answer(&a.run, 0, DNS_SYSTEM, SERVER, 3, ""));
		ask_of(&a, 0, FOLLOW_UP_OBSERVED, STAGE_DNS, rows[i].server,
		    see(&a.run, dns_variant(&a.run, 0, rows[i].server, rows[i].form,
				    rows[i].replies)));
		expect(&a, rows[i].row, rows[i].want);
		run_deinit(&a.run);
	}
}

static void an_address_that_fails_makes_its_answer_suspicious(void **state)
{
	(void)state;

	static const struct {
		const char *row, *mine, *other;
		bool hosts;
		const char *want;
	} rows[] = {
		{ "one server", "20.1.1.1", NULL, false, AGAIN ", " ONCE },
		{ "another server knows better", "20.1.1.1", "20.1.1.2", false,
		    "20.1.1.2 connect, " AGAIN ", " ONCE },
		{ "another server says the same", "20.1.1.1", "20.1.1.1", false,
		    AGAIN ", " ONCE },
		{ "the address is of no answer", "20.1.1.7", NULL, false, "" },
		{ "the hosts file decided", "20.1.1.1", NULL, true, "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a;
		begin(&a);
		if (rows[i].hosts)
			see(&a.run, hosts_line(&a.run, 0, "20.1.1.1"));
		see(&a.run, dns_answer(&a.run, 0, DNS_GIVEN, SERVER, 0, rows[i].mine));
		if (rows[i].other)
			see(&a.run,
			    dns_answer(&a.run, 0, DNS_GIVEN, SECOND, 0, rows[i].other));
		ask_of(&a, 0, FOLLOW_UP_FAILED, STAGE_TCP, PEER,
		    see(&a.run, tcp_failed(&a.run, 0, PEER, ECONNREFUSED)));
		expect(&a, rows[i].row, rows[i].want);
		run_deinit(&a.run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_by_how_it_failed),
		cmocka_unit_test(a_slow_server_is_asked_while_the_question_waits),
		cmocka_unit_test(no_canary_and_no_diagnosis_are_honoured),
		cmocka_unit_test(a_dead_server_is_asked_about_few_names),
		cmocka_unit_test(suffixes_do_not_use_up_the_names_of_a_server),
		cmocka_unit_test(the_search_list_is_tried_and_its_wildcards),
		cmocka_unit_test(what_was_heard_leads_to_the_next_question),
		cmocka_unit_test(an_address_that_fails_makes_its_answer_suspicious),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
