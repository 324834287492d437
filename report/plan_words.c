/* SPDX-License-Identifier: MIT */
#include "report/plan_words.h"

#include "probe/base/arena.h"

const char *plan_mark(enum mark mark)
{
	static const char *const names[] = {
		[MARK_DOCUMENTED] = "documented",
		[MARK_SEEN] = "seen",
		[MARK_BELIEVED] = "believed",
	};
	return names[mark];
}

static const char *addresses(const struct addr *items, size_t n, struct arena *a)
{
	const char *text = "";
	for (size_t i = 0; i < n; i++) {
		char one[ADDR_TEXT_MAX];
		text = arena_printf(
		    a, "%s%s%s", text, i ? ", " : "", addr_format_port(&items[i], one));
	}
	return text;
}

const char *plan_resolver(
    const struct check_plan *plan, const struct target *t, struct arena *a)
{
	const struct plan *p = &plan->probe;
	struct addr literal;
	const char *base;
	char platform[ADDR_TEXT_MAX];
	if (t->protocol == PROTO_INBOUND)
		return "none, nobody is contacted";
	if (t->n_pinned)
		return arena_printf(
		    a, "none, pinned to %s", addresses(t->pinned, t->n_pinned, a));
	if (t->ask_only)
		return arena_printf(a, "%s alone", addresses(t->ask_only, 1, a));
	if (addr_parse(t->connect_host ? t->connect_host : t->host, &literal))
		return "none, the address is given";
	base = p->n_resolvers ? addresses(p->resolvers, p->n_resolvers, a) : "system";
	if (!t->compare_platform_dns || !p->platform_dns.family)
		return base;
	return arena_printf(a, "%s, compared with %s", base,
	    addr_format_port(&p->platform_dns, platform));
}

const char *plan_proxy(const struct target *t, const struct check *c, struct arena *a)
{
	const char *what = t->proxy ? t->proxy->shown_as : "direct";
	if (!c->proxy_reason)
		return what;
	if (c->others_proxied_by)
		return arena_printf(a,
		    "%s (%s; other programs send it to a proxy by %s)", what,
		    c->proxy_reason, c->others_proxied_by);
	return arena_printf(a, "%s (%s)", what, c->proxy_reason);
}

const char *plan_needed(const struct check *c, struct arena *a)
{
	const char *text = c->required ? "required" : "not required";
	if (!c->entry)
		return arena_printf(a, "%s, named by the user", text);
	if (!c->entry->n_features)
		return arena_printf(a, "%s, always", text);
	for (size_t i = 0; i < c->entry->n_features; i++)
		text = arena_printf(
		    a, "%s%s%s", text, i ? " or " : ", for ", c->entry->features[i]);
	return text;
}

const char *plan_rule(const struct answer_rule *rule, struct arena *a)
{
	const char *text = rule->n_statuses ? "status " : "any status";
	for (size_t i = 0; i < rule->n_statuses; i++)
		text =
		    arena_printf(a, "%s%s%d", text, i ? ", " : "", rule->statuses[i]);
	if (rule->header)
		text = arena_printf(a, "%s, header %s", text, rule->header);
	if (rule->header && rule->header_contains)
		text = arena_printf(a, "%s with \"%s\"", text, rule->header_contains);
	if (rule->body_contains)
		text =
		    arena_printf(a, "%s, body with \"%s\"", text, rule->body_contains);
	return arena_printf(a, "%s (%s)", text, plan_mark(rule->mark));
}

const char *plan_idle(
    const struct check_plan *plan, const struct target *t, struct arena *a)
{
	const char *words = NULL;

	if (!t->idle)
		return NULL;
	for (size_t i = 0; i < plan->probe.n_idle; i++)
		words =
		    arena_printf(a, "%s%s%g s", words ? words : "", words ? ", " : "",
			(double)plan->probe.idle[i] / (double)NSEC_PER_SEC);
	return words;
}
