/* SPDX-License-Identifier: MIT */
#include "probe/model/obslog.h"

#include "probe/base/arena.h"
#include "probe/base/vec.h"

void obslog_init(struct obslog *log, struct arena *arena, size_t n_targets)
{
	*log = (struct obslog){ .arena = arena, .n_targets = n_targets };
	/* One slot more than targets: the run's own observations come first. */
	log->first_of_target = arena_array(arena, n_targets + 1, sizeof(struct obs *));
	log->last_of_target = arena_array(arena, n_targets + 1, sizeof(struct obs *));
}

const struct obs *obslog_append(struct obslog *log, const struct obs *obs)
{
	struct obs *copy = arena_memdup(log->arena, obs, sizeof *obs);
	size_t slot = (size_t)(obs->target + 1);

	log->items = vec_grow(
	    log->arena, log->items, log->n_items, &log->cap, sizeof(struct obs *));
	log->items[log->n_items++] = copy;
	copy->id = (unsigned)log->n_items;
	copy->next_of_target = NULL;
	if (log->last_of_target[slot])
		log->last_of_target[slot]->next_of_target = copy;
	else
		log->first_of_target[slot] = copy;
	log->last_of_target[slot] = copy;
	return copy;
}

const struct obs *obslog_first(const struct obslog *log, int target)
{
	return log->first_of_target[target + 1];
}

const struct obs *obslog_get(const struct obslog *log, unsigned id)
{
	return id >= 1 && id <= log->n_items ? log->items[id - 1] : NULL;
}
