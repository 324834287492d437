/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>
#include <string.h>

#include "checks/follow_up/follow_up.h"
#include "tests/unit/checks/probe_builder.h"

#define PEER  "20.1.1.1:443"
#define HTTP  "20.1.1.1:80"
#define MINE  "blocked.example"
#define OTHER "allowed.test"

struct asked {
	struct run run;
	struct follow_up follow_up;
	struct order orders[ORDER_MAX];
	size_t n;
};

static void begin(struct asked *a, const char *url)
{
	run_init(&a->run);
	run_add(&a->run, url, NULL);
	follow_up_init(&a->follow_up, &a->run.plan, &a->run.log, &a->run.arena);
}

static void ask(struct asked *a, int t, enum follow_up_moment moment, enum stage stage,
    const struct obs *obs)
{
	struct follow_up_event e = {
		.moment = moment, .stage = stage, .peer = address(PEER), .obs = obs
	};

	a->n = follow_up_choose(&a->follow_up, (unsigned)t, &e, a->orders, ORDER_MAX);
}

static const char *request_words(const struct order *o)
{
	if (o->variant == REQUEST_OTHER_WAY)
		return o->request->proxy ? "proxied" : "direct";
	return o->variant == REQUEST_METHOD ? o->request->request.method : "agent";
}

/* "scan 20.1.1.1:443" and so on, in order, with commas between. */
static const char *words(struct asked *a)
{
	static const char *const kinds[N_ORDER_KINDS] = {
		[ORDER_ROUTE] = "route",
		[ORDER_TTL_SCAN] = "scan",
		[ORDER_CONTROL_CONNECT] = "connect",
		[ORDER_SOURCE_PORTS] = "ports",
		[ORDER_REPLY_TTL] = "reply",
		[ORDER_RESET_TEST] = "reset",
		[ORDER_TLS_VARIANT] = "tls",
		[ORDER_LOCAL_UDP] = "udp",
		[ORDER_COUNTED_SYNS] = "count",
		[ORDER_REQUEST_VARIANT] = "request",
	};
	struct arena *arena = &a->run.arena;
	const char *text = "";

	for (size_t i = 0; i < a->n; i++) {
		const struct order *o = &a->orders[i];
		char peer[ADDR_TEXT_MAX];
		text = arena_printf(
		    arena, "%s%s%s", text, *text ? ", " : "", kinds[o->kind]);
		if (o->kind == ORDER_TLS_VARIANT)
			text = arena_printf(arena, "%s %s%s%s%s", text,
			    o->name ? o->name : "-", o->split_name ? " split" : "",
			    o->padded ? " long" : "",
			    o->max_seg ? arena_printf(arena, " %u", o->max_seg) : "");
		else if (o->kind == ORDER_REQUEST_VARIANT)
			text = arena_printf(arena, "%s %s", text, request_words(o));
		else
			text = arena_printf(arena, "%s %s", text,
			    strchr(addr_format_port(&o->peer, peer), ':') + 1);
	}
	return text;
}

static void expect(struct asked *a, const char *row, const char *want)
{
	const char *got = words(a);

	if (strcmp(got, want) != 0)
		fail_msg("row \"%s\": want \"%s\", got \"%s\"", row, want, got);
}

static void an_attempt_by_how_it_failed(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		int err; /* 0 = silent */
		const char *offender;
		const char *want;
	} rows[] = {
		{ "silent", 0, NULL,
		    "udp 443, count 443, connect 443, connect 443, connect 80, scan "
		    "443" },
		{ "silent by the kernel's clock", ETIMEDOUT, NULL,
		    "udp 443, count 443, connect 443, connect 443, connect 80, scan "
		    "443" },
		{ "silent, but a device spoke", 0, "10.20.1.1", "" },
		{ "refused", ECONNREFUSED, NULL, "count 443, connect 80, reply 443" },
		{ "rejected by a device", ECONNREFUSED, "10.20.1.1", "" },
		{ "no route", ENETUNREACH, NULL, "" },
		{ "not permitted", EPERM, NULL, "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a;
		begin(&a, "tcp://20.1.1.1:443");
		struct obs o = rows[i].err ? tcp_failed(&a.run, 0, PEER, rows[i].err)
					   : tcp_timeout(&a.run, 0, PEER);
		if (rows[i].offender)
			o.tcp.icmp = icmp_from(rows[i].offender, 3, 13);
		ask(&a, 0, FOLLOW_UP_FAILED, STAGE_TCP, see(&a.run, o));
		expect(&a, rows[i].row, rows[i].want);
		run_deinit(&a.run);
	}
}

static void a_slow_attempt_is_asked_about_while_it_waits(void **state)
{
	(void)state;
	struct asked a;

	begin(&a, "https://" MINE);
	ask(&a, 0, FOLLOW_UP_SLOW, STAGE_TCP, NULL);
	expect(&a, "slow",
	    "udp 443, count 443, connect 443, connect 443, connect 80, scan 443");
	ask(&a, 0, FOLLOW_UP_FAILED, STAGE_TCP,
	    see(&a.run, tcp_timeout(&a.run, 0, PEER)));
	expect(&a, "and then fails", "");
	run_deinit(&a.run);
}

static void nothing_is_asked_of_a_check_that_needs_none(void **state)
{
	(void)state;
	static const struct catalogue_entry wireserver = { .root_only = true };

	enum what {
		SWITCHED_OFF,
		INVERTED,
		ROOT_ONLY,
		ROOT,
		UDP,
		N_ROWS
	};

	static const char *const rows[N_ROWS] = { "--no-diagnose",
		"must not be reached", "only root may", "root is here", "UDP" };

	for (size_t i = 0; i < N_ROWS; i++) {
		struct asked a;
		begin(&a, i == UDP ? "udp://20.1.1.1:443" : "tcp://20.1.1.1:443");
		a.run.plan.probe.no_diagnose = i == SWITCHED_OFF;
		a.run.checks[0].must_not_reach = i == INVERTED;
		if (i == ROOT_ONLY || i == ROOT)
			a.run.checks[0].entry = &wireserver;
		see_system(&a.run, i == ROOT);
		ask(&a, 0, FOLLOW_UP_SLOW, STAGE_TCP, NULL);
		if ((a.n > 0) != (i == ROOT))
			fail_msg("row \"%s\": %s", rows[i], words(&a));
		run_deinit(&a.run);
	}
}

static void what_silence_leaves_open_decides_the_next_step(void **state)
{
	(void)state;

	enum what {
		OTHER_ANSWERS,
		OTHER_REFUSES,
		OTHER_SILENT,
		REPEAT_CONNECTS,
		SCAN_CONNECTS,
		SIBLING_ANSWERS
	};

	static const struct {
		const char *row;
		const char *want;
	} rows[] = {
		[OTHER_ANSWERS] = { "another port answers", "scan 80" },
		[OTHER_REFUSES] = { "another port refuses", "scan 80" },
		[OTHER_SILENT] = { "another port is silent", "" },
		[REPEAT_CONNECTS] = { "a second attempt connects", "ports 443" },
		[SCAN_CONNECTS] = { "a SYN of the scan connects", "ports 443" },
		[SIBLING_ANSWERS] = { "a sibling answers", "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a;
		const struct obs *o = NULL;
		begin(&a, "tcp://20.1.1.1:443");
		ask(&a, 0, FOLLOW_UP_SLOW, STAGE_TCP, NULL);
		if (i == SCAN_CONNECTS)
			o = see_scan(&a.run, 0, PEER, "eec");
		else if (i == REPEAT_CONNECTS)
			o = see(&a.run, control(&a.run, 0, PEER, CONTROL_REPEAT, 'c'));
		else if (i == SIBLING_ANSWERS)
			o = see(&a.run,
			    control(&a.run, 0, "20.1.1.9:443", CONTROL_SIBLING, 'c'));
		else
			o = see(&a.run, control(&a.run, 0, HTTP, CONTROL_OTHER_PORT,
					    i == OTHER_ANSWERS   ? 'c'
					    : i == OTHER_REFUSES ? 'r'
								 : '.'));
		ask(&a, 0, FOLLOW_UP_OBSERVED, STAGE_TCP, o);
		expect(&a, rows[i].row, rows[i].want);
		ask(&a, 0, FOLLOW_UP_OBSERVED, STAGE_TCP, o);
		expect(&a, "and never again", "");
		run_deinit(&a.run);
	}
}

static void a_reset_is_compared_only_with_a_host_that_accepts(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		char other;
		bool mixed;
		const char *want;
	} rows[] = {
		{ "another port accepts", 'c', false, "reply 80, scan 443, scan 80" },
		{ "another port refuses too", 'r', false, "" },
		{ "two senders", 'r', true, "scan 443" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a;
		begin(&a, "tcp://20.1.1.1:443");
		ask(&a, 0, FOLLOW_UP_FAILED, STAGE_TCP,
		    see(&a.run, tcp_failed(&a.run, 0, PEER, ECONNREFUSED)));
		struct obs o = reply_ttl(&a.run, 0, PEER, REPLY_RESET, 62);
		o.reply_ttl.mixed = rows[i].mixed;
		see(&a.run, o);
		ask(&a, 0, FOLLOW_UP_OBSERVED, STAGE_TCP,
		    see(&a.run,
			control(&a.run, 0, HTTP, CONTROL_OTHER_PORT, rows[i].other)));
		expect(&a, rows[i].row, rows[i].want);
		run_deinit(&a.run);
	}
}

static void checks_share_the_probes_of_an_address(void **state)
{
	(void)state;
	struct asked a;

	begin(&a, "tcp://20.1.1.1:443");
	run_add(&a.run, "https://" MINE, NULL);
	ask(&a, 0, FOLLOW_UP_SLOW, STAGE_TCP, NULL);
	assert_int_equal(a.n, 6);
	ask(&a, 1, FOLLOW_UP_SLOW, STAGE_TCP, NULL);
	expect(&a, "shared", "");
	run_deinit(&a.run);
}

static void a_sibling_is_one_of_the_same_family(void **state)
{
	(void)state;

	static const struct {
		const char *row, *family, *peer;
		bool connected, want;
	} rows[] = {
		{ "another service of the family", "Storage", "20.1.1.9:445", true,
		    true },
		{ "another family", "Registry", "20.1.1.9:445", true, false },
		{ "silent itself", "Storage", "20.1.1.9:445", false, false },
		{ "on this port already", "Storage", "20.1.1.9:443", true, false },
		{ "the same address", "Storage", "20.1.1.1:445", true, false },
		{ "another kind of address", "Storage", "[2603:1030::1]:445", true,
		    false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a;
		begin(&a, "tcp://20.1.1.1:443");
		run_add(&a.run, "tcp://b.example:445", NULL);
		a.run.checks[0].family = "Storage";
		a.run.checks[1].family = rows[i].family;
		see(&a.run, rows[i].connected ? tcp_connected(&a.run, 1, rows[i].peer)
					      : tcp_timeout(&a.run, 1, rows[i].peer));
		ask(&a, 0, FOLLOW_UP_SLOW, STAGE_TCP, NULL);
		bool got = strstr(words(&a), "connect 443, connect 80, connect 443");
		if (got != rows[i].want)
			fail_msg("row \"%s\": %s", rows[i].row, words(&a));
		run_deinit(&a.run);
	}
}

/* --- Handshakes ------------------------------------------------------------------- */

static const struct obs *handshake(struct asked *a, enum tls_outcome outcome)
{
	begin(a, "https://" MINE);
	run_add(&a->run, "https://" OTHER, NULL);
	see(&a->run, tcp_connected(&a->run, 1, "20.2.2.2:443"));
	see(&a->run, tls_verified(&a->run, 1, "20.2.2.2:443", NULL));
	see(&a->run, tcp_connected(&a->run, 0, PEER));
	struct obs o = tls_verified(&a->run, 0, PEER, NULL);
	o.tls.outcome = outcome;
	o.tls.verified = false;
	return see(&a->run, o);
}

static void a_handshake_by_how_it_ended(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		enum tls_outcome outcome;
		const char *want;
	} rows[] = {
		{ "stalled", TLS_TIMEOUT, "tls " OTHER ", tls " MINE " 1200" },
		{ "reset", TLS_RESET, "tls " OTHER ", reset 443" },
		{ "closed", TLS_CLOSED, "tls " OTHER },
		{ "alert", TLS_ALERT, "tls " OTHER },
		{ "plain text", TLS_NOT_TLS, "" },
		{ "our library refused", TLS_ERROR, "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a;
		const struct obs *o = handshake(&a, rows[i].outcome);
		ask(&a, 0, FOLLOW_UP_FAILED, STAGE_TLS, o);
		expect(&a, rows[i].row, rows[i].want);
		ask(&a, 0, FOLLOW_UP_FAILED, STAGE_TLS, o);
		expect(&a, "again", "");
		run_deinit(&a.run);
	}
}

static void an_unknown_issuer_is_asked_for_another_name(void **state)
{
	(void)state;
	static const int unknown[] = { 20, 0 }, expired[] = { 10, 0 };
	static const struct catalogue_entry own_ca = { .private_ca = true };

	static const struct {
		const char *row;
		const int *errors; /* NULL = verified */
		const struct catalogue_entry *entry;
		const char *want;
	} rows[] = {
		{ "unknown issuer", unknown, NULL, "tls localhost.invalid" },
		{ "expired", expired, NULL, "" },
		{ "verified", NULL, NULL, "" },
		{ "its own CA", unknown, &own_ca, "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a;
		begin(&a, "https://" MINE);
		a.run.checks[0].entry = rows[i].entry;
		see(&a.run, tcp_connected(&a.run, 0, PEER));
		const struct obs *o = see(&a.run,
		    rows[i].errors
			? tls_unverified(&a.run, 0, PEER, "CN=x", rows[i].errors)
			: tls_verified(&a.run, 0, PEER, NULL));
		ask(&a, 0, FOLLOW_UP_FAILED, STAGE_TLS, o);
		expect(&a, rows[i].row, rows[i].want);
		run_deinit(&a.run);
	}
}

static void what_a_variant_leaves_open_decides_the_next_step(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		enum tls_outcome outcome, other, small;
		const char *want;
	} rows[] = {
		{ "stalled, the name decides", TLS_TIMEOUT, TLS_DONE, TLS_TIMEOUT, "" },
		{ "stalled, the size decides", TLS_TIMEOUT, TLS_TIMEOUT, TLS_DONE,
		    "tls " MINE " 536, tls " MINE },
		{ "stalled, neither", TLS_TIMEOUT, TLS_TIMEOUT, TLS_TIMEOUT,
		    "tls " MINE " 536, scan 443, reply 443" },
		{ "stalled, both help", TLS_TIMEOUT, TLS_DONE, TLS_DONE,
		    "tls " MINE " 536, tls " MINE ", tls -" },
		{ "reset, the name decides", TLS_RESET, TLS_DONE, TLS_TIMEOUT,
		    "tls " MINE " split, scan 443" },
		{ "reset, the other name too", TLS_RESET, TLS_RESET, TLS_TIMEOUT,
		    "tls -" },
		{ "closed, the name decides", TLS_CLOSED, TLS_DONE, TLS_TIMEOUT,
		    "scan 443" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a;
		ask(&a, 0, FOLLOW_UP_FAILED, STAGE_TLS, handshake(&a, rows[i].outcome));
		struct obs o = variant(&a.run, 0, PEER, MINE, rows[i].small);
		o.tls_variant.max_seg = 1200;
		see(&a.run, o);
		ask(&a, 0, FOLLOW_UP_OBSERVED, STAGE_TLS,
		    see(&a.run, variant(&a.run, 0, PEER, OTHER, rows[i].other)));
		expect(&a, rows[i].row, rows[i].want);
		run_deinit(&a.run);
	}
}

static void one_other_name_is_enough(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		bool known_first; /* some name had got through when it was asked */
		const char *first, *then;
	} rows[] = {
		{ "one that works, and then a second", true, "tls " OTHER, "" },
		{ "none at first, and then one that works", false,
		    "tls localhost.invalid", "tls " OTHER },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a;
		begin(&a, "https://" MINE);
		run_add(&a.run, "https://" OTHER, NULL);
		run_add(&a.run, "https://third.test", NULL);
		see(&a.run, tcp_connected(&a.run, 0, PEER));
		struct obs o = tls_verified(&a.run, 0, PEER, NULL);
		o.tls.outcome = TLS_CLOSED;
		const struct obs *closed = see(&a.run, o);
		if (rows[i].known_first)
			see(&a.run, tls_verified(&a.run, 1, "20.2.2.2:443", NULL));
		ask(&a, 0, FOLLOW_UP_FAILED, STAGE_TLS, closed);
		expect(&a, rows[i].row, rows[i].first);
		see(&a.run, tls_verified(&a.run, rows[i].known_first ? 2 : 1,
				"20.3.3.3:443", NULL));
		ask(&a, 0, FOLLOW_UP_FAILED, STAGE_TLS, closed);
		expect(&a, rows[i].row, rows[i].then);
		run_deinit(&a.run);
	}
}

static void sizes_are_tried_until_the_difference_is_reproduced(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		enum tls_outcome small, smaller;
		bool lossy;
		const char *want;
	} rows[] = {
		{ "two small ones finish", TLS_DONE, TLS_DONE, false, "" },
		{ "where packets get lost", TLS_DONE, TLS_DONE, true,
		    "tls " MINE " 500" },
		{ "only the smaller one", TLS_TIMEOUT, TLS_DONE, false,
		    "tls " MINE ", tls " MINE " 500" },
		{ "neither", TLS_TIMEOUT, TLS_TIMEOUT, false, "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a;
		ask(&a, 0, FOLLOW_UP_FAILED, STAGE_TLS, handshake(&a, TLS_TIMEOUT));
		struct obs o = variant(&a.run, 0, PEER, MINE, rows[i].small);
		o.tls_variant.max_seg = 1200;
		see(&a.run, variant(&a.run, 0, PEER, OTHER, TLS_TIMEOUT));
		ask(&a, 0, FOLLOW_UP_OBSERVED, STAGE_TLS, see(&a.run, o));
		o.tls_variant.max_seg = 536;
		o.tls_variant.outcome = rows[i].smaller;
		o.tls_variant.info.total_retrans = rows[i].lossy ? 1 : 0;
		ask(&a, 0, FOLLOW_UP_OBSERVED, STAGE_TLS, see(&a.run, o));
		expect(&a, rows[i].row, rows[i].want);
		run_deinit(&a.run);
	}
}

#define LONG_HELLOS "tls " MINE " long, tls " MINE " long 1200, tls " MINE " long 536"

static void a_request_is_varied_only_while_nobody_acknowledges_it(void **state)
{
	(void)state;

	static const struct {
		const char *row;
		struct tcp_facts info;
		const char *want;
	} rows[] = {
		{ "nothing is known", { .present = false }, "" },
		{ "acknowledged: the server is slow", { .present = true }, "" },
		{ "not acknowledged", { .present = true, .unacked = 2 }, LONG_HELLOS },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a;
		struct follow_up_event e = { .moment = FOLLOW_UP_SLOW,
			.stage = STAGE_HTTP,
			.peer = address(PEER),
			.info = rows[i].info };
		begin(&a, "https://" MINE);
		see(&a.run, tcp_connected(&a.run, 0, PEER));
		a.n = follow_up_choose(&a.follow_up, 0, &e, a.orders, ORDER_MAX);
		expect(&a, rows[i].row, rows[i].want);
		/* And when it has failed. */
		see(&a.run, tls_verified(&a.run, 0, PEER, NULL));
		struct obs o = http_answer(&a.run, 0, PEER, 0, NULL, NULL);
		o.http.outcome = HTTP_TIMEOUT;
		o.http.info = rows[i].info;
		a.follow_up.n_given = 0;
		ask(&a, 0, FOLLOW_UP_FAILED, STAGE_HTTP, see(&a.run, o));
		expect(&a, rows[i].row, rows[i].want);
		run_deinit(&a.run);
	}
}

static void long_handshakes_are_tried_once_more_where_packets_get_lost(void **state)
{
	(void)state;

	for (uint32_t resent = 0; resent < 2; resent++) {
		struct asked a;
		struct follow_up_event e = { .moment = FOLLOW_UP_SLOW,
			.stage = STAGE_HTTP,
			.peer = address(PEER),
			.info = { .present = true, .unacked = 2 } };
		begin(&a, "https://" MINE);
		see(&a.run, tcp_connected(&a.run, 0, PEER));
		a.n = follow_up_choose(&a.follow_up, 0, &e, a.orders, ORDER_MAX);
		expect(&a, "slow", LONG_HELLOS);
		struct obs o = variant(&a.run, 0, PEER, MINE, TLS_DONE);
		o.tls_variant.padded = true;
		o.tls_variant.max_seg = 1200;
		o.tls_variant.info.total_retrans = resent;
		/* Nothing is asked about the handshake, which is not in the log yet. */
		ask(&a, 0, FOLLOW_UP_OBSERVED, STAGE_TLS, see(&a.run, o));
		expect(&a, resent ? "resent" : "at once",
		    resent ? "tls - long, tls " MINE " long 500" : "");
		run_deinit(&a.run);
	}
}

static void silence_asks_whether_a_peer_that_accepted_still_does(void **state)
{
	(void)state;

	static const struct {
		const char *row, *peer;
		bool connected, want;
	} rows[] = {
		{ "another address accepted", "20.1.1.9:8443", true, true },
		{ "another was silent, too", "20.1.1.9:8443", false, false },
		{ "the same address on another port", "20.1.1.1:8443", true, false },
		{ "another kind of address", "[2603:1030::1]:8443", true, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a;
		begin(&a, "tcp://20.1.1.1:443");
		run_add(&a.run, "tcp://b.example:8443", NULL);
		see(&a.run, rows[i].connected ? tcp_connected(&a.run, 1, rows[i].peer)
					      : tcp_timeout(&a.run, 1, rows[i].peer));
		ask(&a, 0, FOLLOW_UP_SLOW, STAGE_TCP, NULL);
		if (!strstr(words(&a), ", connect 8443") == rows[i].want)
			fail_msg("row \"%s\": %s", rows[i].row, words(&a));
		/* Its answer calls for nothing about that peer. */
		struct obs o =
		    control(&a.run, 0, "20.1.1.9:8443", CONTROL_KNOWN_GOOD, 'c');
		ask(&a, 0, FOLLOW_UP_OBSERVED, STAGE_TCP, see(&a.run, o));
		expect(&a, rows[i].row, "");
		run_deinit(&a.run);
	}
}

static void silence_beside_an_address_that_works_is_asked_once_more(void **state)
{
	(void)state;
	struct asked a;

	begin(&a, "tcp://20.1.1.1:443");
	see(&a.run, tcp_connected(&a.run, 0, "20.1.1.2:443"));
	ask(&a, 0, FOLLOW_UP_SLOW, STAGE_TCP, NULL);
	expect(&a, "while it waits", "connect 443");
	ask(&a, 0, FOLLOW_UP_FAILED, STAGE_TCP,
	    see(&a.run, tcp_failed(&a.run, 0, PEER, ECONNREFUSED)));
	expect(&a, "a refusal is no silence", "");
	run_deinit(&a.run);
}

static void nothing_is_varied_through_a_proxy(void **state)
{
	(void)state;
	struct proxy proxy = { .shown_as = "http://10.0.0.9:3128", .port = 3128 };
	struct asked a;
	const struct obs *o = handshake(&a, TLS_TIMEOUT);

	a.run.targets[0].proxy = &proxy;
	ask(&a, 0, FOLLOW_UP_FAILED, STAGE_TLS, o);
	expect(&a, "proxy", "");
	run_deinit(&a.run);
}

/* --- Requests ----------------------------------------------------------------------
 */

#define MARKED "server: squid/5.7"

/* A check whose requests go through a proxy; another way is there on request. */
static void begin_proxied(struct asked *a, const char *url, bool other_way)
{
	static const struct proxy proxy = { .shown_as = "http://10.0.0.9:3128" };
	static struct target direct;

	begin(a, url);
	direct = a->run.targets[0];
	a->run.targets[0].proxy = &proxy;
	a->run.targets[0].other_way = other_way ? &direct : NULL;
	struct obs tcp = tcp_connected(&a->run, 0, PEER);
	tcp.tcp.via_proxy = true;
	see(&a->run, tcp);
}

static const struct obs *see_answer(struct asked *a, int status, const char *mark)
{
	const char *const fields[] = { mark, NULL };
	struct obs o = http_answer(&a->run, 0, PEER, status, NULL, fields);

	o.http.via_proxy = true;
	return see(&a->run, o);
}

static void requests_are_compared_where_somebody_can_read_them(void **state)
{
	static const struct {
		const char *row, *url;
		int status;
		const char *mark;
		bool other_way;
		const char *want;
	} rows[] = {
		{ "refused without credentials", "http://h.example", 401, NULL, true,
		    "request direct, request HEAD, request agent, request POST, "
		    "request PUT" },
		{ "an open page is not written to", "http://h.example", 200, NULL, true,
		    "request direct, request HEAD, request agent" },
		{ "a broken server is no control", "http://h.example", 503, NULL, true,
		    "request direct" },
		{ "blocked: is it for our name?", "http://h.example", 403, MARKED, true,
		    "request direct, request agent" },
		{ "without another way", "http://h.example", 401, NULL, false,
		    "request HEAD, request agent, request POST, request PUT" },
		{ "verified TLS has nothing to compare", "https://h.example", 401, NULL,
		    false, "" },
		{ "but its two ways", "https://h.example", 401, NULL, true,
		    "request direct" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a;
		begin_proxied(&a, rows[i].url, rows[i].other_way);
		if (protocol_is_tls(a.run.targets[0].protocol))
			see(&a.run, tls_verified(&a.run, 0, PEER, NULL));
		const struct obs *o = see_answer(&a, rows[i].status, rows[i].mark);
		ask(&a, 0, FOLLOW_UP_ANSWERED, STAGE_HTTP, o);
		expect(&a, rows[i].row, rows[i].want);
		/* Once for the path. */
		ask(&a, 0, FOLLOW_UP_ANSWERED, STAGE_HTTP, o);
		if (!rows[i].mark)
			expect(&a, rows[i].row, "");
		run_deinit(&a.run);
	}
}

static void the_other_way_is_tried_when_a_check_is_in_trouble(void **state)
{
	struct asked a;

	(void)state;
	begin_proxied(&a, "https://h.example", true);
	ask(&a, 0, FOLLOW_UP_SLOW, STAGE_HTTP, NULL);
	expect(&a, "slow", "request direct");
	struct obs o = http_answer(&a.run, 0, PEER, 0, NULL, NULL);
	o.http.outcome = HTTP_PROXY_REFUSED;
	ask(&a, 0, FOLLOW_UP_FAILED, STAGE_HTTP, see(&a.run, o));
	expect(&a, "failed later", "");
	run_deinit(&a.run);
}

static void a_direct_check_without_a_proxy_varies_no_request(void **state)
{
	struct asked a;

	(void)state;
	begin(&a, "https://h.example");
	see(&a.run, tcp_connected(&a.run, 0, PEER));
	see(&a.run, tls_verified(&a.run, 0, PEER, NULL));
	ask(&a, 0, FOLLOW_UP_ANSWERED, STAGE_HTTP,
	    see(&a.run, http_answer(&a.run, 0, PEER, 401, NULL, NULL)));
	expect(&a, "direct", "");
	run_deinit(&a.run);
}

static void an_address_literal_has_no_name_to_vary(void **state)
{
	(void)state;
	struct asked a;

	begin(&a, "https://20.1.1.1");
	see(&a.run, tcp_connected(&a.run, 0, PEER));
	ask(&a, 0, FOLLOW_UP_SLOW, STAGE_TLS, NULL);
	expect(&a, "literal", "tls - 1200");
	run_deinit(&a.run);
}

static void ways_of_what_works_are_compared_behind_a_private_router(void **state)
{
	(void)state;

	static const struct {
		const char *row, *scan, *works, *want;
	} rows[] = {
		{ "a private router", "ee......", "20.9.9.9:8443", "scan 8443" },
		{ "the first hop", "e.......", "20.9.9.9:8443", "" },
		{ "no router", "........", "20.9.9.9:8443", "" },
		{ "only a private address works", "ee......", "10.9.9.9:8443", "" },
		{ "nothing works", "ee......", NULL, "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a;
		begin(&a, "tcp://20.1.1.1:443");
		run_add(&a.run, "tcp://works.example:8443", NULL);
		if (rows[i].works)
			see(&a.run, tcp_connected(&a.run, 1, rows[i].works));
		ask(&a, 0, FOLLOW_UP_FAILED, STAGE_TCP,
		    see(&a.run, tcp_timeout(&a.run, 0, PEER)));
		ask(&a, 0, FOLLOW_UP_OBSERVED, STAGE_TCP,
		    see_scan(&a.run, 0, PEER, rows[i].scan));
		expect(&a, rows[i].row, rows[i].want);
		run_deinit(&a.run);
	}
}

static void no_more_is_returned_than_there_is_room_for(void **state)
{
	(void)state;
	struct asked a;
	struct follow_up_event e = {
		.moment = FOLLOW_UP_SLOW, .stage = STAGE_TCP, .peer = address(PEER)
	};

	begin(&a, "tcp://20.1.1.1:443");
	assert_int_equal(follow_up_choose(&a.follow_up, 0, &e, a.orders, 1), 1);
	/* What had no room is asked for the next time. */
	assert_int_equal(follow_up_choose(&a.follow_up, 0, &e, a.orders, ORDER_MAX), 5);
	run_deinit(&a.run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_attempt_by_how_it_failed),
		cmocka_unit_test(a_slow_attempt_is_asked_about_while_it_waits),
		cmocka_unit_test(nothing_is_asked_of_a_check_that_needs_none),
		cmocka_unit_test(what_silence_leaves_open_decides_the_next_step),
		cmocka_unit_test(a_reset_is_compared_only_with_a_host_that_accepts),
		cmocka_unit_test(checks_share_the_probes_of_an_address),
		cmocka_unit_test(a_sibling_is_one_of_the_same_family),
		cmocka_unit_test(a_handshake_by_how_it_ended),
		cmocka_unit_test(an_unknown_issuer_is_asked_for_another_name),
		cmocka_unit_test(what_a_variant_leaves_open_decides_the_next_step),
		cmocka_unit_test(one_other_name_is_enough),
		cmocka_unit_test(sizes_are_tried_until_the_difference_is_reproduced),
		cmocka_unit_test(a_request_is_varied_only_while_nobody_acknowledges_it),
		cmocka_unit_test(
		    long_handshakes_are_tried_once_more_where_packets_get_lost),
		cmocka_unit_test(silence_asks_whether_a_peer_that_accepted_still_does),
		cmocka_unit_test(
		    silence_beside_an_address_that_works_is_asked_once_more),
		cmocka_unit_test(nothing_is_varied_through_a_proxy),
		cmocka_unit_test(requests_are_compared_where_somebody_can_read_them),
		cmocka_unit_test(the_other_way_is_tried_when_a_check_is_in_trouble),
		cmocka_unit_test(a_direct_check_without_a_proxy_varies_no_request),
		cmocka_unit_test(an_address_literal_has_no_name_to_vary),
		cmocka_unit_test(
		    ways_of_what_works_are_compared_behind_a_private_router),
		cmocka_unit_test(no_more_is_returned_than_there_is_room_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
