/* SPDX-License-Identifier: MIT */
#include "checks/plan/service_tags.h"

#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "checks/input/input_error.h"
#include "checks/input/json_file.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

struct reader {
	const char *name; /* of the document */
	struct arena *arena;
	struct input_error *error;
	size_t n_prefixes;
};

static int refuse(struct reader *r, const char *where, const char *why)
{
	input_error_set(r->error, "%s: %s: %s", r->name, where, why);
	return -1;
}

/* Azure's names are letters, digits, dots and the like. */
static bool is_tag_name(const char *name, size_t len)
{
	if (len == 0 || len > SERVICE_TAG_NAME_MAX || strlen(name) != len)
		return false;
	for (const char *c = name; *c; c++)
		if (*c <= ' ' || *c >= 0x7f)
			return false;
	return true;
}

static const char *shown(struct reader *r, const json_t *text)
{
	return text_escape(
	    r->arena, json_string_value(text), json_string_length(text), 60);
}

static int read_prefixes(
    struct reader *r, const json_t *list, size_t index, struct service_tag *ret)
{
	size_t n = json_array_size(list);
	struct cidr *prefixes;
	const char *where =
	    arena_printf(r->arena, "values[%zu].properties.addressPrefixes", index);

	if (!json_is_array(list))
		return refuse(r, where, "must be a list of prefixes");
	r->n_prefixes += n;
	if (r->n_prefixes > SERVICE_TAGS_PREFIXES_MAX)
		return refuse(
		    r, where, "there are too many prefixes, more than 1048576");
	prefixes = arena_array(r->arena, n + 1, sizeof *prefixes);
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(list, i);
		if (!json_is_string(item))
			return refuse(r, arena_printf(r->arena, "%s[%zu]", where, i),
			    "must be a string");
		if (!cidr_parse(json_string_value(item), &prefixes[i]))
			return refuse(r, arena_printf(r->arena, "%s[%zu]", where, i),
			    arena_printf(r->arena,
				"\"%s\" is no prefix such as 20.1.0.0/16",
				shown(r, item)));
	}
	ret->prefixes = prefixes;
	ret->n_prefixes = n;
	return 0;
}

static int read_tag(
    struct reader *r, const json_t *value, size_t index, struct service_tag *ret)
{
	const json_t *name = json_object_get(value, "name");
	const json_t *properties = json_object_get(value, "properties");

	if (!json_is_string(name) ||
	    !is_tag_name(json_string_value(name), json_string_length(name)))
		return refuse(r, arena_printf(r->arena, "values[%zu].name", index),
		    "must be the name of a tag, such as BatchNodeManagement");
	ret->name = arena_strdup(r->arena, json_string_value(name));
	return read_prefixes(
	    r, json_object_get(properties, "addressPrefixes"), index, ret);
}

static const char *source_of(struct reader *r, const json_t *json)
{
	const json_t *cloud = json_object_get(json, "cloud");
	const json_t *change = json_object_get(json, "changeNumber");
	const char *name = json_is_string(cloud) ? shown(r, cloud) : "unnamed cloud";

	return json_is_integer(change) ? arena_printf(r->arena, "%s, change %lld", name,
					     (long long)json_integer_value(change))
				       : name;
}

int service_tags_from_json(const json_t *json, const char *name, struct arena *arena,
    struct service_tags *ret, struct input_error *reterr)
{
	struct reader r = { .name = name, .arena = arena, .error = reterr };
	const json_t *values = json_object_get(json, "values");
	size_t n = json_array_size(values);
	struct service_tag *tags;

	if (!json_is_array(values) || n == 0 || n > SERVICE_TAGS_MAX)
		return refuse(&r, "values",
		    "must be a list of service tags, as in Azure's "
		    "ServiceTags_Public.json");
	tags = arena_array(arena, n, sizeof *tags);
	for (size_t i = 0; i < n; i++)
		if (read_tag(&r, json_array_get(values, i), i, &tags[i]) < 0)
			return -1;
	*ret = (struct service_tags){
		.source = source_of(&r, json), .tags = tags, .n_tags = n
	};
	return 0;
}

int service_tags_read(const char *path, struct arena *arena, struct service_tags *ret,
    struct input_error *reterr)
{
	json_t *root = json_file_load(path, arena, reterr);
	if (!root)
		return -1;
	int r = service_tags_from_json(
	    root, json_file_shown(path, arena), arena, ret, reterr);
	json_decref(root);
	return r;
}

/* --- Looking up ------------------------------------------------------------------- */

bool service_tag_is(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

/* How near a tag is to the wanted one; 0 = it is that one. */
enum {
	NEAR_WANTED,
	NEAR_SERVICE,
	NEAR_OTHER,
	NEAR_CLOUD, /* AzureCloud and its regions say little */
};

static bool same_service(const char *a, const char *b)
{
	size_t len = strcspn(a, ".");
	return len == strcspn(b, ".") && strncasecmp(a, b, len) == 0;
}

static int distance(const char *name, const char *wanted)
{
	if (wanted && service_tag_is(name, wanted))
		return NEAR_WANTED;
	if (wanted && same_service(name, wanted))
		return NEAR_SERVICE;
	return same_service(name, "AzureCloud") ? NEAR_CLOUD : NEAR_OTHER;
}

static bool holds(const struct service_tag *t, const struct addr *a)
{
	for (size_t i = 0; i < t->n_prefixes; i++)
		if (cidr_contains(&t->prefixes[i], a))
			return true;
	return false;
}

size_t service_tags_find(const struct service_tags *t, const struct addr *a,
    const char *wanted, const char **ret, size_t max, bool *ret_wanted)
{
	size_t n = 0;

	*ret_wanted = false;
	for (int d = NEAR_WANTED; d <= NEAR_CLOUD; d++) {
		for (size_t i = 0; n < max && i < t->n_tags; i++) {
			if (distance(t->tags[i].name, wanted) != d ||
			    !holds(&t->tags[i], a))
				continue;
			ret[n++] = t->tags[i].name;
			*ret_wanted |= d == NEAR_WANTED;
		}
	}
	return n;
}
