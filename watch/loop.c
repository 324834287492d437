/* SPDX-License-Identifier: MIT */
#include "watch/loop.h"

struct looping {
	const struct watch_ops *ops;
	struct schedule schedule;
	struct pace pace;
	nsec_t due; /* of the last run, without jitter */
};

/* False: stopped. Something new is diagnosed at once, not at the next instant. */
static bool run(struct looping *l)
{
	const struct watch_ops *ops = l->ops;
	bool diagnose = pace_diagnoses(&l->pace, ops->now(ops->arg));
	enum watch_outcome outcome = ops->run(ops->arg, diagnose);
	if (outcome == WATCH_DIFFERS) {
		diagnose = true;
		outcome = ops->run(ops->arg, diagnose);
	}
	pace_add(
	    &l->pace, ops->now(ops->arg), diagnose, outcome == WATCH_SAME_FAILURES);
	return outcome != WATCH_STOPPED;
}

/* False: stopped. A new interval counts from the last run. */
static bool wait(struct looping *l)
{
	const struct watch_ops *ops = l->ops;
	for (;;) {
		nsec_t due;
		nsec_t until = schedule_next(&l->schedule, l->due, ops->now(ops->arg),
		    ops->wall(ops->arg), ops->random(ops->arg), &due);
		enum watch_wake wake = ops->wait(ops->arg, until);
		if (wake == WATCH_RELOAD) {
			ops->reload(ops->arg, &l->schedule);
			continue;
		}
		l->due = due;
		return wake == WATCH_DUE;
	}
}

void watch_loop(const struct watch_ops *ops, struct schedule schedule)
{
	struct looping l = {
		.ops = ops, .schedule = schedule, .due = ops->now(ops->arg)
	};
	while (run(&l) && wait(&l))
		;
}
