/* SPDX-License-Identifier: MIT */
#include "checks/flow/flow_book.h"

#include <stdlib.h>
#include <string.h>

#include "checks/flow/flow_endpoint.h"
#include "checks/flow/flow_names.h"
#include "checks/judge/finding.h"
#include "probe/base/arena.h"

enum {
	SLOTS = 8192, /* a power of two, well above all endpoints that are kept */
	SCRATCH = 1 << 20,
};

static const nsec_t LONGEST = (nsec_t)9 * 24 * 3600 * NSEC_PER_SEC;

struct flow_book {
	struct arena *arena;
	const struct catalogue *catalogue;
	struct flow_endpoint **items;
	size_t n_items, n_failing;
	uint32_t slots[SLOTS]; /* index + 1 */
	uint64_t left_out;
};

struct flow_book *flow_book_new(const struct catalogue *catalogue, struct arena *arena)
{
	struct flow_book *b = arena_alloc(arena, sizeof *b);
	b->arena = arena;
	b->catalogue = catalogue;
	b->items = arena_array(
	    arena, FLOW_BOOK_FAILING + FLOW_BOOK_FINE, sizeof(struct flow_endpoint *));
	return b;
}

/* --- Endpoints ---------------------------------------------------------------------
 */

static uint32_t add_bytes(uint32_t hash, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 16777619U; /* FNV-1a */
	return hash;
}

static uint32_t hash_of(const struct obs_flow *f)
{
	uint32_t hash = add_bytes(2166136261U, &f->server.port, sizeof f->server.port);
	return f->name ? add_bytes(hash, f->name, strlen(f->name))
		       : add_bytes(hash, f->server.ip, sizeof f->server.ip);
}

/* All servers of a name are one endpoint, as they are one check. */
static bool is_for(const struct flow_endpoint *e, const struct obs_flow *f)
{
	if (e->dns != f->dns.present || e->follow_up != f->follow_up ||
	    !e->name != !f->name || e->server.port != f->server.port)
		return false;
	/* Follow-up probes try the names of others: there the address matters, too. */
	if (e->name && strcmp(e->name, f->name) != 0)
		return false;
	return (e->name && !e->follow_up) || addr_same_ip(&e->server, &f->server);
}

static uint32_t slot_of(const struct flow_book *b, const struct obs_flow *f)
{
	uint32_t i = hash_of(f) & (SLOTS - 1);
	while (b->slots[i] && !is_for(b->items[b->slots[i] - 1], f))
		i = (i + 1) & (SLOTS - 1);
	return i;
}

static bool has_room(const struct flow_book *b, bool failing)
{
	return failing ? b->n_failing < FLOW_BOOK_FAILING
		       : b->n_items - b->n_failing < FLOW_BOOK_FINE;
}

static struct flow_endpoint *endpoint_for(
    struct flow_book *b, const struct obs_flow *f, bool failing)
{
	uint32_t slot = slot_of(b, f);
	if (b->slots[slot])
		return b->items[b->slots[slot] - 1];
	if (!has_room(b, failing))
		return NULL;
	struct flow_endpoint *e = arena_alloc(b->arena, sizeof *e);
	*e = (struct flow_endpoint){ .name = arena_strdup(b->arena, f->name),
		.server = f->server,
		.dns = f->dns.present,
		.follow_up = f->follow_up };
	b->items[b->n_items++] = e;
	b->slots[slot] = (uint32_t)b->n_items;
	return e;
}

/* --- Flows -------------------------------------------------------------------------
 */

/* Somebody who asks a host by its address has given it no name. */
static bool is_literal(const char *name)
{
	struct addr unused;
	size_t len = strlen(name);
	char inner[ADDR_TEXT_MAX];
	if (name[0] != '[' || len < 2 || len >= sizeof inner)
		return addr_parse(name, &unused);
	memcpy(inner, name + 1, len - 2);
	inner[len - 2] = '\0';
	return addr_parse(inner, &unused);
}

void flow_book_add(struct flow_book *b, const struct obs_flow *flow, int64_t begin)
{
	struct obs_flow nameless;
	const struct obs_flow *f = flow;
	enum flow_fate fate = flow_fate(f);
	bool failing = flow_fate_is_failure(fate);
	if (flow->name && !flow->dns.present && is_literal(flow->name)) {
		nameless = *flow;
		nameless.name = NULL;
		f = &nameless;
	}
	struct flow_endpoint *e = endpoint_for(b, f, failing);
	if (!e) {
		b->left_out++;
		return;
	}
	if (failing && !e->failing) {
		e->failing = true;
		b->n_failing++;
	}
	e->tls = e->tls || f->tls.present;
	e->http = e->http || f->http.present;
	if (!flow_endpoint_keep(e, fate, f, begin, b->arena))
		b->left_out++;
}

/* --- Checks ------------------------------------------------------------------------
 */

static const char *host_text(struct arena *arena, const struct flow_endpoint *e)
{
	if (e->name)
		return e->name;
	const char *text = addr_words(arena, &e->server);
	return e->server.family == AF_INET6 ? arena_printf(arena, "[%s]", text) : text;
}

/* Ports that are known to speak TLS are told so, also when nobody got that far. */
static const char *text_of(struct arena *arena, const struct flow_endpoint *e)
{
	unsigned port = e->server.port;
	bool https = e->tls || (port == 443 && !e->http);
	bool http = e->http || port == 80;
	const char *host = host_text(arena, e);
	if (e->dns)
		return arena_printf(arena, "dns:%s", host);
	if (!https && !http)
		return arena_printf(arena, "tcp://%s:%u", host, port);
	if (port == (https ? 443 : 80))
		return arena_printf(arena, "%s://%s/", https ? "https" : "http", host);
	return arena_printf(arena, "%s://%s:%u/", https ? "https" : "http", host, port);
}

static size_t rank_of(const struct flow_book *b, const struct flow_endpoint *e)
{
	return e->entry ? (size_t)(e->entry - b->catalogue->entries) : SIZE_MAX;
}

struct ranked {
	struct flow_endpoint *e;
	size_t rank, order;
	bool follow_up;
};

static int by_rank(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;
	int c = a->follow_up - b->follow_up;
	if (!c)
		c = (a->rank > b->rank) - (a->rank < b->rank);
	return c ? c : (a->order > b->order) - (a->order < b->order);
}

/* Checks in catalogue order, then as they were first seen; last the follow-ups. */
static struct ranked *rank(struct flow_book *b)
{
	struct ranked *items = arena_array(b->arena, b->n_items + 1, sizeof *items);
	struct arena scratch;
	arena_init(&scratch, (size_t)SCRATCH << 8);
	for (size_t i = 0; i < b->n_items; i++) {
		struct flow_endpoint *e = b->items[i];
		if (e->name && !e->dns)
			e->entry = flow_names_entry(
			    b->catalogue, e->name, e->server.port, &scratch);
		if (!e->dns && !e->entry)
			e->entry = flow_names_platform(b->catalogue, &e->server);
		e->text = text_of(b->arena, e);
		items[i] = (struct ranked){ e, rank_of(b, e), i, e->follow_up };
		arena_deinit(&scratch);
		arena_init(&scratch, (size_t)SCRATCH << 8);
	}
	arena_deinit(&scratch);
	qsort(items, b->n_items, sizeof *items, by_rank);
	return items;
}

static void add_flows(struct obslog *log, const struct flow_endpoint *e, int target)
{
	for (size_t i = 0; i < e->n_kept; i++) {
		const struct kept_flow *k = e->kept[i];
		nsec_t begin = k->begin - log->started_wall;
		begin = begin < 0 ? 0 : begin > LONGEST ? LONGEST : begin;
		obslog_append(log, &(struct obs){ .target = target,
				       .stage = e->dns ? STAGE_DNS : STAGE_TCP,
				       .kind = OBS_FLOW,
				       .begin = begin,
				       .end = begin + flow_duration(&k->flow),
				       .flow = &k->flow });
	}
}

void flow_book_finish(struct flow_book *b, const struct obs_capture *capture,
    int64_t started_wall, nsec_t duration, struct check_plan *ret_plan,
    struct obslog *ret_log)
{
	size_t n = flow_endpoints_join(b->items, b->n_items, b->arena);
	b->n_items = n;
	struct target *targets = arena_array(b->arena, n + 1, sizeof *targets);
	struct check *checks = arena_array(b->arena, n + 1, sizeof *checks);
	struct ranked *ranked = rank(b);
	struct obs_capture *whole = arena_memdup(b->arena, capture, sizeof *capture);
	whole->left_out = b->left_out;
	obslog_init(ret_log, b->arena, n);
	ret_log->started_wall = started_wall;
	ret_log->duration = duration > LONGEST ? LONGEST : duration;
	obslog_append(ret_log, &(struct obs){ .target = OBS_NO_TARGET,
				   .stage = STAGE_HOST,
				   .kind = OBS_CAPTURE,
				   .end = ret_log->duration,
				   .capture = whole });
	/* Follow-up probes are compared with, and are no checks. */
	size_t n_checks = 0;
	for (size_t i = 0; i < n; i++)
		n_checks += !ranked[i].e->follow_up;
	for (size_t i = 0; i < n; i++) {
		const struct flow_endpoint *e = ranked[i].e;
		if (e->follow_up) {
			add_flows(ret_log, e, OBS_NO_TARGET);
			continue;
		}
		bool again = i > 0 && e->entry && ranked[i - 1].e->entry == e->entry;
		const char *id = !e->entry ? e->text
				 : again ? arena_printf(b->arena, "%s:%s", e->entry->id,
					       host_text(b->arena, e))
					 : e->entry->id;
		flow_names_check(
		    id, e->text, e->entry, b->arena, &targets[i], &checks[i]);
		add_flows(ret_log, e, (int)i);
	}
	*ret_plan =
	    (struct check_plan){ .probe = { .targets = targets, .n_targets = n_checks },
		    .checks = checks,
		    .catalogue = b->catalogue };
}
