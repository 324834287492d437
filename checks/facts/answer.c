/* SPDX-License-Identifier: MIT */
#include "checks/facts/answer.h"

#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/text.h"

const char *http_header(const struct obs_http *http, const char *name)
{
	for (size_t i = 0; i < http->n_headers; i++)
		if (text_equal_nocase(http->headers[i].name, name))
			return http->headers[i].value;
	return NULL;
}

/* Bodies come from strangers and may hold NUL bytes: searched piece by piece. */
static const char *body_find(
    const struct obs_http *http, const char *from, const char *text)
{
	const char *end = http->body + http->body_len;

	while (from < end) {
		const char *hit = text_find_nocase(from, text);
		if (hit)
			return hit;
		from += strlen(from) + 1;
	}
	return NULL;
}

bool http_body_contains(const struct obs_http *http, const char *text)
{
	return http->body && body_find(http, http->body, text);
}

static bool status_fits(const struct answer_rule *rule, int status)
{
	for (size_t i = 0; i < rule->n_statuses; i++)
		if (rule->statuses[i] == status)
			return true;
	return rule->n_statuses == 0;
}

static bool header_fits(const struct answer_rule *rule, const struct obs_http *http)
{
	if (!rule->header)
		return true;
	for (size_t i = 0; i < http->n_headers; i++) {
		if (!text_equal_nocase(http->headers[i].name, rule->header))
			continue;
		if (!rule->header_contains ||
		    text_find_nocase(http->headers[i].value, rule->header_contains))
			return true;
	}
	return false;
}

static bool body_fits(const struct answer_rule *rule, const struct obs_http *http)
{
	return !rule->body_contains || http_body_contains(http, rule->body_contains);
}

static const char upgrade_missing[] = "Can \"Upgrade\" only to \"WebSocket\"";

bool http_says_upgrade_missing(const struct obs_http *http)
{
	return http_body_contains(http, upgrade_missing);
}

bool text_says_upgrade_missing(const char *text)
{
	return strstr(text, upgrade_missing) != NULL;
}

const struct answer_rule *answer_match(
    const struct answer_rule *rules, size_t n_rules, const struct obs_http *http)
{
	const struct answer_rule *best = NULL;

	for (size_t i = 0; i < n_rules; i++) {
		const struct answer_rule *r = &rules[i];
		if (status_fits(r, http->status) && header_fits(r, http) &&
		    body_fits(r, http) && (!best || r->mark < best->mark))
			best = r;
	}
	return best;
}

const struct answer_rule *answer_marked(
    const struct answer_rule *rules, size_t n_rules, const struct obs_http *http)
{
	for (size_t i = 0; i < n_rules; i++) {
		const struct answer_rule *r = &rules[i];
		if ((r->header || r->body_contains) && header_fits(r, http) &&
		    body_fits(r, http))
			return r;
	}
	return NULL;
}

bool answer_rules_known(const struct answer_rule *rules, size_t n_rules)
{
	for (size_t i = 0; i < n_rules; i++)
		if (rules[i].mark != MARK_BELIEVED)
			return true;
	return false;
}

const char *answer_disclosed(
    const struct disclosure *d, const struct obs_http *http, struct arena *arena)
{
	if (d->header)
		return http_header(http, d->header);
	if (!d->body_after || !http->body)
		return NULL;
	const char *start = body_find(http, http->body, d->body_after);
	if (!start)
		return NULL;
	start += strlen(d->body_after);
	const char *end =
	    d->body_before ? text_find_nocase(start, d->body_before) : NULL;
	if (d->body_before && !end)
		return NULL;
	return arena_strndup(arena, start, end ? (size_t)(end - start) : strlen(start));
}

enum firewall_mark answer_azure_firewall(const struct obs_http *http)
{
	/* Both wordings that were seen share these two parts. */
	if (http_body_contains(http, "Action: Deny") &&
	    http_body_contains(http, "No rule matched"))
		return FIREWALL_SENTENCE;
	return http->status == 470 ? FIREWALL_STATUS : FIREWALL_NONE;
}

const char *answer_proxy_mark(const struct obs_http *http, struct arena *arena)
{
	static const char *const fields[] = { "x-squid-error", "proxy-authenticate",
		"proxy-connection", "x-bluecoat-via", "x-zscaler-error" };
	static const char *const servers[] = { "squid", "mitmproxy", "bluecoat",
		"zscaler", "mcafee web gateway", "forcepoint", "fortigate",
		"microsoft-azure-application-gateway" };
	const char *server = http_header(http, "server");

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (http_header(http, fields[i]))
			return arena_printf(arena, "header %s", fields[i]);
	for (size_t i = 0; server && i < sizeof servers / sizeof *servers; i++)
		if (text_find_nocase(server, servers[i]))
			return arena_printf(arena, "server %s", servers[i]);
	/* An explicit proxy adds it to every answer that it passes on. */
	if (http->status >= 400 && !http->via_proxy && http_header(http, "via"))
		return "header via beside a refusal";
	return NULL;
}
