/* SPDX-License-Identifier: MIT */
#include "checks/runs/compare_fact.h"

#include <string.h>

#include "checks/facts/dns_view.h"
#include "checks/facts/facts.h"
#include "checks/judge/finding.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

struct comparing {
	const struct check_path *before, *after;
	struct arena *arena;
	const char *rule;
};

static enum fact_change say_change(
    struct comparing *c, enum fact_change change, const char *rule)
{
	c->rule = rule;
	return change;
}

bool words_equal(const struct words *a, const struct words *b)
{
	if (a->n_items != b->n_items)
		return false;
	for (size_t i = 0; i < a->n_items; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static bool holds(const struct words *list, const char *item)
{
	for (size_t i = 0; i < list->n_items; i++)
		if (strcmp(list->items[i], item) == 0)
			return true;
	return false;
}

/* The first item of a that b has not, or NULL. */
static const char *first_extra(const struct words *a, const struct words *b)
{
	for (size_t i = 0; i < a->n_items; i++)
		if (!holds(b, a->items[i]))
			return a->items[i];
	return NULL;
}

/* --- Addresses -------------------------------------------------------------------- */

struct address_set {
	struct addr items[PATH_FACT_MAX_VALUES];
	size_t n_items;
};

static struct address_set addresses_of(const struct fact *f)
{
	struct address_set set = { .n_items = 0 };
	for (size_t i = 0; i < f->values.n_items && set.n_items < PATH_FACT_MAX_VALUES;
	     i++)
		if (addr_parse(f->values.items[i], &set.items[set.n_items]))
			set.n_items++;
	return set;
}

static bool has_scope(const struct address_set *set, bool private)
{
	for (size_t i = 0; i < set->n_items; i++)
		if (addr_is_private(&set->items[i]) == private)
			return true;
	return false;
}

static bool has_family(const struct address_set *set, uint8_t family)
{
	for (size_t i = 0; i < set->n_items; i++)
		if (set->items[i].family == family)
			return true;
	return false;
}

static bool has(const struct address_set *set, const struct addr *a)
{
	for (size_t i = 0; i < set->n_items; i++)
		if (addr_same_ip(&set->items[i], a))
			return true;
	return false;
}

/* The same /16 of IPv4 or /32 of IPv6: what one operator holds in one piece. */
static bool is_near(const struct address_set *set, const struct addr *a)
{
	size_t bytes = a->family == AF_INET ? 2 : 4;
	for (size_t i = 0; i < set->n_items; i++)
		if (set->items[i].family == a->family &&
		    memcmp(set->items[i].ip, a->ip, bytes) == 0)
			return true;
	return false;
}

/* One is gone while others of its family are still answered. */
static bool lost_private(
    const struct address_set *before, const struct address_set *now)
{
	for (size_t i = 0; i < before->n_items; i++) {
		const struct addr *a = &before->items[i];
		if (addr_is_private(a) && has_family(now, a->family) && !has(now, a))
			return true;
	}
	return false;
}

static bool gained_private(
    const struct address_set *before, const struct address_set *now)
{
	for (size_t i = 0; i < now->n_items; i++)
		if (addr_is_private(&now->items[i]) && !has(before, &now->items[i]))
			return true;
	return false;
}

static bool all_near(const struct address_set *before, const struct address_set *now)
{
	for (size_t i = 0; i < now->n_items; i++)
		if (!has(before, &now->items[i]) && !is_near(before, &now->items[i]))
			return false;
	return true;
}

static bool same_zones(const struct comparing *c);

static enum fact_change compare_addresses(struct comparing *c)
{
	const struct fact *old = &c->before->facts[FACT_ADDRESSES];
	const struct fact *new = &c->after->facts[FACT_ADDRESSES];
	struct address_set before = addresses_of(old), now = addresses_of(new);
	if (words_equal(&old->values, &new->values))
		return FACT_SAME;
	if (has_scope(&now, false) && !has_scope(&before, false))
		return say_change(c, FACT_DRIFTED,
		    "a public address instead of a "
		    "private one");
	if (has_scope(&now, true) && !has_scope(&before, true))
		return say_change(c, FACT_DRIFTED,
		    "a private address instead of a "
		    "public one");
	if (gained_private(&before, &now) || lost_private(&before, &now))
		return say_change(
		    c, FACT_DRIFTED, "another private address; those do not rotate");
	if (all_near(&before, &now))
		return say_change(
		    c, FACT_ROTATED, "addresses of the same networks (/16, /32)");
	if (same_zones(c))
		return say_change(c, FACT_ROTATED,
		    "other addresses behind the same chain of aliases");
	return say_change(c, FACT_DRIFTED,
	    "other networks, and no chain of aliases "
	    "that leads there as before");
}

/* --- Aliases ---------------------------------------------------------------------- */

static const char *zone_of(const char *name)
{
	const char *zone = dns_private_zone(name);
	return zone ? zone : facts_registrable_domain(name);
}

/* The next zone of the chain that differs from the one before, or NULL at its end. */
static const char *next_zone(const struct words *chain, size_t *i, const char *last)
{
	for (; *i < chain->n_items; ++*i) {
		const char *zone = zone_of(chain->items[*i]);
		if (!last || !text_equal_nocase(zone, last))
			return zone;
	}
	return NULL;
}

static bool same_zones(const struct comparing *c)
{
	const struct fact *old = &c->before->facts[FACT_ALIASES];
	const struct fact *new = &c->after->facts[FACT_ALIASES];
	const char *a = NULL, *b = NULL;
	size_t i = 0, k = 0;
	if (!old->known || !new->known || old->values.n_items == 0)
		return false;
	do {
		a = next_zone(&old->values, &i, a);
		b = next_zone(&new->values, &k, b);
	} while (a && b && text_equal_nocase(a, b));
	return !a && !b;
}

static enum fact_change compare_aliases(struct comparing *c)
{
	if (words_equal(&c->before->facts[FACT_ALIASES].values,
		&c->after->facts[FACT_ALIASES].values))
		return FACT_SAME;
	if (same_zones(c))
		return say_change(
		    c, FACT_ROTATED, "other names of the same chain of domains");
	return say_change(c, FACT_DRIFTED, "the chain leads through other domains");
}

/* --- Certificates ----------------------------------------------------------------- */

/* The end of an attribute that begins at text; what is escaped belongs to it (RFC 2253
 * section 2.4). */
static const char *attribute_end(const char *text)
{
	while (*text && *text != ',' && *text != '+')
		text += *text == '\\' && text[1] ? 2 : 1;
	return text;
}

/* Value of the O attribute in RFC 2253 text, its length in *ret_len; NULL = none. */
static const char *organisation(const char *dn, size_t *ret_len)
{
	for (const char *at = dn, *end; *at; at = *end ? end + 1 : end) {
		end = attribute_end(at);
		*ret_len = (size_t)(end - at);
		if (strncmp(at, "O=", 2) != 0)
			continue;
		*ret_len -= 2;
		return at + 2;
	}
	return NULL;
}

static enum fact_change compare_issuer(struct comparing *c)
{
	const struct words *a = &c->before->facts[FACT_ISSUER].values;
	const struct words *b = &c->after->facts[FACT_ISSUER].values;
	size_t n = 0, m = 0;
	if (words_equal(a, b))
		return FACT_SAME;
	const char *old = a->n_items ? organisation(a->items[0], &n) : NULL;
	const char *new = b->n_items ? organisation(b->items[0], &m) : NULL;
	if (old && new &&n == m && memcmp(old, new, n) == 0)
		return say_change(
		    c, FACT_ROTATED, "another issuer of the same organisation");
	return say_change(c, FACT_DRIFTED, "an issuer of another organisation");
}

static enum fact_change compare_tls_version(struct comparing *c)
{
	const struct words *a = &c->before->facts[FACT_TLS_VERSION].values;
	const struct words *b = &c->after->facts[FACT_TLS_VERSION].values;
	if (words_equal(a, b))
		return FACT_SAME;
	/* "TLSv1" < "TLSv1.2" < "TLSv1.3" as text, too. */
	if (a->n_items && b->n_items && strcmp(b->items[0], a->items[0]) > 0)
		return say_change(c, FACT_ROTATED, "a newer protocol version");
	return say_change(c, FACT_DRIFTED, "an older protocol version");
}

/* --- The rest --------------------------------------------------------------------- */

/* What stands beside the approved ones is drift, what is missing is not. */
static enum fact_change compare_subset(
    struct comparing *c, enum path_fact what, const char *rule)
{
	const struct words *a = &c->before->facts[what].values;
	const struct words *b = &c->after->facts[what].values;
	if (first_extra(b, a))
		return say_change(c, FACT_DRIFTED, rule);
	return first_extra(a, b)
		   ? say_change(c, FACT_ROTATED, "not all of them were seen this time")
		   : FACT_SAME;
}

static enum fact_change compare_plain(
    struct comparing *c, enum path_fact what, enum fact_change change, const char *rule)
{
	return words_equal(
		   &c->before->facts[what].values, &c->after->facts[what].values)
		   ? FACT_SAME
		   : say_change(c, change, rule);
}

/* Each of a name's servers has a path of its own. */
static enum fact_change compare_path(
    struct comparing *c, enum path_fact what, const char *rule)
{
	const struct fact *a = &c->before->facts[FACT_PEER];
	const struct fact *b = &c->after->facts[FACT_PEER];
	if (a->known && b->known && !words_equal(&a->values, &b->values))
		return compare_plain(c, what, FACT_ROTATED, "the path of another peer");
	return compare_plain(c, what, FACT_DRIFTED, rule);
}

static enum fact_change compare(struct comparing *c, enum path_fact what)
{
	switch (what) {
	case FACT_ADDRESSES:
		return compare_addresses(c);
	case FACT_ALIASES:
		return compare_aliases(c);
	case FACT_ISSUER:
		return compare_issuer(c);
	case FACT_TLS_VERSION:
		return compare_tls_version(c);
	case FACT_PROXY:
		return compare_plain(c, what, FACT_DRIFTED, "another way out");
	case FACT_EGRESS:
		return compare_subset(c, what, "another public address of ours");
	case FACT_ATTRIBUTES:
		return compare_subset(c, what, "something new is on the path");
	case FACT_MSS:
		return compare_path(c, what, "another size of segments");
	case FACT_HOPS:
		return compare_path(c, what, "another length of the path");
	case FACT_REPLY_TTL:
		return compare_path(c, what, "another distance of the sender");
	case FACT_PEER:
		return compare_plain(c, what, FACT_ROTATED, "another of its addresses");
	case FACT_SOURCE:
		return compare_plain(c, what, FACT_ROTATED, "another address of ours");
	case FACT_EXPIRY:
		return compare_plain(c, what, FACT_ROTATED, "another certificate");
	}
	return FACT_SAME;
}

enum fact_change fact_compare(enum path_fact what, const struct check_path *before,
    const struct check_path *after, struct arena *arena, const char **ret_rule)
{
	struct comparing c = {
		.before = before, .after = after, .arena = arena, .rule = ""
	};
	enum fact_change change = compare(&c, what);
	*ret_rule = c.rule;
	return change;
}

const char *fact_words(const struct fact *f, struct arena *arena)
{
	enum {
		SHOWN = 4
	};

	const struct words *w = &f->values;
	const char *text = w->n_items ? w->items[0] : "none";
	for (size_t i = 1; i < w->n_items && i < SHOWN; i++)
		text = arena_printf(arena, "%s, %s", text, w->items[i]);
	if (w->n_items > SHOWN)
		text =
		    arena_printf(arena, "%s and %zu others", text, w->n_items - SHOWN);
	return text;
}
