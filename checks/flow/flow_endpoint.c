/* SPDX-License-Identifier: MIT */
#include "checks/flow/flow_endpoint.h"

#include <stdlib.h>
#include <string.h>

#include "checks/flow/flow_reset.h"
#include "probe/base/arena.h"

/* --- What is kept ------------------------------------------------------------------
 */

static void copy_texts(
    struct kept_flow *k, const struct flow_endpoint *e, struct arena *arena)
{
	k->flow.name = e->name;
	k->flow.tls.alpn = arena_strdup(arena, k->flow.tls.alpn);
	k->flow.tls.certificate = arena_strdup(arena, k->flow.tls.certificate);
	k->flow.http.request = arena_strdup(arena, k->flow.http.request);
}

/* Healthy flows are compared with: the quickest knows the path best. */
static bool is_better(const struct obs_flow *new, const struct kept_flow *old)
{
	return old->fate == FATE_FINE && new->syn_ack > 0 &&
	       (old->flow.syn_ack == 0 || new->syn_ack < old->flow.syn_ack);
}

static uint32_t sum(uint32_t a, uint32_t b)
{
	return a + b < a ? UINT32_MAX : a + b;
}

static void remember_server(struct flow_endpoint *e, const struct addr *server)
{
	for (size_t i = 0; i < e->n_servers; i++)
		if (addr_same_ip(&e->servers[i], server))
			return;
	if (e->n_servers < FLOW_ENDPOINT_SERVERS)
		e->servers[e->n_servers++] = *server;
}

bool flow_endpoint_keep(struct flow_endpoint *e, enum flow_fate fate,
    const struct obs_flow *f, int64_t begin, struct arena *arena)
{
	/* Of healthy flows it matters only whether somebody tried to end them. */
	unsigned survived = flow_reset_survived(f);
	unsigned variant = flow_fate_is_failure(fate) ? flow_variant(f) : survived;
	remember_server(e, &f->server);
	for (size_t i = 0; i < e->n_kept; i++) {
		struct kept_flow *k = e->kept[i];
		if (k->fate != fate || k->variant != variant)
			continue;
		uint32_t alike = sum(k->flow.alike, f->alike);
		if (is_better(f, k)) {
			k->flow = *f;
			k->begin = begin;
			copy_texts(k, e, arena);
		}
		k->flow.alike = alike;
		return true;
	}
	if (e->n_kept == FLOW_BOOK_VARIANTS)
		return false;
	struct kept_flow *k = arena_alloc(arena, sizeof *k);
	*k = (struct kept_flow){ fate, variant, begin, *f };
	copy_texts(k, e, arena);
	e->kept[e->n_kept++] = k;
	return true;
}

/* --- Flows without a name -----------------------------------------------------------
 */

struct place {
	const struct addr *server;
	struct flow_endpoint *e; /* NULL: of more than one name */
};

static int by_place(const void *x, const void *y)
{
	const struct place *a = x, *b = y;
	int c = a->server->family - b->server->family;
	if (!c)
		c = memcmp(a->server->ip, b->server->ip, sizeof a->server->ip);
	return c ? c : a->server->port - b->server->port;
}

/* The places of named endpoints, each once. */
static size_t list_places(
    struct flow_endpoint **items, size_t n, struct place *ret_places)
{
	size_t all = 0, once = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t s = 0; s < items[i]->n_servers; s++)
			if (items[i]->name && !items[i]->dns && !items[i]->follow_up)
				ret_places[all++] =
				    (struct place){ &items[i]->servers[s], items[i] };
	if (all > 0)
		qsort(ret_places, all, sizeof *ret_places, by_place);
	for (size_t i = 0; i < all; i++)
		if (once > 0 && by_place(&ret_places[once - 1], &ret_places[i]) == 0)
			ret_places[once - 1].e = NULL;
		else
			ret_places[once++] = ret_places[i];
	return once;
}

/* With all of its flows, or not at all. */
static bool join(
    struct flow_endpoint *to, const struct flow_endpoint *from, struct arena *arena)
{
	if (to->n_kept + from->n_kept > FLOW_BOOK_VARIANTS)
		return false;
	for (size_t i = 0; i < from->n_kept; i++) {
		const struct kept_flow *k = from->kept[i];
		flow_endpoint_keep(to, k->fate, &k->flow, k->begin, arena);
	}
	return true;
}

size_t flow_endpoints_join(struct flow_endpoint **items, size_t n, struct arena *arena)
{
	struct place *places =
	    arena_array(arena, n * FLOW_ENDPOINT_SERVERS + 1, sizeof *places);
	size_t n_places = list_places(items, n, places), left = 0;
	for (size_t i = 0; i < n; i++) {
		struct flow_endpoint *e = items[i];
		const struct place key = { &e->server, NULL }, *place = NULL;
		if (!e->name && !e->dns && !e->follow_up && n_places > 0)
			place =
			    bsearch(&key, places, n_places, sizeof *places, by_place);
		if (!place || !place->e || !join(place->e, e, arena))
			items[left++] = e;
	}
	return left;
}
