/* SPDX-License-Identifier: MIT */
#include "probe/base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "probe/base/arena.h"

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_equal_nocase(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) == lower(*b);
}

bool text_starts_nocase(const char *s, const char *prefix)
{
	while (*prefix && lower(*s) == lower(*prefix)) {
		s++;
		prefix++;
	}
	return *prefix == '\0';
}

bool text_ends_nocase(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);
	return m <= n && text_equal_nocase(s + n - m, suffix);
}

const char *text_find_nocase(const char *haystack, const char *needle)
{
	for (; *haystack; haystack++)
		if (text_starts_nocase(haystack, needle))
			return haystack;
	return *needle ? NULL : haystack;
}

/* On a mismatch only the latest '*' is extended, so the work is bounded by n * m. */
bool text_glob(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;
	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

enum {
	DISTANCE_MAX_LEN = 64
};

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;
	return m < c ? m : c;
}

/* Optimal string alignment: a swap of neighbours counts as one edit. */
unsigned text_distance(const char *a, const char *b, unsigned max)
{
	size_t n = strlen(a), m = strlen(b);
	if (n > DISTANCE_MAX_LEN || m > DISTANCE_MAX_LEN)
		return max + 1;
	unsigned rows[3][DISTANCE_MAX_LEN + 1];
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3];
		const unsigned *two_above = rows[(i + 1) % 3];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			char x = lower(a[i - 1]), y = lower(b[j - 1]);
			row[j] = min3(above[j] + 1, row[j - 1] + 1,
			    above[j - 1] + (x == y ? 0U : 1U));
			if (i > 1 && j > 1 && x == lower(b[j - 2]) &&
			    lower(a[i - 2]) == y && two_above[j - 2] + 1 < row[j])
				row[j] = two_above[j - 2] + 1;
		}
	}
	unsigned d = rows[n % 3][m];
	return d > max ? max + 1 : d;
}

/* Length of the valid UTF-8 sequence at p (RFC 3629), 0 when there is none. */
static size_t utf8_length(const uint8_t *p, size_t left)
{
	size_t n;
	uint32_t c;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2, c = p[0] & 0x1fU;
	else if ((p[0] & 0xf0) == 0xe0)
		n = 3, c = p[0] & 0x0fU;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4, c = p[0] & 0x07U;
	else
		return 0;
	if (left < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = (c << 6) | (p[i] & 0x3fU);
	}
	if ((n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10ffff)) ||
	    (c >= 0xd800 && c <= 0xdfff))
		return 0;
	/* C1 controls, and the marks that reorder a line on screen (UAX #9). */
	if ((c >= 0x80 && c <= 0x9f) || c == 0x200e || c == 0x200f ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return 0;
	return n;
}

static bool is_lower_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Length of an escape of our own at p, or 0. */
static size_t escape_length(const uint8_t *p, size_t len)
{
	bool is_escape = len >= 4 && p[0] == '\\' && p[1] == 'x' &&
			 is_lower_hex(p[2]) && is_lower_hex(p[3]);
	return is_escape ? 4 : 0;
}

char *text_escape(struct arena *a, const void *bytes, size_t len, size_t max_bytes)
{
	const uint8_t *p = bytes;
	size_t need = 4; /* "..." and NUL */
	for (size_t i = 0; i < len && need < max_bytes + 8; i++)
		need += 4;
	char *out = arena_alloc(a, need);
	size_t n = 0;
	while (len) {
		size_t k = escape_length(p, len);
		if (!k)
			k = utf8_length(p, len);
		bool plain = k > 1 || (k == 1 && p[0] >= 0x20 && p[0] != 0x7f);
		size_t cost = plain ? k : 4;
		if (n + cost > max_bytes) {
			memcpy(out + n, "...", 4);
			return out;
		}
		if (plain)
			memcpy(out + n, p, k);
		else
			snprintf(out + n, 5, "\\x%02x", p[0]);
		n += cost;
		if (!plain)
			k = 1;
		p += k;
		len -= k;
	}
	out[n] = '\0';
	return out;
}
