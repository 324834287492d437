/* SPDX-License-Identifier: MIT */
#include "checks/plan/run_time.h"

#include "checks/input/input_error.h"

static const nsec_t usual_deadline = 30 * NSEC_PER_SEC;

/* The check itself, opening, the last answer, and the same for one more connection. */
static nsec_t idle_time(const struct plan *p)
{
	return p->n_idle
		   ? p->idle[p->n_idle - 1] + 2 * p->connect_timeout + 3 * p->timeout
		   : 0;
}

/* Ports are watched from the start of the run. */
static nsec_t listen_time(const struct plan *p)
{
	return p->listen ? p->listen + NSEC_PER_SEC : 0;
}

static int check_deadline(const struct settings *s, nsec_t needed, const char *option,
    struct input_error *reterr)
{
	if (!s->deadline || s->deadline >= needed)
		return 0;
	input_error_set(reterr,
	    "--deadline: %.0f ms is too short for %s; it must be at least %.0f ms, "
	    "or be left out",
	    nsec_to_ms(s->deadline), option, nsec_to_ms(needed));
	return -1;
}

int run_time_choose(
    const struct settings *s, struct plan *plan, struct input_error *reterr)
{
	nsec_t idle = idle_time(plan), listen = listen_time(plan);
	nsec_t needed = idle > listen ? idle : listen;

	plan->deadline = s->deadline               ? s->deadline
			 : needed > usual_deadline ? needed
						   : usual_deadline;
	if (check_deadline(s, idle, "--idle", reterr) < 0)
		return -1;
	return check_deadline(s, listen, "--listen", reterr);
}
