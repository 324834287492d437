/* SPDX-License-Identifier: MIT */
#ifndef REPORT_REDACT_NAMES_H
#define REPORT_REDACT_NAMES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "probe/base/arena.h"
#include "report/report.h"

/*
 * What must not be read in a redacted document: values of the workspace's
 * parameters, hosts of ad-hoc targets, names of this machine and its domains, and
 * names that were observed (redact_observed.c). Each
 * has one pseudonym, numbered in the order of the plan. Words of the contract and
 * check ids are in the same table, without a pseudonym: they stay even where an
 * account has the same name.
 */
struct secret_name {
	const char *text;      /* lower case */
	const char *pseudonym; /* NULL: not a secret */
	bool kept;             /* stays where it stands alone */
};

struct names {
	struct arena arena;
	json_t *known;             /* text to index in items */
	json_t *numbers;           /* kind to the last number used */
	struct secret_name *items; /* sorted by text */
	size_t n_items, cap;
	const struct secret_name **by_end; /* secrets, sorted from their last byte */
	size_t n_by_end;
};

/** Of reports that are told in one document. */
void names_init(struct names *names, const struct report *const *reports, size_t n);
void names_deinit(struct names *names);

/** Gives a text the next pseudonym of its kind, unless it has one or is no secret. */
void names_add(struct names *names, const char *text, const char *kind);

/** Names that strangers told: in DNS answers, certificates, header fields, banners. */
void names_add_observed(struct names *names, const struct obslog *log);

struct name_match {
	const char *pseudonym; /* NULL: the text stays as it is */
	size_t len;            /* bytes of the text; 0 = no name stands here */
};

/**
 * The longest name that stands at text[0], whatever the case. Bytes before end are
 * looked at; alone says that nothing is joined to it on the left. A blank of a name
 * may be a line break with an indent. A beginning of two
 * bytes or more before an ellipsis counts as the whole name.
 */
struct name_match names_match(
    const struct names *names, const char *text, const char *end, bool alone);

/** Bytes at text[0], right behind an ellipsis, that are the end of a secret; or 0. */
size_t names_match_end(const struct names *names, const char *text, const char *end);

/** Length of the ellipsis of layout_cut() or text_escape() at text[0], or 0. */
size_t ellipsis_length(const char *text, const char *end);

/** ASCII letters and digits: what a name does not end before. */
bool is_name_char(char c);

/** '.', '-' or '_': joins a name to its neighbour. */
bool is_joining_char(char c);

#endif
