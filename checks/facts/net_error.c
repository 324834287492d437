/* SPDX-License-Identifier: MIT */
#include "checks/facts/net_error.h"

#include <errno.h>
#include <string.h>

#include "checks/judge/finding.h"
#include "probe/base/arena.h"

/*
 * The neighbour of a route is asked three times, one second apart (arp(7)); an
 * error of our own that comes sooner was decided by a rule.
 */
#define NEIGHBOUR_TIMEOUT NSEC_PER_SEC

enum icmp_kind {
	ICMP_SAYS_PROHIBITED,   /* a filter, by its own words */
	ICMP_SAYS_PORT,         /* port or protocol unreachable */
	ICMP_SAYS_UNREACHABLE,  /* no route or no such host */
	ICMP_SAYS_HOST_UNKNOWN, /* the last hop asked for the host in vain */
	ICMP_SAYS_OTHER
};

/* Type and code to meaning: RFC 792, RFC 1122, RFC 1812; ICMPv6 RFC 4443 3.1. */
static const struct icmp_row {
	bool v6;
	uint8_t type, code;
	enum icmp_kind kind;
	const char *words;
} icmp_rows[] = {
	{ false, 3, 0, ICMP_SAYS_UNREACHABLE, "no route to the network" },
	{ false, 3, 1, ICMP_SAYS_HOST_UNKNOWN, "host unreachable" },
	{ false, 3, 2, ICMP_SAYS_PORT, "protocol unreachable" },
	{ false, 3, 3, ICMP_SAYS_PORT, "port unreachable" },
	{ false, 3, 4, ICMP_SAYS_OTHER, "fragmentation needed" },
	{ false, 3, 6, ICMP_SAYS_UNREACHABLE, "network unknown" },
	{ false, 3, 7, ICMP_SAYS_UNREACHABLE, "host unknown" },
	{ false, 3, 9, ICMP_SAYS_PROHIBITED, "network prohibited by a filter" },
	{ false, 3, 10, ICMP_SAYS_PROHIBITED, "host prohibited by a filter" },
	{ false, 3, 13, ICMP_SAYS_PROHIBITED, "prohibited by a filter" },
	{ false, 11, 0, ICMP_SAYS_UNREACHABLE, "time to live expired" },
	{ true, 1, 0, ICMP_SAYS_UNREACHABLE, "no route" },
	{ true, 1, 1, ICMP_SAYS_PROHIBITED, "prohibited by a filter" },
	{ true, 1, 3, ICMP_SAYS_HOST_UNKNOWN, "address unreachable" },
	{ true, 1, 4, ICMP_SAYS_PORT, "port unreachable" },
	{ true, 1, 5, ICMP_SAYS_PROHIBITED, "source address prohibited by a filter" },
	{ true, 1, 6, ICMP_SAYS_PROHIBITED, "route rejected" },
	{ true, 3, 0, ICMP_SAYS_UNREACHABLE, "hop limit exceeded" },
};

static const struct icmp_row *icmp_find(const struct icmp_error *icmp)
{
	for (size_t i = 0; i < sizeof icmp_rows / sizeof *icmp_rows; i++) {
		const struct icmp_row *r = &icmp_rows[i];
		if (r->v6 == icmp->v6 && r->type == icmp->type && r->code == icmp->code)
			return r;
	}
	return NULL;
}

const char *errno_words(int err)
{
	const char *words = strerrordesc_np(err);
	return words ? words : "unknown error";
}

const char *icmp_words(struct arena *arena, const struct icmp_error *icmp)
{
	if (!icmp->present)
		return "";
	const struct icmp_row *row = icmp_find(icmp);
	return arena_printf(arena, "%s %u/%u (%s) from %s",
	    icmp->v6 ? "ICMPv6" : "ICMP", icmp->type, icmp->code,
	    row ? row->words : "no further meaning known",
	    icmp->offender.family ? addr_words(arena, &icmp->offender)
	    : icmp->local         ? "this machine"
				  : "an unnamed sender");
}

static bool is_own_icmp(const struct facts *f, const struct net_error *e)
{
	const struct addr *from = &e->icmp->offender;

	if (e->icmp->local)
		return true;
	/* A refusal by a service on this very machine is a refusal by the peer. */
	if (!from->family || addr_same_ip(from, e->peer))
		return false;
	return facts_is_own(f, from) ||
	       (e->local->family && addr_same_ip(from, e->local));
}

static struct net_cause fail(const char *cause, enum confidence confidence)
{
	return (struct net_cause){ cause, confidence, STATUS_FAIL, false };
}

/* What this run was told to send from does not work: nothing was tested. */
static struct net_cause untested(const char *cause)
{
	return (
	    struct net_cause){ cause, CONFIDENCE_CERTAIN, STATUS_INCONCLUSIVE, false };
}

static struct net_cause judge_own_icmp(
    const struct net_error *e, const struct icmp_row *row)
{
	if (row && row->kind == ICMP_SAYS_HOST_UNKNOWN &&
	    e->waited >= NEIGHBOUR_TIMEOUT)
		return fail("local_gateway_unresolved", CONFIDENCE_LIKELY);
	return fail("local_output_reject", CONFIDENCE_CERTAIN);
}

static struct net_cause judge_icmp(const struct facts *f, const struct net_error *e)
{
	const struct icmp_row *row = icmp_find(e->icmp);
	struct net_cause c;

	if (is_own_icmp(f, e))
		return judge_own_icmp(e, row);
	switch (row ? row->kind : ICMP_SAYS_OTHER) {
	case ICMP_SAYS_PROHIBITED:
		c = fail("icmp_rejected", CONFIDENCE_CERTAIN);
		break;
	case ICMP_SAYS_PORT:
		/* For UDP this is how a closed port refuses; for TCP only filters say
		 * it. */
		if (e->udp && addr_same_ip(&e->icmp->offender, e->peer))
			return fail("remote_refused", CONFIDENCE_LIKELY);
		c = fail("icmp_rejected", CONFIDENCE_CERTAIN);
		break;
	case ICMP_SAYS_UNREACHABLE:
	case ICMP_SAYS_HOST_UNKNOWN:
		c = fail("host_or_net_unreachable", CONFIDENCE_LIKELY);
		break;
	case ICMP_SAYS_OTHER:
	default:
		c = fail("host_or_net_unreachable", CONFIDENCE_POSSIBLE);
	}
	c.from_device = true;
	return c;
}

/* Whether this kernel tells nothing about the ICMP errors that come. */
static bool is_deaf(const struct facts *f)
{
	const struct obs *can = f->probes.capabilities;

	return can && !can->capabilities.syn_icmp;
}

/* The kernel refused by its own routes, or an ICMP error came that we did not see. */
static struct net_cause judge_unreachable(
    const struct facts *f, const struct net_error *e)
{
	const struct obs *route = probes_find(&f->probes, OBS_ROUTE, e->peer);

	if (e->waited >= NEIGHBOUR_TIMEOUT || (route && route->route.err == 0))
		return fail("host_or_net_unreachable", CONFIDENCE_POSSIBLE);
	return fail("local_no_route",
	    !route && is_deaf(f) ? CONFIDENCE_POSSIBLE : CONFIDENCE_CERTAIN);
}

static struct net_cause judge_errno(const struct facts *f, const struct net_error *e)
{
	const struct obs *can = f->probes.capabilities;

	switch (e->err) {
	case ECONNREFUSED:
		/* A filter's "port unreachable" has the same errno. */
		return fail("remote_refused",
		    is_deaf(f) ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY);
	case ECONNRESET:
		return fail("connection_reset", CONFIDENCE_CANNOT_TELL);
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case EINVAL:
		return judge_unreachable(f, e);
	case EPERM:
		/* Netfilter fails the send of a datagram so, and never a connect(). */
		return e->udp ? fail("local_output_filter", CONFIDENCE_CERTAIN)
			      : fail("local_policy_denied", CONFIDENCE_LIKELY);
	case EACCES:
		/* Or a route says "prohibit", which nobody could look up. */
		return fail("local_policy_denied", can && !can->capabilities.route
						       ? CONFIDENCE_POSSIBLE
						       : CONFIDENCE_LIKELY);
	case EADDRNOTAVAIL:
		if (e->bound)
			return untested("local_source_address");
		return e->peer->family == AF_INET6
			   ? fail("local_no_route", CONFIDENCE_CERTAIN)
			   : fail("local_port_exhaustion", CONFIDENCE_CERTAIN);
	case ENODEV:
		return untested("local_source_address");
	default:
		return untested("local_error");
	}
}

struct net_cause net_error_judge(const struct facts *f, const struct net_error *e)
{
	if (e->icmp->present)
		return judge_icmp(f, e);
	if (e->timed_out || e->err == ETIMEDOUT)
		return fail("silent_drop", CONFIDENCE_CANNOT_TELL);
	return judge_errno(f, e);
}

bool net_error_means_no_ipv6(const struct net_error *e)
{
	if (e->peer->family != AF_INET6 || e->timed_out || e->icmp->present)
		return false;
	if (e->err == EAFNOSUPPORT)
		return true;
	return !e->bound && e->waited < NEIGHBOUR_TIMEOUT &&
	       (e->err == ENETUNREACH || e->err == EADDRNOTAVAIL);
}

struct icmp_error net_error_of_flow(const struct flow_icmp *i)
{
	return (struct icmp_error){ .present = i->present,
		.v6 = i->v6,
		.type = i->type,
		.code = i->code,
		.offender = i->from,
		.mtu = i->mtu };
}
