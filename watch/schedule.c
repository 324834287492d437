/* SPDX-License-Identifier: MIT */
#include "watch/schedule.h"

static nsec_t next_due(const struct schedule *s, nsec_t due, nsec_t now, nsec_t wall)
{
	if (s->align) {
		nsec_t next = now + s->interval - wall % s->interval;
		/* The clocks disagree by a moment: the same multiple comes once. */
		return next - due < s->interval / 8 ? next + s->interval : next;
	}
	nsec_t next = due + s->interval;
	if (next < now)
		next += (now - next + s->interval - 1) / s->interval * s->interval;
	return next;
}

nsec_t schedule_next(const struct schedule *s, nsec_t due, nsec_t now, nsec_t wall,
    uint32_t random, nsec_t *ret_due)
{
	*ret_due = next_due(s, due, now, wall);
	return *ret_due + (nsec_t)((double)s->jitter * (random / 4294967296.0));
}

bool pace_diagnoses(const struct pace *p, nsec_t now)
{
	return !p->same_failures || p->cheap + 1 >= PACE_RUNS ||
	       now - p->diagnosed >= PACE_TIME;
}

void pace_add(struct pace *p, nsec_t now, bool diagnosed, bool same_failures)
{
	p->same_failures = same_failures;
	p->cheap = diagnosed ? 0 : p->cheap + 1;
	if (diagnosed)
		p->diagnosed = now;
}
