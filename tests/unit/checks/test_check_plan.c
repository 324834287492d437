/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/plan/check_plan.h"
#include "probe/base/arena.h"

#define GUID "01234567-89ab-cdef-0123-456789abcdef"

static struct arena arena;
static struct catalogue catalogue;

static int setup(void **state)
{
	(void)state;
	struct input_error e;
	arena_init(&arena, 512 << 20);
	return catalogue_load_builtin(&arena, &catalogue, &e);
}

static int teardown(void **state)
{
	(void)state;
	arena_deinit(&arena);
	return 0;
}

/* "a,b" as a list. */
static struct strings list(const char *text)
{
	struct strings l = { .items = arena_array(&arena, 8, sizeof(char *)) };
	char *copy = arena_strdup(&arena, text), *rest = copy;
	while (rest && *text)
		l.items[l.n_items++] = strsep(&rest, ",");
	return l;
}

static struct settings workspace(void)
{
	struct settings s;
	settings_init(&s);
	s.region = "westeurope";
	s.workspace_id = GUID;
	s.workspace_name = "mlws";
	s.storage = list("amlstore");
	s.container_registry = "amlreg";
	s.key_vault = "amlvault";
	s.compute_instance = "ci1";
	return s;
}

static struct check_plan build(const struct settings *s)
{
	struct check_plan p;
	struct input_error e;
	if (check_plan_build(s, &catalogue, &arena, &p, &e) < 0)
		fail_msg("%s", e.text);
	return p;
}

static const char *build_error(const struct settings *s)
{
	struct check_plan p;
	struct input_error e = { "built" };
	if (check_plan_build(s, &catalogue, &arena, &p, &e) == 0)
		return "built";
	return arena_strdup(&arena, e.text);
}

static const char *ids(const struct check_plan *p)
{
	char *all = arena_strdup(&arena, "");
	for (size_t i = 0; i < p->probe.n_targets; i++)
		all = arena_printf(
		    &arena, "%s%s%s", all, i ? " " : "", p->probe.targets[i].id);
	return all;
}

static size_t index_of(const struct check_plan *p, const char *id)
{
	for (size_t i = 0; i < p->probe.n_targets; i++)
		if (strcmp(p->probe.targets[i].id, id) == 0)
			return i;
	fail_msg("%s is not planned", id);
	return 0;
}

static const char *why(const struct check_plan *p, const char *id)
{
	for (size_t i = 0; i < p->n_left_out; i++)
		if (strcmp(p->left_out[i].id, id) == 0)
			return p->left_out[i].reason;
	return "not left out";
}

static void the_profile_has_the_ids_of_the_contract_in_its_order(void **state)
{
	(void)state;
	struct settings s = workspace();
	struct check_plan p = build(&s);
	assert_string_equal(ids(&p),
	    "dns.azure imds wireserver aad.login graph.microsoft arm.management "
	    "aml.studio aml.api aml.workspace aml.workspace-cert aml.notebooks "
	    "aml.instance aml.tundra jupyter.websocket batch.node storage.blob "
	    "storage.queue storage.table storage.file storage.dfs storage.smb "
	    "acr.login acr.data mcr.registry mcr.data keyvault monitor.ingestion");
	assert_ptr_equal(p.catalogue, &catalogue);
	assert_string_equal(p.region, "westeurope");
}

static void targets_are_what_the_facts_say(void **state)
{
	(void)state;

	static const struct {
		enum cloud cloud;
		const char *id, *shown, *zone;
	} rows[] = {
		{ CLOUD_PUBLIC, "dns.azure", "dns:login.microsoftonline.com", NULL },
		{ CLOUD_PUBLIC, "imds",
		    "http://169.254.169.254/metadata/instance?api-version=2021-02-01",
		    NULL },
		{ CLOUD_PUBLIC, "wireserver", "http://168.63.129.16/?comp=versions",
		    NULL },
		{ CLOUD_PUBLIC, "aml.workspace",
		    "https://" GUID ".workspace.westeurope.api.azureml.ms/discovery",
		    "privatelink.api.azureml.ms" },
		{ CLOUD_US_GOVERNMENT, "aml.workspace-cert",
		    "https://" GUID
		    ".workspace.westeurope.cert.api.ml.azure.us/discovery",
		    "privatelink.api.ml.azure.us" },
		{ CLOUD_PUBLIC, "aml.notebooks",
		    "https://ml-mlws-westeurope-" GUID
		    ".westeurope.notebooks.azure.net/",
		    "privatelink.notebooks.azure.net" },
		{ CLOUD_CHINA, "aml.instance",
		    "https://ci1.westeurope.instances.azureml.cn/", NULL },
		{ CLOUD_PUBLIC, "aml.tundra", "udp://westeurope.tundra.azureml.ms:5831",
		    NULL },
		{ CLOUD_PUBLIC, "jupyter.websocket",
		    "wss://ci1.westeurope.instances.azureml.ms/api/kernels/"
		    "00000000-0000-0000-0000-000000000000/channels",
		    NULL },
		{ CLOUD_US_GOVERNMENT, "batch.node",
		    "https://westeurope.service.batch.usgovcloudapi.net/",
		    "privatelink.batch.usgovcloudapi.net" },
		{ CLOUD_CHINA, "storage.blob",
		    "https://amlstore.blob.core.chinacloudapi.cn/?comp=list",
		    "privatelink.blob.core.chinacloudapi.cn" },
		{ CLOUD_PUBLIC, "storage.table",
		    "https://amlstore.table.core.windows.net/Tables",
		    "privatelink.table.core.windows.net" },
		{ CLOUD_PUBLIC, "storage.smb",
		    "tcp://amlstore.file.core.windows.net:445",
		    "privatelink.file.core.windows.net" },
		{ CLOUD_PUBLIC, "acr.data",
		    "https://amlreg.westeurope.data.azurecr.io/",
		    "privatelink.azurecr.io" },
		{ CLOUD_US_GOVERNMENT, "keyvault",
		    "https://amlvault.vault.usgovcloudapi.net/healthstatus",
		    "privatelink.vaultcore.usgovcloudapi.net" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct settings s = workspace();
		s.cloud = rows[i].cloud;
		struct check_plan p = build(&s);
		const struct check *c = &p.checks[index_of(&p, rows[i].id)];
		if (strcmp(c->shown_target, rows[i].shown) != 0)
			fail_msg("%s: got %s", rows[i].id, c->shown_target);
		if (!rows[i].zone != !c->private_link_zone ||
		    (rows[i].zone && strcmp(rows[i].zone, c->private_link_zone) != 0))
			fail_msg("%s: zone %s", rows[i].id, c->private_link_zone);
	}
}

static void every_cloud_has_a_plan_and_says_what_it_lacks(void **state)
{
	(void)state;
	struct settings s = workspace();
	s.cloud = CLOUD_US_GOVERNMENT;
	struct check_plan p = build(&s);
	assert_int_equal(p.probe.n_targets, 27);
	s.cloud = CLOUD_CHINA;
	p = build(&s);
	assert_int_equal(p.probe.n_targets, 26);
	assert_string_equal(
	    why(&p, "acr.data"), "no endpoint is known for AzureChinaCloud");
	assert_int_equal(
	    p.checks[index_of(&p, "acr.login")].entry->mark, MARK_BELIEVED);
}

static void all_features_together_plan_every_entry(void **state)
{
	(void)state;
	struct settings s = workspace();
	s.features.items = arena_array(&arena, 16, sizeof(char *));
	static const char *const names[] = { "default", "long-idle", "cosmos", "aks",
		"databricks", "attach", "scoring", "packages", "vscode", "pki" };
	for (size_t i = 0; i < COUNT(names); i++)
		s.features.items[s.features.n_items++] = names[i];
	s.cosmos_account = "amlcosmos";
	s.aks_fqdn = "Contoso-1.hcp.westeurope.azmk8s.io";
	s.databricks_host = "adb-1.2.azuredatabricks.net";
	s.attach_host = "10.1.0.9";
	s.scoring_host = "2001:db8::1";
	s.listen = 60 * NSEC_PER_SEC;
	struct check_plan p = build(&s);
	assert_int_equal(p.n_left_out, 0);
	for (size_t i = 0; i < catalogue.n_entries; i++)
		if (catalogue.entries[i].host[CLOUD_PUBLIC])
			index_of(&p, catalogue.entries[i].id);
	size_t aks = index_of(&p, "aks.api");
	assert_string_equal(
	    p.probe.targets[aks].host, "contoso-1.hcp.westeurope.azmk8s.io");
	assert_string_equal(
	    p.checks[aks].private_link_zone, "privatelink.westeurope.azmk8s.io");
	assert_string_equal(
	    p.checks[index_of(&p, "attach.ssh")].shown_target, "tcp://10.1.0.9:22");
	assert_string_equal(p.checks[index_of(&p, "scoring.endpoint")].shown_target,
	    "https://[2001:db8::1]/");
	assert_string_equal(p.checks[index_of(&p, "cosmos.account")].shown_target,
	    "https://amlcosmos.documents.azure.com/");
}

static void what_is_left_out_says_why(void **state)
{
	(void)state;
	struct settings s;
	settings_init(&s);
	s.profile_given = true;
	s.skip = list("mcr.*");
	s.features = list("jupyter,images");
	s.azure_dns = (struct addr){ 0 };
	struct check_plan p = build(&s);
	assert_string_equal(ids(&p), "imds wireserver aad.login arm.management");

	static const struct {
		const char *id, *why;
	} rows[] = {
		{ "dns.azure", "--azure-dns is none" },
		{ "graph.microsoft", "feature instance is off" },
		{ "aml.tundra", "features cluster, instance are off" },
		{ "aml.api", "needs --region" },
		{ "aml.workspace", "needs --workspace-id and --region" },
		{ "jupyter.websocket", "needs --region and --compute-instance" },
		{ "storage.blob", "needs --storage" },
		{ "acr.login", "needs --container-registry" },
		{ "mcr.registry", "--skip mcr.*" },
		{ "keyvault", "needs --key-vault" },
		{ "packages.pypi", "feature packages is off" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(why(&p, rows[i].id), rows[i].why) != 0)
			fail_msg("%s: %s", rows[i].id, why(&p, rows[i].id));
}

static void service_tags_have_the_region_when_it_is_known(void **state)
{
	(void)state;
	struct settings s = workspace();
	struct check_plan p = build(&s);
	assert_string_equal(
	    p.checks[index_of(&p, "storage.blob")].service_tag, "Storage.westeurope");
	assert_string_equal(
	    p.checks[index_of(&p, "aad.login")].service_tag, "AzureActiveDirectory");
	s.region = NULL;
	p = build(&s);
	assert_string_equal(
	    p.checks[index_of(&p, "storage.blob")].service_tag, "Storage");
}

static void further_storage_accounts_have_a_suffix(void **state)
{
	(void)state;
	struct settings s = workspace();
	s.storage = list("one,two3");
	s.targets = list("storage.blob*,storage.smb:two3");
	struct check_plan p = build(&s);
	assert_string_equal(ids(&p), "storage.blob storage.blob:two3 storage.smb:two3");
	assert_string_equal(p.checks[0].title, "Blob storage (one)");
	assert_string_equal(p.probe.targets[1].host, "two3.blob.core.windows.net");
	assert_int_equal(p.n_left_out, 0);
}

static void names_are_compared_at_the_platform_resolver(void **state)
{
	(void)state;
	struct settings s = workspace();
	s.resolve = list("amlvault.vault.azure.net:443:10.0.0.9");
	struct check_plan p = build(&s);
	assert_true(p.probe.targets[index_of(&p, "storage.blob")].compare_platform_dns);
	assert_false(p.probe.targets[index_of(&p, "imds")].compare_platform_dns);
	const struct target *dns = &p.probe.targets[index_of(&p, "dns.azure")];
	assert_false(dns->compare_platform_dns);
	char buf[ADDR_TEXT_MAX];
	assert_string_equal(addr_format_port(dns->ask_only, buf), "168.63.129.16:53");
	const struct target *vault = &p.probe.targets[index_of(&p, "keyvault")];
	assert_int_equal(vault->n_pinned, 1);
	assert_false(vault->compare_platform_dns);

	s.targets = list("https://h.test/");
	assert_false(build(&s).probe.targets[0].compare_platform_dns);
	s.azure_dns_given = true;
	assert_true(build(&s).probe.targets[0].compare_platform_dns);
	s.azure_dns.family = 0;
	assert_false(build(&s).probe.targets[0].compare_platform_dns);
}

static void endpoints_alone_need_no_catalogue(void **state)
{
	(void)state;
	struct settings s = workspace();
	struct check_plan p;
	struct input_error e;
	s.targets = list("tcp://h.test:22,https://10.0.0.1/x");
	s.must_not_reach = list("udp://h.test:53");
	assert_false(check_plan_needs_catalogue(&s));
	assert_int_equal(check_plan_build(&s, NULL, &arena, &p, &e), 0);
	assert_string_equal(
	    ids(&p), "tcp://h.test:22 https://10.0.0.1/x udp://h.test:53");
	assert_null(p.catalogue);
	assert_null(p.checks[0].entry);
	assert_true(p.checks[0].required);
	assert_false(p.checks[1].must_not_reach);
	assert_true(p.checks[2].must_not_reach);
	assert_string_equal(p.checks[1].shown_target, "https://10.0.0.1/x");
	assert_int_equal(p.n_left_out, 0);
}

static void the_profile_runs_when_it_is_asked_for(void **state)
{
	(void)state;

	static const struct {
		const char *row, *targets, *must_not_reach;
		bool profile, workspace, want_catalogue;
		size_t n;
	} rows[] = {
		{ "workspace options", "", "", false, true, true, 27 },
		{ "--profile", "", "", true, false, true, 9 },
		{ "endpoint beside a workspace", "tcp://h:1", "", false, true, false,
		    1 },
		{ "endpoint and --profile", "tcp://h:1", "", true, true, true, 28 },
		{ "an id alone", "keyvault", "", false, true, true, 1 },
		{ "an id and --profile", "keyvault", "", true, true, true, 1 },
		{ "an id and an endpoint", "tcp://h:1,mcr.*", "", false, true, true,
		    3 },
		{ "an id must not be reached", "", "keyvault", false, true, true, 27 },
		{ "both", "tcp://h:1", "keyvault", false, true, true, 2 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct settings s = workspace();
		if (!rows[i].workspace)
			settings_init(&s);
		s.profile_given = rows[i].profile;
		s.targets = list(rows[i].targets);
		s.must_not_reach = list(rows[i].must_not_reach);
		bool needs = check_plan_needs_catalogue(&s);
		struct check_plan p = build(&s);
		if (needs != rows[i].want_catalogue || p.probe.n_targets != rows[i].n ||
		    (p.catalogue != NULL) != rows[i].want_catalogue)
			fail_msg("%s: %zu targets, catalogue %d", rows[i].row,
			    p.probe.n_targets, needs);
	}
}

static void a_check_can_be_what_must_not_be_reached(void **state)
{
	(void)state;
	struct settings s = workspace();
	s.must_not_reach = list("mcr.*");
	struct check_plan p = build(&s);
	assert_true(p.checks[index_of(&p, "mcr.data")].must_not_reach);
	assert_false(p.checks[index_of(&p, "acr.login")].must_not_reach);
}

static void naming_a_check_turns_its_feature_on(void **state)
{
	(void)state;
	struct settings s = workspace();
	s.targets = list("packages.pypi");
	struct check_plan p = build(&s);
	assert_string_equal(ids(&p), "packages.pypi");
	s.targets = list("packages.*");
	assert_string_equal(build_error(&s),
	    "target \"packages.*\" selects no check: packages.pypi: feature packages "
	    "is off");
	s.features = list("default,packages");
	p = build(&s);
	assert_int_equal(p.probe.n_targets, 9);
}

static void private_expectations_reach_their_checks(void **state)
{
	(void)state;
	struct settings s = workspace();
	s.expect_private = list("storage.*,keyvault");
	struct check_plan p = build(&s);
	assert_true(p.checks[index_of(&p, "storage.smb")].expect_private);
	assert_true(p.checks[index_of(&p, "keyvault")].expect_private);
	assert_false(p.checks[index_of(&p, "acr.login")].expect_private);
	/* The same settings serve a run over one target. */
	s.targets = list("storage.blob");
	p = build(&s);
	assert_int_equal(p.probe.n_targets, 1);
	assert_true(p.checks[0].expect_private);
	s.targets = list("https://h.test/");
	s.expect_private = list("https://*");
	p = build(&s);
	assert_true(p.checks[0].expect_private);
}

static void every_target_says_how_it_is_sent(void **state)
{
	(void)state;
	struct settings s = workspace();
	s.env_https_proxy = "http://user:secret@proxy.test:3128";
	s.env_no_proxy = ".core.windows.net";
	struct check_plan p = build(&s);

	static const struct {
		const char *id, *reason;
		bool proxied;
	} rows[] = {
		{ "dns.azure", "protocol dns", false },
		{ "imds", "address of the Azure platform", false },
		{ "keyvault", "https_proxy (environment)", true },
		{ "jupyter.websocket", "https_proxy (environment)", true },
		{ "storage.blob", "no_proxy entry .core.windows.net (environment)",
		    false },
		{ "storage.smb", "protocol smb", false },
		{ "aml.tundra", "protocol udp", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t at = index_of(&p, rows[i].id);
		const struct proxy *proxy = p.probe.targets[at].proxy;
		if (strcmp(p.checks[at].proxy_reason, rows[i].reason) != 0 ||
		    (proxy != NULL) != rows[i].proxied)
			fail_msg("%s: %s", rows[i].id, p.checks[at].proxy_reason);
		if (proxy)
			assert_string_equal(proxy->shown_as, "http://proxy.test:3128");
	}
}

static void long_workspace_names_are_cut_to_a_label(void **state)
{
	(void)state;
	struct settings s = workspace();
	s.workspace_name = "A-Workspace-With-A-Very-Long-Name";
	s.targets = list("aml.notebooks");
	struct check_plan p = build(&s);
	const char *host = p.probe.targets[0].host;
	assert_int_equal(strcspn(host, "."), 63);
	assert_string_equal(
	    host, "ml-a-workspace--westeurope-" GUID ".westeurope.notebooks.azure.net");
}

static void wrong_settings_are_refused_in_one_line(void **state)
{
	(void)state;

	static const struct {
		const char *targets, *must_not_reach, *skip, *expect_private, *features,
		    *want;
	} rows[] = {
		{ "storge.blob", "", "", "", "",
		    "target \"storge.blob\" matches no check; did you mean "
		    "\"storage.blob\"?" },
		{ "storge.*", "", "", "", "",
		    "target \"storge.*\" matches no check; did you mean "
		    "\"storage.*\"?" },
		{ "contoso.example.com:443", "", "", "", "",
		    "target \"contoso.example.com:443\" matches no check; an endpoint "
		    "is written https://HOST, tcp://HOST:PORT, udp://HOST:PORT or "
		    "dns:NAME" },
		{ "\x1b[31m", "", "", "", "",
		    "target \"\\x1b[31m\" matches no check; an endpoint is written "
		    "https://HOST, tcp://HOST:PORT, udp://HOST:PORT or dns:NAME" },
		{ "cosmos.account", "", "", "", "",
		    "target \"cosmos.account\" selects no check: cosmos.account: needs "
		    "--cosmos-account" },
		{ "keyvault", "", "keyvault", "", "",
		    "target \"keyvault\" selects no check: keyvault: --skip keyvault" },
		{ "", "keyvalt", "", "", "",
		    "--must-not-reach \"keyvalt\" matches no check; did you mean "
		    "\"keyvault\"?" },
		{ "", "", "mrc.*", "", "",
		    "--skip \"mrc.*\" matches no check; did you mean \"mcr.*\"?" },
		{ "", "", "", "keyvalt", "",
		    "--expect-private \"keyvalt\" matches no check; did you mean "
		    "\"keyvault\"?" },
		{ "", "", "", "cosmos.account", "",
		    "--expect-private \"cosmos.account\" selects no check: "
		    "cosmos.account: feature cosmos is off" },
		{ "", "", "", "", "jupiter",
		    "unknown feature \"jupiter\"; did you mean \"jupyter\"?" },
		{ "", "", "*", "", "",
		    "nothing to check: every check was left out, \"list -v\" says "
		    "why" },
		{ "tcp://h:1,tcp://h:1", "", "", "", "",
		    "\"tcp://h:1\" is given twice" },
		{ "tcp://h:1", "tcp://h:1", "", "", "",
		    "\"tcp://h:1\" is given twice" },
		{ "tcp://h", "", "", "", "",
		    "target \"tcp://h\": the port is missing, as in tcp://host:port" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct settings s = workspace();
		s.targets = list(rows[i].targets);
		s.must_not_reach = list(rows[i].must_not_reach);
		s.skip = list(rows[i].skip);
		s.expect_private = list(rows[i].expect_private);
		s.features = list(rows[i].features);
		const char *got = build_error(&s);
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("row %zu:\n got %s\nwant %s", i, got, rows[i].want);
	}
}

static void nothing_to_check_is_an_error(void **state)
{
	(void)state;
	struct settings s;
	settings_init(&s);
	assert_string_equal(build_error(&s),
	    "nothing to check: name a target, or describe the workspace with "
	    "--region, --workspace-id, --storage, ...");
}

static void one_account_twice_is_an_error(void **state)
{
	(void)state;
	struct settings s = workspace();
	s.storage = list("one,two,two");
	assert_string_equal(build_error(&s), "\"storage.blob:two\" is given twice");
}

static void listening_adds_the_inbound_checks_and_time(void **state)
{
	(void)state;

	static const struct {
		const char *row, *targets, *skip, *ids;
		bool listens;
	} rows[] = {
		{ "alone", "", "",
		    "inbound.batch-29876 inbound.batch-29877 inbound.control "
		    "inbound.ssh",
		    true },
		{ "beside an endpoint", "tcp://h:1", "inbound.batch*",
		    "inbound.control inbound.ssh tcp://h:1", true },
		{ "beside another id", "mcr.registry", "inbound.b*,inbound.c*",
		    "mcr.registry inbound.ssh", true },
		{ "some of them", "inbound.ssh", "", "inbound.ssh", true },
		{ "not asked for", "mcr.registry", "", "mcr.registry", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct settings s;
		settings_init(&s);
		s.targets = list(rows[i].targets);
		s.skip = list(rows[i].skip);
		s.listen = rows[i].listens ? 60 * NSEC_PER_SEC : 0;
		struct check_plan p = build(&s);
		if (strcmp(ids(&p), rows[i].ids) != 0)
			fail_msg("%s: %s", rows[i].row, ids(&p));
		assert_int_equal(
		    p.probe.deadline, (rows[i].listens ? 61 : 30) * NSEC_PER_SEC);
	}
	struct settings s = workspace();
	s.listen = 60 * NSEC_PER_SEC;
	struct check_plan p = build(&s);
	size_t batch = index_of(&p, "inbound.batch-29876");
	assert_false(p.checks[batch].required);
	assert_null(p.probe.targets[batch].proxy);
	assert_false(p.probe.targets[batch].compare_platform_dns);
	assert_string_equal(
	    p.checks[batch].service_tag, "BatchNodeManagement.westeurope");
	assert_string_equal(
	    p.checks[batch].shown_target, "TCP port 29876 of this machine");
	s.deadline = 60 * NSEC_PER_SEC;
	assert_string_equal(build_error(&s),
	    "--deadline: 60000 ms is too short for --listen; it must be at least 61000 "
	    "ms, or be left out");
	s.deadline = 0;
	s.must_not_reach = list("inbound.ssh");
	assert_non_null(strstr(build_error(&s), "--must-not-reach: inbound.ssh: "));
	s = workspace();
	s.targets = list("inbound.ssh");
	assert_non_null(strstr(build_error(&s), "inbound.ssh: needs --listen"));
}

static void idle_times_choose_targets_and_deadline(void **state)
{
	(void)state;
	nsec_t times[] = { 60 * NSEC_PER_SEC, NSEC_PER_SEC, 60 * NSEC_PER_SEC };
	struct settings s = workspace();
	s.idle = (struct durations){ times, 3, 3 };
	s.targets =
	    list("wss://a.example.com/,tcp://a.example.com:5,dns:a.example.com");
	s.must_not_reach = list("https://b.example.com/");
	struct plan p = build(&s).probe;
	assert_int_equal(p.n_idle, 2);
	assert_int_equal(p.idle[0], NSEC_PER_SEC);
	assert_int_equal(p.idle[1], 60 * NSEC_PER_SEC);
	assert_int_equal(p.deadline, (60 + 2 * 3 + 3 * 10) * NSEC_PER_SEC);
	assert_true(p.targets[0].idle && p.targets[1].idle);
	assert_false(p.targets[2].idle || p.targets[3].idle);
	s.deadline = 95 * NSEC_PER_SEC;
	assert_string_equal(build_error(&s),
	    "--deadline: 95000 ms is too short for --idle; it must be at least 96000 "
	    "ms, or be left out");
	s.deadline = 96 * NSEC_PER_SEC;
	assert_int_equal(build(&s).probe.deadline, s.deadline);
	s.targets = list("dns:a.example.com");
	assert_non_null(strstr(build_error(&s), "--idle: no target takes it"));
	s.idle.n_items = 0;
	s.deadline = 0;
	s.features = list("long-idle");
	s.targets = list("https://a.example.com/");
	p = build(&s).probe;
	assert_int_equal(p.n_idle, 6);
	assert_int_equal(p.deadline, (300 + 36) * NSEC_PER_SEC);
}

static void limits_and_servers_are_those_of_the_settings(void **state)
{
	(void)state;
	struct settings s = workspace();
	struct addr servers[2] = { { 0 }, { 0 } };
	addr_parse("10.0.0.1", &servers[0]);
	addr_parse_port("10.0.0.2:5353", &servers[1]);
	s.resolvers = (struct addrs){ servers, 2, 2 };
	s.parallel = 7;
	s.only_family = AF_INET6;
	struct plan p = build(&s).probe;
	assert_int_equal(p.connect_timeout, 3 * NSEC_PER_SEC);
	assert_int_equal(p.timeout, 10 * NSEC_PER_SEC);
	assert_int_equal(p.deadline, 30 * NSEC_PER_SEC);
	assert_int_equal(p.parallel, 7);
	assert_int_equal(p.only_family, AF_INET6);
	assert_int_equal(p.n_resolvers, 2);
	assert_int_equal(p.resolvers[0].port, 53);
	assert_int_equal(p.resolvers[1].port, 5353);
	assert_string_equal(s.canary, "192.0.2.1");
	assert_int_equal(p.canary.family, AF_INET);
	assert_int_equal(p.canary.ip[0], 192);
	assert_false(p.no_diagnose);
	s.canary = "none";
	s.no_diagnose = true;
	p = build(&s).probe;
	assert_int_equal(p.canary.family, 0);
	assert_true(p.no_diagnose);
}

static void ten_thousand_endpoints_are_planned_quickly(void **state)
{
	(void)state;
	struct settings s;
	settings_init(&s);
	s.targets.items = arena_array(&arena, 10000, sizeof(char *));
	for (unsigned i = 0; i < 10000; i++)
		s.targets.items[s.targets.n_items++] =
		    arena_printf(&arena, "https://host%u.contoso.test/", i);
	nsec_t begin = nsec_now();
	assert_int_equal(build(&s).probe.n_targets, 10000);
	/* Anything that grows with the square would take minutes. */
	assert_true(nsec_now() - begin < 5 * NSEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_profile_has_the_ids_of_the_contract_in_its_order),
		cmocka_unit_test(targets_are_what_the_facts_say),
		cmocka_unit_test(every_cloud_has_a_plan_and_says_what_it_lacks),
		cmocka_unit_test(all_features_together_plan_every_entry),
		cmocka_unit_test(what_is_left_out_says_why),
		cmocka_unit_test(service_tags_have_the_region_when_it_is_known),
		cmocka_unit_test(further_storage_accounts_have_a_suffix),
		cmocka_unit_test(names_are_compared_at_the_platform_resolver),
		cmocka_unit_test(endpoints_alone_need_no_catalogue),
		cmocka_unit_test(the_profile_runs_when_it_is_asked_for),
		cmocka_unit_test(a_check_can_be_what_must_not_be_reached),
		cmocka_unit_test(naming_a_check_turns_its_feature_on),
		cmocka_unit_test(private_expectations_reach_their_checks),
		cmocka_unit_test(every_target_says_how_it_is_sent),
		cmocka_unit_test(long_workspace_names_are_cut_to_a_label),
		cmocka_unit_test(wrong_settings_are_refused_in_one_line),
		cmocka_unit_test(nothing_to_check_is_an_error),
		cmocka_unit_test(one_account_twice_is_an_error),
		cmocka_unit_test(limits_and_servers_are_those_of_the_settings),
		cmocka_unit_test(listening_adds_the_inbound_checks_and_time),
		cmocka_unit_test(idle_times_choose_targets_and_deadline),
		cmocka_unit_test(ten_thousand_endpoints_are_planned_quickly),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
