/* SPDX-License-Identifier: MIT */
#include "checks/why/why_captured.h"

#include "checks/facts/facts.h"
#include "probe/base/text.h"

static bool is_whole(const struct flow_view *v)
{
	return v->capture && !v->capture->capture->refused && !v->lossy &&
	       v->capture->capture->drops_known;
}

static bool same_port(const struct addr *a, const struct addr *b)
{
	return a->port == b->port && addr_same_ip(a, b);
}

static const struct obs *flow_to(
    const struct flow_view *v, size_t i, const struct addr *address)
{
	return i < v->n_flows && addr_same_ip(&v->flows[i]->flow->server, address)
		   ? v->flows[i]
		   : NULL;
}

static const struct obs *flow_of(
    const struct flow_view *v, const struct addr *local, const struct addr *peer)
{
	const struct obs *o;
	for (size_t i = flow_view_first(v, peer); (o = flow_to(v, i, peer)); i++)
		if (!o->flow->udp && same_port(&o->flow->server, peer) &&
		    same_port(&o->flow->client, local))
			return o;
	return NULL;
}

enum captured why_captured(
    const struct judging *j, const struct obs *attempt, const struct obs **ret)
{
	const struct flow_view *v = &j->facts->flows;
	const struct obs_tcp *t = &attempt->tcp;

	*ret = NULL;
	if (!is_whole(v) || t->local.port == 0)
		return CAPTURED_UNKNOWN;
	const struct obs *o = flow_of(v, &t->local, &t->peer);
	*ret = o ? o : v->capture;
	if (!o || o->flow->of_client.packets == 0)
		return CAPTURED_NONE;
	const struct obs_flow *f = o->flow;
	/* A reset of ours shows that the answer got through, when nobody waited any
	 * more for it. */
	bool late = f->reset.present && !f->reset.by_server;
	if (f->of_server.syns > 0 && !f->wrong_ack && !f->stray_ack && !late)
		return CAPTURED_CAME;
	return f->of_server.packets == 0 && !f->reset.present && !f->icmp.present
		   ? CAPTURED_LEFT
		   : CAPTURED_OTHER;
}

const struct obs *why_captured_leaving(
    const struct judging *j, const struct addr *address)
{
	const struct flow_view *v = &j->facts->flows;
	const struct obs *o;
	for (size_t i = flow_view_first(v, address); (o = flow_to(v, i, address)); i++)
		if (o->flow->of_client.packets > 0)
			return o;
	return NULL;
}

/*
 * Something came behind the reset and shows that its sender has what the reset answers.
 * A server that asks for it still, since it never arrived, shows the contrary.
 */
static bool is_answered_late(const struct obs_flow *f)
{
	return f->reset.packets_after > 0 &&
	       (f->reset.syn_ack_after || f->of_server.bytes > 0 ||
		   f->of_client.unacked == 0);
}

struct captured_resets why_captured_resets(
    const struct judging *j, const struct addr *peer)
{
	const struct flow_view *v = &j->facts->flows;
	struct captured_resets r = { .flows = 0 };
	const struct obs *o;
	for (size_t i = flow_view_first(v, peer);
	     is_whole(v) && (o = flow_to(v, i, peer)); i++) {
		const struct flow_reset *reset = &o->flow->reset;
		if (!reset->present || !reset->by_server ||
		    o->flow->server.port != peer->port ||
		    o->flow->of_client.packets == 0)
			continue;
		r.flows++;
		r.syn_ack_after += reset->syn_ack_after;
		if (!is_answered_late(o->flow))
			continue;
		r.others_after++;
		if (!r.first)
			r.first = o;
		else if (!r.second)
			r.second = o;
	}
	return r;
}

struct captured_flows why_captured_flows(const struct judging *j,
    const struct addr *peer, bool (*fits)(const struct obs_flow *f))
{
	const struct flow_view *v = &j->facts->flows;
	struct captured_flows c = { .n = 0 };
	const struct obs *o;

	for (size_t i = flow_view_first(v, peer);
	     is_whole(v) && c.n < CAPTURED_FLOWS_MAX && (o = flow_to(v, i, peer)); i++)
		if (!o->flow->udp && o->flow->server.port == peer->port &&
		    fits(o->flow))
			c.items[c.n++] = o;
	c.first = c.items[0];
	c.second = c.items[1];
	return c;
}

/* A copy of an answer has its content, and other content of one sender its TTL. */
static bool is_forgery(const struct obs_flow *f, const struct addr *server)
{
	const struct flow_dns *d = &f->dns;

	return d->present && d->queries == 1 && d->differing && d->ttl_first &&
	       d->ttl_other && d->ttl_first != d->ttl_other &&
	       f->server.port == server->port;
}

static void add_forgery(
    struct captured_forgeries *c, const struct obs *o, const char *name)
{
	bool here = o->flow->name && text_equal_nocase(o->flow->name, name);

	c->n++;
	c->of_name += here;
	if (!c->first || (here && c->of_name == 1)) {
		c->second = c->first;
		c->first = o;
	} else if (!c->second || (here && c->of_name == 2)) {
		c->second = o;
	}
}

struct captured_forgeries why_captured_forgeries(
    const struct judging *j, const struct addr *server, const char *name)
{
	const struct flow_view *v = &j->facts->flows;
	struct captured_forgeries c = { .n = 0 };
	const struct obs *o;

	for (size_t i = flow_view_first(v, server);
	     is_whole(v) && (o = flow_to(v, i, server)) && o->flow->dns.differing; i++)
		if (is_forgery(o->flow, server))
			add_forgery(&c, o, name);
	return c;
}
