/* SPDX-License-Identifier: MIT */
#include "checks/plan/overrides.h"

#include <string.h>

#include "checks/input/input_error.h"
#include "checks/input/validate.h"
#include "checks/plan/authority.h"
#include "probe/base/arena.h"
#include "probe/base/parse.h"
#include "probe/base/text.h"
#include "probe/base/vec.h"

/** --resolve: these addresses instead of a resolver's for host and port. */
struct pin {
	const char *host; /* "*" = any */
	uint16_t port;
	const struct addr *addresses;
	size_t n_addresses;
};

/** --connect-to: contact another host or port than the target names. */
struct redirect {
	const char *from_host; /* NULL = any */
	uint16_t from_port;    /* 0 = any */
	const char *to_host;   /* NULL = the same */
	uint16_t to_port;      /* 0 = the same */
};

static const char no_name[] = "not a host name or address";
static const char no_port[] = "the port must be 1 to 65535";

/* Cuts the text before the next ':' off, brackets taken off an IPv6 address. */
static char *cut_host(char **cursor)
{
	char *host = *cursor, *end;
	if (*host == '[') {
		end = strchr(host, ']');
		if (!end || (end[1] && end[1] != ':'))
			return NULL;
		*end++ = '\0';
		host++;
	} else {
		end = host + strcspn(host, ":");
	}
	*cursor = *end ? end + 1 : NULL;
	*end = '\0';
	return host;
}

static bool valid_host(const char *host)
{
	struct addr address;
	return valid_host_name(host) || addr_parse(host, &address);
}

static const char *parse_addresses(char *text, struct arena *arena, struct pin *ret)
{
	struct addr *items = NULL;
	size_t n = 0, cap = 0;
	for (char *next; text; text = next) {
		next = strchr(text, ',');
		if (next)
			*next++ = '\0';
		size_t len = strlen(text);
		if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
			text[len - 1] = '\0';
			text++;
		}
		items = vec_grow(arena, items, n, &cap, sizeof *items);
		if (!addr_parse(text, &items[n++]))
			return "ADDR must be an IP address, several between commas";
	}
	ret->addresses = items;
	ret->n_addresses = n;
	return NULL;
}

static const char *parse_pin(const char *text, struct arena *arena, struct pin *ret)
{
	char *cursor = arena_strdup(arena, text);
	const char *host = cut_host(&cursor);
	if (!host || (strcmp(host, "*") != 0 && !valid_host(host)))
		return no_name;
	const char *port = cursor ? cut_host(&cursor) : NULL;
	if (!port || !cursor)
		return "expected HOST:PORT:ADDR[,ADDR]";
	if (!parse_port(port, &ret->port))
		return no_port;
	ret->host = lower_case(host, arena);
	return parse_addresses(cursor, arena, ret);
}

static const char *parse_redirect(
    const char *text, struct arena *arena, struct redirect *ret)
{
	const char *part[4];
	char *cursor = arena_strdup(arena, text);
	for (unsigned i = 0; i < 4; i++) {
		part[i] = cursor ? cut_host(&cursor) : NULL;
		if (!part[i])
			return "expected HOST1:PORT1:HOST2:PORT2";
	}
	if (cursor)
		return "expected HOST1:PORT1:HOST2:PORT2";
	if ((*part[0] && !valid_host(part[0])) || (*part[2] && !valid_host(part[2])))
		return no_name;
	if ((*part[1] && !parse_port(part[1], &ret->from_port)) ||
	    (*part[3] && !parse_port(part[3], &ret->to_port)))
		return no_port;
	ret->from_host = *part[0] ? lower_case(part[0], arena) : NULL;
	ret->to_host = *part[2] ? lower_case(part[2], arena) : NULL;
	return NULL;
}

static int refuse(const char *option, const char *text, const char *reason,
    struct arena *arena, struct input_error *reterr)
{
	input_error_set(reterr, "%s \"%s\": %s", option,
	    text_escape(arena, text, strlen(text), 120), reason);
	return -1;
}

int overrides_parse(const struct settings *settings, struct arena *arena,
    struct overrides *ret, struct input_error *reterr)
{
	const struct strings *resolve = &settings->resolve;
	const struct strings *connect_to = &settings->connect_to;
	struct pin *pins = arena_array(arena, resolve->n_items, sizeof *pins);
	struct redirect *redirects =
	    arena_array(arena, connect_to->n_items, sizeof *redirects);
	for (size_t i = 0; i < resolve->n_items; i++) {
		const char *text = resolve->items[i];
		const char *reason = parse_pin(text, arena, &pins[i]);
		if (reason)
			return refuse("--resolve", text, reason, arena, reterr);
	}
	for (size_t i = 0; i < connect_to->n_items; i++) {
		const char *text = connect_to->items[i];
		const char *reason = parse_redirect(text, arena, &redirects[i]);
		if (reason)
			return refuse("--connect-to", text, reason, arena, reterr);
	}
	*ret = (struct overrides){ pins, resolve->n_items, redirects,
		connect_to->n_items };
	return 0;
}

static void redirect_target(const struct overrides *o, struct target *t)
{
	for (size_t i = 0; i < o->n_redirects; i++) {
		const struct redirect *r = &o->redirects[i];
		if ((r->from_host && !text_equal_nocase(r->from_host, t->host)) ||
		    (r->from_port && r->from_port != t->port))
			continue;
		t->connect_host = r->to_host;
		t->connect_port = r->to_port;
		return;
	}
}

static const struct pin *find_pin(
    const struct overrides *o, const char *host, uint16_t port)
{
	for (size_t i = 0; i < o->n_pins; i++)
		if (o->pins[i].port == port && text_equal_nocase(o->pins[i].host, host))
			return &o->pins[i];
	return NULL;
}

void overrides_apply(const struct overrides *o, struct target *target)
{
	redirect_target(o, target);
	const char *host = target->connect_host ? target->connect_host : target->host;
	uint16_t port = target->connect_port ? target->connect_port : target->port;
	const struct pin *pin = find_pin(o, host, port);
	if (!pin)
		pin = find_pin(o, "*", port);
	if (!pin)
		return;
	target->pinned = pin->addresses;
	target->n_pinned = pin->n_addresses;
}
