/* SPDX-License-Identifier: MIT */
#include <stdint.h>

#include "probe/base/arena.h"
#include "probe/codec/ssh_ident.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	const char *line;
	arena_init(&arena, 1 << 20);
	ssh_ident_find(data, size, &arena, &line);
	arena_deinit(&arena);
	return 0;
}
