/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>

#include "checks/runs/flapping.h"

static void flapping_has_a_beginning_and_an_end(void **state)
{
	(void)state;

	const struct {
		const char *row;
		const char *runs; /* p and f, one a run */
		bool active;
	} rows[] = {
		{ "steady", "pppppppppppppppppppppppp", false },
		{ "failing for good", "ppppppppffffffffffffffff", false },
		{ "one short failure", "pppppppppfpppppppppppppp", false },
		{ "five changes", "pfpfpfffff", false },
		{ "six changes", "pfpfpfp", true },
		{ "six changes in more runs than count",
		    "pfppppppppfpppppppppfpppppppppp", false },
		{ "over: two changes are left",
		    "pfpfpf"
		    "ppppppppppppppppppp",
		    false },
		{ "not over yet: three are left",
		    "pfpfpf"
		    "pppppppppppppppppp",
		    true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct flapping f = { 0 };
		unsigned turns = 0;
		for (const char *p = rows[i].runs; *p; p++)
			turns +=
			    flapping_add(&f, *p == 'p' ? STATUS_PASS : STATUS_FAIL);
		if (f.active != rows[i].active || turns % 2 != rows[i].active)
			fail_msg("%s: %d, %u turns", rows[i].row, f.active, turns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flapping_has_a_beginning_and_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
