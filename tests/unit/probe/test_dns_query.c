/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/base/arena.h"
#include "probe/dns/query.h"
#include "probe/loop/loop.h"
#include "probe/net/sock.h"

/*
 * A server on the same loop: what it does with the n-th datagram is told by a string
 * with one letter each, the last of which holds for all that follow.
 */
enum {
	ANSWER = 'a',
	LATE_ANSWER = 'l', /* answers, then keeps the loop busy beyond the limit */
	TRUNCATED = 't',   /* TC, no record */
	BAD_RECORDS = 'b', /* the right question, then nonsense */
	NOISE = 'n',       /* bytes that are no DNS message */
	EMPTY = 'e',       /* no byte at all */
	FORMERR = 'f',     /* without OPT, as servers before EDNS */
	SERVFAIL = 's',
	SILENCE = '.',
	ANSWER_FIRST = '1', /* answers the first copy it got, not this one */
	/* Over TCP. */
	CLOSE = 'c',
};

#define LIMIT (600 * NSEC_PER_MSEC)

struct server {
	struct addr address;
	int udp, listener, stream;
	struct loop_io *udp_io, *listener_io, *stream_io;
	const char *udp_script, *tcp_script;
	unsigned n_datagrams, n_streams, n_edns;
	uint8_t first_id[2];
};

struct run {
	struct loop *loop;
	struct plan plan;
	struct arena arena;
	struct server server;
	struct dns_client *client;
	struct dns_result results[8];
	unsigned n_results, n_final, n_wanted;
	struct dns_query *cancel_in_done;
	bool inside_start;
};

static unsigned open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	assert_non_null(d);
	unsigned n = 0;
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* Length of header and question; c-ares may add options behind them. */
static size_t question_end(const uint8_t *buf, size_t len)
{
	size_t n = 12;
	while (n < len && buf[n])
		n += (size_t)buf[n] + 1;
	return n + 5;
}

static size_t append(uint8_t *buf, size_t len, const void *bytes, size_t n)
{
	memcpy(buf + len, bytes, n);
	return len + n;
}

/* Turns the query in buf into a reply and returns its length. */
static size_t make_reply(uint8_t *buf, size_t len, char what)
{
	static const uint8_t record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10,
		0, 0, 4 };
	static const uint8_t opt[] = { 0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0 };
	bool edns = buf[11] == 1 && what == ANSWER;

	buf[2] = (uint8_t)(0x81 | (what == TRUNCATED ? 2 : 0));
	buf[3] = (uint8_t)(0x80 | (what == FORMERR ? 1 : what == SERVFAIL ? 2 : 0));
	buf[7] = what == ANSWER || what == BAD_RECORDS;
	buf[11] = edns;
	len = question_end(buf, len);
	if (what == ANSWER)
		len = append(buf, len, record, sizeof record);
	if (what == BAD_RECORDS)
		len = append(buf, len, "nonsense", 8);
	if (edns)
		len = append(buf, len, opt, sizeof opt);
	return len;
}

static char step(const char *script, unsigned n)
{
	size_t len = strlen(script);
	return script[n < len ? n : len - 1];
}

static void on_udp(void *arg, int fd, unsigned events)
{
	struct server *s = arg;
	uint8_t buf[1024];
	struct sockaddr_storage ss;
	socklen_t ss_len = sizeof ss;
	(void)events;

	ssize_t n = recvfrom(fd, buf, 512, 0, (struct sockaddr *)&ss, &ss_len);
	if (n < 12)
		return;
	s->n_edns += buf[11] == 1;
	if (s->n_datagrams == 0)
		memcpy(s->first_id, buf, 2);
	char what = step(s->udp_script, s->n_datagrams++);
	if (what == ANSWER_FIRST) {
		assert_memory_not_equal(s->first_id, buf, 2);
		memcpy(buf, s->first_id, 2);
		what = ANSWER;
	}
	bool late = what == LATE_ANSWER;
	if (late)
		what = ANSWER;
	size_t len = make_reply(buf, (size_t)n, what);
	if (what == SILENCE)
		return;
	if (what == NOISE)
		memcpy(buf, "garbage", len = 7);
	if (what == EMPTY)
		len = 0;
	sendto(fd, buf, len, 0, (const struct sockaddr *)&ss, ss_len);
	if (late)
		usleep((useconds_t)(2 * LIMIT / NSEC_PER_USEC));
}

static void end_stream(struct server *s)
{
	loop_io_stop(s->stream_io);
	s->stream_io = NULL;
	close(s->stream);
	s->stream = -1;
}

static void on_stream(void *arg, int fd, unsigned events)
{
	struct server *s = arg;
	uint8_t buf[1024];
	(void)events;

	ssize_t n = recv(fd, buf, 512, 0);
	char what = step(s->tcp_script, s->n_streams - 1);
	if (n <= 2 || what == CLOSE) {
		end_stream(s);
		return;
	}
	if (what == SILENCE)
		return;
	size_t len = make_reply(buf + 2, (size_t)n - 2, what);
	buf[0] = (uint8_t)(len >> 8);
	buf[1] = (uint8_t)len;
	send(fd, buf, len + 2, MSG_NOSIGNAL);
}

/* -1 when the port is taken. */
static int bound_socket(const struct plan *plan, const struct addr *address, int type)
{
	struct sockaddr_storage ss;
	int fd = sock_open(plan, address, type);
	assert_true(fd >= 0);
	socklen_t len = addr_to_sockaddr(address, &ss);
	if (bind(fd, (const struct sockaddr *)&ss, len) == 0)
		return fd;
	assert_int_equal(errno, EADDRINUSE);
	close(fd);
	return -1;
}

/* One port that is free for both; connections of earlier tests may linger on some. */
static void bind_server(struct server *s, const struct plan *plan)
{
	for (int i = 0; i < 50; i++) {
		assert_true(addr_parse("127.0.0.1", &s->address));
		s->udp = bound_socket(plan, &s->address, SOCK_DGRAM);
		assert_true(s->udp >= 0);
		s->address = sock_local(s->udp);
		s->listener = bound_socket(plan, &s->address, SOCK_STREAM);
		if (s->listener >= 0)
			return;
		close(s->udp);
	}
	fail_msg("no free port");
}

static void on_accept(void *arg, int fd, unsigned events)
{
	struct run *r = arg;
	struct server *s = &r->server;
	(void)events;

	s->stream = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(s->stream >= 0);
	s->n_streams++;
	s->stream_io = loop_io_start(r->loop, s->stream, LOOP_READ, on_stream, s);
}

static void start_run(struct run *r, const char *udp_script, const char *tcp_script)
{
	*r = (struct run){ .loop = loop_new(), .n_wanted = 1 };
	assert_non_null(r->loop);
	arena_init(&r->arena, 16 << 20);
	r->plan.connect_timeout = LIMIT;

	struct server *s = &r->server;
	s->udp_script = udp_script;
	s->tcp_script = tcp_script;
	s->stream = -1;
	bind_server(s, &r->plan);
	assert_int_equal(listen(s->listener, 8), 0);
	s->udp_io = loop_io_start(r->loop, s->udp, LOOP_READ, on_udp, s);
	s->listener_io = loop_io_start(r->loop, s->listener, LOOP_READ, on_accept, r);
	r->client = dns_client_new(r->loop, &r->plan, &r->arena);
	assert_non_null(r->client);
}

static void stop_server(struct server *s)
{
	loop_io_stop(s->udp_io);
	loop_io_stop(s->listener_io);
	s->udp_io = s->listener_io = NULL;
	if (s->stream >= 0)
		end_stream(s);
	if (s->udp >= 0)
		close(s->udp);
	if (s->listener >= 0)
		close(s->listener);
	s->udp = s->listener = -1;
}

static void end_run(struct run *r)
{
	dns_client_free(r->client);
	stop_server(&r->server);
	loop_free(r->loop);
}

static void on_done(void *arg, const struct dns_result *result)
{
	struct run *r = arg;
	assert_false(r->inside_start);
	r->results[r->n_results++ % COUNT(r->results)] = *result;
	r->n_final += !result->more;
	if (r->cancel_in_done) {
		dns_query_cancel(r->cancel_in_done);
		r->cancel_in_done = NULL;
	}
	if (r->n_final == r->n_wanted)
		loop_end(r->loop);
}

static struct dns_query *ask(struct run *r, const char *name)
{
	const struct dns_question question = {
		.name = name,
		.type = DNS_TYPE_A,
		.server = r->server.address,
		.role = DNS_GIVEN,
	};

	r->inside_start = true;
	struct dns_query *q = dns_query_start(r->client, &question, on_done, r);
	r->inside_start = false;
	assert_non_null(q);
	return q;
}

static void one_query_to_a_server_that(void **state)
{
	static const struct {
		const char *name, *udp, *tcp;
		enum dns_outcome outcome;
		enum dns_transport transport;
		unsigned n_results, n_datagrams;
		bool in_time; /* long before the limit */
	} rows[] = {
		{ "answers", "a", "a", DNS_ANSWERED, DNS_OVER_UDP, 1, 1, true },
		{ "loses the first", ".a", "a", DNS_ANSWERED, DNS_OVER_UDP, 1, 2,
		    true },
		{ "loses two", "..a", "a", DNS_ANSWERED, DNS_OVER_UDP, 1, 3, false },
		{ "is silent", ".", "a", DNS_TIMEOUT, DNS_OVER_UDP, 1, 3, false },
		{ "answers while we are busy", "l", "a", DNS_ANSWERED, DNS_OVER_UDP, 1,
		    1, false },
		{ "sends nonsense", "b", "a", DNS_MALFORMED, DNS_OVER_UDP, 1, 2, true },
		{ "sends nonsense once", "ba", "a", DNS_ANSWERED, DNS_OVER_UDP, 1, 2,
		    true },
		{ "sends nonsense, then nothing", "b.", "a", DNS_MALFORMED,
		    DNS_OVER_UDP, 1, 3, false },
		{ "sends noise", "n", "a", DNS_MALFORMED, DNS_OVER_UDP, 1, 3, false },
		{ "sends an empty datagram first", "ea", "a", DNS_ANSWERED,
		    DNS_OVER_UDP, 1, 2, true },
		{ "truncates", "t", "a", DNS_ANSWERED, DNS_OVER_TCP, 2, 1, true },
		{ "truncates and is silent over TCP", "t", ".", DNS_TIMEOUT,
		    DNS_OVER_TCP, 2, 1, false },
		{ "truncates and closes once", "t", "ca", DNS_ANSWERED, DNS_OVER_TCP, 2,
		    1, true },
		{ "truncates and closes", "t", "c", DNS_NET_ERROR, DNS_OVER_TCP, 2, 1,
		    true },
		{ "truncates and sends nonsense", "t", "b", DNS_MALFORMED, DNS_OVER_TCP,
		    2, 1, true },
		{ "knows no EDNS", "fa", "a", DNS_ANSWERED, DNS_OVER_UDP, 1, 2, true },
		{ "fails", "s", "a", DNS_ANSWERED, DNS_OVER_UDP, 1, 1, true },
	};

	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		unsigned descriptors = open_descriptors();
		start_run(&r, rows[i].udp, rows[i].tcp);
		ask(&r, "a.example");
		loop_run(r.loop);
		unsigned n_datagrams = r.server.n_datagrams;
		end_run(&r);

		const struct dns_result *last = &r.results[r.n_results - 1];
		nsec_t took = last->end - last->begin;
		if (last->dns.outcome != rows[i].outcome ||
		    last->dns.transport != rows[i].transport || last->more ||
		    r.n_results != rows[i].n_results)
			fail_msg("row \"%s\": outcome %d transport %d results %u",
			    rows[i].name, (int)last->dns.outcome,
			    (int)last->dns.transport, r.n_results);
		if (n_datagrams != rows[i].n_datagrams)
			fail_msg("row \"%s\": %u datagrams", rows[i].name, n_datagrams);
		if ((took < LIMIT * 3 / 5) != rows[i].in_time || took > 3 * LIMIT)
			fail_msg(
			    "row \"%s\": took %.1f ms", rows[i].name, nsec_to_ms(took));
		if (open_descriptors() != descriptors)
			fail_msg("row \"%s\": descriptors left open", rows[i].name);
		arena_deinit(&r.arena);
	}
}

static void an_answer_holds_question_and_records(void **state)
{
	struct run r;
	char text[ADDR_TEXT_MAX];
	(void)state;

	start_run(&r, "a", "a");
	ask(&r, "a.example");
	loop_run(r.loop);
	const struct obs_dns *d = &r.results[0].dns;
	assert_int_equal(d->role, DNS_GIVEN);
	assert_true(addr_same_ip(&d->server, &r.server.address));
	assert_int_equal(d->server.port, r.server.address.port);
	assert_string_equal(d->name, "a.example");
	assert_int_equal(d->type, DNS_TYPE_A);
	assert_int_equal(d->rcode, 0);
	assert_true(d->ra && d->edns);
	assert_int_equal(d->n_records, 1);
	assert_string_equal(addr_format(&d->records[0].address, text), "10.0.0.4");
	assert_int_equal(r.server.n_edns, 1);
	end_run(&r);
	arena_deinit(&r.arena);
}

static void a_truncated_answer_is_a_result_of_its_own(void **state)
{
	struct run r;
	(void)state;

	start_run(&r, "t", "a");
	ask(&r, "a.example");
	loop_run(r.loop);
	end_run(&r);
	assert_int_equal(r.n_results, 2);
	assert_true(r.results[0].more);
	assert_true(r.results[0].dns.tc);
	assert_int_equal(r.results[0].dns.transport, DNS_OVER_UDP);
	assert_false(r.results[1].dns.tc);
	assert_int_equal(r.results[1].dns.n_records, 1);
	assert_true(r.results[1].begin >= r.results[0].end);
	arena_deinit(&r.arena);
}

static void a_server_without_edns_is_asked_without(void **state)
{
	struct run r;
	(void)state;

	start_run(&r, "fs", "a");
	ask(&r, "a.example");
	loop_run(r.loop);
	end_run(&r);
	assert_int_equal(r.n_results, 1);
	assert_int_equal(r.results[0].dns.rcode, 2);
	assert_false(r.results[0].dns.edns);
	assert_int_equal(r.server.n_datagrams, 2);
	assert_int_equal(r.server.n_edns, 1);
	arena_deinit(&r.arena);
}

static void a_closed_port_is_refused_and_names_who_said_so(void **state)
{
	struct run r;
	char text[ADDR_TEXT_MAX];
	(void)state;

	start_run(&r, "a", "a");
	stop_server(&r.server);
	ask(&r, "a.example");
	loop_run(r.loop);
	end_run(&r);
	const struct dns_result *last = &r.results[0];
	assert_int_equal(last->dns.outcome, DNS_NET_ERROR);
	assert_int_equal(last->dns.err, ECONNREFUSED);
	assert_true(last->dns.icmp.present);
	assert_int_equal(last->dns.icmp.type, 3);
	assert_int_equal(last->dns.icmp.code, 3);
	assert_string_equal(addr_format(&last->dns.icmp.offender, text), "127.0.0.1");
	assert_true(last->end - last->begin < LIMIT);
	arena_deinit(&r.arena);
}

static void a_closed_tcp_connection_is_a_broken_pipe(void **state)
{
	struct run r;
	(void)state;

	start_run(&r, "t", "c");
	ask(&r, "a.example");
	loop_run(r.loop);
	end_run(&r);
	assert_int_equal(r.results[1].dns.outcome, DNS_NET_ERROR);
	assert_int_equal(r.results[1].dns.err, EPIPE);
	assert_int_equal(r.server.n_streams, 2);
	arena_deinit(&r.arena);
}

static void what_cannot_be_sent_is_told_apart(void **state)
{
	struct run r;
	(void)state;

	start_run(&r, "a", "a");
	ask(&r, "a..example");
	loop_run(r.loop);
	end_run(&r);
	assert_int_equal(r.results[0].dns.outcome, DNS_CANNOT_SEND);
	assert_int_equal(r.results[0].dns.err, 0);
	arena_deinit(&r.arena);

	start_run(&r, "a", "a");
	assert_true(addr_parse("192.0.2.77", &r.plan.source));
	ask(&r, "a.example");
	loop_run(r.loop);
	end_run(&r);
	assert_int_equal(r.results[0].dns.outcome, DNS_CANNOT_SEND);
	assert_int_equal(r.results[0].dns.err, EADDRNOTAVAIL);
	arena_deinit(&r.arena);
}

static void a_late_answer_to_an_earlier_copy_counts(void **state)
{
	struct run r;
	(void)state;

	start_run(&r, ".1", "a");
	ask(&r, "a.example");
	loop_run(r.loop);
	end_run(&r);
	assert_int_equal(r.results[0].dns.outcome, DNS_ANSWERED);
	assert_int_equal(r.server.n_datagrams, 2);
	arena_deinit(&r.arena);
}

static void end_loop(void *arg)
{
	loop_end(arg);
}

static void run_for(struct run *r, nsec_t time)
{
	struct loop_timer *t = loop_timer_start(r->loop, time, end_loop, r->loop);
	loop_run(r->loop);
	loop_timer_stop(t);
}

static void a_server_is_asked_no_more_than_its_limit_at_once(void **state)
{
	enum {
		N = 3 * DNS_MAX_IN_FLIGHT
	};

	struct run r;
	(void)state;

	start_run(&r, ".", "a");
	r.n_wanted = N;
	for (unsigned i = 0; i < N; i++)
		ask(&r, "a.example");
	run_for(&r, LIMIT / 6);
	assert_int_equal(r.server.n_datagrams, DNS_MAX_IN_FLIGHT);
	r.server.udp_script = "a";
	loop_run(r.loop);
	end_run(&r);
	assert_int_equal(r.n_results, N);
	/* The last ones waited longer than the limit, with their clock stopped. */
	const struct dns_result *last = &r.results[(N - 1) % COUNT(r.results)];
	assert_int_equal(last->dns.outcome, DNS_ANSWERED);
	assert_true(last->end - last->begin < LIMIT / 3);
	arena_deinit(&r.arena);
}

static void a_dead_server_costs_each_question_one_limit(void **state)
{
	enum {
		N = DNS_MAX_IN_FLIGHT + 1
	};

	struct run r;
	(void)state;

	start_run(&r, ".", "a");
	r.n_wanted = N;
	nsec_t begin = nsec_now();
	for (unsigned i = 0; i < N; i++)
		ask(&r, "a.example");
	loop_run(r.loop);
	nsec_t took = nsec_now() - begin;
	end_run(&r);
	assert_true(took >= 2 * LIMIT);
	assert_true(took < 3 * LIMIT);
	assert_int_equal(r.server.n_datagrams, 3 * N);
	arena_deinit(&r.arena);
}

static void cancelled_queries_say_nothing(void **state)
{
	struct run r;
	(void)state;

	start_run(&r, ".", "a");
	struct dns_query *waiting = ask(&r, "a.example");
	dns_query_cancel(waiting);
	struct dns_query *sent = ask(&r, "b.example");
	assert_int_equal(dns_query_waited(sent), 0);
	run_for(&r, LIMIT / 6);
	assert_int_equal(r.server.n_datagrams, 1);
	assert_true(dns_query_waited(sent) > 0);
	dns_query_cancel(sent);
	r.server.udp_script = "a";
	ask(&r, "c.example");
	loop_run(r.loop);
	run_for(&r, 2 * LIMIT);
	end_run(&r);
	assert_int_equal(r.n_results, 1);
	assert_string_equal(r.results[0].dns.name, "c.example");
	arena_deinit(&r.arena);
}

static void a_query_can_be_cancelled_from_a_callback(void **state)
{
	struct run r;
	(void)state;

	/* Itself, while its answer over TCP is still to come. */
	start_run(&r, "t", "a");
	r.n_wanted = 2;
	r.cancel_in_done = ask(&r, "a.example");
	run_for(&r, LIMIT / 3);
	assert_int_equal(r.n_results, 1);
	end_run(&r);
	arena_deinit(&r.arena);

	/* Another one. */
	start_run(&r, "a", "a");
	ask(&r, "a.example");
	r.n_wanted = 2;
	r.cancel_in_done = ask(&r, "b.example");
	run_for(&r, LIMIT / 3);
	assert_int_equal(r.n_results, 1);
	end_run(&r);
	arena_deinit(&r.arena);
}

static void a_client_can_go_with_questions_open(void **state)
{
	struct run r;
	unsigned descriptors = open_descriptors();
	(void)state;

	start_run(&r, ".", "a");
	for (unsigned i = 0; i < DNS_MAX_IN_FLIGHT + 5; i++)
		ask(&r, "a.example");
	run_for(&r, LIMIT / 2);
	end_run(&r);
	assert_int_equal(r.n_results, 0);
	assert_int_equal(open_descriptors(), descriptors);
	arena_deinit(&r.arena);
}

/* libuv opens two descriptors with the first loop and keeps them. */
static int warm_up(void **state)
{
	(void)state;
	loop_free(loop_new());
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_query_to_a_server_that),
		cmocka_unit_test(an_answer_holds_question_and_records),
		cmocka_unit_test(a_truncated_answer_is_a_result_of_its_own),
		cmocka_unit_test(a_server_without_edns_is_asked_without),
		cmocka_unit_test(a_closed_port_is_refused_and_names_who_said_so),
		cmocka_unit_test(a_closed_tcp_connection_is_a_broken_pipe),
		cmocka_unit_test(what_cannot_be_sent_is_told_apart),
		cmocka_unit_test(a_late_answer_to_an_earlier_copy_counts),
		cmocka_unit_test(a_server_is_asked_no_more_than_its_limit_at_once),
		cmocka_unit_test(a_dead_server_costs_each_question_one_limit),
		cmocka_unit_test(cancelled_queries_say_nothing),
		cmocka_unit_test(a_query_can_be_cancelled_from_a_callback),
		cmocka_unit_test(a_client_can_go_with_questions_open),
	};
	return cmocka_run_group_tests(tests, warm_up, NULL);
}
