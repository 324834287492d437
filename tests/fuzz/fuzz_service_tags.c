/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/plan/service_tags.h"
#include "probe/base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every address that a tag begins with is found in it. */
static void look_up(const struct service_tags *t)
{
	for (size_t i = 0; i < t->n_tags && i < 16; i++) {
		const char *names[4];
		bool wanted;
		if (t->tags[i].n_prefixes == 0)
			continue;
		size_t n = service_tags_find(t, &t->tags[i].prefixes[0].base,
		    t->tags[i].name, names, 4, &wanted);
		assert(n >= 1 && n <= 4 && wanted);
		assert(service_tag_is(names[0], t->tags[i].name));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct service_tags tags;
	struct input_error e = { "" };
	json_t *json =
	    json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	if (!json)
		return 0;
	arena_init(&arena, (size_t)1 << 30);
	if (service_tags_from_json(json, "f.json", &arena, &tags, &e) == 0)
		look_up(&tags);
	else
		assert(strncmp(e.text, "f.json: ", 8) == 0 && !strchr(e.text, '\n'));
	json_decref(json);
	arena_deinit(&arena);
	return 0;
}
