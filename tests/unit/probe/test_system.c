/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "probe/base/arena.h"
#include "probe/host/system.h"

static void capabilities_are_read_from_the_status(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} rows[] = {
		{ "Name:\tx\nCapEff:\t000001ffffffffff\nCapBnd:\t0\n", true },
		{ "Name:\tx\nCapEff:\t0000000000002000\n", true },
		{ "Name:\tx\nCapEff:\t0000000000001000\n", false },
		{ "Name:\tx\nCapPrm:\t0000000000002000\nCapEff:\t0\n", false },
		{ "Name:\tCapEff:\t2000\n", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (system_status_has_net_raw(rows[i].text) != rows[i].want)
			fail_msg("row %zu", i);
}

static void this_machine_is_described(void **state)
{
	static const char text[] = "nameserver 10.0.0.4\nsearch a.example\n";
	struct resolv_conf conf;
	struct arena arena;
	struct utsname u;
	(void)state;

	arena_init(&arena, 1 << 20);
	resolv_conf_parse(text, sizeof text - 1, &arena, &conf);
	struct obs_system s = system_observe(&conf, &arena);
	assert_int_equal(uname(&u), 0);
	assert_string_equal(s.hostname, u.nodename);
	assert_string_equal(s.kernel, u.release);
	assert_int_equal(s.root, geteuid() == 0);
	assert_int_equal(s.n_resolvers, 1);
	assert_int_equal(s.resolvers[0].port, 53);
	assert_int_equal(s.n_search, 1);
	assert_string_equal(s.search[0], "a.example");
	arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities_are_read_from_the_status),
		cmocka_unit_test(this_machine_is_described),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
