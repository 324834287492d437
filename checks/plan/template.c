/* SPDX-License-Identifier: MIT */
#include "checks/plan/template.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "checks/input/suggest.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

enum {
	LABEL_MAX = 63 /* RFC 1035 section 2.3.4 */
};

static const struct {
	const char *name, *option;
} variables[N_TEMPLATE_VARS] = {
	[VAR_WORKSPACE_ID] = { "workspace_id", "--workspace-id" },
	[VAR_WORKSPACE_NAME] = { "workspace_name", "--workspace-name" },
	[VAR_REGION] = { "region", "--region" },
	[VAR_STORAGE] = { "storage", "--storage" },
	[VAR_CONTAINER_REGISTRY] = { "container_registry", "--container-registry" },
	[VAR_KEY_VAULT] = { "key_vault", "--key-vault" },
	[VAR_COMPUTE_INSTANCE] = { "compute_instance", "--compute-instance" },
	[VAR_COSMOS_ACCOUNT] = { "cosmos_account", "--cosmos-account" },
	[VAR_AKS_FQDN] = { "aks_fqdn", "--aks-fqdn" },
	[VAR_DATABRICKS_HOST] = { "databricks_host", "--databricks-host" },
	[VAR_ATTACH_HOST] = { "attach_host", "--attach-host" },
	[VAR_SCORING_HOST] = { "scoring_host", "--scoring-host" },
};

/* A run of literal text, or one variable. */
struct piece {
	const char *text; /* literal, or the name inside the braces */
	size_t len;
	bool is_variable, fit;
};

const char *template_option(enum template_var v)
{
	return variables[v].option;
}

/* Cuts the next piece off *cursor; false at the end or at an unmatched brace. */
static bool next_piece(const char **cursor, struct piece *ret)
{
	const char *p = *cursor;
	if (!*p || *p == '}')
		return false;
	*ret = (struct piece){ .text = p, .len = strcspn(p, "{}") };
	*cursor = p + ret->len;
	if (ret->len)
		return true;
	const char *end = strpbrk(p + 1, "{}");
	if (!end || *end != '}')
		return false;
	ret->is_variable = true;
	ret->text = p + 1;
	ret->len = (size_t)(end - p) - 1;
	ret->fit = ret->len > 4 && strncmp(end - 4, ":fit", 4) == 0;
	if (ret->fit)
		ret->len -= 4;
	*cursor = end + 1;
	return true;
}

static bool find_variable(const struct piece *p, enum template_var *ret)
{
	for (unsigned i = 0; i < N_TEMPLATE_VARS; i++) {
		if (strlen(variables[i].name) == p->len &&
		    strncmp(variables[i].name, p->text, p->len) == 0) {
			*ret = (enum template_var)i;
			return true;
		}
	}
	return false;
}

static const char *unknown_variable(const struct piece *p, struct arena *arena)
{
	const char *name = arena_strndup(arena, p->text, p->len);
	struct suggestion s = suggest_begin(name);
	for (unsigned i = 0; i < N_TEMPLATE_VARS; i++)
		suggest_feed(&s, variables[i].name);
	return arena_printf(arena, "unknown variable \"%s\"%s",
	    text_escape(arena, name, p->len, 60), suggest_clause(&s, arena));
}

const char *template_check(const char *text, unsigned *used, struct arena *arena)
{
	struct piece p;
	unsigned n_fit = 0;
	while (next_piece(&text, &p)) {
		enum template_var v;
		if (!p.is_variable)
			continue;
		if (!find_variable(&p, &v))
			return unknown_variable(&p, arena);
		if (p.fit && n_fit++)
			return "\":fit\" may stand only once";
		*used |= 1U << v;
	}
	if (*text == '{')
		return "\"{\" without \"}\"";
	return *text ? "\"}\" without \"{\"" : NULL;
}

/* What a piece becomes; false when its variable has no value. */
static bool resolve(const struct piece *p, const struct template_values *values,
    size_t fit_room, const char **ret, size_t *ret_len)
{
	enum template_var v;
	*ret = p->text;
	*ret_len = p->len;
	if (!p->is_variable)
		return true;
	if (!find_variable(p, &v) || !values->of[v])
		return false;
	*ret = values->of[v];
	*ret_len = p->fit ? strnlen(*ret, fit_room) : strlen(*ret);
	return true;
}

/* Joins the pieces with the value marked ":fit" cut; *fit_at tells where it went. */
static char *join(const char *text, const struct template_values *values,
    size_t fit_room, size_t *fit_at, struct arena *arena)
{
	struct piece p;
	const char *add, *cursor = text;
	size_t len, size = 1;
	while (next_piece(&cursor, &p)) {
		if (!resolve(&p, values, fit_room, &add, &len))
			return NULL;
		size += len;
	}
	char *out = arena_alloc(arena, size), *end = out;
	while (next_piece(&text, &p)) {
		resolve(&p, values, fit_room, &add, &len);
		if (p.fit)
			*fit_at = (size_t)(end - out);
		memcpy(end, add, len);
		end += len;
	}
	return out;
}

/* How many characters are left in the label around position at. */
static size_t room_in_label(const char *host, size_t at)
{
	size_t begin = at;
	while (begin && host[begin - 1] != '.')
		begin--;
	size_t len = strcspn(host + begin, ".");
	return len < LABEL_MAX ? LABEL_MAX - len : 0;
}

char *template_expand(
    const char *text, const struct template_values *values, struct arena *arena)
{
	size_t fit_at = 0;
	char *without = join(text, values, 0, &fit_at, arena);
	if (!without)
		return NULL;
	return join(text, values, room_in_label(without, fit_at), &fit_at, arena);
}
