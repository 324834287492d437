/* SPDX-License-Identifier: MIT */
#include "checks/plan/catalogue_entry.h"

#include <string.h>

#include "checks/input/suggest.h"
#include "checks/input/validate.h"
#include "checks/plan/catalogue_rules.h"
#include "checks/plan/features.h"
#include "checks/plan/template.h"
#include "probe/base/arena.h"

#define LOWER_ALNUM "abcdefghijklmnopqrstuvwxyz0123456789"

static int read_id(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_text)
{
	if (yaml_read_text(src, value, ret_text) < 0)
		return -1;
	const char *id = value->scalar;
	size_t len = strlen(id);
	/* ':' would be an account's suffix or a URL, '*' a glob. */
	if (len > 64 || strspn(id, LOWER_ALNUM ".-") != len ||
	    !strchr("abcdefghijklmnopqrstuvwxyz", id[0]))
		return yaml_fail(src, value,
		    "id \"%s\" must be lower-case letters, digits, '.' and '-'",
		    yaml_shown(src, value));
	return 0;
}

static int read_features(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_entry)
{
	struct catalogue_entry *e = ret_entry;
	if (yaml_expect(src, value, YAML_SEQUENCE) < 0)
		return -1;
	const char **names = arena_array(src->arena, value->n_items, sizeof *names);
	for (size_t i = 0; i < value->n_items; i++) {
		const struct yaml_node *item = value->items[i];
		if (yaml_read_text(src, item, &names[i]) < 0)
			return -1;
		if (!feature_find(names[i]))
			return yaml_fail(src, item, "unknown feature \"%s\"%s",
			    yaml_shown(src, item),
			    feature_suggestion(names[i], src->arena));
	}
	e->features = names;
	e->n_features = value->n_items;
	return 0;
}

static int read_protocol(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_protocol)
{
	if (yaml_expect(src, value, YAML_SCALAR) < 0)
		return -1;
	if (protocol_from_name(value->scalar, ret_protocol))
		return 0;
	struct suggestion s = suggest_begin(value->scalar);
	for (int p = 0; p < N_PROTOCOLS; p++)
		suggest_feed(&s, protocol_name((enum protocol)p));
	return yaml_fail(src, value, "unknown protocol \"%s\"%s",
	    yaml_shown(src, value), suggest_clause(&s, src->arena));
}

static int read_method(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_text)
{
	if (yaml_read_text(src, value, ret_text) < 0)
		return -1;
	/* Nothing that could change something at the other end. */
	if (strcmp(value->scalar, "GET") != 0 && strcmp(value->scalar, "HEAD") != 0 &&
	    strcmp(value->scalar, "OPTIONS") != 0)
		return yaml_fail(src, value,
		    "method \"%s\" must be GET, HEAD or OPTIONS",
		    yaml_shown(src, value));
	return 0;
}

static int read_template(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_text)
{
	unsigned used = 0;
	if (yaml_read_text(src, value, ret_text) < 0)
		return -1;
	const char *reason = template_check(value->scalar, &used, src->arena);
	return reason ? yaml_fail(src, value, "%s", reason) : 0;
}

static int read_path(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_text)
{
	if (read_template(src, value, ret_text) < 0)
		return -1;
	if (value->scalar[0] != '/' || strpbrk(value->scalar, " #"))
		return yaml_fail(src, value,
		    "path \"%s\" must begin with '/' and have no blank or '#'",
		    yaml_shown(src, value));
	return 0;
}

static int read_headers(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_request)
{
	struct http_request *request = ret_request;
	if (yaml_expect(src, value, YAML_MAPPING) < 0)
		return -1;
	struct header *headers =
	    arena_array(src->arena, value->n_items, sizeof *headers);
	for (size_t i = 0; i < value->n_items; i++)
		if (catalogue_read_header_name(src, value->keys[i], &headers[i].name) <
			0 ||
		    read_template(src, value->values[i], &headers[i].value) < 0)
			return -1;
	request->headers = headers;
	request->n_headers = value->n_items;
	return 0;
}

static int read_request(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_request)
{
	static const struct yaml_field fields[] = {
		{ "method", read_method, offsetof(struct http_request, method), false },
		{ "path", read_path, offsetof(struct http_request, path), false },
		{ "headers", read_headers, 0, false },
	};

	return yaml_read_fields(
	    src, value, fields, sizeof fields / sizeof *fields, ret_request);
}

/* A host with every variable filled in must be one that could exist. */
static int read_host(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_text)
{
	struct template_values values;
	struct addr address;
	if (read_template(src, value, ret_text) < 0)
		return -1;
	for (unsigned i = 0; i < N_TEMPLATE_VARS; i++)
		values.of[i] = "x";
	const char *host = template_expand(value->scalar, &values, src->arena);
	if (!valid_host_name(host) && !addr_parse(host, &address))
		return yaml_fail(src, value, "\"%s\" is no host name or address",
		    yaml_shown(src, value));
	return 0;
}

/* One value for all clouds, or a mapping with one for each cloud that has it. */
static int read_by_cloud(const struct yaml_source *src, const struct yaml_node *value,
    int (*read)(const struct yaml_source *, const struct yaml_node *, void *),
    const char **ret)
{
	if (value->kind == YAML_SCALAR) {
		for (unsigned i = 0; i < N_CLOUDS; i++)
			if (read(src, value, &ret[i]) < 0)
				return -1;
		return 0;
	}
	struct yaml_field fields[N_CLOUDS];
	for (unsigned i = 0; i < N_CLOUDS; i++)
		fields[i] = (struct yaml_field){
			.name = cloud_name((enum cloud)i),
			.read = read,
			.offset = i * sizeof *ret,
		};
	return yaml_read_fields(src, value, fields, N_CLOUDS, ret);
}

static int read_hosts(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_texts)
{
	if (value->kind == YAML_MAPPING && !value->n_items)
		return yaml_fail(src, value, "\"host\" names no cloud");
	return read_by_cloud(src, value, read_host, ret_texts);
}

static int read_zones(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_texts)
{
	return read_by_cloud(src, value, read_host, ret_texts);
}

static int read_date(
    const struct yaml_source *src, const struct yaml_node *value, void *ret_text)
{
	if (yaml_read_text(src, value, ret_text) < 0)
		return -1;
	const char *shape = "0000-00-00", *p = value->scalar;
	if (strcmp(p, "undated") == 0)
		return 0;
	while (*p && *shape && (*p >= '0' && *p <= '9' ? '0' : *p) == *shape)
		p++, shape++;
	if (*p || (*shape && strcmp(shape, "-00") != 0 && strcmp(shape, "-00-00") != 0))
		return yaml_fail(src, value,
		    "date \"%s\" must be YYYY, YYYY-MM, YYYY-MM-DD or undated",
		    yaml_shown(src, value));
	return 0;
}

#define MEMBER(name) offsetof(struct catalogue_entry, name)

static const struct yaml_field entry_fields[] = {
	{ "id", read_id, MEMBER(id), true },
	{ "title", yaml_read_text, MEMBER(title), true },
	{ "purpose", yaml_read_text, MEMBER(purpose), true },
	{ "features", read_features, 0, false },
	{ "required", yaml_read_bool, MEMBER(required), false },
	{ "host", read_hosts, MEMBER(host), true },
	{ "port", yaml_read_port, MEMBER(port), false },
	{ "protocol", read_protocol, MEMBER(protocol), true },
	{ "request", read_request, MEMBER(request), false },
	{ "private_ca", yaml_read_bool, MEMBER(private_ca), false },
	{ "platform", yaml_read_bool, MEMBER(platform), false },
	{ "root_only", yaml_read_bool, MEMBER(root_only), false },
	{ "expect_alpn", yaml_read_text, MEMBER(expect_alpn), false },
	{ "service_tag", read_template, MEMBER(service_tag), false },
	{ "private_link_zone", read_zones, MEMBER(private_link_zone), false },
	{ "genuine", catalogue_read_genuine, 0, false },
	{ "denied", catalogue_read_denied, 0, false },
	{ "disclosures", catalogue_read_disclosures, 0, false },
	{ "source", yaml_read_text, MEMBER(source), true },
	{ "source_date", read_date, MEMBER(source_date), true },
	{ "mark", catalogue_read_mark, MEMBER(mark), true },
};

static uint16_t usual_port(enum protocol p)
{
	static const uint16_t ports[] = {
		[PROTO_HTTPS] = 443,
		[PROTO_HTTP] = 80,
		[PROTO_WSS] = 443,
		[PROTO_WS] = 80,
		[PROTO_TCP] = 0,
		[PROTO_SMB] = 445,
		[PROTO_SSH] = 22,
		[PROTO_UDP] = 0,
		[PROTO_DNS] = 53,
		[PROTO_INBOUND] = 0,
	};
	return ports[p];
}

static const char *first_present(
    const struct yaml_node *item, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (yaml_get(item, keys[i]))
			return keys[i];
	return NULL;
}

/* What only makes sense with HTTP or TLS would be ignored silently elsewhere. */
static int check_layers(const struct yaml_source *src, const struct yaml_node *item,
    const struct catalogue_entry *e)
{
	static const char *const http[] = { "request", "genuine", "denied",
		"disclosures" };
	static const char *const tls[] = { "private_ca", "expect_alpn" };
	const char *key = NULL;
	if (!protocol_is_http(e->protocol))
		key = first_present(item, http, sizeof http / sizeof *http);
	if (!key && !protocol_is_tls(e->protocol))
		key = first_present(item, tls, sizeof tls / sizeof *tls);
	if (key)
		return yaml_fail(src, yaml_get(item, key),
		    "\"%s\" does not go with protocol %s", key,
		    protocol_name(e->protocol));
	if (protocol_is_http(e->protocol) && !e->n_genuine)
		return yaml_fail(
		    src, item, "\"genuine\" must tell how the service is recognised");
	if (!e->port)
		return yaml_fail(src, item, "protocol %s needs \"port\"",
		    protocol_name(e->protocol));
	return 0;
}

int catalogue_read_entry(const struct yaml_source *src, const struct yaml_node *item,
    struct catalogue_entry *ret)
{
	ret->required = true;
	if (yaml_read_fields(src, item, entry_fields,
		sizeof entry_fields / sizeof *entry_fields, ret) < 0)
		return -1;
	if (!ret->port)
		ret->port = usual_port(ret->protocol);
	if (protocol_is_http(ret->protocol)) {
		if (!ret->request.method)
			ret->request.method = "GET";
		if (!ret->request.path)
			ret->request.path = "/";
	}
	return check_layers(src, item, ret);
}
