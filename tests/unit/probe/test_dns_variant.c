/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/base/arena.h"
#include "probe/forensics/forensics.h"
#include "probe/net/sock.h"

#define NAME "name.example"

enum {
	MEMORY = 1 << 20,
	DATAGRAM_MAX = 512,
	TIMEOUT_MS = 300,
	INITIAL_TTL = 64
};

/* What the server does with a question. */
enum manner {
	MUTE,
	ANSWER,
	ANSWER_TWICE, /* the second one from another distance, and another rcode */
	ANSWER_ANOTHER_ID,
	ANSWER_GARBAGE,
	FLOOD,
};

struct bench {
	struct arena arena;
	struct loop *loop;
	struct plan plan;
	struct forensics forensics;
	struct addr peer;
	enum manner manner;
	unsigned mute_for;    /* so many questions stay without an answer */
	int server, accepted; /* -1 = closed */
	struct loop_io *io, *stream;
	unsigned n_questions;
	uint8_t question[DATAGRAM_MAX];
	size_t question_len;
	struct loop_timer *timer;
	struct job *job;
	struct obs obs;
	unsigned packets, done;
};

static void reply(
    struct bench *b, const struct sockaddr_storage *to, socklen_t len, uint8_t rcode)
{
	uint8_t bytes[DATAGRAM_MAX];
	size_t n = b->question_len;

	memcpy(bytes, b->question, n);
	bytes[2] |= 0x80;
	bytes[3] = rcode;
	if (b->manner == ANSWER_ANOTHER_ID)
		bytes[0] ^= 1;
	if (b->manner == ANSWER_GARBAGE)
		n = 5;
	assert_int_equal(
	    sendto(b->server, bytes, n, 0, (const struct sockaddr *)to, len), n);
}

static void on_question(void *arg, int fd, unsigned events)
{
	struct bench *b = arg;
	struct sockaddr_storage from;
	socklen_t len = sizeof from;
	ssize_t n = recvfrom(fd, b->question, sizeof b->question, MSG_DONTWAIT,
	    (struct sockaddr *)&from, &len);
	(void)events;

	if (n < 0)
		return;
	b->question_len = (size_t)n;
	if (++b->n_questions <= b->mute_for || b->manner == MUTE)
		return;
	if (b->manner == FLOOD)
		for (unsigned i = 0; i < 100; i++)
			reply(b, &from, len, 0);
	reply(b, &from, len, 0);
	if (b->manner != ANSWER_TWICE)
		return;
	assert_int_equal(sock_set_ttl(b->server, AF_INET, 33), 0);
	reply(b, &from, len, 3);
}

static void set_up(struct bench *b, enum manner manner)
{
	struct sockaddr_storage ss;
	*b = (struct bench){ .manner = manner,
		.accepted = -1,
		.plan = { .connect_timeout = TIMEOUT_MS * NSEC_PER_MSEC } };
	arena_init(&b->arena, MEMORY);
	b->loop = loop_new();
	forensics_init(&b->forensics, b->loop, &b->plan, &b->arena);
	assert_true(addr_parse("127.0.0.1", &b->peer));
	b->server = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t len = addr_to_sockaddr(&b->peer, &ss);
	assert_int_equal(bind(b->server, (const struct sockaddr *)&ss, len), 0);
	assert_int_equal(sock_set_ttl(b->server, AF_INET, INITIAL_TTL), 0);
	b->peer = sock_local(b->server);
	b->io = loop_io_start(b->loop, b->server, LOOP_READ, on_question, b);
}

static void close_server(struct bench *b)
{
	loop_io_stop(b->io);
	b->io = NULL;
	close(b->server);
	b->server = -1;
}

static void tear_down(struct bench *b)
{
	loop_timer_stop(b->timer);
	loop_io_stop(b->stream);
	if (b->accepted >= 0)
		close(b->accepted);
	if (b->server >= 0)
		close_server(b);
	forensics_deinit(&b->forensics);
	loop_free(b->loop);
	arena_deinit(&b->arena);
}

static void on_done(void *arg, struct obs *obs, unsigned packets)
{
	struct bench *b = arg;
	b->job = NULL;
	b->obs = *obs;
	b->packets = packets;
	b->done++;
	loop_end(b->loop);
}

static void start(struct bench *b, struct dns_form form)
{
	form.type = DNS_TYPE_A;
	const struct order order = {
		.kind = ORDER_DNS_VARIANT, .peer = b->peer, .name = NAME, .form = form
	};
	b->job = job_start(&b->forensics, &order, on_done, b);
	assert_non_null(b->job);
	assert_int_equal(b->done, 0);
}

static const struct obs_dns_variant *run(struct bench *b, struct dns_form form)
{
	start(b, form);
	loop_run(b->loop);
	assert_int_equal(b->done, 1);
	assert_int_equal(b->obs.kind, OBS_DNS_VARIANT);
	assert_int_equal(b->obs.stage, STAGE_DNS);
	assert_int_equal(b->packets, b->obs.dns_variant.sent);
	return &b->obs.dns_variant;
}

static void a_reply_tells_its_ttl_and_its_size(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b, ANSWER);
	const struct obs_dns_variant *o = run(&b, (struct dns_form){ 0 });
	assert_int_equal(o->ended, ORDER_DONE);
	assert_int_equal(o->outcome, DNS_ANSWERED);
	assert_int_equal(o->sent, 1);
	assert_int_equal(o->n_replies, 1);
	assert_int_equal(o->replies[0].ttl, INITIAL_TTL);
	assert_int_equal(o->replies[0].copy, 1);
	assert_int_equal(o->replies[0].size, b.question_len);
	assert_true(o->replies[0].after > 0);
	tear_down(&b);
}

static void the_form_is_what_the_server_sees(void **state)
{
	(void)state;

	static const struct {
		struct dns_form form;
		unsigned additional;
		uint8_t flags; /* second byte */
	} rows[] = {
		{ { 0 }, 0, 0 },
		{ { .edns_size = 512 }, 1, 0 },
		{ { .edns_size = 4096, .cd = true }, 1, 0x10 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bench b;
		set_up(&b, ANSWER);
		run(&b, rows[i].form);
		const uint8_t *q = b.question;
		assert_int_equal(q[11], rows[i].additional);
		assert_int_equal(q[3], rows[i].flags);
		if (rows[i].form.edns_size) {
			const uint8_t *opt = q + b.question_len - 11;
			assert_int_equal(opt[3] << 8 | opt[4], rows[i].form.edns_size);
		}
		tear_down(&b);
	}
}

static void a_second_reply_is_heard_by_who_listens_on(void **state)
{
	(void)state;

	static const struct {
		bool listen_on;
		size_t replies;
	} rows[] = { { false, 1 }, { true, 2 } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bench b;
		set_up(&b, ANSWER_TWICE);
		const struct obs_dns_variant *o =
		    run(&b, (struct dns_form){ .listen_on = rows[i].listen_on });
		/* Both may lie in the socket already when the first is read. */
		assert_in_range(o->n_replies, rows[i].replies, 2);
		assert_int_equal(o->replies[0].ttl, INITIAL_TTL);
		assert_int_equal(o->replies[0].rcode, 0);
		if (o->n_replies == 2) {
			assert_int_equal(o->replies[1].ttl, 33);
			assert_int_equal(o->replies[1].rcode, 3);
			assert_int_equal(o->replies[1].copy, 1);
		}
		tear_down(&b);
	}
}

static void no_more_replies_are_kept_than_the_bound(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b, FLOOD);
	assert_int_equal(run(&b, (struct dns_form){ .listen_on = true })->n_replies,
	    OBS_MAX_REPLIES);
	tear_down(&b);
}

static void silence_is_met_with_copies_unless_once(void **state)
{
	(void)state;

	static const struct {
		bool once;
		unsigned sent;
	} rows[] = { { false, ORDER_DNS_COPIES }, { true, 1 } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bench b;
		set_up(&b, MUTE);
		const struct obs_dns_variant *o =
		    run(&b, (struct dns_form){ .once = rows[i].once });
		assert_int_equal(o->ended, ORDER_DONE);
		assert_int_equal(o->outcome, DNS_TIMEOUT);
		assert_int_equal(o->n_replies, 0);
		assert_int_equal(o->sent, rows[i].sent);
		assert_int_equal(b.n_questions, rows[i].sent);
		tear_down(&b);
	}
}

static void a_reply_names_the_copy_that_it_answers(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b, ANSWER);
	b.mute_for = 1;
	const struct obs_dns_variant *o = run(&b, (struct dns_form){ 0 });
	assert_int_equal(o->outcome, DNS_ANSWERED);
	assert_int_equal(o->replies[0].copy, 2);
	assert_true(o->replies[0].after < TIMEOUT_MS * NSEC_PER_MSEC);
	tear_down(&b);
}

static void what_is_no_answer_is_not_kept(void **state)
{
	(void)state;

	static const struct {
		enum manner manner;
		enum dns_outcome outcome;
	} rows[] = {
		{ ANSWER_ANOTHER_ID, DNS_TIMEOUT },
		{ ANSWER_GARBAGE, DNS_MALFORMED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bench b;
		set_up(&b, rows[i].manner);
		const struct obs_dns_variant *o =
		    run(&b, (struct dns_form){ .once = true });
		assert_int_equal(o->outcome, rows[i].outcome);
		assert_int_equal(o->n_replies, 0);
		tear_down(&b);
	}
}

static void a_closed_port_is_a_network_error(void **state)
{
	static const enum dns_transport transports[] = { DNS_OVER_UDP, DNS_OVER_TCP };

	(void)state;

	for (size_t i = 0; i < COUNT(transports); i++) {
		struct bench b;
		set_up(&b, MUTE);
		close_server(&b);
		const struct obs_dns_variant *o =
		    run(&b, (struct dns_form){ .transport = transports[i] });
		assert_int_equal(o->ended, ORDER_DONE);
		assert_int_equal(o->outcome, DNS_NET_ERROR);
		assert_int_equal(o->err, ECONNREFUSED);
		assert_int_equal(o->icmp.present, transports[i] == DNS_OVER_UDP);
		tear_down(&b);
	}
}

/* The server's side of a stream: one question, one answer, in two pieces. */
static void on_stream(void *arg, int fd, unsigned events)
{
	struct bench *b = arg;
	uint8_t bytes[DATAGRAM_MAX];
	(void)events;

	ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
	if (n <= 0)
		return;
	b->n_questions++;
	assert_int_equal(bytes[0] << 8 | bytes[1], n - 2);
	bytes[4] |= 0x80;
	if (b->manner == MUTE) {
		loop_io_stop(b->stream);
		b->stream = NULL;
		close(fd);
		b->accepted = -1;
		return;
	}
	assert_int_equal(send(fd, bytes, 3, 0), 3);
	assert_int_equal(send(fd, bytes + 3, (size_t)n - 3, 0), n - 3);
}

static void on_accept(void *arg, int fd, unsigned events)
{
	struct bench *b = arg;
	(void)events;

	b->accepted = accept(fd, NULL, NULL);
	assert_true(b->accepted >= 0);
	b->stream = loop_io_start(b->loop, b->accepted, LOOP_READ, on_stream, b);
}

static void listen_for_streams(struct bench *b)
{
	struct sockaddr_storage ss;

	close_server(b);
	b->server = socket(AF_INET, SOCK_STREAM, 0);
	/* The port of the datagrams may be in use by streams. */
	b->peer.port = 0;
	socklen_t len = addr_to_sockaddr(&b->peer, &ss);
	assert_int_equal(bind(b->server, (const struct sockaddr *)&ss, len), 0);
	assert_int_equal(listen(b->server, 1), 0);
	b->peer = sock_local(b->server);
	b->io = loop_io_start(b->loop, b->server, LOOP_READ, on_accept, b);
}

static void a_stream_is_read_to_the_end_of_its_message(void **state)
{
	(void)state;

	static const struct {
		enum manner manner;
		enum dns_outcome outcome;
		int err;
	} rows[] = {
		{ ANSWER, DNS_ANSWERED, 0 },
		{ MUTE, DNS_NET_ERROR, EPIPE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bench b;
		set_up(&b, rows[i].manner);
		listen_for_streams(&b);
		const struct obs_dns_variant *o =
		    run(&b, (struct dns_form){ .transport = DNS_OVER_TCP });
		assert_int_equal(o->outcome, rows[i].outcome);
		assert_int_equal(o->err, rows[i].err);
		assert_int_equal(o->n_replies, rows[i].outcome == DNS_ANSWERED);
		assert_int_equal(o->sent, 2);
		tear_down(&b);
	}
}

static void on_cut(void *arg)
{
	struct bench *b = arg;
	assert_non_null(b->job);
	job_cancel(b->job, &b->obs, &b->packets);
	b->job = NULL;
	loop_end(b->loop);
}

static void what_was_heard_before_the_cut_is_told(void **state)
{
	struct bench b;
	(void)state;
	set_up(&b, ANSWER);
	start(&b, (struct dns_form){ .listen_on = true });
	b.timer = loop_timer_start(b.loop, 100 * NSEC_PER_MSEC, on_cut, &b);
	loop_run(b.loop);
	assert_int_equal(b.obs.dns_variant.ended, ORDER_CUT);
	assert_int_equal(b.obs.dns_variant.outcome, DNS_ANSWERED);
	assert_int_equal(b.obs.dns_variant.n_replies, 1);
	assert_int_equal(b.packets, 1);
	tear_down(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_tells_its_ttl_and_its_size),
		cmocka_unit_test(the_form_is_what_the_server_sees),
		cmocka_unit_test(a_second_reply_is_heard_by_who_listens_on),
		cmocka_unit_test(no_more_replies_are_kept_than_the_bound),
		cmocka_unit_test(silence_is_met_with_copies_unless_once),
		cmocka_unit_test(a_reply_names_the_copy_that_it_answers),
		cmocka_unit_test(what_is_no_answer_is_not_kept),
		cmocka_unit_test(a_closed_port_is_a_network_error),
		cmocka_unit_test(a_stream_is_read_to_the_end_of_its_message),
		cmocka_unit_test(what_was_heard_before_the_cut_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
