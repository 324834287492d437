/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/checks/obs_builder.h"

#define PEER "20.1.1.1:443"
#define URL  "wss://ci1.westeurope.instances.azureml.ms/api/kernels/0/channels"
#define BODY "Can \"Upgrade\" only to \"WebSocket\"."

static const struct header offers = { "Sec-WebSocket-Protocol", "v1.kernel" };

static int begin(struct run *r, bool offered)
{
	run_init(r);
	int t = run_add(r, URL, NULL);
	if (offered) {
		r->targets[t].request.headers = &offers;
		r->targets[t].request.n_headers = 1;
	}
	see(r, tcp_connected(r, t, PEER));
	see(r, tls_verified(r, t, PEER, NULL));
	return t;
}

static void see_upgrade(
    struct run *r, int t, int status, const char *body, const char *const *fields)
{
	struct obs o = http_answer(r, t, PEER, status, body, fields);
	o.http.upgrade = true;
	o.http.accept_valid = status == 101;
	o.http.url = "https://ci1/";
	see(r, o);
}

static struct obs frames(struct run *r, int t, enum websocket_outcome outcome)
{
	struct obs o = obs_of(r, t, OBS_WEBSOCKET, 3 * NSEC_PER_MSEC);
	o.websocket =
	    (struct obs_websocket){ .peer = address(PEER), .outcome = outcome };
	return o;
}

static void what_follows_the_upgrade_decides(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		enum websocket_outcome outcome;
		bool pong;
		int close_code;
		enum status verdict;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "ping and goodbye", WEBSOCKET_CLOSED, true, 1000, STATUS_PASS, NULL,
		    CONFIDENCE_CERTAIN },
		{ "ping, then the peer just goes", WEBSOCKET_ENDED, true, 0,
		    STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
		{ "ping, then nonsense", WEBSOCKET_MALFORMED, true, 0, STATUS_PASS,
		    NULL, CONFIDENCE_CERTAIN },
		{ "sent away by policy", WEBSOCKET_CLOSED, false, 1008, STATUS_PASS,
		    NULL, CONFIDENCE_CERTAIN },
		{ "server in trouble", WEBSOCKET_CLOSED, false, 1011, STATUS_WARN,
		    "http_unexpected", CONFIDENCE_LIKELY },
		{ "gateway in trouble", WEBSOCKET_CLOSED, false, 1014, STATUS_WARN,
		    "http_unexpected", CONFIDENCE_LIKELY },
		{ "application's own status", WEBSOCKET_CLOSED, false, 4003,
		    STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
		{ "silence", WEBSOCKET_TIMEOUT, false, 0, STATUS_FAIL, "ws_no_frames",
		    CONFIDENCE_CANNOT_TELL },
		{ "nonsense", WEBSOCKET_MALFORMED, false, 0, STATUS_FAIL,
		    "ws_protocol_error", CONFIDENCE_LIKELY },
		{ "flood", WEBSOCKET_TOO_MUCH, false, 0, STATUS_FAIL,
		    "ws_protocol_error", CONFIDENCE_LIKELY },
		{ "reset", WEBSOCKET_RESET, false, 0, STATUS_FAIL, "connection_reset",
		    CONFIDENCE_CANNOT_TELL },
		{ "end", WEBSOCKET_ENDED, false, 0, STATUS_FAIL, "connection_closed",
		    CONFIDENCE_CANNOT_TELL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		int t = begin(&r, false);
		see_upgrade(&r, t, 101, NULL, NULL);
		struct obs o = frames(&r, t, rows[i].outcome);
		o.websocket.ping_rtt = rows[i].pong ? NSEC_PER_MSEC : 0;
		o.websocket.close_code = rows[i].close_code;
		see(&r, o);
		run_judge(&r);
		run_expect(&r, t, rows[i].row, rows[i].verdict, rows[i].cause,
		    rows[i].confidence);
		if (rows[i].cause)
			assert_int_equal(r.verdicts.items[t].stage, STAGE_WEBSOCKET);
		run_deinit(&r);
	}
}

static void what_was_not_offered_must_not_be_chosen(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		bool offered;
		const char *field;
		const char *cause;
	} rows[] = {
		{ "nothing chosen", true, NULL, NULL },
		{ "the offer", true, "sec-websocket-protocol: v1.kernel", NULL },
		{ "another", true, "sec-websocket-protocol: v2", "ws_protocol_error" },
		{ "without an offer", false, "sec-websocket-protocol: v1.kernel",
		    "ws_protocol_error" },
		{ "an extension", true, "sec-websocket-extensions: x",
		    "ws_protocol_error" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		const char *const fields[] = { rows[i].field, NULL };
		int t = begin(&r, rows[i].offered);
		see_upgrade(&r, t, 101, NULL, fields);
		struct obs o = frames(&r, t, WEBSOCKET_CLOSED);
		o.websocket.ping_rtt = NSEC_PER_MSEC;
		see(&r, o);
		run_judge(&r);
		run_expect(&r, t, rows[i].row,
		    rows[i].cause ? STATUS_FAIL : STATUS_PASS, rows[i].cause,
		    CONFIDENCE_CERTAIN);
		run_deinit(&r);
	}
}

static void a_plain_request_tells_whether_the_upgrade_was_seen(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		int upgrade, plain; /* plain 0 = was not asked */
		const char *body;
		enum status verdict;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "a page, nothing beside it", 200, 0, NULL, STATUS_FAIL,
		    "ws_upgrade_stripped", CONFIDENCE_POSSIBLE },
		{ "the same page", 200, 200, NULL, STATUS_FAIL, "ws_upgrade_stripped",
		    CONFIDENCE_LIKELY },
		{ "only upgrades get that page", 200, 404, NULL, STATUS_PASS, NULL,
		    CONFIDENCE_CERTAIN },
		{ "Jupyter misses the upgrade", 400, 400, BODY, STATUS_FAIL,
		    "ws_upgrade_stripped", CONFIDENCE_LIKELY },
		{ "sign-in before everything", 403, 403, NULL, STATUS_PASS, NULL,
		    CONFIDENCE_LIKELY },
		{ "sign-in for upgrades", 403, 400, NULL, STATUS_PASS, NULL,
		    CONFIDENCE_CERTAIN },
		{ "no such path", 404, 404, NULL, STATUS_PASS, NULL,
		    CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		int t = begin(&r, false);
		see_upgrade(&r, t, rows[i].upgrade, rows[i].body, NULL);
		if (rows[i].plain)
			see(&r, http_answer(&r, t, PEER, rows[i].plain, NULL, NULL));
		run_judge(&r);
		run_expect(&r, t, rows[i].row, rows[i].verdict, rows[i].cause,
		    rows[i].confidence);
		run_deinit(&r);
	}
}

static void the_same_upgrade_on_another_route_makes_it_certain(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		bool other_proxied, other_accepted;
		enum confidence confidence;
	} rows[] = {
		{ "accepted through the proxy", true, true, CONFIDENCE_CERTAIN },
		{ "accepted on the same route", false, true, CONFIDENCE_LIKELY },
		{ "refused through the proxy", true, false, CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		int t = begin(&r, false);
		see_upgrade(&r, t, 426, NULL, NULL);
		int other = run_add(&r, URL "?2", NULL);
		struct obs o = http_answer(
		    &r, other, PEER, rows[i].other_accepted ? 101 : 426, NULL, NULL);
		o.http.upgrade = true;
		o.http.accept_valid = rows[i].other_accepted;
		o.http.via_proxy = rows[i].other_proxied;
		o.http.url = "https://ci1/";
		see(&r, o);
		run_judge(&r);
		run_expect(&r, t, rows[i].row, STATUS_FAIL, "ws_upgrade_stripped",
		    rows[i].confidence);
		run_deinit(&r);
	}
}

/* --- Jupyter ---------------------------------------------------------------------- */

struct step {
	enum jupyter_step step;
	enum jupyter_outcome outcome;
	int status;
	const char *result;
};

#define ALL_OF_THE_KERNEL                                                              \
	{ JUPYTER_START_KERNEL, JUPYTER_DONE, 201, NULL },                             \
	    { JUPYTER_OPEN_CHANNEL, JUPYTER_DONE, 101, NULL },                         \
	{                                                                              \
		JUPYTER_EXECUTE, JUPYTER_DONE, 0, "2"                                  \
	}
#define DELETED                                                                        \
	{                                                                              \
		JUPYTER_DELETE_KERNEL, JUPYTER_DONE, 204, NULL                         \
	}
#define STARTED                                                                        \
	{                                                                              \
		JUPYTER_START_KERNEL, JUPYTER_DONE, 201, NULL                          \
	}

static void the_first_step_that_fails_names_the_cause(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		struct step steps[6];
		size_t n_steps;
		enum status verdict;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "computed", { ALL_OF_THE_KERNEL, DELETED }, 4, STATUS_PASS, NULL,
		    CONFIDENCE_CERTAIN },
		{ "no terminals there",
		    { ALL_OF_THE_KERNEL, DELETED,
			{ JUPYTER_START_TERMINAL, JUPYTER_REFUSED, 404, NULL } },
		    5, STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
		{ "terminal without a websocket",
		    { ALL_OF_THE_KERNEL, DELETED,
			{ JUPYTER_START_TERMINAL, JUPYTER_DONE, 200, NULL },
			{ JUPYTER_OPEN_TERMINAL, JUPYTER_REFUSED, 403, NULL } },
		    6, STATUS_WARN, "jupyter_failed", CONFIDENCE_LIKELY },
		{ "token refused",
		    { { JUPYTER_START_KERNEL, JUPYTER_REFUSED, 403, NULL } }, 1,
		    STATUS_INCONCLUSIVE, "jupyter_token_refused", CONFIDENCE_LIKELY },
		{ "token withheld",
		    { { JUPYTER_START_KERNEL, JUPYTER_TOKEN_WITHHELD, 0, NULL } }, 1,
		    STATUS_INCONCLUSIVE, "jupyter_token_withheld", CONFIDENCE_CERTAIN },
		{ "no kernels",
		    { { JUPYTER_START_KERNEL, JUPYTER_REFUSED, 500, NULL } }, 1,
		    STATUS_FAIL, "jupyter_failed", CONFIDENCE_LIKELY },
		{ "upgrade lost",
		    { STARTED, { JUPYTER_OPEN_CHANNEL, JUPYTER_REFUSED, 400, BODY },
			DELETED },
		    3, STATUS_FAIL, "ws_upgrade_stripped", CONFIDENCE_CERTAIN },
		{ "upgrade refused, not lost",
		    { STARTED, { JUPYTER_OPEN_CHANNEL, JUPYTER_REFUSED, 403, "no" },
			DELETED },
		    3, STATUS_FAIL, "jupyter_failed", CONFIDENCE_LIKELY },
		{ "wrong key",
		    { STARTED, { JUPYTER_OPEN_CHANNEL, JUPYTER_REFUSED, 101, NULL },
			DELETED },
		    3, STATUS_FAIL, "ws_accept_bad", CONFIDENCE_CERTAIN },
		{ "no result",
		    { STARTED, { JUPYTER_OPEN_CHANNEL, JUPYTER_DONE, 101, NULL },
			{ JUPYTER_EXECUTE, JUPYTER_NO_ANSWER, 0, NULL }, DELETED },
		    4, STATUS_FAIL, "ws_no_frames", CONFIDENCE_CANNOT_TELL },
		{ "wrong result",
		    { STARTED, { JUPYTER_OPEN_CHANNEL, JUPYTER_DONE, 101, NULL },
			{ JUPYTER_EXECUTE, JUPYTER_WRONG_ANSWER, 0, "3" }, DELETED },
		    4, STATUS_FAIL, "jupyter_failed", CONFIDENCE_LIKELY },
		{ "left behind",
		    { ALL_OF_THE_KERNEL,
			{ JUPYTER_DELETE_KERNEL, JUPYTER_NO_ANSWER, 0, NULL } },
		    4, STATUS_WARN, "jupyter_left_behind", CONFIDENCE_CERTAIN },
		{ "cut",
		    { STARTED, { JUPYTER_OPEN_CHANNEL, JUPYTER_CUT, 0, NULL },
			DELETED },
		    3, STATUS_INCONCLUSIVE, "not_finished", CONFIDENCE_CANNOT_TELL },
		{ "cut after the result",
		    { ALL_OF_THE_KERNEL,
			{ JUPYTER_DELETE_KERNEL, JUPYTER_CUT, 0, NULL } },
		    4, STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		int t = begin(&r, false);
		see_upgrade(&r, t, 403, NULL, NULL);
		for (size_t k = 0; k < rows[i].n_steps; k++) {
			const struct step *s = &rows[i].steps[k];
			struct obs o = obs_of(&r, t, OBS_JUPYTER, NSEC_PER_MSEC);
			o.jupyter = (struct obs_jupyter){ .peer = address(PEER),
				.step = s->step,
				.outcome = s->outcome,
				.http_status = s->status,
				.result = s->result };
			see(&r, o);
		}
		run_judge(&r);
		run_expect(&r, t, rows[i].row, rows[i].verdict, rows[i].cause,
		    rows[i].confidence);
		run_deinit(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_follows_the_upgrade_decides),
		cmocka_unit_test(what_was_not_offered_must_not_be_chosen),
		cmocka_unit_test(a_plain_request_tells_whether_the_upgrade_was_seen),
		cmocka_unit_test(the_same_upgrade_on_another_route_makes_it_certain),
		cmocka_unit_test(the_first_step_that_fails_names_the_cause),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
