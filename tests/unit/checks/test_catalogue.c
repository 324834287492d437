/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checks/input/input_error.h"
#include "checks/plan/catalogue.h"
#include "probe/base/arena.h"

static int setup(void **state)
{
	struct arena *a = malloc(sizeof *a);
	arena_init(a, 512 << 20);
	*state = a;
	return 0;
}

static int teardown(void **state)
{
	arena_deinit(*state);
	free(*state);
	return 0;
}

static struct catalogue builtin(struct arena *arena)
{
	struct catalogue c;
	struct input_error e;
	if (catalogue_load_builtin(arena, &c, &e) < 0)
		fail_msg("%s", e.text);
	return c;
}

static const struct catalogue_entry *find(
    const struct catalogue *c, const char *id, enum cloud cloud)
{
	for (size_t i = 0; i < c->n_entries; i++)
		if (strcmp(c->entries[i].id, id) == 0 && c->entries[i].host[cloud])
			return &c->entries[i];
	fail_msg("no entry %s", id);
	return NULL;
}

/* Loads text as --catalogue FILE; returns the message without the file's name. */
static const char *load_text(struct arena *arena, const char *text, size_t len)
{
	char path[] = "/tmp/vp-test-XXXXXX";
	struct catalogue c;
	struct input_error e;
	int fd = mkstemp(path);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	int r = catalogue_load_file(path, arena, &c, &e);
	unlink(path);
	if (r == 0)
		return "loaded";
	assert_int_equal(strncmp(e.text, path, strlen(path)), 0);
	return arena_strdup(arena, e.text + strlen(path));
}

static void the_built_in_catalogue_is_complete(void **state)
{
	struct catalogue c = builtin(*state);
	assert_true(c.n_entries > 60);
	assert_int_equal(strlen(c.sha256), 64);
	assert_int_equal(strlen(c.date), 10);
	for (size_t i = 0; i < c.n_entries; i++) {
		const struct catalogue_entry *e = &c.entries[i];
		size_t len = strlen(e->purpose);
		if (!e->family || !e->title || e->purpose[len - 1] != '.' ||
		    !e->source || !e->source_date || !e->port)
			fail_msg("entry %s lacks something", e->id);
		for (size_t k = 0; k < e->n_genuine; k++)
			if (!e->genuine[k].meaning ||
			    (!e->genuine[k].n_statuses && !e->genuine[k].header))
				fail_msg("%s: rule %zu", e->id, k);
	}
}

static void entries_carry_what_the_files_say(void **state)
{
	struct catalogue c = builtin(*state);
	const struct catalogue_entry *e = find(&c, "keyvault", CLOUD_CHINA);
	assert_string_equal(e->title, "Key Vault");
	assert_string_equal(e->family, "Key Vault");
	assert_string_equal(e->host[CLOUD_PUBLIC], "{key_vault}.vault.azure.net");
	assert_string_equal(e->host[CLOUD_CHINA], "{key_vault}.vault.azure.cn");
	assert_int_equal(e->port, 443);
	assert_int_equal(e->protocol, PROTO_HTTPS);
	assert_string_equal(e->request.method, "GET");
	assert_string_equal(e->request.path, "/healthstatus");
	assert_string_equal(e->service_tag, "AzureKeyVault.{region}");
	assert_string_equal(e->private_link_zone[CLOUD_US_GOVERNMENT],
	    "privatelink.vaultcore.usgovcloudapi.net");
	assert_int_equal(e->n_genuine, 2);
	assert_int_equal(e->genuine[0].n_statuses, 1);
	assert_int_equal(e->genuine[0].statuses[0], 200);
	assert_string_equal(e->genuine[0].header, "x-ms-keyvault-network-info");
	assert_int_equal(e->genuine[0].mark, MARK_DOCUMENTED);
	assert_int_equal(e->n_denied, 2);
	assert_string_equal(e->disclosures[0].header, "x-ms-keyvault-network-info");
	assert_true(e->required);
	assert_int_equal(e->mark, MARK_DOCUMENTED);

	e = find(&c, "wireserver", CLOUD_PUBLIC);
	assert_true(e->platform && e->root_only && !e->required);
	e = find(&c, "imds", CLOUD_PUBLIC);
	assert_true(e->platform && !e->root_only && !e->required);
	assert_string_equal(e->request.headers[0].name, "Metadata");
	e = find(&c, "storage.smb", CLOUD_PUBLIC);
	assert_int_equal(e->protocol, PROTO_SMB);
	assert_int_equal(e->port, 445);
	e = find(&c, "aml.tundra", CLOUD_PUBLIC);
	assert_int_equal(e->protocol, PROTO_UDP);
	assert_int_equal(e->port, 5831);
	e = find(&c, "aks.api", CLOUD_PUBLIC);
	assert_true(e->private_ca);
	assert_string_equal(e->expect_alpn, "h2");
	e = find(&c, "attach.ssh", CLOUD_PUBLIC);
	assert_int_equal(e->protocol, PROTO_SSH);
	assert_int_equal(e->port, 22);
}

/* What only hearsay knows must not sound certain in another cloud. */
static void facts_keep_their_mark_by_cloud(void **state)
{
	struct catalogue c = builtin(*state);
	assert_int_equal(find(&c, "acr.login", CLOUD_PUBLIC)->mark, MARK_DOCUMENTED);
	assert_int_equal(find(&c, "acr.login", CLOUD_CHINA)->mark, MARK_BELIEVED);
	assert_int_equal(find(&c, "mcr.data", CLOUD_PUBLIC)->mark, MARK_SEEN);
	assert_int_equal(
	    find(&c, "monitor.ingestion", CLOUD_CHINA)->mark, MARK_BELIEVED);
}

/* Such a rule would call a proxy's refusal the service's own. */
static void where_denials_exist_a_bare_403_is_not_genuine(void **state)
{
	struct catalogue c = builtin(*state);
	for (size_t i = 0; i < c.n_entries; i++) {
		const struct catalogue_entry *e = &c.entries[i];
		for (size_t d = 0; d < e->n_denied; d++) {
			for (size_t g = 0; g < e->n_genuine; g++) {
				const struct answer_rule *r = &e->genuine[g];
				bool hits_403 = false;
				for (size_t s = 0; s < r->n_statuses; s++)
					hits_403 |= r->statuses[s] == 403;
				if (hits_403 && !r->body_contains && !r->header)
					fail_msg("%s: rule %zu", e->id, g);
			}
		}
	}
}

static void the_concatenated_files_are_a_catalogue(void **state)
{
	struct catalogue own = builtin(*state), read;
	struct input_error e;
	if (catalogue_load_file(CATALOGUE_YAML, *state, &read, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(read.sha256, own.sha256);
	assert_string_equal(read.version, own.version);
	assert_int_equal(read.n_entries, own.n_entries);
	for (size_t i = 0; i < own.n_entries; i++)
		assert_string_equal(read.entries[i].id, own.entries[i].id);
}

static void clouds_have_names(void **state)
{
	(void)state;
	enum cloud c = CLOUD_PUBLIC;
	assert_true(cloud_from_name("AzureChinaCloud", &c));
	assert_int_equal(c, CLOUD_CHINA);
	assert_false(cloud_from_name("azurecloud", &c));
	assert_string_equal(cloud_name(CLOUD_US_GOVERNMENT), "AzureUSGovernment");
}

#define HEAD "version: \"1\"\ndate: 2026-01-01\nfamilies: [f]\n"
#define FAMILY                                                                         \
	HEAD "f:\n"                                                                    \
	     "  title: F\n"                                                            \
	     "  checks:\n"
#define BASE                                                                           \
	"    - id: a.b\n"                                                              \
	"      title: T\n"                                                             \
	"      purpose: P.\n"                                                          \
	"      source: S\n"                                                            \
	"      source_date: 2026-01\n"                                                 \
	"      mark: seen\n"
#define UDP_REST                                                                       \
	"      host: h.test\n"                                                         \
	"      protocol: udp\n"                                                        \
	"      port: 5\n"
#define HTTPS_REST                                                                     \
	"      host: h.test\n"                                                         \
	"      protocol: https\n"
#define GENUINE "      genuine: [{status: [200], mark: seen}]\n"

static void wrong_catalogues_are_refused_at_their_place(void **state)
{
	static const struct {
		const char *row, *text, *want;
	} rows[] = {
		{ "a minimal one loads", FAMILY BASE UDP_REST, "loaded" },
		{ "https with a rule loads", FAMILY BASE HTTPS_REST GENUINE, "loaded" },
		{ "empty file", "", ":1:1: \"version\" is missing" },
		{ "a list", "- 1\n", ":1:1: expected a mapping, found a list" },
		{ "no date", "version: 1\n", ":1:1: \"date\" is missing" },
		{ "no families", "version: 1\ndate: x\n",
		    ":1:1: \"families\" is missing" },
		{ "version is a list", "version: []\n",
		    ":1:10: expected a single value, found a list" },
		{ "families is a value", "version: 1\ndate: x\nfamilies: f\n",
		    ":3:11: expected a list, found a single value" },
		{ "family is absent", HEAD, ":3:12: family \"f\" is missing" },
		{ "family is not listed", FAMILY "g: 1\n",
		    ":7:1: unknown key \"g\", not listed in \"families\"" },
		{ "key near an own one", HEAD "versoin: 2\n",
		    ":4:1: unknown key \"versoin\", not listed in \"families\"; did "
		    "you "
		    "mean \"version\"?" },
		{ "family key", HEAD "f: {title: F, check: []}\n",
		    ":4:15: unknown key \"check\"; did you mean \"checks\"?" },
		{ "no title", HEAD "f: {checks: []}\n", ":4:4: \"title\" is missing" },
		{ "check is a value", FAMILY "    - x\n",
		    ":7:7: expected a mapping, found a single value" },
		{ "unknown field", FAMILY BASE "      prot: 5\n",
		    ":13:7: unknown key \"prot\"; did you mean \"port\"?" },
		{ "field far from all", FAMILY BASE "      zzzzzzzz: 5\n",
		    ":13:7: unknown key \"zzzzzzzz\"" },
		{ "escape sequence in a key", FAMILY BASE "      \"\\e[31m\": 5\n",
		    ":13:7: unknown key \"\\x1b[31m\"" },
		{ "missing host", FAMILY BASE, ":7:7: \"host\" is missing" },
		{ "unknown protocol", FAMILY BASE "      protocol: htps\n",
		    ":13:17: unknown protocol \"htps\"; did you mean \"https\"?" },
		{ "bad port", FAMILY BASE "      port: 65536\n",
		    ":13:13: \"65536\" must be a port, 1 to 65535" },
		{ "port is a list", FAMILY BASE "      port: [1]\n",
		    ":13:13: expected a single value, found a list" },
		{ "udp without port",
		    FAMILY BASE "      host: h.test\n      protocol: udp\n",
		    ":7:7: protocol udp needs \"port\"" },
		{ "quoted boolean", FAMILY BASE "      required: \"true\"\n",
		    ":13:17: \"true\" must be true or false" },
		{ "boolean of YAML 1.1", FAMILY BASE "      platform: yes\n",
		    ":13:17: \"yes\" must be true or false" },
		{ "unknown feature", FAMILY BASE "      features: [jupiter]\n",
		    ":13:18: unknown feature \"jupiter\"; did you mean \"jupyter\"?" },
		{ "unknown variable", FAMILY BASE "      host: \"{regoin}.h.test\"\n",
		    ":13:13: unknown variable \"regoin\"; did you mean \"region\"?" },
		{ "open brace", FAMILY BASE "      host: \"{region.h.test\"\n",
		    ":13:13: \"{\" without \"}\"" },
		{ "closing brace", FAMILY BASE "      host: region}.h.test\n",
		    ":13:13: \"}\" without \"{\"" },
		{ "no host name", FAMILY BASE "      host: \"{region}/x\"\n",
		    ":13:13: \"{region}/x\" is no host name or address" },
		{ "host of an unknown cloud",
		    FAMILY BASE "      host: {AzureChina: h.test}\n",
		    ":13:14: unknown key \"AzureChina\"; did you mean "
		    "\"AzureChinaCloud\"?" },
		{ "host without cloud", FAMILY BASE "      host: {}\n",
		    ":13:13: \"host\" names no cloud" },
		{ "unknown mark", FAMILY "    - {mark: documeted}\n",
		    ":7:14: \"documeted\" must be documented, seen or believed; did "
		    "you "
		    "mean \"documented\"?" },
		{ "bad id", FAMILY "    - {id: \"a b\"}\n",
		    ":7:12: id \"a b\" must be lower-case letters, digits, '.' and "
		    "'-'" },
		{ "same id twice", FAMILY BASE UDP_REST BASE UDP_REST,
		    ":16:11: id \"a.b\" stands twice for one cloud" },
		{ "line break in a title", FAMILY "    - {title: \"a\\nb\"}\n",
		    ":7:15: \"a\\x0ab\" has line breaks or control characters" },
		{ "empty title", FAMILY "    - {title: }\n",
		    ":7:15: a text must not be empty" },
		{ "request on udp", FAMILY BASE UDP_REST "      request: {path: /}\n",
		    ":16:16: \"request\" does not go with protocol udp" },
		{ "private_ca on udp", FAMILY BASE UDP_REST "      private_ca: true\n",
		    ":16:19: \"private_ca\" does not go with protocol udp" },
		{ "https without rule", FAMILY BASE HTTPS_REST,
		    ":7:7: \"genuine\" must tell how the service is recognised" },
		{ "method that changes things",
		    FAMILY BASE "      request: {method: DELETE}\n",
		    ":13:25: method \"DELETE\" must be GET, HEAD or OPTIONS" },
		{ "path without slash", FAMILY BASE "      request: {path: x}\n",
		    ":13:23: path \"x\" must begin with '/' and have no blank or "
		    "'#'" },
		{ "header injection",
		    FAMILY BASE "      request: {headers: {\"X: y\": z}}\n",
		    ":13:27: \"X: y\" is no HTTP field name" },
		{ "line break in a header value",
		    FAMILY BASE "      request: {headers: {X: \"a\\r\\nb\"}}\n",
		    ":13:30: \"a\\x0d\\x0ab\" has line breaks or control characters" },
		{ "status", FAMILY BASE "      genuine: [{status: [99]}]\n",
		    ":13:27: \"99\" must be an HTTP status, 100 to 599" },
		{ "rule without mark", FAMILY BASE "      genuine: [{status: [200]}]\n",
		    ":13:17: \"mark\" is missing" },
		{ "rule without condition",
		    FAMILY BASE "      genuine: [{mark: documented}]\n",
		    ":13:17: a rule without condition must be marked believed" },
		{ "contents of no header",
		    FAMILY BASE "      genuine: [{header_contains: x, mark: seen}]\n",
		    ":13:17: \"header_contains\" needs \"header\"" },
		{ "disclosure of half a body",
		    FAMILY BASE "      disclosures: [{what: x, body_after: y}]\n",
		    ":13:21: needs \"header\", or \"body_after\" and "
		    "\"body_before\"" },
		{ "bad date", FAMILY "    - {source_date: 2026/01}\n",
		    ":7:21: date \"2026/01\" must be YYYY, YYYY-MM, YYYY-MM-DD or "
		    "undated" },
		{ "alias bomb", "a: &a [x, x]\nb: &b [*a, *a]\n",
		    ":1:4: anchors are not supported" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *got = load_text(*state, rows[i].text, strlen(rows[i].text));
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s:\n got \"%s\"\nwant \"%s\"", rows[i].row, got,
			    rows[i].want);
	}
}

static void one_id_may_have_one_entry_a_cloud(void **state)
{
	static const char text[] =
	    FAMILY BASE "      host: {AzureCloud: p.test}\n"
			"      protocol: udp\n      port: 5\n" BASE
			"      host: {AzureChinaCloud: c.test}\n"
			"      protocol: udp\n      port: 6\n";
	assert_string_equal(load_text(*state, text, sizeof text - 1), "loaded");
}

static void a_file_has_its_own_digest(void **state)
{
	static const char text[] = FAMILY "    []\n";
	char path[] = "/tmp/vp-test-XXXXXX";
	struct catalogue c;
	struct input_error e;
	int fd = mkstemp(path);
	assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
	close(fd);
	if (catalogue_load_file(path, *state, &c, &e) < 0)
		fail_msg("%s", e.text);
	unlink(path);
	assert_string_equal(c.sha256,
	    "403686dc7354ed51cc70639d40c193992a22ed9955601a02e966e801060fbe38");
	assert_int_equal(c.n_entries, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_built_in_catalogue_is_complete),
		cmocka_unit_test(entries_carry_what_the_files_say),
		cmocka_unit_test(facts_keep_their_mark_by_cloud),
		cmocka_unit_test(where_denials_exist_a_bare_403_is_not_genuine),
		cmocka_unit_test(the_concatenated_files_are_a_catalogue),
		cmocka_unit_test(clouds_have_names),
		cmocka_unit_test(wrong_catalogues_are_refused_at_their_place),
		cmocka_unit_test(one_id_may_have_one_entry_a_cloud),
		cmocka_unit_test(a_file_has_its_own_digest),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
