/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>
#include <string.h>

#include "checks/runs/baseline.h"
#include "checks/runs/compare.h"
#include "tests/unit/checks/obs_builder.h"

/* What a run with one HTTPS check saw. */
struct seen {
	const char *dns;    /* words of dns_answer(), NULL = no answer at all */
	const char *peer;   /* NULL = nobody connected */
	const char *issuer; /* NULL = a public CA */
	bool refused;
};

static const struct seen healthy = { "x.privatelink.azurecr.io 10.1.0.5",
	"10.1.0.5:443", NULL, false };

static void look(struct run *r, int t, const struct seen *s)
{
	if (s->dns)
		see(r, dns_answer(r, t, DNS_SYSTEM, "10.0.0.4", 0, s->dns));
	else
		see(r, dns_failed(r, t, DNS_SYSTEM, "10.0.0.4", DNS_TIMEOUT));
	if (s->peer && s->refused)
		see(r, tcp_failed(r, t, s->peer, ECONNREFUSED));
	if (!s->peer || s->refused)
		return;
	see(r, tcp_connected(r, t, s->peer));
	see(r, tls_verified(r, t, s->peer, s->issuer));
	see(r, http_answer(r, t, s->peer, 200, "", NULL));
}

static void run_of(struct run *r, const char *url, const struct seen *s)
{
	run_init(r);
	look(r, run_add(r, url, NULL), s);
}

static struct path_facts facts_of(struct run *r)
{
	struct path_facts f;

	path_facts_of_run(&r->plan, &r->log, &r->verdicts, &r->arena, &f);
	return f;
}

static void compare_seen(struct run *a, struct run *b, const struct seen *old,
    const struct seen *new, struct comparison *ret)
{
	run_of(a, "https://x.azurecr.io:443", old);
	run_of(b, "https://x.azurecr.io:443", new);
	run_judge(a);
	run_judge(b);
	struct path_facts before = facts_of(a), after = facts_of(b);
	compare_runs(&before, &after, &a->arena, ret);
}

static const struct change *find(const struct comparison *c, const char *what)
{
	for (size_t i = 0; i < c->n_items; i++)
		if (strcmp(c->items[i].what, what) == 0)
			return &c->items[i];
	return NULL;
}

static void states_become_what_they_are_called(void **state)
{
	(void)state;
	const struct seen refused = { healthy.dns, healthy.peer, NULL, true };
	const struct seen silent = { NULL, NULL, NULL, false };

	const struct {
		const char *row;
		const struct seen *old, *new;
		const char *what; /* NULL = nothing changed */
		enum change_kind kind;
	} rows[] = {
		{ "nothing changed", &healthy, &healthy, NULL, CHANGE_INFO },
		{ "broken", &healthy, &refused, "status", CHANGE_REGRESSION },
		{ "mended", &refused, &healthy, "status", CHANGE_RECOVERY },
		{ "broken otherwise", &refused, &silent, "cause", CHANGE_DRIFT },
		{ "broken alike", &refused, &refused, NULL, CHANGE_INFO },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run a, b;
		struct comparison c;
		compare_seen(&a, &b, rows[i].old, rows[i].new, &c);
		const struct change *found =
		    rows[i].what ? find(&c, rows[i].what) : NULL;
		if (!rows[i].what && (c.n_items || c.n_same != 1))
			fail_msg("%s: %s", rows[i].row, c.items[0].what);
		if (rows[i].what && (!found || found->kind != rows[i].kind))
			fail_msg("%s", rows[i].row);
		assert_int_equal(c.counts[CHANGE_REGRESSION],
		    rows[i].what && rows[i].kind == CHANGE_REGRESSION);
		run_deinit(&a);
		run_deinit(&b);
	}
}

static void what_changed_with_a_state_is_told_beside_it(void **state)
{
	(void)state;
	const struct seen moved = { "20.1.1.1", "20.1.1.1:443", NULL, true };
	const struct seen refused = { healthy.dns, healthy.peer, NULL, true };
	struct run a, b;
	struct comparison c;

	compare_seen(&a, &b, &healthy, &moved, &c);
	const struct change *status = find(&c, "status");
	assert_non_null(status);
	assert_true(words_hold(&status->with, "addresses"));
	assert_non_null(find(&c, "addresses"));
	assert_string_equal(find(&c, "addresses")->before, "10.1.0.5");
	assert_string_equal(find(&c, "addresses")->after, "20.1.1.1");
	assert_string_equal(status->before, "pass");
	assert_string_equal(status->after, "fail (remote_refused)");
	/* States stand before what went with them. */
	assert_ptr_equal(status, &c.items[0]);
	run_deinit(&a);
	run_deinit(&b);

	compare_seen(&a, &b, &healthy, &refused, &c);
	status = find(&c, "status");
	assert_non_null(status);
	assert_int_equal(status->with.n_items, 0);
	assert_true(words_hold(&status->unchanged, "addresses"));
	/* No certificate was seen, so none was compared. */
	assert_false(words_hold(&status->unchanged, "issuer"));
	run_deinit(&a);
	run_deinit(&b);
}

static void a_check_of_one_run_only_is_no_regression(void **state)
{
	(void)state;
	const struct seen refused = { healthy.dns, healthy.peer, NULL, true };
	struct run a, b;
	struct comparison c;

	run_of(&a, "https://old.example:443", &healthy);
	run_of(&b, "https://new.example:443", &refused);
	run_judge(&a);
	run_judge(&b);
	struct path_facts before = facts_of(&a), after = facts_of(&b);
	compare_runs(&before, &after, &a.arena, &c);
	assert_int_equal(c.n_items, 2);
	assert_int_equal(c.counts[CHANGE_INFO], 2);
	assert_null(c.items[0].before);
	assert_string_equal(c.items[0].check, "https://new.example:443");
	assert_null(c.items[1].after);
	run_deinit(&a);
	run_deinit(&b);
}

/* --- Baseline --------------------------------------------------------------------- */

static void baseline_of(struct run *r, const struct seen *s, struct baseline *ret)
{
	run_of(r, "https://x.azurecr.io:443", s);
	run_judge(r);
	struct path_facts facts = facts_of(r);
	assert_int_equal(baseline_of_run(&facts, &r->arena, ret), 0);
	assert_int_equal(ret->n_checks, 1);
}

static void drift_of_an_approved_fact_fails_the_check(void **state)
{
	(void)state;
	const char *contoso = "CN=Inspection,O=Contoso";
	const char *sibling =
	    "CN=Microsoft Azure RSA TLS Issuing CA 03,O=Microsoft Corporation,C=US";
	const char *stamp = "20.1.1.1";

	const struct {
		const char *row;
		struct seen approved, now;
		enum status status;
		const char *cause;
		enum stage stage;
		const char *says;
	} rows[] = {
		{ "as approved", healthy, healthy, STATUS_PASS, NULL, STAGE_HOST,
		    NULL },
		{ "a public address", healthy,
		    { "20.1.1.1", "20.1.1.1:443", NULL, false }, STATUS_FAIL,
		    "baseline_drift", STAGE_DNS, "approved 10.1.0.5, seen 20.1.1.1" },
		{ "an inspecting issuer", healthy,
		    { healthy.dns, healthy.peer, contoso, false }, STATUS_FAIL,
		    "baseline_drift", STAGE_TLS, "O=Contoso" },
		{ "a sibling of the issuer", healthy,
		    { healthy.dns, healthy.peer, sibling, false }, STATUS_PASS, NULL,
		    STAGE_HOST, NULL },
		{ "a rotated address", { stamp, "20.1.1.1:443", NULL, false },
		    { "20.1.9.9", "20.1.9.9:443", NULL, false }, STATUS_PASS, NULL,
		    STAGE_HOST, NULL },
		{ "a failure keeps its cause", healthy,
		    { "20.1.1.1", "20.1.1.1:443", NULL, true }, STATUS_FAIL,
		    "remote_refused", STAGE_TCP, "approved 10.1.0.5, seen 20.1.1.1" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run before, r;
		struct baseline b;
		baseline_of(&before, &rows[i].approved, &b);
		run_of(&r, "https://x.azurecr.io:443", &rows[i].now);
		r.plan.baseline = &b;
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, rows[i].status, rows[i].cause,
		    rows[i].now.refused ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN);
		if (rows[i].cause)
			assert_int_equal(r.verdicts.items[0].stage, rows[i].stage);
		if (rows[i].says && !run_says(&r, 0, rows[i].says))
			fail_msg("%s: nothing says %s", rows[i].row, rows[i].says);
		run_deinit(&before);
		run_deinit(&r);
	}
}

static void what_was_not_seen_is_told_and_no_drift(void **state)
{
	(void)state;
	struct run before, r;
	struct baseline b;

	baseline_of(&before, &healthy, &b);
	run_init(&r);
	run_add(&r, "https://x.azurecr.io:443", NULL);
	/* The address was given (--resolve), so no name was asked for. */
	see(&r, tcp_connected(&r, 0, "10.1.0.5:443"));
	see(&r, tls_verified(&r, 0, "10.1.0.5:443", NULL));
	see(&r, http_answer(&r, 0, "10.1.0.5:443", 200, "", NULL));
	r.targets[0].pinned = &r.log.items[0]->tcp.peer;
	r.targets[0].n_pinned = 1;
	r.plan.baseline = &b;
	run_judge(&r);
	run_expect(&r, 0, "pinned", STATUS_PASS, NULL, CONFIDENCE_CERTAIN);
	assert_true(
	    run_says(&r, 0, "not compared with the baseline: addresses, aliases"));
	run_deinit(&before);
	run_deinit(&r);
}

static void a_check_without_approval_is_told(void **state)
{
	(void)state;
	struct run before, r;
	struct baseline b;

	baseline_of(&before, &healthy, &b);
	run_of(&r, "https://y.azurecr.io:443", &healthy);
	r.plan.baseline = &b;
	run_judge(&r);
	run_expect(&r, 0, "unknown", STATUS_PASS, NULL, CONFIDENCE_CERTAIN);
	assert_true(run_says(&r, 0, "baseline has nothing of this check"));
	run_deinit(&before);
	run_deinit(&r);
}

static void what_must_not_be_reached_has_no_approved_path(void **state)
{
	(void)state;
	struct run r;
	struct baseline b;

	run_of(&r, "tcp://exfil.example:443", &healthy);
	r.checks[0].must_not_reach = true;
	run_judge(&r);
	struct path_facts facts = facts_of(&r);
	assert_int_equal(baseline_of_run(&facts, &r.arena, &b), 0);
	assert_int_equal(b.n_checks, 0);
	run_deinit(&r);
}

static void a_failing_check_is_not_approved(void **state)
{
	(void)state;
	const struct seen refused = { healthy.dns, healthy.peer, NULL, true };
	struct run r;
	struct baseline b;

	run_of(&r, "https://x.azurecr.io:443", &refused);
	look(&r, run_add(&r, "https://b.example:443", NULL), &healthy);
	look(&r, run_add(&r, "https://a.example:443", NULL), &healthy);
	run_judge(&r);
	struct path_facts facts = facts_of(&r);
	assert_int_equal(baseline_of_run(&facts, &r.arena, &b), 1);
	assert_int_equal(b.n_checks, 2);
	assert_string_equal(b.checks[0].id, "https://a.example:443");
	assert_null(baseline_find(&b, "https://x.azurecr.io:443"));
	run_deinit(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_become_what_they_are_called),
		cmocka_unit_test(what_changed_with_a_state_is_told_beside_it),
		cmocka_unit_test(a_check_of_one_run_only_is_no_regression),
		cmocka_unit_test(drift_of_an_approved_fact_fails_the_check),
		cmocka_unit_test(what_was_not_seen_is_told_and_no_drift),
		cmocka_unit_test(a_check_without_approval_is_told),
		cmocka_unit_test(what_must_not_be_reached_has_no_approved_path),
		cmocka_unit_test(a_failing_check_is_not_approved),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
