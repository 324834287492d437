/* SPDX-License-Identifier: MIT */
#include "watch/notify.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "probe/base/parse.h"

/* Of the process, as its environment is. */
static struct {
	struct sockaddr_un to;
	socklen_t len; /* 0 = nobody listens */
	nsec_t every;  /* 0 = no watchdog */
	nsec_t last;
} notify;

static void read_socket(const char *name)
{
	size_t len = name ? strlen(name) : 0;
	if (len < 2 || len >= sizeof notify.to.sun_path ||
	    (name[0] != '/' && name[0] != '@'))
		return;
	notify.to.sun_family = AF_UNIX;
	memcpy(notify.to.sun_path, name, len);
	/* An abstract name is written with '@' and begins with NUL. */
	if (name[0] == '@')
		notify.to.sun_path[0] = '\0';
	notify.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

static void read_watchdog(const char *usec, const char *pid)
{
	uint64_t value, owner;
	if (pid && (!parse_uint(pid, INT32_MAX, &owner) || (pid_t)owner != getpid()))
		return;
	if (usec && parse_uint(usec, (uint64_t)INT32_MAX * 1000000, &value))
		notify.every = (nsec_t)value * NSEC_PER_USEC / 2;
}

void notify_init(void)
{
	read_socket(getenv("NOTIFY_SOCKET"));
	read_watchdog(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void notify_send(const char *lines)
{
	if (!notify.len)
		return;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, lines, strlen(lines), MSG_NOSIGNAL | MSG_DONTWAIT,
	    (const struct sockaddr *)&notify.to, notify.len);
	close(fd);
}

void notify_alive(nsec_t now)
{
	if (!notify.every || now - notify.last < notify.every)
		return;
	notify.last = now;
	notify_send("WATCHDOG=1");
}

nsec_t notify_pause(nsec_t limit)
{
	return notify.every && notify.every / 2 < limit ? notify.every / 2 : limit;
}
