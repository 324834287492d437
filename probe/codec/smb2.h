/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CODEC_SMB2_H
#define PROBE_CODEC_SMB2_H

#include <stddef.h>
#include <stdint.h>

/*
 * The first exchange of SMB over TCP port 445: NEGOTIATE ([MS-SMB2] 2.2.3, 2.2.4)
 * behind the four-byte length prefix of direct hosting ([MS-SMB2] 2.1). It needs no
 * credentials and proves that a file server answers.
 */

enum {
	SMB2_REQUEST_SIZE = 4 + 158,
	/* A reply is decided by its first bytes; the rest is never needed. */
	SMB2_REPLY_MAX = 4 + 64 + 8,
};

enum smb2_reply_kind {
	SMB2_NEGOTIATED, /* dialect is set */
	SMB2_REFUSED,    /* SMB2 header with an error status */
	SMB2_ONLY_SMB1,  /* an SMB1 header ([MS-CIFS] 2.2.3.1); status is set */
	SMB2_NOT_SMB,    /* anything else */
};

struct smb2_reply {
	enum smb2_reply_kind kind;
	uint16_t dialect; /* 0x0202, 0x0210, 0x0300, 0x0302 or 0x0311 */
	uint32_t status;  /* NTSTATUS */
};

/**
 * Writes a request for the dialects 2.0.2 to 3.1.1. unique is random: its first 16
 * bytes become the client's GUID, all 32 the salt of the preauthentication hash.
 */
void smb2_build_negotiate(uint8_t buf[SMB2_REQUEST_SIZE], const uint8_t unique[32]);

/**
 * How many bytes have to be there in all before smb2_parse_reply() can tell more
 * than it can now; not above SMB2_REPLY_MAX. Enough when the result is <= len.
 */
size_t smb2_need(const uint8_t *bytes, size_t len);

/** Judges what came; too few bytes are SMB2_NOT_SMB. */
struct smb2_reply smb2_parse_reply(const uint8_t *bytes, size_t len);

/** "SMB 3.1.1", or NULL for a number that is no dialect. */
const char *smb2_dialect_name(uint16_t dialect);

#endif
