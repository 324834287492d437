/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/base/arena.h"
#include "probe/dns/query.h"
#include "probe/dns/system_config.h"
#include "probe/forensics/forensics.h"
#include "probe/http/http_client.h"
#include "probe/net/sock.h"

enum {
	MEMORY = 1 << 20
};

/* A listening socket that nobody accepts from: connects work, handshakes stall. */
struct bench {
	struct arena arena;
	struct loop *loop;
	struct plan plan;
	struct forensics forensics;
	struct dns_client *dns;
	struct http_client *http;
	struct resolv_conf resolv;
	struct hosts_file hosts;
	struct addr peer;
	int server;
	struct loop_timer *timer;
	struct job *job;
	struct obs obs;
	unsigned packets, done;
};

static void set_up(struct bench *b)
{
	struct sockaddr_storage ss;
	*b = (struct bench){ .plan = { .connect_timeout = NSEC_PER_SEC } };
	arena_init(&b->arena, MEMORY);
	b->loop = loop_new();
	assert_non_null(b->loop);
	forensics_init(&b->forensics, b->loop, &b->plan, &b->arena);
	b->dns = dns_client_new(b->loop, &b->plan, &b->arena);
	b->forensics.dns = b->dns;
	b->forensics.resolv = &b->resolv;
	b->forensics.hosts = &b->hosts;
	b->forensics.http = &b->http;
	assert_true(addr_parse("127.0.0.1", &b->peer));
	b->server = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = addr_to_sockaddr(&b->peer, &ss);
	assert_int_equal(bind(b->server, (const struct sockaddr *)&ss, len), 0);
	assert_int_equal(listen(b->server, 128), 0);
	b->peer = sock_local(b->server);
}

static void tear_down(struct bench *b)
{
	loop_timer_stop(b->timer);
	close(b->server);
	forensics_deinit(&b->forensics);
	dns_client_free(b->dns);
	http_client_free(b->http);
	loop_free(b->loop);
	arena_deinit(&b->arena);
}

static const struct target some_request = {
	.id = "x",
	.host = "h.test",
	.port = 80,
	.protocol = PROTO_HTTP,
	.request = { .method = "GET", .path = "/" },
};

static void on_done(void *arg, struct obs *obs, unsigned packets)
{
	struct bench *b = arg;
	b->job = NULL;
	b->obs = *obs;
	b->packets = packets;
	b->done++;
	loop_end(b->loop);
}

static void run(struct bench *b, struct order order)
{
	order.peer = b->peer;
	b->job = job_start(&b->forensics, &order, on_done, b);
	assert_non_null(b->job);
	assert_int_equal(b->done, 0);
	loop_run(b->loop);
	assert_int_equal(b->done, 1);
	assert_int_equal(b->obs.kind, order_obs_kind(order.kind));
	assert_true(b->obs.begin && b->obs.end >= b->obs.begin);
	assert_in_range(b->packets, 0, order_packets(&order));
}

static void a_control_connect_tells_how_it_ended(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b);
	run(&b, (struct order){
		    .kind = ORDER_CONTROL_CONNECT, .purpose = CONTROL_SIBLING });
	assert_int_equal(b.obs.control_connect.ended, ORDER_DONE);
	assert_int_equal(b.obs.control_connect.outcome, TCP_CONNECTED);
	assert_int_equal(b.obs.control_connect.purpose, CONTROL_SIBLING);
	assert_int_equal(b.packets, 1);
	tear_down(&b);
}

static unsigned count_port(const struct port_try *tries, size_t n, uint16_t port)
{
	unsigned found = 0;

	for (size_t i = 0; i < n; i++)
		found += tries[i].port == port;
	return found;
}

static void every_round_has_the_same_source_ports_in_an_order_of_its_own(void **state)
{
	enum {
		PORTS = 8,
		ROUNDS = 3
	};

	struct bench b;
	bool moved = false;
	(void)state;
	set_up(&b);
	run(&b, (struct order){
		    .kind = ORDER_SOURCE_PORTS, .n_ports = PORTS, .rounds = ROUNDS });
	const struct obs_source_ports *o = &b.obs.source_ports;
	assert_int_equal(o->n_tries, PORTS * ROUNDS);
	for (size_t i = 0; i < o->n_tries; i++) {
		const struct port_try *t = &o->tries[i];
		assert_int_equal(t->round, i / PORTS + 1);
		assert_int_equal(t->outcome, TCP_CONNECTED);
		assert_int_equal(count_port(o->tries, PORTS, t->port), 1);
		assert_int_equal(
		    count_port(&o->tries[i / PORTS * PORTS], PORTS, t->port), 1);
		moved |= t->port != o->tries[i % PORTS].port;
	}
	assert_true(moved);
	tear_down(&b);
}

static void a_request_to_a_silent_peer_tells_how_far_it_came(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b);
	run(&b,
	    (struct order){ .kind = ORDER_REQUEST_VARIANT, .request = &some_request });
	const struct obs_request_variant *o = &b.obs.request_variant;
	assert_int_equal(o->ended, ORDER_DONE);
	assert_int_equal(o->n_dns, 0);
	assert_int_equal(o->n_tcp, 1);
	assert_int_equal(o->tcp->outcome, TCP_CONNECTED);
	assert_int_equal(o->n_tls, 0);
	assert_int_equal(o->n_http, 1);
	assert_int_equal(o->http->outcome, HTTP_TIMEOUT);
	/* What was given is that peer, with the port of the request. */
	assert_int_equal(o->peer.port, b.peer.port);
	tear_down(&b);
}

static void loopback_replies_have_the_initial_ttl(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b);
	run(&b, (struct order){ .kind = ORDER_REPLY_TTL });
	assert_int_equal(b.obs.reply_ttl.reply, REPLY_SYN_ACK);
	assert_int_equal(b.obs.reply_ttl.ttl_low, b.obs.reply_ttl.ttl_high);
	assert_true(b.obs.reply_ttl.confirmed);
	tear_down(&b);
}

static void a_peer_that_says_nothing_times_out_in_tls(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b);
	run(&b, (struct order){ .kind = ORDER_TLS_VARIANT,
		    .name = "name.example",
		    .split_name = true,
		    .padded = true });
	assert_int_equal(b.obs.tls_variant.connected, TCP_CONNECTED);
	assert_int_equal(b.obs.tls_variant.outcome, TLS_TIMEOUT);
	assert_int_equal(b.obs.tls_variant.first_byte, 0);
	assert_int_equal(b.obs.tls_variant.alert, -1);
	assert_true(b.obs.tls_variant.hello_size > 1500);
	/* Split: the two parts were acknowledged as two segments. */
	assert_int_equal(b.obs.tls_variant.info.data_segs_out, 2);
	tear_down(&b);
}

static void on_cut(void *arg)
{
	struct bench *b = arg;
	if (!b->job)
		return; /* it was done in the same turn of the loop */
	job_cancel(b->job, &b->obs, &b->packets);
	b->job = NULL;
	loop_end(b->loop);
}

static void every_job_can_be_cut_at_any_time(void **state)
{
	static const nsec_t delays[] = { 0, NSEC_PER_MSEC, 5 * NSEC_PER_MSEC,
		60 * NSEC_PER_MSEC };
	(void)state;
	for (unsigned kind = 0; kind < N_ORDER_KINDS; kind++) {
		for (size_t i = 0; i < COUNT(delays); i++) {
			struct bench b;
			set_up(&b);
			const struct order order = { .kind = (enum order_kind)kind,
				.peer = b.peer,
				.request = &some_request,
				.name = "name.example" };
			b.job = job_start(&b.forensics, &order, on_done, &b);
			b.timer = loop_timer_start(b.loop, delays[i], on_cut, &b);
			loop_run(b.loop);
			/* Some are done before. */
			assert_int_equal(b.obs.kind, order_obs_kind(order.kind));
			assert_null(b.job);
			tear_down(&b);
		}
	}
}

static void a_cut_handshake_tells_what_it_saw(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b);
	const struct order order = { .kind = ORDER_TLS_VARIANT, .peer = b.peer };
	b.job = job_start(&b.forensics, &order, on_done, &b);
	b.timer = loop_timer_start(b.loop, 50 * NSEC_PER_MSEC, on_cut, &b);
	loop_run(b.loop);
	assert_int_equal(b.obs.tls_variant.ended, ORDER_CUT);
	assert_int_equal(b.obs.tls_variant.connected, TCP_CONNECTED);
	assert_true(b.obs.tls_variant.hello_size > 0);
	assert_int_equal(b.packets, 2);
	tear_down(&b);
}

static void a_refused_order_names_its_peer_and_reason(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < N_ORDER_KINDS; kind++) {
		struct order order = { .kind = (enum order_kind)kind,
			.request = &some_request };
		struct obs o;
		assert_true(addr_parse_port("192.0.2.9:443", &order.peer));
		job_refuse(&order, ORDER_NO_BUDGET, &o);
		assert_int_equal(o.kind, order_obs_kind(order.kind));
		if (kind == ORDER_TTL_SCAN) {
			assert_int_equal(o.ttl_scan.ended, ORDER_NO_BUDGET);
			assert_int_equal(o.ttl_scan.peer.port, 443);
			assert_int_equal(o.ttl_scan.n_steps, 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_control_connect_tells_how_it_ended),
		cmocka_unit_test(
		    every_round_has_the_same_source_ports_in_an_order_of_its_own),
		cmocka_unit_test(a_request_to_a_silent_peer_tells_how_far_it_came),
		cmocka_unit_test(loopback_replies_have_the_initial_ttl),
		cmocka_unit_test(a_peer_that_says_nothing_times_out_in_tls),
		cmocka_unit_test(every_job_can_be_cut_at_any_time),
		cmocka_unit_test(a_cut_handshake_tells_what_it_saw),
		cmocka_unit_test(a_refused_order_names_its_peer_and_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
