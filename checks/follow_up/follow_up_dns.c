/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "checks/follow_up/dns_tests.h"
#include "checks/follow_up/follow_up_choice.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/model/dns_chain.h"

/*
 * Questions about names. Each server is asked about a few names only: what holds for
 * all of its names is told by the first.
 */

enum {
	/* Names of one server that did not answer anything yet, that did, and whose
	 * answers are failures. */
	NAMES_OF_DEAD = 2,
	NAMES_OF_ALIVE = 4,
	NAMES_ANSWERED = 8,
	MAX_SUFFIXES = 3,
	MAX_OTHER_ANSWERS = 2,
};

static uint16_t asked_type(const struct choice *c)
{
	return dns_asked_type(&c->f->plan->probe);
}

static void ask(
    struct choice *c, const struct addr *server, const char *name, struct dns_form form)
{
	form.type = asked_type(c);
	choice_give(c, (struct order){ .kind = ORDER_DNS_VARIANT,
			   .peer = *server,
			   .name = name,
			   .form = form });
}

/* The usual question once more, with an ear for a second answer. */
static void ask_again(struct choice *c, const struct addr *server, const char *name)
{
	ask(c, server, name,
	    (struct dns_form){ .edns_size = DNS_USUAL_SIZE, .listen_on = true });
}

static void ask_by_tcp(struct choice *c, const struct addr *server, const char *name)
{
	ask(c, server, name, (struct dns_form){ .transport = DNS_OVER_TCP });
}

/* One datagram for the whole run: who answers there answers for others as well. */
static void ask_canary(struct choice *c, const char *name)
{
	const struct plan *plan = &c->f->plan->probe;
	struct addr canary = plan->canary;

	if (!canary.family || (plan->only_family && plan->only_family != canary.family))
		return;
	canary.port = DNS_PORT;
	for (size_t i = 0; i < c->f->n_given; i++)
		if (c->f->given[i].kind == ORDER_DNS_VARIANT &&
		    addr_same_ip(&c->f->given[i].peer, &canary))
			return;
	ask(c, &canary, name, (struct dns_form){ .once = true });
}

/* --- Limits ----------------------------------------------------------------------- */

/* The first question that each of ask_silent() and ask_again() brings to a server. */
static bool is_first(const struct dns_form *form, bool again)
{
	if (again)
		return form->listen_on;
	return form->transport == DNS_OVER_UDP && form->edns_size == 0 && !form->once;
}

/* Other names about which the server was asked so. */
static size_t names_given(
    const struct choice *c, const struct addr *server, const char *name, bool again)
{
	size_t n = 0;

	for (size_t i = 0; i < c->f->n_given; i++) {
		const struct order *o = &c->f->given[i];
		n += o->kind == ORDER_DNS_VARIANT && addr_same_ip(&o->peer, server) &&
		     is_first(&o->form, again) && !text_equal_nocase(o->name, name);
	}
	return n;
}

static bool has_answered(const struct choice *c, const struct addr *server)
{
	for (size_t i = 0; i < c->f->log->n_items; i++) {
		const struct obs *o = c->f->log->items[i];
		if (o->kind == OBS_DNS && o->dns.outcome == DNS_ANSWERED &&
		    addr_same_ip(&o->dns.server, server) &&
		    o->dns.server.port == server->port)
			return true;
	}
	return false;
}

static bool is_worth_asking(
    const struct choice *c, const struct addr *server, const char *name)
{
	size_t n = names_given(c, server, name, false);

	return n < NAMES_OF_DEAD || (n < NAMES_OF_ALIVE && has_answered(c, server));
}

/* --- By symptom --------------------------------------------------------------------
 */

static void ask_silent(struct choice *c, const struct addr *server, const char *name)
{
	if (!is_worth_asking(c, server, name))
		return;
	ask_again(c, server, name);
	ask(c, server, name, (struct dns_form){ 0 });
	ask_by_tcp(c, server, name);
}

/* The system's resolver library would look further with these. */
static void ask_suffixes(struct choice *c, const struct addr *server, const char *name)
{
	const struct obs *o = obslog_first(c->f->log, OBS_NO_TARGET);

	while (o && o->kind != OBS_SYSTEM)
		o = o->next_of_target;
	for (size_t i = 0; o && i < o->system.n_search && i < MAX_SUFFIXES; i++) {
		const char *suffix = o->system.search[i];
		if (*suffix && strcmp(suffix, ".") != 0)
			ask(c, server, arena_printf(c->f->arena, "%s.%s", name, suffix),
			    (struct dns_form){ .edns_size = DNS_USUAL_SIZE });
	}
}

static void ask_failure(struct choice *c, const struct obs_dns *d)
{
	if (d->type != asked_type(c) ||
	    names_given(c, &d->server, d->name, true) >= NAMES_ANSWERED)
		return;
	ask_again(c, &d->server, d->name);
	if (d->rcode == RCODE_SERVFAIL)
		ask(c, &d->server, d->name,
		    (struct dns_form){ .edns_size = DNS_USUAL_SIZE, .cd = true });
	if (d->rcode != RCODE_NXDOMAIN)
		return;
	ask_canary(c, d->name);
	ask_suffixes(c, &d->server, d->name);
}

static void ask_failed(struct choice *c, const struct obs_dns *d)
{
	bool silent = d->outcome == DNS_TIMEOUT || d->outcome == DNS_NET_ERROR;

	if (d->role == DNS_PLATFORM && !c->target->ask_only)
		return;
	if (silent && d->err == EPERM)
		return;
	if (silent && d->transport == DNS_OVER_TCP) {
		ask_by_tcp(c, &d->server, d->name);
		ask(c, &d->server, d->name,
		    (struct dns_form){ .edns_size = DNS_LARGE_SIZE });
	} else if (silent) {
		ask_silent(c, &d->server, d->name);
	} else if (d->outcome == DNS_ANSWERED) {
		ask_failure(c, d);
	}
}

/* --- After what was heard ----------------------------------------------------------
 */

static bool is_canary(const struct choice *c, const struct addr *a)
{
	return addr_same_ip(a, &c->f->plan->probe.canary);
}

/* The server itself, over the transport that nobody takes for another's. */
static void ask_beside_canary(struct choice *c, const char *name)
{
	for (const struct obs *o = c->first; o; o = o->next_of_target)
		if (o->kind == OBS_DNS && o->dns.role != DNS_PLATFORM &&
		    text_equal_nocase(o->dns.name, name))
			ask_by_tcp(c, &o->dns.server, name);
}

/* A name with a suffix exists: does every name of that suffix? */
static void ask_wildcard(struct choice *c, const struct obs_dns_variant *v)
{
	const char *name = dns_contacted_name(c->target), *suffix;

	suffix = dns_suffix_of(v->name, name);
	if (suffix)
		ask(c, &v->peer,
		    arena_printf(c->f->arena, DNS_NO_SUCH_LABEL "%s", suffix),
		    (struct dns_form){ .edns_size = DNS_USUAL_SIZE });
}

static void ask_after(struct choice *c, const struct obs_dns_variant *v)
{
	if (v->ended != ORDER_DONE || v->n_replies == 0)
		return;
	if (is_canary(c, &v->peer)) {
		ask_beside_canary(c, v->name);
		return;
	}
	if (v->form.transport == DNS_OVER_UDP && v->form.edns_size == 0)
		ask(c, &v->peer, v->name,
		    (struct dns_form){ .edns_size = DNS_SMALL_SIZE });
	if (v->replies[0].rcode == RCODE_NOERROR && v->replies[0].n_records > 0)
		ask_wildcard(c, v);
}

void follow_up_name(struct choice *c, const struct follow_up_event *event)
{
	switch (event->moment) {
	case FOLLOW_UP_SLOW:
		ask_silent(c, &event->peer, dns_contacted_name(c->target));
		break;
	case FOLLOW_UP_FAILED:
		ask_failed(c, &event->obs->dns);
		break;
	case FOLLOW_UP_OBSERVED:
		ask_after(c, &event->obs->dns_variant);
		break;
	case FOLLOW_UP_ANSWERED: /* told of HTTP only */
		break;
	}
}

/* --- An address that does not work -------------------------------------------------
 */

static bool gives(const struct obs *o, const struct addr *address)
{
	struct addr found[OBS_MAX_ADDRESSES];
	size_t n = dns_answer_addresses(&o->dns, found, OBS_MAX_ADDRESSES);

	return dns_share_address(found, n, address, 1);
}

static void connect_others(struct choice *c, const struct obs *giver)
{
	struct addr mine[OBS_MAX_ADDRESSES], found[OBS_MAX_ADDRESSES];
	size_t n_mine = dns_answer_addresses(&giver->dns, mine, OBS_MAX_ADDRESSES);
	unsigned left = MAX_OTHER_ANSWERS;

	for (const struct obs *o = c->first; o && left; o = o->next_of_target) {
		if (o->kind != OBS_DNS || o->dns.type != giver->dns.type ||
		    !text_equal_nocase(o->dns.name, giver->dns.name))
			continue;
		size_t n = dns_answer_addresses(&o->dns, found, OBS_MAX_ADDRESSES);
		if (n == 0 || dns_share_address(found, n, mine, n_mine))
			continue;
		found[0].port = c->peer.port;
		choice_give(c, (struct order){ .kind = ORDER_CONTROL_CONNECT,
				   .peer = found[0],
				   .purpose = CONTROL_OTHER_ANSWER });
		left--;
	}
}

void follow_up_peer(struct choice *c)
{
	const struct obs *giver = NULL;

	if (c->target->proxy)
		return;
	for (const struct obs *o = c->first; o && !giver; o = o->next_of_target) {
		/* The hosts file decided, and no server. */
		if (o->kind == OBS_HOSTS_FILE)
			return;
		if (o->kind == OBS_DNS && o->dns.role != DNS_PLATFORM &&
		    gives(o, &c->peer))
			giver = o;
	}
	if (!giver)
		return;
	connect_others(c, giver);
	if (names_given(c, &giver->dns.server, giver->dns.name, true) >= NAMES_ANSWERED)
		return;
	ask_again(c, &giver->dns.server, giver->dns.name);
	ask_canary(c, giver->dns.name);
}
