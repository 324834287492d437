/* SPDX-License-Identifier: MIT */
#include "probe/model/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "probe/base/parse.h"

static size_t ip_size(const struct addr *a)
{
	return a->family == AF_INET ? 4 : 16;
}

bool addr_parse(const char *text, struct addr *ret)
{
	struct addr a = { 0 };
	if (inet_pton(AF_INET, text, a.ip) == 1)
		a.family = AF_INET;
	else if (inet_pton(AF_INET6, text, a.ip) == 1)
		a.family = AF_INET6;
	else
		return false;
	*ret = a;
	return true;
}

bool addr_parse_port(const char *text, struct addr *ret)
{
	char host[INET6_ADDRSTRLEN];
	const char *begin = text, *end, *port = NULL;

	if (addr_parse(text, ret))
		return true;
	if (*text == '[') {
		begin++;
		end = strchr(begin, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
		if (end[1])
			port = end + 2;
	} else {
		end = strchr(begin, ':');
		if (!end)
			return false;
		port = end + 1;
	}
	size_t len = (size_t)(end - begin);
	if (len >= sizeof host)
		return false;
	memcpy(host, begin, len);
	host[len] = '\0';
	struct addr a;
	if (!addr_parse(host, &a) || (port && !parse_port(port, &a.port)))
		return false;
	if ((*text == '[') != (a.family == AF_INET6))
		return false;
	*ret = a;
	return true;
}

static bool bit_is_set(const struct addr *a, unsigned bit)
{
	return a->ip[bit / 8] & (0x80 >> (bit % 8));
}

bool cidr_parse(const char *text, struct cidr *ret)
{
	char host[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	if (len >= sizeof host)
		return false;
	memcpy(host, text, len);
	host[len] = '\0';

	struct cidr c;
	if (!addr_parse(host, &c.base))
		return false;
	uint64_t bits = ip_size(&c.base) * 8;
	if (slash) {
		uint64_t given;
		if (!parse_uint(slash + 1, 999, &given) || given > bits)
			return false;
		bits = given;
	}
	for (unsigned i = (unsigned)bits; i < ip_size(&c.base) * 8; i++)
		if (bit_is_set(&c.base, i))
			return false;
	c.bits = (uint8_t)bits;
	*ret = c;
	return true;
}

bool cidr_contains(const struct cidr *c, const struct addr *a)
{
	unsigned whole = c->bits / 8, rest = c->bits % 8;

	if (c->base.family != a->family || memcmp(c->base.ip, a->ip, whole) != 0)
		return false;
	return rest == 0 || (c->base.ip[whole] ^ a->ip[whole]) >> (8 - rest) == 0;
}

const char *addr_format(const struct addr *a, char buf[ADDR_TEXT_MAX])
{
	if (!a->family || !inet_ntop(a->family, a->ip, buf, ADDR_TEXT_MAX))
		snprintf(buf, ADDR_TEXT_MAX, "none");
	return buf;
}

const char *addr_format_port(const struct addr *a, char buf[ADDR_TEXT_MAX])
{
	char ip[ADDR_TEXT_MAX];
	addr_format(a, ip);
	if (!a->port)
		memcpy(buf, ip, sizeof ip);
	else
		snprintf(buf, ADDR_TEXT_MAX,
		    a->family == AF_INET6 ? "[%.45s]:%u" : "%.45s:%u", ip,
		    (unsigned)a->port);
	return buf;
}

bool addr_same_ip(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, ip_size(a)) == 0;
}

static bool is_in_one_of(const struct addr *a, const struct cidr *prefixes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cidr_contains(&prefixes[i], a))
			return true;
	return false;
}

/* PREFIX(family, length, first bytes...) */
#define PREFIX(of, length, ...)                                                        \
	{                                                                              \
		.base = { .family = of, .ip = { __VA_ARGS__ } }, .bits = length        \
	}

bool addr_is_loopback(const struct addr *a)
{
	static const struct cidr prefixes[] = {
		PREFIX(AF_INET, 8, 127),
		PREFIX(AF_INET6, 128, [15] = 1),
	};
	return is_in_one_of(a, prefixes, sizeof prefixes / sizeof *prefixes);
}

bool addr_is_private(const struct addr *a)
{
	static const struct cidr prefixes[] = {
		PREFIX(AF_INET, 8, 10),           /* RFC 1918 */
		PREFIX(AF_INET, 12, 172, 16),     /* RFC 1918 */
		PREFIX(AF_INET, 16, 192, 168),    /* RFC 1918 */
		PREFIX(AF_INET, 10, 100, 64),     /* RFC 6598, shared */
		PREFIX(AF_INET, 16, 169, 254),    /* RFC 3927, link-local */
		PREFIX(AF_INET6, 7, 0xfc),        /* RFC 4193, unique local */
		PREFIX(AF_INET6, 10, 0xfe, 0x80), /* RFC 4291, link-local */
	};
	return addr_is_loopback(a) ||
	       is_in_one_of(a, prefixes, sizeof prefixes / sizeof *prefixes);
}

bool addr_from_sockaddr(const struct sockaddr *sa, struct addr *ret)
{
	struct addr a = { 0 };
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, sa, sizeof in);
		a.port = ntohs(in.sin_port);
		memcpy(a.ip, &in.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, sa, sizeof in6);
		a.port = ntohs(in6.sin6_port);
		a.scope = in6.sin6_scope_id;
		memcpy(a.ip, &in6.sin6_addr, 16);
	} else {
		return false;
	}
	a.family = (uint8_t)sa->sa_family;
	*ret = a;
	return true;
}

socklen_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof *ret);
	if (a->family == AF_INET) {
		struct sockaddr_in in = { .sin_family = AF_INET,
			.sin_port = htons(a->port) };
		memcpy(&in.sin_addr, a->ip, 4);
		memcpy(ret, &in, sizeof in);
		return sizeof in;
	}
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(a->port),
		.sin6_scope_id = a->scope };
	memcpy(&in6.sin6_addr, a->ip, 16);
	memcpy(ret, &in6, sizeof in6);
	return sizeof in6;
}
