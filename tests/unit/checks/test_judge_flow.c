/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>

#include "checks/flow/flow_names.h"
#include "checks/input/input_error.h"
#include "tests/unit/checks/capture_builder.h"

#define MS NSEC_PER_MSEC

static struct obs_flow silent(uint32_t syns)
{
	struct obs_flow f = flow_opened(NULL, "10.9.0.1:443");
	f.tls = (struct flow_tls){ .alert = -1 };
	f.syn_ack = f.ack = 0;
	f.of_client.syns = f.of_client.packets = syns;
	f.of_client.bytes = 0;
	f.of_server = (struct flow_side){ .present = false };
	return f;
}

/* --- One flow, and what stands beside it -------------------------------------------
 */

static struct obs_flow repeated_syns(void)
{
	return silent(4);
}

static struct obs_flow refused(void)
{
	struct obs_flow f = silent(1);
	f.of_server = (struct flow_side){ .present = true, .packets = 1, .ttl = 62 };
	f.reset = flow_was_reset(62, 20 * MS).reset;
	f.reset.pending = false;
	return f;
}

static struct obs_flow refused_nearby(void)
{
	struct obs_flow f = refused();
	f.reset.ttl = 63;
	return f;
}

static struct obs_flow refused_early(void)
{
	struct obs_flow f = refused();
	f.reset.after = MS;
	return f;
}

static struct obs_flow refused_then_accepted(void)
{
	struct obs_flow f = refused();
	f.of_server.syns = 1;
	f.reset.syn_ack_after = true;
	f.reset.packets_after = 1;
	return f;
}

static struct obs_flow prohibited(void)
{
	struct obs_flow f = silent(1);
	f.icmp =
	    (struct flow_icmp){ .present = true, .type = 3, .code = 13, .count = 1 };
	addr_parse("10.1.0.1", &f.icmp.from);
	return f;
}

static struct obs_flow unreachable(void)
{
	struct obs_flow f = prohibited();
	f.icmp.code = 1;
	return f;
}

static struct obs_flow answer_ignored(void)
{
	struct obs_flow f = silent(3);
	f.of_server =
	    (struct flow_side){ .present = true, .packets = 3, .syns = 3, .ttl = 62 };
	return f;
}

static struct obs_flow stale(void)
{
	struct obs_flow f = silent(2);
	f.of_server = (struct flow_side){ .present = true, .packets = 2 };
	f.stray_ack = true;
	return f;
}

static struct obs_flow reset_other_ttl(void)
{
	return flow_was_reset(64, 20 * MS);
}

static struct obs_flow reset_early(void)
{
	return flow_was_reset(62, MS);
}

static struct obs_flow reset_plain(void)
{
	return flow_was_reset(62, 20 * MS);
}

static struct obs_flow reset_with_server_behind(void)
{
	struct obs_flow f = flow_was_reset(40, MS);
	f.reset.packets_after = 2;
	f.reset.ttl_after = 62;
	return f;
}

static struct obs_flow hello_dropped(void)
{
	struct obs_flow f = flow_opened("bad.example.net", "10.9.0.1:443");
	f.of_client.unacked = 500;
	f.of_client.stuck_sent = 5;
	f.of_client.stuck_size = 500;
	return f;
}

static struct obs_flow path_trace(void)
{
	struct obs_flow f = silent(1);
	f.of_client.ttl = 3;
	return f;
}

static struct obs_flow plain_http(void)
{
	struct obs_flow f = flow_opened("bad.example.net", "10.9.0.1:443");
	f.http = (struct flow_http){ .present = true, .status = 400 };
	f.of_server.fin_first = true;
	return f;
}

static struct obs_flow deaf_server(void)
{
	struct obs_flow f = hello_dropped();
	f.of_server.syns = 3;
	return f;
}

static struct obs_flow big_segment_lost(void)
{
	struct obs_flow f = flow_healthy("bad.example.net", "10.9.0.1:443");
	f.of_client.unacked = 3000;
	f.of_client.stuck_sent = 5;
	f.of_client.stuck_size = 1448;
	f.of_server.sacks = true;
	return f;
}

static struct obs_flow answer_with_gap(void)
{
	struct obs_flow f = flow_opened("bad.example.net", "10.9.0.1:443");
	f.of_server.bytes = 200;
	f.of_server.gap = true;
	f.of_server.unacked = 3000;
	f.of_client.sacks = true;
	return f;
}

static struct obs_flow never_answered(void)
{
	return flow_opened("bad.example.net", "10.9.0.1:443");
}

static struct obs_flow closed(void)
{
	struct obs_flow f = never_answered();
	f.of_server.fin = f.of_server.fin_first = true;
	return f;
}

static struct obs_flow closed_by_client(void)
{
	struct obs_flow f = never_answered();
	f.of_client.fin = f.of_client.fin_first = f.of_server.fin = true;
	return f;
}

static struct obs_flow alert(void)
{
	struct obs_flow f = closed();
	f.of_server.bytes = 7;
	f.tls.alert = 112;
	f.tls.alert_by_server = true;
	return f;
}

static struct obs_flow distrusted(void)
{
	struct obs_flow f = alert();
	f.tls.alert = 48;
	f.tls.alert_by_server = false;
	return f;
}

static struct obs_flow idle_reset(void)
{
	struct obs_flow f = flow_healthy("bad.example.net", "10.9.0.1:443");
	f.reset = flow_was_reset(62, MS).reset;
	f.reset.idle = 240 * NSEC_PER_SEC;
	return f;
}

static struct obs_flow idle_silent(void)
{
	struct obs_flow f = flow_healthy("bad.example.net", "10.9.0.1:443");
	f.idle = 240 * NSEC_PER_SEC;
	f.of_client.unacked = 100;
	f.of_client.stuck_sent = 4;
	f.of_client.stuck_size = 100;
	return f;
}

static struct obs_flow firewall_page(void)
{
	struct obs_flow f = flow_healthy("bad.example.net", "10.9.0.1:80");
	f.tls = (struct flow_tls){ .alert = -1 };
	f.http = (struct flow_http){ .present = true, .request = "GET", .status = 470 };
	return f;
}

static struct obs_flow not_upgraded(void)
{
	struct obs_flow f = firewall_page();
	f.http.status = 200;
	f.http.upgrade = true;
	return f;
}

static struct obs_flow one_way(void)
{
	struct obs_flow f = flow_opened("bad.example.net", "10.9.0.1:443");
	f.of_server = (struct flow_side){ .present = false };
	f.of_client.acks = true;
	return f;
}

static struct obs_flow too_short(void)
{
	struct obs_flow f = silent(1);
	f.open = true;
	f.left = 300 * MS;
	return f;
}

static struct obs_flow works(void)
{
	return flow_healthy("bad.example.net", "10.9.0.1:443");
}

static struct obs_flow survives_a_late_reset(void)
{
	struct obs_flow f = works();
	f.reset = flow_was_reset(40, MS).reset;
	f.reset.packets_after = 5;
	return f;
}

enum beside {
	NOTHING,
	OTHER_PORT = 1,  /* the same address accepts elsewhere, 20 ms, TTL 62 */
	OTHER_NAME = 2,  /* and serves another name on this port */
	TWICE = 4,       /* it happened two times */
	FROM_SERVER = 8, /* the capture was taken there */
	LOSSY = 16,
	TWO_FINE = 32, /* two flows to the same endpoint went well */
};

static const struct {
	const char *name;
	struct obs_flow (*flow)(void);
	unsigned beside;
	enum status status;
	const char *cause;
	enum confidence confidence;
} rows[] = {
	{ "a healthy connection", works, 0, STATUS_PASS, NULL, 0 },
	{ "one that a reset did not kill", survives_a_late_reset, 0, STATUS_PASS, NULL,
	    0 },
	{ "silence", repeated_syns, 0, STATUS_FAIL, "silent_drop",
	    CONFIDENCE_CANNOT_TELL },
	{ "silence of one port", repeated_syns, OTHER_PORT, STATUS_FAIL, "silent_drop",
	    CONFIDENCE_LIKELY },
	{ "a reset without a comparison", refused, 0, STATUS_FAIL, "remote_refused",
	    CONFIDENCE_POSSIBLE },
	{ "a reset with the server's TTL", refused, OTHER_PORT, STATUS_FAIL,
	    "remote_refused", CONFIDENCE_LIKELY },
	{ "a reset with another TTL", refused_nearby, OTHER_PORT, STATUS_FAIL,
	    "rst_injected_inline", CONFIDENCE_LIKELY },
	{ "a reset too early, once", refused_early, OTHER_PORT, STATUS_FAIL,
	    "rst_injected_inline", CONFIDENCE_LIKELY },
	{ "a reset too early, twice", refused_early, OTHER_PORT | TWICE, STATUS_FAIL,
	    "rst_injected_inline", CONFIDENCE_CERTAIN },
	{ "the same seen from the server", refused_early, OTHER_PORT | FROM_SERVER,
	    STATUS_FAIL, "remote_refused", CONFIDENCE_LIKELY },
	{ "a reset, then accepted", refused_then_accepted, TWICE, STATUS_FAIL,
	    "rst_injected_onpath", CONFIDENCE_CERTAIN },
	{ "the same with packets lost", refused_then_accepted, TWICE | LOSSY,
	    STATUS_FAIL, "rst_injected_onpath", CONFIDENCE_LIKELY },
	{ "ICMP of a filter", prohibited, 0, STATUS_FAIL, "icmp_rejected",
	    CONFIDENCE_CERTAIN },
	{ "ICMP of a router", unreachable, 0, STATUS_FAIL, "host_or_net_unreachable",
	    CONFIDENCE_LIKELY },
	{ "an answer that the client ignores", answer_ignored, 0, STATUS_FAIL,
	    "local_input_filter", CONFIDENCE_LIKELY },
	{ "the same seen from the server", answer_ignored, FROM_SERVER, STATUS_FAIL,
	    "silent_drop", CONFIDENCE_CANNOT_TELL },
	{ "an answer to another connection", stale, 0, STATUS_FAIL, "stale_connection",
	    CONFIDENCE_POSSIBLE },
	{ "such an answer to all of them", stale, TWICE, STATUS_FAIL, "silent_drop",
	    CONFIDENCE_CANNOT_TELL },
	{ "a reset by another sender", reset_other_ttl, 0, STATUS_FAIL,
	    "rst_injected_inline", CONFIDENCE_LIKELY },
	{ "the same for one name of two", reset_other_ttl, OTHER_NAME, STATUS_FAIL,
	    "sni_reset_inline", CONFIDENCE_LIKELY },
	{ "a reset sooner than the only round trip", reset_early, 0, STATUS_FAIL,
	    "connection_reset", CONFIDENCE_CANNOT_TELL },
	{ "a reset sooner than a round trip", reset_early, TWICE, STATUS_FAIL,
	    "rst_injected_inline", CONFIDENCE_LIKELY },
	{ "the same for one name of two", reset_early, OTHER_NAME, STATUS_FAIL,
	    "sni_reset_inline", CONFIDENCE_LIKELY },
	{ "a reset like the server's", reset_plain, 0, STATUS_FAIL, "connection_reset",
	    CONFIDENCE_CANNOT_TELL },
	{ "the same for one name of two", reset_plain, OTHER_NAME, STATUS_FAIL,
	    "sni_reset_inline", CONFIDENCE_POSSIBLE },
	{ "the same twice", reset_plain, OTHER_NAME | TWICE, STATUS_FAIL,
	    "sni_reset_inline", CONFIDENCE_LIKELY },
	{ "a reset beside the server", reset_with_server_behind, TWICE, STATUS_FAIL,
	    "sni_reset_onpath", CONFIDENCE_CERTAIN },
	{ "a ClientHello unheard", hello_dropped, 0, STATUS_FAIL,
	    "data_not_acknowledged", CONFIDENCE_CANNOT_TELL },
	{ "a ClientHello unheard for one name", hello_dropped, OTHER_NAME, STATUS_FAIL,
	    "sni_drop", CONFIDENCE_LIKELY },
	{ "a path trace", path_trace, 0, STATUS_INCONCLUSIVE, "capture_incomplete",
	    CONFIDENCE_CANNOT_TELL },
	{ "plain HTTP instead of TLS", plain_http, 0, STATUS_FAIL, "not_tls",
	    CONFIDENCE_LIKELY },
	{ "the same twice", plain_http, TWICE, STATUS_FAIL, "not_tls",
	    CONFIDENCE_CERTAIN },
	{ "a ClientHello unheard once of three times", hello_dropped, TWO_FINE,
	    STATUS_WARN, "data_not_acknowledged", CONFIDENCE_CANNOT_TELL },
	{ "the same twice of four times", hello_dropped, TWO_FINE | TWICE, STATUS_FAIL,
	    "data_not_acknowledged", CONFIDENCE_CANNOT_TELL },
	{ "a reset once of three times", reset_other_ttl, TWO_FINE, STATUS_FAIL,
	    "rst_injected_inline", CONFIDENCE_LIKELY },
	{ "a deaf server", deaf_server, TWICE, STATUS_FAIL, "half_open_forward_drop",
	    CONFIDENCE_LIKELY },
	{ "a large segment lost", big_segment_lost, 0, STATUS_FAIL, "pmtu_blackhole_up",
	    CONFIDENCE_LIKELY },
	{ "an answer with a gap", answer_with_gap, 0, STATUS_FAIL,
	    "pmtu_blackhole_down", CONFIDENCE_LIKELY },
	{ "no answer", never_answered, 0, STATUS_FAIL, "no_reply",
	    CONFIDENCE_CANNOT_TELL },
	{ "no answer for one name, twice", never_answered, OTHER_NAME | TWICE,
	    STATUS_FAIL, "sni_drop", CONFIDENCE_LIKELY },
	{ "closed", closed, 0, STATUS_FAIL, "connection_closed",
	    CONFIDENCE_CANNOT_TELL },
	{ "closed for one name", closed, OTHER_NAME, STATUS_FAIL, "sni_close",
	    CONFIDENCE_POSSIBLE },
	{ "closed after the client did", closed_by_client, 0, STATUS_FAIL, "no_reply",
	    CONFIDENCE_CANNOT_TELL },
	{ "an alert", alert, 0, STATUS_FAIL, "tls_alert", CONFIDENCE_CANNOT_TELL },
	{ "an alert for one name, twice", alert, OTHER_NAME | TWICE, STATUS_FAIL,
	    "sni_close", CONFIDENCE_LIKELY },
	{ "a client that trusts nobody", distrusted, 0, STATUS_FAIL, "tls_untrusted",
	    CONFIDENCE_LIKELY },
	{ "a reset after silence", idle_reset, 0, STATUS_FAIL, "idle_reset",
	    CONFIDENCE_LIKELY },
	{ "no answer after silence", idle_silent, 0, STATUS_FAIL, "idle_drop_silent",
	    CONFIDENCE_LIKELY },
	{ "Azure Firewall's status", firewall_page, 0, STATUS_FAIL,
	    "azure_firewall_http_deny", CONFIDENCE_LIKELY },
	{ "an upgrade answered with 200", not_upgraded, 0, STATUS_FAIL,
	    "ws_upgrade_stripped", CONFIDENCE_LIKELY },
	{ "one direction", one_way, 0, STATUS_INCONCLUSIVE, "capture_one_way",
	    CONFIDENCE_CANNOT_TELL },
	{ "too short a capture", too_short, 0, STATUS_INCONCLUSIVE,
	    "capture_incomplete", CONFIDENCE_CANNOT_TELL },
};

static void judge_row(struct capture *c, struct obs_flow f, unsigned beside)
{
	capture_begin(c);
	flow_book_add(c->book, &f, 0);
	if (beside & TWICE)
		flow_book_add(c->book, &f, 0);
	if (beside & OTHER_PORT) {
		struct obs_flow o = flow_healthy("x.example.net", "10.9.0.1:8443");
		/* One alone may have been late by chance. */
		for (unsigned i = 0; i < 2; i++)
			flow_book_add(c->book, &o, 0);
	}
	if (beside & OTHER_NAME) {
		struct obs_flow o = flow_healthy("good.example.net", "10.9.0.1:443");
		flow_book_add(c->book, &o, 0);
	}
	for (unsigned i = 0; beside & TWO_FINE && i < 2; i++) {
		struct obs_flow o = flow_healthy("bad.example.net", "10.9.0.1:443");
		flow_book_add(c->book, &o, 0);
	}
	if (beside & FROM_SERVER) {
		c->whole.syn_fresh = c->whole.syn_ack_aged = 0;
		c->whole.syn_aged = c->whole.syn_ack_fresh = 9;
	}
	c->whole.dropped = beside & LOSSY ? 3 : 0;
	capture_judge(c);
}

static const char *id_of(const struct obs_flow *f)
{
	if (f->server.port == 80)
		return "http://bad.example.net/";
	return f->name ? "https://bad.example.net/" : "https://10.9.0.1/";
}

static void flows_are_judged_by_what_they_show(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct capture c;
		struct obs_flow f = rows[i].flow();
		judge_row(&c, f, rows[i].beside);
		const struct verdict *v = capture_verdict(&c, id_of(&f));
		const char *cause = v->cause ? v->cause->name : "";
		if (v->status != rows[i].status ||
		    strcmp(cause, rows[i].cause ? rows[i].cause : "") != 0 ||
		    (rows[i].cause && v->confidence != rows[i].confidence))
			fail_msg("row \"%s\": status %d, %s, %s", rows[i].name,
			    v->status, cause, confidence_name(v->confidence));
		if (rows[i].cause && v->n_evidence == 0)
			fail_msg("row \"%s\": no evidence", rows[i].name);
		arena_deinit(&c.arena);
	}
}

static void capture_of_one_direction_accuses_nobody(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct capture c;
		struct obs_flow f = rows[i].flow();
		capture_begin(&c);
		flow_book_add(c.book, &f, 0);
		c.whole.two_way = 0;
		c.whole.one_way = 1;
		capture_judge(&c);
		if (c.verdicts.fail > 0)
			fail_msg("row \"%s\"", rows[i].name);
		arena_deinit(&c.arena);
	}
}

static void single_syn_alone_proves_nothing(void **state)
{
	(void)state;
	struct capture c;
	struct obs_flow f = silent(1);
	capture_begin(&c);
	flow_book_add(c.book, &f, 0);
	c.whole.two_way = 0;
	capture_judge(&c);
	assert_int_equal(c.verdicts.items[0].status, STATUS_INCONCLUSIVE);
	arena_deinit(&c.arena);
}

static void follow_up_probes_are_compared_with_and_are_no_checks(void **state)
{
	(void)state;
	struct capture c;
	struct obs_flow bad = repeated_syns();
	struct obs_flow other = flow_healthy("x.example.net", "10.9.0.1:8443");
	struct obs_flow silent_too = silent(3);
	addr_parse_port("10.9.0.1:80", &silent_too.server);
	other.follow_up = silent_too.follow_up = true;
	capture_begin(&c);
	flow_book_add(c.book, &bad, 0);
	flow_book_add(c.book, &other, 0);
	flow_book_add(c.book, &silent_too, 0);
	capture_judge(&c);
	assert_int_equal(c.plan.probe.n_targets, 1);
	assert_int_equal(c.verdicts.fail, 1);
	/* Another port that accepts makes it likely. */
	assert_int_equal(c.verdicts.items[0].confidence, CONFIDENCE_LIKELY);
	arena_deinit(&c.arena);
}

static void ipv6_alone_is_a_warning(void **state)
{
	(void)state;
	struct capture c;
	struct obs_flow v4 = flow_healthy("a.example.net", "10.9.0.1:443"),
			v6 = silent(3);
	v6.name = "a.example.net";
	v6.name_source = FLOW_NAME_DNS;
	addr_parse_port("[fd00::1]:443", &v6.server);
	capture_begin(&c);
	flow_book_add(c.book, &v4, 0);
	flow_book_add(c.book, &v6, 0);
	capture_judge(&c);
	assert_int_equal(c.verdicts.items[0].status, STATUS_WARN);
	assert_string_equal(c.verdicts.items[0].cause->name, "ipv6_broken");
	arena_deinit(&c.arena);
}

static void flows_without_a_name_join_the_only_one_of_their_server(void **state)
{
	(void)state;
	for (unsigned names = 1; names <= 2; names++) {
		struct capture c;
		struct obs_flow named = flow_healthy("a.example.net", "10.9.0.1:443");
		struct obs_flow other = flow_healthy("b.example.net", "10.9.0.1:443");
		struct obs_flow bare = repeated_syns();
		capture_begin(&c);
		flow_book_add(c.book, &bare, 0);
		flow_book_add(c.book, &named, 0);
		if (names == 2)
			flow_book_add(c.book, &other, 0);
		capture_judge(&c);
		assert_int_equal(c.plan.probe.n_targets, names == 1 ? 1 : 3);
		arena_deinit(&c.arena);
	}
}

static void rare_failure_is_a_warning(void **state)
{
	(void)state;
	struct capture c;
	struct obs_flow good = works(), bad = reset_other_ttl();
	capture_begin(&c);
	for (int i = 0; i < 30; i++)
		flow_book_add(c.book, &good, 0);
	flow_book_add(c.book, &bad, 0);
	capture_judge(&c);
	assert_int_equal(c.verdicts.items[0].status, STATUS_WARN);
	assert_non_null(strstr(c.verdicts.items[0].summary, "1 of 31 flows"));
	arena_deinit(&c.arena);
}

/* --- DNS ---------------------------------------------------------------------------
 */

static struct obs_flow query(const char *name, uint32_t answers, int rcode)
{
	struct obs_flow f = { .udp = true,
		.name = name,
		.name_source = FLOW_NAME_QUERY,
		.left = 10 * NSEC_PER_SEC,
		.alike = 1,
		.tls = { .alert = -1 },
		.dns = { .present = true,
		    .type = 1,
		    .queries = 1,
		    .answers = answers,
		    .rcode = rcode,
		    .ttl_first = 62 },
		.of_client = { .present = true, .packets = 1 } };
	f.of_server.present = answers > 0;
	addr_parse_port("10.1.0.4:5000", &f.client);
	addr_parse_port("10.9.0.53:53", &f.server);
	return f;
}

static void dns_transactions_are_judged(void **state)
{
	(void)state;
	struct obs_flow two = query("two.test", 2, 0), near = two;
	two.dns.differing = near.dns.differing = true;
	two.dns.ttl_other = 62;
	near.dns.ttl_other = 100;

	const struct {
		const char *name;
		struct obs_flow flow;
		bool answers_others;
		enum status status;
		const char *cause;
	} dns_rows[] = {
		{ "answered", query("a.test", 1, 0), false, STATUS_PASS, NULL },
		{ "silent", query("a.test", 0, -1), false, STATUS_FAIL,
		    "dns_server_unreachable" },
		{ "silent for one name", query("a.test", 0, -1), true, STATUS_FAIL,
		    "dns_no_answer" },
		{ "no such name", query("a.test", 1, 3), false, STATUS_WARN,
		    "dns_nxdomain" },
		{ "failed", query("a.test", 1, 2), false, STATUS_FAIL, "dns_servfail" },
		{ "refused", query("a.test", 1, 5), false, STATUS_FAIL, "dns_refused" },
		{ "two answers of one sender", two, false, STATUS_PASS, NULL },
		{ "two answers of two senders", near, false, STATUS_FAIL,
		    "dns_injected" },
	};

	for (size_t i = 0; i < COUNT(dns_rows); i++) {
		struct capture c;
		struct obs_flow other = query("other.test", 1, 0);
		capture_begin(&c);
		flow_book_add(c.book, &dns_rows[i].flow, 0);
		if (dns_rows[i].answers_others)
			flow_book_add(c.book, &other, 0);
		capture_judge(&c);
		const struct verdict *v = &c.verdicts.items[0];
		const char *cause = v->cause ? v->cause->name : "";
		if (v->status != dns_rows[i].status ||
		    strcmp(cause, dns_rows[i].cause ? dns_rows[i].cause : "") != 0)
			fail_msg(
			    "row \"%s\": %d %s", dns_rows[i].name, v->status, cause);
		arena_deinit(&c.arena);
	}
}

/* --- Names -------------------------------------------------------------------------
 */

static void catalogue_names_what_a_capture_holds(void **state)
{
	(void)state;

	static const struct {
		const char *name;
		uint16_t port;
		const char *id;
	} names[] = {
		{ "contoso.azurecr.io", 443, "acr.login" },
		{ "contoso.westeurope.data.azurecr.io", 443, "acr.data" },
		{ "contosoml.blob.core.windows.net", 443, "storage.blob" },
		{ "contosoml.file.core.windows.net", 445, "storage.smb" },
		{ "contosoml.file.core.windows.net", 443, "storage.file" },
		{ "kv.vault.azure.net", 443, "keyvault" },
		{ "kv.vault.azure.net", 8443, NULL },
		{ "azurecr.io", 443, NULL },
		{ "www.example.net", 443, NULL },
	};
	struct arena a;
	struct catalogue catalogue;
	struct input_error err;
	arena_init(&a, (size_t)64 << 20);
	assert_int_equal(catalogue_load_builtin(&a, &catalogue, &err), 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct catalogue_entry *e =
		    flow_names_entry(&catalogue, names[i].name, names[i].port, &a);
		if (strcmp(e ? e->id : "", names[i].id ? names[i].id : "") != 0)
			fail_msg("%s: %s", names[i].name, e ? e->id : "none");
	}
	arena_deinit(&a);
}

static void second_endpoint_of_a_service_has_its_own_id(void **state)
{
	(void)state;
	struct capture c;
	struct catalogue catalogue;
	struct input_error err;
	struct obs_flow one = flow_healthy("one.azurecr.io", "10.9.0.1:443");
	struct obs_flow two = flow_healthy("two.azurecr.io", "10.9.0.2:443");
	capture_begin(&c);
	assert_int_equal(catalogue_load_builtin(&c.arena, &catalogue, &err), 0);
	c.book = flow_book_new(&catalogue, &c.arena);
	flow_book_add(c.book, &one, 0);
	flow_book_add(c.book, &two, 0);
	capture_judge(&c);
	assert_string_equal(c.plan.probe.targets[0].id, "acr.login");
	assert_string_equal(c.plan.probe.targets[1].id, "acr.login:two.azurecr.io");
	arena_deinit(&c.arena);
}

static void book_is_bounded_and_counts_the_rest(void **state)
{
	(void)state;
	struct capture c;
	capture_begin(&c);
	for (unsigned i = 0; i < FLOW_BOOK_FINE + 500; i++) {
		struct obs_flow f = flow_healthy(NULL, "10.9.0.1:443");
		f.server.ip[1] = (uint8_t)(i >> 8);
		f.server.ip[2] = (uint8_t)i;
		flow_book_add(c.book, &f, 0);
	}
	struct obs_flow bad = silent(3);
	flow_book_add(c.book, &bad, 0);
	capture_judge(&c);
	assert_int_equal(c.plan.probe.n_targets, FLOW_BOOK_FINE + 1);
	assert_int_equal(c.log.items[0]->capture->left_out, 500);
	assert_int_equal(c.verdicts.fail, 1);
	arena_deinit(&c.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows_are_judged_by_what_they_show),
		cmocka_unit_test(capture_of_one_direction_accuses_nobody),
		cmocka_unit_test(single_syn_alone_proves_nothing),
		cmocka_unit_test(follow_up_probes_are_compared_with_and_are_no_checks),
		cmocka_unit_test(ipv6_alone_is_a_warning),
		cmocka_unit_test(
		    flows_without_a_name_join_the_only_one_of_their_server),
		cmocka_unit_test(rare_failure_is_a_warning),
		cmocka_unit_test(dns_transactions_are_judged),
		cmocka_unit_test(catalogue_names_what_a_capture_holds),
		cmocka_unit_test(second_endpoint_of_a_service_has_its_own_id),
		cmocka_unit_test(book_is_bounded_and_counts_the_rest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
