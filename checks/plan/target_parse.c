/* SPDX-License-Identifier: MIT */
#include "checks/plan/target_parse.h"

#include <string.h>

#include "checks/input/input_error.h"
#include "checks/input/suggest.h"
#include "checks/plan/authority.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

enum {
	MAX_TARGET = 2048, /* bytes of a whole endpoint */
	MAX_SHOWN = 120    /* of them in a message */
};

static const struct scheme {
	const char *name;
	enum protocol protocol;
	uint16_t port; /* 0 = must be given */
} schemes[] = {
	{ "https", PROTO_HTTPS, 443 },
	{ "http", PROTO_HTTP, 80 },
	{ "wss", PROTO_WSS, 443 },
	{ "ws", PROTO_WS, 80 },
	{ "tcp", PROTO_TCP, 0 },
	{ "udp", PROTO_UDP, 0 },
};

static const char dns_prefix[] = "dns:";

bool target_is_endpoint(const char *text)
{
	return strstr(text, "://") || text_starts_nocase(text, dns_prefix);
}

static int refuse(const char *text, const char *reason, struct arena *arena,
    struct input_error *reterr)
{
	input_error_set(reterr, "target \"%s\": %s",
	    text_escape(arena, text, strlen(text), MAX_SHOWN), reason);
	return -1;
}

static const struct scheme *find_scheme(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (strlen(schemes[i].name) == len &&
		    text_starts_nocase(text, schemes[i].name))
			return &schemes[i];
	return NULL;
}

static const char *unknown_scheme(const char *text, size_t len, struct arena *arena)
{
	const char *name = arena_strndup(arena, text, len);
	struct suggestion s = suggest_begin(name);
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		suggest_feed(&s, schemes[i].name);
	return s.nearest ? arena_printf(arena,
			       "unknown scheme; did you mean \"%s://\"?", s.nearest)
			 : "the scheme must be https, http, wss, ws, tcp or udp";
}

static const char *check_characters(const char *text)
{
	if (strlen(text) > MAX_TARGET)
		return "longer than 2048 bytes";
	for (const char *p = text; *p; p++) {
		if (*p & 0x80)
			return "only ASCII characters may stand in it (xn-- names, "
			       "%-encoded paths)";
		if (*p <= ' ' || *p == 0x7f)
			return "blanks and control characters are refused";
	}
	return NULL;
}

static const char *parse_dns(const char *name, struct arena *arena, struct target *ret)
{
	struct authority a;
	struct addr address;
	if (*name == '/')
		return "a name is written dns:NAME, without slashes";
	const char *reason = authority_parse(name, strlen(name), arena, &a);
	if (reason)
		return reason;
	if (a.port)
		return "a name to resolve has no port";
	if (addr_parse(a.host, &address))
		return "an address needs no resolving";
	ret->host = a.host;
	ret->port = 53;
	ret->protocol = PROTO_DNS;
	return NULL;
}

static void set_request(const char *path, struct arena *arena, struct target *ret)
{
	static const struct header accept = { "Accept", "*/*" };
	ret->request = (struct http_request){
		.method = "GET",
		.path = *path == '/' ? path : arena_printf(arena, "/%s", path),
		.headers = &accept,
		.n_headers = 1,
	};
}

static const char *parse_url(const char *text, struct arena *arena, struct target *ret)
{
	const char *end = strstr(text, "://");
	const struct scheme *scheme = find_scheme(text, (size_t)(end - text));
	if (!scheme)
		return unknown_scheme(text, (size_t)(end - text), arena);
	const char *begin = end + 3, *path = begin + strcspn(begin, "/?#");
	struct authority a;
	const char *reason = authority_parse(begin, (size_t)(path - begin), arena, &a);
	if (reason)
		return reason;
	ret->host = a.host;
	ret->port = a.port ? a.port : scheme->port;
	ret->protocol = scheme->protocol;
	if (!ret->port)
		return "the port is missing, as in tcp://host:port";
	if (strchr(path, '#'))
		return "a fragment (\"#...\") is never sent";
	if (protocol_is_http(scheme->protocol))
		set_request(path, arena, ret);
	else if (*path)
		return "nothing may follow the port";
	return NULL;
}

int target_parse(const char *text, struct arena *arena, struct target *ret,
    struct input_error *reterr)
{
	*ret = (struct target){ .id = text };
	const char *reason = check_characters(text);
	if (!reason)
		reason = text_starts_nocase(text, dns_prefix)
			     ? parse_dns(text + strlen(dns_prefix), arena, ret)
			     : parse_url(text, arena, ret);
	return reason ? refuse(text, reason, arena, reterr) : 0;
}
