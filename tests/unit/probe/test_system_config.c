/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/base/arena.h"
#include "probe/dns/system_config.h"

static int make_arena(void **state)
{
	struct arena *a = malloc(sizeof *a);
	if (!a)
		return -1;
	arena_init(a, 16 << 20);
	*state = a;
	return 0;
}

static int drop_arena(void **state)
{
	arena_deinit(*state);
	free(*state);
	return 0;
}

static void parse_resolv(const char *text, struct arena *arena, struct resolv_conf *ret)
{
	/* Not NUL-terminated, as a file. */
	size_t len = strlen(text);
	char *copy = malloc(len + 1);
	assert_non_null(copy);
	memcpy(copy + 1, text, len);
	resolv_conf_parse(copy + 1, len, arena, ret);
	free(copy);
}

static void servers_are_those_of_glibc(void **state)
{
	static const struct {
		const char *name, *text, *servers; /* space-separated */
	} rows[] = {
		{ "one", "nameserver 10.0.0.4\n", "10.0.0.4:53" },
		{ "no line end", "nameserver 10.0.0.4", "10.0.0.4:53" },
		{ "tabs and CR", "nameserver\t10.0.0.4\t \r\n", "10.0.0.4:53" },
		{ "three at most",
		    "nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver "
		    "10.0.0.3\nnameserver 10.0.0.4\n",
		    "10.0.0.1:53 10.0.0.2:53 10.0.0.3:53" },
		{ "IPv6", "nameserver 2001:db8::1\n", "[2001:db8::1]:53" },
		{ "IPv6 with a zone", "nameserver fe80::1%lo\n", "[fe80::1]:53" },
		{ "zone by number", "nameserver fe80::1%7\n", "[fe80::1]:53" },
		{ "unknown zone", "nameserver fe80::1%no-such-if\n", "127.0.0.1:53" },
		{ "comments", "# nameserver 10.0.0.1\n;nameserver 10.0.0.2\n",
		    "127.0.0.1:53" },
		{ "not in the first column", " nameserver 10.0.0.1\n", "127.0.0.1:53" },
		{ "a broken one does not count",
		    "nameserver banana\nnameserver 10.0.0.300\nnameserver "
		    "10.0.0.1\n",
		    "10.0.0.1:53" },
		{ "keyword alone", "nameserver\nnameserver   \n", "127.0.0.1:53" },
		{ "options are ignored",
		    "options edns0 trust-ad\nnameserver 127.0.0.53\n",
		    "127.0.0.53:53" },
		{ "empty", "", "127.0.0.1:53" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct resolv_conf conf;
		char got[256] = "", text[ADDR_TEXT_MAX];
		parse_resolv(rows[i].text, *state, &conf);
		for (size_t k = 0; k < conf.n_servers; k++)
			snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s",
			    k ? " " : "", addr_format_port(&conf.servers[k], text));
		if (strcmp(got, rows[i].servers) != 0)
			fail_msg("row \"%s\": %s", rows[i].name, got);
		bool by_default = strcmp(got, "127.0.0.1:53") == 0;
		if (conf.by_default != by_default)
			fail_msg("row \"%s\": by_default", rows[i].name);
	}
}

static void zones_are_kept(void **state)
{
	struct resolv_conf conf;
	parse_resolv("nameserver fe80::1%7\n", *state, &conf);
	assert_int_equal(conf.servers[0].scope, 7);
}

static void the_last_search_list_counts(void **state)
{
	struct resolv_conf conf;
	parse_resolv(
	    "domain old.example\nsearch a.example b.example.\n", *state, &conf);
	assert_int_equal(conf.n_search, 2);
	assert_string_equal(conf.search[0], "a.example");
	assert_string_equal(conf.search[1], "b.example");
	parse_resolv("search a.example b.example\ndomain c.example d\n", *state, &conf);
	assert_int_equal(conf.n_search, 1);
	assert_string_equal(conf.search[0], "c.example");
}

static void hosts_entries_know_their_lines(void **state)
{
	static const char text[] = "127.0.0.1 localhost\n"
				   "# 10.0.0.1 commented.example\n"
				   "\n"
				   "10.0.0.4\ta.example A.alias. # 10.0.0.5 c.example\n"
				   "banana b.example\n"
				   "2001:db8::4 a.EXAMPLE";
	struct hosts_file hosts;
	size_t pos = 0;
	char buf[ADDR_TEXT_MAX];

	hosts_file_parse(text, sizeof text - 1, *state, &hosts);
	assert_int_equal(hosts.n_entries, 4);
	const struct hosts_entry *e = hosts_file_next(&hosts, "A.Example", &pos);
	assert_non_null(e);
	assert_int_equal(e->line, 4);
	assert_string_equal(addr_format(&e->address, buf), "10.0.0.4");
	e = hosts_file_next(&hosts, "a.example", &pos);
	assert_non_null(e);
	assert_int_equal(e->line, 6);
	assert_null(hosts_file_next(&hosts, "a.example", &pos));
	pos = 0;
	assert_non_null(hosts_file_next(&hosts, "a.alias", &pos));
	pos = 0;
	assert_null(hosts_file_next(&hosts, "c.example", &pos));
	pos = 0;
	assert_null(hosts_file_next(&hosts, "b.example", &pos));
}

static void hosts_entries_are_bounded(void **state)
{
	enum {
		LINES = HOSTS_MAX_ENTRIES + 100,
		WIDTH = 15
	};

	char *text = malloc(LINES * WIDTH);
	struct hosts_file hosts;
	assert_non_null(text);
	for (size_t i = 0; i < LINES; i++)
		memcpy(text + i * WIDTH, "10.0.0.1 a.ex \n", WIDTH);
	hosts_file_parse(text, LINES * WIDTH, *state, &hosts);
	free(text);
	assert_int_equal(hosts.n_entries, HOSTS_MAX_ENTRIES);
}

static void a_missing_file_is_an_empty_one(void **state)
{
	struct resolv_conf conf;
	struct hosts_file hosts;
	assert_int_equal(resolv_conf_read("/nonexistent/x", *state, &conf), -ENOENT);
	assert_true(conf.by_default);
	assert_int_equal(hosts_file_read("/nonexistent/x", *state, &hosts), -ENOENT);
	assert_int_equal(hosts.n_entries, 0);
	assert_int_equal(hosts_file_read("/dev/zero", *state, &hosts), -EINVAL);
}

static void only_the_head_of_a_large_file_is_read(void **state)
{
	char path[] = "/tmp/vp-hosts-XXXXXX";
	static const char line[] = "10.0.0.4 abcdefghijklmnopqrstuvwxyz-"
				   "abcdefghijklmnopqrstuvwxyz-"
				   "abcdefghijklmnopqrstuvwxyz.example\n";
	struct hosts_file hosts;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	FILE *f = fdopen(fd, "w");
	assert_non_null(f);
	for (size_t n = 0; n <= SYSTEM_CONFIG_MAX_SIZE * 2; n += sizeof line - 1)
		fputs(line, f);
	fclose(f);
	int r = hosts_file_read(path, *state, &hosts);
	unlink(path);
	assert_int_equal(r, 0);
	assert_int_equal(hosts.n_entries, SYSTEM_CONFIG_MAX_SIZE / (sizeof line - 1));
	/* The line that the bound cut in two is not an entry. */
	assert_int_equal(
	    strlen(hosts.entries[hosts.n_entries - 1].name), sizeof line - 1 - 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers_are_those_of_glibc),
		cmocka_unit_test(zones_are_kept),
		cmocka_unit_test(the_last_search_list_counts),
		cmocka_unit_test(hosts_entries_know_their_lines),
		cmocka_unit_test(hosts_entries_are_bounded),
		cmocka_unit_test(a_missing_file_is_an_empty_one),
		cmocka_unit_test(only_the_head_of_a_large_file_is_read),
	};
	return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
