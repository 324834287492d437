/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>

#include "checks/judge/cause.h"
#include "checks/judge/verdict.h"
#include "probe/base/text.h"

static void every_cause_can_be_found_and_explained(void **state)
{
	(void)state;
	size_t n;
	const struct cause *all = cause_table(&n);

	assert_true(n > 40);
	for (size_t i = 0; i < n; i++) {
		if (cause_find(all[i].name) != &all[i])
			fail_msg("%s stands twice", all[i].name);
		assert_true(strlen(all[i].sentence) > 0);
		assert_non_null(all[i].remedies[0]);
		if (!text_starts_nocase(all[i].link, "https://learn.microsoft.com/"))
			fail_msg("%s links to %s", all[i].name, all[i].link);
		assert_true(all[i].rank > 0);
	}
	assert_null(cause_find("no_such_cause"));
}

static bool known_placeholder(const char *p)
{
	static const char *const known[] = { "{host}", "{port}", "{service_tag}",
		"{zone}", "{resolver}", "{address}" };

	for (size_t i = 0; i < COUNT(known); i++)
		if (strncmp(p, known[i], strlen(known[i])) == 0)
			return true;
	return false;
}

static void remedies_use_known_placeholders_only(void **state)
{
	(void)state;
	size_t n;
	const struct cause *all = cause_table(&n);

	for (size_t i = 0; i < n; i++)
		for (const char *const *r = all[i].remedies; *r; r++)
			for (const char *p = *r; (p = strchr(p, '{')); p++)
				if (!known_placeholder(p))
					fail_msg("%s: %s", all[i].name, p);
}

static void root_causes_rank_before_what_they_explain(void **state)
{
	(void)state;

	static const char *const pairs[][2] = {
		{ "local_no_route", "dns_server_unreachable" },
		{ "dns_server_unreachable", "silent_drop" },
		{ "private_zone_unlinked", "service_denied" },
		{ "tls_intercepted", "tls_untrusted" },
		{ "clock_skew", "tls_expired" },
		{ "silent_drop", "not_finished" },
	};

	for (size_t i = 0; i < COUNT(pairs); i++)
		assert_true(
		    cause_find(pairs[i][0])->rank < cause_find(pairs[i][1])->rank);
}

static void words_are_those_of_the_contract(void **state)
{
	(void)state;

	assert_string_equal(status_name(STATUS_INCONCLUSIVE), "inconclusive");
	assert_string_equal(status_name(STATUS_SKIPPED), "skipped");
	assert_string_equal(confidence_name(CONFIDENCE_CANNOT_TELL), "cannot_tell");
	assert_string_equal(evidence_role_name(EVIDENCE_CONTRADICTS), "contradicts");

	static const struct {
		enum attribute bit;
		const char *name;
	} rows[] = {
		{ ATTR_TRANSPARENT_TCP_PROXY, "transparent_tcp_proxy" },
		{ ATTR_SYN_PROXY, "syn_proxy" },
		{ ATTR_FORCED_TUNNEL, "forced_tunnel" },
		{ ATTR_ASYMMETRIC_PATH, "asymmetric_path" },
		{ ATTR_MSS_CLAMPED, "mss_clamped" },
		{ ATTR_PMTU_REDUCED, "pmtu_reduced" },
		{ ATTR_EXPLICIT_PROXY, "explicit_proxy" },
		{ ATTR_TLS_INSPECTED, "tls_inspected" },
		{ ATTR_PRIVATE_ENDPOINT, "private_endpoint" },
		{ ATTR_SERVICE_ENDPOINT, "service_endpoint" },
		{ ATTR_TAMPERING_SEEN, "tampering_seen" },
	};

	assert_int_equal(COUNT(rows), N_ATTRIBUTES);
	for (unsigned i = 0; i < N_ATTRIBUTES; i++) {
		assert_int_equal(rows[i].bit, 1U << i);
		assert_string_equal(attribute_name(i), rows[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cause_can_be_found_and_explained),
		cmocka_unit_test(remedies_use_known_placeholders_only),
		cmocka_unit_test(root_causes_rank_before_what_they_explain),
		cmocka_unit_test(words_are_those_of_the_contract),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
