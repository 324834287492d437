/* SPDX-License-Identifier: MIT */
#include "probe/codec/smb2.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "probe/base/wire.h"

enum {
	PREFIX_SIZE = 4,
	HEADER_SIZE = 64, /* [MS-SMB2] 2.2.1.2 */
	COMMAND_NEGOTIATE = 0,
	FLAG_RESPONSE = 1,
	/* SMB1: protocol, command, status ([MS-CIFS] 2.2.3.1). */
	SMB1_HEADER_SIZE = 32,
	SMB1_COMMAND_NEGOTIATE = 0x72,
	REQUEST_BODY_SIZE = 36,
	REPLY_BODY_SIZE = 65,
	SIGNING_ENABLED = 1,
	CONTEXT_PREAUTH_INTEGRITY = 1,
	HASH_SHA512 = 1,
	SALT_SIZE = 32,
	GUID_SIZE = 16,
};

static const struct {
	uint16_t number;
	const char *name;
} dialects[] = {
	{ 0x0202, "SMB 2.0.2" },
	{ 0x0210, "SMB 2.1" },
	{ 0x0300, "SMB 3.0" },
	{ 0x0302, "SMB 3.0.2" },
	{ 0x0311, "SMB 3.1.1" },
};

enum {
	N_DIALECTS = sizeof dialects / sizeof *dialects
};

const char *smb2_dialect_name(uint16_t dialect)
{
	for (size_t i = 0; i < N_DIALECTS; i++)
		if (dialects[i].number == dialect)
			return dialects[i].name;
	return NULL;
}

struct builder {
	uint8_t *bytes;
	size_t pos;
};

static void put(struct builder *b, const void *bytes, size_t n)
{
	memcpy(b->bytes + b->pos, bytes, n);
	b->pos += n;
}

static void put8(struct builder *b, unsigned value)
{
	b->bytes[b->pos++] = (uint8_t)value;
}

static void put_le16(struct builder *b, unsigned value)
{
	put8(b, value & 0xff);
	put8(b, value >> 8);
}

static void put_le32(struct builder *b, uint32_t value)
{
	put_le16(b, value & 0xffff);
	put_le16(b, value >> 16);
}

/* The buffer is zero, so reserved fields are skipped. */
static void skip_to(struct builder *b, size_t pos)
{
	b->pos = pos;
}

static void put_header(struct builder *b)
{
	put(b, "\xfeSMB", 4);
	put_le16(b, HEADER_SIZE);
	skip_to(b, PREFIX_SIZE + 12);
	put_le16(b, COMMAND_NEGOTIATE);
	put_le16(b, 1); /* credits asked for */
	skip_to(b, PREFIX_SIZE + HEADER_SIZE);
}

/* 3.1.1 is granted only when a preauthentication hash is offered (2.2.3.1.1). */
static void put_preauth_context(struct builder *b, const uint8_t salt[SALT_SIZE])
{
	put_le16(b, CONTEXT_PREAUTH_INTEGRITY);
	put_le16(b, 2 + 2 + 2 + SALT_SIZE);
	put_le32(b, 0);
	put_le16(b, 1); /* hash algorithms */
	put_le16(b, SALT_SIZE);
	put_le16(b, HASH_SHA512);
	put(b, salt, SALT_SIZE);
}

void smb2_build_negotiate(uint8_t buf[SMB2_REQUEST_SIZE], const uint8_t unique[32])
{
	/* Contexts start at a multiple of eight behind the dialects. */
	const size_t dialects_end = HEADER_SIZE + REQUEST_BODY_SIZE + 2 * N_DIALECTS;
	const size_t contexts = (dialects_end + 7) / 8 * 8;
	struct builder b = { .bytes = memset(buf, 0, SMB2_REQUEST_SIZE) };

	put8(&b, 0); /* session message */
	put8(&b, 0);
	put8(&b, (SMB2_REQUEST_SIZE - PREFIX_SIZE) >> 8);
	put8(&b, (SMB2_REQUEST_SIZE - PREFIX_SIZE) & 0xff);
	put_header(&b);
	put_le16(&b, REQUEST_BODY_SIZE);
	put_le16(&b, N_DIALECTS);
	put_le16(&b, SIGNING_ENABLED);
	put_le16(&b, 0);
	put_le32(&b, 0); /* capabilities */
	put(&b, unique, GUID_SIZE);
	put_le32(&b, (uint32_t)contexts);
	put_le16(&b, 1); /* contexts */
	put_le16(&b, 0);
	for (size_t i = 0; i < N_DIALECTS; i++)
		put_le16(&b, dialects[i].number);
	skip_to(&b, PREFIX_SIZE + contexts);
	put_preauth_context(&b, unique);
	assert(b.pos == SMB2_REQUEST_SIZE);
}

/* Length of the message behind the prefix; 0 when it is no session message. */
static size_t message_length(struct wire *w)
{
	uint8_t type = wire_u8(w);
	size_t high = wire_u8(w);
	size_t length = high << 16 | wire_be16(w);
	return w->failed || type != 0 ? 0 : length;
}

size_t smb2_need(const uint8_t *bytes, size_t len)
{
	if (len < PREFIX_SIZE)
		return PREFIX_SIZE;
	struct wire w = wire_init(bytes, len);
	size_t all = PREFIX_SIZE + message_length(&w);
	return all > SMB2_REPLY_MAX ? (size_t)SMB2_REPLY_MAX : all;
}

static struct smb2_reply parse_smb1(struct wire *w)
{
	struct smb2_reply r = { .kind = SMB2_ONLY_SMB1 };
	uint8_t command = wire_u8(w);
	r.status = wire_le32(w);
	if (command != SMB1_COMMAND_NEGOTIATE || w->failed ||
	    w->len - PREFIX_SIZE < SMB1_HEADER_SIZE)
		r = (struct smb2_reply){ .kind = SMB2_NOT_SMB };
	return r;
}

static struct smb2_reply parse_smb2(struct wire *w)
{
	struct smb2_reply r = { .kind = SMB2_NOT_SMB };
	uint16_t size = wire_le16(w);
	wire_le16(w); /* credit charge */
	uint32_t status = wire_le32(w);
	uint16_t command = wire_le16(w);
	wire_le16(w); /* credits granted */
	uint32_t flags = wire_le32(w);
	wire_take(w, HEADER_SIZE - 20);
	if (w->failed || size != HEADER_SIZE || command != COMMAND_NEGOTIATE ||
	    !(flags & FLAG_RESPONSE))
		return r;
	if (status != 0) {
		r.kind = SMB2_REFUSED;
		r.status = status;
		return r;
	}
	size = wire_le16(w);
	wire_le16(w); /* security mode */
	uint16_t dialect = wire_le16(w);
	if (!w->failed && size == REPLY_BODY_SIZE && smb2_dialect_name(dialect)) {
		r.kind = SMB2_NEGOTIATED;
		r.dialect = dialect;
	}
	return r;
}

struct smb2_reply smb2_parse_reply(const uint8_t *bytes, size_t len)
{
	struct wire w = wire_init(bytes, len);
	size_t length = message_length(&w);
	/* What follows the message on the stream is not part of it. */
	if (length < w.len - w.pos)
		w.len = w.pos + length;
	const uint8_t *protocol = wire_take(&w, 4);
	if (protocol && memcmp(protocol, "\xfeSMB", 4) == 0)
		return parse_smb2(&w);
	if (protocol && memcmp(protocol, "\xffSMB", 4) == 0)
		return parse_smb1(&w);
	return (struct smb2_reply){ .kind = SMB2_NOT_SMB };
}
