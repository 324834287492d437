/* SPDX-License-Identifier: MIT */
#include "probe/base/arena.h"
#include "probe/model/obs_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The "observations" of a saved report, which may come from anybody. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct target targets[] = { { .id = "storage.blob" },
		{ .id = "keyvault" } };
	static const struct plan plan = { .targets = targets, .n_targets = 2 };
	json_t *json = json_loadb((const char *)data, size, 0, NULL);
	if (json) {
		struct arena arena;
		struct obslog log;
		char err[256];
		arena_init(&arena, 64 << 20);
		obslog_init(&log, &arena, plan.n_targets);
		if (obs_from_json(json, &plan, &log, err, sizeof err) == 0)
			for (size_t i = 0; i < log.n_items; i++)
				json_decref(obs_to_json(log.items[i], &plan));
		arena_deinit(&arena);
	}
	json_decref(json);
	return 0;
}
