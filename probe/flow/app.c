/* SPDX-License-Identifier: MIT */
#include "probe/flow/app.h"

#include <string.h>

#include "probe/base/wire.h"

enum {
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	RECORD_DATA = 23,
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	CERTIFICATE = 11,
	EXTENSION_SNI = 0,
	EXTENSION_ALPN = 16,
	EXTENSION_VERSIONS = 43,
	ALERT_FATAL = 2,
	MAX_EXTENSIONS = 64,
	MAX_RECORDS = 8, /* looked at in one piece of a stream */
};

/* A part of w with a length of its own before it; fails as one. */
static struct wire part(struct wire *w, unsigned length_bytes)
{
	const uint8_t *length = wire_take(w, length_bytes);
	size_t n = 0;
	for (unsigned i = 0; length && i < length_bytes; i++)
		n = n << 8 | length[i];
	const uint8_t *p = wire_take(w, n);
	struct wire inner = wire_init(p, p ? n : 0);
	inner.failed = !p;
	return inner;
}

static bool ended(const struct wire *w)
{
	return w->failed || w->pos == w->len;
}

static struct app_text text_of(const struct wire *w)
{
	return (struct app_text){ (const char *)w->bytes, w->len };
}

/* --- ClientHello ------------------------------------------------------------------ */

static void client_extension(uint16_t type, struct wire body, struct app_client *ret)
{
	struct wire list = part(&body, 2);
	if (type == EXTENSION_SNI && wire_u8(&list) == 0) {
		struct wire name = part(&list, 2);
		if (!name.failed)
			ret->sni = text_of(&name);
	} else if (type == EXTENSION_ALPN) {
		struct wire first = part(&list, 1);
		if (!first.failed && first.len > 0)
			ret->alpn = text_of(&first);
	}
}

/* The body may be cut; whole extensions before that are still told. */
static void client_hello(struct wire body, struct app_client *ret)
{
	wire_take(&body, 2 + 32);
	part(&body, 1); /* session id */
	part(&body, 2); /* cipher suites */
	part(&body, 1); /* compression */
	wire_take(&body, 2);
	for (unsigned i = 0; i < MAX_EXTENSIONS && !ended(&body); i++) {
		uint16_t type = wire_be16(&body);
		struct wire extension = part(&body, 2);
		if (!extension.failed)
			client_extension(type, extension, ret);
	}
}

static bool looks_like_record(const uint8_t *bytes, size_t len)
{
	return len >= 3 && bytes[0] >= 20 && bytes[0] <= RECORD_DATA && bytes[1] == 3 &&
	       bytes[2] <= 4;
}

/* --- HTTP ------------------------------------------------------------------------- */

static bool starts(const uint8_t *bytes, size_t len, const char *word)
{
	size_t n = strlen(word);
	return len >= n && memcmp(bytes, word, n) == 0;
}

static struct app_text method_of(const uint8_t *bytes, size_t len)
{
	static const char *const methods[] = { "GET ", "POST ", "PUT ", "HEAD ",
		"CONNECT ", "OPTIONS ", "DELETE ", "PATCH " };
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (starts(bytes, len, methods[i]))
			return (struct app_text){ methods[i], strlen(methods[i]) - 1 };
	return (struct app_text){ NULL, 0 };
}

static bool same_nocase(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = a[i] >= 'A' && a[i] <= 'Z' ? (char)(a[i] + 32) : a[i];
		if (c != b[i])
			return false;
	}
	return true;
}

/* The value when the line is a field of that name (lower case). */
static struct app_text field(const char *line, size_t len, const char *name)
{
	size_t n = strlen(name);
	if (len <= n || line[n] != ':' || !same_nocase(line, name, n))
		return (struct app_text){ NULL, 0 };
	line += n + 1;
	len -= n + 1;
	while (len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == ' '))
		len--;
	return (struct app_text){ line, len };
}

/* Without the port, which the flow has. An IPv6 literal stays as it is. */
static struct app_text host_alone(struct app_text host)
{
	const char *colon = memrchr(host.bytes, ':', host.len);
	if (colon && host.bytes[0] != '[')
		host.len = (size_t)(colon - host.bytes);
	return host;
}

static bool read_request(const uint8_t *bytes, size_t len, struct app_client *ret)
{
	const char *p = (const char *)bytes, *end = p + len;
	for (const char *eol; (eol = memchr(p, '\n', (size_t)(end - p))); p = eol + 1) {
		size_t n = (size_t)(eol - p);
		if (n <= 1)
			return false;
		struct app_text host = field(p, n, "host");
		struct app_text upgrade = field(p, n, "upgrade");
		if (host.len > 0)
			ret->host = host_alone(host);
		if (upgrade.len == 9 && same_nocase(upgrade.bytes, "websocket", 9))
			ret->upgrade = true;
	}
	return true;
}

bool app_read_client(const uint8_t *bytes, size_t len, struct app_client *ret)
{
	*ret = (struct app_client){ .tls = false };
	if (looks_like_record(bytes, len) && bytes[0] == RECORD_HANDSHAKE) {
		struct wire w = wire_init(bytes, len);
		wire_take(&w, 5);
		ret->tls = len < 6 || wire_u8(&w) == CLIENT_HELLO;
		size_t size = (size_t)wire_u8(&w) << 16 | wire_be16(&w);
		size_t there = w.len - w.pos;
		if (w.failed)
			return true;
		client_hello(
		    wire_init(bytes + w.pos, there < size ? there : size), ret);
		return ret->tls && there < size;
	}
	ret->method = method_of(bytes, len);
	return ret->method.bytes && read_request(bytes, len, ret);
}

/* --- Answers ---------------------------------------------------------------------- */

static void server_hello(struct wire body, struct app_server *ret)
{
	ret->server_hello = true;
	ret->version = wire_be16(&body);
	wire_take(&body, 32);
	part(&body, 1);
	wire_take(&body, 3 + 2);
	while (!ended(&body)) {
		uint16_t type = wire_be16(&body);
		struct wire extension = part(&body, 2);
		if (type == EXTENSION_VERSIONS && extension.len == 2)
			ret->version = wire_be16(&extension);
	}
}

static void certificate(struct wire body, struct app_server *ret)
{
	struct wire list = part(&body, 3), leaf = part(&list, 3);
	if (!leaf.failed)
		app_certificate_names(leaf.bytes, leaf.len, ret->certificate);
}

/*
 * Messages of a TLS 1.2 server stand one after the other, in one record or several of
 * one message each; those that cross records are not put together.
 */
static bool read_messages(struct wire record, struct app_server *ret)
{
	while (!ended(&record)) {
		uint8_t type = wire_u8(&record);
		struct wire body = part(&record, 3);
		if (body.failed)
			return false;
		if (type == SERVER_HELLO)
			server_hello(body, ret);
		else if (type == CERTIFICATE)
			certificate(body, ret);
	}
	return true;
}

static bool read_records(const uint8_t *bytes, size_t len, struct app_server *ret)
{
	struct wire w = wire_init(bytes, len);
	for (unsigned i = 0; i < MAX_RECORDS; i++) {
		if (ended(&w))
			break;
		uint8_t type = wire_u8(&w);
		wire_take(&w, 2);
		struct wire record = part(&w, 2);
		if (record.failed)
			break;
		if (type != RECORD_HANDSHAKE)
			return false;
		read_messages(record, ret);
		if (ret->certificate[0])
			return false;
	}
	/* From TLS 1.3 on everything behind the ServerHello is encrypted. */
	return !ret->server_hello || ret->version < 0x0304;
}

bool app_read_server(const uint8_t *bytes, size_t len, struct app_server *ret)
{
	*ret = (struct app_server){ .version = 0 };
	if (looks_like_record(bytes, len) && bytes[0] == RECORD_HANDSHAKE)
		return read_records(bytes, len, ret);
	if (len < 12 || !starts(bytes, len, "HTTP/1.") || bytes[8] != ' ')
		return false;
	for (unsigned i = 9; i < 12; i++) {
		if (bytes[i] < '0' || bytes[i] > '9')
			return false;
		ret->status = (uint16_t)(ret->status * 10 + (bytes[i] - '0'));
	}
	return false;
}

int app_tls_alert(const uint8_t *bytes, size_t len)
{
	struct wire w = wire_init(bytes, len);
	for (unsigned i = 0; i < MAX_RECORDS; i++) {
		if (!looks_like_record(w.bytes + w.pos, w.len - w.pos))
			return -1;
		uint8_t type = wire_u8(&w);
		wire_take(&w, 2);
		struct wire record = part(&w, 2);
		if (record.failed)
			return -1;
		if (type == RECORD_ALERT && record.len == 2 &&
		    record.bytes[0] == ALERT_FATAL)
			return record.bytes[1];
	}
	return -1;
}

bool app_tls_data(const uint8_t *bytes, size_t len)
{
	struct wire w = wire_init(bytes, len);
	for (unsigned i = 0; i < MAX_RECORDS; i++) {
		if (!looks_like_record(w.bytes + w.pos, w.len - w.pos))
			return false;
		if (wire_u8(&w) == RECORD_DATA)
			return true;
		wire_take(&w, 2);
		if (part(&w, 2).failed)
			return false;
	}
	return false;
}
