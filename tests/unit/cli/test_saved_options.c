/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>

#include "checks/input/input_error.h"
#include "cli/argv.h"
#include "cli/saved_options.h"
#include "probe/base/arena.h"

enum {
	WORDS_MAX = 12,
	N_SOURCES = 3
};

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 64 << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_deinit(&arena);
	return 0;
}

/* Options of one source, spelt as on the command line, end with NULL. */
struct given_words {
	const char *words[WORDS_MAX];
};

/* Applies file, environment and command line, each given as arguments. */
static struct options merge(const struct given_words sources[N_SOURCES])
{
	struct options o;
	options_init(&o);
	for (int s = 0; s < N_SOURCES; s++) {
		char *argv[WORDS_MAX + 1] = { arena_strdup(&arena, "check") };
		int argc = 1;
		for (; sources[s].words[argc - 1]; argc++)
			argv[argc] = arena_strdup(&arena, sources[s].words[argc - 1]);
		struct argv_result args;
		struct input_error e = { .text = "" };
		if (argv_read(argc, argv, &arena, &args, &e) < 0 ||
		    options_apply(&o, &args.givens, (enum source)(SOURCE_FILE + s),
			&arena, &e) < 0)
			fail_msg("%s", e.text);
	}
	return o;
}

/* "region=x storage=a,b strict=true", in the order of the table. */
static const char *told(const struct saved_settings *s)
{
	const char *all = "";
	for (size_t i = 0; i < s->n_items; i++) {
		const struct saved_setting *item = &s->items[i];
		all = arena_printf(&arena, "%s%s%s=", all, i ? " " : "", item->key);
		for (size_t j = 0; j < item->n_values; j++)
			all = arena_printf(
			    &arena, "%s%s%s", all, j ? "," : "", item->values[j]);
	}
	return all;
}

static const struct {
	const char *name;
	struct given_words sources[N_SOURCES]; /* file, environment, argv */
	const char *want;
} rows[] = {
	{ "nothing", { { { NULL } } }, "" },
	{ "a value", { { { "--region", "eastus" } } }, "region=eastus" },
	{ "the strongest value",
	    { { { "--region", "eastus" } }, { { "--region", "westus" } },
		{ { "--region", "northeurope" } } },
	    "region=northeurope" },
	{ "the last value of a source",
	    { { { NULL } }, { { NULL } },
		{ { "--region", "eastus", "--region", "westus" } } },
	    "region=westus" },
	{ "a list is split and added to",
	    { { { NULL } }, { { NULL } },
		{ { "--storage", "one,two", "--storage", "three" } } },
	    "storage=one,two,three" },
	{ "a stronger list replaces a weaker one",
	    { { { "--storage", "one,two" } }, { { "--storage", "three" } } },
	    "storage=three" },
	{ "targets in their order",
	    { { { NULL } }, { { NULL } },
		{ { "storage.*", "tcp://127.0.0.1:1", "--must-not-reach", "dns:x" } } },
	    "targets=storage.*,tcp://127.0.0.1:1 must_not_reach=dns:x" },
	{ "the family that won", { { { NULL } }, { { "-6" } }, { { "-4" } } },
	    "ipv4=true" },
	{ "what is shown is left out",
	    { { { NULL } }, { { NULL } },
		{ { "-o", "json", "-v", "--no-color", "--redact", "--progress",
		    "off" } } },
	    "" },
	{ "names of files are left out",
	    { { { NULL } }, { { NULL } },
		{ { "--cacert", "/home/me/ca.pem", "--catalogue", "c.yaml", "-c",
		    "x.yaml" } } },
	    "" },
	{ "what makes the exit code",
	    { { { NULL } }, { { NULL } },
		{ { "--strict", "--exit-style", "nagios" } } },
	    "strict=true exit_style=nagios" },
	{ "a proxy without its password",
	    { { { NULL } },
		{ { "--proxy", "http://me:pass@proxy.example:3128/x?y" } } },
	    "proxy=http://proxy.example:3128" },
	{ "a password with an @",
	    { { { NULL } }, { { "--proxy", "me:p@ss@10.0.0.1:80" } } },
	    "proxy=http://10.0.0.1:80" },
	{ "no proxy at all", { { { NULL } }, { { NULL } }, { { "--proxy", "" } } },
	    "proxy=" },
	{ "every other kind of value",
	    { { { "--cloud", "AzureChinaCloud", "--expect-cidr", "10.0.0.0/8",
		  "--resolver", "10.0.0.4:54" } },
		{ { "--azure-dns", "none", "--source", "10.0.0.9", "--deadline",
		    "2m" } },
		{ { "--parallel", "7", "--canary", "none", "--no-diagnose" } } },
	    "cloud=AzureChinaCloud expect_cidr=10.0.0.0/8 canary=none no_diagnose=true "
	    "resolver=10.0.0.4:54 azure_dns=none source=10.0.0.9 deadline=2m "
	    "parallel=7" },
};

static void options_in_effect_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct saved_settings saved;
		struct options o = merge(rows[i].sources);
		saved_options_from(&o, &arena, &saved);
		if (strcmp(told(&saved), rows[i].want) != 0)
			fail_msg("%s: \"%s\"", rows[i].name, told(&saved));
	}
}

static void told_options_come_back_as_they_were(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct saved_settings saved, again;
		struct options o = merge(rows[i].sources), back;
		struct input_error e = { .text = "" };
		saved_options_from(&o, &arena, &saved);
		if (saved_options_read(&saved, "r.json", &arena, &back, &e) < 0)
			fail_msg("%s: %s", rows[i].name, e.text);
		saved_options_from(&back, &arena, &again);
		assert_string_equal(told(&again), told(&saved));
		assert_int_equal(back.settings.only_family, o.settings.only_family);
		assert_int_equal(back.settings.deadline, o.settings.deadline);
		assert_int_equal(
		    back.settings.azure_dns.family, o.settings.azure_dns.family);
		assert_int_equal(back.output.strict, o.output.strict);
	}
}

static void proxies_of_the_environment_lose_their_passwords(void **state)
{
	(void)state;
	struct options o, back;
	struct saved_settings saved;
	struct input_error e;
	options_init(&o);
	o.settings.env_http_proxy = "http://me:secret@proxy:8080";
	o.settings.env_all_proxy = "no proxy at all";
	o.settings.env_no_proxy = ".corp.example";
	o.settings.proxy_from.no_proxy = "NO_PROXY";
	saved_options_from(&o, &arena, &saved);
	assert_string_equal(saved.http_proxy, "http://proxy:8080");
	assert_null(saved.https_proxy);
	assert_string_equal(saved.all_proxy, "");
	assert_int_equal(saved_options_read(&saved, "r.json", &arena, &back, &e), 0);
	assert_string_equal(back.settings.env_http_proxy, "http://proxy:8080");
	assert_string_equal(back.settings.env_no_proxy, ".corp.example");
	assert_string_equal(back.settings.proxy_from.no_proxy, "NO_PROXY");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_in_effect_are_told),
		cmocka_unit_test(told_options_come_back_as_they_were),
		cmocka_unit_test(proxies_of_the_environment_lose_their_passwords),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
