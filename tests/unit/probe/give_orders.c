/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/parse.h"
#include "probe/forensics/counters.h"
#include "probe/forensics/forensics.h"
#include "probe/model/obs_fields.h"
#include "probe/model/obs_json.h"
#include "probe/model/obslog.h"

/*
 * Carries out orders and prints their observations as JSON, with what the kernel
 * counted meanwhile at the end:
 *
 *	give_orders [lacking=MEANS] KIND,peer=ADDR:PORT[,KEY=VALUE]... ...
 *
 * All orders run at once. A means that is "lacking" is treated as one that this
 * kernel does not have.
 */

struct session {
	struct arena arena;
	struct loop *loop;
	struct plan plan;
	struct forensics forensics;
	struct obslog log;
	nsec_t start;
	int n_open;
};

static void fail(const char *what)
{
	fprintf(stderr, "give_orders: %s\n", what);
	exit(2);
}

static void on_done(void *arg, struct obs *obs, unsigned packets)
{
	struct session *s = arg;
	(void)packets;
	obs->target = OBS_NO_TARGET;
	obs->begin -= s->start;
	obs->end -= s->start;
	obslog_append(&s->log, obs);
	if (--s->n_open == 0)
		loop_end(s->loop);
}

static enum order_kind kind_of(const char *word)
{
	for (unsigned i = 0; i < N_ORDER_KINDS; i++) {
		enum obs_kind kind = order_obs_kind((enum order_kind)i);
		if (strcmp(obs_kind_shape(kind)->name, word) == 0)
			return (enum order_kind)i;
	}
	fail("no such kind of order");
	return 0;
}

static unsigned number(const char *text)
{
	uint64_t n;
	if (!parse_uint(text, 1 << 20, &n))
		fail("not a number");
	return (unsigned)n;
}

static void set_member(struct order *o, const char *key, const char *value)
{
	if (strcmp(key, "peer") == 0) {
		if (!addr_parse_port(value, &o->peer))
			fail("not an address with a port");
	} else if (strcmp(key, "name") == 0) {
		o->name = value;
	} else if (strcmp(key, "split_name") == 0) {
		o->split_name = true;
	} else if (strcmp(key, "padded") == 0) {
		o->padded = true;
	} else if (strcmp(key, "max_seg") == 0) {
		o->max_seg = number(value);
	} else if (strcmp(key, "n_ports") == 0) {
		o->n_ports = number(value);
	} else if (strcmp(key, "rounds") == 0) {
		o->rounds = number(value);
	} else {
		fail("no such member");
	}
}

static struct order parse_order(char *text)
{
	char *rest = NULL, *word = strtok_r(text, ",", &rest);
	struct order o = { .kind = kind_of(word ? word : "") };
	while ((word = strtok_r(NULL, ",", &rest))) {
		char *value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		set_member(&o, word, value ? value : "");
	}
	if (!o.peer.port)
		fail("no peer");
	return o;
}

static void lack(struct obs_capabilities *can, const char *means)
{
	if (strcmp(means, "min_ttl") == 0)
		can->min_ttl = can->min_hop_count = false;
	else if (strcmp(means, "syn_icmp") == 0)
		can->syn_icmp = false;
	else if (strcmp(means, "max_seg") == 0)
		can->max_seg = false;
	else if (strcmp(means, "route") == 0)
		can->route = false;
	else
		fail("no such means");
}

static void begin(struct session *s)
{
	enum {
		MEMORY = 64 << 20
	};

	arena_init(&s->arena, MEMORY);
	obslog_init(&s->log, &s->arena, 0);
	s->plan.connect_timeout = 3 * NSEC_PER_SEC;
	s->loop = loop_new();
	if (!s->loop)
		fail("no event loop");
	forensics_init(&s->forensics, s->loop, &s->plan, &s->arena);
	s->start = nsec_now();
}

static void append_counters(struct session *s, const struct counter_set *before)
{
	struct obs o = { .kind = OBS_COUNTERS,
		.target = OBS_NO_TARGET,
		.end = nsec_now() - s->start };
	struct counter_set after;
	counters_read(&after);
	counters_compare(before, &after, &s->arena, &o.counters);
	counters_read_conntrack(&o.counters);
	obslog_append(&s->log, &o);
}

static void print(const struct session *s)
{
	json_t *list = json_array();
	for (size_t i = 0; i < s->log.n_items; i++)
		json_array_append_new(list, obs_to_json(s->log.items[i], &s->plan));
	json_dumpf(list, stdout, JSON_INDENT(1));
	json_decref(list);
}

int main(int argc, char **argv)
{
	struct session s = { .n_open = 0 };
	struct counter_set before;

	begin(&s);
	counters_read(&before);
	for (int i = 1; i < argc; i++) {
		static const char lacking[] = "lacking=";
		if (strncmp(argv[i], lacking, sizeof lacking - 1) == 0) {
			lack(&s.forensics.can, argv[i] + sizeof lacking - 1);
			continue;
		}
		struct order o = parse_order(argv[i]);
		if (!job_start(&s.forensics, &o, on_done, &s))
			fail("no memory");
		s.n_open++;
	}
	if (s.n_open)
		loop_run(s.loop);
	append_counters(&s, &before);
	print(&s);
	forensics_deinit(&s.forensics);
	loop_free(s.loop);
	arena_deinit(&s.arena);
	return 0;
}
