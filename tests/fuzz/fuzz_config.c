/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/input/yaml_tree.h"
#include "cli/config.h"
#include "cli/options.h"
#include "probe/base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * A configuration file from a stranger: it is refused with one printable line, or
 * every setting it made can be used.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct input_error error = { .text = "" };
	struct givens givens = { .items = NULL };
	const struct yaml_node *root;
	struct options o;
	arena_init(&arena, (size_t)256 << 20);
	options_init(&o);
	int r = yaml_parse("f", (const char *)data, size, &arena, &root, &error);
	if (r == 0)
		r = config_from_tree("f", root, &arena, &givens, &error);
	if (r == 0)
		r = options_apply(&o, &givens, SOURCE_FILE, &arena, &error);
	if (r == 0)
		r = options_check(&o, &arena, &error);
	if (r < 0 && (error.text[0] == '\0' || strpbrk(error.text, "\n\r\033")))
		abort();
	for (size_t i = 0; r == 0 && i < o.settings.storage.n_items; i++)
		if (!valid_storage_account(o.settings.storage.items[i]))
			abort();
	arena_deinit(&arena);
	return 0;
}
