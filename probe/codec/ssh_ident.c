/* SPDX-License-Identifier: MIT */
#include "probe/codec/ssh_ident.h"

#include <stdbool.h>
#include <string.h>

#include "probe/base/text.h"

static bool could_be_ident(const char *line, size_t len)
{
	size_t n = len < 4 ? len : 4;
	return memcmp(line, "SSH-", n) == 0;
}

enum ssh_ident_result ssh_ident_find(
    const void *bytes, size_t len, struct arena *arena, const char **ret)
{
	const char *line = bytes, *end = line + len;
	for (unsigned n = 0; n <= SSH_LINES_MAX; n++) {
		size_t left = (size_t)(end - line);
		const char *newline = left ? memchr(line, '\n', left) : NULL;
		bool ident = left >= 4 && could_be_ident(line, left);
		if (!newline) {
			bool too_long =
			    ident ? left >= SSH_IDENT_MAX : len >= SSH_PREFACE_MAX;
			return too_long ? SSH_IDENT_NONE : SSH_IDENT_MORE;
		}
		size_t size = (size_t)(newline - line);
		if (ident) {
			if (size + 1 > SSH_IDENT_MAX)
				return SSH_IDENT_NONE;
			/* CR is required; servers that send LF alone exist. */
			if (line[size - 1] == '\r')
				size--;
			*ret = text_escape(arena, line, size, SSH_IDENT_MAX);
			return SSH_IDENT_FOUND;
		}
		line = newline + 1;
	}
	return SSH_IDENT_NONE;
}
