/* SPDX-License-Identifier: MIT */
#include "probe/codec/dns_msg.h"

#include <stdio.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/base/wire.h"

enum {
	CLASS_IN = 1,
	TYPE_OPT = 41,
	OPTION_EDE = 15, /* RFC 8914 section 2 */
	FLAG_QR = 0x8000,
	FLAG_AA = 0x0400,
	FLAG_TC = 0x0200,
	FLAG_RD = 0x0100,
	FLAG_RA = 0x0080,
	FLAG_AD = 0x0020,
	FLAG_CD = 0x0010,
	HEADER_SIZE = 12,
	NAME_WIRE_MAX = 255,
	LABEL_MAX = 63,
	/* Every byte of a name can take four characters. */
	NAME_TEXT_MAX = NAME_WIRE_MAX * 4 + 1,
};

struct message {
	struct wire wire;
	uint16_t flags;
	uint16_t n_questions, n_answers, n_authorities, n_additionals;
};

static struct message read_header(const uint8_t *bytes, size_t len)
{
	struct message m = { .wire = wire_init(bytes, len) };
	wire_be16(&m.wire); /* id */
	m.flags = wire_be16(&m.wire);
	m.n_questions = wire_be16(&m.wire);
	m.n_answers = wire_be16(&m.wire);
	m.n_authorities = wire_be16(&m.wire);
	m.n_additionals = wire_be16(&m.wire);
	return m;
}

static size_t put_byte(char *out, uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		c = (uint8_t)(c - 'A' + 'a');
	if (c == '.' || c == '\\') {
		out[0] = '\\';
		out[1] = (char)c;
		return 2;
	}
	if (c > 0x20 && c < 0x7f) {
		out[0] = (char)c;
		return 1;
	}
	out[0] = '\\';
	out[1] = (char)('0' + c / 100);
	out[2] = (char)('0' + c / 10 % 10);
	out[3] = (char)('0' + c % 10);
	return 4;
}

/*
 * Reads a name as printable text. A pointer must lead to before the place where the
 * labels it continues began, so that every jump shortens what is left (RFC 1035
 * section 4.1.4 knows only "prior" occurrences) and a loop is impossible.
 */
static void read_name(struct wire *w, char text[NAME_TEXT_MAX])
{
	size_t start = w->pos, resume = 0, n = 0, wire_len = 1;
	uint8_t len;
	while ((len = wire_u8(w)) != 0 && !w->failed) {
		if (len >= 0xc0) {
			size_t to = ((size_t)(len & 0x3f) << 8) | wire_u8(w);
			if (w->failed || to >= start)
				goto bad;
			if (!resume)
				resume = w->pos;
			w->pos = start = to;
			continue;
		}
		wire_len += (size_t)len + 1;
		if (len > LABEL_MAX || wire_len > NAME_WIRE_MAX)
			goto bad;
		const uint8_t *label = wire_take(w, len);
		if (!label)
			goto bad;
		if (n)
			text[n++] = '.';
		for (size_t i = 0; i < len; i++)
			n += put_byte(text + n, label[i]);
	}
	if (resume)
		w->pos = resume;
	text[n] = '\0';
	return;
bad:
	w->failed = true;
	text[0] = '\0';
}

/* The asked name in the form read_name() gives, so that both can be compared. */
static bool printable_name(const char *name, char text[NAME_TEXT_MAX])
{
	size_t len = strlen(name), n = 0;
	if (len && name[len - 1] == '.')
		len--;
	if (len >= NAME_WIRE_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (name[i] == '.')
			text[n++] = '.';
		else
			n += put_byte(text + n, (uint8_t)name[i]);
	}
	text[n] = '\0';
	return true;
}

static bool question_matches(struct message *m, const char *asked, uint16_t type)
{
	char name[NAME_TEXT_MAX];
	if (m->n_questions == 0)
		return (m->flags & 0xf) != 0 && !m->n_answers && !m->n_authorities;
	if (m->n_questions != 1)
		return false;
	read_name(&m->wire, name);
	uint16_t got_type = wire_be16(&m->wire), got_class = wire_be16(&m->wire);
	return !m->wire.failed && got_type == type && got_class == CLASS_IN &&
	       strcmp(name, asked) == 0;
}

/* What is collected on the way through the sections. */
struct answer {
	struct arena *arena;
	const char *asked; /* the caller's string when printable as it is, else NULL */
	struct dns_record records[OBS_MAX_RECORDS];
	size_t n_records;
	bool edns;
	unsigned rcode_high;
	int ede;
};

/* Owners repeat: the asked name and the target before it cover nearly all records. */
static const char *keep_name(struct answer *a, const char *text)
{
	if (a->asked && strcmp(text, a->asked) == 0)
		return a->asked;
	for (size_t i = a->n_records; i-- > 0;) {
		if (a->records[i].target && strcmp(a->records[i].target, text) == 0)
			return a->records[i].target;
		if (strcmp(a->records[i].name, text) == 0)
			return a->records[i].name;
	}
	return arena_strdup(a->arena, text);
}

static void read_address(struct wire *w, size_t size, struct addr *ret)
{
	const uint8_t *p = wire_take(w, size);
	if (!p)
		return;
	ret->family = size == 4 ? AF_INET : AF_INET6;
	memcpy(ret->ip, p, size);
}

struct rr {
	uint16_t type, class;
	uint32_t ttl;
	size_t end; /* of its data */
};

static void read_data(
    struct answer *a, struct message *m, const struct rr *rr, const char *owner)
{
	struct dns_record record = { .type = rr->type, .ttl = rr->ttl };
	char target[NAME_TEXT_MAX];
	if (rr->type == DNS_TYPE_A)
		read_address(&m->wire, 4, &record.address);
	else if (rr->type == DNS_TYPE_AAAA)
		read_address(&m->wire, 16, &record.address);
	else
		read_name(&m->wire, target);
	/* After the first server of an SOA come the mailbox and five numbers. */
	bool whole =
	    rr->type == DNS_TYPE_SOA ? m->wire.pos <= rr->end : m->wire.pos == rr->end;
	if (m->wire.failed || !whole) {
		m->wire.failed = true;
		return;
	}
	if (a->n_records == OBS_MAX_RECORDS)
		return;
	record.name = keep_name(a, owner);
	if (rr->type == DNS_TYPE_CNAME || rr->type == DNS_TYPE_SOA)
		record.target = keep_name(a, target);
	a->records[a->n_records++] = record;
}

static void read_options(struct answer *a, struct message *m, const struct rr *rr)
{
	/* A second OPT record is a format error (RFC 6891 section 6.1.1). */
	if (a->edns) {
		m->wire.failed = true;
		return;
	}
	a->edns = true;
	a->rcode_high = rr->ttl >> 24;
	while (m->wire.pos < rr->end && !m->wire.failed) {
		uint16_t code = wire_be16(&m->wire), size = wire_be16(&m->wire);
		struct wire option = wire_init(wire_take(&m->wire, size), size);
		if (m->wire.failed || m->wire.pos > rr->end) {
			m->wire.failed = true;
			return;
		}
		if (code == OPTION_EDE && size >= 2 && a->ede < 0)
			a->ede = wire_be16(&option);
	}
}

enum section {
	ANSWER,
	AUTHORITY,
	ADDITIONAL
};

static bool is_kept(enum section section, const struct rr *rr)
{
	if (rr->class != CLASS_IN)
		return false;
	if (section == ANSWER)
		return rr->type == DNS_TYPE_A || rr->type == DNS_TYPE_AAAA ||
		       rr->type == DNS_TYPE_CNAME;
	return section == AUTHORITY && rr->type == DNS_TYPE_SOA;
}

static void read_record(struct answer *a, struct message *m, enum section section)
{
	char owner[NAME_TEXT_MAX];
	struct wire *w = &m->wire;
	read_name(w, owner);
	struct rr rr;
	rr.type = wire_be16(w);
	rr.class = wire_be16(w);
	rr.ttl = wire_be32(w);
	size_t size = wire_be16(w);
	if (w->failed || size > w->len - w->pos) {
		w->failed = true;
		return;
	}
	rr.end = w->pos + size;
	if (section == ADDITIONAL && rr.type == TYPE_OPT)
		read_options(a, m, &rr);
	else if (is_kept(section, &rr))
		read_data(a, m, &rr, owner);
	w->pos = rr.end;
}

static void read_section(
    struct answer *a, struct message *m, enum section section, uint16_t count)
{
	for (unsigned i = 0; i < count && !m->wire.failed; i++)
		read_record(a, m, section);
}

bool dns_msg_parse(const uint8_t *bytes, size_t len, const char *name, uint16_t type,
    struct arena *arena, struct obs_dns *ret)
{
	char asked[NAME_TEXT_MAX];
	struct message m = read_header(bytes, len);
	if (m.wire.failed || !(m.flags & FLAG_QR) || !printable_name(name, asked) ||
	    !question_matches(&m, asked, type))
		return false;

	struct answer a = { .arena = arena, .ede = -1 };
	if (strcmp(name, asked) == 0)
		a.asked = name;
	read_section(&a, &m, ANSWER, m.n_answers);
	read_section(&a, &m, AUTHORITY, m.n_authorities);
	read_section(&a, &m, ADDITIONAL, m.n_additionals);
	bool truncated = m.flags & FLAG_TC;
	if (m.wire.failed && !truncated)
		return false;

	unsigned rcode = (m.flags & 0xfU) | (a.rcode_high << 4);
	ret->rcode = (uint8_t)(rcode > 255 ? 255 : rcode);
	ret->aa = m.flags & FLAG_AA;
	ret->tc = truncated;
	ret->ra = m.flags & FLAG_RA;
	ret->ad = m.flags & FLAG_AD;
	ret->edns = a.edns;
	ret->ede = a.ede;
	ret->n_records = a.n_records;
	ret->records = a.n_records ? arena_memdup(arena, a.records,
					 a.n_records * sizeof *a.records)
				   : NULL;
	return true;
}

uint16_t dns_msg_id(const uint8_t *bytes, size_t len)
{
	struct wire w = wire_init(bytes, len);
	return wire_be16(&w);
}

bool dns_msg_is_response(const uint8_t *bytes, size_t len)
{
	char name[NAME_TEXT_MAX];
	struct message m = read_header(bytes, len);
	for (unsigned i = 0; i < m.n_questions && !m.wire.failed; i++) {
		read_name(&m.wire, name);
		wire_be32(&m.wire); /* type and class */
	}
	return !m.wire.failed && (m.flags & FLAG_QR);
}

static size_t put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return 2;
}

/* Writes the labels; 0 when they do not fit. */
static size_t put_name(uint8_t *p, const char *name)
{
	size_t n = 0;
	while (*name) {
		size_t len = strcspn(name, ".");
		if (len == 0 || len > LABEL_MAX || n + len + 2 > NAME_WIRE_MAX)
			return 0;
		p[n++] = (uint8_t)len;
		memcpy(p + n, name, len);
		n += len;
		name += len;
		if (*name == '.')
			name++;
	}
	p[n++] = 0;
	return n;
}

size_t dns_query_build(uint8_t buf[DNS_QUERY_MAX], uint16_t id, const char *name,
    const struct dns_form *form)
{
	size_t n = 0;
	n += put16(buf + n, id);
	n += put16(buf + n, FLAG_RD | (form->cd ? FLAG_CD : 0));
	n += put16(buf + n, 1);
	n += put16(buf + n, 0);
	n += put16(buf + n, 0);
	n += put16(buf + n, form->edns_size ? 1 : 0);
	size_t name_len = put_name(buf + n, name);
	if (!name_len)
		return 0;
	n += name_len;
	n += put16(buf + n, form->type);
	n += put16(buf + n, CLASS_IN);
	if (!form->edns_size)
		return n;
	buf[n++] = 0; /* the root owns the OPT record */
	n += put16(buf + n, TYPE_OPT);
	n += put16(buf + n, form->edns_size);
	memset(buf + n, 0, 6); /* rcode, version, flags, no options */
	return n + 6;
}
