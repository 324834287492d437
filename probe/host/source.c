/* SPDX-License-Identifier: MIT */
#include "probe/host/source.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/net/sock.h"

/* What the system would send from: a datagram socket looks the route up. */
static bool find_usual(const struct addr *peer, struct addr *ret)
{
	static const struct plan nothing_asked;
	int fd = sock_open(&nothing_asked, peer, SOCK_DGRAM);
	bool ok;

	if (fd < 0)
		return false;
	ok = sock_connect(fd, peer) == 0;
	*ret = sock_local(fd);
	close(fd);
	return ok && ret->family == peer->family;
}

static bool is_link_local(const struct sockaddr *sa)
{
	return sa->sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LINKLOCAL(
		   &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr);
}

/* The first address of an interface that is up and not this one. */
static bool find_different(
    sa_family_t family, const struct addr * not, struct addr *ret)
{
	struct ifaddrs *all;
	bool found = false;

	if (getifaddrs(&all) < 0)
		return false;
	for (const struct ifaddrs *i = all; i && !found; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != family ||
		    !(i->ifa_flags & IFF_UP) || (i->ifa_flags & IFF_LOOPBACK) ||
		    is_link_local(i->ifa_addr))
			continue;
		addr_from_sockaddr(i->ifa_addr, ret);
		found = !addr_same_ip(ret, not );
	}
	freeifaddrs(all);
	return found;
}

bool source_find_other(
    const struct plan *plan, const struct addr *peer, struct addr *ret)
{
	struct addr usual;
	bool known = find_usual(peer, &usual), found = known;

	if (known && plan->source.family == peer->family &&
	    !addr_same_ip(&usual, &plan->source))
		*ret = usual;
	else
		found = known && find_different(peer->family, &usual, ret);
	ret->port = 0;
	return found;
}
