/* SPDX-License-Identifier: MIT */
#include "checks/runs/compare_times.h"

#include <math.h>
#include <stdlib.h>

static const double significant = 1e-3;

static int by_before(const void *x, const void *y)
{
	const struct time_pair *a = x, *b = y;
	return (a->before > b->before) - (a->before < b->before);
}

static int by_after(const void *x, const void *y)
{
	const struct time_pair *a = x, *b = y;
	return (a->after > b->after) - (a->after < b->after);
}

/* Probability of at most k heads in n throws of a fair coin. */
static double binomial_tail(size_t n, size_t k)
{
	double sum = 0;
	for (size_t i = 0; i <= k; i++)
		sum += exp(lgamma((double)n + 1) - lgamma((double)i + 1) -
			   lgamma((double)(n - i) + 1) - (double)n * M_LN2);
	return sum;
}

bool compare_times(struct time_pair *pairs, size_t n, struct time_shift *ret)
{
	*ret = (struct time_shift){ .n_pairs = n, .p = 1 };
	if (n < TIME_SHIFT_MIN_PAIRS)
		return false;
	for (size_t i = 0; i < n; i++) {
		ret->n_slower += pairs[i].after > pairs[i].before;
		ret->n_faster += pairs[i].after < pairs[i].before;
	}
	size_t fewer = ret->n_slower < ret->n_faster ? ret->n_slower : ret->n_faster;
	/* Ties say nothing in this test. */
	double p = 2 * binomial_tail(ret->n_slower + ret->n_faster, fewer);
	ret->p = p < 1 ? p : 1;
	qsort(pairs, n, sizeof *pairs, by_before);
	ret->before = pairs[n / 2].before;
	qsort(pairs, n, sizeof *pairs, by_after);
	ret->after = pairs[n / 2].after;
	return ret->p < significant;
}
