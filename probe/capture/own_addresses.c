/* SPDX-License-Identifier: MIT */
#include "probe/capture/own_addresses.h"

#include <ifaddrs.h>

#include "probe/base/arena.h"

const struct addr *own_addresses(struct arena *arena, size_t *ret_n)
{
	struct ifaddrs *all = NULL;
	struct addr *list = arena_array(arena, OWN_ADDRESSES_MAX, sizeof *list);
	*ret_n = 0;
	if (getifaddrs(&all) < 0)
		return list;
	for (const struct ifaddrs *i = all; i && *ret_n < OWN_ADDRESSES_MAX;
	     i = i->ifa_next) {
		struct addr a;
		if (!i->ifa_addr || !addr_from_sockaddr(i->ifa_addr, &a))
			continue;
		a.port = 0;
		a.scope = 0;
		list[(*ret_n)++] = a;
	}
	freeifaddrs(all);
	return list;
}
