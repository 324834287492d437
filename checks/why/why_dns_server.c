/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "checks/facts/facts.h"
#include "checks/facts/net_error.h"
#include "checks/follow_up/dns_tests.h"
#include "checks/why/why_dns.h"
#include "probe/base/arena.h"

/* A server that does not answer at all, or not by one way of asking. */

static const char *shown(struct judging *j, const struct addr *server)
{
	return addr_port_words(j->arena, server);
}

static const char *ending(struct judging *j, const struct obs_dns_variant *v)
{
	if (v->outcome == DNS_TIMEOUT)
		return "no answer";
	if (v->err == EPIPE)
		return "closed without an answer";
	return arena_printf(j->arena, "%s%s%s", errno_words(v->err),
	    v->icmp.present ? ", " : "", icmp_words(j->arena, &v->icmp));
}

/* One sentence for a varied question; nothing when it was not asked. */
static void tell(
    struct judging *j, enum evidence_role role, const struct obs *o, const char *how)
{
	if (!o)
		return;
	if (dns_test_answered(o))
		say(j, role, o, "asked %s, it answered after %.0f ms", how,
		    nsec_to_ms(o->dns_variant.replies[0].after));
	else
		say(j, role, o, "asked %s: %s", how, ending(j, &o->dns_variant));
}

static bool not_permitted(const struct obs *o)
{
	return o && o->dns_variant.err == EPERM;
}

static bool judge_local(struct judging *j, const struct dns_view *v,
    const struct dns_tests *t, struct why *w)
{
	const struct obs *o = not_permitted(t->again)   ? t->again
			      : not_permitted(t->plain) ? t->plain
							: NULL;

	if (!o && v->telling->dns.err == EPERM)
		o = v->telling;
	if (!o)
		return false;
	say(j, EVIDENCE_SUPPORTS, o,
	    "a datagram to %s: %s, which only a filter of this machine says",
	    shown(j, &v->server), errno_words(EPERM));
	w->cause = "local_output_filter";
	w->confidence = CONFIDENCE_CERTAIN;
	return true;
}

/* UDP failed with and without EDNS, TCP got an answer. */
static bool judge_udp_blocked(struct judging *j, const struct dns_view *v,
    const struct dns_tests *t, bool alive, struct why *w)
{
	if (alive || !dns_test_answered(t->tcp) || !dns_test_silent(t->again) ||
	    !dns_test_silent(t->plain))
		return false;
	tell(j, EVIDENCE_SUPPORTS, t->tcp, "by TCP");
	tell(j, EVIDENCE_SUPPORTS, t->again, "once more by UDP");
	tell(j, EVIDENCE_SUPPORTS, t->plain, "by UDP without EDNS");
	w->cause = "dns_udp_blocked";
	w->confidence = CONFIDENCE_CERTAIN;
	w->summary = arena_printf(
	    j->arena, "%s answers by TCP, never by UDP", shown(j, &v->server));
	return true;
}

/* The usual question failed twice over, the same without EDNS got an answer. */
static bool judge_edns(struct judging *j, const struct dns_view *v,
    const struct dns_tests *t, bool alive, struct why *w)
{
	const char *server = shown(j, &v->server);

	if (!dns_test_answered(t->plain) || !dns_test_silent(t->again))
		return false;
	tell(j, EVIDENCE_SUPPORTS, t->plain, "without EDNS");
	tell(j, EVIDENCE_SUPPORTS, t->again, "once more with EDNS of 1232 bytes");
	tell(j, EVIDENCE_SUPPORTS, t->small, "with EDNS of 512 bytes");
	tell(j, EVIDENCE_CONTEXT, t->tcp, "by TCP");
	if (dns_test_answered(t->small)) {
		w->cause = "dns_fragment_drop";
		w->confidence = CONFIDENCE_LIKELY;
		w->summary =
		    arena_printf(j->arena, "large answers of %s do not arrive", server);
		return true;
	}
	w->cause = "dns_edns_dropped";
	w->confidence = dns_test_silent(t->small) && !alive ? CONFIDENCE_CERTAIN
							    : CONFIDENCE_LIKELY;
	w->summary =
	    arena_printf(j->arena, "%s answers questions without EDNS only", server);
	return true;
}

/* Whether something else shows that this machine's network is alive. */
static const struct obs *other_answer(
    const struct judging *j, const struct addr *server)
{
	const struct facts *f = j->facts;

	for (size_t i = 0; i < f->n_servers; i++)
		if (f->servers[i].answered &&
		    !addr_same_ip(&f->servers[i].server, server))
			return f->servers[i].answer;
	return f->public_connected ? f->public_connected : f->platform_connected;
}

static void judge_dead(struct judging *j, const struct dns_picture *p,
    const struct dns_view *v, const struct dns_tests *t, struct why *w)
{
	const struct obs *other = other_answer(j, &v->server);

	w->cause = "dns_server_unreachable";
	w->confidence = CONFIDENCE_LIKELY;
	/* A socket error is a message; silence needs something else as a control. */
	if (v->telling->dns.outcome == DNS_NET_ERROR ||
	    (p->platform && p->platform->says < DNS_SAYS_GARBAGE))
		w->confidence = CONFIDENCE_CERTAIN;
	else if (j->target->ask_only)
		w->confidence = CONFIDENCE_CANNOT_TELL;
	else if (dns_test_silent(t->again) && dns_test_silent(t->tcp) && other)
		w->confidence = CONFIDENCE_CERTAIN;
	tell(j, EVIDENCE_SUPPORTS, t->again, "once more by UDP");
	tell(j, EVIDENCE_SUPPORTS, t->tcp, "by TCP");
	if (other && t->again)
		say(j, EVIDENCE_CONTEXT, other,
		    "this machine gets answers from others");
}

static void judge_quiet(struct judging *j, const struct dns_picture *p,
    const struct dns_view *v, const struct dns_tests *t, struct why *w)
{
	const struct server_record *r = facts_server(j->facts, &v->server);
	const char *server = shown(j, &v->server);

	w->cause = "dns_no_answer";
	w->confidence = CONFIDENCE_LIKELY;
	w->summary = arena_printf(
	    j->arena, "%s gave no answer about %s", server, quote(j, p->name));
	if (r && r->answered > 0)
		say(j, EVIDENCE_CONTRADICTS, r->answer,
		    "%s answered %u other queries of this run", server, r->answered);
	tell(j, EVIDENCE_CONTEXT, t->again, "once more");
	tell(j, EVIDENCE_CONTEXT, t->tcp, "by TCP");
	/* The very same question was answered: it was lost, or the server is slow. */
	if (dns_test_answered(t->again))
		w->confidence = CONFIDENCE_POSSIBLE;
}

void why_dns_silent(struct judging *j, const struct dns_picture *p,
    const struct dns_view *v, struct why *w)
{
	const struct probes *probes = &j->facts->probes;
	const struct server_record *r = facts_server(j->facts, &v->server);
	bool alive = r && r->answered > 0;
	/* What a server never did for any name is true of this one as well. */
	struct dns_tests t = dns_tests_find(probes, &v->server, alive ? p->name : NULL);

	w->summary = arena_printf(
	    j->arena, "DNS server %s does not answer", shown(j, &v->server));
	if (judge_local(j, v, &t, w) || judge_udp_blocked(j, v, &t, alive, w) ||
	    judge_edns(j, v, &t, alive, w))
		return;
	if (alive || dns_test_answered(t.again) || dns_test_answered(t.tcp))
		judge_quiet(j, p, v, &t, w);
	else
		judge_dead(j, p, v, &t, w);
}

/* --- Truncated answers --------------------------------------------------------------
 */

bool why_dns_is_cut_off(
    const struct judging *j, const struct dns_view *v, const struct obs **ret)
{
	if (!v->telling || v->telling->dns.outcome != DNS_ANSWERED ||
	    !v->telling->dns.tc || v->telling->dns.transport != DNS_OVER_UDP)
		return false;
	for (const struct obs *o = j->first; o; o = o->next_of_target)
		if (o->kind == OBS_DNS && o->dns.transport == DNS_OVER_TCP &&
		    o->dns.type == v->telling->dns.type &&
		    (o->dns.outcome == DNS_TIMEOUT ||
			o->dns.outcome == DNS_NET_ERROR) &&
		    addr_same_ip(&o->dns.server, &v->server) &&
		    o->dns.server.port == v->server.port) {
			*ret = o;
			return true;
		}
	return false;
}

void why_dns_cut_off(struct judging *j, const struct dns_view *v,
    const struct obs *by_tcp, struct why *w)
{
	struct dns_tests t =
	    dns_tests_find(&j->facts->probes, &v->server, v->telling->dns.name);
	bool answered = dns_test_answered(t.tcp);

	say(j, EVIDENCE_SUPPORTS, v->telling,
	    "the answer of %s is cut off: it wants to be asked by TCP",
	    shown(j, &v->server));
	say(j, EVIDENCE_SUPPORTS, by_tcp, "by TCP: %s",
	    by_tcp->dns.outcome == DNS_TIMEOUT ? "no answer"
					       : errno_words(by_tcp->dns.err));
	tell(j, answered ? EVIDENCE_CONTEXT : EVIDENCE_SUPPORTS, t.tcp,
	    "once more by TCP");
	tell(j, EVIDENCE_CONTEXT, t.large, "by UDP with EDNS of 4096 bytes");
	/* What is blocked does not answer: it was lost, or the server is slow. */
	if (answered) {
		w->cause = "dns_no_answer";
		w->confidence = CONFIDENCE_POSSIBLE;
		w->summary = arena_printf(j->arena,
		    "%s gave no answer by TCP at first, and it is too long for UDP",
		    shown(j, &v->server));
		return;
	}
	w->cause = "dns_tcp_blocked";
	w->confidence = dns_test_silent(t.tcp) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
	w->summary = arena_printf(j->arena,
	    "%s answers by UDP only, and the answer is too long for that",
	    shown(j, &v->server));
}
