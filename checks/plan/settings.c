/* SPDX-License-Identifier: MIT */
#include "checks/plan/settings.h"

#include <assert.h>

void settings_init(struct settings *s)
{
	*s = (struct settings){
		.cloud = CLOUD_PUBLIC,
		.connect_timeout = 3 * NSEC_PER_SEC,
		.timeout = 10 * NSEC_PER_SEC,
		.canary = "192.0.2.1",
	};
	/* The same in every Azure region and cloud. */
	bool parsed = addr_parse("168.63.129.16", &s->azure_dns);
	assert(parsed);
	s->azure_dns.port = 53;
}
