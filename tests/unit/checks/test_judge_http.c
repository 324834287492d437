/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>

#include "checks/facts/http_date.h"
#include "tests/unit/checks/obs_builder.h"

#define PEER "20.1.1.1:443"

static const int challenge[] = { 401 };
static const int forbidden[] = { 403 };
static const int redirects[] = { 302, 401, 403 };

static const struct answer_rule genuine[] = {
	{ .statuses = challenge,
	    .n_statuses = 1,
	    .header = "www-authenticate",
	    .header_contains = "Bearer",
	    .meaning = "the registry asks for a token",
	    .mark = MARK_SEEN },
	{ .statuses = redirects,
	    .n_statuses = 3,
	    .header = "x-ms-request-id",
	    .mark = MARK_BELIEVED },
};
static const struct answer_rule believed = {
	.statuses = challenge,
	.n_statuses = 1,
	.mark = MARK_BELIEVED,
};
static const struct answer_rule denials[] = {
	{ .statuses = forbidden,
	    .n_statuses = 1,
	    .body_contains = "is not allowed access",
	    .meaning = "the registry's firewall" },
	{ .body_contains = "maybe denied", .mark = MARK_BELIEVED },
};
static const struct disclosure disclosures[] = {
	{ .what = "client address the registry saw",
	    .body_after = "client with IP '",
	    .body_before = "'" },
	{ .what = "everything behind", .body_after = "tail:" },
	{ .what = "path the vault saw", .header = "x-ms-keyvault-network-info" },
	{ .what = "never there",
	    .body_after = "client with IP '",
	    .body_before = "~~" },
};

static const struct catalogue_entry registry = { .genuine = genuine,
	.n_genuine = 2,
	.denied = denials,
	.n_denied = 2,
	.disclosures = disclosures,
	.n_disclosures = 4 };
static const struct catalogue_entry vague = { .genuine = &believed, .n_genuine = 1 };
static const struct catalogue_entry unknown = { .id = "unknown" };
static const struct catalogue_entry vague_own_ca = {
	.genuine = &believed, .n_genuine = 1, .private_ca = true
};

static void say_hello(struct run *r, int t)
{
	static const int no_issuer[] = { 20, 0 };
	const struct catalogue_entry *e = r->checks[t].entry;

	see(r, tcp_connected(r, t, PEER));
	if (protocol_is_tls(r->targets[t].protocol))
		see(r, e && e->private_ca
			   ? tls_unverified(r, t, PEER, "CN=own", no_issuer)
			   : tls_verified(r, t, PEER, NULL));
}

#define AZFW "Action: Deny. Reason: No rule matched. Proceeding with default action."
#define DENIED                                                                         \
	"{\"message\":\"client with IP '52.1.2.3' is not allowed access. "             \
	"tail:\x1b[0m\"}"

static void answers_tell_who_gave_them(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		bool plain;
		const struct catalogue_entry *entry;
		int status;
		const char *body, *field;
		enum status verdict;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "genuine", false, &registry, 401, "", "Www-Authenticate: Bearer x",
		    STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
		{ "genuine without TLS", true, &registry, 401, "",
		    "www-authenticate: Bearer x", STATUS_PASS, NULL,
		    CONFIDENCE_LIKELY },
		{ "genuine by belief", false, &registry, 403, "", "x-ms-request-id: 1",
		    STATUS_PASS, NULL, CONFIDENCE_POSSIBLE },
		{ "right status, wrong field", false, &registry, 401, "",
		    "www-authenticate: Basic x", STATUS_FAIL, "not_the_service",
		    CONFIDENCE_LIKELY },
		{ "impostor behind a valid certificate", false, &registry, 200,
		    "<html>", "server: nginx", STATUS_FAIL, "not_the_service",
		    CONFIDENCE_LIKELY },
		{ "proxy page behind a valid certificate", false, &registry, 403, "",
		    "server: squid/5.7", STATUS_FAIL, "not_the_service",
		    CONFIDENCE_LIKELY },
		{ "proxy page without TLS", true, &registry, 403, "",
		    "server: squid/5.7", STATUS_FAIL, "l7_block_page",
		    CONFIDENCE_LIKELY },
		{ "error of a proxy without TLS", true, &registry, 200, "",
		    "x-squid-error: ERR_ACCESS_DENIED 0", STATUS_FAIL, "l7_block_page",
		    CONFIDENCE_LIKELY },
		{ "via beside a refusal", true, &registry, 403, "", "via: 1.1 p",
		    STATUS_FAIL, "l7_block_page", CONFIDENCE_LIKELY },
		{ "via of a cache", true, &registry, 200, "", "via: 1.1 p", STATUS_FAIL,
		    "not_the_service", CONFIDENCE_LIKELY },
		{ "somebody else without TLS", true, &registry, 200, "",
		    "server: nginx", STATUS_FAIL, "not_the_service",
		    CONFIDENCE_LIKELY },
		{ "login of a proxy without TLS", true, &registry, 407, "", NULL,
		    STATUS_FAIL, "proxy_auth_required", CONFIDENCE_CERTAIN },
		{ "denied", false, &registry, 403, DENIED, "x-ms-request-id: 1",
		    STATUS_FAIL, "service_denied", CONFIDENCE_CERTAIN },
		{ "denied without TLS", true, &registry, 403, DENIED, NULL, STATUS_FAIL,
		    "service_denied", CONFIDENCE_LIKELY },
		{ "denied by belief", false, &registry, 403, "maybe denied", NULL,
		    STATUS_FAIL, "service_denied", CONFIDENCE_POSSIBLE },
		{ "denial text with another status", false, &registry, 200, DENIED,
		    NULL, STATUS_FAIL, "not_the_service", CONFIDENCE_LIKELY },
		{ "firewall", true, &registry, 470, AZFW, NULL, STATUS_FAIL,
		    "azure_firewall_http_deny", CONFIDENCE_CERTAIN },
		{ "firewall by its status", true, &registry, 470, NULL, NULL,
		    STATUS_FAIL, "azure_firewall_http_deny", CONFIDENCE_LIKELY },
		{ "firewall's words for an ad-hoc target", true, NULL, 200, AZFW, NULL,
		    STATUS_FAIL, "azure_firewall_http_deny", CONFIDENCE_CERTAIN },
		{ "half of the firewall's words", true, NULL, 200, "Action: Deny", NULL,
		    STATUS_PASS, NULL, CONFIDENCE_LIKELY },
		{ "service in trouble", false, &registry, 503, "", "x-ms-request-id: 1",
		    STATUS_FAIL, "http_unexpected", CONFIDENCE_LIKELY },
		{ "service too busy", false, &registry, 429, "", "x-ms-request-id: 1",
		    STATUS_WARN, "http_unexpected", CONFIDENCE_LIKELY },
		{ "503 without marks", false, &registry, 503, "", NULL, STATUS_FAIL,
		    "not_the_service", CONFIDENCE_LIKELY },
		{ "only beliefs, met", false, &vague, 401, "", NULL, STATUS_PASS, NULL,
		    CONFIDENCE_POSSIBLE },
		{ "only beliefs, not met", false, &vague, 200, "", NULL, STATUS_PASS,
		    NULL, CONFIDENCE_POSSIBLE },
		{ "only beliefs, not met, no TLS", true, &vague, 200, "", NULL,
		    STATUS_FAIL, "not_the_service", CONFIDENCE_POSSIBLE },
		{ "own CA and beliefs, met", false, &vague_own_ca, 401, "", NULL,
		    STATUS_PASS, NULL, CONFIDENCE_POSSIBLE },
		{ "own CA and beliefs, not met", false, &vague_own_ca, 200, "", NULL,
		    STATUS_FAIL, "not_the_service", CONFIDENCE_POSSIBLE },
		{ "nothing known of it", false, &unknown, 404, "", NULL, STATUS_PASS,
		    NULL, CONFIDENCE_LIKELY },
		{ "nothing known of it, no TLS", true, &unknown, 404, "", NULL,
		    STATUS_PASS, NULL, CONFIDENCE_POSSIBLE },
		{ "ad hoc", false, NULL, 500, NULL, NULL, STATUS_PASS, NULL,
		    CONFIDENCE_CERTAIN },
		{ "ad hoc without TLS", true, NULL, 200, NULL, NULL, STATUS_PASS, NULL,
		    CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r,
		    rows[i].plain ? "http://amlreg.azurecr.io:80"
				  : "https://amlreg.azurecr.io",
		    rows[i].entry);
		say_hello(&r, 0);
		struct obs o = http_answer(&r, 0, PEER, rows[i].status, rows[i].body,
		    (const char *const[]){ rows[i].field, NULL });
		o.http.body_truncated = true;
		see(&r, o);
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, rows[i].verdict, rows[i].cause,
		    rows[i].confidence);
		run_deinit(&r);
	}
}

static void the_best_known_fact_speaks(void **state)
{
	(void)state;

	static const struct answer_rule rules[] = {
		{ .mark = MARK_BELIEVED, .meaning = "believed" },
		{ .mark = MARK_DOCUMENTED, .meaning = "documented" },
		{ .mark = MARK_SEEN, .meaning = "seen" },
	};
	static const struct catalogue_entry entry = { .genuine = rules,
		.n_genuine = 3 };
	struct run r;

	run_init(&r);
	run_add(&r, "https://amlreg.azurecr.io", &entry);
	say_hello(&r, 0);
	see(&r, http_answer(&r, 0, PEER, 200, "", NULL));
	run_judge(&r);
	run_expect(&r, 0, "three rules", STATUS_PASS, NULL, CONFIDENCE_CERTAIN);
	assert_string_equal(r.verdicts.items[0].summary, "documented");
	run_deinit(&r);
}

static void disclosures_are_evidence_and_escaped(void **state)
{
	(void)state;

	static const char *const fields[] = {
		"x-ms-keyvault-network-info: addr=1\x1b[1m", NULL
	};
	struct run r;

	run_init(&r);
	run_add(&r, "https://amlreg.azurecr.io", &registry);
	say_hello(&r, 0);
	see(&r, http_answer(&r, 0, PEER, 403, DENIED, fields));
	run_judge(&r);
	assert_true(run_says(&r, 0, "client address the registry saw: 52.1.2.3"));
	assert_true(run_says(&r, 0, "path the vault saw: addr=1\\x1b"));
	assert_true(run_says(&r, 0, "everything behind: \\x1b"));
	assert_false(run_says(&r, 0, "never there"));
	assert_false(run_says(&r, 0, "\x1b"));
	run_deinit(&r);
}

static void a_body_with_nul_bytes_is_searched_to_its_end(void **state)
{
	(void)state;

	static const char body[] =
	    "\0\0binary\0client with IP '52.1.2.3' is not allowed "
	    "access";
	struct run r;

	run_init(&r);
	run_add(&r, "https://amlreg.azurecr.io", &registry);
	say_hello(&r, 0);
	struct obs o = http_answer(&r, 0, PEER, 403, NULL, NULL);
	o.http.body = body;
	o.http.body_len = sizeof body - 1;
	see(&r, o);
	run_judge(&r);
	run_expect(&r, 0, "nul", STATUS_FAIL, "service_denied", CONFIDENCE_CERTAIN);
	run_deinit(&r);
}

static void the_vault_tells_how_it_was_reached(void **state)
{
	(void)state;

	static const struct {
		const char *row, *field, *chain;
		unsigned attributes;
	} rows[] = {
		{ "service endpoint",
		    "x-ms-keyvault-network-info: conn_type=Subnet;a=1", "20.1.1.1",
		    ATTR_SERVICE_ENDPOINT },
		{ "private link",
		    "x-ms-keyvault-network-info: conn_type=PrivateLink;a=1", "20.1.1.1",
		    ATTR_PRIVATE_ENDPOINT },
		{ "public", "x-ms-keyvault-network-info: conn_type=Ipv4;a=1",
		    "20.1.1.1", 0 },
		{ "private address, public connection",
		    "x-ms-keyvault-network-info: conn_type=Ipv4;a=1",
		    "v.privatelink.vaultcore.azure.net 10.1.1.1", 0 },
		{ "not told", "server: x", "v.privatelink.vaultcore.azure.net 10.1.1.1",
		    ATTR_PRIVATE_ENDPOINT },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "https://v.vault.azure.net", NULL);
		see(&r, dns_answer(&r, 0, DNS_SYSTEM, "10.0.0.53", 0, rows[i].chain));
		say_hello(&r, 0);
		see(&r, http_answer(&r, 0, PEER, 200, "",
			    (const char *const[]){ rows[i].field, NULL }));
		run_judge(&r);
		if (r.verdicts.items[0].attributes != rows[i].attributes)
			fail_msg("row \"%s\": %x", rows[i].row,
			    r.verdicts.items[0].attributes);
		run_deinit(&r);
	}
}

static void what_is_no_answer(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		enum http_outcome outcome;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "reset", HTTP_RESET, "connection_reset", CONFIDENCE_CANNOT_TELL },
		{ "closed", HTTP_CLOSED, "connection_closed", CONFIDENCE_CANNOT_TELL },
		{ "silent", HTTP_TIMEOUT, "no_reply", CONFIDENCE_CANNOT_TELL },
		{ "not HTTP", HTTP_MALFORMED, "http_unexpected", CONFIDENCE_LIKELY },
		{ "error", HTTP_ERROR, "http_unexpected", CONFIDENCE_POSSIBLE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		for (int detail = 0; detail < 2; detail++) {
			struct run r;
			run_init(&r);
			run_add(&r, "https://amlreg.azurecr.io", &registry);
			say_hello(&r, 0);
			struct obs o = http_answer(&r, 0, PEER, 0, NULL, NULL);
			o.http.outcome = rows[i].outcome;
			if (detail) {
				o.http.icmp = icmp_from("10.20.1.1", 3, 1);
				o.http.reason = "weird";
			}
			see(&r, o);
			run_judge(&r);
			run_expect(&r, 0, rows[i].row, STATUS_FAIL, rows[i].cause,
			    rows[i].confidence);
			assert_int_equal(r.verdicts.items[0].stage, STAGE_HTTP);
			run_deinit(&r);
		}
	}
}

static void the_explicit_proxy_answers_for_itself(void **state)
{
	(void)state;
	struct proxy proxy = { .shown_as = "http://10.0.0.9:3128", .host = "10.0.0.9" };

	static const struct {
		const char *row;
		int status;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "login", 407, "proxy_auth_required", CONFIDENCE_CERTAIN },
		{ "denied", 403, "proxy_denied", CONFIDENCE_CERTAIN },
		{ "could not connect", 503, "proxy_upstream_failed",
		    CONFIDENCE_LIKELY },
		{ "an error of its own", 500, "proxy_denied", CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "https://amlreg.azurecr.io", &registry);
		r.targets[0].proxy = &proxy;
		struct obs tcp = tcp_connected(&r, 0, "10.0.0.9:3128");
		tcp.tcp.via_proxy = true;
		see(&r, tcp);
		struct obs o = http_answer(&r, 0, "10.0.0.9:3128", 0, NULL, NULL);
		o.http.outcome = HTTP_PROXY_REFUSED;
		o.http.proxy_status = rows[i].status;
		see(&r, o);
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		assert_true(r.verdicts.items[0].attributes & ATTR_EXPLICIT_PROXY);
		assert_true(run_says(&r, 0, "http://10.0.0.9:3128"));
		run_deinit(&r);
	}
}

static void upgrades_pass_or_get_lost(void **state)
{
	(void)state;

	static const char *const marks[] = { "x-ms-request-id: 1", NULL };

	static const struct {
		const char *row;
		int status;
		bool accept, plain, marked, ad_hoc;
		const char *body;
		enum status verdict;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "accepted", 101, true, false, false, false, NULL, STATUS_PASS, NULL,
		    CONFIDENCE_CERTAIN },
		{ "accepted without TLS", 101, true, true, false, true, NULL,
		    STATUS_PASS, NULL, CONFIDENCE_LIKELY },
		{ "wrong key", 101, false, false, false, false, NULL, STATUS_FAIL,
		    "ws_accept_bad", CONFIDENCE_CERTAIN },
		{ "sign-in of the front end", 302, false, false, true, false, NULL,
		    STATUS_PASS, NULL, CONFIDENCE_POSSIBLE },
		{ "302 of somebody else", 302, false, false, false, false, NULL,
		    STATUS_FAIL, "not_the_service", CONFIDENCE_LIKELY },
		{ "sign-in, ad hoc", 403, false, false, false, true, NULL, STATUS_PASS,
		    NULL, CONFIDENCE_CERTAIN },
		{ "upgrade required", 426, false, false, false, false, NULL,
		    STATUS_FAIL, "ws_upgrade_stripped", CONFIDENCE_LIKELY },
		{ "a plain GET as Jupyter sees it", 400, false, false, false, false,
		    "Can \"Upgrade\" only to \"WebSocket\".", STATUS_FAIL,
		    "ws_upgrade_stripped", CONFIDENCE_LIKELY },
		{ "another 400", 400, false, false, false, false, "Bad", STATUS_FAIL,
		    "not_the_service", CONFIDENCE_LIKELY },
		{ "a page", 200, false, false, true, false, NULL, STATUS_FAIL,
		    "ws_upgrade_stripped", CONFIDENCE_POSSIBLE },
		{ "not implemented", 501, false, false, false, true, NULL, STATUS_FAIL,
		    "ws_upgrade_stripped", CONFIDENCE_POSSIBLE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r,
		    rows[i].plain ? "ws://ci1.westeurope.instances.azureml.ms"
				  : "wss://ci1.westeurope.instances.azureml.ms",
		    rows[i].ad_hoc ? NULL : &registry);
		say_hello(&r, 0);
		struct obs o = http_answer(&r, 0, PEER, rows[i].status, rows[i].body,
		    rows[i].marked ? marks : NULL);
		o.http.upgrade = true;
		o.http.accept_valid = rows[i].accept;
		see(&r, o);
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, rows[i].verdict, rows[i].cause,
		    rows[i].confidence);
		if (rows[i].cause)
			assert_int_equal(r.verdicts.items[0].stage, STAGE_WEBSOCKET);
		run_deinit(&r);
	}
}

static void only_the_preferred_date_is_read(void **state)
{
	(void)state;

	static const struct {
		const char *text;
		int64_t want; /* -1 = refused */
	} rows[] = {
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", -1 },
		{ "Sun Nov  6 08:49:37 1994", -1 },
		{ "Sun, 06 Nov 1994 08:49:37 CET", -1 },
		{ "Sun, 06 Foo 1994 08:49:37 GMT", -1 },
		{ "Sun, 00 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 32 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 06 Nov 1969 08:49:37 GMT", -1 },
		{ "Sun, 06 Nov 1994 24:49:37 GMT", -1 },
		{ "Sun, 06 Nov 1994 08:60:37 GMT", -1 },
		{ "Sun, 06 Nov 1994 08:49:61 GMT", -1 },
		{ "Sun, 06 Nov 1994 08:49:-1 GMT", -1 },
		{ "Sun, x6 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 06 Nov y994 08:49:37 GMT", -1 },
		{ "Sun, 06 Nov 1994 z8:49:37 GMT", -1 },
		{ "Sun, 06 Nov 1994 08:z9:37 GMT", -1 },
		{ "", -1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t got = -1;
		bool ok = http_date_parse(rows[i].text, &got);
		if (ok != (rows[i].want >= 0) || got != rows[i].want)
			fail_msg("\"%s\" gives %lld", rows[i].text, (long long)got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_tell_who_gave_them),
		cmocka_unit_test(the_best_known_fact_speaks),
		cmocka_unit_test(disclosures_are_evidence_and_escaped),
		cmocka_unit_test(a_body_with_nul_bytes_is_searched_to_its_end),
		cmocka_unit_test(the_vault_tells_how_it_was_reached),
		cmocka_unit_test(what_is_no_answer),
		cmocka_unit_test(the_explicit_proxy_answers_for_itself),
		cmocka_unit_test(upgrades_pass_or_get_lost),
		cmocka_unit_test(only_the_preferred_date_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
