/* SPDX-License-Identifier: MIT */
#include "probe/base/nsec.h"

#include <time.h>

static nsec_t read_clock(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (nsec_t)t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

nsec_t nsec_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

nsec_t nsec_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}
