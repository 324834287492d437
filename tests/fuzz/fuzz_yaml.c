/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/input/yaml_tree.h"
#include "probe/base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every node stands somewhere, and every key is a scalar that is found again. */
static void visit(const struct yaml_node *node, unsigned depth)
{
	assert(node->line > 0 && node->column > 0 && depth <= 16);
	assert((node->scalar != NULL) == (node->kind == YAML_SCALAR));
	for (size_t i = 0; i < node->n_items; i++) {
		if (node->kind == YAML_SEQUENCE) {
			visit(node->items[i], depth + 1);
			continue;
		}
		assert(node->keys[i]->kind == YAML_SCALAR);
		assert(yaml_get(node, node->keys[i]->scalar) == node->values[i]);
		visit(node->values[i], depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct input_error e = { "" };
	const struct yaml_node *root = NULL;
	arena_init(&arena, 256 << 20);
	int r = yaml_parse("f.yaml", (const char *)data, size, &arena, &root, &e);
	if (r == 0)
		visit(root, 1);
	else
		assert(strncmp(e.text, "f.yaml:", 7) == 0 && !strchr(e.text, '\n'));
	arena_deinit(&arena);
	return 0;
}
