/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include "tests/unit/checks/probe_builder.h"

#define PEER  "20.1.1.1:443"
#define HTTP  "20.1.1.1:80"
#define ELSE  "20.2.2.2:443"
#define THIRD "20.3.3.3:443"

/* An observation of that time, in ms since the start of the run. */
static const struct obs *see_at(struct run *r, struct obs o, int begin, int end)
{
	o.begin = begin * NSEC_PER_MSEC;
	o.end = end * NSEC_PER_MSEC;
	return see(r, o);
}

static void begin(struct run *r)
{
	run_init(r);
	run_add(r, "tcp://20.1.1.1:443", NULL);
	run_add(r, "https://b.example", NULL);
	see_at(r, tcp_timeout(r, 0, PEER), 10, 1010);
}

/* What is asked of every silent attempt: letters as in control() and see_scan(). */
static void see_probes(struct run *r, char repeat, const char *scan, char other)
{
	if (repeat)
		see_at(r, control(r, 0, PEER, CONTROL_REPEAT, repeat), 400, 1300);
	if (scan)
		see_scan(r, 0, PEER, scan);
	if (other)
		see_at(r, control(r, 0, HTTP, CONTROL_OTHER_PORT, other), 400, 1300);
}

static void ports_that_ran_out(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		const char *accepted; /* an earlier connection; NULL = none */
		int accepted_at;
		char repeat;
		const char *scan;
		char other;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "accepted first, silent since", PEER, 5, '.', "ee....", 'c',
		    "snat_exhaustion_suspected", CONFIDENCE_LIKELY },
		{ "nobody was accepted", NULL, 0, '.', "ee....", 'c', "silent_drop",
		    CONFIDENCE_LIKELY },
		{ "another address was", ELSE, 5, '.', "ee....", 'c', "silent_drop",
		    CONFIDENCE_LIKELY },
		{ "another port was", HTTP, 5, '.', "ee....", 'c', "silent_drop",
		    CONFIDENCE_LIKELY },
		{ "accepted after the failure began", PEER, 50, '.', "ee....", 'c',
		    "silent_drop", CONFIDENCE_LIKELY },
		{ "a later attempt came through", PEER, 5, 'c', "ee....", 'c',
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "one of the scan came through", PEER, 5, '.', "ee...c", 'c',
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "the address is silent altogether", PEER, 5, '.', "ee....", '.',
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "there was no second attempt", PEER, 5, 0, "ee....", 'c',
		    "silent_drop", CONFIDENCE_LIKELY },
		{ "there was no scan", PEER, 5, '.', NULL, 'c', "silent_drop",
		    CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		if (rows[i].accepted)
			see_at(&r, tcp_connected(&r, 1, rows[i].accepted),
			    rows[i].accepted_at, rows[i].accepted_at + 1);
		see_probes(&r, rows[i].repeat, rows[i].scan, rows[i].other);
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

static void sessions_that_ran_out(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		char good, third; /* asked again from 400 to 1300 ms; 0 = not */
		int answered[2];  /* an answer on an open connection; 0 = none */
		char repeat;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "open ones work, new ones do not", '.', 0, { 20, 3000 }, '.',
		    "session_limit_suspected", CONFIDENCE_POSSIBLE },
		{ "the peer accepts a new one", 'c', 0, { 20, 3000 }, '.',
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "another one does", '.', 'c', { 20, 3000 }, '.', "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "nobody was asked again", 0, 0, { 20, 3000 }, '.', "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "a peer that refuses is no silent one", 'r', 0, { 20, 3000 }, '.',
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "no open connection got an answer since", '.', 0, { 20, 30 }, '.',
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "the answer's connection is a newer one", '.', 0, { 1400, 3000 }, '.',
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
		{ "no answer at all", '.', 0, { 0, 0 }, '.', "silent_drop",
		    CONFIDENCE_CANNOT_TELL },
		{ "this one came through at last", '.', 0, { 20, 3000 }, 'c',
		    "silent_drop", CONFIDENCE_CANNOT_TELL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r);
		see_at(&r, tcp_connected(&r, 1, ELSE), 5, 6);
		see_at(&r, tls_verified(&r, 1, ELSE, NULL), 7, 9);
		if (rows[i].answered[0])
			see_at(&r, http_answer(&r, 1, ELSE, 200, NULL, NULL),
			    rows[i].answered[0], rows[i].answered[1]);
		see_probes(&r, rows[i].repeat, "e.....", '.');
		if (rows[i].good)
			see_at(&r,
			    control(&r, 0, ELSE, CONTROL_KNOWN_GOOD, rows[i].good), 400,
			    1300);
		if (rows[i].third)
			see_at(&r,
			    control(&r, 0, THIRD, CONTROL_KNOWN_GOOD, rows[i].third),
			    400, 1300);
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_that_ran_out),
		cmocka_unit_test(sessions_that_ran_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
