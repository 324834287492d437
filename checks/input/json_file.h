/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_JSON_FILE_H
#define CHECKS_JSON_FILE_H

#include <jansson.h>

struct arena;
struct input_error;
struct json_keep;

/* Bounds on a document: a report of 10,000 checks has a quarter of either. */
#define JSON_FILE_MAX        ((size_t)256 << 20) /* bytes */
#define JSON_FILE_MAX_VALUES ((size_t)1 << 24)   /* numbers, strings, lists, ... */
#define JSON_FILE_MAX_KEPT   ((size_t)32 << 20)  /* bytes that a sieve lets through */

/** How a file is called in messages; "-" is standard input. */
const char *json_file_shown(const char *path, struct arena *arena);

/**
 * Reads one JSON document from a regular file, or from standard input when path is
 * "-". It is parsed as it is read and given up as soon as it passes a bound; a member
 * that stands twice in one object is refused (RFC 8259 section 4 leaves its meaning
 * open).
 *
 * Returns a new reference, or NULL with "file:line:column: reason" in *reterr.
 */
json_t *json_file_load(
    const char *path, struct arena *arena, struct input_error *reterr);

/**
 * The same of a regular file, with only what keep names (checks/input/json_sieve.h).
 * Memory is used for what is kept, whatever the size of the file. Values that are
 * skipped may be wrong inside. A file of which this cannot be made is read as above.
 */
json_t *json_file_load_kept(const char *path, const struct json_keep *keep,
    struct arena *arena, struct input_error *reterr);

#endif
