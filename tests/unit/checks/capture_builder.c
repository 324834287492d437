/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>

#include "tests/unit/checks/capture_builder.h"

#define MS NSEC_PER_MSEC

void capture_begin(struct capture *c)
{
	memset(c, 0, sizeof *c);
	arena_init(&c->arena, (size_t)64 << 20);
	c->book = flow_book_new(NULL, &c->arena);
	c->whole = (struct obs_capture){
		.source = "test", .two_way = 1, .syn_fresh = 9, .syn_ack_aged = 9
	};
}

void capture_judge(struct capture *c)
{
	flow_book_finish(c->book, &c->whole, 0, NSEC_PER_SEC, &c->plan, &c->log);
	judge_run(&c->plan, &c->log, &c->arena, &c->verdicts);
}

const struct verdict *capture_verdict(const struct capture *c, const char *id)
{
	for (size_t i = 0; i < c->plan.probe.n_targets; i++)
		if (strcmp(c->plan.probe.targets[i].id, id) == 0)
			return &c->verdicts.items[i];
	fail_msg("no check \"%s\"", id);
	return NULL;
}

/* An open connection with a ClientHello that was acknowledged; 20 ms, TTL 62. */
struct obs_flow flow_opened(const char *name, const char *server)
{
	struct obs_flow f = { .name = name,
		.name_source = name ? FLOW_NAME_SNI : FLOW_NAME_NONE,
		.syn_ack = 20 * MS,
		.ack = MS,
		.left = 10 * NSEC_PER_SEC,
		.alike = 1,
		.dns = { .rcode = -1 },
		.tls = { .present = true, .alert = -1 },
		.of_client = { .present = true,
		    .packets = 3,
		    .syns = 1,
		    .bytes = 500,
		    .ttl = 64,
		    .ttl_low = 64,
		    .ttl_high = 64 },
		.of_server = { .present = true,
		    .packets = 2,
		    .syns = 1,
		    .ttl = 62,
		    .ttl_low = 62,
		    .ttl_high = 62 } };
	addr_parse_port("10.1.0.4:40000", &f.client);
	addr_parse_port(server, &f.server);
	return f;
}

struct obs_flow flow_healthy(const char *name, const char *server)
{
	struct obs_flow f = flow_opened(name, server);
	f.of_server.bytes = 4000;
	f.of_server.acks = f.of_client.acks = true;
	f.tls.data = f.tls.server_hello = true;
	return f;
}

struct obs_flow flow_was_reset(uint8_t ttl, nsec_t after)
{
	struct obs_flow f = flow_opened("bad.example.net", "10.9.0.1:443");
	f.reset = (struct flow_reset){ .present = true,
		.by_server = true,
		.pending = true,
		.seq_fits = true,
		.ttl = ttl,
		.after = after,
		.count = 1 };
	f.of_client.unacked = 500;
	return f;
}
