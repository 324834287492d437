/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/plan/catalogue_parse.h"
#include "checks/plan/check_plan.h"
#include "probe/base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *accounts[] = { "one", "two" };

static struct settings everything(enum cloud cloud)
{
	struct settings s;
	settings_init(&s);
	s.profile_given = true;
	s.cloud = cloud;
	s.region = "westeurope";
	s.workspace_id = "01234567-89ab-cdef-0123-456789abcdef";
	s.workspace_name = "a-workspace-with-a-very-long-name";
	s.storage = (struct strings){ accounts, 2, 2 };
	s.container_registry = s.key_vault = s.compute_instance = "name";
	s.cosmos_account = s.aks_fqdn = s.databricks_host = "host.test";
	s.attach_host = s.scoring_host = "10.0.0.1";
	return s;
}

/* Whatever was accepted as a catalogue can be planned, or is refused in one line. */
static void plan(const struct catalogue *catalogue, struct arena *arena)
{
	for (unsigned cloud = 0; cloud < N_CLOUDS; cloud++) {
		struct settings s = everything((enum cloud)cloud);
		struct check_plan p;
		struct input_error e = { "" };
		if (check_plan_build(&s, catalogue, arena, &p, &e) < 0) {
			assert(*e.text && !strchr(e.text, '\n'));
			continue;
		}
		for (size_t i = 0; i < p.probe.n_targets; i++) {
			const struct target *t = &p.probe.targets[i];
			assert(t->host && t->port && p.checks[i].proxy_reason);
			assert(!protocol_is_http(t->protocol) || t->request.path);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct input_error e = { "" };
	struct catalogue catalogue;
	arena_init(&arena, 1 << 30);
	int r =
	    catalogue_parse("f.yaml", (const char *)data, size, &arena, &catalogue, &e);
	if (r == 0)
		plan(&catalogue, &arena);
	else
		assert(strncmp(e.text, "f.yaml:", 7) == 0 && !strchr(e.text, '\n'));
	arena_deinit(&arena);
	return 0;
}
