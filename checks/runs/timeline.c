/* SPDX-License-Identifier: MIT */
#include "checks/runs/timeline.h"

#include <assert.h>
#include <string.h>

#include "checks/runs/flapping.h"

bool timeline_flaps(const struct timeline *t)
{
	struct flapping f = { 0 };
	for (size_t i = 0; i < t->n_moments; i++)
		flapping_add(&f, t->moments[i].status);
	return f.active;
}

static bool same_state(const struct moment *a, const struct moment *b)
{
	bool same_cause = a->cause && b->cause ? strcmp(a->cause, b->cause) == 0
					       : a->cause == b->cause;
	return a->status == b->status && same_cause;
}

const struct moment *timeline_state_began(const struct timeline *t)
{
	assert(t->n_moments);
	size_t i = t->n_moments - 1;
	while (i > 0 && same_state(&t->moments[i - 1], &t->moments[t->n_moments - 1]))
		i--;
	return &t->moments[i];
}
