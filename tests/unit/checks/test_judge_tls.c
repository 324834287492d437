/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>

#include "tests/unit/checks/obs_builder.h"

#define PEER      "20.1.1.1:443"
#define CORPORATE "CN=Corporate Inspection CA,O=Contoso"
#define AZURE_CA  "CN=Microsoft TLS G2 RSA CA OCSP 02,O=Microsoft Corporation,C=US"

enum {
	NOT_YET = 9,
	EXPIRED = 10,
	SELF_SIGNED_IN_CHAIN = 19,
	NO_LOCAL_ISSUER = 20,
	LEAF_ALONE = 21,
	REVOKED = 23,
	WRONG_NAME = 62,
	WRONG_ADDRESS = 64,
};

static const int none[] = { 0 };
static const int expired[] = { EXPIRED, 0 };
static const int not_yet[] = { NOT_YET, 0 };
static const int unknown[] = { NO_LOCAL_ISSUER, LEAF_ALONE, 0 };
static const int wrong_name[] = { WRONG_NAME, 0 };

static const struct catalogue_entry own_ca = { .private_ca = true };

static void connect_and_see(struct run *r, int t, struct obs o)
{
	see(r, tcp_connected(r, t, PEER));
	see(r, o);
}

static void every_verification_error_counts(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		int errors[4];
		const struct catalogue_entry *entry;
		enum status status; /* inconclusive: the handshake was good enough */
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "expired", { EXPIRED }, NULL, STATUS_FAIL, "tls_expired",
		    CONFIDENCE_CERTAIN },
		{ "not yet valid", { NOT_YET }, NULL, STATUS_FAIL, "tls_expired",
		    CONFIDENCE_CERTAIN },
		{ "other name", { WRONG_NAME }, NULL, STATUS_FAIL, "tls_name_mismatch",
		    CONFIDENCE_CERTAIN },
		{ "other address", { WRONG_ADDRESS }, NULL, STATUS_FAIL,
		    "tls_name_mismatch", CONFIDENCE_CERTAIN },
		{ "unknown issuer", { NO_LOCAL_ISSUER, LEAF_ALONE }, NULL, STATUS_FAIL,
		    "tls_untrusted", CONFIDENCE_LIKELY },
		{ "unknown root", { SELF_SIGNED_IN_CHAIN }, NULL, STATUS_FAIL,
		    "tls_untrusted", CONFIDENCE_LIKELY },
		{ "expired hides the unknown issuer", { EXPIRED, NO_LOCAL_ISSUER },
		    NULL, STATUS_FAIL, "tls_untrusted", CONFIDENCE_LIKELY },
		{ "expired and of another name", { WRONG_NAME, EXPIRED }, NULL,
		    STATUS_FAIL, "tls_expired", CONFIDENCE_CERTAIN },
		{ "revoked", { REVOKED }, NULL, STATUS_FAIL, "tls_untrusted",
		    CONFIDENCE_LIKELY },
		{ "no reason", { 0 }, NULL, STATUS_FAIL, "tls_untrusted",
		    CONFIDENCE_LIKELY },
		{ "own CA", { NO_LOCAL_ISSUER }, &own_ca, STATUS_INCONCLUSIVE,
		    "not_finished", CONFIDENCE_CANNOT_TELL },
		{ "own CA, expired", { NO_LOCAL_ISSUER, EXPIRED }, &own_ca, STATUS_FAIL,
		    "tls_expired", CONFIDENCE_CERTAIN },
		{ "own CA, other name", { NO_LOCAL_ISSUER, WRONG_NAME }, &own_ca,
		    STATUS_FAIL, "tls_name_mismatch", CONFIDENCE_CERTAIN },
		{ "own CA, revoked", { REVOKED }, &own_ca, STATUS_FAIL, "tls_untrusted",
		    CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "https://amlvault.vault.azure.net", rows[i].entry);
		connect_and_see(
		    &r, 0, tls_unverified(&r, 0, PEER, CORPORATE, rows[i].errors));
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, rows[i].status, rows[i].cause,
		    rows[i].confidence);
		for (const int *e = rows[i].errors; *e; e++)
			assert_true(run_says(&r, 0,
			    arena_printf(&r.arena, "verification error %d", *e)));
		run_deinit(&r);
	}
}

static void a_handshake_without_chain_is_untrusted(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	run_add(&r, "https://amlvault.vault.azure.net", NULL);
	struct obs o = tls_unverified(&r, 0, PEER, CORPORATE, none);
	o.tls.n_chain = 0;
	o.tls.version = NULL;
	connect_and_see(&r, 0, o);
	run_judge(&r);
	run_expect(&r, 0, "bare", STATUS_FAIL, "tls_untrusted", CONFIDENCE_LIKELY);
	run_deinit(&r);
}

static void the_names_of_a_foreign_certificate_are_told(void **state)
{
	(void)state;

	static const char *const sans[] = { "a.example", "b.example", "c.example",
		"d.example", "e\x1b[31m.example" };

	for (size_t n = 2; n <= COUNT(sans); n += 3) {
		struct run r;
		run_init(&r);
		run_add(&r, "https://amlvault.vault.azure.net", NULL);
		struct obs o = tls_unverified(&r, 0, PEER, NULL, wrong_name);
		struct certificate leaf = o.tls.chain[0];
		leaf.sans = sans;
		leaf.n_sans = n;
		o.tls.chain = &leaf;
		connect_and_see(&r, 0, o);
		run_judge(&r);
		assert_true(run_says(&r, 0, "a.example, b.example"));
		assert_int_equal(run_says(&r, 0, "and others"), n > 4);
		run_deinit(&r);
	}
}

static void one_issuer_for_unrelated_names_is_interception(void **state)
{
	(void)state;

	static const struct {
		const char *row, *issuer;
		const char *first, *second;
		const struct catalogue_entry *entry;
		const int *errors; /* of the second */
		bool intercepted;
	} rows[] = {
		{ "unrelated names", CORPORATE, "https://amlreg.azurecr.io",
		    "https://login.microsoftonline.com", NULL, unknown, true },
		{ "one registrable domain", CORPORATE,
		    "https://a.blob.core.windows.net",
		    "https://a.queue.core.windows.net", NULL, unknown, false },
		{ "one domain below a country", CORPORATE, "https://a.firm.co.uk",
		    "https://b.firm.co.uk", NULL, unknown, false },
		{ "two domains below a country", CORPORATE, "https://a.firm.co.uk",
		    "https://b.other.co.uk", NULL, unknown, true },
		{ "the other one is trusted", CORPORATE, "https://amlreg.azurecr.io",
		    "https://login.microsoftonline.com", NULL, NULL, false },
		{ "a public root that is missing here", AZURE_CA,
		    "https://amlreg.azurecr.io", "https://login.microsoftonline.com",
		    NULL, unknown, false },
		{ "the other one may have its own CA", CORPORATE,
		    "https://amlreg.azurecr.io", "https://aks.azmk8s.io", &own_ca,
		    unknown, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, rows[i].first, NULL);
		run_add(&r, rows[i].second, rows[i].entry);
		connect_and_see(
		    &r, 0, tls_unverified(&r, 0, PEER, rows[i].issuer, unknown));
		connect_and_see(&r, 1,
		    rows[i].errors
			? tls_unverified(&r, 1, PEER, rows[i].issuer, rows[i].errors)
			: tls_verified(&r, 1, PEER, rows[i].issuer));
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, STATUS_FAIL,
		    rows[i].intercepted ? "tls_intercepted" : "tls_untrusted",
		    rows[i].intercepted ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		run_deinit(&r);
	}
}

static void inspection_that_is_trusted_is_an_attribute(void **state)
{
	(void)state;

	static const struct {
		const char *row, *issuer, *first, *second;
		bool scts, inspected;
	} rows[] = {
		{ "Microsoft and another", CORPORATE, "https://amlreg.azurecr.io",
		    "https://pypi.org", false, true },
		{ "two of Microsoft", CORPORATE, "https://amlreg.azurecr.io",
		    "https://login.microsoftonline.com", false, false },
		{ "none of Microsoft", CORPORATE, "https://anaconda.com",
		    "https://pypi.org", false, false },
		{ "in the transparency logs", CORPORATE, "https://amlreg.azurecr.io",
		    "https://pypi.org", true, false },
		{ "a public issuer", "CN=R3,O=Let's Encrypt,C=US",
		    "https://amlreg.azurecr.io", "https://pypi.org", false, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *urls[] = { rows[i].first, rows[i].second };
		struct run r;
		run_init(&r);
		for (int t = 0; t < 2; t++) {
			run_add(&r, urls[t], NULL);
			struct obs o = tls_verified(&r, t, PEER, rows[i].issuer);
			struct certificate *leaf =
			    arena_memdup(&r.arena, o.tls.chain, sizeof *leaf);
			leaf->has_scts = rows[i].scts;
			o.tls.chain = leaf;
			connect_and_see(&r, t, o);
			see(&r, http_answer(&r, t, PEER, 200, "", NULL));
		}
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, STATUS_PASS, NULL, CONFIDENCE_CERTAIN);
		bool got = r.verdicts.items[0].attributes & ATTR_TLS_INSPECTED;
		if (got != rows[i].inspected)
			fail_msg("row \"%s\"", rows[i].row);
		run_deinit(&r);
	}
}

/* Dates around the run's own clock, which says 2026-09-21 14:13:20 GMT. */
#define DATE_NOW    "date: Mon, 21 Sep 2026 14:13:20 GMT"
#define DATE_BEFORE "date: Mon, 21 Sep 2026 12:00:00 GMT"
#define DATE_AFTER  "date: Mon, 21 Sep 2026 16:00:00 GMT"

static void a_wrong_clock_needs_a_second_witness(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		const int *errors, *other_errors; /* NULL = the other one is fine */
		const char *date, *other_date;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "one host", expired, NULL, NULL, NULL, "tls_expired",
		    CONFIDENCE_CERTAIN },
		{ "two hosts", expired, expired, NULL, NULL, "clock_skew",
		    CONFIDENCE_LIKELY },
		{ "two hosts not yet valid", not_yet, not_yet, NULL, NULL, "clock_skew",
		    CONFIDENCE_LIKELY },
		{ "two hosts in two directions", expired, not_yet, NULL, NULL,
		    "tls_expired", CONFIDENCE_CERTAIN },
		{ "two hosts, but the clock is right", expired, expired, DATE_NOW, NULL,
		    "tls_expired", CONFIDENCE_CERTAIN },
		{ "one host and its Date", expired, NULL, DATE_BEFORE, NULL,
		    "clock_skew", CONFIDENCE_LIKELY },
		{ "one host and two Dates", expired, NULL, DATE_BEFORE, DATE_BEFORE,
		    "clock_skew", CONFIDENCE_CERTAIN },
		{ "two hosts and a Date", expired, expired, DATE_BEFORE, NULL,
		    "clock_skew", CONFIDENCE_CERTAIN },
		{ "a Date in the wrong direction", expired, NULL, DATE_AFTER, NULL,
		    "tls_expired", CONFIDENCE_CERTAIN },
		{ "not yet valid and a later Date", not_yet, NULL, DATE_AFTER, NULL,
		    "clock_skew", CONFIDENCE_LIKELY },
		{ "a Date that is none", expired, NULL, "date: yesterday", NULL,
		    "tls_expired", CONFIDENCE_CERTAIN },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *dates[] = { rows[i].date, rows[i].other_date };
		const int *errors[] = { rows[i].errors, rows[i].other_errors };
		struct run r;
		run_init(&r);
		run_add(&r, "https://amlreg.azurecr.io", NULL);
		run_add(&r, "https://login.microsoftonline.com", NULL);
		for (int t = 0; t < 2; t++) {
			connect_and_see(&r, t,
			    errors[t] ? tls_unverified(&r, t, PEER, NULL, errors[t])
				      : tls_verified(&r, t, PEER, NULL));
			see(&r, http_answer(&r, t, PEER, 200, "",
				    (const char *const[]){ dates[t], NULL }));
		}
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

static void the_date_of_a_cached_answer_says_nothing(void **state)
{
	(void)state;

	static const char *const fields[] = { DATE_BEFORE, "age: 7000", NULL };
	struct run r;

	run_init(&r);
	run_add(&r, "https://amlreg.azurecr.io", NULL);
	connect_and_see(&r, 0, tls_unverified(&r, 0, PEER, NULL, expired));
	see(&r, http_answer(&r, 0, PEER, 200, "", fields));
	run_judge(&r);
	run_expect(&r, 0, "cached", STATUS_FAIL, "tls_expired", CONFIDENCE_CERTAIN);
	run_deinit(&r);
}

static void alpn_must_survive_where_it_is_needed(void **state)
{
	(void)state;

	static const struct catalogue_entry aks = { .expect_alpn = "h2" };

	static const struct {
		const char *row, *alpn;
		const struct catalogue_entry *entry;
		enum status status;
	} rows[] = {
		{ "as asked", "h2", &aks, STATUS_PASS },
		{ "another", "http/1.1", &aks, STATUS_WARN },
		{ "none", NULL, &aks, STATUS_WARN },
		{ "nobody needs it", NULL, NULL, STATUS_PASS },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "https://c.hcp.westeurope.azmk8s.io", rows[i].entry);
		struct obs o = tls_verified(&r, 0, PEER, NULL);
		o.tls.alpn = rows[i].alpn;
		connect_and_see(&r, 0, o);
		see(&r, http_answer(&r, 0, PEER, 200, "", NULL));
		run_judge(&r);
		assert_int_equal(r.verdicts.items[0].status, rows[i].status);
		if (rows[i].status == STATUS_WARN)
			assert_string_equal(
			    r.verdicts.items[0].cause->name, "alpn_rewritten");
		run_deinit(&r);
	}
}

static void failed_handshakes_by_their_end(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		enum tls_outcome outcome;
		int alert;
		const char *reason, *bytes;
		struct tcp_facts info;
		const char *cause;
		enum confidence confidence;
		const char *says;
	} rows[] = {
		{ "version alert", TLS_ALERT, 70, "protocol version", NULL, { 0 },
		    "tls_version", CONFIDENCE_CERTAIN, "alert 70" },
		{ "name alert", TLS_ALERT, 112, NULL, NULL, { 0 }, "tls_alert",
		    CONFIDENCE_CANNOT_TELL, "alert 112" },
		{ "reset", TLS_RESET, -1, NULL, NULL, { 0 }, "connection_reset",
		    CONFIDENCE_CANNOT_TELL, "reset the connection" },
		{ "closed", TLS_CLOSED, -1, NULL, NULL, { 0 }, "connection_closed",
		    CONFIDENCE_CANNOT_TELL, "closed the connection" },
		{ "silent, acknowledged", TLS_TIMEOUT, -1, NULL, NULL,
		    { .present = true }, "no_reply", CONFIDENCE_CANNOT_TELL,
		    "acknowledged all" },
		{ "silent, not acknowledged", TLS_TIMEOUT, -1, NULL, NULL,
		    { .present = true, .unacked = 2, .total_retrans = 4 },
		    "data_not_acknowledged", CONFIDENCE_CANNOT_TELL,
		    "2 of our segments" },
		{ "silent, with empty segments", TLS_TIMEOUT, -1, NULL, NULL,
		    { .present = true, .unacked = 2, .segs_in = 4 },
		    "data_not_acknowledged", CONFIDENCE_CANNOT_TELL,
		    "repeated SYN-ACK" },
		{ "silent, the kernel tells nothing", TLS_TIMEOUT, -1, NULL, NULL,
		    { 0 }, "no_reply", CONFIDENCE_CANNOT_TELL, "gave no answer" },
		{ "plain HTTP", TLS_NOT_TLS, -1, NULL, "HTTP/1.1 400 \x1b[31mBad",
		    { 0 }, "not_tls", CONFIDENCE_CERTAIN, "HTTP/1.1 400 \\x1b" },
		{ "another protocol", TLS_NOT_TLS, -1, NULL, "SSH-2.0", { 0 },
		    "not_tls", CONFIDENCE_CERTAIN, "SSH-2.0" },
		{ "a byte", TLS_NOT_TLS, -1, NULL, "H", { 0 }, "not_tls",
		    CONFIDENCE_CERTAIN, "first bytes" },
		{ "old version", TLS_ERROR, -1, "unsupported protocol", NULL, { 0 },
		    "tls_version", CONFIDENCE_CERTAIN, "unsupported protocol" },
		{ "no version", TLS_ERROR, -1, "no protocols available", NULL, { 0 },
		    "tls_version", CONFIDENCE_CERTAIN, "no protocols" },
		{ "another error", TLS_ERROR, -1, "bad signature", NULL, { 0 },
		    "tls_error", CONFIDENCE_POSSIBLE, "bad signature" },
		{ "no reason", TLS_ERROR, -1, NULL, NULL, { 0 }, "tls_error",
		    CONFIDENCE_POSSIBLE, "no reason given" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "https://amlreg.azurecr.io", NULL);
		struct obs o = tls_verified(&r, 0, PEER, NULL);
		o.tls.outcome = rows[i].outcome;
		o.tls.verified = false;
		o.tls.n_chain = 0;
		o.tls.alert = rows[i].alert;
		o.tls.reason = rows[i].reason;
		o.tls.first_bytes = (const uint8_t *)rows[i].bytes;
		o.tls.n_first_bytes = rows[i].bytes ? strlen(rows[i].bytes) : 0;
		o.tls.info = rows[i].info;
		connect_and_see(&r, 0, o);
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		assert_int_equal(r.verdicts.items[0].stage, STAGE_TLS);
		if (!run_says(&r, 0, rows[i].says))
			fail_msg(
			    "row \"%s\" does not say %s", rows[i].row, rows[i].says);
		run_deinit(&r);
	}
}

static void another_name_on_the_same_address_points_to_the_name(void **state)
{
	(void)state;

	static const struct {
		const char *row, *other, *peer;
		bool told;
	} rows[] = {
		{ "another name", "https://allowed.example", PEER, true },
		{ "an earlier name", "https://a.example", PEER, true },
		{ "the same name", "https://m.example", PEER, false },
		{ "another address", "https://allowed.example", "20.1.1.2:443", false },
		{ "another port", "https://allowed.example", "20.1.1.1:8443", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "https://m.example", NULL);
		run_add(&r, rows[i].other, NULL);
		struct obs o = tls_verified(&r, 0, PEER, NULL);
		o.tls.outcome = TLS_RESET;
		o.tls.icmp = icmp_from("10.20.1.1", 3, 13);
		connect_and_see(&r, 0, o);
		see(&r, tls_verified(&r, 1, rows[i].peer, NULL));
		run_judge(&r);
		if (run_says(&r, 0, "the name may decide") != rows[i].told)
			fail_msg("row \"%s\"", rows[i].row);
		assert_true(run_says(&r, 0, "ICMP 3/13"));
		run_deinit(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verification_error_counts),
		cmocka_unit_test(a_handshake_without_chain_is_untrusted),
		cmocka_unit_test(the_names_of_a_foreign_certificate_are_told),
		cmocka_unit_test(one_issuer_for_unrelated_names_is_interception),
		cmocka_unit_test(inspection_that_is_trusted_is_an_attribute),
		cmocka_unit_test(a_wrong_clock_needs_a_second_witness),
		cmocka_unit_test(the_date_of_a_cached_answer_says_nothing),
		cmocka_unit_test(alpn_must_survive_where_it_is_needed),
		cmocka_unit_test(failed_handshakes_by_their_end),
		cmocka_unit_test(another_name_on_the_same_address_points_to_the_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
