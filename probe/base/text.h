/* SPDX-License-Identifier: MIT */
#ifndef PROBE_BASE_TEXT_H
#define PROBE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/** ASCII only, independent of the locale: names on the wire are not text in a language.
 */
bool text_equal_nocase(const char *a, const char *b);
bool text_starts_nocase(const char *s, const char *prefix);
bool text_ends_nocase(const char *s, const char *suffix);

/** Finds needle, ignoring ASCII case; NULL when absent. */
const char *text_find_nocase(const char *haystack, const char *needle);

/** Shell-style match of '*' and '?' only, linear in the text for any pattern. */
bool text_glob(const char *pattern, const char *text);

/**
 * Damerau-Levenshtein distance, capped: returns max + 1 as soon as it exceeds max.
 * Used to suggest the nearest valid key or option.
 */
unsigned text_distance(const char *a, const char *b, unsigned max);

/**
 * Bytes from the network made printable: valid UTF-8 other than control and
 * bidirectional-override characters stays, everything else becomes \xNN. The
 * result has at most max_bytes bytes before a closing "...". What stands as \xNN in
 * the bytes already is not cut within, so that text escaped for a file and escaped
 * again with a smaller bound reads as if it had been escaped once.
 */
char *text_escape(struct arena *a, const void *bytes, size_t len, size_t max_bytes);

#endif
