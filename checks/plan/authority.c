/* SPDX-License-Identifier: MIT */
#include "checks/plan/authority.h"

#include <string.h>

#include "checks/input/validate.h"
#include "probe/base/arena.h"
#include "probe/base/parse.h"
#include "probe/model/addr.h"

const char *lower_case(const char *text, struct arena *arena)
{
	char *copy = arena_strdup(arena, text);
	for (char *p = copy; p && *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return copy;
}

const char *authority_format(const char *host, uint16_t port, struct arena *arena)
{
	const char *open = strchr(host, ':') ? "[" : "", *close = *open ? "]" : "";
	if (!port)
		return arena_printf(arena, "%s%s%s", open, host, close);
	return arena_printf(arena, "%s%s%s:%u", open, host, close, (unsigned)port);
}

static const char *parse_bracketed(
    char *text, char **ret_rest, struct arena *arena, struct authority *ret)
{
	struct addr address;
	char *end = strchr(text, ']');
	if (!end)
		return "\"[\" without \"]\"";
	*end = '\0';
	if (!addr_parse(text + 1, &address) || address.family != AF_INET6)
		return "only an IPv6 address may stand in brackets";
	ret->host = lower_case(text + 1, arena);
	*ret_rest = end + 1;
	return NULL;
}

static const char *parse_name(
    char *text, char **ret_rest, struct arena *arena, struct authority *ret)
{
	struct addr address;
	char *colon = strchr(text, ':');
	*ret_rest = colon ? colon : text + strlen(text);
	char *name = arena_strndup(arena, text, (size_t)(*ret_rest - text));
	size_t len = strlen(name);
	if (len > 1 && name[len - 1] == '.')
		name[len - 1] = '\0';
	if (!*name)
		return "the host is missing";
	if (colon && strchr(colon + 1, ':'))
		return "an IPv6 address must stand in brackets";
	if (!addr_parse(name, &address) && !valid_host_name(name))
		return "not a host name: labels of 1 to 63 letters, digits, '-' and "
		       "'_'";
	ret->host = lower_case(name, arena);
	return NULL;
}

const char *authority_parse(
    const char *text, size_t len, struct arena *arena, struct authority *ret)
{
	char *copy = arena_strndup(arena, text, len), *rest;
	if (strchr(copy, '@'))
		return "user names and passwords are refused";
	*ret = (struct authority){ 0 };
	const char *reason = *copy == '[' ? parse_bracketed(copy, &rest, arena, ret)
					  : parse_name(copy, &rest, arena, ret);
	if (reason)
		return reason;
	if (*rest && (*rest != ':' || !parse_port(rest + 1, &ret->port)))
		return "the port must be 1 to 65535";
	return NULL;
}
