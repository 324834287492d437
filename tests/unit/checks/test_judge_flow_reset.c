/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>

#include "tests/unit/checks/capture_builder.h"

/* What the server's resets of a flow give away of their sender, and what they do not.
 */

#define MS NSEC_PER_MSEC
#define ID "https://bad.example.net/"

static struct obs_flow plain(void)
{
	return flow_was_reset(62, 20 * MS);
}

static struct obs_flow reset_burst(void)
{
	struct obs_flow f = plain();
	f.reset.ack = f.reset.acks_data = f.reset.differing = true;
	f.reset.at = 40 * MS;
	f.reset.count = 3;
	f.reset.ahead = 2;
	return f;
}

/* The numbers run ahead of the answer's beginning, the rest of which is not here. */
static struct obs_flow reset_burst_behind_an_answer(void)
{
	struct obs_flow f = reset_burst();
	f.of_server.bytes = 1400;
	f.of_server.first_data = 30 * MS;
	return f;
}

/* Data was lost, and the numbers of an abort and of its repetition differ by it. */
static struct obs_flow reset_ahead_once(void)
{
	struct obs_flow f = reset_burst();
	f.reset.ahead = 1;
	return f;
}

static struct obs_flow reset_burst_midstream(void)
{
	struct obs_flow f = reset_burst();
	f.midstream = true;
	return f;
}

/* As of a capture of segments with SYN, FIN and RST alone. */
static struct obs_flow reset_burst_without_data(void)
{
	struct obs_flow f = reset_burst();
	f.of_client.bytes = f.of_client.unacked = 0;
	f.tls.present = f.reset.pending = f.reset.acks_data = false;
	return f;
}

static struct obs_flow reset_that_acknowledges(void)
{
	struct obs_flow f = plain();
	f.reset.ack = f.reset.acks_data = true;
	return f;
}

static struct obs_flow reset_out_of_order(void)
{
	struct obs_flow f = plain();
	f.reset.mixed = f.reset.differing = true;
	f.reset.count = 2;
	return f;
}

/* A server that closes with unread data, and answers each segment behind. */
static struct obs_flow abort_in_flight(void)
{
	struct obs_flow f = plain();
	f.reset.ack = f.reset.mixed = f.reset.differing = true;
	f.reset.pending = false;
	f.reset.count = 5;
	return f;
}

/* The reset has an old number, and data that the client sent later was acknowledged. */
static struct obs_flow survives_a_reset_behind(void)
{
	struct obs_flow f = flow_healthy("bad.example.net", "10.9.0.1:443");
	f.reset = plain().reset;
	f.reset.packets_after = 5;
	f.reset.seq_fits = false;
	f.reset.behind = true;
	f.reset.at = 21 * MS;
	f.of_client.first_data = 20 * MS;
	f.of_client.last_data = 42 * MS;
	return f;
}

enum beside {
	ALONE,
	TWICE = 1,      /* it happened two times */
	OTHER_NAME = 2, /* the same server answers for another name */
};

static void judge_beside(struct capture *c, struct obs_flow f, unsigned beside)
{
	capture_begin(c);
	flow_book_add(c->book, &f, 0);
	if (beside & TWICE)
		flow_book_add(c->book, &f, 0);
	if (beside & OTHER_NAME) {
		struct obs_flow o = flow_healthy("good.example.net", "10.9.0.1:443");
		flow_book_add(c->book, &o, 0);
	}
	capture_judge(c);
}

static void resets_are_judged_by_their_numbers(void **state)
{
	static const struct {
		const char *name;
		struct obs_flow (*flow)(void);
		unsigned beside;
		enum status status;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "resets with guessed numbers", reset_burst, ALONE, STATUS_FAIL,
		    "rst_injected_inline", CONFIDENCE_POSSIBLE },
		{ "the same twice", reset_burst, TWICE, STATUS_FAIL,
		    "rst_injected_inline", CONFIDENCE_LIKELY },
		{ "the same for one name of two, twice", reset_burst,
		    OTHER_NAME | TWICE, STATUS_FAIL, "sni_reset_inline",
		    CONFIDENCE_LIKELY },
		{ "the same behind an answer", reset_burst_behind_an_answer, TWICE,
		    STATUS_FAIL, "connection_reset", CONFIDENCE_CANNOT_TELL },
		{ "a number ahead, twice", reset_ahead_once, TWICE, STATUS_FAIL,
		    "connection_reset", CONFIDENCE_CANNOT_TELL },
		{ "guesses in the middle of a connection", reset_burst_midstream, TWICE,
		    STATUS_PASS, NULL, 0 },
		{ "numbers that rise where no data was captured",
		    reset_burst_without_data, TWICE, STATUS_FAIL, "connection_reset",
		    CONFIDENCE_CANNOT_TELL },
		{ "a reset that acknowledges", reset_that_acknowledges, TWICE,
		    STATUS_FAIL, "connection_reset", CONFIDENCE_CANNOT_TELL },
		{ "the same for one name of two, twice", reset_that_acknowledges,
		    OTHER_NAME | TWICE, STATUS_FAIL, "sni_reset_inline",
		    CONFIDENCE_POSSIBLE },
		{ "resets out of order", reset_out_of_order, TWICE, STATUS_FAIL,
		    "connection_reset", CONFIDENCE_CANNOT_TELL },
		{ "an abort with data in flight", abort_in_flight, TWICE, STATUS_FAIL,
		    "connection_reset", CONFIDENCE_CANNOT_TELL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct capture c;
		judge_beside(&c, rows[i].flow(), rows[i].beside);
		const struct verdict *v = capture_verdict(&c, ID);
		const char *cause = v->cause ? v->cause->name : "";
		if (v->status != rows[i].status ||
		    strcmp(cause, rows[i].cause ? rows[i].cause : "") != 0 ||
		    (rows[i].cause && v->confidence != rows[i].confidence))
			fail_msg("row \"%s\": status %d, %s, %s", rows[i].name,
			    v->status, cause, confidence_name(v->confidence));
		arena_deinit(&c.arena);
	}
}

static bool is_named(const struct words *w, const char *text)
{
	for (size_t i = 0; i < w->n_items; i++)
		if (strcmp(w->items[i], text) == 0)
			return true;
	return false;
}

/* What looks alike is named, and only that. */
static void senders_that_look_alike_are_named(void **state)
{
	static const struct {
		const char *row;
		struct obs_flow (*flow)(void);
		bool device, balancer;
	} alike[] = {
		{ "acknowledges", reset_that_acknowledges, true, true },
		{ "out of order", reset_out_of_order, true, false },
		{ "in flight", abort_in_flight, false, false },
		{ "plain", plain, false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(alike); i++) {
		struct capture c;
		judge_beside(&c, alike[i].flow(), ALONE);
		const struct words *w = &c.verdicts.items[0].alternatives;
		if (is_named(w, "rst_injected_inline") != alike[i].device ||
		    is_named(w, "a load balancer in front of the server") !=
			alike[i].balancer)
			fail_msg("row \"%s\"", alike[i].row);
		arena_deinit(&c.arena);
	}
}

/* A pass, and the attribute that somebody tried; also when healthy ones came first. */
static void reset_that_changed_nothing_is_an_attribute(void **state)
{
	struct obs_flow live = survives_a_reset_behind(), unheard = live, last = live,
			fits = live, unmoved = live;

	const struct {
		const char *row;
		const struct obs_flow *flow;
		unsigned attributes;
	} survivors[] = {
		{ "lives on", &live, ATTR_TAMPERING_SEEN },
		{ "what came later is not acknowledged", &unheard, 0 },
		{ "nothing was sent later", &last, 0 },
		{ "the number was the next", &fits, 0 },
		{ "nothing came behind it", &unmoved, 0 },
	};

	(void)state;
	unheard.of_client.unacked = 100;
	last.of_client.last_data = 20 * MS;
	fits.reset.behind = false;
	unmoved.reset.packets_after = 0;
	for (size_t i = 0; i < COUNT(survivors); i++) {
		struct capture c;
		struct obs_flow good = flow_healthy("bad.example.net", "10.9.0.1:443");
		capture_begin(&c);
		flow_book_add(c.book, &good, 0);
		flow_book_add(c.book, survivors[i].flow, 0);
		capture_judge(&c);
		const struct verdict *v = capture_verdict(&c, ID);
		if (v->status != STATUS_PASS ||
		    v->attributes != survivors[i].attributes)
			fail_msg("row \"%s\": status %d, attributes %x",
			    survivors[i].row, v->status, v->attributes);
		arena_deinit(&c.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resets_are_judged_by_their_numbers),
		cmocka_unit_test(senders_that_look_alike_are_named),
		cmocka_unit_test(reset_that_changed_nothing_is_an_attribute),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
