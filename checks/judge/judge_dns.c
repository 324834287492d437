/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/facts/facts.h"
#include "checks/follow_up/dns_tests.h"
#include "checks/judge/judge_stages.h"
#include "checks/why/why_dns.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

/*
 * Compares what the system's DNS server says (system) with what the Azure resolver
 * says when it is asked directly (platform). Which combination means what is laid
 * out in docs/diagnosis.md, "Names".
 */

static void fail(struct judging *j, const char *cause, enum confidence confidence,
    const char *summary, const char *key)
{
	finding_set(j, &(struct finding){ .status = STATUS_FAIL,
			   .stage = STAGE_DNS,
			   .cause = cause,
			   .confidence = confidence,
			   .summary = summary,
			   .key = key });
}

static bool is_same_server(const struct dns_view *a, const struct dns_view *b)
{
	return addr_same_ip(&a->server, &b->server) && a->server.port == b->server.port;
}

/* Whether the Azure resolver is another server than the system's and answered. */
static bool platform_says(const struct dns_picture *p, enum dns_says what)
{
	return p->platform && p->platform->says == what &&
	       !(p->system && is_same_server(p->platform, p->system));
}

static const char *zone_key(const struct judging *j)
{
	return j->zone ? j->zone : j->target->host;
}

static const char *shown_host(struct judging *j)
{
	return quote(j, j->target->host);
}

/* --- The server gave no address ------------------------------------------------- */

static void cite_view(struct judging *j, const struct dns_view *v)
{
	for (size_t i = 0; i < 2; i++)
		say_cite(j, v->a[i]);
}

static void say_view(
    struct judging *j, enum evidence_role role, const struct dns_view *v)
{
	if (!v->telling)
		return;
	say(j, role, v->telling, "%s", dns_view_words(j, v));
	cite_view(j, v);
}

static void judge_silent(struct judging *j, const struct dns_picture *p)
{
	struct why w = { .key = addr_port_words(j->arena, &p->system->server) };

	why_dns_silent(j, p, p->system, &w);
	why_conclude(j, STATUS_FAIL, STAGE_DNS, &w);
	why_unmeasured(j);
}

static void judge_no_such_name(struct judging *j, const struct dns_picture *p)
{
	const struct dns_view *v = p->system, *b = p->platform;
	bool alias = v->alias || (b && b->alias);
	bool b_agrees = platform_says(p, DNS_SAYS_NO_SUCH_NAME);
	bool soa = v->private_soa || (b_agrees && b->private_soa);
	bool azure = v->azure_soa || (b_agrees && b->azure_soa);

	if (platform_says(p, DNS_SAYS_ADDRESS) && (b->any_private || !soa)) {
		fail(j, "custom_dns_no_forward",
		    b->any_private ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY,
		    arena_printf(j->arena,
			"%s does not know %s, which Azure DNS resolves", j->resolver,
			shown_host(j)),
		    zone_key(j));
		return;
	}
	if (alias || soa) {
		bool certain = azure || (alias && soa);
		fail(j, "private_record_missing",
		    certain ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY,
		    arena_printf(j->arena, "the private zone %s has no record of %s",
			j->zone ? quote(j, j->zone) : "of the service", shown_host(j)),
		    zone_key(j));
		return;
	}
	bool many = b_agrees;
	for (size_t i = 0; i < p->n_views; i++)
		many = many ||
		       (&p->views[i] != v && p->views[i].says == DNS_SAYS_NO_SUCH_NAME);
	fail(j, "dns_nxdomain", many ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY,
	    arena_printf(j->arena, "%s does not exist", quote(j, p->name)), NULL);
}

static void judge_no_address(struct judging *j, const struct dns_picture *p)
{
	const struct dns_view *v = p->system;
	bool private_zone = v->alias || v->private_soa;

	fail(j, private_zone ? "private_record_missing" : "dns_no_address",
	    private_zone ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN,
	    arena_printf(j->arena, "%s exists but has no address", quote(j, p->name)),
	    private_zone ? zone_key(j) : NULL);
}

static void judge_garbage(struct judging *j)
{
	finding_set(j, &(struct finding){ .status = STATUS_INCONCLUSIVE,
			   .stage = STAGE_DNS,
			   .cause = "dns_malformed",
			   .confidence = CONFIDENCE_LIKELY,
			   .summary = arena_printf(
			       j->arena, "%s does not send DNS answers", j->resolver),
			   .key = j->resolver });
}

static void judge_not_asked(struct judging *j)
{
	finding_set(j, &(struct finding){ .status = STATUS_INCONCLUSIVE,
			   .stage = STAGE_DNS,
			   .cause = "local_error",
			   .confidence = CONFIDENCE_CERTAIN,
			   .summary = "no DNS query could be sent" });
}

/* The rest of a long answer cannot be had: what came of it counts for nothing. */
static bool judge_cut_off(struct judging *j, const struct dns_picture *p)
{
	const struct dns_view *v = p->system;
	const struct obs *by_tcp;
	struct why w = { .key = addr_port_words(j->arena, &v->server) };
	bool works = v->says == DNS_SAYS_ADDRESS;

	if (!why_dns_is_cut_off(j, v, &by_tcp))
		return false;
	why_dns_cut_off(j, v, by_tcp, &w);
	why_conclude(j, works ? STATUS_WARN : STATUS_FAIL, STAGE_DNS, &w);
	return !works;
}

static bool judge_error(struct judging *j, const struct dns_picture *p)
{
	struct why w = { .summary = NULL };

	if (why_dns_error(j, p, &w)) {
		why_conclude(j, STATUS_FAIL, STAGE_DNS, &w);
		return true;
	}
	if (p->system->says != DNS_SAYS_FAILURE)
		return false;
	fail(j, "dns_servfail", CONFIDENCE_LIKELY,
	    w.summary ? w.summary
		      : arena_printf(j->arena, "%s failed to resolve %s", j->resolver,
			    quote(j, p->name)),
	    j->resolver);
	return true;
}

static void judge_without_address(struct judging *j, const struct dns_picture *p)
{
	enum dns_says says = p->system->says;

	if (says == DNS_SAYS_NO_ADDRESS && judge_cut_off(j, p))
		return;
	if (says != DNS_SAYS_NOTHING && says != DNS_NOT_ASKED && judge_error(j, p))
		return;
	switch (says) {
	case DNS_SAYS_NO_SUCH_NAME:
		judge_no_such_name(j, p);
		break;
	case DNS_SAYS_NO_ADDRESS:
		judge_no_address(j, p);
		break;
	case DNS_SAYS_REFUSED:
		fail(j, "dns_refused", CONFIDENCE_CERTAIN,
		    arena_printf(j->arena, "%s refuses to answer", j->resolver),
		    j->resolver);
		break;
	case DNS_SAYS_GARBAGE:
		judge_garbage(j);
		break;
	case DNS_SAYS_NOTHING:
		judge_silent(j, p);
		break;
	case DNS_SAYS_FAILURE: /* judge_error() has */
		break;
	case DNS_NOT_ASKED:
	case DNS_SAYS_ADDRESS:
		judge_not_asked(j);
		break;
	}
}

/* --- The server gave addresses --------------------------------------------------- */

/* A private answer was expected and the system's is public. */
static void judge_public(struct judging *j, const struct dns_picture *p)
{
	const struct dns_view *b = p->platform;
	bool alias = p->system->alias || (b && b->alias);
	const char *host = shown_host(j);

	if (platform_says(p, DNS_SAYS_ADDRESS) && b->any_private) {
		fail(j, "custom_dns_no_forward", CONFIDENCE_CERTAIN,
		    arena_printf(j->arena,
			"%s gives %s a public address, Azure DNS the private one",
			j->resolver, host),
		    zone_key(j));
		return;
	}
	if (platform_says(p, DNS_SAYS_NO_SUCH_NAME) && (b->alias || b->private_soa)) {
		fail(j, "private_record_missing", CONFIDENCE_CERTAIN,
		    arena_printf(j->arena,
			"the private zone has no record of %s, and %s does not ask it",
			host, j->resolver),
		    zone_key(j));
		return;
	}
	if (b && b->says == DNS_SAYS_ADDRESS && alias) {
		fail(j, "private_zone_unlinked", CONFIDENCE_LIKELY,
		    arena_printf(j->arena,
			"%s has a private endpoint, but Azure DNS gives its public "
			"address",
			host),
		    zone_key(j));
		return;
	}
	bool no_endpoint = b && b->says == DNS_SAYS_ADDRESS;
	if (no_endpoint)
		say(j, EVIDENCE_SUPPORTS, b->telling,
		    "no private-link alias in the chain: no approved private endpoint "
		    "exists");
	fail(j, "dns_not_private",
	    no_endpoint ? CONFIDENCE_LIKELY : CONFIDENCE_CANNOT_TELL,
	    arena_printf(j->arena,
		"%s resolves to a public address; a private one was expected", host),
	    zone_key(j));
}

static bool is_expected(const struct check_plan *plan, const struct addr *a)
{
	for (size_t i = 0; i < plan->n_expect_cidrs; i++)
		if (cidr_contains(&plan->expect_cidrs[i], a))
			return true;
	return plan->n_expect_cidrs == 0;
}

/* The first private address outside every expected range, or NULL. */
static const struct addr *find_foreign(
    const struct check_plan *plan, const struct addr *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (addr_is_private(&list[i]) && !is_expected(plan, &list[i]))
			return &list[i];
	return NULL;
}

static void judge_foreign(struct judging *j, const struct addr *a)
{
	j->address = *a;
	fail(j, "dns_outside_cidr", CONFIDENCE_CERTAIN,
	    arena_printf(j->arena,
		"%s resolves to %s, outside the ranges of --expect-cidr", shown_host(j),
		addr_words(j->arena, a)),
	    zone_key(j));
}

/* Answers of the two resolvers that differ without breaking an expectation. */
static void suspect_resolver(struct judging *j, const struct dns_picture *p)
{
	const struct dns_view *a = p->system, *b = p->platform;
	struct suspicion *s = &j->suspicion;

	s->key = zone_key(j);
	if (platform_says(p, DNS_SAYS_ADDRESS) && b->any_private && !a->any_private) {
		s->cause = "custom_dns_no_forward";
		s->confidence = CONFIDENCE_CERTAIN;
		s->explains = EXPLAINS_CONNECT | EXPLAINS_DENIAL;
		s->warns = true;
		s->summary = arena_printf(j->arena,
		    "%s gives %s a public address, Azure DNS the private one",
		    j->resolver, shown_host(j));
	} else if (platform_says(p, DNS_SAYS_ADDRESS) && b->any_private &&
		   !dns_share_address(
		       a->addresses, a->n_addresses, b->addresses, b->n_addresses)) {
		s->cause = "dns_stale_record";
		s->confidence = CONFIDENCE_LIKELY;
		s->explains = EXPLAINS_CONNECT | EXPLAINS_DENIAL | EXPLAINS_PEER;
		s->summary = arena_printf(j->arena,
		    "%s gives %s another private address than Azure DNS, and it does "
		    "not work",
		    j->resolver, shown_host(j));
	} else if (!a->any_private && (a->alias || (b && b->alias))) {
		s->cause = "private_zone_unlinked";
		s->confidence = CONFIDENCE_LIKELY;
		s->explains = EXPLAINS_DENIAL;
		s->summary = arena_printf(j->arena,
		    "%s has a private endpoint but resolves to its public address, "
		    "which the service denies",
		    shown_host(j));
	}
}

static void judge_addresses(struct judging *j, const struct dns_picture *p)
{
	const struct dns_view *v = p->system;

	if (j->check->expect_private && v->any_public) {
		judge_public(j, p);
		return;
	}
	bool private_name = j->check->expect_private || v->alias || j->zone;
	const struct addr *foreign =
	    find_foreign(j->plan, v->addresses, v->n_addresses);
	if (private_name && foreign)
		judge_foreign(j, foreign);
	else
		suspect_resolver(j, p);
}

/* --- /etc/hosts ------------------------------------------------------------------ */

enum hosts_effect {
	HOSTS_AGREES,    /* DNS gives the same address */
	HOSTS_UNOPPOSED, /* no server spoke, so there is nothing to override */
	HOSTS_OVERRIDES
};

static enum hosts_effect hosts_effect(const struct dns_picture *p)
{
	bool answered = false;

	for (size_t i = 0; i < p->n_views; i++) {
		const struct dns_view *v = &p->views[i];
		if (v->says == DNS_SAYS_ADDRESS &&
		    dns_share_address(v->addresses, v->n_addresses, p->hosts_addresses,
			p->n_hosts_addresses))
			return HOSTS_AGREES;
		answered = answered || v->says <= DNS_SAYS_NO_SUCH_NAME ||
			   v->says == DNS_SAYS_NO_ADDRESS;
	}
	return answered ? HOSTS_OVERRIDES : HOSTS_UNOPPOSED;
}

static bool hosts_break_expectation(
    const struct judging *j, const struct dns_picture *p)
{
	if (!j->check->expect_private || !j->expecting)
		return false;
	for (size_t i = 0; i < p->n_hosts_addresses; i++)
		if (!addr_is_private(&p->hosts_addresses[i]) ||
		    !is_expected(j->plan, &p->hosts_addresses[i]))
			return true;
	return false;
}

static void judge_hosts(struct judging *j, const struct dns_picture *p)
{
	const struct obs_hosts_file *line = &p->hosts->hosts_file;
	const char *summary =
	    arena_printf(j->arena, "line %u of /etc/hosts sends %s to %s", line->line,
		quote(j, p->name), addr_words(j->arena, &line->address));
	enum hosts_effect effect = hosts_effect(p);

	j->address = line->address;
	if (effect == HOSTS_OVERRIDES)
		for (size_t i = 0; i < p->n_views; i++)
			say_view(j, EVIDENCE_SUPPORTS, &p->views[i]);
	if (effect == HOSTS_AGREES)
		return;
	if (hosts_break_expectation(j, p))
		fail(j, "hosts_override",
		    effect == HOSTS_OVERRIDES ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY,
		    summary, NULL);
	else if (effect == HOSTS_OVERRIDES)
		j->suspicion = (struct suspicion){ .cause = "hosts_override",
			.confidence = CONFIDENCE_LIKELY,
			.summary = summary,
			.explains = EXPLAINS_CONNECT | EXPLAINS_DENIAL | EXPLAINS_PEER,
			.warns = true };
}

static bool use_hosts(struct judging *j, const struct dns_picture *p)
{
	if (!p->hosts)
		return false;
	say(j, EVIDENCE_SUPPORTS, p->hosts, "line %u of /etc/hosts gives %s",
	    p->hosts->hosts_file.line,
	    addr_words(j->arena, &p->hosts->hosts_file.address));
	judge_hosts(j, p);
	/* Where both agree, what DNS says is judged as ever. */
	return hosts_effect(p) != HOSTS_AGREES || !p->system ||
	       p->system->says != DNS_SAYS_ADDRESS;
}

/* --- The stage ------------------------------------------------------------------- */

/* A configured server that is dead while another one answers costs every client
 * time. */
static void warn_of_dead_servers(struct judging *j, const struct dns_picture *p)
{
	for (size_t i = 0; i < p->n_views; i++) {
		const struct dns_view *v = &p->views[i];
		const struct server_record *r = facts_server(j->facts, &v->server);
		if (v->role == DNS_PLATFORM || v == p->system ||
		    v->says != DNS_SAYS_NOTHING || (r && r->answered > 0))
			continue;
		const char *server = addr_port_words(j->arena, &v->server);
		struct why w = { .key = server };
		say_view(j, EVIDENCE_SUPPORTS, v);
		j->resolver = server;
		why_dns_silent(j, p, v, &w);
		bool dead = strcmp(w.cause, "dns_server_unreachable") == 0;
		if (dead)
			w.confidence = CONFIDENCE_CERTAIN;
		w.summary = arena_printf(j->arena, "%s; another one %s", w.summary,
		    dead ? "does" : "is used");
		why_conclude(j, STATUS_WARN, STAGE_DNS, &w);
		return;
	}
}

static void note_private_endpoint(struct judging *j, const struct dns_picture *p)
{
	const struct dns_view *v = p->system, *b = p->platform;

	if (v->any_private && (v->alias || (b && b->alias && b->any_private)))
		j->verdict->attributes |= ATTR_PRIVATE_ENDPOINT;
}

static void learn_zone(struct judging *j, const struct dns_picture *p)
{
	for (size_t i = 0; i < p->n_views && !j->zone; i++)
		j->zone = dns_private_zone(p->views[i].alias);
}

/* Evidence: the system's answer, and Azure's where it is compared. */
static void say_answers(struct judging *j, const struct dns_picture *p)
{
	say_view(j, EVIDENCE_SUPPORTS, p->system);
	if (p->platform && p->platform != p->system && p->platform->telling &&
	    p->platform->says != DNS_SAYS_NOTHING)
		say_view(j, EVIDENCE_CONTEXT, p->platform);
}

bool judge_dns(struct judging *j)
{
	struct dns_picture p;

	dns_picture_init(&p, j);
	learn_zone(j, &p);
	if (use_hosts(j, &p))
		return j->verdict->status != STATUS_FAIL;
	if (!p.system)
		return true;
	const struct dns_view *v = p.system;
	j->resolver = addr_port_words(j->arena, &v->server);
	say_answers(j, &p);
	if (v->says != DNS_SAYS_ADDRESS) {
		judge_without_address(j, &p);
		return false;
	}
	j->address = v->addresses[0];
	note_private_endpoint(j, &p);
	if (j->expecting && text_equal_nocase(p.name, j->target->host))
		judge_addresses(j, &p);
	if (j->verdict->status == STATUS_FAIL)
		return false;
	judge_cut_off(j, &p);
	warn_of_dead_servers(j, &p);
	why_dns_tampered(j, &p);
	return true;
}

void judge_dns_suspect(struct judging *j)
{
	struct dns_picture p;

	if (j->suspicion.cause)
		return;
	dns_picture_init(&p, j);
	if (!p.hosts && p.system && p.system->says == DNS_SAYS_ADDRESS)
		why_dns_suspect(j, &p);
}
