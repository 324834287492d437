/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>

#include "tests/unit/checks/probe_builder.h"

static const struct catalogue_entry platform = { .platform = true };

/* Three public addresses and a private one are silent. */
static void silence_all(struct run *r)
{
	static const char *const peers[] = { "20.1.1.1:443", "20.1.1.2:443",
		"20.1.1.3:443", "10.9.9.9:443" };

	run_init(r);
	for (int t = 0; t < 4; t++) {
		run_add(r, "tcp://a.example:443", NULL);
		see(r, tcp_timeout(r, t, peers[t]));
	}
}

static size_t checks_in(const struct run *r, size_t group)
{
	return group < r->verdicts.n_groups ? r->verdicts.groups[group].n_checks : 0;
}

static void a_blocked_way_out_is_one_cause(void **state)
{
	(void)state;
	struct run r;

	silence_all(&r);
	run_add(&r, "http://168.63.129.16:80", &platform);
	see(&r, tcp_connected(&r, 4, "168.63.129.16:80"));
	see(&r, http_answer(&r, 4, "168.63.129.16:80", 200, "", NULL));
	run_judge(&r);
	assert_int_equal(r.verdicts.n_groups, 2);
	assert_int_equal(checks_in(&r, 0), 3);
	assert_int_equal(checks_in(&r, 1), 1);
	const struct cause_group *g = &r.verdicts.groups[0];
	assert_non_null(strstr(g->remediation.items[0], "next hop of 0.0.0.0/0"));
	assert_true(run_says(&r, 0, "none of 3 public addresses answers"));
	assert_true(run_says(&r, 0, "168.63.129.16 answers"));
	assert_false(run_says(&r, 3, "public addresses"));
	run_expect(&r, 0, "out", STATUS_FAIL, "silent_drop", CONFIDENCE_CANNOT_TELL);
	assert_true(words_hold(
	    &r.verdicts.items[0].ruled_out, "the other side's NSG denies inbound"));
	run_deinit(&r);
}

static void the_way_out_is_not_blocked(void **state)
{
	(void)state;

	enum what {
		TWO_ADDRESSES,
		ONE_CONNECTS,
		A_CONTROL_CONNECTS
	};

	static const char *const rows[] = { "two addresses say too little",
		"one public address connects", "a control connects" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		if (i == TWO_ADDRESSES) {
			run_init(&r);
			for (int t = 0; t < 3; t++) {
				run_add(&r, "tcp://a.example:443", NULL);
				see(&r, tcp_timeout(&r, t,
					    t ? "20.1.1.2:443" : "20.1.1.1:443"));
			}
		} else {
			silence_all(&r);
			run_add(&r, "tcp://b.example:443", NULL);
			see(&r, i == ONE_CONNECTS ? tcp_connected(&r, 4, "20.1.1.9:443")
						  : control(&r, 4, "20.1.1.9:80",
							CONTROL_OTHER_PORT, 'c'));
		}
		run_judge(&r);
		if (run_says(&r, 0, "public addresses"))
			fail_msg("row \"%s\"", rows[i]);
		run_deinit(&r);
	}
}

static void a_group_says_once_what_to_change(void **state)
{
	(void)state;
	struct run r;

	run_init(&r);
	for (int t = 0; t < 6; t++) {
		run_add(&r,
		    arena_printf(
			&r.arena, "tcp://h%d.example:%d", t, t % 2 ? 445 : 443),
		    NULL);
		r.checks[t].service_tag = t < 3 ? "Storage.westeurope" : "AzureCloud";
		see(&r, tcp_timeout(
			    &r, t, arena_printf(&r.arena, "10.1.1.%d:443", t / 2 + 1)));
	}
	run_judge(&r);
	assert_int_equal(r.verdicts.n_groups, 1);
	const struct words *w = &r.verdicts.groups[0].remediation;
	assert_true(
	    words_hold(w, "Allow TCP 443, 445 to Storage.westeurope, AzureCloud"));
	assert_true(words_hold(w, "10.1.1.1, 10.1.1.2, 10.1.1.3;"));
	assert_true(words_hold(
	    w, "h0.example, h1.example, h2.example, h3.example and 2 others"));
	assert_int_equal(w->n_items, 3);
	/* Each check still speaks of itself alone. */
	assert_true(words_hold(
	    &r.verdicts.items[1].remediation, "Allow TCP 445 to Storage.westeurope"));
	run_deinit(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_blocked_way_out_is_one_cause),
		cmocka_unit_test(the_way_out_is_not_blocked),
		cmocka_unit_test(a_group_says_once_what_to_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
