/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/base/arena.h"
#include "probe/engine/engine.h"

/* The engine against servers on loopback, one thread a connection. */

struct server {
	int fd;
	uint16_t port;
	const char *greeting; /* sent at once; NULL = wait for a byte, then answer */
	const char *answer;   /* NULL = never */
	pthread_t thread;
};

static void *serve(void *arg)
{
	struct server *s = arg;
	for (;;) {
		char buf[4096];
		int c = accept(s->fd, NULL, NULL);
		if (c < 0)
			return NULL;
		if (s->greeting)
			(void)!write(c, s->greeting, strlen(s->greeting));
		if (read(c, buf, sizeof buf) > 0 && s->answer)
			(void)!write(c, s->answer, strlen(s->answer));
		if (!s->answer && !s->greeting)
			while (read(c, buf, sizeof buf) > 0)
				;
		close(c);
	}
}

/* At an address of loopback; port 0 = any free one. */
static void server_listen_at(struct server *s, const char *address, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	socklen_t len = sizeof a;
	assert_int_equal(inet_pton(AF_INET, address, &a.sin_addr), 1);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(s->fd, 512), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &len), 0);
	s->port = ntohs(a.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_listen(struct server *s)
{
	server_listen_at(s, "127.0.0.1", 0);
}

static void server_stop(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
}

static unsigned count_descriptors(void)
{
	unsigned n = 0;
	DIR *d = opendir("/proc/self/fd");
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

enum {
	MAX_TARGETS = 200
};

struct scene {
	struct arena arena;
	struct target targets[MAX_TARGETS];
	struct plan plan;
	struct obslog log;
	struct engine_hooks hooks;
	unsigned done[MAX_TARGETS];
	size_t n_done;
};

static void on_done(void *arg, unsigned target)
{
	struct scene *s = arg;
	s->done[s->n_done++] = target;
}

static void scene_init(struct scene *s)
{
	memset(s, 0, sizeof *s);
	arena_init(&s->arena, 64 << 20);
	s->plan = (struct plan){ .targets = s->targets,
		.connect_timeout = NSEC_PER_SEC,
		.timeout = 2 * NSEC_PER_SEC,
		.deadline = 20 * NSEC_PER_SEC };
	s->hooks =
	    (struct engine_hooks){ .target_done = on_done, .arg = s, .stop_fd = -1 };
}

static void scene_add(struct scene *s, enum protocol protocol, uint16_t port)
{
	s->targets[s->plan.n_targets++] = (struct target){ .id = "t",
		.host = "127.0.0.1",
		.port = port,
		.protocol = protocol,
		.request = { .method = "GET", .path = "/" } };
}

static int scene_run(struct scene *s)
{
	obslog_init(&s->log, &s->arena, s->plan.n_targets);
	int r = engine_run(&s->plan, &s->log, &s->hooks);
	assert_int_equal(s->n_done, s->plan.n_targets);
	return r;
}

static const struct obs *last_of(const struct scene *s, int target)
{
	const struct obs *o = obslog_first(&s->log, target);
	assert_non_null(o);
	while (o->next_of_target)
		o = o->next_of_target;
	return o;
}

static uint16_t closed_port(void)
{
	struct server s = { 0 };
	server_listen(&s);
	server_stop(&s);
	return s.port;
}

static void each_protocol_ends_with_its_own_observation(void **state)
{
	(void)state;
	struct server http = { .answer = "HTTP/1.1 204 No\r\nDate: now\r\n\r\n" };
	struct server ssh = { .greeting = "SSH-2.0-test\r\n" };
	struct server garbage = { .greeting = "220 smtp\r\n", .answer = "x" };
	struct scene s;
	uint16_t closed = closed_port();
	unsigned before = 0;

	/* The second time nothing may be left of the first. */
	for (int round = 0; round < 2; round++) {
		server_listen(&http);
		server_listen(&ssh);
		server_listen(&garbage);
		scene_init(&s);
		scene_add(&s, PROTO_TCP, http.port);
		scene_add(&s, PROTO_TCP, closed);
		scene_add(&s, PROTO_HTTP, http.port);
		scene_add(&s, PROTO_SSH, ssh.port);
		scene_add(&s, PROTO_HTTPS, garbage.port);
		scene_add(&s, PROTO_UDP, closed);
		assert_int_equal(scene_run(&s), 0);
		assert_int_equal(last_of(&s, 0)->tcp.outcome, TCP_CONNECTED);
		assert_int_equal(last_of(&s, 1)->tcp.outcome, TCP_FAILED);
		assert_int_equal(last_of(&s, 1)->tcp.err, ECONNREFUSED);
		assert_false(last_of(&s, 1)->tcp.icmp.present);
		assert_int_equal(last_of(&s, 2)->kind, OBS_HTTP);
		assert_int_equal(last_of(&s, 2)->http.status, 204);
		assert_string_equal(last_of(&s, 3)->exchange.answer, "SSH-2.0-test");
		assert_int_equal(last_of(&s, 4)->tls.outcome, TLS_NOT_TLS);
		assert_memory_equal(last_of(&s, 4)->tls.first_bytes, "220 ", 4);
		assert_int_equal(last_of(&s, 5)->udp.outcome, UDP_FAILED);
		assert_true(last_of(&s, 5)->udp.icmp.present);
		for (size_t i = 0; i < s.log.n_items; i++) {
			assert_true(s.log.items[i]->begin <= s.log.items[i]->end);
			assert_int_equal(s.log.items[i]->id, i + 1);
		}
		arena_deinit(&s.arena);
		server_stop(&http);
		server_stop(&ssh);
		server_stop(&garbage);
		if (round == 0)
			before = count_descriptors();
		else
			assert_int_equal(count_descriptors(), before);
	}
}

static void silence_ends_at_the_limit_of_its_stage(void **state)
{
	(void)state;
	struct server mute = { 0 };
	struct scene s;
	server_listen(&mute);
	scene_init(&s);
	s.plan.timeout = 600 * NSEC_PER_MSEC;
	scene_add(&s, PROTO_HTTP, mute.port);
	scene_add(&s, PROTO_HTTPS, mute.port);
	scene_add(&s, PROTO_SSH, mute.port);
	assert_int_equal(scene_run(&s), 0);
	assert_int_equal(last_of(&s, 0)->http.outcome, HTTP_TIMEOUT);
	assert_int_equal(last_of(&s, 1)->tls.outcome, TLS_TIMEOUT);
	/* What we sent was acknowledged: the peer is there and says nothing. */
	assert_int_equal(last_of(&s, 1)->tls.info.unacked, 0);
	assert_int_equal(last_of(&s, 2)->exchange.outcome, EXCHANGE_TIMEOUT);
	arena_deinit(&s.arena);
	server_stop(&mute);
}

static void at_the_deadline_all_get_an_honest_end(void **state)
{
	(void)state;
	struct server mute = { 0 };
	struct scene s;
	server_listen(&mute);
	scene_init(&s);
	s.plan.deadline = 300 * NSEC_PER_MSEC;
	s.plan.parallel = 2;
	for (int i = 0; i < 5; i++)
		scene_add(&s, PROTO_HTTPS, mute.port);
	assert_int_equal(scene_run(&s), 0);
	for (int i = 0; i < 5; i++) {
		const struct obs *o = last_of(&s, i);
		assert_int_equal(o->kind, OBS_UNFINISHED);
		assert_int_equal(o->unfinished.reason,
		    i < 2 ? UNFINISHED_DEADLINE : UNFINISHED_NOT_STARTED);
		if (i < 2) {
			assert_int_equal(o->stage, STAGE_TLS);
			assert_true(o->unfinished.waited > 0);
		}
	}
	arena_deinit(&s.arena);
	server_stop(&mute);
}

static void a_readable_stop_descriptor_interrupts(void **state)
{
	(void)state;
	struct server mute = { 0 };
	struct scene s;
	int pipe_fds[2];
	server_listen(&mute);
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(write(pipe_fds[1], "x", 1), 1);
	scene_init(&s);
	s.hooks.stop_fd = pipe_fds[0];
	scene_add(&s, PROTO_HTTPS, mute.port);
	assert_int_equal(scene_run(&s), 1);
	assert_int_equal(last_of(&s, 0)->kind, OBS_UNFINISHED);
	arena_deinit(&s.arena);
	close(pipe_fds[0]), close(pipe_fds[1]);
	server_stop(&mute);
}

static void many_checks_share_few_slots_and_all_end(void **state)
{
	(void)state;
	struct server http = { .answer =
				   "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" };
	struct scene s;
	server_listen(&http);
	scene_init(&s);
	for (int i = 0; i < MAX_TARGETS; i++)
		scene_add(&s, PROTO_HTTP, http.port);
	assert_int_equal(scene_run(&s), 0);
	for (int i = 0; i < MAX_TARGETS; i++)
		assert_int_equal(last_of(&s, i)->http.status, 200);
	arena_deinit(&s.arena);
	server_stop(&http);
}

/* Of two servers that both accept, the one that answered is the one that is named. */
static void who_answers_is_named_whoever_connects_after_it(void **state)
{
	(void)state;
	struct server one = { .answer =
				  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" };
	struct server two = { .answer =
				  "HTTP/1.1 202 OK\r\nContent-Length: 0\r\n\r\n" };
	struct addr addresses[2];
	struct scene s;
	server_listen(&one);
	server_listen_at(&two, "127.0.0.2", one.port);
	assert_true(addr_parse("127.0.0.1", &addresses[0]));
	assert_true(addr_parse("127.0.0.2", &addresses[1]));
	scene_init(&s);
	for (int i = 0; i < MAX_TARGETS; i++) {
		scene_add(&s, PROTO_HTTP, one.port);
		s.targets[i].host = "two.example";
		s.targets[i].pinned = addresses;
		s.targets[i].n_pinned = COUNT(addresses);
	}
	assert_int_equal(scene_run(&s), 0);
	for (int i = 0; i < MAX_TARGETS; i++) {
		const struct obs *o = obslog_first(&s.log, i);
		while (o && o->kind != OBS_HTTP)
			o = o->next_of_target;
		assert_non_null(o);
		bool second = addr_same_ip(&o->http.peer, &addresses[1]);
		assert_int_equal(o->http.status, second ? 202 : 200);
	}
	arena_deinit(&s.arena);
	server_stop(&two);
	server_stop(&one);
}

/* A plan for one family contacts no address of the other. */
static void only_the_asked_family_is_contacted(void **state)
{
	(void)state;
	struct scene s;
	scene_init(&s);
	s.plan.only_family = AF_INET6;
	scene_add(&s, PROTO_TCP, 1);
	assert_int_equal(scene_run(&s), 0);
	assert_null(obslog_first(&s.log, 0));
	arena_deinit(&s.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_protocol_ends_with_its_own_observation),
		cmocka_unit_test(silence_ends_at_the_limit_of_its_stage),
		cmocka_unit_test(at_the_deadline_all_get_an_honest_end),
		cmocka_unit_test(a_readable_stop_descriptor_interrupts),
		cmocka_unit_test(many_checks_share_few_slots_and_all_end),
		cmocka_unit_test(who_answers_is_named_whoever_connects_after_it),
		cmocka_unit_test(only_the_asked_family_is_contacted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
