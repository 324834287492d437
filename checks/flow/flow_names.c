/* SPDX-License-Identifier: MIT */
#include "checks/flow/flow_names.h"

#include <string.h>

#include "checks/input/input_error.h"
#include "checks/plan/target_parse.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

enum {
	DNS_PORT = 53
};

/* Microsoft Learn, "What is IP address 168.63.129.16?". */
#define PLATFORM_RESOLVER "168.63.129.16"

static unsigned dots(const char *s)
{
	unsigned n = 0;
	for (; *s; s++)
		n += *s == '.';
	return n;
}

/* "{region}.api.azureml.ms" as "*.api.azureml.ms"; NULL when only variables are left.
 */
static const char *pattern_of(const char *host, struct arena *scratch)
{
	char *pattern = arena_strdup(scratch, host), *to = pattern;
	bool inside = false, words = false;
	for (const char *p = host; *p; p++) {
		if (*p == '{') {
			inside = true;
			*to++ = '*';
		} else if (*p == '}') {
			inside = false;
		} else if (!inside) {
			words = true;
			*to++ = *p;
		}
	}
	*to = '\0';
	return words ? pattern : NULL;
}

/* A variable is never more than a label: "*.azurecr.io" is no data endpoint. */
static bool fits(const char *host, const char *name, struct arena *scratch)
{
	const char *pattern = host ? pattern_of(host, scratch) : NULL;
	return pattern && dots(pattern) == dots(name) && text_glob(pattern, name);
}

/* "a.privatelink.blob.core.windows.net" is the alias of "a.blob.core.windows.net". */
static const char *without_privatelink(const char *name, struct arena *scratch)
{
	static const char label[] = ".privatelink.";
	const char *at = strstr(name, label);
	return at ? arena_printf(scratch, "%.*s.%s", (int)(at - name), name,
			at + sizeof label - 1)
		  : name;
}

const struct catalogue_entry *flow_names_platform(
    const struct catalogue *catalogue, const struct addr *server)
{
	char text[ADDR_TEXT_MAX];
	addr_format(server, text);
	bool resolver =
	    server->port == DNS_PORT && strcmp(text, PLATFORM_RESOLVER) == 0;
	for (size_t i = 0; catalogue && i < catalogue->n_entries; i++) {
		const struct catalogue_entry *e = &catalogue->entries[i];
		if (!e->platform || (e->protocol == PROTO_DNS) != resolver)
			continue;
		if (resolver)
			return e;
		for (unsigned c = 0; c < N_CLOUDS; c++)
			if (e->port == server->port && e->host[c] &&
			    strcmp(e->host[c], text) == 0)
				return e;
	}
	return NULL;
}

const struct catalogue_entry *flow_names_entry(const struct catalogue *catalogue,
    const char *name, uint16_t port, struct arena *scratch)
{
	name = without_privatelink(name, scratch);
	for (size_t i = 0; catalogue && i < catalogue->n_entries; i++) {
		const struct catalogue_entry *e = &catalogue->entries[i];
		if (e->protocol == PROTO_DNS || e->protocol == PROTO_INBOUND ||
		    e->port != port)
			continue;
		for (unsigned c = 0; c < N_CLOUDS; c++)
			if (fits(e->host[c], name, scratch))
				return e;
	}
	return NULL;
}

const struct catalogue_entry *flow_names_entry_of_id(
    const struct catalogue *catalogue, const char *id)
{
	size_t len = strcspn(id, ":");
	for (size_t i = 0; catalogue && i < catalogue->n_entries; i++) {
		const char *known = catalogue->entries[i].id;
		if (strlen(known) == len && memcmp(known, id, len) == 0)
			return &catalogue->entries[i];
	}
	return NULL;
}

void flow_names_check(const char *id, const char *text,
    const struct catalogue_entry *entry, struct arena *arena, struct target *ret_target,
    struct check *ret_check)
{
	struct input_error unused;
	if (target_parse(text, arena, ret_target, &unused) < 0)
		*ret_target = (struct target){ .host = "", .protocol = PROTO_TCP };
	ret_target->id = id;
	*ret_check = (struct check){ .entry = entry,
		.title = entry ? entry->title : text,
		.shown_target = text,
		.purpose = entry ? entry->purpose : "",
		.family = entry ? entry->family : NULL,
		.required = entry ? entry->required : true };
}
