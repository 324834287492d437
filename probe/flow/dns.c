/* SPDX-License-Identifier: MIT */
#include "probe/flow/dns.h"

#include <string.h>

#include "probe/base/wire.h"

enum {
	TYPE_A = 1,
	TYPE_AAAA = 28,
	CLASS_IN = 1,
	MAX_RECORDS = 64
};

/* Printable bytes as they are; others would only confuse who compares names. */
static bool name_byte(uint8_t c, char *ret)
{
	if (c >= 'A' && c <= 'Z')
		c = (uint8_t)(c + 32);
	*ret = (char)c;
	return c > ' ' && c < 0x7f && c != '.';
}

static bool read_name(struct wire *w, struct dns_passing *ret)
{
	size_t at = 0;
	for (uint8_t n; (n = wire_u8(w)) != 0;) {
		const uint8_t *label = n < 64 ? wire_take(w, n) : NULL;
		if (!label || at + n + 1 >= DNS_NAME_MAX)
			return false;
		if (at > 0)
			ret->name[at++] = '.';
		for (uint8_t i = 0; i < n; i++)
			if (!name_byte(label[i], &ret->name[at++]))
				return false;
	}
	ret->name[at] = '\0';
	ret->name_len = at;
	return !w->failed;
}

/* Owner of a record: labels up to the root or a pointer, which is not followed. */
static void skip_name(struct wire *w)
{
	while (!w->failed) {
		uint8_t n = wire_u8(w);
		if (n == 0)
			return;
		if (n >= 0xc0) {
			wire_u8(w);
			return;
		}
		wire_take(w, n);
	}
}

static void add_address(struct dns_passing *ret, const uint8_t *p, size_t len)
{
	ret->records++;
	if (ret->n_addresses == DNS_ADDRESSES_MAX)
		return;
	memset(ret->addresses[ret->n_addresses], 0, 16);
	memcpy(ret->addresses[ret->n_addresses], p, len);
	ret->v6[ret->n_addresses++] = len == 16;
}

static void read_answers(struct wire *w, unsigned n, struct dns_passing *ret)
{
	for (unsigned i = 0; i < n && i < MAX_RECORDS; i++) {
		skip_name(w);
		uint16_t type = wire_be16(w), class = wire_be16(w);
		wire_be32(w);
		uint16_t len = wire_be16(w);
		const uint8_t *data = wire_take(w, len);
		if (!data)
			return;
		if (class == CLASS_IN &&
		    ((type == TYPE_A && len == 4) || (type == TYPE_AAAA && len == 16)))
			add_address(ret, data, len);
	}
}

bool dns_passing_read(const uint8_t *bytes, size_t len, struct dns_passing *ret)
{
	struct wire w = wire_init(bytes, len);
	ret->id = wire_be16(&w);
	uint16_t flags = wire_be16(&w), questions = wire_be16(&w);
	uint16_t answers = wire_be16(&w);
	wire_be32(&w);
	ret->response = flags & 0x8000;
	ret->rcode = flags & 15;
	ret->n_addresses = 0;
	ret->records = 0;
	/* A plain query or its answer: other operations are of no interest. */
	if (w.failed || questions != 1 || (flags & 0x7800) || !read_name(&w, ret))
		return false;
	ret->type = wire_be16(&w);
	if (wire_be16(&w) != CLASS_IN || w.failed)
		return false;
	if (ret->response)
		read_answers(&w, answers, ret);
	return true;
}
