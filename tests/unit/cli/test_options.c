/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/input/yaml_tree.h"
#include "checks/plan/features.h"
#include "cli/argv.h"
#include "cli/config.h"
#include "cli/environment.h"
#include "probe/base/arena.h"

enum {
	WORDS_MAX = 12
};

/* One run of the three sources, weakest first. */
struct sources {
	const char *argv[WORDS_MAX]; /* behind the command, NULL-terminated */
	const char *variable, *variable_value;
	const char *file; /* YAML text */
};

static int merge(const struct sources *s, struct arena *arena, struct options *o,
    struct input_error *error)
{
	char *argv[WORDS_MAX + 1] = { arena_strdup(arena, "check") };
	int argc = 1;
	for (; s->argv[argc - 1]; argc++)
		argv[argc] = arena_strdup(arena, s->argv[argc - 1]);

	struct argv_result args;
	struct givens environment = { .items = NULL }, file = { .items = NULL };
	const struct yaml_node *root;
	if (argv_read(argc, argv, arena, &args, error) < 0)
		return -1;
	if (s->variable)
		setenv(s->variable, s->variable_value, 1);
	environment_read(arena, &environment);
	if (s->variable)
		unsetenv(s->variable);
	if (s->file &&
	    (yaml_parse("c.yaml", s->file, strlen(s->file), arena, &root, error) < 0 ||
		config_from_tree("c.yaml", root, arena, &file, error) < 0))
		return -1;
	options_init(o);
	if (options_apply(o, &file, SOURCE_FILE, arena, error) < 0 ||
	    options_apply(o, &environment, SOURCE_ENVIRONMENT, arena, error) < 0 ||
	    options_apply(o, &args.givens, SOURCE_ARGV, arena, error) < 0)
		return -1;
	return options_check(o, arena, error);
}

static void merge_ok(const struct sources *s, struct arena *arena, struct options *o)
{
	struct input_error error = { .text = "" };
	if (merge(s, arena, o, &error) < 0)
		fail_msg("refused: %s", error.text);
}

static const char *join(const struct strings *list, struct arena *arena)
{
	const char *all = "";
	for (size_t i = 0; i < list->n_items; i++)
		all = arena_printf(arena, "%s%s%s", all, i ? " " : "", list->items[i]);
	return all;
}

static void stronger_sources_win(void **state)
{
	(void)state;

	static const struct {
		const char *name;
		struct sources sources;
		const char *region, *storage;
	} rows[] = {
		{ "file alone", { .file = "region: fromfile\nstorage: [one, two]\n" },
		    "fromfile", "one two" },
		{ "environment beats file",
		    { .variable = "VNETPROBE_REGION",
			.variable_value = "fromenv",
			.file = "region: fromfile\n" },
		    "fromenv", "" },
		{ "flag beats both",
		    { .argv = { "--region", "fromflag" },
			.variable = "VNETPROBE_REGION",
			.variable_value = "fromenv",
			.file = "region: fromfile\n" },
		    "fromflag", "" },
		{ "a list replaces a weaker one",
		    { .variable = "VNETPROBE_STORAGE",
			.variable_value = "env1,env2",
			.file = "storage: [one, two, three]\nregion: r1\n" },
		    "r1", "env1 env2" },
		{ "repeats of one source accumulate",
		    { .argv = { "--storage", "aaa", "--storage=bbb,ccc", "--region",
			  "r2" },
			.file = "storage: one\n" },
		    "r2", "aaa bbb ccc" },
		{ "the last of a single value counts",
		    { .argv = { "--region", "first", "--region", "second" } }, "second",
		    "" },
		{ "an empty variable is unset",
		    { .variable = "VNETPROBE_REGION",
			.variable_value = "",
			.file = "region: fromfile\n" },
		    "fromfile", "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena arena;
		struct options o;
		arena_init(&arena, 1 << 20);
		print_message("row: %s\n", rows[i].name);
		merge_ok(&rows[i].sources, &arena, &o);
		assert_string_equal(o.settings.region, rows[i].region);
		assert_string_equal(join(&o.settings.storage, &arena), rows[i].storage);
		arena_deinit(&arena);
	}
}

static void every_option_reaches_its_setting(void **state)
{
	(void)state;
	struct arena arena;
	struct options o;
	arena_init(&arena, 1 << 20);
	const struct sources s = {
		.argv = { "-4v", "--azure-dns", "none", "--canary=none", "--parallel",
		    "7", "tcp://h:1", "-ojson=x", "--", "-x" },
		.file = "profile: azureml\n"
			"cloud: AzureChinaCloud\n"
			"workspace_id: 01234567-89ab-cdef-0123-456789ABCDEF\n"
			"workspace_name: ws-1\n"
			"container_registry: contosoacr\n"
			"key_vault: contoso-kv\n"
			"compute_instance: ci-1\n"
			"cosmos_account: cosmos-1\n"
			"aks_fqdn: a.example\n"
			"databricks_host: d.example\n"
			"attach_host: t.example\n"
			"scoring_host: s.example\n"
			"catalogue: cat.yaml\n"
			"feature: [aks, 'cluster,smb']\n"
			"skip: aad.*\n"
			"expect_private: ['storage.*', keyvault]\n"
			"expect_cidr: [10.0.0.0/8, 'fd00::/8']\n"
			"must_not_reach: ['https://h/a,b']\n"
			"resolver: '10.0.0.4,[fd00::1]:5353'\n"
			"cacert: ca.pem\n"
			"proxy: ''\n"
			"noproxy: 'a,b'\n"
			"interface: eth0\n"
			"source: 10.0.0.9\n"
			"resolve: ['h:443:10.0.0.1,10.0.0.2']\n"
			"connect_to: 'a:1:b:2'\n"
			"connect_timeout: 500ms\n"
			"timeout: 4s\n"
			"deadline: 2m\n"
			"no_diagnose: true\n"
			"progress: json\n"
			"no_color: true\n"
			"redact: true\n"
			"strict: true\n"
			"exit_style: nagios\n"
			"capture: off\n",
	};
	merge_ok(&s, &arena, &o);

	const struct settings *t = &o.settings;
	assert_true(t->profile_given && t->cloud == CLOUD_CHINA);
	assert_string_equal(t->workspace_id, "01234567-89ab-cdef-0123-456789ABCDEF");
	assert_string_equal(t->workspace_name, "ws-1");
	assert_string_equal(t->container_registry, "contosoacr");
	assert_string_equal(t->key_vault, "contoso-kv");
	assert_string_equal(t->compute_instance, "ci-1");
	assert_string_equal(t->cosmos_account, "cosmos-1");
	assert_string_equal(t->aks_fqdn, "a.example");
	assert_string_equal(t->databricks_host, "d.example");
	assert_string_equal(t->attach_host, "t.example");
	assert_string_equal(t->scoring_host, "s.example");
	assert_string_equal(t->catalogue, "cat.yaml");
	assert_string_equal(join(&t->features, &arena), "aks cluster smb");
	assert_string_equal(join(&t->skip, &arena), "aad.*");
	assert_string_equal(join(&t->expect_private, &arena), "storage.* keyvault");
	assert_int_equal(t->expect_cidrs.n_items, 2);
	assert_string_equal(join(&t->must_not_reach, &arena), "https://h/a,b");
	assert_int_equal(t->resolvers.n_items, 2);
	assert_int_equal(t->resolvers.items[1].port, 5353);
	assert_true(t->azure_dns_given && t->azure_dns.family == 0);
	assert_string_equal(t->cacert, "ca.pem");
	assert_string_equal(t->proxy, "");
	assert_string_equal(t->noproxy, "a,b");
	assert_int_equal(t->only_family, AF_INET);
	assert_string_equal(t->interface, "eth0");
	assert_int_equal(t->source.family, AF_INET);
	assert_string_equal(join(&t->resolve, &arena), "h:443:10.0.0.1,10.0.0.2");
	assert_string_equal(join(&t->connect_to, &arena), "a:1:b:2");
	assert_int_equal(t->connect_timeout, 500 * NSEC_PER_MSEC);
	assert_int_equal(t->timeout, 4 * NSEC_PER_SEC);
	assert_int_equal(t->deadline, 120 * NSEC_PER_SEC);
	assert_int_equal(t->parallel, 7);
	assert_string_equal(t->canary, "none");
	assert_true(t->no_diagnose);
	assert_string_equal(join(&t->targets, &arena), "tcp://h:1 -x");
	assert_int_equal(o.output.n_items, 1);
	assert_int_equal(o.output.items[0].format, OUTPUT_JSON);
	assert_string_equal(o.output.items[0].file, "x");
	assert_int_equal(o.output.progress, PROGRESS_JSON);
	assert_int_equal(o.output.verbosity, VERBOSITY_VERBOSE);
	assert_int_equal(o.output.exit_style, EXIT_STYLE_NAGIOS);
	assert_true(o.output.no_color && o.output.redact && o.output.strict);
	arena_deinit(&arena);
}

static void faults_are_told_in_one_exact_line(void **state)
{
	(void)state;

	static const struct {
		struct sources sources;
		const char *message;
	} rows[] = {
		/* Command line. */
		{ { .argv = { "--conainer-registry", "x" } },
		    "unknown option --conainer-registry; did you mean "
		    "--container-registry?" },
		{ { .argv = { "--frobnicate=3" } },
		    "unknown option --frobnicate; --help lists them" },
		{ { .argv = { "--co" } },
		    "option --co could be --config or --container-registry; write it "
		    "in full" },
		{ { .argv = { "-vx" } }, "unknown option -x; --help lists them" },
		{ { .argv = { "--region" } }, "--region needs a value: NAME" },
		{ { .argv = { "-v", "-o" } }, "--output needs a value: FORMAT[=FILE]" },
		{ { .argv = { "--strict=yes" } }, "--strict takes no value" },
		{ { .argv = { "--help=me" } }, "--help takes no value" },
		{ { .argv = { "-4", "-6" } },
		    "--ipv6: excludes --ipv4, give one of them" },
		{ { .argv = { "-q", "-v" } },
		    "--verbose: excludes --quiet, give one of them" },
		{ { .argv = { "--workspace-id", "1234" } },
		    "--workspace-id: \"1234\" is not valid; it must be a GUID such as "
		    "01234567-89ab-cdef-0123-456789abcdef" },
		{ { .argv = { "--storage", "ok1,Not_ok" } },
		    "--storage: \"Not_ok\" is not valid; it must be 3 to 24 lower-case "
		    "letters and digits" },
		{ { .argv = { "--storage", "a1b,,c1d" } },
		    "--storage: \"a1b,,c1d\" has an empty item; separate items by one "
		    "comma" },
		{ { .argv = { "--region", "" } },
		    "--region: the value is empty; give NAME" },
		{ { .argv = { "--region", "\033[31mred\xff" } },
		    "--region: \"\\x1b[31mred\\xff\" is not valid; it must be a "
		    "region's short name such as westeurope, lower-case letters and "
		    "digits" },
		{ { .argv = { "--cloud", "Azure" } },
		    "--cloud: \"Azure\" is not valid; it must be AzureCloud, "
		    "AzureUSGovernment or AzureChinaCloud" },
		{ { .argv = { "--profile", "aks" } },
		    "--profile: \"aks\" is not valid; it must be azureml, the only "
		    "profile there is" },
		{ { .argv = { "--expect-cidr", "10.1.0.4/16" } },
		    "--expect-cidr: \"10.1.0.4/16\" is not valid; it must be a prefix "
		    "without host bits, such as 10.1.0.0/16" },
		{ { .argv = { "--resolver", "dns.example" } },
		    "--resolver: \"dns.example\" is not valid; it must be an address, "
		    "such as 10.0.0.4, 10.0.0.4:53 or [2001:db8::1]:53" },
		{ { .argv = { "--azure-dns", "off" } },
		    "--azure-dns: \"off\" is not valid; it must be an address such as "
		    "168.63.129.16, or \"none\"" },
		{ { .argv = { "--canary", "off" } },
		    "--canary: \"off\" is not valid; it must be an address such as "
		    "192.0.2.1, or \"none\"" },
		{ { .argv = { "--source", "10.0.0.1:80" } },
		    "--source: \"10.0.0.1:80\" is not valid; it must be an address "
		    "without port, such as 10.0.0.4" },
		{ { .argv = { "--interface", "eth0/../x" } },
		    "--interface: \"eth0/../x\" is not valid; it must be an interface "
		    "name of at most 15 characters, such as eth0" },
		{ { .argv = { "--idle", "500ms" } },
		    "--idle: \"500ms\" is not valid; it must be a duration of 1s to "
		    "1h, such as 30s or 4m" },
		{ { .argv = { "--idle",
			"1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,2s" } },
		    "--idle: \"2s\" is not valid; it must be one of at most 16 "
		    "durations" },
		{ { .argv = { "--timeout", "3" } },
		    "--timeout: \"3\" is not valid; it must be a duration such as "
		    "500ms, 3s or 2m (at most 24h)" },
		{ { .argv = { "--deadline", "0s" } },
		    "--deadline: \"0s\" is not valid; it must be a duration such as "
		    "500ms, 3s or 2m (at most 24h)" },
		{ { .argv = { "--parallel", "0" } },
		    "--parallel: \"0\" is not valid; it must be a number from 1 to "
		    "100000" },
		{ { .argv = { "--skip", "a;b" } },
		    "--skip: \"a;b\" is not valid; it must be a check id or a glob "
		    "over "
		    "ids, such as storage.blob or storage.*" },
		{ { .argv = { "--feature", "smb,aksk" } },
		    "--feature: unknown feature \"aksk\"; did you mean \"aks\"?" },
		{ { .argv = { "--proxy", "http://me:secret@p:1" } },
		    "--proxy: a user name or password is refused here, others may read "
		    "it; put USER:PASSWORD into a file for --proxy-credentials-file, "
		    "or the URL into VNETPROBE_PROXY" },
		{ { .argv = { "--proxy-auth", "digest" } },
		    "--proxy-auth: \"digest\" is not valid; it must be one of any, "
		    "basic, ntlm, negotiate" },
		{ { .argv = { "-o", "xml" } },
		    "--output: \"xml\" is not valid; it must be FORMAT or FORMAT=FILE; "
		    "formats: text, json, junit, html, markdown, prometheus, nagios" },
		{ { .argv = { "-o", "json=" } },
		    "--output: \"json=\" is not valid; it must be FORMAT or "
		    "FORMAT=FILE; formats: text, json, junit, html, markdown, "
		    "prometheus, nagios" },
		{ { .argv = { "-o", "text", "-o", "json" } },
		    "--output: two reports for standard output; give all but one a "
		    "file: FORMAT=FILE" },
		{ { .argv = { "-o", "text=a", "-o", "json=a" } },
		    "--output: two reports for \"a\"; give each its own file" },
		{ { .argv = { "--progress", "yes" } },
		    "--progress: \"yes\" is not valid; it must be one of auto, on, "
		    "off, "
		    "json" },
		{ { .argv = { "--exit-style", "zabbix" } },
		    "--exit-style: \"zabbix\" is not valid; it must be one of plain, "
		    "nagios" },
		{ { .argv = { "--snaplen", "70000" } },
		    "--snaplen: \"70000\" is not valid; it must be a number of bytes "
		    "from 128 to 65535" },
		{ { .argv = { "--capture", "maybe" } },
		    "--capture: \"maybe\" is not valid; it must be one of auto, on, "
		    "off" },
		/* Environment. */
		{ { .variable = "VNETPROBE_CONNECT_TIMEOUT", .variable_value = "soon" },
		    "VNETPROBE_CONNECT_TIMEOUT: \"soon\" is not valid; it must be a "
		    "duration such as 500ms, 3s or 2m (at most 24h)" },
		{ { .variable = "VNETPROBE_STRICT", .variable_value = "yes" },
		    "VNETPROBE_STRICT: \"yes\" is not valid; it must be true or "
		    "false" },
		{ { .argv = { "--region", "fine" },
		      .variable = "VNETPROBE_REGION",
		      .variable_value = "NOT FINE" },
		    "VNETPROBE_REGION: \"NOT FINE\" is not valid; it must be a "
		    "region's short name such as westeurope, lower-case letters and "
		    "digits" },
		/* File. */
		{ { .file = "region: r1\nconainer_registry: x\n" },
		    "c.yaml:2:1: unknown key \"conainer_registry\"; did you mean "
		    "\"container_registry\"?" },
		{ { .file = "key-vault: x\n" },
		    "c.yaml:1:1: unknown key \"key-vault\"; did you mean "
		    "\"key_vault\"?" },
		{ { .file = "flavour: x\n" },
		    "c.yaml:1:1: unknown key \"flavour\"; keys are the long options "
		    "with _ for -" },
		{ { .file = "config: other.yaml\n" },
		    "c.yaml:1:1: unknown key \"config\"; keys are the long options "
		    "with "
		    "_ for -" },
		{ { .file = "region: [a, b]\n" },
		    "c.yaml:1:9: region: a list is given where a single value is "
		    "expected" },
		{ { .file = "storage:\n  name: x\n" },
		    "c.yaml:2:3: storage: a mapping is given where a single value or a "
		    "list is expected" },
		{ { .file = "storage: [[a]]\n" },
		    "c.yaml:1:11: storage: a list is given where a single value is "
		    "expected" },
		{ { .file = "- a\n" },
		    "c.yaml:1:1: a list is given where a mapping of options is "
		    "expected" },
		{ { .file = "region:\n" }, "c.yaml:1:8: region: has no value; give "
					   "NAME or leave the key out" },
		{ { .file = "strict: null\n" },
		    "c.yaml:1:9: strict: has no value; give true or false or leave the "
		    "key out" },
		{ { .file = "strict: yes\n" },
		    "c.yaml:1:9: strict: \"yes\" is not valid; it must be true or "
		    "false" },
		{ { .file = "storage:\n  - good1\n  - BAD!\n" },
		    "c.yaml:3:5: storage: \"BAD!\" is not valid; it must be 3 to 24 "
		    "lower-case letters and digits" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena arena;
		struct options o;
		struct input_error error = { .text = "" };
		arena_init(&arena, 1 << 20);
		if (merge(&rows[i].sources, &arena, &o, &error) == 0)
			fail_msg("accepted, but should say: %s", rows[i].message);
		assert_string_equal(error.text, rows[i].message);
		arena_deinit(&arena);
	}
}

static void a_stronger_source_overrides_an_exclusion(void **state)
{
	(void)state;
	struct arena arena;
	struct options o;
	arena_init(&arena, 1 << 20);
	merge_ok(&(struct sources){ .argv = { "-6", "-q" },
		     .file = "ipv4: true\nverbose: true\n" },
	    &arena, &o);
	assert_int_equal(o.settings.only_family, AF_INET6);
	assert_int_equal(o.output.verbosity, VERBOSITY_QUIET);
	merge_ok(&(struct sources){ .variable = "VNETPROBE_IPV4",
		     .variable_value = "0",
		     .file = "ipv4: true\n" },
	    &arena, &o);
	assert_int_equal(o.settings.only_family, 0);
	arena_deinit(&arena);
}

static void an_unknown_feature_without_a_neighbour_lists_all(void **state)
{
	(void)state;
	struct arena arena;
	struct options o;
	struct input_error error;
	arena_init(&arena, 1 << 20);
	const struct sources s = { .argv = { "--feature", "teleportation" } };
	assert_int_equal(merge(&s, &arena, &o, &error), -1);
	assert_non_null(strstr(
	    error.text, "--feature: unknown feature \"teleportation\"; there are "));
	size_t n;
	const struct feature *table = feature_table(&n);
	for (size_t i = 0; i < n; i++)
		if (!strstr(error.text, table[i].name))
			fail_msg("%s is not named", table[i].name);
	arena_deinit(&arena);
}

static void a_long_value_is_cut(void **state)
{
	(void)state;
	struct arena arena;
	struct options o;
	struct input_error error;
	arena_init(&arena, 4 << 20);
	char *value = arena_alloc(&arena, 100001);
	memset(value, 'x', 100000);
	const struct sources s = { .argv = { "--region", value } };
	assert_int_equal(merge(&s, &arena, &o, &error), -1);
	assert_non_null(
	    strstr(error.text, "xxx...\" is not valid; it must be a region"));
	assert_true(strlen(error.text) < 250);
	arena_deinit(&arena);
}

static void help_and_version_are_seen_before_a_fault_only(void **state)
{
	(void)state;

	static const struct {
		const char *argv[4];
		bool help, version;
		int result;
	} rows[] = {
		{ { "check", "-h", "--bogus" }, true, false, -1 },
		{ { "check", "--bogus", "--help" }, false, false, -1 },
		{ { "check", "--version" }, false, true, 0 },
		{ { "check", "--", "--help" }, false, false, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena arena;
		struct argv_result args;
		struct input_error error;
		char *argv[5] = { NULL };
		int argc = 0;
		arena_init(&arena, 1 << 20);
		for (; argc < 4 && rows[i].argv[argc]; argc++)
			argv[argc] = arena_strdup(&arena, rows[i].argv[argc]);
		assert_int_equal(
		    argv_read(argc, argv, &arena, &args, &error), rows[i].result);
		assert_int_equal(args.help, rows[i].help);
		assert_int_equal(args.version, rows[i].version);
		arena_deinit(&arena);
	}
}

static void proxies_are_read_as_curl_reads_them(void **state)
{
	(void)state;
	static const char *const names[] = { "http_proxy", "HTTP_PROXY", "https_proxy",
		"HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY" };
	for (size_t i = 0; i < COUNT(names); i++)
		setenv(names[i], names[i], 1);
	setenv("https_proxy", "", 1);
	struct settings s;
	settings_init(&s);
	environment_proxies(&s);
	assert_string_equal(s.env_http_proxy, "http_proxy");
	assert_string_equal(s.env_https_proxy, "HTTPS_PROXY"); /* the other is empty */
	assert_string_equal(s.env_all_proxy, "all_proxy");
	assert_string_equal(s.env_no_proxy, "no_proxy");
	for (size_t i = 0; i < COUNT(names); i++)
		unsetenv(names[i]);
	setenv("HTTP_PROXY", "http://never.example", 1);
	environment_proxies(&s);
	assert_null(s.env_http_proxy);
	unsetenv("HTTP_PROXY");
}

static void names_are_unique_and_letters_too(void **state)
{
	(void)state;
	size_t n;
	const struct option_row *table = option_table(&n);
	for (size_t i = 0; i < n; i++) {
		const struct option_row *other = option_namesake(&table[i]);
		const struct option_row *first =
		    other && other < &table[i] ? other : &table[i];
		assert_ptr_equal(option_find(table[i].name), first);
		/* Two of one name are told apart by the form of their values. */
		assert_true(!other || (other->valid && table[i].valid));
		for (size_t j = i + 1; j < n; j++)
			if (table[i].letter && table[i].letter == table[j].letter)
				fail_msg("-%c twice", table[i].letter);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stronger_sources_win),
		cmocka_unit_test(every_option_reaches_its_setting),
		cmocka_unit_test(faults_are_told_in_one_exact_line),
		cmocka_unit_test(a_stronger_source_overrides_an_exclusion),
		cmocka_unit_test(an_unknown_feature_without_a_neighbour_lists_all),
		cmocka_unit_test(a_long_value_is_cut),
		cmocka_unit_test(help_and_version_are_seen_before_a_fault_only),
		cmocka_unit_test(proxies_are_read_as_curl_reads_them),
		cmocka_unit_test(names_are_unique_and_letters_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
