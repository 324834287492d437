/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/base/text.h"
#include "report/buf.h"
#include "report/redact_json.h"
#include "report/redact_names.h"
#include "report/redactor.h"
#include "report/report.h"

/*
 * One pass over a finished document, or over each text of one that is yet to be
 * written. Names come from the plan (redact_names.c);
 * addresses, GUIDs and digests are recognised by their form wherever they stand. In
 * text the blanks after a pseudonym give way, so that columns stay in line; what is
 * left alone in JSON says redact_json.c.
 */

enum {
	GUID_LENGTH = 36,
	DIGEST_LENGTH = 64, /* SHA-256 in hexadecimal digits */
	MAX_ADDRESS = 48    /* longer runs of digits and colons are none */
};

struct redactor {
	struct names names;
	struct buf out;
	json_t *seen;            /* address or GUID to its number */
	unsigned next[6];        /* last number of each class below */
	const char *catalogue;   /* digest that is everybody's; NULL = none */
	bool is_text;            /* columns matter */
	const char *begin, *end; /* the stretch that is being read */
	long wider;              /* columns the line has grown by since the gap */
};

enum {
	CLASS_V4_PRIVATE,
	CLASS_V4_PUBLIC,
	CLASS_V6_PRIVATE,
	CLASS_V6_PUBLIC,
	CLASS_GUID,
	CLASS_DIGEST
};

/* Number of a thing within its class, the same wherever it stands. */
static unsigned number_of(struct redactor *r, const char *key, int class)
{
	const json_t *known = json_object_get(r->seen, key);
	if (known)
		return (unsigned)json_integer_value(known);
	unsigned n = ++r->next[class];
	json_object_set_new(r->seen, key, json_integer(n));
	return n;
}

static void replace(struct redactor *r, const char *by, size_t old_len)
{
	buf_puts(&r->out, by);
	r->wider += (long)strlen(by) - (long)old_len;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Behind \x0a a word begins, although an 'a' stands before it. */
static bool behind_escape(const struct redactor *r, const char *p)
{
	return p - r->begin >= 4 && p[-4] == '\\' && p[-3] == 'x' && is_hex(p[-2]) &&
	       is_hex(p[-1]);
}

static bool begins_word(const struct redactor *r, const char *p)
{
	return p == r->begin || !is_name_char(p[-1]) || behind_escape(r, p);
}

/* Nothing joins it to a longer name on its left. */
static bool begins_alone(const struct redactor *r, const char *p)
{
	return p - r->begin < 2 || !is_joining_char(p[-1]) || !is_name_char(p[-2]);
}

static size_t guid(struct redactor *r, const char *p)
{
	char key[GUID_LENGTH + 1], text[GUID_LENGTH + 1];
	if (r->end - p < GUID_LENGTH ||
	    (r->end - p > GUID_LENGTH && is_name_char(p[GUID_LENGTH])))
		return 0;
	for (size_t i = 0; i < GUID_LENGTH; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? p[i] != '-' : !is_hex(p[i]))
			return 0;
		key[i] = (char)(dash ? '-' : p[i] | 0x20);
	}
	key[GUID_LENGTH] = '\0';
	/* Version 4, variant 1 (RFC 4122): still a GUID to whoever checks. */
	snprintf(text, sizeof text, "00000000-0000-4000-8000-%012x",
	    number_of(r, key, CLASS_GUID));
	replace(r, text, GUID_LENGTH);
	return GUID_LENGTH;
}

/* A digest identifies a certificate to whoever has seen it. */
static size_t digest(struct redactor *r, const char *p)
{
	char key[DIGEST_LENGTH + 1], text[DIGEST_LENGTH + 1];
	if (r->end - p < DIGEST_LENGTH ||
	    (r->end - p > DIGEST_LENGTH && is_name_char(p[DIGEST_LENGTH])))
		return 0;
	for (size_t i = 0; i < DIGEST_LENGTH; i++) {
		if (!is_hex(p[i]))
			return 0;
		key[i] = (char)(p[i] | 0x20);
	}
	key[DIGEST_LENGTH] = '\0';
	if (r->catalogue && strcmp(key, r->catalogue) == 0)
		return 0;
	snprintf(text, sizeof text, "%064x", number_of(r, key, CLASS_DIGEST));
	replace(r, text, DIGEST_LENGTH);
	return DIGEST_LENGTH;
}

/* Addresses that are the same everywhere, and tell nothing about anyone. */
static bool is_common(const struct addr *a)
{
	static const char *const common[] = { "168.63.129.16/32", "169.254.169.254/32",
		"127.0.0.0/8", "0.0.0.0/32", "192.0.2.1/32", "::/128", "::1/128" };
	for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
		struct cidr c;
		if (cidr_parse(common[i], &c) && cidr_contains(&c, a))
			return true;
	}
	return false;
}

/*
 * Private addresses stay private and public ones public, so that a redacted report
 * still means the same: 10.255/16 and 198.18/15 (RFC 2544), fd00::/16 and
 * 2001:db8::/32 (RFC 3849).
 */
static void address(struct redactor *r, const struct addr *a, size_t len)
{
	char key[ADDR_TEXT_MAX], text[ADDR_TEXT_MAX];
	struct addr to = { .family = a->family };
	bool v6 = a->family == AF_INET6, private = addr_is_private(a);
	int class = private ? (v6 ? CLASS_V6_PRIVATE : CLASS_V4_PRIVATE)
			    : (v6 ? CLASS_V6_PUBLIC : CLASS_V4_PUBLIC);
	unsigned n = number_of(r, addr_format(a, key), class);
	static const uint8_t bases[][4] = {
		[CLASS_V4_PRIVATE] = { 10, 255, 0, 0 },
		[CLASS_V4_PUBLIC] = { 198, 18, 0, 0 },
		[CLASS_V6_PRIVATE] = { 0xfd, 0, 0, 0 },
		[CLASS_V6_PUBLIC] = { 0x20, 0x01, 0x0d, 0xb8 },
	};
	memcpy(to.ip, bases[class], 4);
	to.ip[v6 ? 14 : 2] = (uint8_t)(n >> 8);
	to.ip[v6 ? 15 : 3] = (uint8_t)n;
	to.ip[v6 ? 13 : 1] = (uint8_t)(to.ip[v6 ? 13 : 1] + (n >> 16));
	replace(r, addr_format(&to, text), len);
}

/* The run of bytes at p that are digits of one kind or separators. */
static size_t run_length(const struct redactor *r, const char *p, bool v6)
{
	size_t n = 0;
	while (p + n < r->end && n <= MAX_ADDRESS &&
	       (p[n] == '.' ||
		   (v6 ? is_hex(p[n]) || p[n] == ':' : p[n] >= '0' && p[n] <= '9')))
		n++;
	return n;
}

static bool parse_run(const char *p, size_t len, struct addr *ret)
{
	char text[MAX_ADDRESS + 1];
	if (len == 0 || len > MAX_ADDRESS)
		return false;
	memcpy(text, p, len);
	text[len] = '\0';
	return addr_parse(text, ret);
}

/*
 * Whether a run goes on to the left of p, so that what stands here is a part of it:
 * an object identifier, a version of five numbers, a fingerprint with colons.
 */
static bool continues(const struct redactor *r, const char *p, bool v6)
{
	if (p - r->begin < 2 || p[-1] != (v6 ? ':' : '.'))
		return false;
	const char *group = p - 1;
	if (v6 && p[-2] == ':')
		return true;
	while (group > r->begin && is_name_char(group[-1])) {
		group--;
		if (v6 ? !is_hex(*group) : *group < '0' || *group > '9')
			return false;
	}
	return group < p - 1;
}

/* A literal at p: a full stop or colon behind it belongs to the sentence. */
static size_t literal(
    const struct redactor *r, const char *p, bool v6, struct addr *ret)
{
	size_t len = run_length(r, p, v6);
	if (len > MAX_ADDRESS || continues(r, p, v6))
		return 0;
	while (len > 1 &&
	       (p[len - 1] == '.' || (v6 && p[len - 1] == ':' && p[len - 2] != ':')))
		len--;
	const char *next = p + len;
	if (next < r->end && (is_name_char(*next) || *next == '='))
		return 0;
	bool is_literal = parse_run(p, len, ret) && (ret->family == AF_INET6) == v6;
	return is_literal ? len : 0;
}

/* Copies or replaces an address at p; returns its length, or 0 when there is none. */
static size_t any_address(struct redactor *r, const char *p)
{
	struct addr a;
	size_t len = literal(r, p, false, &a);
	if (!len)
		len = literal(r, p, true, &a);
	if (!len)
		return 0;
	if (is_common(&a))
		buf_add(&r->out, p, len);
	else
		address(r, &a, len);
	return len;
}

static size_t name(struct redactor *r, const char *p)
{
	struct name_match m = names_match(&r->names, p, r->end, begins_alone(r, p));
	if (m.pseudonym)
		replace(r, m.pseudonym, m.len);
	else
		buf_add(&r->out, p, m.len);
	/* A name that went over a line break took the columns with it. */
	if (m.len && memchr(p, '\n', m.len))
		r->wider = 0;
	return m.len;
}

/* What is left of a name that was cut in the middle goes altogether. */
static size_t ellipsis(struct redactor *r, const char *p)
{
	size_t len = ellipsis_length(p, r->end);
	if (!len)
		return 0;
	buf_add(&r->out, p, len);
	size_t rest = names_match_end(&r->names, p + len, r->end);
	r->wider -= (long)rest;
	return len + rest;
}

/* Blanks that fill a column take up what a pseudonym has added or saved. */
static size_t gap(struct redactor *r, const char *p)
{
	size_t n = 0;
	while (p + n < r->end && p[n] == ' ')
		n++;
	if (!r->is_text || n < 2) {
		buf_fill(&r->out, ' ', n);
		return n;
	}
	long want = (long)n - r->wider;
	size_t keep = want < 1 ? 1 : (size_t)want;
	r->wider -= (long)n - (long)keep;
	buf_fill(&r->out, ' ', keep);
	return n;
}

static size_t step(struct redactor *r, const char *p)
{
	size_t n = 0;
	if (*p == ' ')
		return gap(r, p);
	if (*p == '\n')
		r->wider = 0;
	if (begins_word(r, p) && (is_hex(*p) || *p == ':'))
		n = is_hex(*p) ? guid(r, p) : 0;
	if (!n && begins_word(r, p) && is_hex(*p))
		n = digest(r, p);
	if (!n && begins_word(r, p) && (is_hex(*p) || *p == ':'))
		n = any_address(r, p);
	if (!n && begins_word(r, p))
		n = name(r, p);
	if (!n)
		n = ellipsis(r, p);
	if (!n) {
		buf_add(&r->out, p, 1);
		n = 1;
	}
	return n;
}

static void stretch(struct redactor *r, const char *begin, const char *end)
{
	r->begin = begin;
	r->end = end;
	for (const char *p = begin; p < end;)
		p += step(r, p);
}

/* A redact_text_fn. */
static void text_of_json(void *arg, const char *begin, const char *end, struct buf *out)
{
	struct redactor *r = arg;
	struct buf own = r->out;
	r->out = *out;
	stretch(r, begin, end);
	*out = r->out;
	r->out = own;
}

struct redactor *redactor_new(const struct report *r)
{
	return redactor_new_of(&r, 1);
}

struct redactor *redactor_new_of(const struct report *const *reports, size_t n)
{
	struct redactor *red = calloc(1, sizeof *red);
	if (!red) {
		fputs("vnetprobe: out of memory while writing the report\n", stderr);
		exit(2);
	}
	for (size_t i = 0; i < n; i++) {
		assert(!reports[i]->settings);
		if (reports[i]->plan->catalogue)
			red->catalogue = reports[i]->plan->catalogue->sha256;
	}
	red->seen = json_object();
	names_init(&red->names, reports, n);
	return red;
}

void redactor_free(struct redactor *red)
{
	if (!red)
		return;
	names_deinit(&red->names);
	json_decref(red->seen);
	free(red->out.data);
	free(red);
}

char *redactor_document(struct redactor *red, const char *document)
{
	const char *first = document + strspn(document, " \t\r\n");
	red->is_text = *first != '{';
	red->wider = 0;
	red->out.len = 0;
	if (red->is_text) {
		stretch(red, document, document + strlen(document));
		return buf_take(&red->out);
	}
	struct buf json = { .data = NULL };
	redact_json(document, &json, text_of_json, red);
	return buf_take(&json);
}

const char *redactor_text(struct redactor *red, const char *text, struct arena *arena)
{
	red->is_text = false;
	red->out.len = 0;
	stretch(red, text, text + strlen(text));
	return arena_strndup(arena, red->out.len ? red->out.data : "", red->out.len);
}

char *report_redact(const char *document, const struct report *r)
{
	struct redactor *red = redactor_new(r);
	char *redacted = redactor_document(red, document);
	redactor_free(red);
	return redacted;
}
