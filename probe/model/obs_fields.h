/* SPDX-License-Identifier: MIT */
#ifndef PROBE_MODEL_OBS_FIELDS_H
#define PROBE_MODEL_OBS_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/model/obs.h"

/*
 * The members of every observation as a table, so that the JSON writer and the
 * reader cannot disagree. Only obs_json_write.c and obs_json_read.c use it; the tables
 * are written with the macros of obs_shapes.h.
 */

enum field_type {
	FIELD_BOOL,
	FIELD_UINT,     /* unsigned of .size bytes */
	FIELD_INT,      /* int; null when it equals .none */
	FIELD_ERRNO,    /* int, as "NAME" and, for people, "errno" beside it */
	FIELD_WORD,     /* enum or number of .size bytes, as one of .words */
	FIELD_PROTOCOL, /* enum protocol, as protocol_name() */
	FIELD_TIME,     /* int64_t seconds, as ISO 8601 and as "NAME_epoch" */
	FIELD_DURATION, /* nsec_t, in milliseconds; null when 0 and .nullable */
	FIELD_TEXT,     /* const char *; null when NULL and .nullable */
	FIELD_BODY,     /* const char * with a length at .count */
	FIELD_HEX,      /* const uint8_t * with a length at .count */
	FIELD_ADDR,     /* struct addr; null when it is none and .nullable */
	FIELD_TEXTS,    /* array of const char *, number at .count */
	FIELD_ADDRS,    /* array of struct addr, number at .count */
	FIELD_HEADERS,  /* array of struct header as [name, value] */
	FIELD_OBJECTS,  /* array of structs of .shape, number at .count */
	FIELD_OBJECT,   /* struct of .shape; null when its bool at .count is false */
};

struct word {
	unsigned value;
	const char *name;
};

struct shape;

struct field {
	const char *name;
	enum field_type type;
	size_t offset, size;
	size_t count; /* offset of the length, number or presence */
	size_t max;   /* most bytes or items a reader accepts */
	bool nullable;
	bool optional; /* came with a later version: its absence reads as zero */
	int none;
	const struct word *words; /* ends with a NULL name */
	const struct shape *shape;
};

struct shape {
	size_t size; /* of the struct */
	const struct field *fields;
	size_t n_fields;
	bool sparse; /* members that say nothing (false, 0, null) are left out */
};

/* Whether a sparse shape may lack this member. */
static inline bool field_may_be_absent(const struct field *f)
{
	return f->type == FIELD_BOOL || f->type == FIELD_UINT || f->type == FIELD_INT ||
	       f->type == FIELD_OBJECT || f->nullable;
}

/* Longest escaped texts that are written, before a closing "...": nothing that was
 * stored within its OBS_MAX_ bound is cut, even if every byte becomes \xNN. */
enum {
	OBS_JSON_MAX_TEXT = 4 * OBS_MAX_VALUE,
	OBS_JSON_MAX_BODY = 4 * OBS_MAX_BODY,
	OBS_JSON_ELLIPSIS = 3,
};

/* One for each observation kind: the member that holds its facts, and their shape. */
struct kind_shape {
	const char *name; /* also the word in "kind" */
	size_t offset;    /* in struct obs */
	bool indirect;    /* a pointer to the facts stands there */
	const struct shape *shape;
};

#define N_OBS_KINDS (OBS_INBOUND + 1)

const struct kind_shape *obs_kind_shape(enum obs_kind kind);

/* Room for "2026-11-22T10:00:00Z" with any year that fits. */
#define ISO_TIME_MAX 48

/** UTC, to the second; returns NULL for years that ISO 8601 cannot say in 4 digits. */
const char *iso_time(int64_t epoch, char buf[ISO_TIME_MAX]);

#endif
