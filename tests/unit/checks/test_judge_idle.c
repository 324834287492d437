/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>

#include "tests/unit/checks/obs_builder.h"

#define PEER  "20.1.1.1:443"
#define ALIVE IDLE_ALIVE
#define NONE  IDLE_NOT_OPENED /* of a control: was not there */

/* Silent for 1, 2 and 4 s, then the controls. */
struct row {
	const char *row;
	enum idle_outcome one, two, four, keepalive, pings, fresh;
	enum status status;
	const char *cause;
	enum confidence confidence;
};

static void see_idle(struct run *r, int t, enum idle_mode mode, int time,
    enum idle_outcome outcome, enum stage stage)
{
	bool by_itself = outcome == IDLE_CLOSED || outcome == IDLE_RESET;
	nsec_t begin = r->now + (mode == IDLE_PINGS ? 500 * NSEC_PER_MSEC : 0);
	struct obs o = obs_of(r, t, OBS_IDLE, 0);

	if (mode == IDLE_FRESH && outcome == IDLE_RESET)
		return;
	o.stage = stage;
	o.begin = begin;
	o.end = begin + (by_itself ? 3 : time) * NSEC_PER_SEC;
	o.idle = (struct obs_idle){ .peer = address(PEER),
		.mode = mode,
		.outcome = outcome,
		.idle = time * NSEC_PER_SEC,
		.silent = (by_itself ? 3 : time) * NSEC_PER_SEC,
		.err = outcome == IDLE_NOT_OPENED ? ETIMEDOUT : 0 };
	obslog_append(&r->log, &o);
}

static void see_row(struct run *r, int t, const struct row *row, enum stage stage)
{
	see_idle(r, t, IDLE_SILENT_FLOW, 1, row->one, stage);
	see_idle(r, t, IDLE_SILENT_FLOW, 2, row->two, stage);
	see_idle(r, t, IDLE_SILENT_FLOW, 4, row->four, stage);
	see_idle(r, t, IDLE_KEEPALIVE, 4, row->keepalive, stage);
	if (stage == STAGE_WEBSOCKET)
		see_idle(r, t, IDLE_PINGS, 4, row->pings, stage);
	see_idle(r, t, IDLE_FRESH, 0, row->fresh, stage);
}

static int begin(struct run *r, const char *url)
{
	run_init(r);
	int t = run_add(r, url, NULL);
	see(r, tcp_connected(r, t, PEER));
	if (r->targets[t].protocol == PROTO_TCP)
		return t;
	see(r, tls_verified(r, t, PEER, NULL));
	bool upgrade = r->targets[t].protocol == PROTO_WSS;
	struct obs o = http_answer(r, t, PEER, upgrade ? 101 : 200, NULL, NULL);
	o.http.upgrade = o.http.accept_valid = upgrade;
	see(r, o);
	return t;
}

static void judge_rows(
    const char *url, enum stage stage, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct run r;
		int t = begin(&r, url);
		see_row(&r, t, &rows[i], stage);
		run_judge(&r);
		run_expect(&r, t, rows[i].row, rows[i].status, rows[i].cause,
		    rows[i].confidence);
		run_deinit(&r);
	}
}

#define LOST   IDLE_UNACKNOWLEDGED
#define RST    IDLE_RESET_AT_USE
#define CLOSED IDLE_CLOSED
#define CUT    IDLE_CUT

static void controls_of_a_websocket_tell_whose_limit_it_is(void **state)
{
	(void)state;

	static const struct row rows[] = {
		{ "all alive", ALIVE, ALIVE, ALIVE, ALIVE, ALIVE, ALIVE, STATUS_PASS,
		    NULL, CONFIDENCE_CERTAIN },
		{ "silent, both cure", ALIVE, ALIVE, LOST, ALIVE, ALIVE, ALIVE,
		    STATUS_FAIL, "idle_drop_silent", CONFIDENCE_LIKELY },
		{ "reset, both cure", ALIVE, ALIVE, RST, ALIVE, ALIVE, ALIVE,
		    STATUS_FAIL, "idle_reset", CONFIDENCE_LIKELY },
		{ "closed, pings cure", ALIVE, ALIVE, CLOSED, CLOSED, ALIVE, ALIVE,
		    STATUS_FAIL, "idle_reset", CONFIDENCE_LIKELY },
		{ "closed at an age", ALIVE, ALIVE, CLOSED, CLOSED, CLOSED, ALIVE,
		    STATUS_FAIL, "ws_lifetime_cap", CONFIDENCE_LIKELY },
		{ "peer gone", ALIVE, ALIVE, LOST, LOST, LOST, IDLE_NOT_OPENED,
		    STATUS_FAIL, "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "all silent, peer there", ALIVE, ALIVE, LOST, LOST, LOST, ALIVE,
		    STATUS_FAIL, "data_not_acknowledged", CONFIDENCE_CANNOT_TELL },
		{ "no pings to compare with", ALIVE, ALIVE, LOST, ALIVE, NONE, ALIVE,
		    STATUS_FAIL, "idle_drop_silent", CONFIDENCE_POSSIBLE },
		{ "a longer silence was survived", ALIVE, LOST, ALIVE, ALIVE, ALIVE,
		    ALIVE, STATUS_FAIL, "idle_drop_silent", CONFIDENCE_POSSIBLE },
		{ "cut", ALIVE, ALIVE, CUT, CUT, CUT, ALIVE, STATUS_INCONCLUSIVE,
		    "not_finished", CONFIDENCE_CANNOT_TELL },
		{ "nothing opened", NONE, NONE, NONE, NONE, NONE, NONE, STATUS_PASS,
		    NULL, CONFIDENCE_CERTAIN },
	};

	judge_rows("wss://a.example.com/x", STAGE_WEBSOCKET, rows, COUNT(rows));
}

static void what_servers_do_with_idle_requests_is_no_fault(void **state)
{
	(void)state;

	static const struct row rows[] = {
		{ "the server's own limit", ALIVE, ALIVE, CLOSED, CLOSED, NONE, ALIVE,
		    STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
		{ "the same with a reset", ALIVE, ALIVE, IDLE_RESET, IDLE_RESET, NONE,
		    ALIVE, STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
		{ "closed, but not with keepalive", ALIVE, ALIVE, CLOSED, ALIVE, NONE,
		    ALIVE, STATUS_FAIL, "idle_reset", CONFIDENCE_LIKELY },
		{ "silent", ALIVE, ALIVE, LOST, ALIVE, NONE, ALIVE, STATUS_FAIL,
		    "idle_drop_silent", CONFIDENCE_LIKELY },
		{ "silent whatever is sent", ALIVE, ALIVE, LOST, LOST, NONE, ALIVE,
		    STATUS_FAIL, "idle_drop_silent", CONFIDENCE_POSSIBLE },
		{ "peer gone", ALIVE, ALIVE, LOST, LOST, NONE, IDLE_NOT_OPENED,
		    STATUS_FAIL, "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "nothing is kept", IDLE_NOT_KEPT, IDLE_NOT_KEPT, IDLE_NOT_KEPT,
		    IDLE_NOT_KEPT, NONE, NONE, STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
	};

	judge_rows("https://a.example.com/", STAGE_HTTP, rows, COUNT(rows));
	judge_rows("tcp://a.example.com:5000", STAGE_TCP, rows, COUNT(rows));
}

static void all_that_ends_at_one_moment_has_no_limit_of_age(void **state)
{
	(void)state;
	struct run r;
	int t = begin(&r, "wss://a.example.com/x");
	nsec_t start = r.now;

	for (int i = 0; i < 2; i++) {
		struct obs o = obs_of(&r, t, OBS_IDLE, 0);
		o.stage = STAGE_WEBSOCKET;
		/* Opened half a second apart, ended together. */
		o.begin = start + i * 500 * NSEC_PER_MSEC;
		o.end = start + 3 * NSEC_PER_SEC;
		o.idle = (struct obs_idle){ .peer = address(PEER),
			.mode = i ? IDLE_PINGS : IDLE_SILENT_FLOW,
			.outcome = IDLE_CLOSED,
			.idle = 4 * NSEC_PER_SEC,
			.silent = NSEC_PER_SEC };
		obslog_append(&r.log, &o);
	}
	run_judge(&r);
	run_expect(
	    &r, t, "restart", STATUS_FAIL, "connection_closed", CONFIDENCE_CANNOT_TELL);
	run_deinit(&r);
}

static void the_bracket_and_the_cure_are_told(void **state)
{
	(void)state;
	static const struct row row = { "", ALIVE, ALIVE, LOST, ALIVE, ALIVE, ALIVE,
		STATUS_FAIL, NULL, CONFIDENCE_LIKELY };
	struct run r;
	int t = begin(&r, "wss://a.example.com/x");

	see_row(&r, t, &row, STAGE_WEBSOCKET);
	run_judge(&r);
	assert_string_equal(r.verdicts.items[t].summary,
	    "an idle connection goes dead without a word after more than 2 s and at "
	    "most 4.0 s; TCP keepalive and pings prevent it");
	run_deinit(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(controls_of_a_websocket_tell_whose_limit_it_is),
		cmocka_unit_test(what_servers_do_with_idle_requests_is_no_fault),
		cmocka_unit_test(all_that_ends_at_one_moment_has_no_limit_of_age),
		cmocka_unit_test(the_bracket_and_the_cure_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
