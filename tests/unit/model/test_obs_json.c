/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/model/obs_json.h"
#include "tests/unit/golden.h"
#include "tests/unit/model/obs_sample.h"

enum {
	ARENA_LIMIT = 256 << 20,
	DUMP_FLAGS = JSON_REAL_PRECISION(15)
};

static json_t *log_to_json(const struct obslog *log)
{
	json_t *list = json_array();
	for (size_t i = 0; i < log->n_items; i++)
		json_array_append_new(list, obs_to_json(log->items[i], sample_plan()));
	return list;
}

static json_t *sample_json(void)
{
	struct arena a;
	struct obslog log;
	arena_init(&a, ARENA_LIMIT);
	obslog_init(&log, &a, sample_plan()->n_targets);
	sample_every_kind(&log);
	json_t *json = log_to_json(&log);
	arena_deinit(&a);
	return json;
}

static void every_member_of_every_kind_is_written(void **state)
{
	(void)state;
	json_t *json = sample_json();
	char *text = json_dumps(json, DUMP_FLAGS | JSON_INDENT(2));
	assert_golden("model/expect/every_kind.json", text);
	free(text);
	json_decref(json);
}

/* Reads json, writes it again and compares; returns the reason of a refusal. */
static void assert_round_trip(const json_t *json, const char *what)
{
	struct arena a;
	struct obslog log;
	char err[256] = "";
	arena_init(&a, ARENA_LIMIT);
	obslog_init(&log, &a, sample_plan()->n_targets);
	if (obs_from_json(json, sample_plan(), &log, err, sizeof err) != 0)
		fail_msg("%s: %s", what, err);
	json_t *again = log_to_json(&log);
	char *first = json_dumps(json, DUMP_FLAGS);
	char *second = json_dumps(again, DUMP_FLAGS);
	if (strcmp(first, second) != 0)
		fail_msg("%s changed:\n%s\n%s", what, first, second);
	free(first);
	free(second);
	json_decref(again);
	arena_deinit(&a);
}

static void every_kind_round_trips_through_text(void **state)
{
	(void)state;
	json_t *json = sample_json();
	char *text = json_dumps(json, DUMP_FLAGS | JSON_INDENT(2));
	json_t *parsed = json_loads(text, 0, NULL);
	assert_non_null(parsed);
	assert_round_trip(parsed, "sample");
	json_decref(parsed);
	free(text);
	json_decref(json);
}

static void values_arrive_in_the_structs(void **state)
{
	(void)state;
	struct arena a;
	struct obslog log;
	char err[256];
	json_t *json = sample_json();
	arena_init(&a, ARENA_LIMIT);
	obslog_init(&log, &a, sample_plan()->n_targets);
	assert_int_equal(obs_from_json(json, sample_plan(), &log, err, sizeof err), 0);

	const struct obs *o = obslog_first(&log, OBS_NO_TARGET);
	assert_int_equal(o->kind, OBS_SYSTEM);
	assert_int_equal(o->system.n_resolvers, 2);
	assert_int_equal(o->system.resolvers[1].scope, 2);
	assert_int_equal(o->system.resolvers[1].port, 53);
	assert_string_equal(o->system.search[1], "lab.example");
	o = obslog_get(&log, 3);
	assert_int_equal(o->dns.role, DNS_PLATFORM);
	assert_int_equal(o->dns.records[3].type, DNS_TYPE_SOA);
	assert_int_equal(o->dns.records[1].address.ip[0], 10);
	assert_int_equal(o->begin, 3 * 1234567);
	assert_int_equal(o->end - o->begin, 20417001);
	o = obslog_first(&log, 1);
	assert_int_equal(o->kind, OBS_TLS);
	assert_memory_equal(o->tls.first_bytes, "HTTP/1.1 \xff", 10);
	assert_true(o->tls.chain[1].not_after == INT64_C(999999999999));
	assert_int_equal(o->tls.errors[0].depth, 1);
	assert_int_equal(o->tls.info.bytes_acked, 5000000000);
	o = o->next_of_target;
	assert_int_equal(o->http.first_byte, 22300417);
	assert_string_equal(o->http.body, "<html>\\x1b[2J\\x00hidden\\xff</html>");
	assert_int_equal(o->http.body_len, strlen(o->http.body));
	assert_string_equal(o->http.headers[1].value, "\\x1b[31mred\\xe2\\x80\\xae");
	o = obslog_get(&log, 13);
	assert_int_equal(o->ttl_scan.steps[0].answer, TTL_EXCEEDED);
	assert_int_equal(o->ttl_scan.steps[0].icmp.offender.ip[3], 1);
	assert_int_equal(o->ttl_scan.steps[0].rtt, 417000);
	assert_true(o->ttl_scan.steps[1].retried);
	o = obslog_get(&log, 17);
	assert_int_equal(o->reset_test.flows[1].min_ttl, 62);
	assert_int_equal(o->reset_test.flows[0].info.bytes_acked, 5000000000);
	arena_deinit(&a);
	json_decref(json);
}

/* What an unsuccessful check leaves empty stays empty. */
static void empty_observations_round_trip(void **state)
{
	(void)state;
	struct arena a;
	struct obslog log;
	arena_init(&a, ARENA_LIMIT);
	obslog_init(&log, &a, sample_plan()->n_targets);
	struct addr peer = { .family = AF_INET, .ip = { 127, 0, 0, 1 } };
	const struct obs_capture capture = { .source = "" };
	const struct obs_flow flow = { .client = peer, .server = peer };
	const struct obs rows[] = {
		{ .kind = OBS_SYSTEM, .target = OBS_NO_TARGET },
		{ .kind = OBS_HOSTS_FILE,
		    .hosts_file = { .name = "", .address = peer } },
		{ .kind = OBS_DNS,
		    .dns = { .server = peer,
			.name = "",
			.type = DNS_TYPE_A,
			.ede = -1 } },
		{ .kind = OBS_TCP, .tcp = { .peer = peer } },
		{ .kind = OBS_TLS, .tls = { .alert = -1 } },
		{ .kind = OBS_HTTP },
		{ .kind = OBS_WEBSOCKET },
		{ .kind = OBS_JUPYTER },
		{ .kind = OBS_IDLE },
		{ .kind = OBS_EXCHANGE },
		{ .kind = OBS_UDP, .udp = { .peer = peer } },
		{ .kind = OBS_UNFINISHED },
		{ .kind = OBS_CAPABILITIES, .target = OBS_NO_TARGET },
		{ .kind = OBS_COUNTERS, .target = OBS_NO_TARGET },
		{ .kind = OBS_ROUTE, .route = { .peer = peer } },
		{ .kind = OBS_TTL_SCAN, .ttl_scan = { .peer = peer } },
		{ .kind = OBS_CONTROL_CONNECT, .control_connect = { .peer = peer } },
		{ .kind = OBS_SOURCE_PORTS, .source_ports = { .peer = peer } },
		{ .kind = OBS_REPLY_TTL, .reply_ttl = { .peer = peer } },
		{ .kind = OBS_RESET_TEST, .reset_test = { .peer = peer } },
		{ .kind = OBS_TLS_VARIANT,
		    .tls_variant = { .peer = peer, .alert = -1 } },
		{ .kind = OBS_LOCAL_UDP, .local_udp = { .peer = peer } },
		{ .kind = OBS_COUNTED_SYNS, .counted_syns = { .peer = peer } },
		{ .kind = OBS_DNS_VARIANT,
		    .dns_variant = { .peer = peer,
			.name = "",
			.form = { .type = DNS_TYPE_A } } },
		{ .kind = OBS_REQUEST_VARIANT },
		{ .kind = OBS_CAPTURE, .target = OBS_NO_TARGET, .capture = &capture },
		{ .kind = OBS_FLOW, .flow = &flow },
		{ .kind = OBS_LISTENERS },
		{ .kind = OBS_INBOUND },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		obslog_append(&log, &rows[i]);
	json_t *json = log_to_json(&log);
	assert_round_trip(json, "empty");
	const json_t *tls = json_object_get(json_array_get(json, 4), "tls");
	assert_true(json_is_null(json_object_get(tls, "alert")));
	assert_true(json_is_null(json_object_get(tls, "version")));
	assert_true(json_is_null(json_object_get(tls, "tcp_info")));
	json_decref(json);
	arena_deinit(&a);
}

/* A small generator of our own, so that a failure can be repeated by its seed. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

static char *random_text(struct arena *a, uint32_t *seed, size_t *ret_len)
{
	static const char *const hostile[] = { "\x1b]0;title\x07", "\xe2\x80\xae",
		"\xff", "\xc0\x80", "\xed\xa0\x80", "\"\\", "\n", "ü", "日本", "\\x1b",
		"...", "a" };
	size_t n = next_random(seed) % 60, len = 0;
	/* One in eight is beyond every bound. */
	if (next_random(seed) % 8 == 0)
		n = 40000;
	char *text = arena_alloc(a, n * 16 + 1);
	for (size_t i = 0; i < n; i++) {
		const char *piece = hostile[next_random(seed) % COUNT(hostile)];
		memcpy(text + len, piece, strlen(piece));
		len += strlen(piece);
	}
	if (ret_len) {
		if (len)
			text[len / 2] = '\0'; /* a body may hold NUL */
		*ret_len = len;
	}
	return text;
}

static struct addr random_addr(uint32_t *seed)
{
	struct addr a = { .family = next_random(seed) % 2 ? AF_INET : AF_INET6 };
	for (size_t i = 0; i < (a.family == AF_INET ? 4 : 16); i++)
		a.ip[i] = (uint8_t)next_random(seed);
	if (next_random(seed) % 2)
		a.port = (uint16_t)(next_random(seed) % 65535 + 1);
	if (a.family == AF_INET6 && next_random(seed) % 2)
		a.scope = next_random(seed);
	return a;
}

/* The same for what diagnosis adds. */
static void randomise_order(struct obs *o, struct arena *a, uint32_t *seed)
{
	struct ttl_step *steps;
	switch (o->kind) {
	case OBS_ROUTE:
		o->route.interface = random_text(a, seed, NULL);
		o->route.gateway = random_addr(seed);
		break;
	case OBS_TTL_SCAN:
		steps = arena_memdup(
		    a, o->ttl_scan.steps, o->ttl_scan.n_steps * sizeof *steps);
		steps[0].icmp.offender = random_addr(seed);
		steps[1].rtt = (nsec_t)next_random(seed);
		o->ttl_scan.steps = steps;
		break;
	case OBS_RESET_TEST:
		o->reset_test.name = random_text(a, seed, NULL);
		o->reset_test.n_flows = next_random(seed) % 3;
		break;
	case OBS_TLS_VARIANT:
		o->tls_variant.issuer = random_text(a, seed, NULL);
		o->tls_variant.reason = random_text(a, seed, NULL);
		o->tls_variant.max_seg = next_random(seed);
		break;
	default:
		o->end += (nsec_t)next_random(seed);
	}
}

/* Overwrites the texts, numbers and addresses of a sample by random ones. */
static void randomise(struct obs *o, struct arena *a, uint32_t *seed)
{
	struct dns_record *records;
	struct header *headers;
	size_t n = next_random(seed) % (OBS_MAX_HEADERS + 1);
	o->begin = (nsec_t)next_random(seed) * (1 + next_random(seed) % 1000);
	o->end = o->begin + (nsec_t)next_random(seed);
	switch (o->kind) {
	case OBS_SYSTEM:
		o->system.hostname = random_text(a, seed, NULL);
		break;
	case OBS_HOSTS_FILE:
		o->hosts_file.address = random_addr(seed);
		break;
	case OBS_DNS:
		o->dns.server = random_addr(seed);
		records =
		    arena_memdup(a, o->dns.records, o->dns.n_records * sizeof *records);
		records[0].target = random_text(a, seed, NULL);
		records[1].address = random_addr(seed);
		records[2].ttl = next_random(seed);
		o->dns.records = records;
		o->dns.rcode = (uint8_t)next_random(seed);
		break;
	case OBS_TCP:
		o->tcp.local = random_addr(seed);
		o->tcp.err = (int)(next_random(seed) % 200);
		o->tcp.info.present = next_random(seed) % 2;
		break;
	case OBS_TLS:
		o->tls.reason = random_text(a, seed, NULL);
		o->tls.clock = (int64_t)next_random(seed) * next_random(seed);
		o->tls.n_chain = next_random(seed) % 3;
		break;
	case OBS_HTTP:
		o->http.body = random_text(a, seed, &o->http.body_len);
		headers = arena_array(a, n + 1, sizeof *headers);
		for (size_t i = 0; i < n; i++)
			headers[i] = (struct header){ random_text(a, seed, NULL),
				random_text(a, seed, NULL) };
		o->http.headers = headers;
		o->http.n_headers = n;
		break;
	case OBS_WEBSOCKET:
		o->websocket.close_code = (int)(next_random(seed) % 5000);
		o->websocket.close_reason = random_text(a, seed, NULL);
		o->websocket.bytes_in = next_random(seed);
		break;
	case OBS_JUPYTER:
		o->jupyter.step = next_random(seed) % (JUPYTER_DELETE_TERMINAL + 1);
		o->jupyter.result = random_text(a, seed, NULL);
		break;
	case OBS_IDLE:
		o->idle.outcome = next_random(seed) % (IDLE_CUT + 1);
		o->idle.silent = (nsec_t)next_random(seed);
		o->idle.reason = random_text(a, seed, NULL);
		break;
	case OBS_EXCHANGE:
		o->exchange.answer = random_text(a, seed, NULL);
		o->exchange.smb_status = next_random(seed);
		break;
	case OBS_UDP:
		o->udp.sent = next_random(seed);
		break;
	case OBS_UNFINISHED:
		o->unfinished.waited = (nsec_t)next_random(seed);
		break;
	default:
		randomise_order(o, a, seed);
	}
}

static void random_observations_round_trip(void **state)
{
	(void)state;
	for (uint32_t run = 1; run <= 40; run++) {
		uint32_t seed = run;
		struct arena a;
		struct obslog log;
		char what[32];
		arena_init(&a, ARENA_LIMIT);
		obslog_init(&log, &a, sample_plan()->n_targets);
		sample_every_kind(&log);
		for (size_t i = 0; i < log.n_items; i++)
			randomise(log.items[i], &a, &seed);
		json_t *json = log_to_json(&log);
		snprintf(what, sizeof what, "seed %u", run);
		assert_round_trip(json, what);
		json_decref(json);
		arena_deinit(&a);
	}
}

static void hostile_text_is_bounded_and_printable(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, ARENA_LIMIT);
	char *long_text = arena_alloc(&a, (1 << 20) + 1);
	memset(long_text, 0x1b, 1 << 20);
	const struct obs obs = { .id = 1,
		.kind = OBS_HTTP,
		.http = { .url = long_text, .body = long_text, .body_len = 1 << 20 } };
	json_t *json = obs_to_json(&obs, sample_plan());
	const json_t *http = json_object_get(json, "http");
	assert_int_equal(
	    json_string_length(json_object_get(http, "url")), 4 * OBS_MAX_VALUE + 3);
	const char *body = json_string_value(json_object_get(http, "body"));
	assert_int_equal(strlen(body), 4 * OBS_MAX_BODY + 3);
	assert_memory_equal(body, "\\x1b\\x1b", 8);
	json_decref(json);
	arena_deinit(&a);
}

/* Walks "2.tls.chain.0" (array positions as numbers) to the last but one member. */
static json_t *find(json_t *json, const char *path, char *last, size_t size)
{
	const char *dot;
	while ((dot = strchr(path, '.'))) {
		char name[64];
		snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
		json = json_is_array(json) ? json_array_get(json, (size_t)atoi(name))
					   : json_object_get(json, name);
		path = dot + 1;
	}
	snprintf(last, size, "%s", path);
	return json;
}

static void strange_documents_are_refused_by_path(void **state)
{
	(void)state;

	static const struct {
		const char *name;
		const char *path;
		const char *value; /* JSON; NULL = take the member away */
		const char *want;
	} rows[] = {
		{ "id out of order", "2.id", "7",
		    "observations[2].id: must count up from 1" },
		{ "unknown check", "2.check", "\"storage.tape\"",
		    "observations[2].check: is none of the checks of this report" },
		{ "no check", "2.check", "null",
		    "observations[2]: must name the check it belongs to" },
		{ "check is a number", "2.check", "3",
		    "observations[2].check: is none of the checks of this report" },
		{ "unknown stage", "0.stage", "\"quic\"",
		    "observations[0].stage: is no known stage" },
		{ "unknown kind", "0.kind", "\"quic\"",
		    "observations[0].kind: is no known kind of observation" },
		{ "no kind", "0.kind", NULL, "observations[0].kind: is missing" },
		{ "negative time", "1.at_ms", "-1",
		    "observations[1].at_ms: must be a number of milliseconds" },
		{ "endless time", "1.duration_ms", "1e300",
		    "observations[1].duration_ms: must be a number of milliseconds" },
		{ "facts of another kind", "4.tls", NULL,
		    "observations[4].tls: is missing" },
		{ "facts are no object", "4.tls", "[]",
		    "observations[4].tls: must be an object" },
		{ "no alert", "4.tls.alert", NULL,
		    "observations[4].tls.alert: is missing" },
		{ "alert is text", "4.tls.alert", "\"70\"",
		    "observations[4].tls.alert: must be a whole number in its range" },
		{ "alert overflows", "4.tls.alert", "99999999999",
		    "observations[4].tls.alert: must be a whole number in its range" },
		{ "unknown outcome", "4.tls.outcome", "\"fine\"",
		    "observations[4].tls.outcome: is none of the words known here" },
		{ "verified is a number", "4.tls.verified", "1",
		    "observations[4].tls.verified: must be true or false" },
		{ "version is a list", "4.tls.version", "[]",
		    "observations[4].tls.version: must be a string" },
		{ "odd hex", "4.tls.first_bytes", "\"abc\"",
		    "observations[4].tls.first_bytes: must be pairs of hexadecimal "
		    "digits" },
		{ "no hex", "4.tls.first_bytes", "\"zz\"",
		    "observations[4].tls.first_bytes: must be pairs of hexadecimal "
		    "digits" },
		{ "edited date", "4.tls.chain.0.not_after", "\"2030-01-01T00:00:00Z\"",
		    "observations[4].tls.chain[0].not_after: is not the date its "
		    "number "
		    "of seconds means" },
		{ "date without seconds", "4.tls.chain.0.not_after_epoch", NULL,
		    "observations[4].tls.chain[0].not_after: must have a whole number "
		    "of "
		    "seconds beside it" },
		{ "date for a year beyond", "4.tls.chain.1.not_after", "\"never\"",
		    "observations[4].tls.chain[1].not_after: is not the date its "
		    "number "
		    "of seconds means" },
		{ "san is a number", "4.tls.chain.0.sans", "[1]",
		    "observations[4].tls.chain[0].sans[0]: must be a string" },
		{ "errors are no list", "4.tls.errors", "{}",
		    "observations[4].tls.errors: must be a list" },
		{ "rcode too big", "2.dns.rcode", "256",
		    "observations[2].dns.rcode: must be a whole number in its range" },
		{ "negative ttl", "2.dns.records.0.ttl", "-1",
		    "observations[2].dns.records[0].ttl: must be a whole number in its "
		    "range" },
		{ "unknown record type", "2.dns.records.0.type", "\"TXT\"",
		    "observations[2].dns.records[0].type: is none of the words known "
		    "here" },
		{ "no server", "2.dns.server", "null",
		    "observations[2].dns.server: must be an IP address, with or "
		    "without a "
		    "port" },
		{ "a name for an address", "3.tcp.peer", "\"localhost:443\"",
		    "observations[3].tcp.peer: must be an IP address, with or without "
		    "a "
		    "port" },
		{ "a zone on IPv4", "3.tcp.peer", "\"10.0.0.1%3\"",
		    "observations[3].tcp.peer: must be an IP address, with or without "
		    "a "
		    "port" },
		{ "a zone that is a name", "3.tcp.peer", "\"fe80::1%eth0\"",
		    "observations[3].tcp.peer: must be an IP address, with or without "
		    "a "
		    "port" },
		{ "icmp is a list", "3.tcp.icmp", "[]",
		    "observations[3].tcp.icmp: must be an object" },
		{ "header of three", "5.http.headers.0", "[\"a\",\"b\",\"c\"]",
		    "observations[5].http.headers[0]: must be [name, value]" },
		{ "header without value", "5.http.headers.0", "[\"a\",null]",
		    "observations[5].http.headers[0]: must be a string" },
		{ "unknown protocol", "6.exchange.protocol", "\"gopher\"",
		    "observations[6].exchange.protocol: is no known protocol" },
		{ "no wait", "8.unfinished.waited_ms", "null",
		    "observations[8].unfinished.waited_ms: must be a number of "
		    "milliseconds" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char last[64], err[256] = "";
		struct arena a;
		struct obslog log;
		json_t *json = sample_json();
		json_t *parent = find(json, rows[i].path, last, sizeof last);
		json_t *value = rows[i].value
				    ? json_loads(rows[i].value, JSON_DECODE_ANY, NULL)
				    : NULL;
		if (json_is_array(parent))
			json_array_set_new(parent, (size_t)atoi(last), value);
		else if (value)
			json_object_set_new(parent, last, value);
		else
			assert_int_equal(json_object_del(parent, last), 0);
		arena_init(&a, ARENA_LIMIT);
		obslog_init(&log, &a, sample_plan()->n_targets);
		int r = obs_from_json(json, sample_plan(), &log, err, sizeof err);
		if (r != -1 || strcmp(err, rows[i].want) != 0)
			fail_msg("%s: %d \"%s\"", rows[i].name, r, err);
		arena_deinit(&a);
		json_decref(json);
	}
}

static void a_member_of_a_later_version_may_be_absent(void **state)
{
	(void)state;
	char last[64], err[256] = "";
	struct arena a;
	struct obslog log;
	json_t *json = sample_json();

	assert_int_equal(
	    json_object_del(find(json, "3.tcp.tcp_info.zero_window", last, sizeof last),
		"zero_window"),
	    0);
	arena_init(&a, ARENA_LIMIT);
	obslog_init(&log, &a, sample_plan()->n_targets);
	assert_int_equal(obs_from_json(json, sample_plan(), &log, err, sizeof err), 0);
	assert_false(log.items[3]->tcp.info.zero_window);
	assert_true(log.items[3]->tcp.info.present);
	arena_deinit(&a);
	json_decref(json);
}

/* Of a flow is written what it has; its ends must be told. */
static void a_flow_may_say_little(void **state)
{
	(void)state;
	char last[64], err[256] = "";
	struct arena a;
	struct obslog log;
	json_t *json = sample_json();
	size_t i = 0;

	while (
	    strcmp(json_string_value(json_object_get(json_array_get(json, i), "kind")),
		"flow") != 0)
		i++;
	json_t *o = json_array_get(json, i);
	json_object_set_new(o, "flow",
	    json_pack("{s:s, s:s, s:s, s:{}}", "client", "10.0.0.4:5", "server",
		"10.0.0.5:53", "name_source", "none", "dns"));
	arena_init(&a, ARENA_LIMIT);
	obslog_init(&log, &a, sample_plan()->n_targets);
	assert_int_equal(obs_from_json(json, sample_plan(), &log, err, sizeof err), 0);
	const struct obs_flow *f = log.items[i]->flow;
	assert_false(f->udp);
	assert_null(f->name);
	assert_false(f->of_client.present);
	assert_true(f->dns.present);
	assert_int_equal(f->dns.rcode, -1);
	json_t *again = obs_to_json(log.items[i], sample_plan());
	assert_true(
	    json_equal(json_object_get(o, "flow"), json_object_get(again, "flow")));
	json_decref(again);

	json_object_del(find(o, "flow.server", last, sizeof last), "server");
	assert_int_equal(obs_from_json(json, sample_plan(), &log, err, sizeof err), -1);
	assert_non_null(strstr(err, "flow.server: is missing"));
	arena_deinit(&a);
	json_decref(json);
}

static void what_is_too_much_is_refused(void **state)
{
	(void)state;

	static const struct {
		const char *path, *want;
		size_t n;
	} rows[] = {
		{ "2.dns.records", "observations[2].dns.records: has too many items",
		    OBS_MAX_RECORDS },
		{ "4.tls.chain", "observations[4].tls.chain: has too many items",
		    OBS_MAX_CERTS },
		{ "5.http.headers", "observations[5].http.headers: has too many items",
		    OBS_MAX_HEADERS },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t extra = 0; extra < 2; extra++) {
			char last[64], err[256] = "";
			struct arena a;
			struct obslog log;
			json_t *json = sample_json();
			json_t *list = json_object_get(
			    find(json, rows[i].path, last, sizeof last), last);
			while (json_array_size(list) < rows[i].n + extra)
				json_array_append(list, json_array_get(list, 0));
			arena_init(&a, ARENA_LIMIT);
			obslog_init(&log, &a, sample_plan()->n_targets);
			int r =
			    obs_from_json(json, sample_plan(), &log, err, sizeof err);
			assert_int_equal(r, extra ? -1 : 0);
			assert_string_equal(err, extra ? rows[i].want : "");
			arena_deinit(&a);
			json_decref(json);
		}
	}
}

static void long_and_nul_texts_are_refused(void **state)
{
	(void)state;
	char *big = malloc(100001);
	assert_non_null(big);
	memset(big, 'x', 100000);
	big[100000] = '\0';

	const struct {
		const char *name;
		json_t *value;
		const char *want;
	} rows[] = {
		{ "long", json_string(big), "observations[5].http.body: is too long" },
		{ "NUL", json_stringn("a\0b", 3),
		    "observations[5].http.body: holds a NUL character" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a;
		struct obslog log;
		char err[256];
		json_t *json = sample_json();
		json_object_set_new(json_object_get(json_array_get(json, 5), "http"),
		    "body", rows[i].value);
		arena_init(&a, ARENA_LIMIT);
		obslog_init(&log, &a, sample_plan()->n_targets);
		assert_int_equal(
		    obs_from_json(json, sample_plan(), &log, err, sizeof err), -1);
		if (strcmp(err, rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].name, err);
		arena_deinit(&a);
		json_decref(json);
	}
	free(big);
}

static void members_of_later_versions_are_ignored(void **state)
{
	(void)state;
	struct arena a;
	struct obslog log;
	char err[256] = "";
	json_t *json = sample_json();
	json_t *first = json_array_get(json, 0);
	json_object_set_new(first, "colour", json_string("blue"));
	json_object_set_new(
	    json_object_get(first, "system"), "mood", json_string("calm"));
	arena_init(&a, ARENA_LIMIT);
	obslog_init(&log, &a, sample_plan()->n_targets);
	assert_int_equal(obs_from_json(json, sample_plan(), &log, err, sizeof err), 0);
	assert_int_equal(log.n_items, json_array_size(json));
	arena_deinit(&a);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_of_every_kind_is_written),
		cmocka_unit_test(every_kind_round_trips_through_text),
		cmocka_unit_test(values_arrive_in_the_structs),
		cmocka_unit_test(empty_observations_round_trip),
		cmocka_unit_test(random_observations_round_trip),
		cmocka_unit_test(hostile_text_is_bounded_and_printable),
		cmocka_unit_test(strange_documents_are_refused_by_path),
		cmocka_unit_test(a_member_of_a_later_version_may_be_absent),
		cmocka_unit_test(a_flow_may_say_little),
		cmocka_unit_test(what_is_too_much_is_refused),
		cmocka_unit_test(long_and_nul_texts_are_refused),
		cmocka_unit_test(members_of_later_versions_are_ignored),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
