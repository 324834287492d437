/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_SERVICE_TAGS_H
#define CHECKS_SERVICE_TAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/model/addr.h"

struct arena;
struct input_error;
struct json_t; /* jansson's */

/*
 * The list of address ranges that Azure publishes ("Azure IP Ranges and Service Tags",
 * a JSON file each week): which service tags an address is in. Sends nothing.
 */
struct service_tags {
	const char *source; /* "Public, change 363" */
	const struct service_tag *tags;
	size_t n_tags;
};

struct service_tag {
	const char *name; /* "BatchNodeManagement.WestEurope" */
	const struct cidr *prefixes;
	size_t n_prefixes;
};

enum {
	SERVICE_TAGS_MAX = 1 << 16,
	SERVICE_TAGS_PREFIXES_MAX = 1 << 20, /* of all tags */
	SERVICE_TAG_NAME_MAX = 128,          /* bytes */
};

/**
 * Reads a file. Returns 0, or -1 with "file: member: what would be right" in *reterr.
 */
int service_tags_read(const char *path, struct arena *arena, struct service_tags *ret,
    struct input_error *reterr);

/** The same from a document, which is called name in messages. */
int service_tags_from_json(const struct json_t *json, const char *name,
    struct arena *arena, struct service_tags *ret, struct input_error *reterr);

/** Whether two names mean one tag: Azure does not care for their case. */
bool service_tag_is(const char *a, const char *b);

/**
 * Names of tags that hold the address: the wanted one (NULL = none) first, then those
 * of the same service, then others, and those of all of Azure last; at most max of
 * them. *ret_wanted says whether the first is the wanted one.
 */
size_t service_tags_find(const struct service_tags *t, const struct addr *a,
    const char *wanted, const char **ret, size_t max, bool *ret_wanted);

#endif
