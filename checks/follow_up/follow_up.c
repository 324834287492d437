/* SPDX-License-Identifier: MIT */
#include "checks/follow_up/follow_up.h"

#include <errno.h>
#include <string.h>

#include "checks/facts/facts.h"
#include "checks/facts/probes.h"
#include "checks/facts/tls_errors.h"
#include "checks/follow_up/follow_up_choice.h"
#include "probe/base/text.h"

/* A name that no server serves, for want of one that is known to work (RFC 6761). */
#define NO_SUCH_HOST "localhost.invalid"

enum {
	/* Far beyond what the engine's budget of packets lets begin. */
	MAX_GIVEN = 2048,
	/* The kernel's counters are read for each, though most send nothing then. */
	MAX_COUNTED = 32,
	OTHER_WAYS = 2 /* scans of addresses that work, to compare a way with */
};

void follow_up_init(struct follow_up *f, const struct check_plan *plan,
    const struct obslog *log, struct arena *arena)
{
	*f = (struct follow_up){ .plan = plan, .log = log, .arena = arena };
}

/* --- Orders ------------------------------------------------------------------------
 */

static void give_at(struct choice *c, enum order_kind kind, const struct addr *peer)
{
	choice_give(c, (struct order){ .kind = kind, .peer = *peer });
}

static void give_handshake(
    struct choice *c, const char *name, bool split, unsigned max_seg)
{
	choice_give(c, (struct order){ .kind = ORDER_TLS_VARIANT,
			   .peer = c->peer,
			   .name = name,
			   .split_name = split,
			   .max_seg = max_seg });
}

static void give_connect(
    struct choice *c, struct addr peer, enum control_purpose purpose)
{
	choice_give(
	    c, (struct order){
		   .kind = ORDER_CONTROL_CONNECT, .peer = peer, .purpose = purpose });
}

/* Those that this leaves out are judged by the counters of the whole run. */
static void give_counted(struct choice *c)
{
	size_t before = c->n;

	if (c->f->n_counted >= MAX_COUNTED)
		return;
	give_at(c, ORDER_COUNTED_SYNS, &c->peer);
	c->f->n_counted += c->n - before;
}

/* --- What is known -----------------------------------------------------------------
 */

/*
 * Only this check's own probes are looked at: an order that another check gave for
 * the same address is not given again, and its result is found by the judge.
 */
static const struct obs *seen(
    const struct choice *c, enum obs_kind kind, const struct addr *peer)
{
	for (const struct obs *o = c->first; o; o = o->next_of_target)
		if (o->kind == kind && probe_end(o) == ORDER_DONE &&
		    addr_same_ip(probe_peer(o), peer) &&
		    probe_peer(o)->port == peer->port)
			return o;
	return NULL;
}

static const struct obs *seen_control(
    const struct choice *c, enum control_purpose purpose)
{
	for (const struct obs *o = c->first; o; o = o->next_of_target)
		if (o->kind == OBS_CONTROL_CONNECT && probe_end(o) == ORDER_DONE &&
		    o->control_connect.purpose == purpose)
			return o;
	return NULL;
}

static const struct obs_tls_variant *seen_variant(
    const struct choice *c, enum variant what)
{
	const struct obs *o;
	struct probes p = { 0 };

	for (o = c->first; o; o = o->next_of_target)
		if (o->kind == OBS_TLS_VARIANT)
			probes_add(&p, o, c->f->arena);
	probes_sort(&p);
	o = probes_variant(&p, what, &c->peer, c->target->host);
	return o ? &o->tls_variant : NULL;
}

static const struct obs *last_of(const struct choice *c, enum obs_kind kind)
{
	const struct obs *last = NULL;

	for (const struct obs *o = c->first; o; o = o->next_of_target)
		if (o->kind == kind)
			last = o;
	return last;
}

static bool is_connected(const struct choice *c)
{
	for (const struct obs *o = c->first; o; o = o->next_of_target)
		if (o->kind == OBS_TCP && o->tcp.outcome == TCP_CONNECTED)
			return true;
	return false;
}

static const struct obs *attempt_at(const struct choice *c, const struct addr *peer)
{
	for (const struct obs *o = c->first; o; o = o->next_of_target)
		if (o->kind == OBS_TCP && addr_same_ip(&o->tcp.peer, peer) &&
		    o->tcp.peer.port == peer->port)
			return o;
	return NULL;
}

/* --- Controls ----------------------------------------------------------------------
 */

/* A port that the same machine most probably serves as well. */
static struct addr other_port(const struct addr *peer)
{
	enum {
		HTTP = 80,
		HTTPS = 443
	};

	struct addr a = *peer;
	a.port = peer->port == HTTPS ? HTTP : HTTPS;
	return a;
}

/* Some other address that accepted a connection in this run: does it still? */
static bool find_known_good(const struct choice *c, struct addr *ret)
{
	for (size_t i = 0; i < c->f->log->n_items; i++) {
		const struct obs *o = c->f->log->items[i];
		if (o->kind != OBS_TCP || o->target < 0 || o->tcp.via_proxy ||
		    o->tcp.outcome != TCP_CONNECTED ||
		    o->tcp.peer.family != c->peer.family ||
		    addr_same_ip(&o->tcp.peer, &c->peer))
			continue;
		*ret = o->tcp.peer;
		return true;
	}
	return false;
}

/* The address of another check of the same family that did connect. */
static bool find_sibling(const struct choice *c, struct addr *ret)
{
	const struct check_plan *plan = c->f->plan;

	if (!c->check->family)
		return false;
	for (size_t i = 0; i < c->f->log->n_items; i++) {
		const struct obs *o = c->f->log->items[i];
		if (o->kind != OBS_TCP || o->target < 0 || o->tcp.via_proxy ||
		    o->tcp.outcome != TCP_CONNECTED ||
		    o->tcp.peer.port == c->peer.port ||
		    o->tcp.peer.family != c->peer.family ||
		    addr_same_ip(&o->tcp.peer, &c->peer) ||
		    !choice_same_text(plan->checks[o->target].family, c->check->family))
			continue;
		*ret = o->tcp.peer;
		ret->port = c->peer.port;
		return true;
	}
	return false;
}

/* The name that stands for all others at this address already, or NULL. */
static const char *given_name(const struct choice *c)
{
	for (size_t i = 0; i < c->f->n_given; i++) {
		const struct order *o = &c->f->given[i];
		if (o->kind == ORDER_TLS_VARIANT && o->name && !o->max_seg &&
		    !o->split_name && !o->padded && addr_same_ip(&o->peer, &c->peer) &&
		    o->peer.port == c->peer.port &&
		    !text_equal_nocase(o->name, c->target->host) &&
		    !text_equal_nocase(o->name, NO_SUCH_HOST))
			return o->name;
	}
	return NULL;
}

/* A name that this run has got through, best of another owner: so it is allowed. */
static const char *control_name(const struct choice *c)
{
	const char *mine = facts_registrable_domain(c->target->host);
	const char *related = given_name(c);

	if (related)
		return related;
	for (size_t i = 0; i < c->f->log->n_items; i++) {
		const struct obs *o = c->f->log->items[i];
		if (o->kind != OBS_TLS || o->tls.outcome != TLS_DONE || !o->tls.sni ||
		    text_equal_nocase(o->tls.sni, c->target->host))
			continue;
		if (!text_equal_nocase(facts_registrable_domain(o->tls.sni), mine))
			return o->tls.sni;
		related = o->tls.sni;
	}
	return related ? related : NO_SUCH_HOST;
}

static const char *true_name(const struct choice *c)
{
	struct addr literal;

	return addr_parse(c->target->host, &literal) ? NULL : c->target->host;
}

/* --- Silent attempts ---------------------------------------------------------------
 */

static bool scan_connected(const struct choice *c)
{
	const struct obs *scan = seen(c, OBS_TTL_SCAN, &c->peer);

	return scan && scan_first(&scan->ttl_scan, TTL_CONNECTED);
}

/* Packets end behind a private router: do those to addresses that work meet it, too? */
static void ask_other_ways(struct choice *c)
{
	const struct obs *scan = seen(c, OBS_TTL_SCAN, &c->peer);
	const struct ttl_step *last = scan ? scan_last_router(&scan->ttl_scan) : NULL;
	struct addr asked = { 0 };
	unsigned n = 0;

	if (!last || last->ttl < 2 || !addr_is_private(&last->icmp.offender) ||
	    addr_is_private(&c->peer))
		return;
	for (size_t i = 0; i < c->f->log->n_items && n < OTHER_WAYS; i++) {
		const struct obs *o = c->f->log->items[i];
		if (o->kind != OBS_TCP || o->tcp.via_proxy ||
		    o->tcp.outcome != TCP_CONNECTED ||
		    o->tcp.peer.family != c->peer.family ||
		    addr_is_private(&o->tcp.peer) ||
		    addr_same_ip(&o->tcp.peer, &c->peer) ||
		    addr_same_ip(&o->tcp.peer, &asked))
			continue;
		asked = o->tcp.peer;
		give_at(c, ORDER_TTL_SCAN, &asked);
		n++;
	}
}

static void ask_silent(struct choice *c)
{
	const struct obs *other = seen_control(c, CONTROL_OTHER_PORT);
	const struct obs *repeat = seen_control(c, CONTROL_REPEAT);
	struct addr sibling, good;

	give_at(c, ORDER_LOCAL_UDP, &c->peer);
	give_counted(c);
	give_connect(c, c->peer, CONTROL_REPEAT);
	if (!c->f->plan->probe.interface)
		give_connect(c, c->peer, CONTROL_OTHER_SOURCE);
	if (!c->target->proxy) {
		give_connect(c, other_port(&c->peer), CONTROL_OTHER_PORT);
		if (find_sibling(c, &sibling))
			give_connect(c, sibling, CONTROL_SIBLING);
	}
	give_at(c, ORDER_TTL_SCAN, &c->peer);
	if (!c->target->proxy && find_known_good(c, &good))
		give_connect(c, good, CONTROL_KNOWN_GOOD);
	/* Where another port answers, how far its packets get locates the filter. */
	if (other && probe_was_heard(&other->control_connect))
		give_at(c, ORDER_TTL_SCAN, &other->control_connect.peer);
	ask_other_ways(c);
	if ((repeat && repeat->control_connect.outcome == TCP_CONNECTED) ||
	    scan_connected(c))
		give_at(c, ORDER_SOURCE_PORTS, &c->peer);
}

/* --- Refused attempts --------------------------------------------------------------
 */

static void ask_refused(struct choice *c)
{
	const struct obs *other = seen_control(c, CONTROL_OTHER_PORT);
	const struct obs *reply = seen(c, OBS_REPLY_TTL, &c->peer);
	const struct addr *control;

	give_counted(c);
	if (c->target->proxy)
		return;
	give_connect(c, other_port(&c->peer), CONTROL_OTHER_PORT);
	give_at(c, ORDER_REPLY_TTL, &c->peer);
	/* Resets and SYN-ACKs: is it the same SYN that meets both? */
	if (reply && reply->reply_ttl.mixed)
		give_at(c, ORDER_TTL_SCAN, &c->peer);
	/* Without a host that accepts there is nothing to compare a reset with. */
	if (!other || other->control_connect.outcome != TCP_CONNECTED)
		return;
	control = &other->control_connect.peer;
	give_at(c, ORDER_REPLY_TTL, control);
	give_at(c, ORDER_TTL_SCAN, &c->peer);
	give_at(c, ORDER_TTL_SCAN, control);
}

static void ask_attempt(struct choice *c, const struct obs *attempt)
{
	const struct obs_tcp *t = attempt ? &attempt->tcp : NULL;

	if (!t ||
	    ((t->outcome == TCP_TIMEOUT || t->err == ETIMEDOUT) && !t->icmp.present))
		ask_silent(c);
	else if (!t->icmp.present && t->err == ECONNREFUSED)
		ask_refused(c);
}

/* Another address connected: is this one dead, or did its only SYN get lost? */
static void ask_beside(struct choice *c, const struct obs *attempt)
{
	if (!attempt || attempt->tcp.outcome == TCP_TIMEOUT)
		give_connect(c, c->peer, CONTROL_REPEAT);
}

/* --- Handshakes that went dead -----------------------------------------------------
 */

static bool spoke(const struct obs_tls_variant *v)
{
	return v && v->connected == TCP_CONNECTED &&
	       (v->outcome == TLS_DONE || v->first_byte > 0);
}

static bool finished(const struct obs_tls_variant *v)
{
	return v && v->connected == TCP_CONNECTED && v->outcome == TLS_DONE;
}

static bool was_resent(const struct obs_tls_variant *v)
{
	return finished(v) && v->info.total_retrans > 0;
}

/* What finished with small segments is tried again, with small ones and with large
 * ones, and a third time where packets are lost. */
static void ask_sizes(struct choice *c, const char *name)
{
	const struct obs_tls_variant *small = seen_variant(c, VARIANT_SMALL);
	const struct obs_tls_variant *smaller = seen_variant(c, VARIANT_SMALLER);
	const struct obs_tls_variant *other = seen_variant(c, VARIANT_OTHER_NAME);
	bool lossy = was_resent(small) || was_resent(smaller);

	if (finished(small) || (small && other && !spoke(other)))
		give_handshake(c, name, false, SMALLER_SEGMENT);
	if (finished(small) || finished(smaller))
		give_handshake(c, name, false, 0);
	if (finished(smaller) && (lossy || !finished(small)))
		give_handshake(c, name, false, SMALLEST_SEGMENT);
}

static void ask_stalled(struct choice *c)
{
	const char *name = true_name(c);
	const struct obs_tls_variant *other = seen_variant(c, VARIANT_OTHER_NAME);

	if (name)
		give_handshake(c, control_name(c), false, 0);
	give_handshake(c, name, false, SMALL_SEGMENT);
	ask_sizes(c, name);
	if (spoke(other) && finished(seen_variant(c, VARIANT_SMALL)))
		give_handshake(c, NULL, false, 0);
	if (other && seen_variant(c, VARIANT_SMALL) && !spoke(other) &&
	    !finished(seen_variant(c, VARIANT_SMALL))) {
		/* Neither name nor size: do both directions go the same way? */
		give_at(c, ORDER_TTL_SCAN, &c->peer);
		give_at(c, ORDER_REPLY_TTL, &c->peer);
	}
}

/*
 * A request that is never acknowledged, behind a handshake that was: perhaps because
 * it was the first long packet. A long ClientHello asks the same of the path, and
 * needs no credentials.
 */
static void give_long(struct choice *c, const char *name, unsigned max_seg)
{
	choice_give(c, (struct order){ .kind = ORDER_TLS_VARIANT,
			   .peer = c->peer,
			   .name = name,
			   .padded = true,
			   .max_seg = max_seg });
}

static void ask_unacknowledged(struct choice *c)
{
	const char *name = true_name(c);

	give_long(c, name, 0);
	give_long(c, name, SMALL_SEGMENT);
	give_long(c, name, SMALLER_SEGMENT);
	/* Where packets get lost anyway, a third time. */
	if (was_resent(seen_variant(c, VARIANT_LONG_SMALL)) ||
	    was_resent(seen_variant(c, VARIANT_LONG_SMALLER))) {
		give_long(c, NULL, 0);
		give_long(c, name, SMALLEST_SEGMENT);
	}
}

/* Who closed or reset, and whether the name is why. */
static void ask_closed(struct choice *c, bool reset)
{
	const char *name = true_name(c);
	const struct obs_tls_variant *other = seen_variant(c, VARIANT_OTHER_NAME);

	if (!name)
		return;
	give_handshake(c, control_name(c), false, 0);
	if (reset)
		choice_give(
		    c, (struct order){
			   .kind = ORDER_RESET_TEST, .peer = c->peer, .name = name });
	if (!other)
		return;
	if (!spoke(other)) {
		give_handshake(c, NULL, false, 0);
		return;
	}
	if (reset)
		give_handshake(c, name, true, 0);
	/* A SYN that is accepted too near shows who ends the connection. */
	give_at(c, ORDER_TTL_SCAN, &c->peer);
}

static void ask_handshake(struct choice *c, const struct obs *tls)
{
	if (!tls || tls->tls.outcome == TLS_TIMEOUT) {
		ask_stalled(c);
		return;
	}
	switch (tls->tls.outcome) {
	case TLS_RESET:
		ask_closed(c, true);
		break;
	case TLS_CLOSED:
	case TLS_ALERT:
		ask_closed(c, false);
		break;
	case TLS_DONE:
		/* An unknown issuer: does it sign for any name? */
		if (!tls->tls.verified && tls_errors_of(&tls->tls).untrusted &&
		    true_name(c) && !(c->check->entry && c->check->entry->private_ca))
			give_handshake(c, control_name(c), false, 0);
		break;
	default:
		break;
	}
}

static bool is_unacknowledged(
    const struct follow_up_event *event, const struct obs *http)
{
	const struct tcp_facts *i = http ? &http->http.info : &event->info;

	if (http && http->http.outcome != HTTP_TIMEOUT)
		return false;
	return i->present && i->unacked > 0;
}

static void ask_conversation(struct choice *c, const struct follow_up_event *event)
{
	const struct obs *tls = last_of(c, OBS_TLS);
	const struct obs *http = last_of(c, OBS_HTTP);

	/* The answers of those probes come before the handshake is in the log. */
	bool asked = seen_variant(c, VARIANT_LONG) ||
		     seen_variant(c, VARIANT_LONG_SMALL) ||
		     seen_variant(c, VARIANT_LONG_SMALLER);

	if (asked || is_unacknowledged(event, http))
		ask_unacknowledged(c);
	if (tls || (event->stage == STAGE_TLS && !asked))
		ask_handshake(c, tls);
}

/* --- The hook ----------------------------------------------------------------------
 */

/* Silence is what these are meant to meet, or all that an ordinary user can. */
static bool is_exempt(const struct follow_up *f, const struct check *check)
{
	const struct obs *o;

	if (f->plan->probe.no_diagnose || check->must_not_reach)
		return true;
	if (!check->entry || !check->entry->root_only)
		return false;
	for (o = obslog_first(f->log, OBS_NO_TARGET); o; o = o->next_of_target)
		if (o->kind == OBS_SYSTEM)
			return !o->system.root;
	return true;
}

/*
 * The address of the check that the event is about. What was observed may be about
 * another port of it; what is about another address calls for nothing more.
 */
static bool find_peer(struct choice *c, const struct follow_up_event *event)
{
	const struct target *t = c->target;
	const struct obs *o = event->obs;

	c->peer = event->peer;
	if (event->moment != FOLLOW_UP_OBSERVED)
		return true;
	if (o->kind == OBS_CONTROL_CONNECT &&
	    (o->control_connect.purpose == CONTROL_SIBLING ||
		o->control_connect.purpose == CONTROL_KNOWN_GOOD ||
		o->control_connect.purpose == CONTROL_OTHER_ANSWER))
		return false;
	c->peer.port = t->proxy          ? t->proxy->port
		       : t->connect_port ? t->connect_port
					 : t->port;
	return true;
}

size_t follow_up_choose(void *arg, unsigned target, const struct follow_up_event *event,
    struct order *ret, size_t max)
{
	struct follow_up *f = arg;
	struct choice c = {
		.f = f,
		.target = &f->plan->probe.targets[target],
		.check = &f->plan->checks[target],
		.first = obslog_first(f->log, (int)target),
		.ret = ret,
		.max = max,
	};

	if (f->n_given >= MAX_GIVEN || is_exempt(f, c.check))
		return 0;
	if (event->stage == STAGE_DNS) {
		follow_up_name(&c, event);
		return c.n;
	}
	if (!find_peer(&c, event))
		return 0;
	follow_up_proxy(&c, event);
	/* What a varied request has seen says nothing of the check's own connection. */
	if (event->moment == FOLLOW_UP_ANSWERED ||
	    (event->moment == FOLLOW_UP_OBSERVED &&
		event->obs->kind == OBS_REQUEST_VARIANT))
		return c.n;
	if (!is_connected(&c)) {
		if (c.target->protocol != PROTO_UDP)
			ask_attempt(&c, attempt_at(&c, &c.peer));
	} else if (event->moment != FOLLOW_UP_OBSERVED && event->stage == STAGE_TCP) {
		ask_beside(&c, attempt_at(&c, &c.peer));
	} else if (protocol_is_tls(c.target->protocol) && !c.target->proxy) {
		ask_conversation(&c, event);
	}
	if (event->moment == FOLLOW_UP_FAILED)
		follow_up_peer(&c);
	return c.n;
}
