/* SPDX-License-Identifier: MIT */
#include "checks/facts/facts.h"
#include "checks/facts/tls_errors.h"
#include "checks/follow_up/dns_tests.h"
#include "checks/why/why_captured.h"
#include "checks/why/why_dns.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

/* An answer that is wrong: who gave it, and who knows better. */

static const char *reply_words(
    struct judging *j, const struct obs_dns_variant *v, const struct dns_reply *r)
{
	struct addr found[OBS_MAX_ADDRESSES];
	size_t n = dns_reply_addresses(v, r, found, OBS_MAX_ADDRESSES);
	const char *text;

	if (n == 0)
		return r->rcode == RCODE_NXDOMAIN
			   ? "NXDOMAIN"
			   : arena_printf(j->arena, "no address, code %u", r->rcode);
	text = addr_words(j->arena, &found[0]);
	for (size_t i = 1; i < n; i++)
		text = arena_printf(
		    j->arena, "%s, %s", text, addr_words(j->arena, &found[i]));
	return text;
}

static bool contains(
    const struct addr *list, size_t n, const struct addr *part, size_t m)
{
	for (size_t i = 0; i < m; i++)
		if (!dns_share_address(list, n, &part[i], 1))
			return false;
	return true;
}

/* The same addresses in any order, and the same code. */
static bool same_content(const struct obs_dns_variant *v, const struct dns_reply *a,
    const struct dns_reply *b)
{
	struct addr x[OBS_MAX_ADDRESSES], y[OBS_MAX_ADDRESSES];
	size_t n = dns_reply_addresses(v, a, x, OBS_MAX_ADDRESSES);
	size_t m = dns_reply_addresses(v, b, y, OBS_MAX_ADDRESSES);

	return a->rcode == b->rcode && n == m && contains(x, n, y, m);
}

/* --- Two answers to one question -----------------------------------------------------
 */

/*
 * Replies to the same datagram that say different things and come from different
 * distances: a duplicate has the content and the TTL of the first, and a question that
 * was duplicated on its way is answered by one sender.
 */
static bool find_forgery(const struct obs_dns_variant *v, const struct dns_reply **a,
    const struct dns_reply **b)
{
	for (size_t i = 0; i < v->n_replies; i++)
		for (size_t k = i + 1; k < v->n_replies; k++) {
			*a = &v->replies[i];
			*b = &v->replies[k];
			if ((*a)->copy == (*b)->copy && (*a)->ttl != (*b)->ttl &&
			    (*a)->ttl && (*b)->ttl && !same_content(v, *a, *b))
				return true;
		}
	return false;
}

static bool tested_forgery(
    struct judging *j, const struct dns_view *v, const char *name)
{
	const struct obs *o = dns_tests_find(&j->facts->probes, &v->server, name).again;
	const struct dns_reply *a, *b;

	if (!o || !find_forgery(&o->dns_variant, &a, &b))
		return false;
	say(j, EVIDENCE_SUPPORTS, o,
	    "one datagram to %s got two answers: %s after %.1f ms with TTL %u, %s "
	    "after %.1f ms with TTL %u",
	    addr_port_words(j->arena, &v->server), reply_words(j, &o->dns_variant, a),
	    nsec_to_ms(a->after), a->ttl, reply_words(j, &o->dns_variant, b),
	    nsec_to_ms(b->after), b->ttl);
	return true;
}

static void say_captured(struct judging *j, const struct captured_forgeries *c)
{
	const struct flow_dns *d = &c->first->flow->dns;

	say(j, EVIDENCE_SUPPORTS, c->first,
	    "the packets show two different answers to one question: after %.1f ms "
	    "with "
	    "TTL %u, after %.1f ms with TTL %u%s",
	    nsec_to_ms(d->answered), d->ttl_first, nsec_to_ms(d->answered_again),
	    d->ttl_other,
	    c->n > 1 ? arena_printf(j->arena, "; so it was %u times in this run", c->n)
		     : "");
	say_cite(j, c->second);
}

/* The resolver of the run takes the first answer and goes; its packets still tell. */
static bool is_injected(
    struct judging *j, const struct dns_view *v, const char *name, struct why *w)
{
	struct captured_forgeries c = why_captured_forgeries(j, &v->server, name);
	bool tested = tested_forgery(j, v, name);

	if (!tested && c.of_name == 0)
		return false;
	if (c.of_name > 0)
		say_captured(j, &c);
	w->cause = "dns_injected";
	w->confidence = tested || c.n > 1 ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
	w->summary =
	    arena_printf(j->arena, "something on the way to %s answers in its place",
		addr_port_words(j->arena, &v->server));
	w->key = addr_port_words(j->arena, &v->server);
	return true;
}

/* --- Somebody answers in every server's place
 * ------------------------------------------ */

static const struct obs *canary_reply(const struct judging *j)
{
	struct addr canary = j->plan->probe.canary;
	const struct obs *const *items;
	size_t n = canary.family
		       ? probes_at(&j->facts->probes, OBS_DNS_VARIANT, &canary, &items)
		       : 0;

	for (size_t i = 0; i < n; i++)
		if (dns_test_answered(items[i]))
			return items[i];
	return NULL;
}

/* Traffic managers give every asker other public addresses, by way of aliases. */
static bool may_be_balanced(const struct dns_view *v)
{
	return v->any_public && v->telling->dns.n_records > 1;
}

/* By TCP the server itself speaks: whether it says something else. */
static const struct obs *contradiction(
    const struct judging *j, const struct dns_view *v, const char *name)
{
	struct addr found[OBS_MAX_ADDRESSES];
	const struct obs *o = dns_tests_find(&j->facts->probes, &v->server, name).tcp;

	if (!dns_test_answered(o))
		return NULL;
	const struct obs_dns_variant *t = &o->dns_variant;
	size_t n = dns_reply_addresses(t, &t->replies[0], found, OBS_MAX_ADDRESSES);
	if (n == 0 || dns_share_address(found, n, v->addresses, v->n_addresses))
		return NULL;
	return o;
}

static bool is_hijacked(
    struct judging *j, const struct dns_view *v, const char *name, struct why *w)
{
	const struct obs *canary = canary_reply(j), *other;
	const char *where;

	if (!canary)
		return false;
	where = addr_port_words(j->arena, &canary->dns_variant.peer);
	other = contradiction(j, v, name);
	say(j, other ? EVIDENCE_SUPPORTS : EVIDENCE_CONTEXT, canary,
	    "%s answers questions although nobody can be there", where);
	if (!other)
		return false;
	say(j, EVIDENCE_SUPPORTS, other, "by TCP %s itself answered %s",
	    addr_port_words(j->arena, &v->server),
	    reply_words(j, &other->dns_variant, &other->dns_variant.replies[0]));
	w->cause = "dns_hijacked";
	w->confidence = may_be_balanced(v) ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN;
	w->summary = arena_printf(j->arena,
	    "a device on the path answers DNS queries in the place of %s",
	    addr_port_words(j->arena, &v->server));
	w->key = NULL;
	return true;
}

/* --- Names that exist with a suffix only
 * ------------------------------------------------ */

static bool has_address(const struct obs *o)
{
	struct addr found[1];
	const struct obs_dns_variant *v = &o->dns_variant;

	return v->n_replies > 0 && v->replies[0].rcode == RCODE_NOERROR &&
	       dns_reply_addresses(v, &v->replies[0], found, 1) > 0;
}

/* What the zone of the suffix says of a name that cannot exist; NULL = not asked. */
static const struct obs *wildcard_test(
    struct judging *j, const struct addr *server, const char *suffix)
{
	return dns_tests_find(&j->facts->probes, server,
	    arena_printf(j->arena, DNS_NO_SUCH_LABEL "%s", suffix))
	    .again;
}

static bool is_suffixed(
    struct judging *j, const struct dns_view *v, const char *name, struct why *w)
{
	const struct obs *const *items;
	size_t n = probes_at(&j->facts->probes, OBS_DNS_VARIANT, &v->server, &items);

	for (size_t i = 0; i < n; i++) {
		const struct obs_dns_variant *o = &items[i]->dns_variant;
		const char *suffix = dns_suffix_of(o->name, name);
		if (!suffix || !has_address(items[i]))
			continue;
		const struct obs *control = wildcard_test(j, &v->server, suffix);
		bool wildcard = control && has_address(control);
		say(j, wildcard ? EVIDENCE_CONTEXT : EVIDENCE_SUPPORTS, items[i],
		    "with the search suffix %s the name has the address %s%s",
		    quote(j, suffix), reply_words(j, o, &o->replies[0]),
		    wildcard ? ", but so has every name there" : "");
		if (wildcard || !control || control->dns_variant.n_replies == 0)
			continue;
		say_cite(j, control);
		w->cause = "dns_search_suffix";
		w->confidence = CONFIDENCE_CERTAIN;
		w->summary =
		    arena_printf(j->arena, "%s exists only with the search suffix %s",
			quote(j, name), quote(j, suffix));
		w->key = suffix;
		return true;
	}
	return false;
}

/* --- Validation
 * -------------------------------------------------------------------------- */

static void say_validation(
    struct judging *j, const struct dns_view *v, const char *name, struct why *w)
{
	struct dns_tests t = dns_tests_find(&j->facts->probes, &v->server, name);

	if (!t.cd || !has_address(t.cd) || !dns_test_answered(t.again) ||
	    t.again->dns_variant.replies[0].rcode != RCODE_SERVFAIL)
		return;
	say(j, EVIDENCE_SUPPORTS, t.cd,
	    "with checking disabled (CD) it answers %s: DNSSEC validation fails",
	    reply_words(j, &t.cd->dns_variant, &t.cd->dns_variant.replies[0]));
	say_cite(j, t.again);
	words_add(j->arena, &j->verdict->remediation,
	    arena_printf(j->arena,
		"Let the owner of the zone correct its signatures or DS record, or "
		"remove a trust anchor that is not meant from %s.",
		addr_port_words(j->arena, &v->server)));
	w->summary = arena_printf(j->arena,
	    "%s does not believe the answer about %s: DNSSEC validation fails",
	    addr_port_words(j->arena, &v->server), quote(j, name));
}

bool why_dns_error(struct judging *j, const struct dns_picture *p, struct why *w)
{
	const struct dns_view *v = p->system;

	if (is_injected(j, v, p->name, w) || is_hijacked(j, v, p->name, w))
		return true;
	if (v->says == DNS_SAYS_NO_SUCH_NAME)
		return is_suffixed(j, v, p->name, w);
	if (v->says == DNS_SAYS_FAILURE)
		say_validation(j, v, p->name, w);
	return false;
}

/* --- Addresses that do not work
 * ------------------------------------------------------------ */

/* Another server's addresses, of which the system's server knows none. */
static const struct dns_view *dissenter(const struct dns_picture *p)
{
	for (size_t i = 0; i < p->n_views; i++) {
		const struct dns_view *o = &p->views[i];
		if (o != p->system && o->says == DNS_SAYS_ADDRESS &&
		    !dns_share_address(o->addresses, o->n_addresses,
			p->system->addresses, p->system->n_addresses))
			return o;
	}
	return NULL;
}

static const struct obs *connected_to(const struct judging *j, const struct dns_view *v)
{
	const struct obs *const *items;

	for (size_t i = 0; i < v->n_addresses; i++) {
		size_t n = probes_at(
		    &j->facts->probes, OBS_CONTROL_CONNECT, &v->addresses[i], &items);
		for (size_t k = 0; k < n; k++)
			if (items[k]->control_connect.purpose == CONTROL_OTHER_ANSWER &&
			    items[k]->control_connect.outcome == TCP_CONNECTED)
				return items[k];
	}
	return NULL;
}

/* Whether somebody else's certificate came: an unknown issuer, or another name. */
static bool is_strange_peer(const struct judging *j)
{
	if (!j->tls || j->tls->tls.outcome != TLS_DONE || j->tls->tls.verified)
		return false;
	struct tls_errors e = tls_errors_of(&j->tls->tls);
	return e.untrusted || e.name;
}

static void suspect(struct judging *j, const char *cause, enum confidence confidence,
    unsigned explains, const char *summary)
{
	j->suspicion = (struct suspicion){ .cause = cause,
		.confidence = confidence,
		.summary = summary,
		.key = j->resolver,
		.explains = explains };
}

/* A private address where others know a public one, and a stranger behind it. */
static bool suspect_redirect(
    struct judging *j, const struct dns_picture *p, const struct dns_view *other)
{
	if (p->system->any_public || !other->any_public || other->any_private ||
	    !is_strange_peer(j))
		return false;
	suspect(j, "dns_redirect_to_proxy", CONFIDENCE_LIKELY, EXPLAINS_PEER,
	    arena_printf(j->arena,
		"%s leads %s to a private address, where another certificate is shown",
		j->resolver, quote(j, p->name)));
	return true;
}

/* The system's addresses fail, another server's accept. */
static void suspect_stale(
    struct judging *j, const struct dns_picture *p, const struct dns_view *other)
{
	const struct obs *works = connected_to(j, other);
	bool alike = may_be_balanced(p->system);

	if (!works)
		return;
	say(j, EVIDENCE_SUPPORTS, works,
	    "the address that %s gives accepts connections",
	    addr_port_words(j->arena, &other->server));
	suspect(j, "dns_stale_record", alike ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY,
	    EXPLAINS_CONNECT | (is_strange_peer(j) ? EXPLAINS_PEER : 0),
	    arena_printf(j->arena,
		"%s gives %s an address that does not work, another server one that "
		"does",
		j->resolver, quote(j, p->name)));
}

void why_dns_tampered(struct judging *j, const struct dns_picture *p)
{
	struct why w = { 0 };

	if (why_captured_forgeries(j, &p->system->server, p->name).of_name == 0 ||
	    !is_injected(j, p->system, p->name, &w))
		return;
	suspect(j, w.cause, w.confidence, EXPLAINS_CONNECT | EXPLAINS_PEER, w.summary);
	j->suspicion.warns = true;
}

void why_dns_suspect(struct judging *j, const struct dns_picture *p)
{
	const struct dns_view *other;
	struct why w = { 0 };

	if (is_injected(j, p->system, p->name, &w) ||
	    is_hijacked(j, p->system, p->name, &w)) {
		suspect(j, w.cause, w.confidence, EXPLAINS_CONNECT | EXPLAINS_PEER,
		    w.summary);
		return;
	}
	other = dissenter(p);
	if (!other)
		return;
	if (!suspect_redirect(j, p, other))
		suspect_stale(j, p, other);
	if (j->suspicion.cause)
		say(j, EVIDENCE_SUPPORTS, other->telling, "%s",
		    dns_view_words(j, other));
}
