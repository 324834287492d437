/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/codec/http_field.h"
#include "probe/codec/ssh_ident.h"
#include "probe/model/obs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_field(const struct header *h)
{
	assert(*h->name && strlen(h->name) <= OBS_MAX_VALUE);
	assert(strlen(h->value) <= OBS_MAX_VALUE);
	assert(!strpbrk(h->value, "\r\n"));
	if (strcmp(h->name, "set-cookie") == 0)
		assert(!strchr(h->value, '='));
}

/* The bytes as a header, line after line, and as an SSH server's first words. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct header last = { 0 };
	const char *p = (const char *)data, *end = p + size, *ident;

	arena_init(&arena, 64 << 20);
	if (ssh_ident_find(data, size, &arena, &ident) == SSH_IDENT_FOUND)
		assert(strncmp(ident, "SSH-", 4) == 0);
	for (unsigned n = 0; p < end && n < 1000; n++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t len = newline ? (size_t)(newline + 1 - p) : (size_t)(end - p);
		struct http_line line = http_line_parse(p, len, &arena);
		if (line.kind == HTTP_LINE_STATUS)
			assert(
			    line.version && line.status >= 100 && line.status <= 999);
		if (line.kind == HTTP_LINE_FIELD)
			last = line.field;
		if (line.kind == HTTP_LINE_FOLD && last.name)
			http_field_fold(&last, p, len, &arena);
		if (last.name)
			check_field(&last);
		p += len;
	}
	arena_deinit(&arena);
	return 0;
}
