/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/option_set.h"
#include "probe/base/parse.h"

/* Setters of the options of watch. */

int set_interval(const struct option_use *use)
{
	nsec_t value;
	if (!parse_duration(use->value, &value) || value < NSEC_PER_SEC)
		return option_reject(use, "a duration from 1s to 24h, such as 5m");
	use->to->watch.interval = value;
	return 0;
}

int set_jitter(const struct option_use *use)
{
	nsec_t value = 0;
	if (strcmp(use->value, "none") != 0 && !parse_duration(use->value, &value))
		return option_reject(use, "a duration such as 30s, or \"none\"");
	use->to->watch.jitter = value;
	return 0;
}

static int set_number(
    const struct option_use *use, unsigned max, unsigned *to, const char *rule)
{
	uint64_t value;
	if (!parse_uint(use->value, max, &value) || value == 0)
		return option_reject(use, rule);
	*to = (unsigned)value;
	return 0;
}

int set_keep_days(const struct option_use *use)
{
	return set_number(
	    use, 3650, &use->to->watch.keep_days, "a number of days from 1 to 3650");
}

int set_keep_size(const struct option_use *use)
{
	return set_number(use, 1000000, &use->to->watch.keep_mib,
	    "a number of MiB from 1 to 1000000");
}
