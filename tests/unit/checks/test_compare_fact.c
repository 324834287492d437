/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>

#include "checks/judge/finding.h"
#include "checks/runs/compare_fact.h"
#include "checks/runs/compare_times.h"
#include "probe/base/arena.h"

static void fill(struct arena *arena, struct fact *f, const char *words)
{
	char *rest = arena_strdup(arena, words), *word;

	f->known = true;
	while ((word = strsep(&rest, " ")))
		if (*word)
			words_add(arena, &f->values, word);
}

/* Distinguished names have blanks. */
static void fill_whole(struct arena *arena, struct fact *f, const char *text)
{
	f->known = true;
	words_add(arena, &f->values, text);
}

static enum fact_change compared(enum path_fact what, struct check_path *old,
    struct check_path *new, struct arena *a)
{
	const char *rule;
	enum fact_change change = fact_compare(what, old, new, a, &rule);

	assert_int_equal(*rule != '\0', change != FACT_SAME);
	return change;
}

#define CHAIN "blob.ams23prdstr01a.store.core.windows.net"

static void addresses_that_rotate_are_no_drift(void **state)
{
	(void)state;

	static const struct {
		const char *row, *old, *new, *old_chain, *new_chain;
		enum fact_change change;
	} rows[] = {
		{ "the same", "20.60.0.10", "20.60.0.10", "", "", FACT_SAME },
		{ "inside the /16", "20.60.0.10", "20.60.9.9", "", "", FACT_ROTATED },
		{ "inside the /32", "2603:1020:1::1", "2603:1020:2::2", "", "",
		    FACT_ROTATED },
		{ "behind the same chain", "20.60.0.10", "52.1.2.3", CHAIN,
		    "blob.fra20prdstr07a.store.core.windows.net", FACT_ROTATED },
		{ "behind another chain", "20.60.0.10", "52.1.2.3", CHAIN,
		    "e1.akamai.net", FACT_DRIFTED },
		{ "without a chain", "20.60.0.10", "52.1.2.3", "", "", FACT_DRIFTED },
		{ "one of them elsewhere", "20.60.0.10", "20.60.0.10 52.1.2.3", "", "",
		    FACT_DRIFTED },
		{ "public for private", "10.1.0.5", "20.60.0.10", CHAIN, CHAIN,
		    FACT_DRIFTED },
		{ "private for public", "20.60.0.10", "10.1.0.5", CHAIN, CHAIN,
		    FACT_DRIFTED },
		{ "public beside private", "10.1.0.5", "10.1.0.5 20.60.0.10", "", "",
		    FACT_DRIFTED },
		{ "another private one", "10.1.0.5", "10.1.0.6", CHAIN, CHAIN,
		    FACT_DRIFTED },
		{ "one private one less", "10.1.0.5 10.1.0.6", "10.1.0.5", "", "",
		    FACT_DRIFTED },
		{ "one public one less", "20.60.0.10 20.60.0.11", "20.60.0.10", "", "",
		    FACT_ROTATED },
		{ "IPv6 not answered this time", "10.1.0.5 fd00::5", "10.1.0.5", "", "",
		    FACT_ROTATED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena arena;
		struct check_path old = { .id = "a" }, new = { .id = "a" };
		arena_init(&arena, 1 << 20);
		fill(&arena, &old.facts[FACT_ADDRESSES], rows[i].old);
		fill(&arena, &new.facts[FACT_ADDRESSES], rows[i].new);
		fill(&arena, &old.facts[FACT_ALIASES], rows[i].old_chain);
		fill(&arena, &new.facts[FACT_ALIASES], rows[i].new_chain);
		if (compared(FACT_ADDRESSES, &old, &new, &arena) != rows[i].change)
			fail_msg("%s", rows[i].row);
		arena_deinit(&arena);
	}
}

static void aliases_are_compared_by_their_domains(void **state)
{
	(void)state;

	static const struct {
		const char *row, *old, *new;
		enum fact_change change;
	} rows[] = {
		{ "the same", CHAIN, CHAIN, FACT_SAME },
		{ "another stamp", CHAIN, "blob.ams07prdstr02a.store.core.windows.net",
		    FACT_ROTATED },
		{ "more steps in one domain", "a.azurefd.net b.t-msedge.net",
		    "a.azurefd.net c.azurefd.net d.t-msedge.net", FACT_ROTATED },
		{ "a private link appears", CHAIN,
		    "x.privatelink.blob.core.windows.net", FACT_DRIFTED },
		{ "a private link is gone", "x.privatelink.blob.core.windows.net",
		    CHAIN, FACT_DRIFTED },
		{ "the chain is gone", CHAIN, "", FACT_DRIFTED },
		{ "another operator", "a.azurefd.net", "a.akamai.net", FACT_DRIFTED },
		{ "one domain more", "a.azurefd.net", "a.azurefd.net b.akamai.net",
		    FACT_DRIFTED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena arena;
		struct check_path old = { .id = "a" }, new = { .id = "a" };
		arena_init(&arena, 1 << 20);
		fill(&arena, &old.facts[FACT_ALIASES], rows[i].old);
		fill(&arena, &new.facts[FACT_ALIASES], rows[i].new);
		if (compared(FACT_ALIASES, &old, &new, &arena) != rows[i].change)
			fail_msg("%s", rows[i].row);
		arena_deinit(&arena);
	}
}

static void every_other_fact_has_its_rule(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		enum path_fact what;
		const char *old, *new;
		enum fact_change change;
	} rows[] = {
		{ "issuer renewed by a sibling", FACT_ISSUER,
		    "CN=Issuing CA 04,O=Microsoft Corporation,C=US",
		    "CN=Issuing CA 08,O=Microsoft Corporation,C=US", FACT_ROTATED },
		{ "issuer of somebody else", FACT_ISSUER,
		    "CN=Issuing CA 04,O=Microsoft Corporation,C=US",
		    "CN=Inspection,O=Contoso,C=US", FACT_DRIFTED },
		{ "organisation inside another attribute", FACT_ISSUER,
		    "CN=x\\,O=Contoso,O=Microsoft", "CN=x,O=Contoso", FACT_DRIFTED },
		{ "beginning of the organisation", FACT_ISSUER, "CN=x,O=Microsoft",
		    "CN=y,O=Micro", FACT_DRIFTED },
		{ "issuer without organisation", FACT_ISSUER, "CN=a", "CN=b",
		    FACT_DRIFTED },
		{ "newer TLS", FACT_TLS_VERSION, "TLSv1.2", "TLSv1.3", FACT_ROTATED },
		{ "older TLS", FACT_TLS_VERSION, "TLSv1.3", "TLSv1.2", FACT_DRIFTED },
		{ "proxy appears", FACT_PROXY, "none", "http://p:3128", FACT_DRIFTED },
		{ "proxy is gone", FACT_PROXY, "http://p:3128", "none", FACT_DRIFTED },
		{ "another egress", FACT_EGRESS, "20.1.1.1", "20.1.1.2", FACT_DRIFTED },
		{ "attribute appears", FACT_ATTRIBUTES, "x", "y", FACT_DRIFTED },
		{ "renewed certificate", FACT_EXPIRY, "2026-01-01T00:00:00Z",
		    "2027-01-01T00:00:00Z", FACT_ROTATED },
		{ "another of its addresses", FACT_PEER, "20.1.1.1", "20.1.1.2",
		    FACT_ROTATED },
		{ "our own address", FACT_SOURCE, "10.1.1.1", "10.1.1.2",
		    FACT_ROTATED },
		{ "hops", FACT_HOPS, "12", "3", FACT_DRIFTED },
		{ "the same hops", FACT_HOPS, "12", "12", FACT_SAME },
		{ "TTL", FACT_REPLY_TTL, "52", "63", FACT_DRIFTED },
		{ "MSS", FACT_MSS, "1448", "1398", FACT_DRIFTED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena arena;
		struct check_path old = { .id = "a" }, new = { .id = "a" };
		arena_init(&arena, 1 << 20);
		fill_whole(&arena, &old.facts[rows[i].what], rows[i].old);
		fill_whole(&arena, &new.facts[rows[i].what], rows[i].new);
		if (compared(rows[i].what, &old, &new, &arena) != rows[i].change)
			fail_msg("%s", rows[i].row);
		arena_deinit(&arena);
	}
}

static void the_path_of_another_peer_is_no_drift(void **state)
{
	(void)state;

	static const enum path_fact path[] = { FACT_MSS, FACT_HOPS, FACT_REPLY_TTL };

	for (size_t i = 0; i < COUNT(path); i++) {
		struct arena arena;
		struct check_path old = { .id = "a" }, new = { .id = "a" };
		arena_init(&arena, 1 << 20);
		fill(&arena, &old.facts[path[i]], "60");
		fill(&arena, &new.facts[path[i]], "52");
		fill(&arena, &old.facts[FACT_PEER], "20.1.1.1");
		assert_int_equal(compared(path[i], &old, &new, &arena), FACT_DRIFTED);
		fill(&arena, &new.facts[FACT_PEER], "20.1.1.2");
		assert_int_equal(compared(path[i], &old, &new, &arena), FACT_ROTATED);
		arena_deinit(&arena);
	}
}

static void what_is_missing_of_a_set_is_no_drift(void **state)
{
	(void)state;
	struct arena arena;
	struct check_path old = { .id = "a" }, new = { .id = "a" };

	arena_init(&arena, 1 << 20);
	fill(&arena, &old.facts[FACT_ATTRIBUTES], "private_endpoint tls_inspected");
	fill(&arena, &new.facts[FACT_ATTRIBUTES], "tls_inspected");
	assert_int_equal(compared(FACT_ATTRIBUTES, &old, &new, &arena), FACT_ROTATED);
	assert_int_equal(compared(FACT_ATTRIBUTES, &new, &old, &arena), FACT_DRIFTED);
	fill(&arena, &old.facts[FACT_EGRESS], "20.1.1.1 20.1.1.2");
	fill(&arena, &new.facts[FACT_EGRESS], "20.1.1.2");
	assert_int_equal(compared(FACT_EGRESS, &old, &new, &arena), FACT_ROTATED);
	arena_deinit(&arena);
}

/* --- Times ------------------------------------------------------------------------ */

static void times_shift_only_when_chance_does_not_do_it(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		size_t n, n_slower, n_faster;
		bool shifted;
	} rows[] = {
		{ "too few", 7, 7, 0, false },
		{ "eight of eight may be chance once in 128", 8, 8, 0, false },
		{ "eleven of eleven are not", 11, 11, 0, true },
		{ "eleven faster ones neither", 11, 0, 11, true },
		{ "20 of 24", 24, 20, 4, false },
		{ "22 of 24", 24, 22, 2, true },
		{ "half", 100, 50, 50, false },
		{ "nothing moved", 100, 0, 0, false },
		{ "most tied", 100, 11, 0, true },
		{ "a thousand of which 560", 1000, 560, 440, true },
		{ "a thousand of which 530", 1000, 530, 470, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct time_pair pairs[1000];
		struct time_shift s;
		for (size_t k = 0; k < rows[i].n; k++) {
			double by = k < rows[i].n_slower ? 1 : -1;
			bool tied = k >= rows[i].n_slower + rows[i].n_faster;
			pairs[k] = (struct time_pair){ 10, tied ? 10 : 10 + by };
		}
		if (compare_times(pairs, rows[i].n, &s) != rows[i].shifted)
			fail_msg("%s: p = %g", rows[i].row, s.p);
		assert_true(s.p >= 0 && s.p <= 1);
	}
}

static void medians_are_of_each_run(void **state)
{
	(void)state;
	struct time_pair pairs[11];
	struct time_shift s;

	for (size_t i = 0; i < COUNT(pairs); i++)
		pairs[i] = (struct time_pair){ (double)i, 100 + (double)i };
	assert_true(compare_times(pairs, COUNT(pairs), &s));
	assert_true(s.before == 5 && s.after == 105);
	assert_int_equal(s.n_slower, 11);
	/* 2 / 2^11 */
	assert_true(s.p > 0.00097 && s.p < 0.00098);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_that_rotate_are_no_drift),
		cmocka_unit_test(aliases_are_compared_by_their_domains),
		cmocka_unit_test(every_other_fact_has_its_rule),
		cmocka_unit_test(the_path_of_another_peer_is_no_drift),
		cmocka_unit_test(what_is_missing_of_a_set_is_no_drift),
		cmocka_unit_test(times_shift_only_when_chance_does_not_do_it),
		cmocka_unit_test(medians_are_of_each_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
