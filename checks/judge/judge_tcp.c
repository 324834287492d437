/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "checks/facts/facts.h"
#include "checks/facts/net_error.h"
#include "checks/judge/judge_stages.h"
#include "checks/why/why.h"
#include "probe/base/arena.h"

/*
 * All attempts to all addresses of one name. One that connected carries the check;
 * the others are told as n of m and are a warning when they failed.
 */

struct attempt {
	const struct obs *obs; /* the one that stands for the address */
	struct net_cause cause;
	bool connected;
	bool no_ipv6;   /* the machine has no IPv6: a fact, not a fault */
	bool repeated;  /* silent, and so was a second attempt */
	bool recovered; /* silent, but a second attempt connected: a lost packet */
};

struct attempts {
	struct attempt items[OBS_MAX_ADDRESSES];
	size_t n, n_connected, n_v6, n_v6_failed, n_v4_connected;
	const struct attempt *worst; /* the failure that is told, or NULL */
};

static struct net_error net_error_of(const struct judging *j, const struct obs *o)
{
	const struct obs_tcp *t = &o->tcp;

	return (struct net_error){
		.peer = &t->peer,
		.local = &t->local,
		.icmp = &t->icmp,
		.err = t->err,
		.waited = o->end - o->begin,
		.timed_out = t->outcome == TCP_TIMEOUT,
		.bound = j->plan->probe.source.family || j->plan->probe.interface,
	};
}

/* One entry per address: an attempt that connected outweighs one that did not. */
static void add_attempt(struct attempts *a, const struct obs *o)
{
	bool connected = o->tcp.outcome == TCP_CONNECTED;

	for (size_t i = 0; i < a->n; i++) {
		struct attempt *old = &a->items[i];
		if (!addr_same_ip(&old->obs->tcp.peer, &o->tcp.peer))
			continue;
		if (connected || !old->connected)
			*old = (struct attempt){ .obs = o, .connected = connected };
		return;
	}
	if (a->n < OBS_MAX_ADDRESSES)
		a->items[a->n++] = (struct attempt){ .obs = o, .connected = connected };
}

static bool is_worse(const struct attempt *t, const struct attempt *than)
{
	if (t->no_ipv6 != than->no_ipv6)
		return than->no_ipv6;
	if (t->recovered != than->recovered)
		return than->recovered;
	return t->cause.confidence < than->cause.confidence;
}

/* The surest failure is told; among equals the first. */
static void count_attempt(struct judging *j, struct attempts *a, struct attempt *t)
{
	bool v6 = t->obs->tcp.peer.family == AF_INET6;

	if (t->connected) {
		a->n_connected++;
		a->n_v4_connected += !v6;
		a->n_v6 += v6;
		return;
	}
	struct net_error e = net_error_of(j, t->obs);
	t->cause = net_error_judge(j->facts, &e);
	t->no_ipv6 = net_error_means_no_ipv6(&e);
	if (v6 && !t->no_ipv6) {
		a->n_v6++;
		a->n_v6_failed += !t->recovered;
	}
	if (!a->worst || is_worse(t, a->worst))
		a->worst = t;
}

static bool is_silent(const struct obs_tcp *t)
{
	return t->outcome == TCP_TIMEOUT || (t->err == ETIMEDOUT && !t->icmp.present);
}

static void read_repeat(const struct judging *j, struct attempt *t)
{
	const struct probes *p = &j->facts->probes;

	if (t->connected || !is_silent(&t->obs->tcp))
		return;
	t->recovered = probes_repeat(p, &t->obs->tcp.peer) != NULL;
	t->repeated = probes_repeat_is_silent(p, &t->obs->tcp.peer);
}

static void read_attempts(struct judging *j, struct attempts *a)
{
	*a = (struct attempts){ 0 };
	for (const struct obs *o = j->first; o; o = o->next_of_target)
		if (o->kind == OBS_TCP)
			add_attempt(a, o);
	for (size_t i = 0; i < a->n; i++) {
		read_repeat(j, &a->items[i]);
		count_attempt(j, a, &a->items[i]);
	}
}

/* What the socket saw, in words: how it ended, how long it took, who said so. */
static const char *failure_words(struct judging *j, const struct obs *o)
{
	const struct obs_tcp *t = &o->tcp;
	const char *icmp = icmp_words(j->arena, &t->icmp);

	if (is_silent(t))
		return arena_printf(j->arena, "no answer in %.0f ms%s%s", obs_ms(o),
		    t->icmp.present ? ", " : "", icmp);
	return arena_printf(j->arena, "%s%s after %.1f ms%s%s",
	    t->outcome == TCP_CANNOT_TRY ? "could not try: " : "", errno_words(t->err),
	    obs_ms(o), t->icmp.present ? ", " : "", icmp);
}

static const char *segment_words(struct judging *j, const struct tcp_facts *info)
{
	if (!info->present)
		return "";
	return arena_printf(j->arena, " (%u segments sent, %u came back)",
	    (unsigned)info->segs_out, (unsigned)info->segs_in);
}

static void say_attempt(struct judging *j, const struct attempt *t)
{
	const struct obs_tcp *tcp = &t->obs->tcp;
	const char *peer = addr_port_words(j->arena, &tcp->peer);
	const char *proxy = tcp->via_proxy ? "proxy " : "";

	if (t->connected) {
		say(j, EVIDENCE_SUPPORTS, t->obs, "%s%s connected in %.1f ms", proxy,
		    peer, obs_ms(t->obs));
		return;
	}
	say(j, t->no_ipv6 || t->recovered ? EVIDENCE_CONTEXT : EVIDENCE_SUPPORTS,
	    t->obs, "%s%s: %s%s%s", proxy, peer, failure_words(j, t->obs),
	    segment_words(j, &tcp->info),
	    t->no_ipv6     ? "; this machine has no IPv6"
	    : t->recovered ? "; a second attempt connected"
			   : "");
	if (t->recovered)
		say_cite(j, probes_repeat(&j->facts->probes, &tcp->peer));
}

static void say_attempts(struct judging *j, const struct attempts *a)
{
	for (size_t i = 0; i < a->n; i++)
		say_attempt(j, &a->items[i]);
	if (a->n < 2)
		return;
	say(j, EVIDENCE_CONTEXT, a->items[0].obs, "%zu of %zu addresses connected",
	    a->n_connected, a->n);
	for (size_t i = 1; i < a->n; i++)
		say_cite(j, a->items[i].obs);
}

static const char *group_key(struct judging *j, const struct attempt *t)
{
	const struct obs_tcp *tcp = &t->obs->tcp;

	if (tcp->via_proxy)
		return addr_port_words(j->arena, &tcp->peer);
	return t->cause.from_device && tcp->icmp.offender.family
		   ? addr_words(j->arena, &tcp->icmp.offender)
		   : NULL;
}

/* Silence of one SYN may be a lost packet. */
static enum confidence sure_of_ipv6(const struct attempt *t)
{
	const struct tcp_facts *i = &t->obs->tcp.info;

	if (is_silent(&t->obs->tcp) && !t->repeated && i->present && i->segs_out < 2)
		return CONFIDENCE_LIKELY;
	return CONFIDENCE_CERTAIN;
}

static void warn(struct judging *j, const struct attempts *a)
{
	const struct attempt *t = a->worst;
	size_t failed = 0;

	for (size_t i = 0; i < a->n; i++)
		failed += !a->items[i].connected && !a->items[i].no_ipv6 &&
			  !a->items[i].recovered;
	if (failed == 0)
		return;
	bool only_v6 = a->n_v6_failed == failed && a->n_v6_failed == a->n_v6 &&
		       a->n_v4_connected > 0;
	bool misleads = only_v6 && j->facts->v6_connected;
	if (misleads)
		say(j, EVIDENCE_SUPPORTS, j->facts->v6_connected,
		    "another check connected by IPv6, to %s",
		    addr_words(j->arena, &j->facts->v6_connected->tcp.peer));
	finding_set(j,
	    &(struct finding){ .status = STATUS_WARN,
		.stage = STAGE_TCP,
		.cause = misleads  ? "aaaa_misleads"
			 : only_v6 ? "ipv6_broken"
				   : t->cause.cause,
		.confidence = only_v6 ? sure_of_ipv6(t) : t->cause.confidence,
		.summary = arena_printf(j->arena,
		    misleads  ? "the IPv6 address does not work, IPv4 does (%s: %s)"
		    : only_v6 ? "IPv6 does not work here, IPv4 does (%s: %s)"
			      : "one address does not work (%s: %s)",
		    addr_words(j->arena, &t->obs->tcp.peer), failure_words(j, t->obs)),
		.key = only_v6 ? NULL : group_key(j, t) });
}

/* The guest agent drops new connections of ordinary users to these addresses. */
static bool is_root_trap(const struct judging *j, const struct attempt *t)
{
	return j->check->entry && j->check->entry->root_only && !j->facts->root &&
	       t->obs->tcp.outcome == TCP_TIMEOUT && !t->obs->tcp.icmp.present;
}

static void judge_root_trap(struct judging *j)
{
	if (j->facts->system)
		say(j, EVIDENCE_SUPPORTS, j->facts->system,
		    "this program does not run as root");
	finding_set(j,
	    &(struct finding){ .status = STATUS_INCONCLUSIVE,
		.stage = STAGE_TCP,
		.cause = "root_only",
		.confidence = CONFIDENCE_LIKELY,
		.summary = "only root may contact this address, so the silence means "
			   "nothing" });
}

/* Of several addresses that fail alike, the one about which most is known. */
static const struct attempt *telling(const struct judging *j, const struct attempts *a)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct attempt *t = &a->items[i];
		if (t->cause.cause == a->worst->cause.cause && !t->no_ipv6 &&
		    probes_find(&j->facts->probes, OBS_ROUTE, &t->obs->tcp.peer))
			return t;
	}
	return a->worst;
}

static void ask_why(struct judging *j, const struct attempt *t, struct why *w)
{
	const struct obs_tcp *tcp = &t->obs->tcp;

	if (strcmp(w->cause, "silent_drop") == 0)
		why_silent(j, t->obs, w);
	else if (strcmp(w->cause, "remote_refused") == 0)
		why_refused(j, t->obs, w);
	else if (!tcp->icmp.present)
		why_local(j, t->obs, w);
	if (strcmp(w->cause, "remote_refused") == 0 ||
	    strcmp(w->cause, "host_or_net_unreachable") == 0)
		why_proxy_needed(j, t->obs, w);
	why_proxy_unreachable(j, t->obs, w);
	why_unmeasured(j);
}

static void judge_failure(struct judging *j, const struct attempts *a)
{
	const struct attempt *t = telling(j, a);
	struct why w = {
		.cause = t->cause.cause,
		.confidence = t->cause.confidence,
		.summary = arena_printf(j->arena, "%s%s: %s",
		    t->obs->tcp.via_proxy ? "proxy " : "",
		    addr_port_words(j->arena, &t->obs->tcp.peer),
		    failure_words(j, t->obs)),
		.key = group_key(j, t),
	};

	assert(w.cause); /* every attempt that did not connect has one */
	j->address = t->obs->tcp.peer;
	if (is_root_trap(j, t)) {
		judge_root_trap(j);
		return;
	}
	ask_why(j, t, &w);
	why_conclude(j, t->cause.status, STAGE_TCP, &w);
	if (a->n > 1 && t->cause.status == STATUS_FAIL)
		for (size_t i = 0; i < a->n; i++)
			if (a->items[i].cause.cause != t->cause.cause &&
			    !a->items[i].no_ipv6)
				finding_alternative(j, a->items[i].cause.cause);
}

/* The connection that TLS or the protocol used, else the first that came about. */
static const struct obs *serving(const struct judging *j, const struct attempts *a)
{
	const struct addr *peer = j->tls        ? &j->tls->tls.peer
				  : j->exchange ? &j->exchange->exchange.peer
				  : j->http     ? &j->http->http.peer
						: NULL;
	const struct obs *first = NULL;

	for (size_t i = 0; i < a->n; i++) {
		const struct obs *o = a->items[i].obs;
		if (!a->items[i].connected)
			continue;
		if (peer && addr_same_ip(&o->tcp.peer, peer))
			return o;
		if (!first || o->end < first->end)
			first = o;
	}
	return first;
}

bool judge_tcp(struct judging *j)
{
	struct attempts a;

	read_attempts(j, &a);
	if (a.n == 0)
		return judge_unfinished(j, STAGE_TCP);
	say_attempts(j, &a);
	if (a.n_connected == 0) {
		if (j->unfinished && j->unfinished->stage == STAGE_TCP)
			return judge_unfinished(j, STAGE_TCP);
		judge_failure(j, &a);
		return false;
	}
	j->connected = serving(j, &a);
	j->address = j->connected->tcp.peer;
	if (j->connected->tcp.via_proxy)
		j->verdict->attributes |= ATTR_EXPLICIT_PROXY;
	if (a.worst)
		warn(j, &a);
	return true;
}
