/* SPDX-License-Identifier: MIT */
#include "probe/host/listeners.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/base/alloc.h"

enum {
	READ_MAX = 1 << 20,
	STATE_LISTEN = 10, /* TCP_LISTEN of <netinet/tcp.h> */
};

static void add(struct listeners *to, const struct addr *a)
{
	for (size_t i = 0; i < to->n; i++)
		if (addr_same_ip(&to->at[i], a))
			return;
	if (to->n < OBS_MAX_LISTENERS)
		to->at[to->n++] = *a;
}

/* A number of exactly n hexadecimal digits, n at most 8; moves *at behind it. */
static bool take_hex(const char **at, size_t n, uint32_t *ret)
{
	static const char digits[] = "0123456789ABCDEF";
	*ret = 0;
	for (size_t i = 0; i < n; i++, (*at)++) {
		const char *digit = **at ? strchr(digits, **at) : NULL;
		if (!digit)
			return false;
		*ret = *ret << 4 | (uint32_t)(digit - digits);
	}
	return true;
}

static bool take_char(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* Words of 32 bits, each as this machine's number of bytes in network order. */
static bool take_address(const char **at, bool v6, struct addr *ret)
{
	*ret = (struct addr){ .family = v6 ? AF_INET6 : AF_INET };
	for (size_t i = 0; i < (v6 ? 4U : 1U); i++) {
		uint32_t word;
		if (!take_hex(at, 8, &word))
			return false;
		memcpy(ret->ip + 4 * i, &word, sizeof word);
	}
	return true;
}

/* "  0: 0100007F:1F90 00000000:0000 0A ..." */
static void parse_line(const char *line, bool v6, uint16_t port, struct listeners *to)
{
	uint32_t local_port, state;
	struct addr a;
	const char *at = line + strspn(line, " 0123456789");
	if (!take_char(&at, ':') || !take_char(&at, ' ') ||
	    !take_address(&at, v6, &a) || !take_char(&at, ':') ||
	    !take_hex(&at, 4, &local_port) || !take_char(&at, ' '))
		return;
	at += strcspn(at, " "); /* the other end, which a listener has not */
	if (take_char(&at, ' ') && take_hex(&at, 2, &state) && local_port == port &&
	    state == STATE_LISTEN)
		add(to, &a);
}

void listeners_parse(const char *text, bool v6, uint16_t port, struct listeners *to)
{
	char line[512];
	for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
		snprintf(line, sizeof line, "%.*s", (int)(end - text), text);
		parse_line(line, v6, port, to);
	}
}

/* Returns a positive errno. */
static int read_list(
    const char *path, char *text, bool v6, uint16_t port, struct listeners *to)
{
	size_t len = 0;
	ssize_t n = 1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	while (n > 0 && len < READ_MAX) {
		n = read(fd, text + len, READ_MAX - len);
		len += n > 0 ? (size_t)n : 0;
	}
	int err = n < 0 ? errno : 0;
	close(fd);
	text[len] = '\0';
	listeners_parse(text, v6, port, to);
	return err;
}

int listeners_read(uint16_t port, struct listeners *ret)
{
	char *text = alloc_zeroed(1, READ_MAX + 1);
	*ret = (struct listeners){ .n = 0 };
	int err4 = read_list("/proc/net/tcp", text, false, port, ret);
	int err6 = read_list("/proc/net/tcp6", text, true, port, ret);
	free(text);
	/* A kernel without IPv6 has no second list. */
	return err6 ? err4 : 0;
}
