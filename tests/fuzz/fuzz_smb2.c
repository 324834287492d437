/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/codec/smb2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As from a stream: once smb2_need() is content, more bytes change nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = 0, need;
	while ((need = smb2_need(data, len)) > len && need <= size) {
		assert(need <= SMB2_REPLY_MAX);
		len = need;
	}
	struct smb2_reply r = smb2_parse_reply(data, size);
	assert((r.kind == SMB2_NEGOTIATED) == (smb2_dialect_name(r.dialect) != NULL));
	if (need <= len)
		assert(smb2_parse_reply(data, len).kind == r.kind);
	return 0;
}
