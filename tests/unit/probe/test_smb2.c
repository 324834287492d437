/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "probe/base/wire.h"
#include "probe/codec/smb2.h"

enum {
	REPLY_SIZE = 4 + 64 + 65,
};

/* A reply of 3.1.1 without security blob. */
static void make_reply(uint8_t r[REPLY_SIZE])
{
	memset(r, 0, REPLY_SIZE);
	r[3] = REPLY_SIZE - 4;
	memcpy(r + 4, "\xfeSMB", 4);
	r[4 + 4] = 64;
	r[4 + 16] = 1; /* a response */
	r[4 + 64] = 65;
	r[4 + 64 + 2] = 1; /* signing enabled */
	r[4 + 64 + 4] = 0x11;
	r[4 + 64 + 5] = 0x03;
}

static struct smb2_reply parse_copy(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len + 1);
	assert_non_null(copy);
	memcpy(copy + 1, bytes, len);
	struct smb2_reply r = smb2_parse_reply(copy + 1, len);
	free(copy);
	return r;
}

static void the_request_is_well_formed(void **state)
{
	uint8_t buf[SMB2_REQUEST_SIZE], unique[32];
	(void)state;

	memset(unique, 0xab, sizeof unique);
	smb2_build_negotiate(buf, unique);
	struct wire w = wire_init(buf, sizeof buf);
	assert_int_equal(wire_be32(&w), SMB2_REQUEST_SIZE - 4);
	assert_memory_equal(wire_take(&w, 4), "\xfeSMB", 4);
	assert_int_equal(wire_le16(&w), 64);
	wire_take(&w, 58);
	assert_int_equal(wire_le16(&w), 36);
	assert_int_equal(wire_le16(&w), 5); /* dialects */
	wire_take(&w, 2 + 2 + 4);
	assert_memory_equal(wire_take(&w, 16), unique, 16);
	uint32_t contexts = wire_le32(&w);
	assert_int_equal(contexts % 8, 0);
	assert_int_equal(wire_le16(&w), 1);
	wire_le16(&w);
	for (int i = 0; i < 5; i++)
		assert_non_null(smb2_dialect_name(wire_le16(&w)));
	wire_take(&w, contexts + 4 - w.pos);
	assert_int_equal(wire_le16(&w), 1); /* preauthentication integrity */
	assert_int_equal(wire_le16(&w), sizeof buf - 4 - contexts - 8);
	wire_take(&w, 4 + 2 + 2 + 2 + 32);
	assert_false(w.failed);
	assert_int_equal(w.pos, sizeof buf);
}

static void replies(void **state)
{
	static const struct {
		const char *name;

		struct {
			size_t at;
			uint8_t value;
		} changes[4]; /* up to the first at = 0 */

		size_t len;
		enum smb2_reply_kind kind;
		uint16_t dialect;
		uint32_t status;
	} rows[] = {
		{ "3.1.1", { { 0, 0 } }, REPLY_SIZE, SMB2_NEGOTIATED, 0x0311, 0 },
		{ "2.1", { { 72, 0x10 }, { 73, 2 } }, REPLY_SIZE, SMB2_NEGOTIATED,
		    0x0210, 0 },
		{ "its first bytes are enough", { { 0, 0 } }, SMB2_REPLY_MAX,
		    SMB2_NEGOTIATED, 0x0311, 0 },
		{ "one byte less is not", { { 0, 0 } }, SMB2_REPLY_MAX - 3,
		    SMB2_NOT_SMB, 0, 0 },
		{ "access denied", { { 12, 0x22 }, { 15, 0xc0 } }, 4 + 64 + 9,
		    SMB2_REFUSED, 0, 0xc0000022 },
		{ "no dialect of that number", { { 72, 0xff }, { 73, 2 } }, REPLY_SIZE,
		    SMB2_NOT_SMB, 0, 0 },
		{ "another command", { { 16, 1 } }, REPLY_SIZE, SMB2_NOT_SMB, 0, 0 },
		{ "our request echoed", { { 20, 0xf0 } }, REPLY_SIZE, SMB2_NOT_SMB, 0,
		    0 },
		{ "wrong header size", { { 8, 32 } }, REPLY_SIZE, SMB2_NOT_SMB, 0, 0 },
		{ "wrong body size", { { 68, 36 } }, REPLY_SIZE, SMB2_NOT_SMB, 0, 0 },
		{ "wrong protocol", { { 4, 'X' } }, REPLY_SIZE, SMB2_NOT_SMB, 0, 0 },
		{ "SMB1 refusal",
		    { { 4, 0xff }, { 8, 0x72 }, { 9, 0x22 }, { 12, 0xc0 } }, 4 + 35,
		    SMB2_ONLY_SMB1, 0, 0xc0000022 },
		{ "SMB1 of another command", { { 4, 0xff }, { 8, 0x73 } }, 4 + 35,
		    SMB2_NOT_SMB, 0, 0 },
		{ "SMB1 cut", { { 4, 0xff }, { 8, 0x72 } }, 4 + 20, SMB2_NOT_SMB, 0,
		    0 },
		{ "message shorter than its header", { { 3, 20 } }, REPLY_SIZE,
		    SMB2_NOT_SMB, 0, 0 },
		{ "NetBIOS refusal", { { 3, 1 } }, 5, SMB2_NOT_SMB, 0, 0 },
	};

	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t bytes[REPLY_SIZE];
		make_reply(bytes);
		for (size_t k = 0; k < 4 && rows[i].changes[k].at; k++)
			bytes[rows[i].changes[k].at] = rows[i].changes[k].value;
		struct smb2_reply r = parse_copy(bytes, rows[i].len);
		if (r.kind != rows[i].kind || r.dialect != rows[i].dialect ||
		    r.status != rows[i].status)
			fail_msg("row \"%s\": kind %d dialect %x status %x",
			    rows[i].name, (int)r.kind, r.dialect, r.status);
	}
}

static void every_cut_of_a_reply_is_safe(void **state)
{
	uint8_t bytes[REPLY_SIZE];
	(void)state;

	make_reply(bytes);
	for (size_t len = 0; len <= sizeof bytes; len++) {
		bool whole = len >= 4 + 64 + 6;
		struct smb2_reply r = parse_copy(bytes, len);
		if ((r.kind == SMB2_NEGOTIATED) != whole)
			fail_msg("%zu bytes", len);
	}
}

static void need_asks_for_no_more_than_decides(void **state)
{
	static const uint8_t small[] = { 0, 0, 0, 10 }, large[] = { 0, 1, 0, 0 },
			     http[] = { 'H', 'T', 'T', 'P' };
	(void)state;

	assert_int_equal(smb2_need(small, 0), 4);
	assert_int_equal(smb2_need(small, 3), 4);
	assert_int_equal(smb2_need(small, 4), 14);
	assert_int_equal(smb2_need(large, 4), SMB2_REPLY_MAX);
	assert_int_equal(smb2_need(http, 4), 4); /* decided: not SMB */
}

static void dialects_have_names(void **state)
{
	(void)state;
	assert_string_equal(smb2_dialect_name(0x0311), "SMB 3.1.1");
	assert_null(smb2_dialect_name(0x02ff));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_request_is_well_formed),
		cmocka_unit_test(replies),
		cmocka_unit_test(every_cut_of_a_reply_is_safe),
		cmocka_unit_test(need_asks_for_no_more_than_decides),
		cmocka_unit_test(dialects_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
