/* SPDX-License-Identifier: MIT */
#include "checks/input/json_sieve.h"

#include <assert.h>
#include <string.h>

/* What may come next. */
enum {
	ROOT,
	FIRST_NAME, /* or the end of the object */
	NAME,
	IN_NAME,
	COLON,
	VALUE,
	FIRST_ITEM, /* or the end of the array */
	ITEM,
	IN_STRING,
	IN_WORD, /* a number, true, false, null */
	SKIPPING,
	SKIPPING_STRING,
	AFTER, /* a comma, or the end of object or array */
	END
};

void json_sieve_init(struct json_sieve *s, const struct json_keep *keep)
{
	*s = (struct json_sieve){ .root = { .inside = keep }, .state = ROOT };
}

/* --- What is written -------------------------------------------------------------- */

static void put(struct json_sieve *s, const char *bytes, size_t len)
{
	memcpy(s->out + s->n_out, bytes, len);
	s->n_out += len;
}

static void put_text(struct json_sieve *s, const char *text)
{
	put(s, text, strlen(text));
}

/* What stands before a value in a level that is written. */
static void announce(
    struct json_sieve *s, struct json_sieve_level *in, const struct json_keep *rule)
{
	if (in->has_any)
		put_text(s, ",");
	in->has_any = true;
	if (in->is_array)
		return;
	put_text(s, "\"");
	put_text(s, rule->name);
	put_text(s, "\":");
}

static void write_levels(struct json_sieve *s)
{
	for (size_t i = 0; i < s->n_levels; i++) {
		struct json_sieve_level *l = &s->levels[i];
		if (l->is_written)
			continue;
		if (i > 0)
			announce(s, &s->levels[i - 1], l->rule);
		put_text(s, l->is_array ? "[" : "{");
		l->is_written = true;
	}
}

static void push(struct json_sieve *s, const struct json_keep *rule, bool is_array)
{
	bool is_lazy = s->n_levels && s->levels[s->n_levels - 1].is_lazy;
	assert(s->n_levels < JSON_SIEVE_LEVELS);
	s->levels[s->n_levels++] = (struct json_sieve_level){
		.rule = rule,
		.is_array = is_array,
		.is_lazy = is_lazy || (is_array && rule->max_items),
	};
	if (!s->levels[s->n_levels - 1].is_lazy)
		write_levels(s);
	s->state = is_array ? FIRST_ITEM : FIRST_NAME;
}

static void pop(struct json_sieve *s)
{
	const struct json_sieve_level *l = &s->levels[--s->n_levels];
	if (l->is_written)
		put_text(s, l->is_array ? "]" : "}");
	if (s->n_levels && l->is_written)
		s->levels[s->n_levels - 1].n_items++;
	s->state = s->n_levels ? AFTER : END;
}

/* --- Values ----------------------------------------------------------------------- */

static bool is_opening(char c)
{
	return c == '{' || c == '[';
}

/* Enters an object or array of which nothing is kept. */
static void skip(struct json_sieve *s, char c)
{
	size_t i = s->n_skipped++;
	if (i == JSON_SIEVE_DEPTH) {
		s->is_faulty = true;
		return;
	}
	unsigned char bit = (unsigned char)(1U << i % 8);
	if (c == '[')
		s->is_array[i / 8] |= bit;
	else
		s->is_array[i / 8] &= (unsigned char)~bit;
	s->state = SKIPPING;
}

static void end_skip(struct json_sieve *s, char c)
{
	size_t i = --s->n_skipped;
	bool is_array = s->is_array[i / 8] & 1U << i % 8;
	s->is_faulty = is_array != (c == ']');
	if (s->n_skipped == 0)
		s->state = AFTER;
}

/* A value of which nothing is kept, or only, as a 0, that it was there. */
static void leave_out(struct json_sieve *s, const struct json_keep *rule, char c)
{
	if (rule) {
		write_levels(s);
		announce(s, &s->levels[s->n_levels - 1], rule);
		put_text(s, "0");
	}
	s->is_kept = false;
	if (is_opening(c))
		skip(s, c);
	else
		s->state = c == '"' ? IN_STRING : IN_WORD;
}

static void keep_scalar(struct json_sieve *s, char c)
{
	write_levels(s);
	announce(s, &s->levels[s->n_levels - 1], s->rule);
	put(s, &c, 1);
	s->is_kept = true;
	s->state = c == '"' ? IN_STRING : IN_WORD;
}

static void member_value(struct json_sieve *s, char c)
{
	if (!s->rule)
		leave_out(s, NULL, c);
	else if (!is_opening(c))
		keep_scalar(s, c);
	else if (s->rule->inside)
		push(s, s->rule, c == '[');
	else
		leave_out(s, s->rule, c);
}

static void item(struct json_sieve *s, char c)
{
	const struct json_sieve_level *l = &s->levels[s->n_levels - 1];
	size_t max = l->rule->max_items;
	if (c == '{' && (max == 0 || l->n_items < max))
		push(s, l->rule, false);
	else
		leave_out(s, max ? NULL : l->rule, c);
}

static void value(struct json_sieve *s, char c)
{
	if (strchr("]},:", c))
		s->is_faulty = true;
	else if (s->levels[s->n_levels - 1].is_array)
		item(s, c);
	else
		member_value(s, c);
}

/* --- Between values --------------------------------------------------------------- */

static void name(struct json_sieve *s, char c)
{
	if (c == '"') {
		s->n_name = 0;
		s->state = IN_NAME;
	} else if (c == '}' && s->state == FIRST_NAME) {
		pop(s);
	} else {
		s->is_faulty = true;
	}
}

static void find_rule(struct json_sieve *s)
{
	s->rule = NULL;
	if (s->n_name >= JSON_SIEVE_NAME)
		return;
	s->name[s->n_name] = '\0';
	const struct json_keep *k = s->levels[s->n_levels - 1].rule->inside;
	for (; k->name && !s->rule; k++)
		if (strcmp(k->name, s->name) == 0)
			s->rule = k;
}

static void in_name(struct json_sieve *s, char c)
{
	if (c == '"') {
		find_rule(s);
		s->state = COLON;
	} else if (c == '\\' || c == '\0') {
		s->is_faulty = true;
	} else if (s->n_name < JSON_SIEVE_NAME) {
		s->name[s->n_name++] = c;
	}
}

static void after(struct json_sieve *s, char c)
{
	bool is_array = s->levels[s->n_levels - 1].is_array;
	if (c == ',')
		s->state = is_array ? ITEM : NAME;
	else if (c == (is_array ? ']' : '}'))
		pop(s);
	else
		s->is_faulty = true;
}

static void structure(struct json_sieve *s, char c)
{
	switch (s->state) {
	case ROOT:
		if (c == '{')
			push(s, &s->root, false);
		else
			s->is_faulty = true;
		break;
	case FIRST_NAME:
	case NAME:
		name(s, c);
		break;
	case COLON:
		s->is_faulty = c != ':';
		s->state = VALUE;
		break;
	case FIRST_ITEM:
		if (c == ']')
			pop(s);
		else
			value(s, c);
		break;
	case VALUE:
	case ITEM:
		value(s, c);
		break;
	case AFTER:
		after(s, c);
		break;
	default: /* END */
		s->is_faulty = true;
		break;
	}
}

/* --- Bytes ------------------------------------------------------------------------ */

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Length of the part of a string that is here; its end, when here, is *ret_ended. */
static size_t string_part(
    struct json_sieve *s, const char *p, const char *end, bool *ret_ended)
{
	const char *begin = p;
	*ret_ended = false;
	for (; p < end && !*ret_ended; p++) {
		if (s->is_escaped)
			s->is_escaped = false;
		else if (*p == '\\')
			s->is_escaped = true;
		else
			*ret_ended = *p == '"';
	}
	return (size_t)(p - begin);
}

static size_t in_string(struct json_sieve *s, const char *p, const char *end)
{
	bool ended;
	size_t n = string_part(s, p, end, &ended);
	if (s->state == IN_STRING && s->is_kept)
		put(s, p, n);
	if (ended)
		s->state = s->state == IN_STRING ? AFTER : SKIPPING;
	return n;
}

static size_t in_word(struct json_sieve *s, const char *p, const char *end)
{
	size_t n = 0;
	while (p + n < end && !is_space(p[n]) && !strchr(",]}", p[n]))
		n++;
	if (s->is_kept)
		put(s, p, n);
	if (p + n < end)
		s->state = AFTER;
	return n;
}

static size_t skipping(struct json_sieve *s, const char *p, const char *end)
{
	const char *begin = p;
	while (p < end && s->state == SKIPPING && !s->is_faulty) {
		char c = *p++;
		if (c == '"')
			s->state = SKIPPING_STRING;
		else if (is_opening(c))
			skip(s, c);
		else if (c == ']' || c == '}')
			end_skip(s, c);
	}
	return (size_t)(p - begin);
}

static size_t step(struct json_sieve *s, const char *p, const char *end)
{
	switch (s->state) {
	case IN_STRING:
	case SKIPPING_STRING:
		return in_string(s, p, end);
	case IN_WORD:
		return in_word(s, p, end);
	case SKIPPING:
		return skipping(s, p, end);
	case IN_NAME:
		in_name(s, *p);
		return 1;
	default:
		if (!is_space(*p))
			structure(s, *p);
		return 1;
	}
}

long json_sieve_feed(struct json_sieve *s, const char *bytes, size_t len, char *out)
{
	const char *end = bytes + len;
	s->out = out;
	s->n_out = 0;
	while (bytes < end && !s->is_faulty)
		bytes += step(s, bytes, end);
	return s->is_faulty ? -1 : (long)s->n_out;
}
