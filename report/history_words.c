/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "probe/base/arena.h"
#include "probe/model/obs_fields.h"
#include "report/history_report.h"

const char *history_time(int64_t at, struct arena *arena)
{
	char text[ISO_TIME_MAX];
	return iso_time(at / 1000, text) ? arena_strdup(arena, text) : "another age";
}

nsec_t history_phase(const struct moment *m, int phase)
{
	nsec_t sum = -1;
	if (phase >= 0)
		return m->phases[phase];
	for (int p = 0; p < N_PHASES; p++)
		if (m->phases[p] >= 0)
			sum = (sum < 0 ? 0 : sum) + m->phases[p];
	return sum;
}

static bool worked(const struct moment *m)
{
	return m->status == STATUS_PASS || m->status == STATUS_WARN;
}

static int by_time(const void *a, const void *b)
{
	nsec_t x = *(const nsec_t *)a, y = *(const nsec_t *)b;
	return (x > y) - (x < y);
}

struct history_times history_times(
    const struct timeline *t, int phase, struct arena *arena)
{
	struct history_times ret = { 0 };
	nsec_t *all = arena_array(arena, t->n_moments + 1, sizeof *all);
	for (size_t i = 0; i < t->n_moments; i++) {
		nsec_t time = history_phase(&t->moments[i], phase);
		if (worked(&t->moments[i]) && time >= 0)
			all[ret.n++] = time;
	}
	if (ret.n == 0)
		return ret;
	qsort(all, ret.n, sizeof *all, by_time);
	ret.least = all[0];
	ret.median = all[ret.n / 2];
	ret.most = all[ret.n - 1];
	return ret;
}

size_t history_passes(const struct timeline *t)
{
	size_t n = 0;
	for (size_t i = 0; i < t->n_moments; i++)
		n += worked(&t->moments[i]);
	return n;
}
