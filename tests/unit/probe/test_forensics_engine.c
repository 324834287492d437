/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/base/arena.h"
#include "probe/engine/engine.h"
#include "probe/net/sock.h"

enum {
	MEMORY = 8 << 20
};

/* A run over one target on this host, and what its hook was asked. */
struct bench {
	struct arena arena;
	struct obslog log;
	struct target target;
	struct plan plan;
	struct engine_hooks hooks;
	int server; /* listens, never answers */
	struct addr peer;

	struct order orders[ORDER_MAX];
	size_t n_orders; /* returned once, at the moment */
	enum follow_up_moment at;
	unsigned asked[FOLLOW_UP_OBSERVED + 1];
	struct follow_up_event event; /* the first of .at */
	unsigned done;
	bool asked_after_done;
	bool endless; /* orders again whatever it is asked */
};

static size_t follow_up(void *arg, unsigned target, const struct follow_up_event *event,
    struct order *ret, size_t max)
{
	struct bench *b = arg;
	assert_int_equal(target, 0);
	assert_int_equal(max, ORDER_MAX);
	b->asked_after_done |= b->done > 0;
	unsigned before = b->asked[event->moment]++;
	if (!b->endless && (event->moment != b->at || before))
		return 0;
	if (!before)
		b->event = *event;
	for (size_t i = 0; i < b->n_orders; i++)
		ret[i] = b->orders[i];
	return b->n_orders;
}

static void target_done(void *arg, unsigned target)
{
	struct bench *b = arg;
	(void)target;
	b->done++;
}

static void set_up(struct bench *b)
{
	struct sockaddr_storage ss;
	*b = (struct bench){ .hooks = { .target_done = target_done,
				 .stop_fd = -1,
				 .follow_up = follow_up } };
	arena_init(&b->arena, MEMORY);
	assert_true(addr_parse("127.0.0.1", &b->peer));
	b->server = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = addr_to_sockaddr(&b->peer, &ss);
	assert_int_equal(bind(b->server, (const struct sockaddr *)&ss, len), 0);
	assert_int_equal(listen(b->server, 128), 0);
	b->peer = sock_local(b->server);
	b->target = (struct target){ .id = "t",
		.host = "127.0.0.1",
		.port = b->peer.port,
		.protocol = PROTO_TCP };
	b->plan = (struct plan){ .n_targets = 1,
		.connect_timeout = 500 * NSEC_PER_MSEC,
		.timeout = NSEC_PER_SEC,
		.deadline = 10 * NSEC_PER_SEC };
}

static void run(struct bench *b)
{
	b->hooks.arg = b;
	b->plan.targets = &b->target;
	obslog_init(&b->log, &b->arena, 1);
	assert_int_equal(engine_run(&b->plan, &b->log, &b->hooks), 0);
	assert_int_equal(b->done, 1);
	assert_false(b->asked_after_done);
}

static void tear_down(struct bench *b)
{
	if (b->server >= 0)
		close(b->server);
	arena_deinit(&b->arena);
}

/* From now on the port refuses. */
static void close_server(struct bench *b)
{
	close(b->server);
	b->server = -1;
}

static size_t count(const struct bench *b, enum obs_kind kind)
{
	size_t n = 0;
	for (size_t i = 0; i < b->log.n_items; i++)
		n += b->log.items[i]->kind == kind;
	return n;
}

static const struct obs *find(const struct bench *b, enum obs_kind kind)
{
	for (size_t i = 0; i < b->log.n_items; i++)
		if (b->log.items[i]->kind == kind)
			return b->log.items[i];
	fail_msg("no observation of kind %d", (int)kind);
	return NULL;
}

static void a_healthy_run_asks_for_nothing(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b);
	run(&b);
	for (size_t i = 0; i < COUNT(b.asked); i++)
		assert_int_equal(b.asked[i], 0);
	assert_int_equal(count(&b, OBS_ROUTE), 0);
	assert_int_equal(find(&b, OBS_CAPABILITIES)->target, OBS_NO_TARGET);
	assert_in_range(find(&b, OBS_COUNTERS)->counters.n_items, 30, OBS_MAX_COUNTERS);
	assert_true(b.log.duration < 300 * NSEC_PER_MSEC);
	tear_down(&b);
}

static void a_failure_is_told_and_its_orders_are_carried_out(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b);
	close_server(&b);
	b.at = FOLLOW_UP_FAILED;
	b.orders[b.n_orders++] = (struct order){
		.kind = ORDER_CONTROL_CONNECT, .peer = b.peer, .purpose = CONTROL_REPEAT
	};
	b.orders[b.n_orders++] =
	    (struct order){ .kind = ORDER_REPLY_TTL, .peer = b.peer };
	run(&b);
	assert_int_equal(b.asked[FOLLOW_UP_FAILED], 1);
	assert_int_equal(b.event.stage, STAGE_TCP);
	assert_int_equal(b.event.peer.port, b.peer.port);
	assert_int_equal(b.event.obs->tcp.err, ECONNREFUSED);
	const struct obs *o = find(&b, OBS_CONTROL_CONNECT);
	assert_int_equal(o->target, 0);
	assert_int_equal(o->control_connect.err, ECONNREFUSED);
	o = find(&b, OBS_REPLY_TTL);
	assert_int_equal(o->reply_ttl.reply, REPLY_RESET);
	assert_true(o->begin >= b.event.obs->end && o->end <= b.log.duration);
	/* Those two, and the route that is looked up for every address in trouble. */
	assert_int_equal(b.asked[FOLLOW_UP_OBSERVED], 3);
	assert_int_equal(find(&b, OBS_ROUTE)->target, 0);
	tear_down(&b);
}

static void a_slow_phase_is_told_while_it_lasts(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b);
	b.target.protocol = PROTO_SSH;
	b.at = FOLLOW_UP_SLOW;
	b.orders[b.n_orders++] = (struct order){
		.kind = ORDER_CONTROL_CONNECT, .peer = b.peer, .purpose = CONTROL_REPEAT
	};
	run(&b);
	assert_int_equal(b.asked[FOLLOW_UP_SLOW], 1);
	assert_in_range(b.event.waited, FOLLOW_UP_SLOW_AFTER,
	    FOLLOW_UP_SLOW_AFTER + 400 * NSEC_PER_MSEC);
	assert_true(addr_same_ip(&b.event.peer, &b.peer));
	/* The order ran beside what was waiting, not behind it. */
	assert_true(find(&b, OBS_CONTROL_CONNECT)->end < find(&b, OBS_EXCHANGE)->end);
	assert_int_equal(b.asked[FOLLOW_UP_FAILED], 1);
	tear_down(&b);
}

/* What listens on the port of the name server. */
enum name_server {
	CLOSED,
	MUTE,
	POLITE /* answers both questions: no such record */
};

static void *answer_both(void *arg)
{
	const int *fd = arg;
	struct sockaddr_storage from;
	uint8_t bytes[512];

	for (unsigned i = 0; i < 2; i++) {
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(
		    *fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &len);
		if (n < 12)
			break;
		bytes[2] |= 0x80;
		sendto(*fd, bytes, (size_t)n, 0, (struct sockaddr *)&from, len);
	}
	return NULL;
}

static void ask_a_name(struct bench *b, enum name_server what)
{
	struct sockaddr_storage ss;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct addr resolver;
	pthread_t thread;

	assert_true(addr_parse("127.0.0.1", &resolver));
	socklen_t len = addr_to_sockaddr(&resolver, &ss);
	assert_int_equal(bind(fd, (const struct sockaddr *)&ss, len), 0);
	resolver = sock_local(fd);
	if (what == CLOSED)
		close(fd);
	if (what == POLITE)
		assert_int_equal(pthread_create(&thread, NULL, answer_both, &fd), 0);
	b->peer = resolver;
	b->target.host = "name.example";
	b->target.protocol = PROTO_DNS;
	b->plan.resolvers = &b->peer;
	b->plan.n_resolvers = 1;
	b->orders[b->n_orders++] = (struct order){ .kind = ORDER_DNS_VARIANT,
		.peer = b->peer,
		.name = b->target.host,
		.form = { .type = DNS_TYPE_A, .once = true } };
	run(b);
	if (what == POLITE)
		pthread_join(thread, NULL);
	if (what != CLOSED)
		close(fd);
}

static void names_that_resolve_ask_for_nothing(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b);
	ask_a_name(&b, POLITE);
	assert_int_equal(count(&b, OBS_DNS), 2);
	for (size_t i = 0; i < COUNT(b.asked); i++)
		assert_int_equal(b.asked[i], 0);
	assert_int_equal(count(&b, OBS_DNS_VARIANT), 0);
	tear_down(&b);
}

static void a_slow_name_server_is_told_once_while_it_is_due(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b);
	b.at = FOLLOW_UP_SLOW;
	ask_a_name(&b, MUTE);
	/* Both address families wait for the one server. */
	assert_int_equal(b.asked[FOLLOW_UP_SLOW], 1);
	assert_int_equal(b.event.stage, STAGE_DNS);
	assert_in_range(b.event.waited, FOLLOW_UP_SLOW_AFTER,
	    FOLLOW_UP_SLOW_AFTER + 400 * NSEC_PER_MSEC);
	assert_true(addr_same_ip(&b.event.peer, &b.plan.resolvers[0]));
	assert_int_equal(b.event.peer.port, b.plan.resolvers[0].port);
	/* The order began while the question waited. */
	assert_true(find(&b, OBS_DNS_VARIANT)->begin < find(&b, OBS_DNS)->end);
	assert_int_equal(b.asked[FOLLOW_UP_FAILED], 2);
	tear_down(&b);
}

static void a_failed_question_is_told_with_its_server(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b);
	b.at = FOLLOW_UP_FAILED;
	ask_a_name(&b, CLOSED);
	assert_int_equal(b.asked[FOLLOW_UP_SLOW], 0);
	assert_int_equal(b.event.stage, STAGE_DNS);
	assert_int_equal(b.event.obs->kind, OBS_DNS);
	assert_int_equal(b.event.peer.port, b.plan.resolvers[0].port);
	const struct obs_dns_variant *v = &find(&b, OBS_DNS_VARIANT)->dns_variant;
	assert_int_equal(v->ended, ORDER_DONE);
	assert_int_equal(v->err, ECONNREFUSED);
	assert_string_equal(v->name, "name.example");
	assert_int_equal(count(&b, OBS_ROUTE), 0);
	tear_down(&b);
}

static void no_diagnose_and_no_hook_mean_no_orders(void **state)
{
	(void)state;
	for (unsigned row = 0; row < 2; row++) {
		struct bench b;
		set_up(&b);
		close_server(&b);
		b.n_orders = 1;
		b.orders[0] =
		    (struct order){ .kind = ORDER_CONTROL_CONNECT, .peer = b.peer };
		b.at = FOLLOW_UP_FAILED;
		if (row == 0)
			b.plan.no_diagnose = true;
		else
			b.hooks.follow_up = NULL;
		b.plan.canary = b.peer;
		run(&b);
		assert_int_equal(b.asked[FOLLOW_UP_FAILED], 0);
		/* Without diagnosis there are no baselines either. */
		assert_int_equal(count(&b, OBS_CONTROL_CONNECT), row == 0 ? 0 : 2);
		for (const struct obs *o = obslog_first(&b.log, 0); o;
		     o = o->next_of_target)
			assert_int_equal(o->kind, OBS_TCP);
		assert_int_equal(count(&b, OBS_COUNTERS), row == 0 ? 0 : 1);
		assert_int_equal(count(&b, OBS_CAPABILITIES), row == 0 ? 0 : 1);
		tear_down(&b);
	}
}

static void the_canary_gets_two_connects_and_delays_nobody(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b);
	assert_true(addr_parse("127.0.0.2", &b.plan.canary));
	run(&b);
	unsigned usual = 0, odd = 0;
	for (size_t i = 0; i < b.log.n_items; i++) {
		const struct obs *o = b.log.items[i];
		if (o->kind != OBS_CONTROL_CONNECT)
			continue;
		assert_int_equal(o->target, OBS_NO_TARGET);
		usual += o->control_connect.purpose == CONTROL_CANARY &&
			 o->control_connect.peer.port == 443;
		odd += o->control_connect.purpose == CONTROL_CANARY_ODD;
	}
	assert_int_equal(usual, 1);
	assert_int_equal(odd, 1);
	assert_true(b.log.duration < 300 * NSEC_PER_MSEC);
	tear_down(&b);
}

static void orders_beyond_the_targets_budget_are_refused(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b);
	close_server(&b);
	b.at = FOLLOW_UP_FAILED;
	for (unsigned i = 0; i < 6; i++) /* 6 x 36 packets */
		b.orders[b.n_orders++] =
		    (struct order){ .kind = ORDER_REPLY_TTL, .peer = b.peer };
	run(&b);
	unsigned done = 0, refused = 0;
	for (size_t i = 0; i < b.log.n_items; i++) {
		const struct obs *o = b.log.items[i];
		done += o->kind == OBS_REPLY_TTL && o->reply_ttl.ended == ORDER_DONE;
		refused +=
		    o->kind == OBS_REPLY_TTL && o->reply_ttl.ended == ORDER_NO_BUDGET;
	}
	assert_int_equal(done, 5);
	assert_int_equal(refused, 1);
	tear_down(&b);
}

static void a_hook_that_never_has_enough_is_stopped(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b);
	close_server(&b);
	b.endless = true;
	b.orders[b.n_orders++] = (struct order){ .kind = ORDER_ROUTE, .peer = b.peer };
	b.orders[b.n_orders++] =
	    (struct order){ .kind = ORDER_CONTROL_CONNECT, .peer = b.peer };
	run(&b);
	assert_in_range(count(&b, OBS_ROUTE), 30, 100);
	tear_down(&b);
}

static void orders_do_not_outlive_their_time(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b);
	b.plan.connect_timeout = NSEC_PER_MSEC * 200;
	b.at = FOLLOW_UP_FAILED;
	/* The exchange fails by its budget; the handshake takes longer. */
	b.target.protocol = PROTO_SSH;
	b.plan.timeout = 500 * NSEC_PER_MSEC;
	b.orders[b.n_orders++] =
	    (struct order){ .kind = ORDER_TLS_VARIANT, .peer = b.peer };
	run(&b);
	const struct obs *o = find(&b, OBS_TLS_VARIANT);
	assert_int_equal(o->tls_variant.ended, ORDER_CUT);
	assert_true(o->tls_variant.hello_size > 0);
	nsec_t chain = find(&b, OBS_EXCHANGE)->end;
	assert_in_range(
	    b.log.duration - chain, 1200 * NSEC_PER_MSEC, 1500 * NSEC_PER_MSEC);
	tear_down(&b);
}

static void a_deadline_cuts_orders_and_chain(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b);
	b.target.protocol = PROTO_SSH;
	b.plan.timeout = 5 * NSEC_PER_SEC;
	b.plan.deadline = 700 * NSEC_PER_MSEC;
	b.at = FOLLOW_UP_SLOW;
	b.orders[b.n_orders++] =
	    (struct order){ .kind = ORDER_TLS_VARIANT, .peer = b.peer };
	run(&b);
	assert_int_equal(find(&b, OBS_TLS_VARIANT)->tls_variant.ended, ORDER_CUT);
	assert_int_equal(
	    find(&b, OBS_UNFINISHED)->unfinished.reason, UNFINISHED_DEADLINE);
	assert_int_equal(count(&b, OBS_COUNTERS), 1);
	tear_down(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_healthy_run_asks_for_nothing),
		cmocka_unit_test(a_failure_is_told_and_its_orders_are_carried_out),
		cmocka_unit_test(a_slow_phase_is_told_while_it_lasts),
		cmocka_unit_test(names_that_resolve_ask_for_nothing),
		cmocka_unit_test(a_slow_name_server_is_told_once_while_it_is_due),
		cmocka_unit_test(a_failed_question_is_told_with_its_server),
		cmocka_unit_test(no_diagnose_and_no_hook_mean_no_orders),
		cmocka_unit_test(the_canary_gets_two_connects_and_delays_nobody),
		cmocka_unit_test(orders_beyond_the_targets_budget_are_refused),
		cmocka_unit_test(a_hook_that_never_has_enough_is_stopped),
		cmocka_unit_test(orders_do_not_outlive_their_time),
		cmocka_unit_test(a_deadline_cuts_orders_and_chain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
