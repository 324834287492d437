/* SPDX-License-Identifier: MIT */
#include "checks/plan/no_proxy.h"

#include <stdbool.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/parse.h"
#include "probe/base/text.h"
#include "probe/model/addr.h"

static bool covers_name(const char *entry, const char *host)
{
	if (*entry == '.')
		entry++;
	size_t n = strlen(entry), m = strlen(host);
	if (!n || n > m || !text_ends_nocase(host, entry))
		return false;
	return n == m || host[m - n - 1] == '.';
}

/* Unlike cidr_parse() curl lets bits behind the prefix be set. */
static bool covers_address(char *entry, const struct addr *host)
{
	struct cidr c;
	uint64_t bits = host->family == AF_INET ? 32 : 128;
	char *slash = strchr(entry, '/');
	if (slash) {
		*slash = '\0';
		uint64_t most = bits;
		if (!parse_uint(slash + 1, 999, &bits) || bits > most)
			return false;
	}
	c.bits = (uint8_t)bits;
	return addr_parse(entry, &c.base) && cidr_contains(&c, host);
}

static bool covers(const char *entry, const char *host, struct arena *arena)
{
	struct addr address;
	if (addr_parse(host, &address))
		return covers_address(arena_strdup(arena, entry), &address);
	return covers_name(entry, host);
}

const char *no_proxy_entry(const char *list, const char *host, struct arena *arena)
{
	static const char blanks[] = ", \t";
	if (strcmp(list, "*") == 0)
		return "*";
	for (const char *p = list + strspn(list, blanks); *p; p += strspn(p, blanks)) {
		size_t len = strcspn(p, blanks);
		char *entry = arena_strndup(arena, p, len);
		p += len;
		/* "example.com." is the same name. */
		if (len > 1 && entry[len - 1] == '.')
			entry[len - 1] = '\0';
		if (covers(entry, host, arena))
			return entry;
	}
	return NULL;
}
