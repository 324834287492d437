/* SPDX-License-Identifier: MIT */
#include "checks/facts/flow_view.h"

#include <stdlib.h>
#include <string.h>

#include "checks/flow/flow_fate.h"
#include "probe/base/vec.h"

void flow_view_add(struct flow_view *v, const struct obs *o, struct arena *arena)
{
	if (o->kind == OBS_CAPTURE)
		v->capture = o;
	if (o->kind != OBS_FLOW)
		return;
	v->flows = vec_grow(arena, v->flows, v->n_flows, &v->cap, sizeof *v->flows);
	v->flows[v->n_flows++] = o;
}

static int by_address(const struct addr *a, const struct addr *b)
{
	int c = (a->family > b->family) - (a->family < b->family);
	return c ? c : memcmp(a->ip, b->ip, sizeof a->ip);
}

static int by_server(const void *x, const void *y)
{
	const struct obs *a = *(const struct obs *const *)x;
	const struct obs *b = *(const struct obs *const *)y;
	int c = by_address(&a->flow->server, &b->flow->server);
	if (!c)
		c = b->flow->dns.differing - a->flow->dns.differing;
	return c ? c : (a->id > b->id) - (a->id < b->id);
}

/*
 * A packet has the TTL that its sender chose only near to it. When both have, client
 * and server are neighbours and either place tells the same; Linux may have said whose
 * packets went out, too.
 */
static enum capture_place place_of(const struct flow_view *v)
{
	const struct obs_capture *c = v->capture->capture;
	bool client = c->syn_fresh > 0 && c->syn_fresh >= 9 * c->syn_aged;
	bool server = c->syn_ack_fresh > 0 && c->syn_ack_fresh >= 9 * c->syn_ack_aged;
	bool not_client = c->syn_aged > 0 && c->syn_aged >= 9 * c->syn_fresh;
	bool not_server =
	    c->syn_ack_aged > 0 && c->syn_ack_aged >= 9 * c->syn_ack_fresh;
	for (size_t i = 0; i < v->n_flows; i++)
		if (v->flows[i]->flow->client_local)
			return PLACE_CLIENT;
	if (client)
		return PLACE_CLIENT;
	if (server && not_client)
		return PLACE_SERVER;
	return not_client && not_server ? PLACE_MIDDLE : PLACE_UNKNOWN;
}

void flow_view_sort(struct flow_view *v)
{
	if (v->n_flows > 1)
		qsort(v->flows, v->n_flows, sizeof *v->flows, by_server);
	if (!v->capture)
		return;
	const struct obs_capture *c = v->capture->capture;
	v->place = place_of(v);
	v->one_way = c->one_way > 0 && c->two_way == 0;
	v->lossy = c->dropped > 0 || c->cut > 0 || c->stopped;
}

size_t flow_view_first(const struct flow_view *v, const struct addr *server)
{
	size_t low = 0, high = v->n_flows;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (by_address(&v->flows[mid]->flow->server, server) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const struct obs *at(
    const struct flow_view *v, size_t i, const struct addr *server)
{
	return i < v->n_flows && addr_same_ip(&v->flows[i]->flow->server, server)
		   ? v->flows[i]
		   : NULL;
}

/* alike is 0 where flows are not counted together. */
static uint32_t times(const struct obs_flow *f)
{
	return f->alike > 0 ? f->alike : 1;
}

const struct obs *flow_view_other_port(
    const struct flow_view *v, const struct addr *server)
{
	const struct obs *o;
	for (size_t i = flow_view_first(v, server); (o = at(v, i, server)); i++)
		if (!o->flow->udp && o->flow->server.port != server->port &&
		    o->flow->of_server.syns > 0)
			return o;
	return NULL;
}

const struct obs *flow_view_other_name(
    const struct flow_view *v, const struct addr *server, const char *name)
{
	const struct obs *o;
	for (size_t i = flow_view_first(v, server); (o = at(v, i, server)); i++)
		if (!o->flow->udp && o->flow->server.port == server->port &&
		    o->flow->name && strcmp(o->flow->name, name) != 0 &&
		    (o->flow->tls.present || o->flow->http.present) &&
		    flow_fate(o->flow) == FATE_FINE)
			return o;
	return NULL;
}

const struct obs *flow_view_accepted(
    const struct flow_view *v, const struct addr *server)
{
	const struct obs *o;
	for (size_t i = flow_view_first(v, server); (o = at(v, i, server)); i++)
		if (!o->flow->udp && o->flow->server.port == server->port &&
		    o->flow->of_server.syns > 0 && !o->flow->wrong_ack)
			return o;
	return NULL;
}

uint64_t flow_view_strayed(const struct flow_view *v, const struct addr *server)
{
	const struct obs *o;
	uint64_t n = 0;
	for (size_t i = flow_view_first(v, server); (o = at(v, i, server)); i++)
		if (o->flow->server.port == server->port &&
		    (o->flow->stray_ack || o->flow->wrong_ack))
			n += times(o->flow);
	return n;
}

nsec_t flow_view_rtt(const struct flow_view *v, const struct addr *server)
{
	const struct obs *o;
	nsec_t best = 0;
	uint64_t seen = 0;
	for (size_t i = flow_view_first(v, server); (o = at(v, i, server)); i++) {
		nsec_t rtt = o->flow->udp ? 0 : o->flow->syn_ack;
		if (rtt > 0)
			seen += times(o->flow);
		if (rtt > 0 && (best == 0 || rtt < best))
			best = rtt;
	}
	return seen > 1 ? best : 0;
}

const struct obs *flow_view_answered(
    const struct flow_view *v, const struct addr *server)
{
	const struct obs *o;
	for (size_t i = flow_view_first(v, server); (o = at(v, i, server)); i++)
		if (o->flow->dns.present && o->flow->dns.answers > 0)
			return o;
	return NULL;
}

const char *capture_place_name(enum capture_place place)
{
	static const char *const names[] = { [PLACE_UNKNOWN] = "unknown",
		[PLACE_CLIENT] = "client",
		[PLACE_SERVER] = "server",
		[PLACE_MIDDLE] = "middle" };
	return names[place];
}

const char *capture_place_words(enum capture_place place)
{
	switch (place) {
	case PLACE_CLIENT:
		return "on the client's side";
	case PLACE_SERVER:
		return "on the server's side";
	case PLACE_MIDDLE:
		return "between client and server";
	case PLACE_UNKNOWN:
		break;
	}
	return "at a place that its TTLs do not tell";
}
