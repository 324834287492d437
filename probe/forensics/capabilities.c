/* SPDX-License-Identifier: MIT */
#include "probe/forensics/capabilities.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "probe/forensics/counters.h"
#include "probe/forensics/route.h"
#include "probe/net/sock.h"

bool capabilities_syn_icmp(const char *release)
{
	enum {
		MAJOR = 5,
		MINOR = 8
	};

	char *end;
	unsigned long major = strtoul(release, &end, 10);
	if (end == release || *end != '.')
		return false;
	unsigned long minor = strtoul(end + 1, NULL, 10);
	return major > MAJOR || (major == MAJOR && minor >= MINOR);
}

/* Without it nothing is told about ICMP errors but an errno. */
static bool takes_error_queue(void)
{
	const int on = 1;
	struct msghdr empty = { 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok =
	    fd >= 0 && setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on) == 0 &&
	    recvmsg(fd, &empty, MSG_ERRQUEUE | MSG_DONTWAIT) < 0 && errno == EAGAIN;
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool takes_min_ttl(sa_family_t family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && sock_set_min_ttl(fd, family, 1) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool takes_max_seg(void)
{
	enum {
		ANY_SIZE = 1200
	};

	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && sock_set_max_seg(fd, ANY_SIZE) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool answers_routes(void)
{
	int fd = route_open();
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

struct obs_capabilities capabilities_find(void)
{
	struct utsname u;
	struct obs_counters now = { 0 };
	struct counter_set set;

	counters_read(&set);
	counters_read_conntrack(&now);
	return (struct obs_capabilities){
		.syn_icmp = takes_error_queue() && uname(&u) == 0 &&
			    capabilities_syn_icmp(u.release),
		.min_ttl = takes_min_ttl(AF_INET),
		.min_hop_count = takes_min_ttl(AF_INET6),
		.max_seg = takes_max_seg(),
		.route = answers_routes(),
		.counters = set.n > 0,
		.conntrack = now.conntrack_max > 0,
	};
}
