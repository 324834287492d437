/* SPDX-License-Identifier: MIT */
#include "checks/facts/dns_view.h"

#include <string.h>

#include "checks/facts/net_error.h"
#include "checks/follow_up/dns_tests.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/model/dns_chain.h"

static enum dns_says says(const struct obs *o, bool has_address)
{
	switch (o->dns.outcome) {
	case DNS_ANSWERED:
		break;
	case DNS_MALFORMED:
		return DNS_SAYS_GARBAGE;
	case DNS_TIMEOUT:
	case DNS_NET_ERROR:
		return DNS_SAYS_NOTHING;
	case DNS_CANNOT_SEND:
		return DNS_NOT_ASKED;
	}
	if (has_address)
		return DNS_SAYS_ADDRESS;
	switch (o->dns.rcode) {
	case RCODE_NOERROR:
		return DNS_SAYS_NO_ADDRESS;
	case RCODE_NXDOMAIN:
		return DNS_SAYS_NO_SUCH_NAME;
	case RCODE_REFUSED:
		return DNS_SAYS_REFUSED;
	default:
		return DNS_SAYS_FAILURE;
	}
}

const char *dns_private_zone(const char *alias)
{
	if (!alias)
		return NULL;
	if (text_starts_nocase(alias, "privatelink."))
		return alias;
	const char *label = text_find_nocase(alias, ".privatelink.");
	return label ? label + 1 : NULL;
}

/* The zone of the catalogue counts too: not every private zone has the label. */
static bool in_private_zone(const char *name, const char *zone)
{
	if (dns_private_zone(name))
		return true;
	if (!zone || !text_ends_nocase(name, zone))
		return false;
	size_t n = strlen(name), m = strlen(zone);
	return n == m || name[n - m - 1] == '.';
}

static void add_address(struct dns_view *v, const struct addr *a)
{
	for (size_t i = 0; i < v->n_addresses; i++)
		if (addr_same_ip(&v->addresses[i], a))
			return;
	if (v->n_addresses == OBS_MAX_ADDRESSES)
		return;
	v->addresses[v->n_addresses++] = *a;
	if (addr_is_private(a))
		v->any_private = true;
	else
		v->any_public = true;
}

/* The first private-link name that the asked name leads to. */
static void find_alias(
    struct dns_view *v, const struct dns_chain *chain, const char *zone)
{
	for (size_t i = 1; i < chain->n_names && !v->alias; i++)
		if (in_private_zone(chain->names[i], zone))
			v->alias = chain->names[i];
}

static void read_zone(
    struct dns_view *v, const struct dns_record *soa, const char *zone)
{
	bool azure =
	    soa->target && text_ends_nocase(soa->target, "azureprivatedns.net");

	v->azure_soa = v->azure_soa || azure;
	v->private_soa = v->private_soa || azure || in_private_zone(soa->name, zone);
}

/* Records that do not hang on the chain are not believed. */
static void read_records(struct dns_view *v, const struct obs_dns *d, const char *zone)
{
	struct addr found[OBS_MAX_ADDRESSES];
	struct dns_chain chain;

	dns_chain_follow(d->records, d->n_records, d->name, &chain);
	find_alias(v, &chain, zone);
	size_t n = dns_chain_addresses(
	    d->records, d->n_records, &chain, d->type, found, OBS_MAX_ADDRESSES);
	for (size_t i = 0; i < n; i++)
		add_address(v, &found[i]);
	for (size_t i = 0; i < d->n_records; i++)
		if (d->records[i].type == DNS_TYPE_SOA)
			read_zone(v, &d->records[i], zone);
}

static void finish_view(struct dns_view *v, const char *zone)
{
	v->says = DNS_NOT_ASKED;
	for (size_t i = 0; i < 2; i++) {
		const struct obs *o = v->a[i];
		if (!o)
			continue;
		size_t before = v->n_addresses;
		if (o->dns.outcome == DNS_ANSWERED)
			read_records(v, &o->dns, zone);
		enum dns_says s = says(o, v->n_addresses > before);
		if (!v->telling || s < v->says) {
			v->says = s;
			v->telling = o;
		}
	}
}

static size_t rank_of(const struct judging *j, const struct addr *server)
{
	const struct plan *plan = &j->plan->probe;
	const struct addr *list = plan->resolvers;
	size_t n = plan->n_resolvers;

	if (n == 0 && j->facts->system) {
		list = j->facts->system->system.resolvers;
		n = j->facts->system->system.n_resolvers;
	}
	for (size_t i = 0; i < n; i++)
		if (addr_same_ip(&list[i], server))
			return i;
	return n;
}

static void add_exchange(
    struct dns_picture *p, const struct judging *j, const struct obs *o)
{
	const struct obs_dns *d = &o->dns;
	struct dns_view *v = NULL;

	for (size_t i = 0; i < p->n_views && !v; i++)
		if (p->views[i].role == d->role &&
		    addr_same_ip(&p->views[i].server, &d->server) &&
		    p->views[i].server.port == d->server.port)
			v = &p->views[i];
	if (!v) {
		if (p->n_views == DNS_MAX_VIEWS)
			return;
		v = &p->views[p->n_views++];
		*v = (struct dns_view){ .server = d->server,
			.role = d->role,
			.rank = rank_of(j, &d->server) };
	}
	const struct obs **slot = &v->a[d->type == DNS_TYPE_AAAA];
	/* UDP that was repeated over TCP: the TCP exchange is the answer, unless it
	 * failed and the truncated one still held something. */
	if (*slot && (*slot)->dns.outcome == DNS_ANSWERED && d->outcome != DNS_ANSWERED)
		return;
	*slot = o;
}

static void add_hosts_line(struct dns_picture *p, const struct obs *o)
{
	if (!p->hosts)
		p->hosts = o;
	if (p->n_hosts_addresses < OBS_MAX_ADDRESSES)
		p->hosts_addresses[p->n_hosts_addresses++] = o->hosts_file.address;
}

/* As a resolver library goes through its list: the first that knows about the name. */
static bool better(const struct dns_view *a, const struct dns_view *b)
{
	bool a_knows =
	    a->says <= DNS_SAYS_NO_SUCH_NAME || a->says == DNS_SAYS_NO_ADDRESS;
	bool b_knows =
	    b->says <= DNS_SAYS_NO_SUCH_NAME || b->says == DNS_SAYS_NO_ADDRESS;

	if (a_knows != b_knows)
		return a_knows;
	if (!a_knows && a->says != b->says)
		return a->says < b->says;
	return a->rank < b->rank;
}

static void choose_views(struct dns_picture *p, const struct judging *j)
{
	const struct addr *platform = &j->plan->probe.platform_dns;

	for (size_t i = 0; i < p->n_views; i++) {
		struct dns_view *v = &p->views[i];
		/* Asked for its own sake, the Azure resolver is the one that counts. */
		bool counts = v->role != DNS_PLATFORM || j->target->ask_only;
		if (counts && (!p->system || better(v, p->system)))
			p->system = v;
		bool is_platform =
		    v->role == DNS_PLATFORM ||
		    (platform->family && addr_same_ip(&v->server, platform));
		if (is_platform && (!p->platform || v->says < p->platform->says))
			p->platform = v;
	}
}

void dns_picture_init(struct dns_picture *p, const struct judging *j)
{
	*p = (struct dns_picture){ .name = dns_contacted_name(j->target) };
	for (const struct obs *o = j->first; o; o = o->next_of_target) {
		if (o->kind == OBS_DNS && text_equal_nocase(o->dns.name, p->name))
			add_exchange(p, j, o);
		else if (o->kind == OBS_HOSTS_FILE)
			add_hosts_line(p, o);
	}
	for (size_t i = 0; i < p->n_views; i++)
		finish_view(&p->views[i], j->check->private_link_zone);
	choose_views(p, j);
}

static const char *address_words(struct judging *j, const struct dns_view *v)
{
	const char *text = addr_words(j->arena, &v->addresses[0]);

	for (size_t i = 1; i < v->n_addresses; i++)
		text = arena_printf(
		    j->arena, "%s, %s", text, addr_words(j->arena, &v->addresses[i]));
	return text;
}

static const char *silence_words(struct judging *j, const struct obs_dns *d)
{
	if (d->outcome == DNS_TIMEOUT)
		return "did not answer";
	return arena_printf(j->arena, "could not be asked: %s%s%s", errno_words(d->err),
	    d->icmp.present ? ", " : "", icmp_words(j->arena, &d->icmp));
}

const char *dns_view_words(struct judging *j, const struct dns_view *v)
{
	const struct obs_dns *d = &v->telling->dns;
	const char *server = addr_port_words(j->arena, &v->server);
	const char *said = "could not be asked";

	switch (v->says) {
	case DNS_SAYS_ADDRESS:
		said = arena_printf(j->arena, "answered %s", address_words(j, v));
		break;
	case DNS_SAYS_NO_SUCH_NAME:
		said = "said that the name does not exist (NXDOMAIN)";
		break;
	case DNS_SAYS_NO_ADDRESS:
		said = d->tc ? "sent an answer that is cut off"
			     : "said that the name has no address";
		break;
	case DNS_SAYS_FAILURE:
		said = d->rcode == RCODE_SERVFAIL
			   ? "answered SERVFAIL"
			   : arena_printf(
				 j->arena, "answered with error code %u", d->rcode);
		break;
	case DNS_SAYS_REFUSED:
		said = "refused to answer (REFUSED)";
		break;
	case DNS_SAYS_GARBAGE:
		said = "sent something that is not a DNS answer";
		break;
	case DNS_SAYS_NOTHING:
		said = silence_words(j, d);
		break;
	case DNS_NOT_ASKED:
		break;
	}
	return v->alias ? arena_printf(j->arena, "%s %s by way of %s", server, said,
			      quote(j, v->alias))
			: arena_printf(j->arena, "%s %s", server, said);
}
