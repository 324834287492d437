/* SPDX-License-Identifier: MIT */
#include "checks/runs/change_point.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(const double *values, size_t n)
{
	double sorted[CHANGE_POINT_VALUES];
	memcpy(sorted, values, n * sizeof *values);
	qsort(sorted, n, sizeof *sorted, by_value);
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* Sum of t^3 - t over groups of t equal values. */
static double ties(const double *values, size_t n)
{
	double sorted[CHANGE_POINT_VALUES], sum = 0;
	memcpy(sorted, values, n * sizeof *values);
	qsort(sorted, n, sizeof *sorted, by_value);
	for (size_t i = 0; i < n;) {
		size_t end = i;
		while (end < n && !(sorted[end] > sorted[i]))
			end++;
		double t = (double)(end - i);
		sum += t * t * t - t;
		i = end;
	}
	return sum;
}

static bool is_shifted(const double *before, const double *recent)
{
	const double m = CHANGE_POINT_BEFORE, n = CHANGE_POINT_RECENT, all = m + n;
	double u = 0;
	for (size_t i = 0; i < CHANGE_POINT_RECENT; i++)
		for (size_t j = 0; j < CHANGE_POINT_BEFORE; j++)
			u += recent[i] > before[j]   ? 1
			     : recent[i] < before[j] ? 0
						     : 0.5;
	double variance =
	    m * n / 12 *
	    (all + 1 - ties(before, CHANGE_POINT_VALUES) / (all * (all - 1)));
	double distance = fabs(u - m * n / 2) - 0.5;
	return variance > 0 && distance >= CHANGE_POINT_Z * sqrt(variance);
}

bool change_point_add(struct change_point *c, double value, struct level_shift *ret)
{
	if (c->n == CHANGE_POINT_VALUES) {
		memmove(c->values, c->values + 1, (c->n - 1) * sizeof *c->values);
		c->n--;
	}
	c->values[c->n++] = value;
	const double *recent = c->values + CHANGE_POINT_BEFORE;
	if (c->n < CHANGE_POINT_VALUES || !is_shifted(c->values, recent))
		return false;
	ret->before = median(c->values, CHANGE_POINT_BEFORE);
	ret->after = median(recent, CHANGE_POINT_RECENT);
	memmove(c->values, recent, CHANGE_POINT_RECENT * sizeof *c->values);
	c->n = CHANGE_POINT_RECENT;
	return true;
}
