/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/buf.h"
#include "report/redact_template.h"
#include "report/run_facts.h"
#include "tests/unit/golden.h"
#include "tests/unit/report/sample.h"

#define DOTS "\xe2\x80\xa6"

struct row {
	const char *name, *text, *want;
};

static void assert_rows(const struct report *r, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *got = report_redact(rows[i].text, r);
		if (strcmp(got, rows[i].want) != 0)
			fail_msg(
			    "%s\nwant: %s\ngot:  %s", rows[i].name, rows[i].want, got);
		free(got);
	}
}

static void assert_redacted(const char *run, const struct row *rows, size_t n)
{
	struct sample s;
	assert_true(sample_init(&s, run));
	assert_rows(&s.report, rows, n);
	sample_deinit(&s);
}

static void names_of_the_workspace_go(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "in a host", "amlstore.blob.core.windows.net",
		    "storage-1.blob.core.windows.net" },
		{ "the same in another service", "amlstore.file amlstore",
		    "storage-1.file storage-1" },
		{ "in capitals", "AmlStore", "storage-1" },
		{ "behind a hyphen", "ml-amlreg-x", "ml-registry-1-x" },
		{ "a longer name is another", "amlstore2 xamlstore",
		    "amlstore2 xamlstore" },
		{ "vault", "https://amlvault.vault.azure.net/",
		    "https://vault-1.vault.azure.net/" },
		{ "this machine",
		    "on ml-node-7.corp.contoso.example:", "on machine-1:" },
		{ "its first label", "ml-node-7", "machine-2" },
		{ "search domain", "dc1.corp.contoso.example", "dc1.domain-1" },
		{ "the region stays", "westeurope", "westeurope" },
		{ "behind an escaped newline", "\\x0aamlstore", "\\x0astorage-1" },
		{ "check ids stay", "storage.blob, keyvault",
		    "storage.blob, keyvault" },
		{ "causes stay", "silent_drop", "silent_drop" },
		{ "nothing", "", "" },
		{ "at both ends", "amlreg amlreg", "registry-1 registry-1" },
	};
	assert_redacted("failing", rows, COUNT(rows));
}

static void addresses_go_whatever_surrounds_them(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "private", "10.20.5.4", "10.255.0.1" },
		{ "public", "20.61.97.10", "198.18.0.1" },
		{ "the same twice", "10.20.5.4 and 10.20.5.4, not 10.20.5.5",
		    "10.255.0.1 and 10.255.0.1, not 10.255.0.2" },
		{ "port", "10.20.5.4:443", "10.255.0.1:443" },
		{ "prefix", "10.20.0.0/16", "10.255.0.1/16" },
		{ "end of a sentence", "from 10.20.5.4.", "from 10.255.0.1." },
		{ "quoted", "'20.8.1.9'", "'198.18.0.1'" },
		{ "url", "http://20.8.1.9/x", "http://198.18.0.1/x" },
		{ "labels behind it", "10.20.5.4.nip.example",
		    "10.255.0.1.nip.example" },
		{ "label before it", "host.10.20.5.4", "host.10.255.0.1" },
		{ "IPv6 private", "fd00:20:5::4", "fd00::1" },
		{ "IPv6 public in brackets", "[2603:1020:201::1]:443",
		    "[2001:db8::1]:443" },
		{ "IPv6, written differently", "2603:1020:0:0::1 2603:1020::1",
		    "2001:db8::1 2001:db8::1" },
		{ "IPv6 end of a sentence", "at fd00::4: refused",
		    "at fd00::1: refused" },
		{ "IPv6 behind a label of hex digits", "node:fe80::1 face,fe80::1",
		    "node:fd00::1 face,fd00::1" },
		{ "IPv6 zone", "fe80::1%2", "fd00::1%2" },
		{ "mapped", "::ffff:10.20.5.4", "2001:db8::1" },
	};
	assert_redacted("failing", rows, COUNT(rows));
}

static void common_addresses_and_other_numbers_stay(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"168.63.129.16 169.254.169.254 127.0.0.1 127.0.0.53 192.0.2.1 0.0.0.0",
		"::1 :: [::1]:53",
		"version 1.2.3, 0.1.0, 6.1.0-18-amd64, v1.2.3.4",
		"1.3.6.1.4.1.311.21.20",
		"2.5.4.97=#0c0a",
		"1.2.3.4.5",
		"256.1.1.1 1.2.3.04x 1.2.3.4th 1..2.3",
		"10:00:00 2026-11-22T10:00:00.123Z",
		"aa:bb:cc:dd:ee:ff",
		"aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd",
		"std::string a::b::c",
		"....... ::::::::: 1.1.1",
	};
	struct sample s;
	assert_true(sample_init(&s, "failing"));
	for (size_t i = 0; i < COUNT(texts); i++) {
		const struct row row = { texts[i], texts[i], texts[i] };
		assert_rows(&s.report, &row, 1);
	}
	sample_deinit(&s);
}

static void guids_go(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "alone", "0a1b2c3d-1111-2222-3333-444455556666",
		    "00000000-0000-4000-8000-000000000001" },
		{ "in capitals the same",
		    "0A1B2C3D-1111-2222-3333-444455556666 "
		    "0a1b2c3d-1111-2222-3333-444455556666",
		    "00000000-0000-4000-8000-000000000001 "
		    "00000000-0000-4000-8000-000000000001" },
		{ "in a host",
		    "ml-ws-we-0a1b2c3d-1111-2222-3333-444455556666.notebooks",
		    "ml-ws-we-00000000-0000-4000-8000-000000000001.notebooks" },
		{ "one digit too many", "0a1b2c3d-1111-2222-3333-4444555566667",
		    "0a1b2c3d-1111-2222-3333-4444555566667" },
		{ "one dash too few", "0a1b2c3d-1111-2222-33334-44455556666",
		    "0a1b2c3d-1111-2222-33334-44455556666" },
		{ "cut off", "0a1b2c3d-1111", "0a1b2c3d-1111" },
	};
	assert_redacted("failing", rows, COUNT(rows));
}

#define ZEROS "000000000000000000000000000000000000000000000000000000000000000"

static void digests_go(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "alone",
		    "4e2a91c04b5d6e7f8091a2b3c4d5e6f70123456789abcdef0123456789abcdef",
		    ZEROS "1" },
		{ "in capitals the same, another has another number",
		    "4E2A91C04B5D6E7F8091A2B3C4D5E6F70123456789ABCDEF0123456789ABCDEF "
		    "4e2a91c04b5d6e7f8091a2b3c4d5e6f70123456789abcdef0123456789abcdef "
		    "4e2a91c04b5d6e7f8091a2b3c4d5e6f70123456789abcdef0123456789abcde0",
		    ZEROS "1 " ZEROS "1 " ZEROS "2" },
		{ "of the catalogue",
		    "3f2a91c04b5d6e7f8091a2b3c4d5e6f70123456789abcdef0123456789abcdef",
		    "3f2a91c04b5d6e7f8091a2b3c4d5e6f70123456789abcdef0123456789abcde"
		    "f" },
		{ "a digit too many",
		    "4e2a91c04b5d6e7f8091a2b3c4d5e6f70123456789abcdef0123456789abcdef0",
		    "4e2a91c04b5d6e7f8091a2b3c4d5e6f70123456789abcdef0123456789abcdef"
		    "0" },
		{ "member",
		    "{\"sha256\": "
		    "\"4e2a91c04b5d6e7f8091a2b3c4d5e6f70123456789abcdef0123456789abcd"
		    "ef\"}",
		    "{\"sha256\": \"" ZEROS "1\"}" },
	};
	assert_redacted("failing", rows, COUNT(rows));
}

static void what_strangers_sent_is_left_out(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "body", "{\"body\": \"jdoe \\\" x\", \"y\": \"z\"}",
		    "{\"body\": null, \"y\": \"z\"}" },
		{ "bytes", "{\"first_bytes\": \"48545450\"}",
		    "{\"first_bytes\": \"\"}" },
		{ "header fields",
		    "{\"headers\": [[\"server\", \"amlreg/1\"], [\"via\", \"1.1 "
		    "gate\"], "
		    "[\"date\", \"Mon\"]], \"x\": \"via\"}",
		    "{\"headers\": [[\"server\", \"registry-1/1\"], [\"via\", "
		    "\"(redacted)\"], [\"date\", \"Mon\"]], \"x\": \"via\"}" },
	};
	assert_redacted("failing", rows, COUNT(rows));
}

static void a_name_may_go_over_a_line_break(void **state)
{
	(void)state;
	struct sample s;
	assert_true(sample_init(&s, "failing"));
	const struct certificate root = { .subject = "CN=Initech Root,O=Initech",
		.issuer = "CN=Initech Root,O=Initech" };
	obslog_append(&s.log, &(struct obs){ .kind = OBS_TLS,
				  .target = OBS_NO_TARGET,
				  .tls = { .chain = &root, .n_chain = 1 } });
	char *whole = report_redact("by CN=Initech Root,O=Initech, x", &s.report);
	char *wrapped =
	    report_redact("by CN=Initech\n      Root,O=Initech, x\n  a  b", &s.report);
	assert_non_null(strstr(whole, "by CN=authority-"));
	assert_null(strstr(whole, "nitech"));
	assert_int_equal(strncmp(wrapped, whole, strlen(whole)), 0);
	assert_string_equal(wrapped + strlen(whole), "\n  a  b");
	free(whole);
	free(wrapped);
	sample_deinit(&s);
}

static void cut_names_leave_nothing_behind(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "beginning", "https://a-very-long" DOTS "/path",
		    "https://host-1" DOTS "/path" },
		{ "end", "https" DOTS "mpany.contoso.example:8443",
		    "https" DOTS ":8443" },
		{ "both", "a-very" DOTS "contoso.example/", "host-1" DOTS "/" },
		{ "three dots", "it was amlsto...", "it was storage-1..." },
		{ "one letter is no name", "see a" DOTS, "see a" DOTS },
		{ "something else behind the dots", "x" DOTS "yz", "x" DOTS "yz" },
	};
	assert_redacted("hostile", rows, COUNT(rows));
}

static void columns_stay_in_line(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "longer", "id amlreg        10.20.5.4    12",
		    "id registry-1    10.255.0.1   12" },
		{ "shorter", "id ml-node-7.corp.contoso.example  x",
		    "id machine-1                       x" },
		{ "no room", "id amlreg  x", "id registry-1 x" },
		{ "the next line starts anew", "amlreg\n  x", "registry-1\n  x" },
		{ "one blank is a sentence", "amlreg x  y", "registry-1 x y" },
	};
	assert_redacted("failing", rows, COUNT(rows));
}

static void only_free_text_of_json_is_touched(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "value", "{\"text\": \"amlreg  x\"}",
		    "{\"text\": \"registry-1  x\"}" },
		{ "member name", "{\"amlreg\": 1}", "{\"amlreg\": 1}" },
		{ "word of the contract", "{\"status\" : \"amlreg\"}",
		    "{\"status\" : \"amlreg\"}" },
		{ "list of such words",
		    "{\"attributes\": [\"amlreg\"], \"x\": \"amlreg\"}",
		    "{\"attributes\": [\"amlreg\"], \"x\": \"registry-1\"}" },
		{ "escaped quote", "{\"x\": \"\\\"amlreg\\\"\"}",
		    "{\"x\": \"\\\"registry-1\\\"\"}" },
		{ "numbers", "{\"x\": 10.205, \"y\": 1.2}",
		    "{\"x\": 10.205, \"y\": 1.2}" },
		{ "open string", "{\"x\": \"amlreg", "{\"x\": \"registry-1" },
		{ "half an escape", "{\"x\": \"amlreg\\", "{\"x\": \"registry-1\\" },
	};
	assert_redacted("failing", rows, COUNT(rows));
}

/* A report to be redacted may be somebody else's. */
static void names_that_no_machine_should_have(void **state)
{
	(void)state;
	static const char *const names[] = { "a\"b", "a\\b", "\"quoted\"", "\x1b[2Jx",
		"\xff\xfe", "m\xc3\xa4rz", "</script>" };
	struct sample s;
	assert_true(sample_init(&s, "failing"));
	for (size_t i = 0; i < COUNT(names); i++) {
		struct obs_system system = *run_system(&s.log);
		struct obslog log;
		system.hostname = names[i];
		obslog_init(&log, &s.arena, 7);
		obslog_append(&log, &(struct obs){ .kind = OBS_SYSTEM,
					.target = OBS_NO_TARGET,
					.system = system });
		struct report r = s.report;
		r.log = &log;
		char *plain = report_json(&r), *redacted = report_redact(plain, &r);
		json_t *json = json_loads(redacted, 0, NULL);
		const char *host = json_string_value(
		    json_object_get(json_object_get(json, "run"), "host"));
		if (!host || strncmp(host, "machine-1", 9) != 0)
			fail_msg("name %zu: %s", i, host ? host : redacted);
		json_decref(json);
		free(plain);
		free(redacted);
	}
	sample_deinit(&s);
}

/* Accounts may be called what the report says all the time. */
static void a_name_that_is_a_word_of_the_report(void **state)
{
	(void)state;
	struct sample s;
	assert_true(sample_init(&s, "failing"));
	struct target *t = arena_memdup(&s.arena, s.plan.probe.targets, 7 * sizeof *t);
	t[3].host = "pass.blob.core.windows.net";
	t[4].host = "storage.file.core.windows.net";
	t[5].host = "checks.azurecr.io";
	s.plan.probe.targets = t;
	static const struct row rows[] = {
		{ "status alone", "  pass  storage.blob", "  pass  storage.blob" },
		{ "account in a host", "pass.blob.core.windows.net",
		    "storage-1.blob.core.windows.net" },
		{ "behind a dot", "x.pass", "x.storage-1" },
		{ "host that begins like a check id", "storage.blob.core.windows.net",
		    "storage-2.blob.core.windows.net" },
		{ "check id at the end", "It was storage.blob.",
		    "It was storage.blob." },
		{ "member name", "{\"checks\": \"checks\"}",
		    "{\"checks\": \"registry-1\"}" },
	};
	assert_rows(&s.report, rows, COUNT(rows));
	sample_deinit(&s);
}

static void a_list_is_redacted_without_a_run(void **state)
{
	(void)state;
	struct sample s;
	assert_true(sample_init(&s, "failing"));
	const struct report plan_only = { .plan = &s.plan };
	char *list = report_list_json(&s.plan, "0.1.0");
	char *redacted = report_redact(list, &plan_only);
	assert_null(strstr(redacted, "amlstore"));
	assert_non_null(strstr(redacted, "storage-1.blob.core.windows.net"));
	free(redacted);
	free(list);
	sample_deinit(&s);
}

static void no_secret_is_left_in_any_document(void **state)
{
	(void)state;
	static const char *const secrets[] = { "amlstore", "amlreg", "amlvault",
		"ml-node-7", "contoso", "10.20.", "20.61.", "20.8.1.9", "52.178" };
	struct sample s;
	assert_true(sample_init(&s, "failing"));
	char *documents[] = {
		report_text(&s.report, &(struct text_style){ .verbose = true }),
		report_json(&s.report),
		report_list_text(&s.plan, &(struct text_style){ .verbose = true }),
		report_list_json(&s.plan, "0.1.0"),
	};
	for (size_t i = 0; i < COUNT(documents); i++) {
		char *redacted = report_redact(documents[i], &s.report);
		for (size_t j = 0; j < COUNT(secrets); j++)
			if (strstr(redacted, secrets[j]))
				fail_msg("document %zu has %s", i, secrets[j]);
		char *again = report_redact(documents[i], &s.report);
		assert_string_equal(again, redacted);
		if (i == 0)
			assert_golden("report/expect/failing-redacted.txt", redacted);
		if (*redacted == '{') {
			json_t *json = json_loads(redacted, 0, NULL);
			assert_non_null(json);
			json_decref(json);
		}
		free(again);
		free(redacted);
		free(documents[i]);
	}
	sample_deinit(&s);
}

static void collect(void *arg, const char *parameter, const char *value)
{
	char *text = arg;
	size_t used = strlen(text);
	snprintf(text + used, 512 - used, "%s=%s;", parameter, value);
}

static void templates_give_their_values_back(void **state)
{
	(void)state;

	static const struct {
		const char *name, *template, *host, *region, *want; /* NULL: no fit */
	} rows[] = {
		{ "one", "{storage}.blob.x", "acct.blob.x", NULL, "storage=acct;" },
		{ "none", "login.x", "login.x", NULL, "" },
		{ "another host", "login.x", "login.y", NULL, NULL },
		{ "capitals", "{storage}.Blob.x", "Acct.bLOB.x", NULL,
		    "storage=Acct;" },
		{ "region is nobody's secret",
		    "{compute_instance}.{region}.instances.x",
		    "ci1.westeurope.instances.x", "westeurope",
		    "compute_instance=ci1;" },
		{ "region differs", "{region}.x", "eastus.x", "westeurope", NULL },
		{ "hyphens within a name",
		    "ml-{workspace_name}-{region}-{workspace_id}.{region}.notebooks.x",
		    "ml-my-ws-name-westeurope-0a1b2c3d-1111-2222-3333-444455556666."
		    "westeurope.notebooks.x",
		    "westeurope",
		    "workspace_name=my-ws-name;workspace_id="
		    "0a1b2c3d-1111-2222-3333-444455556666;" },
		{ "a label ends at a dot", "{storage}.x", "a.b.x", NULL, NULL },
		{ "a host does not", "{aks_fqdn}", "a.b.x", NULL, "aks_fqdn=a.b.x;" },
		{ "empty value", "{storage}.x", ".x", NULL, NULL },
		{ "open brace", "{storage", "storage", NULL, NULL },
		{ "costly", "{a_host}{b_host}{c_host}{d_host}{e_host}{f_host}.y",
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.x",
		    NULL, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[512] = "";
		bool fits = template_values(
		    rows[i].template, rows[i].host, rows[i].region, collect, text);
		if (fits != (rows[i].want != NULL) ||
		    strcmp(text, rows[i].want ? rows[i].want : "") != 0)
			fail_msg("%s: %d %s", rows[i].name, fits, text);
	}
}

static void a_document_of_one_word_takes_no_longer_than_its_length(void **state)
{
	(void)state;
	struct sample s;
	assert_true(sample_init(&s, "large"));
	static const char *const pieces[] = { ":", "1.", "a", "host", DOTS, "a-", " " };
	for (size_t i = 0; i < COUNT(pieces); i++) {
		struct buf b = { 0 };
		while (b.len < 1 << 20)
			buf_puts(&b, pieces[i]);
		char *text = buf_take(&b);
		char *redacted = report_redact(text, &s.report);
		assert_true(strlen(redacted) > 0);
		free(redacted);
		free(text);
	}
	sample_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_the_workspace_go),
		cmocka_unit_test(addresses_go_whatever_surrounds_them),
		cmocka_unit_test(common_addresses_and_other_numbers_stay),
		cmocka_unit_test(guids_go),
		cmocka_unit_test(digests_go),
		cmocka_unit_test(what_strangers_sent_is_left_out),
		cmocka_unit_test(a_name_may_go_over_a_line_break),
		cmocka_unit_test(cut_names_leave_nothing_behind),
		cmocka_unit_test(columns_stay_in_line),
		cmocka_unit_test(only_free_text_of_json_is_touched),
		cmocka_unit_test(names_that_no_machine_should_have),
		cmocka_unit_test(a_name_that_is_a_word_of_the_report),
		cmocka_unit_test(a_list_is_redacted_without_a_run),
		cmocka_unit_test(no_secret_is_left_in_any_document),
		cmocka_unit_test(templates_give_their_values_back),
		cmocka_unit_test(
		    a_document_of_one_word_takes_no_longer_than_its_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
