/* SPDX-License-Identifier: MIT */
#include "checks/facts/probes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probe/base/text.h"
#include "probe/base/vec.h"

const struct addr *probe_peer(const struct obs *o)
{
	switch (o->kind) {
	case OBS_ROUTE:
		return &o->route.peer;
	case OBS_TTL_SCAN:
		return &o->ttl_scan.peer;
	case OBS_CONTROL_CONNECT:
		return &o->control_connect.peer;
	case OBS_SOURCE_PORTS:
		return &o->source_ports.peer;
	case OBS_REPLY_TTL:
		return &o->reply_ttl.peer;
	case OBS_RESET_TEST:
		return &o->reset_test.peer;
	case OBS_TLS_VARIANT:
		return &o->tls_variant.peer;
	case OBS_LOCAL_UDP:
		return &o->local_udp.peer;
	case OBS_COUNTED_SYNS:
		return &o->counted_syns.peer;
	case OBS_DNS_VARIANT:
		return &o->dns_variant.peer;
	case OBS_REQUEST_VARIANT:
		return &o->request_variant.peer;
	default:
		return NULL;
	}
}

enum order_end probe_end(const struct obs *o)
{
	switch (o->kind) {
	case OBS_ROUTE:
		return o->route.ended;
	case OBS_TTL_SCAN:
		return o->ttl_scan.ended;
	case OBS_CONTROL_CONNECT:
		return o->control_connect.ended;
	case OBS_SOURCE_PORTS:
		return o->source_ports.ended;
	case OBS_REPLY_TTL:
		return o->reply_ttl.ended;
	case OBS_RESET_TEST:
		return o->reset_test.ended;
	case OBS_TLS_VARIANT:
		return o->tls_variant.ended;
	case OBS_LOCAL_UDP:
		return o->local_udp.ended;
	case OBS_COUNTED_SYNS:
		return o->counted_syns.ended;
	case OBS_DNS_VARIANT:
		return o->dns_variant.ended;
	case OBS_REQUEST_VARIANT:
		return o->request_variant.ended;
	default:
		return ORDER_DONE;
	}
}

static void add_known_good(struct probes *p, const struct obs *o)
{
	const struct obs_control_connect *c = &o->control_connect;

	if (c->outcome == TCP_CONNECTED)
		p->known_good_answered = o;
	else if (c->outcome == TCP_TIMEOUT && !c->icmp.present)
		p->known_good_silent = o;
}

static void add_canary(struct probes *p, const struct obs *o)
{
	const struct obs_control_connect *c = &o->control_connect;

	if (c->outcome != TCP_CONNECTED)
		return;
	if (c->purpose == CONTROL_CANARY)
		p->canary = o;
	else
		p->canary_odd = o;
}

static void add_reached(struct probes *p, const struct obs *o)
{
	if (p->n_reached == PROBES_REACHED || addr_is_private(&o->ttl_scan.peer) ||
	    !scan_first(&o->ttl_scan, TTL_CONNECTED))
		return;
	for (size_t i = 0; i < p->n_reached; i++)
		if (addr_same_ip(&p->reached[i]->ttl_scan.peer, &o->ttl_scan.peer))
			return;
	p->reached[p->n_reached++] = o;
}

void probes_add(struct probes *p, const struct obs *o, struct arena *arena)
{
	if (o->kind == OBS_CAPABILITIES)
		p->capabilities = o;
	else if (o->kind == OBS_COUNTERS)
		p->counters = o;
	if (!probe_peer(o) || probe_end(o) != ORDER_DONE)
		return;
	if (o->kind == OBS_COUNTED_SYNS && o->counted_syns.n_windows > 0 &&
	    p->n_counted < ORDER_COUNTED_MAX)
		p->counted[p->n_counted++] = o;
	if (o->kind == OBS_TTL_SCAN)
		add_reached(p, o);
	if (o->kind == OBS_CONTROL_CONNECT &&
	    (o->control_connect.purpose == CONTROL_CANARY ||
		o->control_connect.purpose == CONTROL_CANARY_ODD)) {
		add_canary(p, o);
		return;
	}
	if (o->kind == OBS_CONTROL_CONNECT &&
	    o->control_connect.purpose == CONTROL_KNOWN_GOOD) {
		add_known_good(p, o);
		return;
	}
	p->items =
	    vec_grow(arena, p->items, p->n_items, &p->cap, sizeof(const struct obs *));
	p->items[p->n_items++] = o;
}

static int order(long long a, long long b)
{
	return (a > b) - (a < b);
}

static int by_address(
    enum obs_kind kind, const struct addr *peer, const struct obs *other)
{
	const struct addr *b = probe_peer(other);
	int c = order(kind, other->kind);

	if (!c)
		c = order(peer->family, b->family);
	return c ? c : memcmp(peer->ip, b->ip, sizeof peer->ip);
}

static int by_place(const void *x, const void *y)
{
	const struct obs *a = *(const struct obs *const *)x;
	const struct obs *b = *(const struct obs *const *)y;
	int c = by_address(a->kind, probe_peer(a), b);

	if (!c)
		c = order(probe_peer(a)->port, probe_peer(b)->port);
	return c ? c : order(a->id, b->id);
}

void probes_sort(struct probes *p)
{
	if (p->n_items > 1)
		qsort(p->items, p->n_items, sizeof(const struct obs *), by_place);
}

/* Index of the first probe of that kind and address, whatever its port. */
static size_t first_of(
    const struct probes *p, enum obs_kind kind, const struct addr *peer)
{
	size_t low = 0, high = p->n_items;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (by_address(kind, peer, p->items[mid]) > 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Walks the probes of one kind and address: for (size_t i = first; ...; i++). */
static const struct obs *at(
    const struct probes *p, size_t i, enum obs_kind kind, const struct addr *peer)
{
	if (i >= p->n_items || by_address(kind, peer, p->items[i]) != 0)
		return NULL;
	return p->items[i];
}

const struct obs *probes_find(
    const struct probes *p, enum obs_kind kind, const struct addr *peer)
{
	const struct obs *o;

	for (size_t i = first_of(p, kind, peer); (o = at(p, i, kind, peer)); i++)
		if (probe_peer(o)->port == peer->port)
			return o;
	return NULL;
}

size_t probes_at(const struct probes *p, enum obs_kind kind, const struct addr *peer,
    const struct obs *const **ret)
{
	size_t first = first_of(p, kind, peer), n = 0;

	while (at(p, first + n, kind, peer))
		n++;
	*ret = n ? (const struct obs *const *)&p->items[first] : NULL;
	return n;
}

const struct obs *probes_control_scan(const struct probes *p, const struct addr *peer)
{
	const struct obs *o;

	for (size_t i = first_of(p, OBS_TTL_SCAN, peer);
	     (o = at(p, i, OBS_TTL_SCAN, peer)); i++)
		if (o->ttl_scan.peer.port != peer->port)
			return o;
	return NULL;
}

bool probe_was_heard(const struct obs_control_connect *c)
{
	return c->outcome == TCP_CONNECTED ||
	       (c->outcome == TCP_FAILED && !c->icmp.present &&
		   (c->err == ECONNREFUSED || c->err == ECONNRESET));
}

const struct obs *probes_other_port(const struct probes *p, const struct addr *peer)
{
	const struct obs *o;

	for (size_t i = first_of(p, OBS_CONTROL_CONNECT, peer);
	     (o = at(p, i, OBS_CONTROL_CONNECT, peer)); i++)
		if (o->control_connect.peer.port != peer->port &&
		    probe_was_heard(&o->control_connect))
			return o;
	return NULL;
}

/* An attempt at the very same address and port for that purpose, or NULL. */
static const struct obs *find_attempt(const struct probes *p, const struct addr *peer,
    enum control_purpose purpose, enum tcp_outcome outcome)
{
	const struct obs *o;

	for (size_t i = first_of(p, OBS_CONTROL_CONNECT, peer);
	     (o = at(p, i, OBS_CONTROL_CONNECT, peer)); i++)
		if (o->control_connect.peer.port == peer->port &&
		    o->control_connect.purpose == purpose &&
		    o->control_connect.outcome == outcome)
			return o;
	return NULL;
}

const struct obs *probes_control(
    const struct probes *p, const struct addr *peer, enum control_purpose purpose)
{
	const struct obs *o;

	for (size_t i = first_of(p, OBS_CONTROL_CONNECT, peer);
	     (o = at(p, i, OBS_CONTROL_CONNECT, peer)); i++)
		if (o->control_connect.peer.port == peer->port &&
		    o->control_connect.purpose == purpose)
			return o;
	return NULL;
}

const struct obs *probes_repeat(const struct probes *p, const struct addr *peer)
{
	const struct obs *o = NULL;

	/* Another check's control may be this one's second attempt. */
	for (int c = CONTROL_OTHER_PORT; c <= CONTROL_KNOWN_GOOD && !o; c++)
		o = find_attempt(p, peer, (enum control_purpose)c, TCP_CONNECTED);
	return o;
}

const struct obs *probes_other_source(const struct probes *p, const struct addr *peer)
{
	return find_attempt(p, peer, CONTROL_OTHER_SOURCE, TCP_CONNECTED);
}

bool probes_repeat_is_silent(const struct probes *p, const struct addr *peer)
{
	return find_attempt(p, peer, CONTROL_REPEAT, TCP_TIMEOUT) != NULL;
}

static bool same_name(const char *a, const char *b)
{
	return a && b ? text_equal_nocase(a, b) : a == b;
}

static bool is_variant(
    const struct obs_tls_variant *v, enum variant what, const char *name)
{
	bool same = same_name(v->sni, name);
	bool whole = same && !v->split_name;
	bool is_long = what >= VARIANT_LONG;

	if (v->padded != is_long)
		return false;
	switch (what) {
	case VARIANT_OTHER_NAME:
		return v->sni && !same && !v->split_name && !v->max_seg;
	case VARIANT_NO_NAME:
	case VARIANT_LONG_NO_NAME:
		return !v->sni && name && !v->max_seg;
	case VARIANT_SPLIT:
		return same && name && v->split_name && !v->max_seg;
	case VARIANT_AGAIN:
	case VARIANT_LONG:
		return whole && !v->max_seg;
	case VARIANT_SMALL:
	case VARIANT_LONG_SMALL:
		return whole && v->max_seg == SMALL_SEGMENT;
	case VARIANT_SMALLER:
	case VARIANT_LONG_SMALLER:
		return whole && v->max_seg == SMALLER_SEGMENT;
	case VARIANT_SMALLEST:
	case VARIANT_LONG_SMALLEST:
		return whole && v->max_seg == SMALLEST_SEGMENT;
	}
	return false;
}

const struct obs *probes_variant(const struct probes *p, enum variant what,
    const struct addr *peer, const char *name)
{
	const struct obs *o, *first = NULL;

	for (size_t i = first_of(p, OBS_TLS_VARIANT, peer);
	     (o = at(p, i, OBS_TLS_VARIANT, peer)); i++) {
		if (o->tls_variant.peer.port != peer->port ||
		    !is_variant(&o->tls_variant, what, name))
			continue;
		/* Of several other names one that works is the control. */
		if (what != VARIANT_OTHER_NAME || o->tls_variant.outcome == TLS_DONE)
			return o;
		if (!first)
			first = o;
	}
	return first;
}

const struct obs *probes_reset_test(
    const struct probes *p, const struct addr *peer, const char *name)
{
	const struct obs *o;

	for (size_t i = first_of(p, OBS_RESET_TEST, peer);
	     (o = at(p, i, OBS_RESET_TEST, peer)); i++)
		if (o->reset_test.peer.port == peer->port &&
		    same_name(o->reset_test.name, name))
			return o;
	return NULL;
}

bool probes_counter(const struct probes *p, const char *name, uint64_t *ret)
{
	if (!p->counters)
		return false;
	for (size_t i = 0; i < p->counters->counters.n_items; i++) {
		const struct counter *c = &p->counters->counters.items[i];
		if (strcmp(c->name, name) != 0)
			continue;
		*ret = c->delta;
		return true;
	}
	return false;
}

const struct ttl_step *scan_last_router(const struct obs_ttl_scan *scan)
{
	const struct ttl_step *last = NULL;

	for (size_t i = 0; i < scan->n_steps; i++)
		if (scan->steps[i].answer == TTL_EXCEEDED &&
		    (!last || scan->steps[i].ttl > last->ttl))
			last = &scan->steps[i];
	return last;
}

const struct ttl_step *scan_first(const struct obs_ttl_scan *scan, enum ttl_answer a)
{
	const struct ttl_step *first = NULL;

	for (size_t i = 0; i < scan->n_steps; i++)
		if (scan->steps[i].answer == a &&
		    (!first || scan->steps[i].ttl < first->ttl))
			first = &scan->steps[i];
	return first;
}

unsigned hops_of_ttl(unsigned ttl)
{
	enum {
		UNIX = 64,
		WINDOWS = 128,
		ROUTER = 255
	};

	if (ttl <= UNIX)
		return UNIX - ttl;
	return ttl <= WINDOWS ? WINDOWS - ttl : ROUTER - ttl;
}
