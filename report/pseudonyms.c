/* SPDX-License-Identifier: MIT */
#include "report/pseudonyms.h"

#include <jansson.h>
#include <string.h>

#include "probe/base/arena.h"

void pseudonyms_init(struct pseudonyms *p, struct arena *arena)
{
	*p = (struct pseudonyms){
		.arena = arena,
		.known = json_object(),
		.numbers = json_object(),
	};
}

void pseudonyms_deinit(struct pseudonyms *p)
{
	json_decref(p->known);
	json_decref(p->numbers);
}

const char *pseudonym(struct pseudonyms *p, const char *kind, const char *text)
{
	if (!text)
		return NULL;
	const char *key = arena_printf(p->arena, "%s %s", kind, text);
	json_int_t n = json_integer_value(json_object_get(p->known, key));
	if (n == 0) {
		n = json_integer_value(json_object_get(p->numbers, kind)) + 1;
		json_object_set_new(p->numbers, kind, json_integer(n));
		json_object_set_new(p->known, key, json_integer(n));
	}
	return arena_printf(p->arena, "%s-%lld", kind, (long long)n);
}

/* Length of what a catalogue may call a check: "storage.blob", "aml.workspace-cert". */
static size_t catalogue_id(const char *id)
{
	return strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789.-_");
}

const char *pseudonym_of_check(struct pseudonyms *p, const char *id)
{
	static const char *const schemes[] = { "dns", "http", "https", "tcp", "udp",
		"ws", "wss" };
	if (!id)
		return NULL;
	size_t len = catalogue_id(id);
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (strlen(schemes[i]) == len && memcmp(schemes[i], id, len) == 0)
			return pseudonym(p, "endpoint", id);
	if (id[len] == '\0')
		return id;
	if (id[len] != ':')
		return pseudonym(p, "endpoint", id);
	return arena_printf(
	    p->arena, "%.*s:%s", (int)len, id, pseudonym(p, "account", id + len + 1));
}
