/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_JSON_SIEVE_H
#define CHECKS_JSON_SIEVE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Makes a small document out of a large one while it streams past: of each object only
 * the members that somebody will read. Of the rest nothing is looked at but where it
 * ends, and nothing of it is ever in memory, so that a parser behind the sieve needs
 * memory for what is kept and not for what was written.
 */

/** What is kept of an object; a list of these ends with one without a name. */
struct json_keep {
	const char *name; /* of a member */
	/*
	 * NULL: its value, when that is a string, a number, true, false or null. Else
	 * what is kept of the object that it is, or of each object of the array. A
	 * value of another form is kept as 0, which whoever wants the right one will
	 * refuse.
	 */
	const struct json_keep *inside;
	/* Not 0: only so many objects of an array, and none of which nothing is kept.
	 */
	size_t max_items;
};

enum {
	JSON_SIEVE_LEVELS = 8,   /* of objects and arrays that are kept */
	JSON_SIEVE_DEPTH = 2048, /* of those that are not; jansson's own limit */
	JSON_SIEVE_NAME = 32,    /* bytes of a name that is kept, with its end */
	JSON_SIEVE_SLACK = 512   /* bytes that may come out late */
};

struct json_sieve_level {
	const struct json_keep *rule; /* of this value; the root's has no name */
	bool is_array, is_lazy;       /* lazy: written when something in it is kept */
	bool is_written, has_any;
	size_t n_items;
};

struct json_sieve {
	struct json_keep root;
	struct json_sieve_level levels[JSON_SIEVE_LEVELS];
	size_t n_levels;
	int state;
	bool is_kept;                 /* the scalar that is being read */
	bool is_escaped;              /* the next byte of a string */
	const struct json_keep *rule; /* of the member whose value comes; NULL = none */
	char name[JSON_SIEVE_NAME];
	size_t n_name; /* JSON_SIEVE_NAME and more: too long for ours */
	unsigned char is_array[JSON_SIEVE_DEPTH / 8]; /* brackets of what is skipped */
	size_t n_skipped;
	bool is_faulty;
	char *out;
	size_t n_out;
};

/** keep must outlive the sieve. */
void json_sieve_init(struct json_sieve *s, const struct json_keep *keep);

/**
 * Takes the next bytes of the document and writes at most len + JSON_SIEVE_SLACK to
 * out. Returns how many, or -1 for good when this is no object, is not well-formed, is
 * nested too deep, or has an escape in a name. What is skipped may be wrong inside.
 */
long json_sieve_feed(struct json_sieve *s, const char *bytes, size_t len, char *out);

#endif
