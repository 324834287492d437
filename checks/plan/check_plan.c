/* SPDX-License-Identifier: MIT */
#include "checks/plan/check_plan.h"

#include <stdlib.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/input/validate.h"
#include "checks/plan/features.h"
#include "checks/plan/idle_choice.h"
#include "checks/plan/overrides.h"
#include "checks/plan/plan_entry.h"
#include "checks/plan/proxy_choice.h"
#include "checks/plan/run_time.h"
#include "checks/plan/selection.h"
#include "checks/plan/target_parse.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/base/vec.h"

/* A plan while it grows. */
struct builder {
	const struct settings *settings;
	const struct catalogue *catalogue;
	struct arena *arena;
	struct input_error *reterr;
	bool whole_profile;
	struct strings target_globs, must_not_reach_globs;
	struct template_values values;
	struct proxies proxies;
	struct overrides overrides;
	struct addr azure_dns; /* with port; family 0 = none */
	struct target *targets;
	size_t n_targets, targets_cap;
	struct check *checks;
	size_t n_checks, checks_cap;
	struct left_out *left_out;
	size_t n_left_out, left_out_cap;
	struct planned_id *ids;
	size_t n_ids, ids_cap;
};

bool check_plan_needs_catalogue(const struct settings *s)
{
	return selection_is_whole_profile(s) || selection_has_globs(&s->targets) ||
	       selection_has_globs(&s->must_not_reach) ||
	       selection_has_globs(&s->skip) ||
	       selection_has_globs(&s->expect_private) || s->listen > 0;
}

static struct addr with_dns_port(struct addr a)
{
	if (a.family && !a.port)
		a.port = 53;
	return a;
}

static void add_id(struct builder *b, const char *id, const char *left_out)
{
	b->ids = vec_grow(b->arena, b->ids, b->n_ids, &b->ids_cap, sizeof *b->ids);
	b->ids[b->n_ids++] = (struct planned_id){ id, left_out };
}

static void leave_out(struct builder *b, const char *id, const char *reason)
{
	b->left_out = vec_grow(b->arena, b->left_out, b->n_left_out, &b->left_out_cap,
	    sizeof *b->left_out);
	b->left_out[b->n_left_out++] = (struct left_out){ id, reason };
	add_id(b, id, reason);
}

static bool asks_azure_dns(const struct catalogue_entry *entry)
{
	return entry && entry->platform && entry->protocol == PROTO_DNS;
}

/* The request of a target on the way that the rules did not choose. */
static const struct target *other_way(
    struct builder *b, const struct target *t, const struct proxy *proxy)
{
	struct target *other = arena_memdup(b->arena, t, sizeof *t);

	other->proxy = proxy;
	if (!proxy)
		overrides_apply(&b->overrides, other);
	return other;
}

static void append_target(struct builder *b, struct target *t, struct check *c)
{
	b->targets = vec_grow(
	    b->arena, b->targets, b->n_targets, &b->targets_cap, sizeof *b->targets);
	b->targets[b->n_targets++] = *t;
	b->checks = vec_grow(
	    b->arena, b->checks, b->n_checks, &b->checks_cap, sizeof *b->checks);
	b->checks[b->n_checks++] = *c;
	add_id(b, t->id, NULL);
}

/* Everything about a target and its check that does not come from their source. */
static void add_target(struct builder *b, struct target *t, struct check *c)
{
	const struct settings *s = b->settings;
	struct addr address;
	bool is_name = !addr_parse(t->host, &address);
	if (t->protocol == PROTO_INBOUND) {
		/* Nobody is contacted, by whatever way. */
		c->proxy_reason = "nothing is sent";
		append_target(b, t, c);
		return;
	}
	struct proxy_choice choice =
	    proxy_choose(&b->proxies, t, c->entry && c->entry->platform, b->arena);

	t->proxy = choice.proxy;
	c->proxy_reason = choice.reason;
	c->no_proxy_entry = choice.entry;
	c->others_proxied_by = choice.others_proxied_by;
	c->proxy_matters =
	    choice.proxy || choice.exempt_from || choice.others_proxied_by;
	if (choice.proxy || choice.exempt_from)
		t->other_way =
		    other_way(b, t, choice.proxy ? NULL : choice.exempt_from);
	/* Names behind a proxy are the proxy's to resolve. */
	if (!t->proxy)
		overrides_apply(&b->overrides, t);
	if (asks_azure_dns(c->entry))
		t->ask_only =
		    arena_memdup(b->arena, &b->azure_dns, sizeof b->azure_dns);
	t->compare_platform_dns = is_name && b->azure_dns.family && !t->ask_only &&
				  !t->n_pinned && (c->entry || s->azure_dns_given);
	/* What must not be reached gets no credential either. */
	t->jupyter_base = c->must_not_reach ? NULL : plan_jupyter_base(t, b->arena);
	t->idle = idle_takes(t, c);
	c->expect_private = selection_match(&s->expect_private, t->id);
	append_target(b, t, c);
}

static bool is_inbound(const struct catalogue_entry *entry)
{
	return entry->protocol == PROTO_INBOUND;
}

/* --listen asks for all of them, unless some are named. */
static bool names_inbound(const struct builder *b)
{
	for (size_t i = 0; i < b->catalogue->n_entries; i++) {
		const struct catalogue_entry *entry = &b->catalogue->entries[i];
		if (is_inbound(entry) && selection_match(&b->target_globs, entry->id))
			return true;
	}
	return false;
}

static bool is_selected(
    const struct builder *b, const struct catalogue_entry *entry, const char *id)
{
	if (b->settings->listen && is_inbound(entry) && !names_inbound(b))
		return true;
	return b->whole_profile || selection_match(&b->target_globs, id) ||
	       selection_match(&b->must_not_reach_globs, id);
}

/* Who names a check wants it, whatever its feature says. */
static bool is_named(const struct builder *b, const char *id)
{
	return selection_names(&b->target_globs, id) ||
	       selection_names(&b->must_not_reach_globs, id);
}

static const char *features_off(
    const struct builder *b, const struct catalogue_entry *entry)
{
	const char *names = NULL;
	for (size_t i = 0; i < entry->n_features; i++) {
		const char *name = entry->features[i];
		if (feature_is_on(name, &b->settings->features))
			return NULL;
		names = names ? arena_printf(b->arena, "%s, %s", names, name) : name;
	}
	if (!names)
		return NULL;
	return entry->n_features == 1
		   ? arena_printf(b->arena, "feature %s is off", names)
		   : arena_printf(b->arena, "features %s are off", names);
}

static const char *why_left_out(const struct builder *b,
    const struct catalogue_entry *entry, const char *id,
    const struct template_values *values)
{
	const char *skip = selection_match(&b->settings->skip, id);
	if (skip)
		return arena_printf(b->arena, "--skip %s",
		    text_escape(b->arena, skip, strlen(skip), 80));
	const char *off = is_named(b, id) ? NULL : features_off(b, entry);
	if (off)
		return off;
	if (asks_azure_dns(entry) && !b->azure_dns.family)
		return "--azure-dns is none";
	if (is_inbound(entry) && !b->settings->listen)
		return "needs --listen";
	return plan_missing_options(entry, b->settings->cloud, values, b->arena);
}

static int add_expanded(struct builder *b, const struct catalogue_entry *entry,
    const char *id, const struct template_values *values)
{
	enum cloud cloud = b->settings->cloud;
	struct target t = { .id = id };
	struct check c = { 0 };
	struct addr address;
	if (!is_selected(b, entry, id)) {
		add_id(b, id, "not among the targets");
		return 0;
	}
	const char *reason = why_left_out(b, entry, id, values);
	if (reason) {
		leave_out(b, id, reason);
		return 0;
	}
	if (is_inbound(entry) && selection_match(&b->must_not_reach_globs, id)) {
		input_error_set(b->reterr,
		    "--must-not-reach: %s: silence proves no block of what comes in",
		    id);
		return -1;
	}
	plan_expand_target(entry, cloud, values, b->arena, &t);
	if (!valid_host_name(t.host) && !addr_parse(t.host, &address)) {
		input_error_set(b->reterr, "%s: \"%s\" is no host name or address", id,
		    text_escape(b->arena, t.host, strlen(t.host), 120));
		return -1;
	}
	plan_expand_check(entry, cloud, values, b->arena, &c);
	if (b->settings->storage.n_items > 1 && values->of[VAR_STORAGE])
		c.title =
		    arena_printf(b->arena, "%s (%s)", c.title, values->of[VAR_STORAGE]);
	c.shown_target = plan_shown_target(&t, b->arena);
	c.must_not_reach = selection_match(&b->must_not_reach_globs, id);
	add_target(b, &t, &c);
	return 0;
}

/* Once for each storage account where the entry is about one. */
static int add_entry(struct builder *b, const struct catalogue_entry *entry)
{
	const struct strings *accounts = &b->settings->storage;
	if (!accounts->n_items ||
	    !plan_is_per_account(entry, b->settings->cloud, b->arena))
		return add_expanded(b, entry, entry->id, &b->values);
	for (size_t i = 0; i < accounts->n_items; i++) {
		struct template_values values = b->values;
		values.of[VAR_STORAGE] = accounts->items[i];
		const char *id =
		    i ? arena_printf(b->arena, "%s:%s", entry->id, accounts->items[i])
		      : entry->id;
		if (add_expanded(b, entry, id, &values) < 0)
			return -1;
	}
	return 0;
}

static bool cloud_has(const struct catalogue *c, const char *id, enum cloud cloud)
{
	for (size_t i = 0; i < c->n_entries; i++)
		if (c->entries[i].host[cloud] && strcmp(c->entries[i].id, id) == 0)
			return true;
	return false;
}

static int add_profile(struct builder *b)
{
	enum cloud cloud = b->settings->cloud;
	for (size_t i = 0; i < b->catalogue->n_entries; i++) {
		const struct catalogue_entry *entry = &b->catalogue->entries[i];
		if (entry->host[cloud]) {
			if (add_entry(b, entry) < 0)
				return -1;
			continue;
		}
		/* Another entry may have the same id with this cloud's facts. */
		if (cloud_has(b->catalogue, entry->id, cloud))
			continue;
		const char *reason = arena_printf(
		    b->arena, "no endpoint is known for %s", cloud_name(cloud));
		if (is_selected(b, entry, entry->id))
			leave_out(b, entry->id, reason);
		else
			add_id(b, entry->id, reason);
	}
	return 0;
}

static int add_endpoints(
    struct builder *b, const struct strings *list, bool must_not_reach)
{
	for (size_t i = 0; i < list->n_items; i++) {
		const char *text = list->items[i];
		struct target t;
		struct check c = {
			.title = text,
			.shown_target = text,
			.purpose = must_not_reach ? "Must not be reachable."
						  : "Given as a target.",
			.family = "Targets",
			.required = true,
			.must_not_reach = must_not_reach,
		};
		if (!target_is_endpoint(text))
			continue;
		if (target_parse(text, b->arena, &t, b->reterr) < 0)
			return -1;
		add_target(b, &t, &c);
	}
	return 0;
}

static int compare_texts(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	return strcmp(*x, *y);
}

/* Observations find their check by id. */
static int check_unique(const struct builder *b)
{
	const char **ids = arena_array(b->arena, b->n_targets, sizeof *ids);
	for (size_t i = 0; i < b->n_targets; i++)
		ids[i] = b->targets[i].id;
	qsort(ids, b->n_targets, sizeof *ids, compare_texts);
	for (size_t i = 1; i < b->n_targets; i++) {
		if (strcmp(ids[i - 1], ids[i]) != 0)
			continue;
		input_error_set(b->reterr, "\"%s\" is given twice",
		    text_escape(b->arena, ids[i], strlen(ids[i]), 120));
		return -1;
	}
	return 0;
}

static int check_selections(const struct builder *b)
{
	const struct settings *s = b->settings;
	const struct selection all = { b->ids, b->n_ids, b->arena, b->reterr };
	if (selection_check(&all, "target", &b->target_globs, true) < 0 ||
	    selection_check(&all, "--must-not-reach", &b->must_not_reach_globs, true) <
		0 ||
	    selection_check(&all, "--skip", &s->skip, false) < 0 ||
	    /* A run over few targets may share its settings with a run over all. */
	    selection_check(
		&all, "--expect-private", &s->expect_private, b->whole_profile) < 0)
		return -1;
	if (b->n_targets)
		return 0;
	input_error_set(b->reterr, "%s",
	    b->n_left_out
		? "nothing to check: every check was left out, \"list -v\" says why"
		: "nothing to check: name a target, or describe the workspace with "
		  "--region, --workspace-id, --storage, ...");
	return -1;
}

/* "none", or an address that was checked when it was given. */
static struct addr canary_address(const struct settings *s)
{
	struct addr a = { 0 };
	if (s->canary)
		addr_parse(s->canary, &a);
	return a;
}

static struct plan finish_probe_plan(const struct builder *b)
{
	const struct settings *s = b->settings;
	struct addr *resolvers =
	    arena_array(b->arena, s->resolvers.n_items, sizeof *resolvers);
	for (size_t i = 0; i < s->resolvers.n_items; i++)
		resolvers[i] = with_dns_port(s->resolvers.items[i]);
	return (struct plan){
		.targets = b->targets,
		.n_targets = b->n_targets,
		.resolvers = resolvers,
		.n_resolvers = s->resolvers.n_items,
		.platform_dns = b->azure_dns,
		.only_family = s->only_family,
		.interface = s->interface,
		.source = s->source,
		.cacert = s->cacert,
		.connect_timeout = s->connect_timeout,
		.timeout = s->timeout,
		.parallel = s->parallel,
		.listen = s->listen,
		.no_diagnose = s->no_diagnose,
		.canary = canary_address(s),
	};
}

int check_plan_build(const struct settings *settings, const struct catalogue *catalogue,
    struct arena *arena, struct check_plan *ret, struct input_error *reterr)
{
	bool whole = selection_is_whole_profile(settings);
	struct builder b = {
		.settings = settings,
		.catalogue = catalogue,
		.arena = arena,
		.reterr = reterr,
		.whole_profile = whole,
		.target_globs = selection_globs(&settings->targets, arena),
		.must_not_reach_globs =
		    selection_globs(&settings->must_not_reach, arena),
		.values = plan_values(settings, arena),
		.azure_dns = with_dns_port(settings->azure_dns),
	};
	if (features_check(&settings->features, arena, reterr) < 0 ||
	    proxies_parse(settings, arena, &b.proxies, reterr) < 0 ||
	    overrides_parse(settings, arena, &b.overrides, reterr) < 0 ||
	    (catalogue && add_profile(&b) < 0) ||
	    add_endpoints(&b, &settings->targets, false) < 0 ||
	    add_endpoints(&b, &settings->must_not_reach, true) < 0 ||
	    check_unique(&b) < 0 || check_selections(&b) < 0)
		return -1;
	bool runs_profile = whole || b.target_globs.n_items ||
			    b.must_not_reach_globs.n_items || settings->listen;
	*ret = (struct check_plan){
		.probe = finish_probe_plan(&b),
		.checks = b.checks,
		.left_out = b.left_out,
		.n_left_out = b.n_left_out,
		.catalogue = runs_profile ? catalogue : NULL,
		.cloud = settings->cloud,
		.region = settings->region,
		.expect_cidrs = settings->expect_cidrs.items,
		.n_expect_cidrs = settings->expect_cidrs.n_items,
	};
	if (idle_choose(settings, arena, &ret->probe, reterr) < 0)
		return -1;
	return run_time_choose(settings, &ret->probe, reterr);
}
