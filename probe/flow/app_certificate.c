/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "probe/base/wire.h"
#include "probe/flow/app.h"

/*
 * As much of X.509 (RFC 5280) as names the holder. Nothing is verified here: the
 * names are told as what somebody on the wire claimed to be.
 */

enum {
	TAG_OCTETS = 0x04,
	TAG_OID = 0x06,
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
	TAG_VERSION = 0xa0,
	TAG_EXTENSIONS = 0xa3,
	TAG_DNS_NAME = 0x82,
	MAX_ITEMS = 64, /* of one sequence */
};

/* The next element of a sequence; its body fails when there is none. */
static struct wire element(struct wire *w, uint8_t *ret_tag)
{
	*ret_tag = wire_u8(w);
	size_t n = wire_u8(w);
	if (n >= 0x80) {
		unsigned bytes = n & 0x7f;
		n = 0;
		if (bytes == 0 || bytes > 3)
			w->failed = true;
		for (; bytes > 0 && !w->failed; bytes--)
			n = n << 8 | wire_u8(w);
	}
	const uint8_t *p = wire_take(w, n);
	struct wire body = wire_init(p, p ? n : 0);
	body.failed = !p;
	return body;
}

static struct wire inside(struct wire *w, uint8_t tag)
{
	uint8_t found;
	struct wire body = element(w, &found);
	body.failed = body.failed || found != tag;
	return body;
}

static bool is_oid(const struct wire *oid, uint8_t third)
{
	const uint8_t wanted[] = { 0x55, third == 17 ? 0x1d : 0x04, third };
	return oid->len == sizeof wanted &&
	       memcmp(oid->bytes, wanted, sizeof wanted) == 0;
}

static void add(char ret[APP_MAX_CERTIFICATE_NAMES], const struct wire *name)
{
	size_t used = strlen(ret), sep = used ? 2 : 0;
	if (name->len == 0 || memchr(name->bytes, 0, name->len) ||
	    used + sep + name->len >= APP_MAX_CERTIFICATE_NAMES)
		return;
	memcpy(ret + used, ", ", sep);
	memcpy(ret + used + sep, name->bytes, name->len);
	ret[used + sep + name->len] = '\0';
}

static void common_name(struct wire subject, char ret[APP_MAX_CERTIFICATE_NAMES])
{
	uint8_t tag;
	for (unsigned i = 0; i < MAX_ITEMS && subject.pos < subject.len; i++) {
		struct wire set = inside(&subject, TAG_SET);
		struct wire pair = inside(&set, TAG_SEQUENCE);
		struct wire oid = inside(&pair, TAG_OID);
		struct wire value = element(&pair, &tag);
		if (!oid.failed && !value.failed && is_oid(&oid, 3))
			add(ret, &value);
	}
}

static void alternative_names(struct wire list, char ret[APP_MAX_CERTIFICATE_NAMES])
{
	struct wire names = inside(&list, TAG_SEQUENCE);
	uint8_t tag;
	for (unsigned i = 0; i < MAX_ITEMS && names.pos < names.len; i++) {
		struct wire name = element(&names, &tag);
		if (name.failed)
			return;
		if (tag == TAG_DNS_NAME)
			add(ret, &name);
	}
}

static void extensions(struct wire outer, char ret[APP_MAX_CERTIFICATE_NAMES])
{
	struct wire list = inside(&outer, TAG_SEQUENCE);
	for (unsigned i = 0; i < MAX_ITEMS && list.pos < list.len; i++) {
		uint8_t tag;
		struct wire extension = inside(&list, TAG_SEQUENCE);
		struct wire oid = inside(&extension, TAG_OID);
		struct wire value = element(&extension, &tag);
		if (tag != TAG_OCTETS) /* "critical" stands before it */
			value = element(&extension, &tag);
		if (!oid.failed && !value.failed && is_oid(&oid, 17))
			alternative_names(value, ret);
	}
}

void app_certificate_names(
    const uint8_t *der, size_t len, char ret[APP_MAX_CERTIFICATE_NAMES])
{
	struct wire w = wire_init(der, len), subject = { .failed = true };
	struct wire whole = inside(&w, TAG_SEQUENCE);
	struct wire tbs = inside(&whole, TAG_SEQUENCE);
	uint8_t tag = 0;
	ret[0] = '\0';
	/* [version] serial algorithm issuer validity subject key ... extensions */
	for (unsigned i = 0; i < 12 && !tbs.failed && tbs.pos < tbs.len; i++) {
		struct wire body = element(&tbs, &tag);
		if (i == 0 && tag != TAG_VERSION)
			i = 1;
		if (i == 5)
			subject = body;
		if (tag == TAG_EXTENSIONS && !body.failed)
			extensions(body, ret);
	}
	if (!ret[0] && !subject.failed)
		common_name(subject, ret);
}
