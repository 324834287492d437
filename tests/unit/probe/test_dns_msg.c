/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/codec/dns_msg.h"

/* Messages are written as text: "|" stands between parts and is skipped. */
#define HEAD(flags, qd, an, ns, ar) "\x12\x34" flags qd an ns ar
#define N(n)                        "\0" n
/* a.example, type A or AAAA, class IN */
#define QUESTION_A    "\1a\7example\0\0\1\0\1"
#define QUESTION_AAAA "\1a\7example\0\0\x1c\0\1"
#define TTL_60        "\0\0\0\x3c"
#define OWN           "\xc0\x0c"
#define BYTES(text)   (const uint8_t *)(text), sizeof(text) - 1

static int make_arena(void **state)
{
	struct arena *a = malloc(sizeof *a);
	if (!a)
		return -1;
	arena_init(a, 1 << 20);
	*state = a;
	return 0;
}

static int drop_arena(void **state)
{
	arena_deinit(*state);
	free(*state);
	return 0;
}

static void a_chain_with_addresses_is_read_in_order(void **state)
{
	static const char msg[] =
	    HEAD("\x85\xa0", N("\1"), N("\3"), N("\0"), N("\1")) QUESTION_A
		/* A.EXAMPLE CNAME b.example at offset 27, b.example twice A */
		OWN
	    "\0\5\0\1" TTL_60 "\0\4\1B\xc0\x0e"
	    "\xc0\x27\0\1\0\1" TTL_60 "\0\4\x0a\0\0\4"
	    "\xc0\x27\0\1\0\1" TTL_60 "\0\4\x0a\0\0\5"
	    /* OPT, extended rcode 0, EDE 15 (blocked) behind an unknown option */
	    "\0\0\x29\4\xd0\0\0\0\0\0\x0c\0\x0a\0\2zz\0\x0f\0\2\0\x0f";
	struct obs_dns d = { .role = DNS_GIVEN };
	char text[ADDR_TEXT_MAX];

	assert_true(dns_msg_parse(BYTES(msg), "A.example.", DNS_TYPE_A, *state, &d));
	assert_int_equal(d.role, DNS_GIVEN);
	assert_int_equal(d.rcode, 0);
	assert_true(d.aa && d.ra && d.ad && d.edns);
	assert_false(d.tc);
	assert_int_equal(d.ede, 15);
	assert_int_equal(d.n_records, 3);
	assert_int_equal(d.records[0].type, DNS_TYPE_CNAME);
	assert_string_equal(d.records[0].name, "a.example");
	assert_string_equal(d.records[0].target, "b.example");
	assert_int_equal(d.records[0].ttl, 60);
	assert_string_equal(d.records[1].name, "b.example");
	assert_string_equal(addr_format(&d.records[2].address, text), "10.0.0.5");
}

static void a_denial_names_the_zone(void **state)
{
	static const char msg[] = HEAD("\x81\x83", N("\1"), N("\0"), N("\1"), N("\0"))
	    QUESTION_AAAA "\xc0\x0e\0\6\0\1" TTL_60 "\0\x1a\2ns\xc0\x0e\1h\xc0\x0e"
			  "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"
			  "";
	struct obs_dns d;

	/* RDLENGTH: ns + pointer (5), h + pointer (4), five numbers (20) = 29 */
	uint8_t bytes[sizeof msg];
	memcpy(bytes, msg, sizeof msg);
	size_t rdlength = 12 + sizeof QUESTION_AAAA - 1 + 2 + 2 + 2 + 4 + 1;
	bytes[rdlength] = 29;
	assert_true(dns_msg_parse(
	    bytes, sizeof msg - 1, "a.example", DNS_TYPE_AAAA, *state, &d));
	assert_int_equal(d.rcode, 3);
	assert_int_equal(d.ede, -1);
	assert_false(d.edns);
	assert_int_equal(d.n_records, 1);
	assert_int_equal(d.records[0].type, DNS_TYPE_SOA);
	assert_string_equal(d.records[0].name, "example");
	assert_string_equal(d.records[0].target, "ns.example");
}

static void extended_rcode_is_joined(void **state)
{
	static const char msg[] = HEAD("\x81\x80", N("\1"), N("\0"), N("\0"), N("\1"))
	    QUESTION_A "\0\0\x29\4\xd0\1\0\0\0\0\0";
	struct obs_dns d;
	assert_true(dns_msg_parse(BYTES(msg), "a.example", DNS_TYPE_A, *state, &d));
	assert_int_equal(d.rcode, 16); /* BADVERS */
}

static void names_are_printable_and_lower_case(void **state)
{
	static const char msg[] = HEAD("\x81\x80", N("\1"), N("\1"), N("\0"), N("\0"))
	    QUESTION_A OWN "\0\5\0\1" TTL_60 "\0\x0a\10X\n.\\ \xffY_\0";
	struct obs_dns d;
	assert_true(dns_msg_parse(BYTES(msg), "a.example", DNS_TYPE_A, *state, &d));
	assert_string_equal(d.records[0].target, "x\\010\\.\\\\\\032\\255y_");
}

static void truncated_answers_keep_their_whole_records(void **state)
{
	static const char msg[] = HEAD("\x83\x80", N("\1"), N("\2"), N("\0"), N("\0"))
	    QUESTION_A OWN "\0\1\0\1" TTL_60 "\0\4\x0a\0\0\4" OWN "\0\1\0";
	struct obs_dns d;
	assert_true(dns_msg_parse(BYTES(msg), "a.example", DNS_TYPE_A, *state, &d));
	assert_true(d.tc);
	assert_int_equal(d.n_records, 1);
}

static void no_more_records_than_the_bound_are_kept(void **state)
{
	enum {
		N_RECORDS = OBS_MAX_RECORDS + 30
	};

	static const char head[] =
	    HEAD("\x81\x80", N("\1"), "\0\x5e", N("\0"), N("\1")) QUESTION_A;
	static const char record[] = OWN "\0\1\0\1" TTL_60 "\0\4\x0a\0\0\4";
	static const char opt[] = "\0\0\x29\4\xd0\0\0\0\0\0\0";
	uint8_t bytes[sizeof head + N_RECORDS * sizeof record + sizeof opt];
	size_t n = 0;
	struct obs_dns d;

	assert_int_equal(N_RECORDS, 0x5e);
	memcpy(bytes, head, sizeof head - 1);
	n += sizeof head - 1;
	for (unsigned i = 0; i < N_RECORDS; i++, n += sizeof record - 1)
		memcpy(bytes + n, record, sizeof record - 1);
	memcpy(bytes + n, opt, sizeof opt - 1);
	n += sizeof opt - 1;
	assert_true(dns_msg_parse(bytes, n, "a.example", DNS_TYPE_A, *state, &d));
	assert_int_equal(d.n_records, OBS_MAX_RECORDS);
	assert_true(d.edns); /* what follows them is still read */
}

static void what_is_no_answer_to_the_question_is_refused(void **state)
{
	static const struct {
		const char *name;
		const char *bytes;
		size_t len;
		bool ok;
	} rows[] = {

#define ROW(name, msg, ok) { name, msg, sizeof(msg) - 1, ok }
		ROW("empty", "", false),
		ROW("header cut", "\x12\x34\x81\x80", false),
		ROW("a query",
		    HEAD("\1\0", N("\1"), N("\0"), N("\0"), N("\0")) QUESTION_A, false),
		ROW("the question alone",
		    HEAD("\x81\x80", N("\1"), N("\0"), N("\0"), N("\0")) QUESTION_A,
		    true),
		ROW("question in other letter case",
		    HEAD("\x81\x80", N("\1"), N("\0"), N("\0"),
			N("\0")) "\1A\7EXAMPLE\0\0\1\0\1",
		    true),
		ROW("another name",
		    HEAD("\x81\x80", N("\1"), N("\0"), N("\0"),
			N("\0")) "\1b\7example\0\0\1\0\1",
		    false),
		ROW("another type",
		    HEAD("\x81\x80", N("\1"), N("\0"), N("\0"), N("\0")) QUESTION_AAAA,
		    false),
		ROW("another class",
		    HEAD("\x81\x80", N("\1"), N("\0"), N("\0"),
			N("\0")) "\1a\7example\0\0\1\0\3",
		    false),
		ROW("two questions",
		    HEAD("\x81\x80", N("\2"), N("\0"), N("\0"), N("\0"))
			QUESTION_A QUESTION_A,
		    false),
		ROW("bare refusal (NOTIMP)",
		    HEAD("\x81\x84", N("\0"), N("\0"), N("\0"), N("\0")), true),
		ROW("bare success",
		    HEAD("\x81\x80", N("\0"), N("\0"), N("\0"), N("\0")), false),
		ROW("record missing",
		    HEAD("\x81\x80", N("\1"), N("\1"), N("\0"), N("\0")) QUESTION_A,
		    false),
		ROW("address of five bytes",
		    HEAD("\x81\x80", N("\1"), N("\1"), N("\0"), N("\0")) QUESTION_A OWN
		    "\0\1\0\1" TTL_60 "\0\5\x0a\0\0\4\0",
		    false),
		ROW("data beyond the end",
		    HEAD("\x81\x80", N("\1"), N("\1"), N("\0"), N("\0")) QUESTION_A OWN
		    "\0\1\0\1" TTL_60 "\0\x40\x0a\0\0\4",
		    false),
		ROW("alias shorter than its data",
		    HEAD("\x81\x80", N("\1"), N("\1"), N("\0"), N("\0")) QUESTION_A OWN
		    "\0\5\0\1" TTL_60 "\0\4\1b\0\0",
		    false),
		ROW("pointer to itself",
		    HEAD("\x81\x80", N("\1"), N("\1"), N("\0"), N("\0")) QUESTION_A
		    "\xc0\x1b\0\1\0\1" TTL_60 "\0\4\x0a\0\0\4",
		    false),
		ROW("pointers in a circle",
		    HEAD("\x81\x80", N("\1"), N("\1"), N("\0"), N("\0")) QUESTION_A
		    "\1x\xc0\x1b\0\1\0\1" TTL_60 "\0\4\x0a\0\0\4",
		    false),
		ROW("pointer forward",
		    HEAD("\x81\x80", N("\1"), N("\1"), N("\0"), N("\0")) QUESTION_A
		    "\xc0\x20\0\1\0\1" TTL_60 "\0\4\x0a\0\0\4",
		    false),
		ROW("reserved label type",
		    HEAD("\x81\x80", N("\1"), N("\1"), N("\0"), N("\0")) QUESTION_A
		    "\x80"
		    "x\0\0\1\0\1" TTL_60 "\0\4\x0a\0\0\4",
		    false),
		ROW("two OPT records",
		    HEAD("\x81\x80", N("\1"), N("\0"), N("\0"), N("\2")) QUESTION_A
		    "\0\0\x29\4\xd0\0\0\0\0\0\0"
		    "\0\0\x29\4\xd0\0\0\0\0\0\0",
		    false),
		ROW("option longer than its record",
		    HEAD("\x81\x80", N("\1"), N("\0"), N("\0"), N("\1")) QUESTION_A
		    "\0\0\x29\4\xd0\0\0\0\0\0\4\0\x0f\0\2\0\x0f",
		    false),
		ROW("record of class CH is skipped",
		    HEAD("\x81\x80", N("\1"), N("\1"), N("\0"), N("\0")) QUESTION_A OWN
		    "\0\1\0\3" TTL_60 "\0\1z",
		    true),
#undef ROW
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct obs_dns d = { .ede = 77 };
		/* On the heap and of this size, so that a sanitizer sees overreads. */
		uint8_t *copy = malloc(rows[i].len + 1);
		assert_non_null(copy);
		memcpy(copy + 1, rows[i].bytes, rows[i].len);
		bool ok = dns_msg_parse(
		    copy + 1, rows[i].len, "a.example", DNS_TYPE_A, *state, &d);
		free(copy);
		if (ok != rows[i].ok)
			fail_msg("row \"%s\"", rows[i].name);
		if (!ok && d.ede != 77)
			fail_msg("row \"%s\" changed the result", rows[i].name);
	}
}

static void every_cut_of_a_message_is_refused(void **state)
{
	static const char msg[] = HEAD("\x81\x80", N("\1"), N("\2"), N("\0"), N("\1"))
	    QUESTION_A OWN "\0\5\0\1" TTL_60 "\0\4\1b\xc0\x0e"
			   "\xc0\x27\0\1\0\1" TTL_60 "\0\4\x0a\0\0\4"
			   "\0\0\x29\4\xd0\0\0\0\0\0\6\0\x0f\0\2\0\x0f";
	struct obs_dns d;
	for (size_t len = 0; len < sizeof msg - 1; len++) {
		uint8_t *cut = malloc(len + 1);
		assert_non_null(cut);
		memcpy(cut + 1, msg, len);
		bool ok =
		    dns_msg_parse(cut + 1, len, "a.example", DNS_TYPE_A, *state, &d);
		free(cut);
		if (ok)
			fail_msg("%zu bytes", len);
	}
	assert_true(dns_msg_parse(BYTES(msg), "a.example", DNS_TYPE_A, *state, &d));
}

static const struct dns_form plain_form = { .type = DNS_TYPE_A };
static const struct dns_form edns_form = { .type = DNS_TYPE_A,
	.edns_size = DNS_EDNS_UDP_SIZE };

static void a_query_is_what_the_rfc_shows(void **state)
{
	static const char plain[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0" QUESTION_A;
	static const char edns[] =
	    "\x12\x34\1\0\0\1\0\0\0\0\0\1" QUESTION_A "\0\0\x29\4\xd0\0\0\0\0\0\0";
	uint8_t buf[DNS_QUERY_MAX];
	(void)state;

	assert_int_equal(
	    dns_query_build(buf, 0x1234, "a.example", &plain_form), sizeof plain - 1);
	assert_memory_equal(buf, plain, sizeof plain - 1);
	assert_int_equal(
	    dns_query_build(buf, 0x1234, "a.example.", &edns_form), sizeof edns - 1);
	assert_memory_equal(buf, edns, sizeof edns - 1);
	const struct dns_form cd = { .type = DNS_TYPE_A, .cd = true };
	assert_int_equal(
	    dns_query_build(buf, 0x1234, "a.example", &cd), sizeof plain - 1);
	assert_int_equal(buf[2] << 8 | buf[3], 0x0110);
	dns_query_build(buf, 0x1234, "a.example", &edns_form);
	assert_int_equal(dns_msg_id(buf, sizeof edns - 1), 0x1234);
	assert_false(dns_msg_is_response(buf, sizeof edns - 1));
	buf[2] |= 0x80;
	assert_true(dns_msg_is_response(buf, sizeof edns - 1));
}

static void names_that_cannot_be_encoded_are_refused(void **state)
{
	char label64[] = "a23456789012345678901234567890123456789012345678901234567890"
			 "1234.example";
	char longest[256], too_long[257];
	uint8_t buf[DNS_QUERY_MAX];
	(void)state;

	/* 127 labels of one byte make 255 bytes with the root. */
	for (size_t i = 0; i < 254; i++)
		longest[i] = i % 2 ? '.' : 'a';
	longest[253] = '\0';
	memcpy(too_long, "aa", 2);
	memcpy(too_long + 2, longest + 1, 253);
	assert_int_not_equal(dns_query_build(buf, 1, longest, &edns_form), 0);
	assert_int_equal(dns_query_build(buf, 1, too_long, &edns_form), 0);
	assert_int_equal(dns_query_build(buf, 1, label64, &edns_form), 0);
	assert_int_equal(dns_query_build(buf, 1, "a..b", &edns_form), 0);
	assert_int_equal(dns_query_build(buf, 1, ".a", &edns_form), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_with_addresses_is_read_in_order),
		cmocka_unit_test(a_denial_names_the_zone),
		cmocka_unit_test(extended_rcode_is_joined),
		cmocka_unit_test(names_are_printable_and_lower_case),
		cmocka_unit_test(truncated_answers_keep_their_whole_records),
		cmocka_unit_test(no_more_records_than_the_bound_are_kept),
		cmocka_unit_test(what_is_no_answer_to_the_question_is_refused),
		cmocka_unit_test(every_cut_of_a_message_is_refused),
		cmocka_unit_test(a_query_is_what_the_rfc_shows),
		cmocka_unit_test(names_that_cannot_be_encoded_are_refused),
	};
	return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
