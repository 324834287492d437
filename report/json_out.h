/* SPDX-License-Identifier: MIT */
#ifndef REPORT_JSON_OUT_H
#define REPORT_JSON_OUT_H

#include <jansson.h>
#include <stdbool.h>

#include "checks/judge/verdict.h"
#include "checks/plan/check_plan.h"
#include "probe/base/arena.h"
#include "report/buf.h"
#include "report/report.h"

/*
 * One JSON object written member by member, its long arrays item by item, so that
 * a run of thousands of checks is never in memory as a tree. Indented by two.
 *
 *	struct json_out out;
 *	json_out_begin(&out);
 *	json_out_member(&out, "summary", json);
 *	json_out_array_begin(&out, "checks");
 *	json_out_item(&out, json);
 *	json_out_array_end(&out);
 *	return json_out_end(&out);
 *
 * Values are references that are taken over.
 */
struct json_out {
	struct buf buf;       /* the document, or with a sink what it has not got yet */
	report_sink_fn *sink; /* NULL = the document is kept */
	void *sink_arg;
	struct arena scratch; /* escaped texts of the item being built */
	unsigned depth;
	bool first; /* nothing stands in the current object or array yet */
};

void json_out_begin(struct json_out *out);
void json_out_member(struct json_out *out, const char *name, json_t *value);
void json_out_array_begin(struct json_out *out, const char *name);
void json_out_item(struct json_out *out, json_t *value);
/** An item of which there are many: on one line, so that grep finds it whole. */
void json_out_line(struct json_out *out, json_t *value);
void json_out_array_end(struct json_out *out);

/**
 * Returns the malloc()ed document, which ends in a newline; NULL when it went to a
 * sink.
 */
char *json_out_end(struct json_out *out);

/** Text from anywhere as valid, printable UTF-8 of at most 4 KiB; NULL gives null. */
json_t *json_out_text(struct json_out *out, const char *text);

/** The same with another bound. */
json_t *json_out_long_text(struct json_out *out, const char *text, size_t max_bytes);
json_t *json_out_texts(struct json_out *out, const char *const *items, size_t n);
json_t *json_out_words(struct json_out *out, const struct words *w);

/** Names of the attribute bits. */
json_t *json_out_attributes(unsigned attributes);

/** Milliseconds to the microsecond. */
json_t *json_out_ms(nsec_t t);

/** The "tool" member and an item of "left_out", which all documents share. */
json_t *json_out_tool(
    struct json_out *out, const char *version, const struct catalogue *catalogue);
json_t *json_out_left_out(struct json_out *out, const struct left_out *l);

#define JSON_SCHEMA_VERSION "1.0"

#endif
