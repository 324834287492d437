/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>

#include "tests/unit/watch/past_builder.h"
#include "watch/chronicle.h"

struct story {
	struct arena arena;
	struct chronicle *chronicle;
	struct past_run run;
	struct news news;
	int64_t at;
};

static void begin(struct story *s, size_t n_checks)
{
	*s = (struct story){ .at = 1000 };
	arena_init(&s->arena, (size_t)64 << 20);
	s->chronicle = chronicle_new();
	past_run_init(&s->run, n_checks);
}

static void end(struct story *s)
{
	chronicle_free(s->chronicle);
	arena_deinit(&s->arena);
}

static void add(struct story *s, bool diagnosed)
{
	s->at += 1000;
	chronicle_add(
	    s->chronicle, &s->run.facts, diagnosed, s->at, &s->arena, &s->news);
}

static const struct change *find(const struct story *s, const char *what)
{
	for (size_t i = 0; i < s->news.n_items; i++)
		if (strcmp(s->news.items[i].what, what) == 0)
			return &s->news.items[i];
	return NULL;
}

static void the_first_run_is_no_news_and_a_repetition_neither(void **state)
{
	(void)state;
	struct story s;
	begin(&s, 2);
	past_run_state(&s.run, 0, "silent_drop");
	assert_false(chronicle_confirms(s.chronicle, &s.run.facts));
	add(&s, true);
	assert_int_equal(s.news.n_items, 0);
	assert_false(s.news.same_failures);
	assert_true(chronicle_confirms(s.chronicle, &s.run.facts));
	add(&s, true);
	assert_int_equal(s.news.n_items, 0);
	assert_true(s.news.same_failures);
	assert_int_equal(s.news.n_failing, 1);
	end(&s);
}

static void a_state_change_tells_what_changed_with_it(void **state)
{
	(void)state;
	struct story s;
	begin(&s, 2);
	past_run_fact(&s.run, 0, FACT_ADDRESSES, "10.1.0.5", &s.arena);
	past_run_fact(&s.run, 0, FACT_TLS_VERSION, "TLSv1.3", &s.arena);
	add(&s, true);
	past_run_fact(&s.run, 0, FACT_ADDRESSES, "20.60.1.1", &s.arena);
	past_run_state(&s.run, 0, "dns_not_private");
	add(&s, true);
	const struct change *c = find(&s, "status");
	assert_non_null(c);
	assert_int_equal(c->kind, CHANGE_REGRESSION);
	assert_string_equal(c->check, "check.0");
	assert_int_equal(c->with.n_items, 1);
	assert_string_equal(c->with.items[0], "addresses");
	assert_int_equal(chronicle_state(s.chronicle, 0).since, s.at);
	assert_int_equal(chronicle_state(s.chronicle, 1).since, 2000);
	end(&s);
}

/* A check that fails at its name knows no certificate; that it is another one when the
 * check is back must not be missed. */
static void facts_outlive_a_failure(void **state)
{
	(void)state;
	struct story s;
	begin(&s, 1);
	past_run_fact(&s.run, 0, FACT_ISSUER, "CN=Public CA", &s.arena);
	add(&s, true);
	s.run.checks[0].path.facts[FACT_ISSUER] = (struct fact){ .known = false };
	past_run_state(&s.run, 0, "dns_timeout");
	add(&s, true);
	past_run_state(&s.run, 0, NULL);
	past_run_fact(&s.run, 0, FACT_ISSUER, "CN=Inspecting CA", &s.arena);
	add(&s, true);
	const struct change *c = find(&s, "issuer");
	assert_non_null(c);
	assert_string_equal(c->before, "CN=Public CA");
	assert_int_equal(find(&s, "status")->kind, CHANGE_RECOVERY);
	end(&s);
}

static void the_path_of_one_peer_is_not_held_against_another(void **state)
{
	(void)state;
	struct story s;
	begin(&s, 1);
	past_run_fact(&s.run, 0, FACT_PEER, "20.1.1.1", &s.arena);
	past_run_fact(&s.run, 0, FACT_HOPS, "12", &s.arena);
	add(&s, true);
	past_run_fact(&s.run, 0, FACT_PEER, "20.1.1.2", &s.arena);
	s.run.checks[0].path.facts[FACT_HOPS].known = false;
	add(&s, true);
	past_run_fact(&s.run, 0, FACT_HOPS, "9", &s.arena);
	add(&s, true);
	assert_int_equal(s.news.n_items, 0);
	past_run_fact(&s.run, 0, FACT_HOPS, "7", &s.arena);
	add(&s, true);
	assert_non_null(find(&s, "hops"));
	end(&s);
}

static void a_run_without_diagnosis_keeps_the_cause(void **state)
{
	(void)state;
	struct story s;
	begin(&s, 1);
	past_run_state(&s.run, 0, "sni_reset_inline");
	add(&s, true);
	past_run_state(&s.run, 0, "tls_reset");
	add(&s, false);
	assert_int_equal(s.news.n_items, 0);
	assert_true(s.news.same_failures);
	assert_string_equal(s.run.checks[0].cause, "sni_reset_inline");
	end(&s);
}

static void flapping_is_told_and_its_changes_are_noise(void **state)
{
	(void)state;
	struct story s;
	unsigned told = 0, flapping = 0;
	begin(&s, 2);
	for (int i = 0; i < 20; i++) {
		past_run_state(&s.run, 0, i % 2 ? "remote_refused" : NULL);
		add(&s, true);
		told += s.news.n_to_tell > 0;
		flapping += find(&s, "flapping") != NULL;
	}
	assert_int_equal(flapping, 1);
	assert_int_equal(told, FLAPPING_BEGIN);
	assert_true(chronicle_state(s.chronicle, 0).flapping);
	assert_false(chronicle_state(s.chronicle, 1).flapping);
	end(&s);
}

static void a_longer_time_is_told_once(void **state)
{
	(void)state;
	struct story s;
	unsigned told = 0;
	begin(&s, 1);
	for (int i = 0; i < 90; i++) {
		s.run.checks[0].phases[2] =
		    ((i < 60 ? 20 : 60) + i % 5) * NSEC_PER_MSEC;
		/* No time at all is spent on the network. */
		s.run.checks[0].phases[0] = (i < 60 ? 100 : 400) * NSEC_PER_USEC;
		add(&s, true);
		assert_null(find(&s, "timing.dns"));
		const struct change *c = find(&s, "timing.tls");
		if (!c)
			continue;
		told++;
		assert_in_range(i, 60, 70);
		assert_string_equal(c->before, "22.0 ms");
	}
	assert_int_equal(told, 1);
	end(&s);
}

static void a_plan_that_changed_is_followed(void **state)
{
	(void)state;
	struct story s;
	begin(&s, 3);
	past_run_state(&s.run, 2, "silent_drop");
	add(&s, true);
	int64_t since = s.at;
	/* The last check alone, now in the first place. */
	s.run.checks[0] = s.run.checks[2];
	s.run.facts.n_checks = 1;
	assert_false(chronicle_confirms(s.chronicle, &s.run.facts));
	add(&s, true);
	assert_null(find(&s, "status"));
	assert_int_equal(chronicle_n_states(s.chronicle), 1);
	assert_int_equal(chronicle_state(s.chronicle, 0).since, since);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_run_is_no_news_and_a_repetition_neither),
		cmocka_unit_test(a_state_change_tells_what_changed_with_it),
		cmocka_unit_test(facts_outlive_a_failure),
		cmocka_unit_test(the_path_of_one_peer_is_not_held_against_another),
		cmocka_unit_test(a_run_without_diagnosis_keeps_the_cause),
		cmocka_unit_test(flapping_is_told_and_its_changes_are_noise),
		cmocka_unit_test(a_longer_time_is_told_once),
		cmocka_unit_test(a_plan_that_changed_is_followed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
