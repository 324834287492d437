/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/loop/loop.h"
#include "probe/net/sock.h"
#include "probe/udp/udp_send.h"

struct run {
	struct loop *loop;
	struct plan plan;
	struct addr peer;
	int server; /* -1 = none */
	bool answers;
	unsigned received, done;
	nsec_t times[8];
	struct obs_udp obs;
	nsec_t begin, end;
};

static void on_server(void *arg, int fd, unsigned events)
{
	struct run *r = arg;
	char buf[64];
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;
	(void)events;

	ssize_t n = recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&ss, &len);
	assert_int_equal(n, UDP_PAYLOAD_SIZE);
	r->times[r->received++ % COUNT(r->times)] = nsec_now();
	if (r->answers)
		sendto(fd, buf, 1, 0, (const struct sockaddr *)&ss, len);
}

static void on_done(void *arg, const struct obs_udp *obs, nsec_t begin, nsec_t end)
{
	struct run *r = arg;
	r->done++;
	r->obs = *obs;
	r->begin = begin;
	r->end = end;
	loop_end(r->loop);
}

static void start_run(struct run *r)
{
	*r = (struct run){ .loop = loop_new() };
	assert_non_null(r->loop);
	assert_true(addr_parse("127.0.0.1", &r->peer));
	r->server = sock_open(&r->plan, &r->peer, SOCK_DGRAM);
	assert_true(r->server >= 0);
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&r->peer, &ss);
	assert_int_equal(bind(r->server, (const struct sockaddr *)&ss, len), 0);
	r->peer = sock_local(r->server);
}

static void send_and_wait(struct run *r)
{
	struct loop_io *io =
	    r->server < 0 ? NULL
			  : loop_io_start(r->loop, r->server, LOOP_READ, on_server, r);
	assert_non_null(udp_send_start(r->loop, &r->plan, &r->peer, on_done, r));
	assert_int_equal(r->done, 0);
	loop_run(r->loop);
	loop_io_stop(io);
	if (r->server >= 0)
		close(r->server);
	loop_free(r->loop);
	assert_int_equal(r->done, 1);
}

static void silence_is_two_datagrams_and_a_second(void **state)
{
	struct run r;
	(void)state;

	start_run(&r);
	send_and_wait(&r);
	assert_int_equal(r.obs.outcome, UDP_SILENT);
	assert_int_equal(r.obs.sent, 2);
	assert_int_equal(r.received, 2);
	assert_true(r.times[1] - r.times[0] >= 290 * NSEC_PER_MSEC);
	assert_true(r.end - r.begin >= UDP_SEND_WAIT);
	assert_true(r.end - r.begin < 2 * UDP_SEND_WAIT);
}

static void a_datagram_back_is_an_answer(void **state)
{
	struct run r;
	(void)state;

	start_run(&r);
	r.answers = true;
	send_and_wait(&r);
	assert_int_equal(r.obs.outcome, UDP_ANSWERED);
	assert_int_equal(r.obs.sent, 1);
	assert_true(r.end - r.begin < UDP_SEND_WAIT / 2);
}

static void a_closed_port_is_refused_and_names_who_said_so(void **state)
{
	struct run r;
	char text[ADDR_TEXT_MAX];
	(void)state;

	start_run(&r);
	close(r.server);
	r.server = -1;
	send_and_wait(&r);
	assert_int_equal(r.obs.outcome, UDP_FAILED);
	assert_int_equal(r.obs.err, ECONNREFUSED);
	assert_true(r.obs.icmp.present);
	assert_int_equal(r.obs.icmp.type, 3);
	assert_int_equal(r.obs.icmp.code, 3);
	assert_string_equal(addr_format(&r.obs.icmp.offender, text), "127.0.0.1");
	assert_true(r.end - r.begin < UDP_SEND_WAIT / 2);
}

static void a_source_that_is_not_ours_cannot_be_tried(void **state)
{
	struct run r;
	(void)state;

	start_run(&r);
	assert_true(addr_parse("192.0.2.77", &r.plan.source));
	send_and_wait(&r);
	assert_int_equal(r.obs.outcome, UDP_CANNOT_TRY);
	assert_int_equal(r.obs.err, EADDRNOTAVAIL);
	assert_int_equal(r.obs.sent, 0);
}

static void end_loop(void *arg)
{
	loop_end(arg);
}

static void a_cancelled_one_says_nothing(void **state)
{
	struct run r;
	(void)state;

	start_run(&r);
	struct udp_send *u = udp_send_start(r.loop, &r.plan, &r.peer, on_done, &r);
	struct loop_timer *t =
	    loop_timer_start(r.loop, 50 * NSEC_PER_MSEC, end_loop, r.loop);
	loop_run(r.loop);
	udp_send_cancel(u);
	udp_send_cancel(NULL);
	loop_timer_stop(t);
	loop_free(r.loop);
	close(r.server);
	assert_int_equal(r.done, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_two_datagrams_and_a_second),
		cmocka_unit_test(a_datagram_back_is_an_answer),
		cmocka_unit_test(a_closed_port_is_refused_and_names_who_said_so),
		cmocka_unit_test(a_source_that_is_not_ours_cannot_be_tried),
		cmocka_unit_test(a_cancelled_one_says_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
