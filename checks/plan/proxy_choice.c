/* SPDX-License-Identifier: MIT */
#include "checks/plan/proxy_choice.h"

#include <string.h>

#include "checks/input/input_error.h"
#include "checks/input/secret_file.h"
#include "checks/plan/authority.h"
#include "checks/plan/no_proxy.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

/* Ports that curl takes when a proxy names none (CURLOPT_PROXY(3)). */
static const struct scheme {
	const char *name;
	uint16_t port;
	bool socks, tls;
} schemes[] = {
	{ "http://", 1080, false, false },
	{ "https://", 443, false, true },
	{ "socks4://", 1080, true, false },
	{ "socks4a://", 1080, true, false },
	{ "socks5://", 1080, true, false },
	{ "socks5h://", 1080, true, false },
};

static const struct scheme *find_scheme(const char *url)
{
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (text_starts_nocase(url, schemes[i].name))
			return &schemes[i];
	return NULL;
}

/* The authority of a URL, with or without a scheme. */
static const char *authority_of(const char *url, size_t *ret_len)
{
	const char *slashes = strstr(url, "://");
	const char *begin = slashes ? slashes + strlen("://") : url;

	*ret_len = strcspn(begin, "/?#");
	return begin;
}

bool proxy_has_credentials(const char *url)
{
	size_t len;
	const char *begin = authority_of(url, &len);

	return memchr(begin, '@', len) != NULL;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986 section 2.1; NULL for what is no escape or means a control character. */
static const char *percent_decode(const char *text, size_t len, struct arena *arena)
{
	char *out = arena_alloc(arena, len + 1), *to = out;

	for (size_t i = 0; i < len; i++) {
		int high, low;
		if (text[i] != '%') {
			*to++ = text[i];
			continue;
		}
		if (len - i < 3 || (high = hex_value(text[i + 1])) < 0 ||
		    (low = hex_value(text[i + 2])) < 0 || (high << 4 | low) < ' ')
			return NULL;
		*to++ = (char)(high << 4 | low);
		i += 2;
	}
	*to = '\0';
	return out;
}

static const char *parse_login(
    const char *text, size_t len, struct arena *arena, struct proxy *p)
{
	const char *colon = memchr(text, ':', len);
	size_t user = colon ? (size_t)(colon - text) : len;

	p->user = percent_decode(text, user, arena);
	p->password = colon ? percent_decode(colon + 1, len - user - 1, arena) : "";
	return p->user && p->password
		   ? NULL
		   : "\"%\" in user name or password must be followed by two "
		     "hexadecimal digits, not of a control character";
}

static const char *parse_proxy(
    const char *url, struct arena *arena, const struct proxy **ret)
{
	const struct scheme *scheme = strstr(url, "://") ? find_scheme(url) : schemes;
	if (!scheme)
		return "the scheme must be http, https, socks4, socks4a, "
		       "socks5 or socks5h";
	for (const char *p = url; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return arena_printf(arena,
			    "character %zu: blanks, control and non-ASCII characters "
			    "are refused",
			    (size_t)(p - url) + 1);
	struct proxy *p = arena_alloc(arena, sizeof *p);
	size_t len;
	const char *begin = authority_of(url, &len), *reason = NULL;
	/* A password may hold '@' itself: the last one ends it. */
	const char *at = memrchr(begin, '@', len);
	const char *host = at ? at + 1 : begin;
	struct authority a;
	if (at)
		reason = parse_login(begin, (size_t)(at - begin), arena, p);
	if (!reason)
		reason = authority_parse(host, len - (size_t)(host - begin), arena, &a);
	if (reason)
		return reason;
	p->host = a.host;
	p->port = a.port ? a.port : scheme->port;
	p->socks = scheme->socks;
	p->tls = scheme->tls;
	p->shown_as = arena_printf(
	    arena, "%s%s", scheme->name, authority_format(p->host, p->port, arena));
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

int proxy_credentials_read(
    struct settings *settings, struct arena *arena, struct input_error *reterr)
{
	const char *line, *path = settings->proxy_credentials_file;
	struct input_error why;

	if (!path)
		return 0;
	if (secret_file_read(path, arena, &line, &why) < 0) {
		input_error_set(reterr, "--proxy-credentials-file: %s", why.text);
		return -1;
	}
	const char *colon = strchr(line, ':');
	if (!colon || colon == line) {
		input_error_set(
		    reterr, "--proxy-credentials-file: the line must be USER:PASSWORD");
		return -1;
	}
	settings->proxy_user = arena_strndup(arena, line, (size_t)(colon - line));
	settings->proxy_password = colon + 1;
	return 0;
}

static const char *or_else(const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

const char *proxy_source_shown(const char *from)
{
	const char *slash = from ? strrchr(from, '/') : NULL;

	return slash ? slash + 1 : from;
}

/* "https_proxy (environment)"; saved settings say it the same way. */
static const char *from_environment(
    const char *name, const char *otherwise, struct arena *arena)
{
	return arena_printf(arena, "%s (environment)", or_else(name, otherwise));
}

int proxies_parse(const struct settings *settings, struct arena *arena,
    struct proxies *ret, struct input_error *reterr)
{
	const struct proxy_sources *from = &settings->proxy_from;

	const struct {
		const char *url, *from;
		const struct proxy **ret;
	} sources[] = {
		{ settings->proxy, or_else(from->proxy, "--proxy"), &ret->given },
		{ settings->env_http_proxy, "http_proxy (environment)", &ret->http },
		{ settings->env_https_proxy,
		    from_environment(from->https_proxy, "https_proxy", arena),
		    &ret->https },
		{ settings->env_all_proxy,
		    from_environment(from->all_proxy, "all_proxy", arena), &ret->all },
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
		struct proxy *p =
		    arena_memdup(arena, *sources[i].ret, sizeof(struct proxy));
		p->auth = settings->proxy_auth;
		if (settings->proxy_user) {
			p->user = settings->proxy_user;
			p->password = settings->proxy_password;
		}
		*sources[i].ret = p;
	}
	return 0;
}

static struct proxy_choice direct(const char *reason)
{
	return (struct proxy_choice){ .reason = reason };
}

static struct proxy_choice sent_to(const struct proxy *proxy, const char *reason)
{
	return (struct proxy_choice){ .proxy = proxy, .reason = reason };
}

/* What every program finds that reads the environment. */
static struct proxy_choice of_environment(
    const struct proxies *proxies, enum protocol protocol, struct arena *arena)
{
	const struct proxy_sources *from = &proxies->settings->proxy_from;
	bool tls = protocol_is_tls(protocol);

	if (tls && proxies->https)
		return sent_to(proxies->https,
		    from_environment(from->https_proxy, "https_proxy", arena));
	if (!tls && proxies->http)
		return sent_to(proxies->http, "http_proxy (environment)");
	if (proxies->all)
		return sent_to(proxies->all,
		    from_environment(from->all_proxy, "all_proxy", arena));
	return direct("no proxy is set");
}

static struct proxy_choice first_proxy(
    const struct proxies *proxies, enum protocol protocol, struct arena *arena)
{
	const char *from =
	    proxy_source_shown(or_else(proxies->settings->proxy_from.proxy, "--proxy"));

	if (!proxies->settings->proxy)
		return of_environment(proxies, protocol, arena);
	if (proxies->given)
		return sent_to(proxies->given, from);
	return direct(arena_printf(arena, "%s is empty", from));
}

/* The words for the entry of a list that keeps a host from its proxy. */
static const char *exemption_words(
    const struct settings *s, const char *entry, struct arena *arena)
{
	const char *shown = text_escape(arena, entry, strlen(entry), 100);

	if (s->noproxy)
		return arena_printf(arena, "%s entry %s",
		    proxy_source_shown(or_else(s->proxy_from.noproxy, "--noproxy")),
		    shown);
	return arena_printf(arena, "%s entry %s (environment)",
	    or_else(s->proxy_from.no_proxy, "no_proxy"), shown);
}

static struct proxy_choice choose_for_platform(
    const struct proxies *proxies, const struct target *target, struct arena *arena)
{
	struct proxy_choice choice = direct("address of the Azure platform");
	struct proxy_choice others = of_environment(proxies, target->protocol, arena);
	const char *list = proxies->settings->env_no_proxy;

	if (others.proxy && !(list && no_proxy_entry(list, target->host, arena)))
		choice.others_proxied_by = others.reason;
	return choice;
}

struct proxy_choice proxy_choose(const struct proxies *proxies,
    const struct target *target, bool platform, struct arena *arena)
{
	if (!protocol_is_http(target->protocol))
		return direct(arena_printf(
		    arena, "protocol %s", protocol_name(target->protocol)));
	if (platform)
		return choose_for_platform(proxies, target, arena);
	struct proxy_choice choice = first_proxy(proxies, target->protocol, arena);
	const struct settings *s = proxies->settings;
	const char *list = s->noproxy ? s->noproxy : s->env_no_proxy;
	const char *entry =
	    choice.proxy && list ? no_proxy_entry(list, target->host, arena) : NULL;
	if (!entry)
		return choice;
	choice.exempt_from = choice.proxy;
	choice.proxy = NULL;
	choice.reason = exemption_words(s, entry, arena);
	choice.entry = entry;
	return choice;
}
