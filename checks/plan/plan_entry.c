/* SPDX-License-Identifier: MIT */
#include "checks/plan/plan_entry.h"

#include <string.h>

#include "checks/plan/authority.h"
#include "probe/base/arena.h"

struct template_values plan_values(const struct settings *s, struct arena *arena)
{
	struct template_values v = { {
	    [VAR_WORKSPACE_ID] = s->workspace_id,
	    [VAR_WORKSPACE_NAME] = s->workspace_name,
	    [VAR_REGION] = s->region,
	    [VAR_CONTAINER_REGISTRY] = s->container_registry,
	    [VAR_KEY_VAULT] = s->key_vault,
	    [VAR_COMPUTE_INSTANCE] = s->compute_instance,
	    [VAR_COSMOS_ACCOUNT] = s->cosmos_account,
	    [VAR_AKS_FQDN] = s->aks_fqdn,
	    [VAR_DATABRICKS_HOST] = s->databricks_host,
	    [VAR_ATTACH_HOST] = s->attach_host,
	    [VAR_SCORING_HOST] = s->scoring_host,
	} };
	for (unsigned i = 0; i < N_TEMPLATE_VARS; i++)
		v.of[i] = lower_case(v.of[i], arena);
	return v;
}

/* Variables without which the entry cannot be contacted. */
static unsigned needed_variables(
    const struct catalogue_entry *entry, enum cloud cloud, struct arena *arena)
{
	unsigned used = 0;
	template_check(entry->host[cloud], &used, arena);
	if (entry->request.path)
		template_check(entry->request.path, &used, arena);
	for (size_t i = 0; i < entry->request.n_headers; i++)
		template_check(entry->request.headers[i].value, &used, arena);
	return used;
}

bool plan_is_per_account(
    const struct catalogue_entry *entry, enum cloud cloud, struct arena *arena)
{
	return needed_variables(entry, cloud, arena) & (1U << VAR_STORAGE);
}

const char *plan_missing_options(const struct catalogue_entry *entry, enum cloud cloud,
    const struct template_values *values, struct arena *arena)
{
	unsigned needed = needed_variables(entry, cloud, arena);
	const char *reason = NULL;
	for (unsigned i = 0; i < N_TEMPLATE_VARS; i++) {
		const char *option = template_option((enum template_var)i);
		if (!(needed & (1U << i)) || values->of[i])
			continue;
		reason = reason ? arena_printf(arena, "%s and %s", reason, option)
				: arena_printf(arena, "needs %s", option);
	}
	return reason;
}

void plan_expand_target(const struct catalogue_entry *entry, enum cloud cloud,
    const struct template_values *values, struct arena *arena, struct target *ret)
{
	const struct http_request *request = &entry->request;
	struct header *headers =
	    arena_array(arena, request->n_headers, sizeof *headers);
	for (size_t i = 0; i < request->n_headers; i++) {
		headers[i].name = request->headers[i].name;
		headers[i].value =
		    template_expand(request->headers[i].value, values, arena);
	}
	ret->host = template_expand(entry->host[cloud], values, arena);
	ret->port = entry->port;
	ret->protocol = entry->protocol;
	if (!protocol_is_http(entry->protocol))
		return;
	ret->request.method = request->method;
	ret->request.path = template_expand(request->path, values, arena);
	ret->request.headers = headers;
	ret->request.n_headers = request->n_headers;
}

/* Without a region "Storage.{region}" becomes the tag of all regions, "Storage". */
static const char *expand_service_tag(
    const char *tag, const struct template_values *values, struct arena *arena)
{
	if (!tag)
		return NULL;
	const char *full = template_expand(tag, values, arena);
	if (full)
		return full;
	size_t len = strcspn(tag, "{");
	while (len && tag[len - 1] == '.')
		len--;
	return len ? arena_strndup(arena, tag, len) : NULL;
}

void plan_expand_check(const struct catalogue_entry *entry, enum cloud cloud,
    const struct template_values *values, struct arena *arena, struct check *ret)
{
	const char *zone = entry->private_link_zone[cloud];
	ret->entry = entry;
	ret->title = entry->title;
	ret->purpose = entry->purpose;
	ret->family = entry->family;
	ret->required = entry->required;
	ret->service_tag = expand_service_tag(entry->service_tag, values, arena);
	ret->private_link_zone = zone ? template_expand(zone, values, arena) : NULL;
}

const char *plan_jupyter_base(const struct target *t, struct arena *arena)
{
	static const char kernels[] = "/api/kernels";

	if (t->protocol != PROTO_WSS && t->protocol != PROTO_WS)
		return NULL;
	const char *path = t->request.path, *at = strstr(path, kernels);
	const char *query = strchr(path, '?');
	if (!at || (query && query < at) || !strchr("/?", at[strlen(kernels)]))
		return NULL;
	return arena_strndup(arena, path, (size_t)(at - path));
}

static uint16_t port_left_out(enum protocol p)
{
	return protocol_is_tls(p) ? 443 : 80;
}

const char *plan_shown_target(const struct target *t, struct arena *arena)
{
	const char *scheme = protocol_name(t->protocol);
	if (t->protocol == PROTO_DNS)
		return arena_printf(arena, "dns:%s", t->host);
	if (protocol_is_http(t->protocol)) {
		uint16_t port =
		    t->port == port_left_out(t->protocol) ? (uint16_t)0 : t->port;
		return arena_printf(arena, "%s://%s%s", scheme,
		    authority_format(t->host, port, arena), t->request.path);
	}
	if (t->protocol == PROTO_INBOUND)
		return arena_printf(
		    arena, "TCP port %u of this machine", (unsigned)t->port);
	/* Written so that it can be given as a target again. */
	if (t->protocol == PROTO_SMB || t->protocol == PROTO_SSH)
		scheme = protocol_name(PROTO_TCP);
	return arena_printf(
	    arena, "%s://%s", scheme, authority_format(t->host, t->port, arena));
}
