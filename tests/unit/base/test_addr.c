/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include "probe/model/addr.h"

static void literals_and_ports(void **state)
{
	(void)state;

	static const struct {
		const char *text;
		const char *want; /* NULL = refused */
	} rows[] = {
		{ "10.0.0.4", "10.0.0.4" },
		{ "10.0.0.4:53", "10.0.0.4:53" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "[2001:db8::1]:53", "[2001:db8::1]:53" },
		{ "[2001:db8::1]", "2001:db8::1" },
		{ "[10.0.0.4]:53", NULL },
		{ "10.0.0.4:", NULL },
		{ "10.0.0.4:70000", NULL },
		{ "10.0.0", NULL },
		{ "name", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct addr a;
		char text[ADDR_TEXT_MAX];
		bool ok = addr_parse_port(rows[i].text, &a);
		if (ok != (rows[i].want != NULL))
			fail_msg("row \"%s\"", rows[i].text);
		if (ok)
			assert_string_equal(addr_format_port(&a, text), rows[i].want);
	}
}

static void prefixes_contain_their_addresses(void **state)
{
	(void)state;

	static const struct {
		const char *cidr, *address;
		bool inside;
	} rows[] = {
		{ "10.1.0.0/16", "10.1.255.255", true },
		{ "10.1.0.0/16", "10.2.0.0", false },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "10.0.0.4", "10.0.0.4", true },
		{ "fd00:1::/32", "fd00:1:2::3", true },
		{ "10.0.0.0/23", "10.0.1.200", true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cidr c;
		struct addr a;
		assert_true(cidr_parse(rows[i].cidr, &c));
		assert_true(addr_parse(rows[i].address, &a));
		if (cidr_contains(&c, &a) != rows[i].inside)
			fail_msg("%s in %s", rows[i].address, rows[i].cidr);
	}
	struct cidr c;
	assert_false(cidr_parse("10.0.0.4/8", &c)); /* host bits set */
	assert_false(cidr_parse("10.0.0.0/33", &c));
	assert_false(cidr_parse("10.0.0.0/", &c));
	assert_false(cidr_parse("ten/8", &c));
}

static void private_ranges(void **state)
{
	(void)state;

	static const struct {
		const char *address;
		bool is_private;
	} rows[] = {
		{ "10.0.0.1", true },
		{ "172.31.255.255", true },
		{ "172.32.0.0", false },
		{ "100.64.0.1", true },
		{ "168.63.129.16", false },
		{ "169.254.169.254", true },
		{ "20.60.0.10", false },
		{ "fd12::1", true },
		{ "2603:1030::1", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct addr a;
		assert_true(addr_parse(rows[i].address, &a));
		if (addr_is_private(&a) != rows[i].is_private)
			fail_msg("%s", rows[i].address);
	}
}

static void only_this_machine_is_loopback(void **state)
{
	(void)state;

	static const struct {
		const char *address;
		bool is_loopback;
	} rows[] = {
		{ "127.0.0.1", true },
		{ "127.9.0.1", true },
		{ "::1", true },
		{ "10.0.0.1", false },
		{ "128.0.0.1", false },
		{ "::2", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct addr a;
		assert_true(addr_parse(rows[i].address, &a));
		if (addr_is_loopback(&a) != rows[i].is_loopback)
			fail_msg("%s", rows[i].address);
	}
}

static void sockaddr_round_trip(void **state)
{
	(void)state;
	static const char *const texts[] = { "192.0.2.1:443", "[2001:db8::1]:8443" };
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct addr a, b;
		struct sockaddr_storage ss;
		char text[ADDR_TEXT_MAX];
		assert_true(addr_parse_port(texts[i], &a));
		assert_true(addr_to_sockaddr(&a, &ss) > 0);
		assert_true(addr_from_sockaddr((const struct sockaddr *)&ss, &b));
		assert_true(addr_same_ip(&a, &b));
		assert_string_equal(addr_format_port(&b, text), texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals_and_ports),
		cmocka_unit_test(prefixes_contain_their_addresses),
		cmocka_unit_test(private_ranges),
		cmocka_unit_test(only_this_machine_is_loopback),
		cmocka_unit_test(sockaddr_round_trip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
