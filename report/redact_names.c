/* SPDX-License-Identifier: MIT */
#include "report/redact_names.h"

#include <stdlib.h>
#include <string.h>

#include "checks/plan/authority.h"
#include "checks/runs/baseline.h"
#include "probe/base/text.h"
#include "probe/base/vec.h"
#include "report/redact_template.h"
#include "report/run_facts.h"

enum {
	ARENA_LIMIT = 1 << 30,
	MIN_BEGINNING = 2,
	MAX_NAME = 255,   /* bytes of a DNS name */
	MAX_SECRET = 4096 /* of any text: a distinguished name is longer */
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool is_joining_char(char c)
{
	return c == '.' || c == '-' || c == '_';
}

bool is_name_char(char c)
{
	c = lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* The entry of a text as documents show it, new or not; NULL for no text at all. */
static struct secret_name *entry_of(struct names *names, const char *text)
{
	const char *any = text ? text : "";
	char *own = text_escape(&names->arena, any, strlen(any), MAX_SECRET);
	for (char *p = own; *p; p++)
		*p = lower(*p);
	const json_t *known = json_object_get(names->known, own);
	if (known)
		return &names->items[json_integer_value(known)];
	if (!*own)
		return NULL;
	json_object_set_new(
	    names->known, own, json_integer((json_int_t)names->n_items));
	names->items = vec_grow(&names->arena, names->items, names->n_items,
	    &names->cap, sizeof *names->items);
	names->items[names->n_items] = (struct secret_name){ .text = own };
	return &names->items[names->n_items++];
}

void names_add(struct names *names, const char *text, const char *kind)
{
	struct addr literal;
	if (!text || addr_parse(text, &literal) || strcmp(text, "localhost") == 0)
		return;
	struct secret_name *name = entry_of(names, text);
	if (!name || name->pseudonym)
		return;
	json_int_t n = json_integer_value(json_object_get(names->numbers, kind)) + 1;
	json_object_set_new(names->numbers, kind, json_integer(n));
	name->pseudonym = arena_printf(&names->arena, "%s-%lld", kind, (long long)n);
}

static void add_kept(struct names *names, const char *text)
{
	struct secret_name *name = entry_of(names, text);
	if (name)
		name->kept = true;
}

/* Where an account is called "pass" or "dns", the report's own words stay. */
static void keep_vocabulary(struct names *names, const struct check_plan *plan)
{
	static const char *const words[] = { "vnetprobe", "deadline", "interrupted",
		"not_started" };
	size_t n;
	const struct cause *causes = cause_table(&n);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		add_kept(names, words[i]);
	for (size_t i = 0; i < n; i++)
		add_kept(names, causes[i].name);
	for (unsigned i = 0; i < N_ATTRIBUTES; i++)
		add_kept(names, attribute_name(i));
	for (int i = STATUS_PASS; i <= STATUS_SKIPPED; i++)
		add_kept(names, status_name((enum status)i));
	for (int i = CONFIDENCE_CERTAIN; i <= CONFIDENCE_CANNOT_TELL; i++)
		add_kept(names, confidence_name((enum confidence)i));
	for (int i = STAGE_HOST; i <= STAGE_UDP; i++)
		add_kept(names, stage_name((enum stage)i));
	for (size_t i = 0; i < plan->probe.n_targets; i++)
		if (plan->checks[i].entry)
			add_kept(names, plan->checks[i].entry->id);
}

static void add_parameter(void *arg, const char *parameter, const char *value)
{
	static const struct {
		const char *parameter, *kind;
	} kinds[] = {
		{ "storage", "storage" },
		{ "container_registry", "registry" },
		{ "key_vault", "vault" },
		{ "workspace_id", "id" },
		{ "workspace_name", "workspace" },
		{ "compute_instance", "instance" },
		{ "cosmos_account", "cosmos" },
	};

	const char *kind = "host";
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(parameter, kinds[i].parameter) == 0)
			kind = kinds[i].kind;
	names_add(arg, value, kind);
}

static void add_target(struct names *names, const struct check_plan *plan,
    const struct target *t, const struct catalogue_entry *entry)
{
	const char *template = entry ? entry->host[plan->cloud] : NULL;
	if (!entry)
		names_add(names, t->host, "host");
	else if (template && !template_values(
				 template, t->host, plan->region, add_parameter, names))
		names_add(names, t->host, "host");
	names_add(names, t->connect_host, "host");
	if (t->proxy)
		names_add(names, t->proxy->host, "proxy");
	if (t->other_way && t->other_way->proxy)
		names_add(names, t->other_way->proxy->host, "proxy");
}

/* For a service the entry is the end of a public name, or holds a parameter of it. */
static void add_exemption(struct names *names, const struct check *c)
{
	const char *entry = c->no_proxy_entry;

	if (entry && *entry == '.')
		entry++;
	if (entry && !c->entry && strchr(entry, '.'))
		names_add(names, entry, "domain");
}

static void add_machine(struct names *names, const struct obs_system *s)
{
	if (!s)
		return;
	names_add(names, s->hostname, "machine");
	/* Its first label alone as well; search domains of one label are words. */
	if (s->hostname && strchr(s->hostname, '.'))
		names_add(names,
		    arena_strndup(
			&names->arena, s->hostname, strcspn(s->hostname, ".")),
		    "machine");
	for (size_t i = 0; i < s->n_search; i++)
		if (strchr(s->search[i], '.'))
			names_add(names, s->search[i], "domain");
}

/* A proxy that was approved may be none that this run has used. */
static void add_baseline(struct names *names, const struct baseline *b)
{
	for (size_t i = 0; b && i < b->n_checks; i++) {
		const struct words *w = &b->checks[i].facts[FACT_PROXY].values;
		const char *url = w->n_items ? strstr(w->items[0], "://") : NULL;
		struct authority a = { .host = NULL };
		if (url &&
		    !authority_parse(url + 3, strcspn(url + 3, "/"), &names->arena, &a))
			names_add(names, a.host, "proxy");
	}
}

static int compare(const void *a, const void *b)
{
	const struct secret_name *x = a, *y = b;
	return strcmp(x->text, y->text);
}

static int compare_ends(const void *a, const void *b)
{
	const struct secret_name *const *x = a, *const *y = b;
	size_t i = strlen((*x)->text), j = strlen((*y)->text);
	while (i && j) {
		unsigned char c = (unsigned char)(*x)->text[--i];
		unsigned char d = (unsigned char)(*y)->text[--j];
		if (c != d)
			return c < d ? -1 : 1;
	}
	return (i > 0) - (j > 0);
}

static void add_report(struct names *names, const struct report *r)
{
	keep_vocabulary(names, r->plan);
	for (size_t i = 0; i < r->plan->probe.n_targets; i++) {
		add_target(names, r->plan, &r->plan->probe.targets[i],
		    r->plan->checks[i].entry);
		add_exemption(names, &r->plan->checks[i]);
	}
	add_baseline(names, r->plan->baseline);
	/* A list has seen nothing. */
	if (r->log) {
		add_machine(names, run_system(r->log));
		names_add_observed(names, r->log);
	}
}

static void sort(struct names *names)
{
	if (names->n_items)
		qsort(names->items, names->n_items, sizeof *names->items, compare);
	names->by_end = arena_array(
	    &names->arena, names->n_items + 1, sizeof(struct secret_name *));
	for (size_t i = 0; i < names->n_items; i++)
		if (names->items[i].pseudonym)
			names->by_end[names->n_by_end++] = &names->items[i];
	qsort(names->by_end, names->n_by_end, sizeof *names->by_end, compare_ends);
}

void names_init(struct names *names, const struct report *const *reports, size_t n)
{
	*names = (struct names){ .known = json_object(), .numbers = json_object() };
	arena_init(&names->arena, ARENA_LIMIT);
	for (size_t i = 0; i < n; i++)
		add_report(names, reports[i]);
	sort(names);
}

void names_deinit(struct names *names)
{
	json_decref(names->known);
	json_decref(names->numbers);
	arena_deinit(&names->arena);
}

size_t ellipsis_length(const char *text, const char *end)
{
	if (end - text < 3)
		return 0;
	return memcmp(text, "...", 3) == 0 || memcmp(text, "\xe2\x80\xa6", 3) == 0 ? 3
										   : 0;
}

/* Narrows [*lo, *hi), whose texts agree in the first depth bytes, to those with c. */
static void narrow(
    const struct names *names, size_t *lo, size_t *hi, size_t depth, unsigned char c)
{
	size_t bounds[2];
	for (int k = 0; k < 2; k++) {
		size_t first = *lo, last = *hi;
		while (first < last) {
			size_t mid = first + (last - first) / 2;
			unsigned char d = (unsigned char)names->items[mid].text[depth];
			if (k == 0 ? d < c : d <= c)
				first = mid + 1;
			else
				last = mid;
		}
		bounds[k] = first;
	}
	*lo = bounds[0];
	*hi = bounds[1];
}

/* What a name of len bytes at text means there; len 0 when it does not end there. */
static struct name_match judge(const struct secret_name *name, const char *next,
    const char *end, size_t len, bool alone)
{
	struct name_match none = { 0 };
	if (next < end && is_name_char(*next))
		return none;
	if (next + 1 < end && is_joining_char(*next) && is_name_char(next[1]))
		alone = false;
	if (name->kept && alone)
		return (struct name_match){ .len = len };
	if (!name->pseudonym)
		return none;
	return (struct name_match){ .pseudonym = name->pseudonym, .len = len };
}

/* Any secret among those that begin alike: the rest of it was cut away. */
static struct name_match first_secret(
    const struct names *names, size_t lo, size_t hi, size_t len)
{
	for (; lo < hi; lo++)
		if (names->items[lo].pseudonym)
			return (struct name_match){ names->items[lo].pseudonym, len };
	return (struct name_match){ 0 };
}

/* The byte that a name must have here; a line break with its indent is a blank. */
static unsigned char next_byte(const char **p, const char *end)
{
	unsigned char c = (unsigned char)lower(**p);
	const char *next = *p + strspn(*p, "\n");
	while (next > *p && next < end && *next == ' ')
		next++;
	if (next == *p) {
		(*p)++;
		return c;
	}
	*p = next;
	return ' ';
}

struct name_match names_match(
    const struct names *names, const char *text, const char *end, bool alone)
{
	struct name_match best = { 0 };
	size_t lo = 0, hi = names->n_items;
	const char *next = text;
	for (size_t depth = 0; lo < hi; depth++) {
		const struct secret_name *first = &names->items[lo];
		size_t len = (size_t)(next - text);
		struct name_match found = { 0 };
		if (!first->text[depth])
			found = judge(first, next, end, len, alone);
		else if (depth >= MIN_BEGINNING && ellipsis_length(next, end))
			found = first_secret(names, lo, hi, len);
		if (found.len)
			best = found;
		if (next == end)
			break;
		narrow(names, &lo, &hi, depth, next_byte(&next, end));
	}
	return best;
}

/* Orders a name against a text that may be its end; 0 when it is. */
static int compare_end(const struct secret_name *name, const char *text, size_t len)
{
	size_t i = strlen(name->text);
	while (i && len) {
		unsigned char c = (unsigned char)name->text[--i];
		unsigned char d = (unsigned char)lower(text[--len]);
		if (c != d)
			return c < d ? -1 : 1;
	}
	return len ? -1 : 0;
}

static bool is_end_of_secret(const struct names *names, const char *text, size_t len)
{
	size_t first = 0, last = names->n_by_end;
	while (first < last) {
		size_t mid = first + (last - first) / 2;
		int order = compare_end(names->by_end[mid], text, len);
		if (order == 0)
			return true;
		if (order < 0)
			first = mid + 1;
		else
			last = mid;
	}
	return false;
}

size_t names_match_end(const struct names *names, const char *text, const char *end)
{
	size_t len = 0, best = 0;
	while (text + len < end && len < MAX_NAME &&
	       (is_name_char(text[len]) || is_joining_char(text[len]))) {
		len++;
		bool whole = text + len == end || !is_name_char(text[len]);
		if (whole && is_end_of_secret(names, text, len))
			best = len;
	}
	return best;
}
