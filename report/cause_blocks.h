/* SPDX-License-Identifier: MIT */
#ifndef REPORT_CAUSE_BLOCKS_H
#define REPORT_CAUSE_BLOCKS_H

#include "report/report.h"

/*
 * What is wrong, as every form of the report tells it: the judge's groups and, for
 * checks that are in none, one block for all that say the same. Required failures come
 * first, then what could not be tested, then the rest.
 */
struct cause_block {
	struct cause_group group; /* its summary is never NULL; texts are not escaped */
	enum status status;       /* of its worst check */
	bool has_stage;           /* of the same check */
	enum stage stage;
};

struct cause_blocks {
	struct cause_block *items;
	size_t n_items;
};

/** Lives in the arena. */
struct cause_blocks cause_blocks(const struct report *r, struct arena *arena);

#endif
