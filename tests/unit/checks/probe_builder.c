/* SPDX-License-Identifier: MIT */
#include "tests/unit/checks/probe_builder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

static void set_answer(struct run *r, struct ttl_step *s, char letter)
{
	switch (letter) {
	case 'e':
		s->answer = TTL_EXCEEDED;
		s->icmp =
		    icmp_from(arena_printf(&r->arena, "100.64.0.%u", s->ttl), 11, 0);
		break;
	case 'c':
		s->answer = TTL_CONNECTED;
		break;
	case 'r':
		s->answer = TTL_REFUSED;
		break;
	case '.':
		s->answer = TTL_SILENT;
		break;
	default:
		fail_msg("no such answer '%c'", letter);
	}
}

const struct obs *see_scan(struct run *r, int t, const char *peer, const char *answers)
{
	struct obs o = obs_of(r, t, OBS_TTL_SCAN, NSEC_PER_MSEC);
	size_t n = strlen(answers);
	struct ttl_step *steps = arena_array(&r->arena, n + 1, sizeof *steps);

	for (size_t i = 0; i < n; i++) {
		steps[i].ttl = (unsigned)i + 1;
		set_answer(r, &steps[i], answers[i]);
	}
	o.ttl_scan.peer = address(peer);
	o.ttl_scan.steps = steps;
	o.ttl_scan.n_steps = n;
	return see(r, o);
}

struct obs control(const struct run *r, int t, const char *peer,
    enum control_purpose purpose, char answer)
{
	struct obs o = obs_of(r, t, OBS_CONTROL_CONNECT, NSEC_PER_MSEC);
	struct obs_control_connect *c = &o.control_connect;

	c->peer = address(peer);
	c->purpose = purpose;
	c->outcome = answer == 'c'   ? TCP_CONNECTED
		     : answer == 'r' ? TCP_FAILED
				     : TCP_TIMEOUT;
	c->err = answer == 'r' ? ECONNREFUSED : 0;
	return o;
}

const struct obs *see_ports(
    struct run *r, int t, const char *peer, const char *const *rounds)
{
	struct obs o = obs_of(r, t, OBS_SOURCE_PORTS, NSEC_PER_MSEC);
	struct obs_source_ports *s = &o.source_ports;
	struct port_try *tries = arena_array(&r->arena, OBS_MAX_TRIES, sizeof *tries);

	for (unsigned round = 0; *rounds[round]; round++)
		for (size_t i = 0; rounds[round][i]; i++)
			tries[s->n_tries++] = (struct port_try){
				.port = (uint16_t)(40000 + i),
				.round = round + 1,
				.outcome = rounds[round][i] == 'c' ? TCP_CONNECTED
								   : TCP_TIMEOUT,
			};
	s->peer = address(peer);
	s->tries = tries;
	return see(r, o);
}

const struct obs *see_port_order(
    struct run *r, int t, const char *peer, const char *const *rounds)
{
	struct obs o = obs_of(r, t, OBS_SOURCE_PORTS, NSEC_PER_MSEC);
	struct obs_source_ports *s = &o.source_ports;
	struct port_try *tries = arena_array(&r->arena, OBS_MAX_TRIES, sizeof *tries);

	for (unsigned round = 0; *rounds[round]; round++)
		for (const char *c = rounds[round]; *c; c++)
			tries[s->n_tries++] = (struct port_try){
				.port = (uint16_t)(40000 + (*c | 32)),
				.round = round + 1,
				.outcome = *c & 32 ? TCP_CONNECTED : TCP_TIMEOUT,
			};
	s->peer = address(peer);
	s->tries = tries;
	return see(r, o);
}

struct obs reply_ttl(
    const struct run *r, int t, const char *peer, enum tcp_reply reply, unsigned ttl)
{
	struct obs o = obs_of(r, t, OBS_REPLY_TTL, NSEC_PER_MSEC);

	o.reply_ttl.peer = address(peer);
	o.reply_ttl.reply = reply;
	o.reply_ttl.ttl_low = o.reply_ttl.ttl_high = ttl;
	o.reply_ttl.confirmed = true;
	return o;
}

struct obs reset_test(
    struct run *r, int t, const char *peer, unsigned ttl, const char *flows)
{
	struct obs o = obs_of(r, t, OBS_RESET_TEST, NSEC_PER_MSEC);
	struct reset_flow *list = arena_array(&r->arena, OBS_MAX_FLOWS, sizeof *list);

	for (unsigned i = 0; i < OBS_MAX_FLOWS; i++) {
		list[i].min_ttl = i == 0 ? 0 : ttl + i - 1;
		list[i].outcome = flows[i] == 'r'   ? RESET_SEEN
				  : flows[i] == 'a' ? RESET_ANSWERED
						    : RESET_SILENT;
	}
	o.reset_test.peer = address(peer);
	o.reset_test.name = r->targets[t].host;
	o.reset_test.syn_ack_ttl = ttl;
	o.reset_test.flows = list;
	o.reset_test.n_flows = OBS_MAX_FLOWS;
	return o;
}

struct obs variant(const struct run *r, int t, const char *peer, const char *sni,
    enum tls_outcome outcome)
{
	struct obs o = obs_of(r, t, OBS_TLS_VARIANT, NSEC_PER_MSEC);

	o.tls_variant.peer = address(peer);
	o.tls_variant.sni = sni;
	o.tls_variant.connected = TCP_CONNECTED;
	o.tls_variant.outcome = outcome;
	o.tls_variant.alert = -1;
	return o;
}

const struct obs *see_route(struct run *r, int t, const char *peer, int err)
{
	struct obs o = obs_of(r, t, OBS_ROUTE, 0);

	o.route.peer = address(peer);
	o.route.err = err;
	if (err == 0)
		o.route.gateway = address("10.20.1.1");
	return see(r, o);
}

const struct obs *see_local_udp(struct run *r, int t, const char *peer, int err)
{
	struct obs o = obs_of(r, t, OBS_LOCAL_UDP, 0);

	o.local_udp.peer = address(peer);
	o.local_udp.sent = 1;
	o.local_udp.err = err;
	return see(r, o);
}

static struct dns_reply dns_reply(struct run *r, const char *name, char *word)
{
	struct dns_record *record = arena_alloc(&r->arena, sizeof *record);
	struct dns_reply reply = { .copy = 1, .after = NSEC_PER_MSEC };
	char *at = strchr(word, '@');

	if (strncmp(word, "2:", 2) == 0) {
		reply.copy = 2;
		word += 2;
	}
	assert_non_null(at);
	*at = '\0';
	reply.ttl = (uint8_t)strtoul(at + 1, NULL, 10);
	if (strcmp(word, "nx") == 0) {
		reply.rcode = 3;
	} else if (strcmp(word, "servfail") == 0) {
		reply.rcode = 2;
	} else {
		*record = (struct dns_record){
			.name = name, .type = DNS_TYPE_A, .address = address(word)
		};
		reply.records = record;
		reply.n_records = 1;
	}
	return reply;
}

struct obs dns_variant(
    struct run *r, int t, const char *server, struct dns_form form, const char *replies)
{
	struct obs o = obs_of(r, t, OBS_DNS_VARIANT, NSEC_PER_MSEC);
	struct dns_reply *list = arena_array(&r->arena, OBS_MAX_REPLIES, sizeof *list);
	char *rest = arena_strdup(&r->arena, replies), *word;

	form.type = DNS_TYPE_A;
	o.dns_variant.peer = address(server);
	o.dns_variant.peer.port = 53;
	o.dns_variant.name = r->targets[t].host;
	o.dns_variant.form = form;
	while ((word = strsep(&rest, " ")))
		if (*word)
			list[o.dns_variant.n_replies++] =
			    dns_reply(r, o.dns_variant.name, word);
	o.dns_variant.replies = list;
	o.dns_variant.outcome = o.dns_variant.n_replies ? DNS_ANSWERED : DNS_TIMEOUT;
	return o;
}

const struct obs *see_counted(struct run *r, int t, const char *peer,
    const char *windows, const char *first, const char *second)
{
	enum {
		BURST = 4,
		OTHERS = 2 /* packets of others, that get through */
	};

	struct obs o = obs_of(r, t, OBS_COUNTED_SYNS, NSEC_PER_MSEC);
	size_t n = strlen(windows);
	struct counted_window *list = arena_array(&r->arena, n + 1, sizeof *list);

	for (size_t i = 0; i < n; i++) {
		bool burst = strchr("Bb", windows[i]), lost = strchr("BP", windows[i]);
		struct counter *items = arena_array(&r->arena, 2, sizeof *items);
		items[0] = (struct counter){ first, OTHERS + (lost ? BURST : 0) };
		items[1] = (struct counter){ second, OTHERS };
		list[i] = (struct counted_window){ .syns = burst ? BURST : 0,
			.items = items,
			.n_items = second ? 2 : 1 };
		if (!second)
			items[0].delta = lost ? BURST : 0;
	}
	o.counted_syns.peer = address(peer);
	o.counted_syns.windows = n ? list : NULL;
	o.counted_syns.n_windows = n;
	return see(r, o);
}

struct obs counters(struct run *r, const char *text)
{
	struct obs o = obs_of(r, OBS_NO_TARGET, OBS_COUNTERS, 0);
	struct counter *list = arena_array(&r->arena, OBS_MAX_COUNTERS, sizeof *list);
	char *rest = arena_strdup(&r->arena, text), *word;

	while ((word = strsep(&rest, " "))) {
		char *value = strchr(word, '=');
		if (!value)
			continue;
		*value++ = '\0';
		list[o.counters.n_items++] =
		    (struct counter){ word, strtoull(value, NULL, 10) };
	}
	o.counters.items = list;
	return o;
}

struct obs canary(const struct run *r)
{
	return control(r, OBS_NO_TARGET, "192.0.2.1:443", CONTROL_CANARY, 'c');
}
