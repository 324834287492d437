/* SPDX-License-Identifier: MIT */
#include "tests/unit/watch/past_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checks/judge/finding.h"

void past_run_init(struct past_run *r, size_t n)
{
	static const char *const ids[PAST_CHECKS_MAX] = { "check.0", "check.1",
		"check.2", "check.3" };
	*r = (struct past_run){ .facts.n_checks = n };
	r->facts.checks = r->checks;
	for (size_t i = 0; i < n; i++) {
		struct seen_check *c = &r->checks[i];
		*c = (struct seen_check){ .path.id = ids[i], .summary = "" };
		for (int p = 0; p < N_PHASES; p++)
			c->phases[p] = (p + 1) * NSEC_PER_MSEC;
	}
}

void past_run_state(struct past_run *r, size_t check, const char *cause)
{
	r->checks[check].status = cause ? STATUS_FAIL : STATUS_PASS;
	r->checks[check].cause = cause;
}

void past_run_fact(struct past_run *r, size_t check, enum path_fact fact,
    const char *value, struct arena *arena)
{
	struct fact *f = &r->checks[check].path.facts[fact];
	*f = (struct fact){ .known = true };
	words_add(arena, &f->values, value);
}

struct history_run past_run_kept(const struct past_run *r, int64_t at)
{
	return (struct history_run){ .at = at,
		.duration = NSEC_PER_SEC,
		.diagnosed = true,
		.facts = &r->facts };
}

void past_directory(char path[64])
{
	bool in_memory = access("/dev/shm", W_OK) == 0;
	snprintf(path, 64, "%s/vp-history-XXXXXX", in_memory ? "/dev/shm" : "/tmp");
	if (!mkdtemp(path))
		abort();
}

void past_directory_remove(const char *path)
{
	static const char *const files[] = { "history.db", "history.db-wal",
		"history.db-shm", "history.db-journal" };
	char name[128];
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(name, sizeof name, "%s/%s", path, files[i]);
		unlink(name);
	}
	rmdir(path);
}
