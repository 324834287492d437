/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/option_set.h"
#include "probe/base/parse.h"

/*
 * --listen means how long to check and where to watch; no value is of both forms.
 */

static bool parse_time(const char *value, nsec_t *ret)
{
	return parse_duration(value, ret) && *ret >= NSEC_PER_SEC;
}

static bool parse_place(const char *value, struct addr *ret)
{
	*ret = (struct addr){ .family = 0 };
	return strcmp(value, "none") == 0 ||
	       (addr_parse_port(value, ret) && ret->port != 0);
}

bool is_listen_time(const char *value)
{
	nsec_t unused;
	return parse_time(value, &unused);
}

bool is_listen_place(const char *value)
{
	struct addr unused;
	return parse_place(value, &unused);
}

int set_listen_time(const struct option_use *use)
{
	if (!parse_time(use->value, &use->to->settings.listen))
		return option_reject(use,
		    is_listen_place(use->value)
			? "a duration from 1s to 24h, such as 60s; an address is for "
			  "watch"
			: "a duration from 1s to 24h, such as 60s");
	return 0;
}

int set_listen_place(const struct option_use *use)
{
	if (!parse_place(use->value, &use->to->watch.listen))
		return option_reject(use,
		    is_listen_time(use->value)
			? "an address and port such as 127.0.0.1:9810 or [::1]:9810, "
			  "or \"none\"; a duration is for check"
			: "an address and port such as 127.0.0.1:9810 or [::1]:9810, "
			  "or \"none\"");
	return 0;
}
