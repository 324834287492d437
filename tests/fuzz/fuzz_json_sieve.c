/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checks/input/json_sieve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct json_keep inner[] = { { .name = "l" }, { .name = NULL } };

static const struct json_keep item[] = {
	{ .name = "i" },
	{ .name = "t", .inside = inner },
	{ .name = NULL },
};

static const struct json_keep members[] = {
	{ .name = "v" },
	{ .name = "r", .inside = inner },
	{ .name = "c", .inside = item },
	{ .name = "o", .inside = item, .max_items = 2 },
	{ .name = NULL },
};

/* --- What must come out, made of the whole document --------------------------------
 */

static json_t *kept_object(const json_t *from, const struct json_keep *keep, bool lazy);

static json_t *kept_array(const json_t *from, const struct json_keep *k, bool lazy)
{
	json_t *to = json_array();
	size_t i;
	const json_t *value;
	lazy = lazy || k->max_items;
	json_array_foreach(from, i, value)
	{
		bool fits = !k->max_items || json_array_size(to) < k->max_items;
		json_t *made = json_is_object(value) && fits
				   ? kept_object(value, k->inside, lazy)
				   : NULL;
		if (made)
			json_array_append_new(to, made);
		else if (!k->max_items && !json_is_object(value))
			json_array_append_new(to, json_integer(0));
	}
	return to;
}

static json_t *kept_value(json_t *from, const struct json_keep *k, bool lazy)
{
	bool is_scalar = !json_is_object(from) && !json_is_array(from);
	if (is_scalar)
		return json_incref(from);
	if (!k->inside)
		return json_integer(0);
	if (json_is_object(from))
		return kept_object(from, k->inside, lazy);
	json_t *array = kept_array(from, k, lazy);
	if ((lazy || k->max_items) && json_array_size(array) == 0) {
		json_decref(array);
		return NULL;
	}
	return array;
}

static json_t *kept_object(const json_t *from, const struct json_keep *keep, bool lazy)
{
	json_t *to = json_object();
	for (; keep->name; keep++) {
		json_t *value = json_object_get(from, keep->name);
		value = value ? kept_value(value, keep, lazy) : NULL;
		if (value)
			json_object_set_new(to, keep->name, value);
	}
	if (lazy && json_object_size(to) == 0) {
		json_decref(to);
		return NULL;
	}
	return to;
}

/* --- What comes out ----------------------------------------------------------------
 */

struct source {
	struct json_sieve sieve;
	const char *data, *end;
	char out[64 + JSON_SIEVE_SLACK];
	size_t n_fed, n_out, total_in, total_out;
};

static size_t read_more(void *buffer, size_t size, void *arg)
{
	struct source *s = arg;
	if (s->data == s->end)
		return 0;
	size_t n = s->n_fed++ % 7 + 1;
	n = n < (size_t)(s->end - s->data) ? n : (size_t)(s->end - s->data);
	long r = json_sieve_feed(&s->sieve, s->data, n, s->out);
	s->data += n;
	if (r < 0)
		return (size_t)-1;
	s->total_in += n;
	s->total_out += (size_t)r;
	if ((size_t)r > n + JSON_SIEVE_SLACK || (size_t)r > size ||
	    s->total_out > s->total_in)
		abort();
	memcpy(buffer, s->out, (size_t)r);
	/* Nothing would mean the end. */
	return r ? (size_t)r : read_more(buffer, size, arg);
}

/* Escapes in names are left to a parser, and jansson overlooks a NUL behind a number.
 */
static bool may_be_refused(const uint8_t *data, size_t size)
{
	return memchr(data, '\\', size) || memchr(data, 0, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	if (size > 4096)
		return 0;
	json_t *whole = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	struct source s = { .data = text, .end = text + size };
	json_sieve_init(&s.sieve, members);
	json_t *got = json_load_callback(read_more, &s, JSON_REJECT_DUPLICATES, NULL);
	/* What is no document at all must only not crash. */
	if (whole && json_is_object(whole)) {
		json_t *want = kept_object(whole, members, false);
		if (got ? !json_equal(got, want) : !may_be_refused(data, size))
			abort();
		json_decref(want);
	}
	json_decref(got);
	json_decref(whole);
	return 0;
}
