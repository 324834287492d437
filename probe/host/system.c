/* SPDX-License-Identifier: MIT */
#include "probe/host/system.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "probe/base/arena.h"

enum {
	STATUS_MAX = 8192
};

bool system_status_has_net_raw(const char *status)
{
	static const char key[] = "\nCapEff:";
	const char *line = strstr(status, key);
	if (!line)
		return false;
	unsigned long long mask = strtoull(line + sizeof key - 1, NULL, 16);
	return mask >> CAP_NET_RAW & 1;
}

static bool has_net_raw(void)
{
	char text[STATUS_MAX];
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, text, sizeof text - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return system_status_has_net_raw(text);
}

struct obs_system system_observe(const struct resolv_conf *conf, struct arena *arena)
{
	struct utsname u;
	if (uname(&u) < 0)
		memset(&u, 0, sizeof u);
	return (struct obs_system){
		.hostname = arena_strdup(arena, u.nodename),
		.kernel = arena_strdup(arena, u.release),
		.root = geteuid() == 0,
		.net_raw = has_net_raw(),
		.resolvers = arena_memdup(
		    arena, conf->servers, conf->n_servers * sizeof *conf->servers),
		.n_resolvers = conf->n_servers,
		.search = arena_memdup(
		    arena, conf->search, conf->n_search * sizeof *conf->search),
		.n_search = conf->n_search,
	};
}
