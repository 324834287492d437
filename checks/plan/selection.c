/* SPDX-License-Identifier: MIT */
#include "checks/plan/selection.h"

#include <string.h>

#include "checks/input/input_error.h"
#include "checks/input/suggest.h"
#include "checks/plan/target_parse.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

const char *selection_match(const struct strings *globs, const char *id)
{
	for (size_t i = 0; i < globs->n_items; i++)
		if (text_glob(globs->items[i], id))
			return globs->items[i];
	return NULL;
}

bool selection_names(const struct strings *list, const char *id)
{
	for (size_t i = 0; i < list->n_items; i++)
		if (strcmp(list->items[i], id) == 0)
			return true;
	return false;
}

bool selection_has_globs(const struct strings *list)
{
	for (size_t i = 0; i < list->n_items; i++)
		if (!target_is_endpoint(list->items[i]))
			return true;
	return false;
}

struct strings selection_globs(const struct strings *list, struct arena *arena)
{
	struct strings globs = {
		.items = arena_array(arena, list->n_items, sizeof *list->items),
		.cap = list->n_items,
	};
	for (size_t i = 0; i < list->n_items; i++)
		if (!target_is_endpoint(list->items[i]))
			globs.items[globs.n_items++] = list->items[i];
	return globs;
}

static bool workspace_is_described(const struct settings *s)
{
	return s->region || s->workspace_id || s->workspace_name ||
	       s->storage.n_items || s->container_registry || s->key_vault ||
	       s->compute_instance || s->cosmos_account || s->aks_fqdn ||
	       s->databricks_host || s->attach_host || s->scoring_host;
}

bool selection_is_whole_profile(const struct settings *s)
{
	if (selection_has_globs(&s->targets))
		return false;
	return s->profile_given || (!s->targets.n_items && workspace_is_described(s));
}

/* "storage.*" for a glob over a family, so that families can be compared too. */
static const char *family_glob(const char *id, struct arena *arena)
{
	return arena_printf(arena, "%.*s.*", (int)strcspn(id, "."), id);
}

static const char *nearest(const struct selection *s, const char *glob)
{
	struct suggestion near = suggest_begin(glob);
	bool wild = strpbrk(glob, "*?");
	for (size_t i = 0; i < s->n_ids; i++)
		suggest_feed(
		    &near, wild ? family_glob(s->ids[i].id, s->arena) : s->ids[i].id);
	return suggest_clause(&near, s->arena);
}

static int fail_unknown(const struct selection *s, const char *option, const char *glob)
{
	const char *hint = nearest(s, glob);
	const char *shown = text_escape(s->arena, glob, strlen(glob), 80);
	if (!*hint)
		hint = "; an endpoint is written https://HOST, tcp://HOST:PORT, "
		       "udp://HOST:PORT or dns:NAME";
	input_error_set(s->reterr, "%s \"%s\" matches no check%s", option, shown, hint);
	return -1;
}

static int check_one(
    const struct selection *s, const char *option, const char *glob, bool must_run)
{
	const struct planned_id *left_out = NULL;
	for (size_t i = 0; i < s->n_ids; i++) {
		if (!text_glob(glob, s->ids[i].id))
			continue;
		if (!must_run || !s->ids[i].left_out)
			return 0;
		if (!left_out)
			left_out = &s->ids[i];
	}
	if (!left_out)
		return fail_unknown(s, option, glob);
	input_error_set(s->reterr, "%s \"%s\" selects no check: %s: %s", option,
	    text_escape(s->arena, glob, strlen(glob), 80), left_out->id,
	    left_out->left_out);
	return -1;
}

int selection_check(const struct selection *s, const char *option,
    const struct strings *globs, bool must_run)
{
	for (size_t i = 0; i < globs->n_items; i++)
		if (check_one(s, option, globs->items[i], must_run) < 0)
			return -1;
	return 0;
}
