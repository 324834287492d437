/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>

#include "tests/unit/checks/probe_builder.h"

#define PEER  "20.1.1.1:443"
#define MINE  "blocked.example"
#define OTHER "allowed.test"

static const struct catalogue_entry known = { .private_ca = false };

static const struct tcp_facts unacked = { .present = true,
	.unacked = 1,
	.total_retrans = 4,
	.segs_in = 1,
	.bytes_acked = 1 };
static const struct tcp_facts acked = {
	.present = true, .segs_in = 2, .bytes_acked = 518
};
static const struct tcp_facts resent = { .present = true,
	.unacked = 1,
	.total_retrans = 1,
	.segs_in = 4,
	.bytes_acked = 1 };
static const struct tcp_facts repeated = { .present = true,
	.unacked = 1,
	.total_retrans = 4,
	.segs_in = 4,
	.bytes_acked = 1 };

static void begin(struct run *r, enum tls_outcome outcome, const struct tcp_facts *info,
    const struct catalogue_entry *entry)
{
	run_init(r);
	run_add(r, "https://" MINE, entry);
	see(r, tcp_connected(r, 0, PEER));
	struct obs o = tls_verified(r, 0, PEER, NULL);
	o.tls.outcome = outcome;
	o.tls.verified = false;
	o.tls.n_chain = 0;
	if (info)
		o.tls.info = *info;
	o.tls.info.min_rtt_us = UINT32_MAX;
	see(r, o);
}

/* One handshake that differs in the name, the size or the segments. */
static void see_variant(struct run *r, const char *name, uint32_t max_seg, bool split,
    enum tls_outcome outcome, const struct tcp_facts *info)
{
	struct obs o = variant(r, 0, PEER, name, outcome);

	o.tls_variant.max_seg = max_seg;
	o.tls_variant.split_name = split;
	o.tls_variant.hello_size = 1700;
	if (info)
		o.tls_variant.info = *info;
	see(r, o);
}

enum {
	NO = -1 /* not tried */
};

static const uint32_t sizes[] = { 0, 1200, 536, 500 };

static void silence_by_what_cures_it(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		const struct tcp_facts *info, *other_info;
		/* enum tls_outcome, or NO */
		int other, again, small, smaller, smallest;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "nothing tried", &unacked, NULL, NO, NO, NO, NO, NO,
		    "data_not_acknowledged", CONFIDENCE_CANNOT_TELL },
		{ "another name works, a small size does not", &unacked, NULL, TLS_DONE,
		    NO, TLS_TIMEOUT, NO, NO, "sni_drop", CONFIDENCE_CERTAIN },
		{ "another name works, sizes were not tried", &unacked, NULL, TLS_DONE,
		    NO, NO, NO, NO, "sni_drop", CONFIDENCE_POSSIBLE },
		{ "another name works after a loss", &unacked, &resent, TLS_DONE, NO,
		    TLS_TIMEOUT, NO, NO, "data_not_acknowledged",
		    CONFIDENCE_CANNOT_TELL },
		{ "another name works after a loss, this one never does", &unacked,
		    &resent, TLS_DONE, NO, TLS_TIMEOUT, TLS_TIMEOUT, NO, "sni_drop",
		    CONFIDENCE_CERTAIN },
		{ "another name draws an alert", &unacked, NULL, TLS_ALERT, NO,
		    TLS_TIMEOUT, NO, NO, "sni_drop", CONFIDENCE_LIKELY },
		{ "another name works, and so does a small size", &unacked, NULL,
		    TLS_DONE, NO, TLS_DONE, NO, NO, "sni_drop", CONFIDENCE_POSSIBLE },
		{ "two small sizes work, and no large one twice", &unacked, NULL,
		    TLS_TIMEOUT, NO, TLS_DONE, TLS_DONE, NO, "pmtu_blackhole_up",
		    CONFIDENCE_CERTAIN },
		{ "names were not tried", &unacked, NULL, NO, TLS_TIMEOUT, TLS_DONE,
		    TLS_DONE, NO, "pmtu_blackhole_up", CONFIDENCE_CERTAIN },
		{ "a small size works, once", &unacked, NULL, TLS_TIMEOUT, TLS_TIMEOUT,
		    TLS_DONE, NO, NO, "data_not_acknowledged", CONFIDENCE_CANNOT_TELL },
		{ "one of two small sizes works", &unacked, NULL, TLS_TIMEOUT,
		    TLS_TIMEOUT, TLS_DONE, TLS_TIMEOUT, NO, "data_not_acknowledged",
		    CONFIDENCE_CANNOT_TELL },
		{ "the large size failed once only", &unacked, NULL, NO, NO, TLS_DONE,
		    TLS_DONE, NO, "data_not_acknowledged", CONFIDENCE_CANNOT_TELL },
		{ "the large size works, too", &unacked, NULL, TLS_TIMEOUT, TLS_DONE,
		    TLS_DONE, TLS_DONE, NO, "data_not_acknowledged",
		    CONFIDENCE_CANNOT_TELL },
		{ "packets get lost, two of two", &unacked, &resent, TLS_TIMEOUT, NO,
		    TLS_DONE, TLS_DONE, NO, "data_not_acknowledged",
		    CONFIDENCE_CANNOT_TELL },
		{ "packets get lost, three of three", &unacked, &resent, TLS_TIMEOUT,
		    TLS_TIMEOUT, TLS_DONE, TLS_DONE, TLS_DONE, "pmtu_blackhole_up",
		    CONFIDENCE_CERTAIN },
		{ "packets get lost, the large size failed twice only", &unacked,
		    &resent, TLS_TIMEOUT, NO, TLS_DONE, TLS_DONE, TLS_DONE,
		    "data_not_acknowledged", CONFIDENCE_CANNOT_TELL },
		{ "only the smallest sizes work", &acked, NULL, TLS_TIMEOUT, NO,
		    TLS_TIMEOUT, TLS_DONE, TLS_DONE, "pmtu_blackhole_down",
		    CONFIDENCE_CERTAIN },
		{ "acknowledged, only small sizes work", &acked, NULL, TLS_TIMEOUT, NO,
		    TLS_DONE, TLS_DONE, NO, "pmtu_blackhole_down", CONFIDENCE_CERTAIN },
		{ "acknowledged, the other name draws but an alert", &acked, NULL,
		    TLS_ALERT, TLS_TIMEOUT, TLS_DONE, TLS_DONE, NO,
		    "pmtu_blackhole_down", CONFIDENCE_CERTAIN },
		{ "acknowledged, another name works", &acked, NULL, TLS_DONE, NO,
		    TLS_TIMEOUT, NO, NO, "sni_drop", CONFIDENCE_LIKELY },
		{ "acknowledged, another name works, once", &acked, NULL, TLS_DONE, NO,
		    NO, NO, NO, "no_reply", CONFIDENCE_CANNOT_TELL },
		{ "nothing works", &unacked, &unacked, TLS_TIMEOUT, NO, TLS_TIMEOUT,
		    TLS_TIMEOUT, NO, "data_not_acknowledged", CONFIDENCE_CANNOT_TELL },
		{ "acknowledged, nothing works", &acked, &acked, TLS_TIMEOUT, NO,
		    TLS_TIMEOUT, TLS_TIMEOUT, NO, "no_reply", CONFIDENCE_CANNOT_TELL },
		{ "the peer repeats its SYN-ACK, twice", &repeated, &repeated,
		    TLS_TIMEOUT, NO, TLS_TIMEOUT, NO, NO, "half_open_forward_drop",
		    CONFIDENCE_LIKELY },
		{ "only once", &repeated, &unacked, TLS_TIMEOUT, NO, NO, NO, NO,
		    "data_not_acknowledged", CONFIDENCE_CANNOT_TELL },
		{ "repeated SYN-ACKs, but another name works", &repeated, NULL,
		    TLS_DONE, NO, TLS_TIMEOUT, NO, NO, "sni_drop", CONFIDENCE_CERTAIN },
		{ "the kernel tells nothing", NULL, NULL, TLS_TIMEOUT, NO, TLS_DONE,
		    TLS_DONE, NO, "pmtu_blackhole_down", CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		const int outcomes[] = { rows[i].again, rows[i].small, rows[i].smaller,
			rows[i].smallest };
		begin(&r, TLS_TIMEOUT, rows[i].info, NULL);
		if (rows[i].other != NO)
			see_variant(&r, OTHER, 0, false,
			    (enum tls_outcome)rows[i].other, rows[i].other_info);
		for (size_t k = 0; k < COUNT(outcomes); k++)
			if (outcomes[k] != NO)
				see_variant(&r, MINE, sizes[k], false,
				    (enum tls_outcome)outcomes[k], rows[i].other_info);
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

/* The handshake is short and passes; the long request behind it meets silence. */
static void an_unacknowledged_request_by_what_long_handshakes_meet(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		const struct tcp_facts *info, *long_info, *small_info;
		/* enum tls_outcome, or NO */
		int whole, small, smaller, smallest, no_name;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "nothing tried", &unacked, NULL, NULL, NO, NO, NO, NO, NO,
		    "data_not_acknowledged", CONFIDENCE_CANNOT_TELL },
		{ "only small segments get through", &unacked, &unacked, NULL,
		    TLS_TIMEOUT, TLS_DONE, TLS_DONE, NO, NO, "pmtu_blackhole_up",
		    CONFIDENCE_CERTAIN },
		{ "once", &unacked, &unacked, NULL, TLS_TIMEOUT, TLS_DONE, NO, NO, NO,
		    "data_not_acknowledged", CONFIDENCE_CANNOT_TELL },
		{ "large segments get through, too", &unacked, NULL, NULL, TLS_DONE,
		    TLS_DONE, TLS_DONE, NO, NO, "data_not_acknowledged",
		    CONFIDENCE_CANNOT_TELL },
		{ "large ones were not tried", &unacked, NULL, NULL, NO, TLS_DONE,
		    TLS_DONE, NO, NO, "data_not_acknowledged", CONFIDENCE_CANNOT_TELL },
		{ "the long one was acknowledged", &unacked, &acked, NULL, TLS_TIMEOUT,
		    TLS_DONE, TLS_DONE, NO, NO, "data_not_acknowledged",
		    CONFIDENCE_CANNOT_TELL },
		{ "packets get lost, two of two", &unacked, &unacked, &resent,
		    TLS_TIMEOUT, TLS_DONE, TLS_DONE, NO, NO, "data_not_acknowledged",
		    CONFIDENCE_CANNOT_TELL },
		{ "packets get lost, three of three", &unacked, &unacked, &resent,
		    TLS_TIMEOUT, TLS_DONE, TLS_DONE, TLS_DONE, TLS_TIMEOUT,
		    "pmtu_blackhole_up", CONFIDENCE_CERTAIN },
		{ "packets get lost, one large one of three got through", &unacked,
		    &unacked, &resent, TLS_TIMEOUT, TLS_DONE, TLS_DONE, TLS_DONE,
		    TLS_DONE, "data_not_acknowledged", CONFIDENCE_CANNOT_TELL },
		{ "no size gets through", &unacked, &unacked, &unacked, TLS_TIMEOUT,
		    TLS_TIMEOUT, TLS_TIMEOUT, NO, NO, "data_not_acknowledged",
		    CONFIDENCE_CANNOT_TELL },
		{ "the request was acknowledged", &acked, &unacked, NULL, TLS_TIMEOUT,
		    TLS_DONE, TLS_DONE, NO, NO, "no_reply", CONFIDENCE_CANNOT_TELL },
		{ "the kernel tells nothing", NULL, &unacked, NULL, TLS_TIMEOUT,
		    TLS_DONE, TLS_DONE, NO, NO, "no_reply", CONFIDENCE_CANNOT_TELL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const int outcomes[] = { rows[i].whole, rows[i].small, rows[i].smaller,
			rows[i].smallest, rows[i].no_name };
		const uint32_t max_segs[] = { 0, 1200, 536, 500, 0 };
		struct run r;
		run_init(&r);
		run_add(&r, "https://" MINE, NULL);
		see(&r, tcp_connected(&r, 0, PEER));
		see(&r, tls_verified(&r, 0, PEER, NULL));
		struct obs o = http_answer(&r, 0, PEER, 0, NULL, NULL);
		o.http.outcome = HTTP_TIMEOUT;
		if (rows[i].info)
			o.http.info = *rows[i].info;
		see(&r, o);
		for (size_t k = 0; k < COUNT(outcomes); k++) {
			if (outcomes[k] == NO)
				continue;
			o = variant(&r, 0, PEER, k == 4 ? NULL : MINE,
			    (enum tls_outcome)outcomes[k]);
			o.tls_variant.padded = true;
			o.tls_variant.max_seg = max_segs[k];
			const struct tcp_facts *info =
			    max_segs[k] ? rows[i].small_info : rows[i].long_info;
			if (info)
				o.tls_variant.info = *info;
			see(&r, o);
		}
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

static void a_hello_that_fits_anyway_is_not_cured_by_size(void **state)
{
	(void)state;
	struct run r;

	begin(&r, TLS_TIMEOUT, &unacked, NULL);
	see_variant(&r, OTHER, 0, false, TLS_TIMEOUT, &unacked);
	for (size_t i = 1; i < COUNT(sizes); i++) {
		struct obs o = variant(&r, 0, PEER, MINE, TLS_DONE);
		o.tls_variant.max_seg = sizes[i];
		o.tls_variant.hello_size = 317;
		see(&r, o);
	}
	run_judge(&r);
	run_expect(&r, 0, "fits", STATUS_FAIL, "data_not_acknowledged",
	    CONFIDENCE_CANNOT_TELL);
	run_deinit(&r);
}

static void what_controls_rule_out_is_told(void **state)
{
	(void)state;
	struct run r;

	begin(&r, TLS_TIMEOUT, &unacked, NULL);
	see_variant(&r, OTHER, 0, false, TLS_TIMEOUT, &unacked);
	see_variant(&r, MINE, 1200, false, TLS_TIMEOUT, &unacked);
	run_judge(&r);
	const struct verdict *v = &r.verdicts.items[0];
	assert_true(words_hold(&v->ruled_out, "sni_drop"));
	assert_true(words_hold(&v->ruled_out, "pmtu_blackhole_up"));
	assert_false(words_hold(&v->alternatives, "sni_drop"));
	assert_true(words_hold(&v->alternatives, "half_open_forward_drop"));
	run_deinit(&r);
}

static void resets_by_their_sender(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		bool other_works;
		const char *flows; /* NULL = not tested */
		const struct tcp_facts *info;
		const char *counters;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "nothing tried", false, NULL, NULL, NULL, "connection_reset",
		    CONFIDENCE_CANNOT_TELL },
		{ "another name works, seen once", true, NULL, NULL, NULL,
		    "connection_reset", CONFIDENCE_CANNOT_TELL },
		{ "sent from nearer", true, "rrr", &unacked, NULL, "sni_reset_inline",
		    CONFIDENCE_LIKELY },
		{ "and no late answer", true, "rrr", &unacked, "Tcp.OutRsts=0",
		    "sni_reset_inline", CONFIDENCE_CERTAIN },
		{ "and maybe a late answer", true, "rrr", &unacked, "Tcp.OutRsts=4",
		    "sni_reset_inline", CONFIDENCE_LIKELY },
		{ "the server answers behind it", true, "ra.", &unacked, NULL,
		    "sni_reset_onpath", CONFIDENCE_CERTAIN },
		{ "from nearer, for every name", false, "rrr", &unacked, NULL,
		    "rst_injected_inline", CONFIDENCE_LIKELY },
		{ "the server answers, names not compared", false, "ra.", &unacked,
		    NULL, "rst_injected_onpath", CONFIDENCE_LIKELY },
		{ "as far as the server, another name works", true, "rr.", &unacked,
		    NULL, "sni_reset_inline", CONFIDENCE_POSSIBLE },
		{ "as far as the server, for every name", false, "rr.", &unacked, NULL,
		    "connection_reset", CONFIDENCE_CANNOT_TELL },
		{ "as far, and our data was acknowledged", true, "rr.", &acked, NULL,
		    "sni_close", CONFIDENCE_POSSIBLE },
		{ "not reset again", true, "...", &unacked, NULL, "connection_reset",
		    CONFIDENCE_CANNOT_TELL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r, TLS_RESET, rows[i].info, NULL);
		if (rows[i].other_works)
			see_variant(&r, OTHER, 0, false, TLS_DONE, NULL);
		if (rows[i].flows)
			see(&r, reset_test(&r, 0, PEER, 62, rows[i].flows));
		if (rows[i].counters)
			see(&r, counters(&r, rows[i].counters));
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

/* The check's handshake lasts 4 ms in the builder. */
static void a_reset_sooner_than_a_round_trip_is_forged(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		uint32_t rtt_us;
		nsec_t after, rtt; /* of the test, in ms */
		const char *counters;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "twice", 40000, 1, 40, "Tcp.OutRsts=0", "sni_reset_inline",
		    CONFIDENCE_CERTAIN },
		{ "twice, nobody counts", 40000, 1, 40, NULL, "sni_reset_inline",
		    CONFIDENCE_LIKELY },
		{ "once", 40000, 30, 40, "Tcp.OutRsts=0", "sni_reset_inline",
		    CONFIDENCE_LIKELY },
		{ "not before a round trip", 5000, 5, 5, "Tcp.OutRsts=0",
		    "sni_reset_inline", CONFIDENCE_POSSIBLE },
		{ "no round trip known", UINT32_MAX, 5, 5, "Tcp.OutRsts=0",
		    "sni_reset_inline", CONFIDENCE_POSSIBLE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "https://" MINE, NULL);
		see(&r, tcp_connected(&r, 0, PEER));
		struct obs o = tls_verified(&r, 0, PEER, NULL);
		o.tls.outcome = TLS_RESET;
		o.tls.info = unacked;
		o.tls.info.min_rtt_us = rows[i].rtt_us;
		see(&r, o);
		see_variant(&r, OTHER, 0, false, TLS_DONE, NULL);
		o = reset_test(&r, 0, PEER, 62, "rr.");
		struct reset_flow flows[OBS_MAX_FLOWS];
		memcpy(flows, o.reset_test.flows, sizeof flows);
		flows[0].after = rows[i].after * NSEC_PER_MSEC;
		o.reset_test.flows = flows;
		o.reset_test.min_rtt = rows[i].rtt * NSEC_PER_MSEC;
		see(&r, o);
		if (rows[i].counters)
			see(&r, counters(&r, rows[i].counters));
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

static void a_name_cut_in_two_gets_through(void **state)
{
	(void)state;

	for (int works = 0; works < 2; works++) {
		struct run r;
		begin(&r, TLS_RESET, &unacked, NULL);
		see(&r, reset_test(&r, 0, PEER, 62, "rrr"));
		see_variant(&r, MINE, 0, true, works ? TLS_DONE : TLS_RESET, NULL);
		run_judge(&r);
		run_expect(&r, 0, "split", STATUS_FAIL,
		    works ? "sni_reset_inline" : "rst_injected_inline",
		    CONFIDENCE_LIKELY);
		run_deinit(&r);
	}
}

/* The SYN-ACK is the device's: the reset may well be the server's. */
static void a_device_that_answers_syns_does_not_make_a_reset_a_strangers(void **state)
{
	(void)state;

	for (int device = 0; device < 2; device++) {
		struct run r;
		begin(&r, TLS_RESET, &acked, NULL);
		see(&r, reset_test(&r, 0, PEER, 62, "rrr"));
		if (device)
			see(&r, canary(&r));
		run_judge(&r);
		run_expect(&r, 0, device ? "a device" : "nobody", STATUS_FAIL,
		    device ? "connection_reset" : "rst_injected_inline",
		    device ? CONFIDENCE_CANNOT_TELL : CONFIDENCE_LIKELY);
		run_deinit(&r);
	}
}

/* Resets that arrive with the server's TTL and no sooner than a round trip. */
static void a_reset_that_imitates_the_server_is_told_by_the_name_in_two(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		bool tested;
		int split; /* enum tls_outcome, or NO */
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "cut in two it works", true, TLS_DONE, "sni_reset_inline",
		    CONFIDENCE_LIKELY },
		{ "not tried", true, NO, "sni_reset_inline", CONFIDENCE_POSSIBLE },
		{ "cut in two it is reset as well", true, TLS_RESET, "sni_reset_inline",
		    CONFIDENCE_POSSIBLE },
		{ "it works, but the reset was seen once", false, TLS_DONE,
		    "connection_reset", CONFIDENCE_CANNOT_TELL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r, TLS_RESET, &unacked, NULL);
		see_variant(&r, OTHER, 0, false, TLS_DONE, NULL);
		if (rows[i].tested)
			see(&r, reset_test(&r, 0, PEER, 62, "rr."));
		if (rows[i].split != NO)
			see_variant(
			    &r, MINE, 0, true, (enum tls_outcome)rows[i].split, NULL);
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

static void a_reset_by_one_who_accepts_everything_is_his(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		const struct tcp_facts *info;
		bool canary;
		const char *flows;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "acknowledged first", &acked, true, "rr.", "sni_close",
		    CONFIDENCE_CERTAIN },
		{ "with the data unread", &unacked, true, "rr.", "sni_close",
		    CONFIDENCE_CERTAIN },
		{ "nobody accepts everything", &acked, false, "rr.", "sni_close",
		    CONFIDENCE_POSSIBLE },
		{ "not reset again", &acked, true, "...", "connection_reset",
		    CONFIDENCE_CANNOT_TELL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r, TLS_RESET, rows[i].info, NULL);
		see_variant(&r, OTHER, 0, false, TLS_DONE, NULL);
		see(&r, reset_test(&r, 0, PEER, 62, rows[i].flows));
		if (rows[i].canary)
			see(&r, canary(&r));
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

static void of_several_other_names_one_that_works_counts(void **state)
{
	(void)state;

	for (int works = 0; works < 2; works++) {
		struct run r;
		begin(&r, TLS_TIMEOUT, &unacked, NULL);
		see_variant(&r, "localhost.invalid", 0, false, TLS_TIMEOUT, NULL);
		see_variant(&r, OTHER, 0, false, works ? TLS_DONE : TLS_TIMEOUT, NULL);
		see_variant(&r, MINE, 1200, false, TLS_TIMEOUT, NULL);
		run_judge(&r);
		run_expect(&r, 0, "names", STATUS_FAIL,
		    works ? "sni_drop" : "data_not_acknowledged",
		    works ? CONFIDENCE_CERTAIN : CONFIDENCE_CANNOT_TELL);
		run_deinit(&r);
	}
}

static void a_test_of_another_name_does_not_count(void **state)
{
	(void)state;
	struct run r;

	begin(&r, TLS_RESET, &unacked, NULL);
	struct obs o = reset_test(&r, 0, PEER, 62, "rrr");
	o.reset_test.name = OTHER;
	see(&r, o);
	run_judge(&r);
	run_expect(
	    &r, 0, "other", STATUS_FAIL, "connection_reset", CONFIDENCE_CANNOT_TELL);
	run_deinit(&r);
}

static void closes_and_alerts_that_depend_on_the_name(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		enum tls_outcome outcome;
		int alert;
		const struct catalogue_entry *entry;
		bool canary;
		enum tls_outcome other;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "closed, another name works", TLS_CLOSED, -1, NULL, false, TLS_DONE,
		    "sni_close", CONFIDENCE_POSSIBLE },
		{ "for a name the service is known to serve", TLS_CLOSED, -1, &known,
		    false, TLS_DONE, "sni_close", CONFIDENCE_LIKELY },
		{ "by one who accepts everything", TLS_CLOSED, -1, NULL, true, TLS_DONE,
		    "sni_close", CONFIDENCE_CERTAIN },
		{ "closed for every name", TLS_CLOSED, -1, NULL, true, TLS_CLOSED,
		    "connection_closed", CONFIDENCE_CANNOT_TELL },
		{ "another name draws an alert", TLS_CLOSED, -1, NULL, false, TLS_ALERT,
		    "connection_closed", CONFIDENCE_CANNOT_TELL },
		{ "access denied", TLS_ALERT, 49, &known, false, TLS_DONE, "sni_close",
		    CONFIDENCE_LIKELY },
		{ "unrecognized name", TLS_ALERT, 112, NULL, false, TLS_DONE,
		    "sni_close", CONFIDENCE_POSSIBLE },
		{ "internal error for every name", TLS_ALERT, 80, NULL, false,
		    TLS_ALERT, "tls_alert", CONFIDENCE_CANNOT_TELL },
		{ "an alert that has nothing to do with names", TLS_ALERT, 42, &known,
		    false, TLS_DONE, "tls_alert", CONFIDENCE_CANNOT_TELL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "https://" MINE, rows[i].entry);
		see(&r, tcp_connected(&r, 0, PEER));
		struct obs o = tls_verified(&r, 0, PEER, NULL);
		o.tls.outcome = rows[i].outcome;
		o.tls.alert = rows[i].alert;
		o.tls.verified = false;
		see(&r, o);
		see_variant(&r, OTHER, 0, false, rows[i].other, NULL);
		if (rows[i].canary)
			see(&r, canary(&r));
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

static void an_issuer_that_signs_for_any_name_intercepts(void **state)
{
	(void)state;

	static const int unknown[] = { 20, 0 };

	static const struct {
		const char *row, *issuer, *other, *subject, *other_issuer;
		bool intercepted, proven_elsewhere;
	} rows[] = {
		{ "an unrelated name", "CN=Inspection", OTHER, "CN=" OTHER,
		    "CN=Inspection", true, false },
		{ "an unrelated name whose own address is left alone", "CN=Inspection",
		    OTHER, "CN=" OTHER, "CN=Inspection", false, true },
		{ "its one certificate for all", "CN=Inspection", OTHER, "CN=" MINE,
		    "CN=Inspection", false, false },
		{ "another issuer", "CN=Inspection", OTHER, "CN=" OTHER, "CN=Else",
		    false, false },
		{ "a related name", "CN=Inspection", "www.blocked.example",
		    "CN=www.blocked.example", "CN=Inspection", false, false },
		{ "a public issuer that is unknown here", "CN=x,O=DigiCert Inc", OTHER,
		    "CN=" OTHER, "CN=x,O=DigiCert Inc", false, false },
		{ "no certificate came", "CN=Inspection", OTHER, NULL, NULL, false,
		    false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "https://" MINE, NULL);
		see(&r, tcp_connected(&r, 0, PEER));
		see(&r, tls_unverified(&r, 0, PEER, rows[i].issuer, unknown));
		struct obs o = variant(&r, 0, PEER, rows[i].other, TLS_DONE);
		o.tls_variant.subject = rows[i].subject;
		o.tls_variant.issuer = rows[i].other_issuer;
		see(&r, o);
		run_add(&r, "https://" OTHER, NULL);
		if (rows[i].proven_elsewhere)
			see(&r, tls_verified(&r, 1, "20.2.2.2:443", NULL));
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, STATUS_FAIL,
		    rows[i].intercepted ? "tls_intercepted" : "tls_untrusted",
		    rows[i].intercepted ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		run_deinit(&r);
	}
}

static void another_address_that_serves_the_name_makes_this_one_wrong(void **state)
{
	(void)state;

	static const int wrong_name[] = { 62, 0 };

	static const struct {
		const char *row, *peer;
		bool verified;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "another address", "20.1.1.2:443", true, "wrong_peer",
		    CONFIDENCE_LIKELY },
		{ "the same address", PEER, true, "tls_name_mismatch",
		    CONFIDENCE_CERTAIN },
		{ "another address, not proven", "20.1.1.2:443", false,
		    "tls_name_mismatch", CONFIDENCE_CERTAIN },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "https://" MINE, NULL);
		run_add(&r, "https://" MINE, NULL);
		see(&r, tcp_connected(&r, 0, PEER));
		see(&r, tls_unverified(&r, 0, PEER, NULL, wrong_name));
		see(&r, tcp_connected(&r, 1, rows[i].peer));
		see(&r, rows[i].verified
			    ? tls_verified(&r, 1, rows[i].peer, NULL)
			    : tls_unverified(&r, 1, rows[i].peer, NULL, wrong_name));
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_by_what_cures_it),
		cmocka_unit_test(
		    an_unacknowledged_request_by_what_long_handshakes_meet),
		cmocka_unit_test(
		    a_reset_that_imitates_the_server_is_told_by_the_name_in_two),
		cmocka_unit_test(a_reset_by_one_who_accepts_everything_is_his),
		cmocka_unit_test(a_hello_that_fits_anyway_is_not_cured_by_size),
		cmocka_unit_test(what_controls_rule_out_is_told),
		cmocka_unit_test(resets_by_their_sender),
		cmocka_unit_test(
		    a_device_that_answers_syns_does_not_make_a_reset_a_strangers),
		cmocka_unit_test(a_reset_sooner_than_a_round_trip_is_forged),
		cmocka_unit_test(a_name_cut_in_two_gets_through),
		cmocka_unit_test(of_several_other_names_one_that_works_counts),
		cmocka_unit_test(a_test_of_another_name_does_not_count),
		cmocka_unit_test(closes_and_alerts_that_depend_on_the_name),
		cmocka_unit_test(an_issuer_that_signs_for_any_name_intercepts),
		cmocka_unit_test(
		    another_address_that_serves_the_name_makes_this_one_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
