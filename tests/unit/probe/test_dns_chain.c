/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <stdio.h>

#include "probe/model/dns_chain.h"

static struct dns_record alias(const char *name, const char *target)
{
	return (struct dns_record){
		.name = name, .type = DNS_TYPE_CNAME, .target = target
	};
}

static struct dns_record address(const char *name, const char *text)
{
	struct dns_record r = { .name = name };
	assert_true(addr_parse(text, &r.address));
	r.type = r.address.family == AF_INET ? DNS_TYPE_A : DNS_TYPE_AAAA;
	return r;
}

static void aliases_are_followed_by_name_not_by_order(void **state)
{
	(void)state;
	const struct dns_record records[] = {
		address("c.example", "10.0.0.4"),
		alias("b.example", "c.example"),
		alias("a.example", "b.example"),
		address("elsewhere.example", "10.0.0.9"),
		address("c.example", "2001:db8::4"),
		address("c.example", "10.0.0.4"),
		address("c.example", "10.0.0.5"),
	};
	struct dns_chain chain;
	struct addr found[4];
	char text[ADDR_TEXT_MAX];

	dns_chain_follow(records, COUNT(records), "A.Example", &chain);
	assert_int_equal(chain.n_names, 3);
	assert_string_equal(chain.names[0], "A.Example");
	assert_string_equal(chain.names[2], "c.example");
	assert_false(chain.looped);
	assert_false(chain.cut);
	assert_int_equal(dns_chain_addresses(records, COUNT(records), &chain,
			     DNS_TYPE_A, found, COUNT(found)),
	    2);
	assert_string_equal(addr_format(&found[0], text), "10.0.0.4");
	assert_string_equal(addr_format(&found[1], text), "10.0.0.5");
	assert_int_equal(dns_chain_addresses(records, COUNT(records), &chain,
			     DNS_TYPE_AAAA, found, COUNT(found)),
	    1);
	assert_int_equal(
	    dns_chain_addresses(records, COUNT(records), &chain, DNS_TYPE_A, found, 1),
	    1);
}

static void a_loop_of_aliases_ends(void **state)
{
	(void)state;
	const struct dns_record records[] = {
		alias("a.example", "b.example"),
		alias("b.example", "A.EXAMPLE"),
	};
	struct dns_chain chain;
	struct addr found[1];

	dns_chain_follow(records, COUNT(records), "a.example", &chain);
	assert_true(chain.looped);
	assert_int_equal(chain.n_names, 2);
	assert_int_equal(
	    dns_chain_addresses(records, COUNT(records), &chain, DNS_TYPE_A, found, 1),
	    0);
}

static void a_chain_without_end_is_cut(void **state)
{
	(void)state;
	static char names[DNS_CHAIN_MAX + 4][8];
	struct dns_record records[COUNT(names) - 1];
	struct dns_chain chain;

	for (size_t i = 0; i < COUNT(names); i++)
		snprintf(names[i], sizeof names[i], "n%zu", i);
	for (size_t i = 0; i < COUNT(records); i++)
		records[i] = alias(names[i], names[i + 1]);
	dns_chain_follow(records, COUNT(records), "n0", &chain);
	assert_true(chain.cut);
	assert_int_equal(chain.n_names, DNS_CHAIN_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aliases_are_followed_by_name_not_by_order),
		cmocka_unit_test(a_loop_of_aliases_ends),
		cmocka_unit_test(a_chain_without_end_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
