/* SPDX-License-Identifier: MIT */
#include "checks/runs/flapping.h"

static int count(uint32_t bits)
{
	int n = 0;
	for (; bits; bits &= bits - 1)
		n++;
	return n;
}

bool flapping_add(struct flapping *f, enum status status)
{
	bool changed = f->begun && f->last != status, was = f->active;
	f->changes = (f->changes << 1 | changed) & ((1U << FLAPPING_RUNS) - 1);
	f->last = status;
	f->begun = true;
	int n = count(f->changes);
	f->active = was ? n > FLAPPING_END : n >= FLAPPING_BEGIN;
	return f->active != was;
}
