/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include "tests/unit/checks/probe_builder.h"

/* What packets say of connections that opened and then went dead. */

#define PEER  "20.1.1.1:443"
#define MINE  "blocked.example"
#define OTHER "allowed.test"

static const char *const locals[] = { "10.0.0.4:40000", "10.0.0.4:40001",
	"10.0.0.4:40002" };

static const struct tcp_facts unacked = {
	.present = true, .unacked = 1, .total_retrans = 4, .bytes_acked = 1
};
static const struct tcp_facts acked = { .present = true, .bytes_acked = 518 };

static void begin(struct run *r, enum tls_outcome outcome, const struct tcp_facts *info,
    uint64_t lost)
{
	run_init(r);
	run_add(r, "https://" MINE, NULL);
	struct obs c = tcp_connected(r, 0, PEER);
	c.tcp.local = address(locals[0]);
	see(r, c);
	struct obs o = tls_verified(r, 0, PEER, NULL);
	o.tls.outcome = outcome;
	o.tls.verified = false;
	o.tls.n_chain = 0;
	o.tls.info = *info;
	o.tls.info.min_rtt_us = UINT32_MAX;
	see(r, o);
	see_capture(r, lost, NULL);
}

/* The handshake as it always is, and data behind it. */
static struct obs_flow open_flow(unsigned number)
{
	struct obs_flow f = flow_between(locals[number], PEER);
	f.syn_ack = 20 * NSEC_PER_MSEC;
	f.of_client = (struct flow_side){ .present = true,
		.packets = 3,
		.bytes = 517,
		.syns = 1,
		.ttl = 64,
		.ttl_low = 64,
		.ttl_high = 64,
		.timestamps = true,
		.first_data = 21 * NSEC_PER_MSEC };
	f.of_server = (struct flow_side){ .present = true,
		.packets = 1,
		.syns = 1,
		.ttl = 62,
		.ttl_low = 62,
		.ttl_high = 62,
		.timestamps = true };
	return f;
}

/* --- Silence ------------------------------------------------------------------------
 */

/* The shapes that a silent flow has. */
enum silence {
	STUCK_UP,    /* a full-size segment again and again, a short one arrives */
	STUCK_SMALL, /* the same with a segment that is not large */
	LOST_UP,     /* all that follows the handshake again and again */
	GAP_DOWN,    /* the end of the answer without its beginning */
	FILLED_DOWN, /* a gap that was filled */
	SOME_DOWN,   /* a gap, and large segments that arrived */
	DEAF,        /* the SYN-ACK again and again */
};

static struct obs_flow silent_flow(unsigned number, enum silence shape)
{
	struct obs_flow f = open_flow(number);
	struct flow_side *c = &f.of_client, *s = &f.of_server;

	if (shape == STUCK_UP || shape == STUCK_SMALL || shape == LOST_UP ||
	    shape == DEAF) {
		c->unacked = 2000;
		c->retransmits = c->stuck_sent = 4;
		c->stuck_size = shape == STUCK_SMALL ? 517 : 1448;
		s->sacks = shape == STUCK_UP || shape == STUCK_SMALL;
		s->syns = shape == DEAF ? 3 : 1;
		return f;
	}
	s->bytes = 500;
	s->gap = c->sacks = true;
	s->unacked = shape == FILLED_DOWN ? 0 : 4500;
	s->biggest_acked = shape == SOME_DOWN ? 1448 : 0;
	return f;
}

static void silence_by_its_packets(void **state)
{
	static const struct {
		const char *row;
		const struct tcp_facts *info;
		enum silence shape;
		unsigned flows;
		uint64_t lost;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "a large segment never arrives, twice", &unacked, STUCK_UP, 2, 0,
		    "pmtu_blackhole_up", CONFIDENCE_LIKELY },
		{ "once", &unacked, STUCK_UP, 1, 0, "pmtu_blackhole_up",
		    CONFIDENCE_POSSIBLE },
		{ "a small one never arrives", &unacked, STUCK_SMALL, 2, 0,
		    "data_not_acknowledged", CONFIDENCE_CANNOT_TELL },
		{ "nothing arrives", &unacked, LOST_UP, 2, 0, "data_not_acknowledged",
		    CONFIDENCE_CANNOT_TELL },
		{ "the capture lost packets", &unacked, STUCK_UP, 2, 1,
		    "data_not_acknowledged", CONFIDENCE_CANNOT_TELL },
		{ "the answer's beginning is missing, twice", &acked, GAP_DOWN, 2, 0,
		    "pmtu_blackhole_down", CONFIDENCE_LIKELY },
		{ "once", &acked, GAP_DOWN, 1, 0, "pmtu_blackhole_down",
		    CONFIDENCE_POSSIBLE },
		{ "a gap that was filled", &acked, FILLED_DOWN, 2, 0, "no_reply",
		    CONFIDENCE_CANNOT_TELL },
		{ "large segments arrived", &acked, SOME_DOWN, 2, 0, "no_reply",
		    CONFIDENCE_CANNOT_TELL },
		{ "the SYN-ACK is repeated, twice", &unacked, DEAF, 2, 0,
		    "half_open_forward_drop", CONFIDENCE_LIKELY },
		{ "once", &unacked, DEAF, 1, 0, "data_not_acknowledged",
		    CONFIDENCE_CANNOT_TELL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r, TLS_TIMEOUT, rows[i].info, rows[i].lost);
		for (unsigned k = 0; k < rows[i].flows; k++) {
			struct obs_flow f = silent_flow(k, rows[i].shape);
			see_flow(&r, 0, &f);
		}
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

static void see_silent_variant(struct run *r, const char *name, uint32_t max_seg)
{
	struct obs o = variant(r, 0, PEER, name, TLS_TIMEOUT);
	o.tls_variant.max_seg = max_seg;
	o.tls_variant.info = unacked;
	see(r, o);
}

/* Somebody sees one way only where the ways are known to differ. */
static void deaf_peer_behind_a_path_of_two_lengths(void **state)
{
	static const struct {
		const char *row, *scan;
		enum confidence confidence;
	} rows[] = {
		{ "three hops out, two back", "eeec", CONFIDENCE_CERTAIN },
		{ "as many out as back", "eec", CONFIDENCE_LIKELY },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r, TLS_TIMEOUT, &unacked, 0);
		see_silent_variant(&r, OTHER, 0);
		see_silent_variant(&r, MINE, 1200);
		see_scan(&r, 0, PEER, rows[i].scan);
		struct obs reply = reply_ttl(&r, 0, PEER, REPLY_SYN_ACK, 62);
		reply.reply_ttl.confirmed = true;
		see(&r, reply);
		for (unsigned k = 0; k < 2; k++) {
			struct obs_flow f = silent_flow(k, DEAF);
			see_flow(&r, 0, &f);
		}
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, STATUS_FAIL, "half_open_forward_drop",
		    rows[i].confidence);
		assert_true(
		    words_hold(&r.verdicts.items[0].ruled_out, "return_path_drop"));
		run_deinit(&r);
	}
}

/* --- Resets -------------------------------------------------------------------------
 */

enum reset_shape {
	ABORT,     /* acknowledged before, stamped, one round trip later */
	STATELESS, /* neither, one round trip later */
	EARLY,     /* the same at once */
	STRANGE,   /* the same with another TTL */
	RACE,      /* at once, and the server's answer behind it */
	UNHEARD,   /* at once, and the server asks for what it never got */
	BURST,     /* several with ACK, whose numbers run ahead */
	AHEAD, /* two, of which one number is ahead: data was lost before an abort */
	LATE_BURST,   /* several with numbers that run ahead, behind an answer */
	ACKS,         /* acknowledges our data itself, without timestamps */
	STAMPED_ACKS, /* the same, and timestamps go on */
	OUT_OF_ORDER, /* without ACK, and then with it */
	IN_FLIGHT,    /* an abort, and an answer to each segment behind it */
};

static void shape_of_several(struct obs_flow *f, enum reset_shape shape)
{
	struct flow_reset *r = &f->reset;

	r->count = 3;
	r->differing = true;
	r->mixed = shape == OUT_OF_ORDER || shape == IN_FLIGHT;
	r->ahead = shape == BURST || shape == LATE_BURST ? 2 : shape == AHEAD;
	r->ack = shape != OUT_OF_ORDER;
	r->acks_data = r->ack && shape != IN_FLIGHT;
	if (shape == IN_FLIGHT) {
		r->pending = false;
		r->timestamps = true;
	}
	if (shape == LATE_BURST) {
		f->of_server.bytes = 1400;
		f->of_server.first_data = r->at - NSEC_PER_MSEC;
	}
}

static struct obs_flow reset_flow(unsigned number, enum reset_shape shape)
{
	struct obs_flow f = open_flow(number);
	bool late =
	    shape == ABORT || shape == STATELESS || shape == STRANGE || shape >= BURST;

	f.reset = (struct flow_reset){ .present = true,
		.by_server = true,
		.seq_fits = true,
		.ttl = shape == STRANGE ? 253 : 62,
		.count = 1,
		.at = f.of_client.first_data +
		      (late ? 21 * NSEC_PER_MSEC : NSEC_PER_MSEC / 4) };
	if (shape == ABORT) {
		f.reset.ack = f.reset.timestamps = true;
		f.reset.window = 64;
		return f;
	}
	f.reset.pending = true;
	if (shape == ACKS || shape == STAMPED_ACKS) {
		f.reset.ack = f.reset.acks_data = true;
		f.reset.timestamps = shape == STAMPED_ACKS;
		return f;
	}
	if (shape >= BURST) {
		shape_of_several(&f, shape);
		return f;
	}
	f.reset.ack_zero = true;
	f.reset.packets_after = shape == RACE || shape == UNHEARD;
	f.of_client.unacked = shape == RACE ? 0 : 517;
	f.of_server.bytes = shape == RACE ? 4000 : 0;
	return f;
}

/* The other name's connection, whose data comes with this TTL. */
static void see_control(struct run *r, uint8_t data_ttl)
{
	struct obs_flow f = open_flow(2);
	f.of_server.bytes = 4000;
	f.of_server.ttl_low = data_ttl < 62 ? data_ttl : 62;
	f.of_server.ttl_high = data_ttl > 62 ? data_ttl : 62;
	see_flow(r, 0, &f);
}

static void resets_by_their_packets(void **state)
{
	static const struct {
		const char *row;
		enum reset_shape shape;
		unsigned flows;
		uint8_t data_ttl;  /* of the control; 0 = there is none */
		bool name_matters; /* the other name finishes */
		uint64_t lost;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "sooner than the path allows, for one name", EARLY, 2, 0, true, 0,
		    "sni_reset_inline", CONFIDENCE_CERTAIN },
		{ "once", EARLY, 1, 0, true, 0, "connection_reset",
		    CONFIDENCE_CANNOT_TELL },
		{ "the capture lost packets", EARLY, 2, 0, true, 1, "connection_reset",
		    CONFIDENCE_CANNOT_TELL },
		{ "sooner, and the name is not known to matter", EARLY, 2, 0, false, 0,
		    "rst_injected_inline", CONFIDENCE_CERTAIN },
		{ "sooner, and the server never got our data", UNHEARD, 2, 0, true, 0,
		    "sni_reset_inline", CONFIDENCE_CERTAIN },
		{ "sooner, and the server answers, too", RACE, 2, 0, true, 0,
		    "sni_reset_onpath", CONFIDENCE_CERTAIN },
		{ "another TTL than all else", STRANGE, 2, 62, true, 0,
		    "sni_reset_inline", CONFIDENCE_CERTAIN },
		{ "another TTL, which data has, too", STRANGE, 2, 253, true, 0,
		    "sni_reset_inline", CONFIDENCE_LIKELY },
		{ "another TTL, and nothing to compare", STRANGE, 2, 0, false, 0,
		    "connection_reset", CONFIDENCE_CANNOT_TELL },
		{ "without that connection, for one name", STATELESS, 2, 62, true, 0,
		    "sni_reset_inline", CONFIDENCE_LIKELY },
		{ "without that connection, for any name", STATELESS, 2, 62, false, 0,
		    "connection_reset", CONFIDENCE_CANNOT_TELL },
		{ "an application's abort", ABORT, 2, 62, false, 0, "connection_reset",
		    CONFIDENCE_LIKELY },
		{ "once", ABORT, 1, 62, false, 0, "connection_reset",
		    CONFIDENCE_CANNOT_TELL },
		{ "guessed numbers, for any name", BURST, 2, 62, false, 0,
		    "rst_injected_inline", CONFIDENCE_LIKELY },
		{ "guessed numbers, for one name", BURST, 2, 62, true, 0,
		    "sni_reset_inline", CONFIDENCE_LIKELY },
		{ "once", BURST, 1, 62, false, 0, "connection_reset",
		    CONFIDENCE_CANNOT_TELL },
		{ "the capture lost packets", BURST, 2, 62, false, 1,
		    "connection_reset", CONFIDENCE_CANNOT_TELL },
		{ "guessed numbers behind an answer", LATE_BURST, 2, 62, false, 0,
		    "connection_reset", CONFIDENCE_CANNOT_TELL },
		{ "one number ahead", AHEAD, 2, 62, false, 0, "connection_reset",
		    CONFIDENCE_CANNOT_TELL },
		{ "acknowledges our data itself", ACKS, 2, 62, false, 0,
		    "connection_reset", CONFIDENCE_CANNOT_TELL },
		{ "out of order", OUT_OF_ORDER, 2, 62, false, 0, "connection_reset",
		    CONFIDENCE_CANNOT_TELL },
		{ "an abort with data in flight", IN_FLIGHT, 2, 62, false, 0,
		    "connection_reset", CONFIDENCE_LIKELY },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r, TLS_RESET, &unacked, rows[i].lost);
		if (rows[i].name_matters)
			see(&r, variant(&r, 0, PEER, OTHER, TLS_DONE));
		for (unsigned k = 0; k < rows[i].flows; k++) {
			struct obs_flow f = reset_flow(k, rows[i].shape);
			see_flow(&r, 0, &f);
		}
		if (rows[i].data_ttl)
			see_control(&r, rows[i].data_ttl);
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

/* A server may dislike a name it does not serve, and so may what stands before it. */
static void reset_that_acknowledges_is_less_sure(void **state)
{
	static const struct {
		const char *row;
		enum reset_shape shape;
		bool name_matters;
		const char *cause;
		enum confidence confidence;
		bool device, balancer; /* among the alternatives */
	} rows[] = {
		{ "without ACK, for one name", STATELESS, true, "sni_reset_inline",
		    CONFIDENCE_LIKELY, false, false },
		{ "with ACK, for one name", ACKS, true, "sni_reset_inline",
		    CONFIDENCE_POSSIBLE, false, true },
		{ "the same, and timestamps go on", STAMPED_ACKS, true,
		    "sni_reset_inline", CONFIDENCE_POSSIBLE, false, true },
		{ "with ACK, for any name", ACKS, false, "connection_reset",
		    CONFIDENCE_CANNOT_TELL, true, true },
		{ "out of order, for any name", OUT_OF_ORDER, false, "connection_reset",
		    CONFIDENCE_CANNOT_TELL, true, false },
		{ "in flight, for any name", IN_FLIGHT, false, "connection_reset",
		    CONFIDENCE_LIKELY, false, false },
		{ "guessed, for any name", BURST, false, "rst_injected_inline",
		    CONFIDENCE_LIKELY, false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		begin(&r, TLS_RESET, &unacked, 0);
		if (rows[i].name_matters) {
			see(&r, variant(&r, 0, PEER, OTHER, TLS_DONE));
			see(&r, variant(&r, 0, PEER, MINE, TLS_RESET));
		}
		for (unsigned k = 0; k < 2; k++) {
			struct obs_flow f = reset_flow(k, rows[i].shape);
			see_flow(&r, 0, &f);
		}
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		const struct words *w = &r.verdicts.items[0].alternatives;
		if (words_hold(w, "rst_injected_inline") != rows[i].device ||
		    words_hold(w, "a load balancer in front of the server") !=
			rows[i].balancer)
			fail_msg("row \"%s\": alternatives", rows[i].row);
		run_deinit(&r);
	}
}

/* It passes; who looks at the packets sees that somebody tried. */
static void old_reset_that_changed_nothing(void **state)
{
	static const struct {
		const char *row;
		nsec_t last_data; /* of ours, where the reset comes after 30 ms */
		unsigned attributes;
	} rows[] = {
		{ "we went on", 60 * NSEC_PER_MSEC, ATTR_TAMPERING_SEEN },
		{ "we had ended", 25 * NSEC_PER_MSEC, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, "tcp://" PEER, NULL);
		run_add(&r, "tcp://20.1.1.1:80", NULL);
		see(&r, tcp_connected(&r, 0, PEER));
		see(&r, tcp_connected(&r, 1, "20.1.1.1:80"));
		see_capture(&r, 0, NULL);
		struct obs_flow f = open_flow(0);
		f.of_server.bytes = 4000;
		f.of_client.last_data = rows[i].last_data;
		f.reset = (struct flow_reset){ .present = true,
			.by_server = true,
			.behind = true,
			.ttl = 62,
			.count = 1,
			.at = 30 * NSEC_PER_MSEC,
			.packets_after = 3 };
		see_flow(&r, 0, &f);
		run_judge(&r);
		const struct verdict *v = r.verdicts.items;
		if (v[0].status != STATUS_PASS ||
		    v[0].attributes != rows[i].attributes || v[1].attributes)
			fail_msg("row \"%s\": status %d, %x and %x", rows[i].row,
			    v[0].status, v[0].attributes, v[1].attributes);
		run_deinit(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_by_its_packets),
		cmocka_unit_test(deaf_peer_behind_a_path_of_two_lengths),
		cmocka_unit_test(resets_by_their_packets),
		cmocka_unit_test(reset_that_acknowledges_is_less_sure),
		cmocka_unit_test(old_reset_that_changed_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
