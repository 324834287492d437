/* SPDX-License-Identifier: MIT */
#include "checks/proxy_choice.h"

#include <string.h>

#include "checks/authority.h"
#include "checks/input_error.h"
#include "checks/no_proxy.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

/* Ports that curl takes when a proxy names none (CURLOPT_PROXY(3)). */
static const struct {
	const char *scheme;
	uint16_t port;
} schemes[] = {
	{ "http://", 1080 },
	{ "https://", 443 },
	{ "socks4://", 1080 },
	{ "socks4a://", 1080 },
	{ "socks5://", 1080 },
	{ "socks5h://", 1080 },
};

static const char *parse_proxy(
    const char *url, struct arena *arena, const struct proxy **ret)
{
	size_t i = 0, n = sizeof schemes / sizeof *schemes;
	const char *begin = url;
	if (strstr(url, "://")) {
		while (i < n && !text_starts_nocase(url, schemes[i].scheme))
			i++;
		if (i == n)
			return "the scheme must be http, https, socks4, socks4a, "
			       "socks5 or socks5h";
		begin += strlen(schemes[i].scheme);
	}
	for (const char *p = url; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return "blanks, control and non-ASCII characters are refused";
	size_t len = strcspn(begin, "/?#");
	/* A password may hold '@' itself: the last one ends it. */
	const char *at = memrchr(begin, '@', len);
	const char *host = at ? at + 1 : begin;
	struct authority a;
	const char *reason =
	    authority_parse(host, len - (size_t)(host - begin), arena, &a);
	if (reason)
		return reason;
	struct proxy *p = arena_alloc(arena, sizeof *p);
	p->url = arena_strdup(arena, url);
	p->host = a.host;
	p->port = a.port ? a.port : schemes[i].port;
	p->shown_as = arena_printf(arena, "%s%s", schemes[i].scheme,
	    authority_format(p->host, p->port, arena));
	*ret = p;
	return NULL;
}

const char *proxy_without_credentials(const char *url, struct arena *arena)
{
	const struct proxy *p;
	if (!url || !*url)
		return url;
	return parse_proxy(url, arena, &p) ? "" : p->shown_as;
}

int proxies_parse(const struct settings *settings, struct arena *arena,
    struct proxies *ret, struct input_error *reterr)
{
	const struct {
		const char *url, *from;
		const struct proxy **ret;
	} sources[] = {
		{ settings->proxy, "--proxy", &ret->given },
		{ settings->env_http_proxy, "http_proxy (environment)", &ret->http },
		{ settings->env_https_proxy, "https_proxy (environment)", &ret->https },
		{ settings->env_all_proxy, "all_proxy (environment)", &ret->all },
	};

	*ret = (struct proxies){ .settings = settings };
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		/* What --proxy replaces must not stop the run. */
		if (!sources[i].url || !*sources[i].url || (i && settings->proxy))
			continue;
		const char *reason = parse_proxy(sources[i].url, arena, sources[i].ret);
		if (reason) {
			input_error_set(reterr, "%s: %s", sources[i].from, reason);
			return -1;
		}
	}
	return 0;
}

static struct proxy_choice direct(const char *reason)
{
	return (struct proxy_choice){ .reason = reason };
}

static struct proxy_choice first_proxy(
    const struct proxies *proxies, enum protocol protocol)
{
	bool tls = protocol_is_tls(protocol);
	const struct proxy *own = tls ? proxies->https : proxies->http;
	if (proxies->settings->proxy)
		return (struct proxy_choice){ proxies->given,
			proxies->given ? "--proxy" : "--proxy is empty" };
	if (own)
		return (struct proxy_choice){ own, tls ? "https_proxy (environment)"
						       : "http_proxy (environment)" };
	if (proxies->all)
		return (struct proxy_choice){ proxies->all, "all_proxy (environment)" };
	return direct("no proxy is set");
}

struct proxy_choice proxy_choose(const struct proxies *proxies,
    const struct target *target, bool platform, struct arena *arena)
{
	const struct settings *s = proxies->settings;
	if (!protocol_is_http(target->protocol))
		return direct(arena_printf(
		    arena, "protocol %s", protocol_name(target->protocol)));
	if (platform)
		return direct("address of the Azure platform");
	struct proxy_choice choice = first_proxy(proxies, target->protocol);
	const char *list = s->noproxy ? s->noproxy : s->env_no_proxy;
	if (!choice.proxy || !list)
		return choice;
	const char *entry = no_proxy_entry(list, target->host, arena);
	if (!entry)
		return choice;
	entry = text_escape(arena, entry, strlen(entry), 100);
	return direct(
	    s->noproxy ? arena_printf(arena, "--noproxy entry %s", entry)
		       : arena_printf(arena, "no_proxy entry %s (environment)", entry));
}
