/* SPDX-License-Identifier: MIT */
#ifndef PROBE_BASE_NSEC_H
#define PROBE_BASE_NSEC_H

#include <stdint.h>

/* Instants (CLOCK_MONOTONIC) and durations, both in nanoseconds. */
typedef int64_t nsec_t;

#define NSEC_PER_USEC ((nsec_t)1000)
#define NSEC_PER_MSEC ((nsec_t)1000000)
#define NSEC_PER_SEC  ((nsec_t)1000000000)

/** Now on the monotonic clock. The only source of times in observations. */
nsec_t nsec_now(void);

/** Wall clock, nanoseconds since 1970-01-01T00:00:00Z. */
nsec_t nsec_wall(void);

static inline double nsec_to_ms(nsec_t t)
{
	return (double)t / 1e6;
}

#endif
