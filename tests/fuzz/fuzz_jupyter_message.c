/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/jupyter/message.h"
#include "probe/model/obs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same bytes as everything that a Jupyter server may say. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data, *text;
	struct arena arena;

	arena_init(&arena, 64 << 20);
	enum kernel_message kind = kernel_message_read(bytes, size, "m", &arena, &text);
	assert((kind == KERNEL_OTHER) == !text);
	assert(!text || strlen(text) <= OBS_MAX_VALUE);
	terminal_message_read(bytes, size, &arena);
	const char *name = jupyter_name_read(bytes, size, "id", &arena);
	assert(!name || (*name && !strpbrk(name, "/?#\r\n ")));
	arena_deinit(&arena);
	return 0;
}
