/* SPDX-License-Identifier: MIT */
#include "probe/capture/flow_owner.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "probe/base/arena.h"
#include "probe/base/vec.h"

struct attempt {
	struct addr local, peer;
	int target;
};

struct question {
	const char *name;
	struct addr server;
	int target;
	bool follow_up;
};

struct flow_owners {
	const struct plan *plan;
	struct attempt *attempts;   /* by peer */
	struct question *questions; /* by name */
	size_t n_attempts, n_questions;
};

static int by_ip(const struct addr *a, const struct addr *b)
{
	int c = (a->family > b->family) - (a->family < b->family);
	return c ? c : memcmp(a->ip, b->ip, sizeof a->ip);
}

static int by_peer(const void *x, const void *y)
{
	const struct attempt *a = x, *b = y;
	int c = by_ip(&a->peer, &b->peer);
	return c ? c : (a->target > b->target) - (a->target < b->target);
}

static int by_name(const void *x, const void *y)
{
	const struct question *a = x, *b = y;
	int c = strcasecmp(a->name, b->name);
	if (!c)
		c = (a->follow_up > b->follow_up) - (a->follow_up < b->follow_up);
	return c ? c : (a->target > b->target) - (a->target < b->target);
}

static void read_log(
    struct flow_owners *o, const struct obslog *log, struct arena *arena)
{
	size_t attempts_cap = 0, questions_cap = 0;
	for (size_t i = 0; i < log->n_items; i++) {
		const struct obs *obs = log->items[i];
		if (obs->kind == OBS_TCP) {
			o->attempts = vec_grow(arena, o->attempts, o->n_attempts,
			    &attempts_cap, sizeof *o->attempts);
			o->attempts[o->n_attempts++] = (struct attempt){ obs->tcp.local,
				obs->tcp.peer, obs->target };
		}
		bool variant = obs->kind == OBS_DNS_VARIANT;
		if (obs->target < 0 || (obs->kind != OBS_DNS && !variant))
			continue;
		o->questions = vec_grow(arena, o->questions, o->n_questions,
		    &questions_cap, sizeof *o->questions);
		o->questions[o->n_questions++] =
		    (struct question){ variant ? obs->dns_variant.name : obs->dns.name,
			    variant ? obs->dns_variant.peer : obs->dns.server,
			    obs->target, variant };
	}
}

struct flow_owners *flow_owners_new(
    const struct plan *plan, const struct obslog *log, struct arena *arena)
{
	struct flow_owners *o = arena_alloc(arena, sizeof *o);
	*o = (struct flow_owners){ .plan = plan };
	read_log(o, log, arena);
	if (o->n_attempts > 1)
		qsort(o->attempts, o->n_attempts, sizeof *o->attempts, by_peer);
	if (o->n_questions > 1)
		qsort(o->questions, o->n_questions, sizeof *o->questions, by_name);
	return o;
}

static size_t first_attempt(const struct flow_owners *o, const struct addr *peer)
{
	size_t low = 0, high = o->n_attempts;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (by_ip(&o->attempts[mid].peer, peer) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* How well a check of this peer fits a flow of nobody's attempt; 0 = not at all. */
static int fit(
    const struct flow_owners *o, const struct attempt *a, const struct obs_flow *f)
{
	const char *host = o->plan->targets[a->target].host;
	bool port = a->peer.port == f->server.port;
	bool name = f->name && strcasecmp(f->name, host) == 0;
	return 1 + (port ? 2 : 0) + (name ? 1 : 0);
}

static int owner_of_stream(const struct flow_owners *o, struct obs_flow *f)
{
	int best = 0, target = OBS_NO_TARGET;
	for (size_t i = first_attempt(o, &f->server); i < o->n_attempts; i++) {
		const struct attempt *a = &o->attempts[i];
		if (!addr_same_ip(&a->peer, &f->server))
			break;
		if (a->peer.port == f->server.port && a->local.port == f->client.port &&
		    addr_same_ip(&a->local, &f->client)) {
			f->follow_up = false;
			return a->target;
		}
		int score = fit(o, a, f);
		if (score > best) {
			best = score;
			target = a->target;
		}
	}
	f->follow_up = true;
	return target;
}

static int owner_of_question(const struct flow_owners *o, struct obs_flow *f)
{
	size_t low = 0, high = o->n_questions;
	while (f->name && low < high) {
		size_t mid = low + (high - low) / 2;
		if (strcasecmp(o->questions[mid].name, f->name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (size_t i = low; f->name && i < o->n_questions; i++) {
		const struct question *q = &o->questions[i];
		if (strcasecmp(q->name, f->name) != 0)
			break;
		if (!addr_same_ip(&q->server, &f->server))
			continue;
		f->follow_up = q->follow_up;
		return q->target;
	}
	return OBS_NO_TARGET;
}

int flow_owner(const struct flow_owners *o, struct obs_flow *f)
{
	return f->dns.present ? owner_of_question(o, f) : owner_of_stream(o, f);
}
