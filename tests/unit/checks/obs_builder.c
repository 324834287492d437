/* SPDX-License-Identifier: MIT */
#include "tests/unit/checks/obs_builder.h"

#include <assert.h>
#include <string.h>

#include "probe/base/parse.h"
#include "probe/base/text.h"
#include "tests/unit/test.h"

struct addr address(const char *text)
{
	struct addr a = { 0 };

	if (!addr_parse_port(text, &a))
		fail_msg("bad address \"%s\" in the test", text);
	return a;
}

void run_init(struct run *r)
{
	*r = (struct run){ 0 };
	arena_init(&r->arena, (size_t)16 << 20);
	obslog_init(&r->log, &r->arena, RUN_MAX_TARGETS);
	r->log.started_wall = (nsec_t)NOON * NSEC_PER_SEC;
	r->plan.probe.targets = r->targets;
	r->plan.checks = r->checks;
	r->plan.probe.platform_dns = address("168.63.129.16:53");
}

void run_deinit(struct run *r)
{
	arena_deinit(&r->arena);
}

int run_add(struct run *r, const char *url, const struct catalogue_entry *entry)
{
	size_t i = r->plan.probe.n_targets++;
	struct target *t = &r->targets[i];
	char *host = arena_strdup(&r->arena, strchr(url, ':') + 1);
	char *scheme = arena_strndup(&r->arena, url, (size_t)(strchr(url, ':') - url));
	char *port = NULL;

	assert_true(i < RUN_MAX_TARGETS);
	if (strncmp(host, "//", 2) == 0)
		host += 2;
	if ((port = strchr(host, ':')))
		*port++ = '\0';
	*t = (struct target){ .id = url, .host = host, .port = 443 };
	assert_true(protocol_from_name(scheme, &t->protocol));
	if (port)
		assert_true(parse_port(port, &t->port));
	r->checks[i] = (struct check){
		.entry = entry, .title = url, .shown_target = url, .required = true
	};
	return (int)i;
}

struct obs obs_of(const struct run *r, int t, enum obs_kind kind, nsec_t lasts)
{
	struct obs o;

	/* An initialiser would clear only the first member of the union. */
	memset(&o, 0, sizeof o);
	o.target = t;
	o.kind = kind;
	o.begin = r->now;
	o.end = r->now + lasts;
	return o;
}

const struct obs *see(struct run *r, struct obs o)
{
	static const enum stage stages[] = {
		[OBS_SYSTEM] = STAGE_HOST,
		[OBS_HOSTS_FILE] = STAGE_DNS,
		[OBS_DNS] = STAGE_DNS,
		[OBS_TCP] = STAGE_TCP,
		[OBS_TLS] = STAGE_TLS,
		[OBS_HTTP] = STAGE_HTTP,
		[OBS_WEBSOCKET] = STAGE_WEBSOCKET,
		[OBS_JUPYTER] = STAGE_WEBSOCKET,
		[OBS_IDLE] = STAGE_WEBSOCKET,
		[OBS_EXCHANGE] = STAGE_TCP,
		[OBS_UDP] = STAGE_UDP,
		[OBS_CAPABILITIES] = STAGE_HOST,
		[OBS_COUNTERS] = STAGE_HOST,
		[OBS_ROUTE] = STAGE_HOST,
		[OBS_TTL_SCAN] = STAGE_TCP,
		[OBS_CONTROL_CONNECT] = STAGE_TCP,
		[OBS_SOURCE_PORTS] = STAGE_TCP,
		[OBS_REPLY_TTL] = STAGE_TCP,
		[OBS_RESET_TEST] = STAGE_TLS,
		[OBS_TLS_VARIANT] = STAGE_TLS,
		[OBS_LOCAL_UDP] = STAGE_UDP,
		[OBS_COUNTED_SYNS] = STAGE_TCP,
		[OBS_DNS_VARIANT] = STAGE_DNS,
		[OBS_REQUEST_VARIANT] = STAGE_HTTP,
		[OBS_CAPTURE] = STAGE_HOST,
		[OBS_FLOW] = STAGE_TCP,
		[OBS_LISTENERS] = STAGE_TCP,
		[OBS_INBOUND] = STAGE_TCP,
	};

	static_assert(COUNT(stages) == OBS_INBOUND + 1, "every kind has a stage");

	if (o.kind != OBS_UNFINISHED)
		o.stage = stages[o.kind];
	if (o.kind == OBS_HTTP && o.http.upgrade)
		o.stage = STAGE_WEBSOCKET;
	r->now = o.end > r->now ? o.end : r->now;
	return obslog_append(&r->log, &o);
}

void see_system(struct run *r, bool root)
{
	struct obs o = obs_of(r, OBS_NO_TARGET, OBS_SYSTEM, 0);

	o.system.root = root;
	see(r, o);
}

struct obs tcp_connected(const struct run *r, int t, const char *peer)
{
	struct obs o = obs_of(r, t, OBS_TCP, 2 * NSEC_PER_MSEC);

	o.tcp.peer = address(peer);
	o.tcp.local = address(o.tcp.peer.family == AF_INET ? "10.20.1.4" : "fd00::4");
	o.tcp.outcome = TCP_CONNECTED;
	return o;
}

struct obs tcp_failed(const struct run *r, int t, const char *peer, int err)
{
	struct obs o = tcp_connected(r, t, peer);

	o.tcp.outcome = TCP_FAILED;
	o.tcp.err = err;
	return o;
}

struct obs tcp_timeout(const struct run *r, int t, const char *peer)
{
	struct obs o = tcp_connected(r, t, peer);

	o.tcp.outcome = TCP_TIMEOUT;
	o.end = o.begin + 3 * NSEC_PER_SEC;
	o.tcp.info = (struct tcp_facts){ .present = true, .segs_out = 3 };
	return o;
}

struct icmp_error icmp_from(const char *offender, uint8_t type, uint8_t code)
{
	struct icmp_error e = { .present = true, .type = type, .code = code };

	if (offender)
		e.offender = address(offender);
	e.v6 = e.offender.family == AF_INET6;
	return e;
}

struct obs tls_verified(struct run *r, int t, const char *peer, const char *issuer)
{
	struct obs o = obs_of(r, t, OBS_TLS, 4 * NSEC_PER_MSEC);
	struct certificate *leaf = arena_alloc(&r->arena, sizeof *leaf);

	leaf->subject = arena_printf(&r->arena, "CN=%s", r->targets[t].host);
	leaf->issuer = issuer ? issuer
			      : "CN=Microsoft Azure RSA TLS Issuing CA 07,O=Microsoft "
				"Corporation,C=US";
	leaf->has_scts = !issuer;
	o.tls.peer = address(peer);
	o.tls.sni = r->targets[t].host;
	o.tls.outcome = TLS_DONE;
	o.tls.version = "TLSv1.3";
	o.tls.alert = -1;
	o.tls.chain = leaf;
	o.tls.n_chain = 1;
	o.tls.verified = true;
	o.tls.clock = NOON;
	return o;
}

struct obs tls_unverified(
    struct run *r, int t, const char *peer, const char *issuer, const int *errors)
{
	struct obs o = tls_verified(r, t, peer, issuer);
	struct verify_error *list =
	    arena_array(&r->arena, OBS_MAX_ERRORS, sizeof *list);

	for (; *errors; errors++)
		list[o.tls.n_errors++] = (struct verify_error){ .code = *errors,
			.text = "as the test says" };
	o.tls.verified = false;
	o.tls.errors = list;
	return o;
}

struct obs http_answer(struct run *r, int t, const char *peer, int status,
    const char *body, const char *const *fields)
{
	struct obs o = obs_of(r, t, OBS_HTTP, 5 * NSEC_PER_MSEC);
	struct header *headers =
	    arena_array(&r->arena, OBS_MAX_HEADERS, sizeof *headers);

	for (; fields && *fields; fields++) {
		const char *colon = strchr(*fields, ':');
		headers[o.http.n_headers++] = (struct header){
			.name = arena_strndup(
			    &r->arena, *fields, (size_t)(colon - *fields)),
			.value = colon + 2,
		};
	}
	o.http.peer = address(peer);
	o.http.outcome = HTTP_ANSWERED;
	o.http.status = status;
	o.http.headers = headers;
	o.http.body = body;
	o.http.body_len = body ? strlen(body) : 0;
	return o;
}

static void add_word(
    struct run *r, struct dns_record *rec, const char **name, char *word)
{
	struct addr a;
	char *slash = strchr(word, '/');

	if (strncmp(word, "soa=", 4) == 0 && slash) {
		*slash = '\0';
		*rec = (struct dns_record){
			.name = word + 4, .type = DNS_TYPE_SOA, .target = slash + 1
		};
	} else if (addr_parse(word, &a)) {
		*rec = (struct dns_record){ .name = *name,
			.type = a.family == AF_INET ? DNS_TYPE_A : DNS_TYPE_AAAA,
			.address = a };
	} else {
		*rec = (struct dns_record){
			.name = *name, .type = DNS_TYPE_CNAME, .target = word
		};
		*name = arena_strdup(&r->arena, word);
	}
}

struct obs dns_failed(struct run *r, int t, enum dns_server_role role,
    const char *server, enum dns_outcome outcome)
{
	struct obs o = obs_of(r, t, OBS_DNS, NSEC_PER_MSEC);

	o.dns.role = role;
	o.dns.server = address(server);
	o.dns.server.port = 53;
	o.dns.name = r->targets[t].host;
	o.dns.type = DNS_TYPE_A;
	o.dns.outcome = outcome;
	return o;
}

struct obs dns_answer(struct run *r, int t, enum dns_server_role role,
    const char *server, uint8_t rcode, const char *chain)
{
	struct obs o = dns_failed(r, t, role, server, DNS_ANSWERED);
	struct dns_record *records = arena_array(&r->arena, 16, sizeof *records);
	const char *name = o.dns.name;
	char *rest = arena_strdup(&r->arena, chain), *word;

	while ((word = strsep(&rest, " ")))
		if (*word)
			add_word(r, &records[o.dns.n_records++], &name, word);
	for (size_t i = 0; i < o.dns.n_records; i++)
		if (records[i].type == DNS_TYPE_AAAA)
			o.dns.type = DNS_TYPE_AAAA;
	o.dns.rcode = rcode;
	o.dns.records = records;
	return o;
}

struct obs hosts_line(struct run *r, int t, const char *text)
{
	struct obs o = obs_of(r, t, OBS_HOSTS_FILE, 0);

	o.hosts_file.name = r->targets[t].host;
	o.hosts_file.address = address(text);
	o.hosts_file.line = 7;
	return o;
}

static void check_evidence(const struct run *r, const struct verdict *v)
{
	for (size_t i = 0; i < v->n_evidence; i++) {
		assert_non_null(v->evidence[i].text);
		for (size_t k = 0; k < v->evidence[i].n_observations; k++)
			assert_non_null(
			    obslog_get(&r->log, v->evidence[i].observations[k]));
	}
}

static void check_remedies(const struct verdict *v)
{
	assert_true(v->remediation.n_items > 0);
	for (size_t i = 0; i < v->remediation.n_items; i++)
		if (strchr(v->remediation.items[i], '{'))
			fail_msg("open placeholder: %s", v->remediation.items[i]);
	for (size_t i = 0; i < v->would_decide.n_items; i++)
		assert_null(strchr(v->would_decide.items[i], '{'));
}

static void check_verdict(const struct run *r, size_t i)
{
	const struct verdict *v = &r->verdicts.items[i];
	size_t groups = 0, cited = 0;

	assert_non_null(v->summary);
	check_evidence(r, v);
	for (size_t k = 0; k < v->n_evidence; k++)
		cited += v->evidence[k].n_observations;
	if (r->log.first_of_target[i + 1])
		assert_true(cited > 0);
	assert_int_equal(v->cause != NULL, v->status != STATUS_PASS);
	assert_int_equal(v->has_stage, v->status != STATUS_PASS);
	if (v->status != STATUS_PASS)
		check_remedies(v);
	if (v->status != STATUS_PASS && v->confidence == CONFIDENCE_CANNOT_TELL) {
		assert_true(v->alternatives.n_items > 0);
		assert_true(v->would_decide.n_items > 0);
	}
	for (size_t g = 0; g < r->verdicts.n_groups; g++)
		for (size_t k = 0; k < r->verdicts.groups[g].n_checks; k++)
			if (r->verdicts.groups[g].checks[k] == i) {
				assert_ptr_equal(r->verdicts.groups[g].cause, v->cause);
				groups++;
			}
	assert_int_equal(groups, v->cause ? 1 : 0);
}

void run_judge(struct run *r)
{
	judge_run(&r->plan, &r->log, &r->arena, &r->verdicts);
	assert_int_equal(r->verdicts.n_items, r->plan.probe.n_targets);
	for (size_t i = 0; i < r->verdicts.n_items; i++)
		check_verdict(r, i);
}

void run_expect(const struct run *r, int t, const char *row, enum status status,
    const char *cause, enum confidence confidence)
{
	const struct verdict *v = &r->verdicts.items[t];
	const char *got = v->cause ? v->cause->name : "none";
	const char *want = cause ? cause : "none";

	if (v->status != status || strcmp(got, want) != 0 ||
	    v->confidence != confidence)
		fail_msg("row \"%s\": want %s/%s/%s, got %s/%s/%s (%s)", row,
		    status_name(status), want, confidence_name(confidence),
		    status_name(v->status), got, confidence_name(v->confidence),
		    v->summary);
}

bool run_says(const struct run *r, int t, const char *text)
{
	const struct verdict *v = &r->verdicts.items[t];

	for (size_t i = 0; i < v->n_evidence; i++)
		if (text_find_nocase(v->evidence[i].text, text))
			return true;
	return false;
}

bool words_hold(const struct words *w, const char *text)
{
	for (size_t i = 0; i < w->n_items; i++)
		if (text_find_nocase(w->items[i], text))
			return true;
	return false;
}

void see_capture(struct run *r, uint64_t dropped, const char *refused)
{
	struct obs o = obs_of(r, OBS_NO_TARGET, OBS_CAPTURE, 0);
	const struct obs_capture whole = { .source = "any",
		.dropped = dropped,
		.drops_known = true,
		.refused = refused };
	o.target = OBS_NO_TARGET;
	o.capture = arena_memdup(&r->arena, &whole, sizeof whole);
	see(r, o);
}

struct obs_flow flow_between(const char *local, const char *peer)
{
	return (struct obs_flow){ .client = address(local),
		.server = address(peer),
		.dns.rcode = -1,
		.tls.alert = -1 };
}

const struct obs *see_flow(struct run *r, int t, const struct obs_flow *f)
{
	struct obs o = obs_of(r, t, OBS_FLOW, 0);
	o.flow = arena_memdup(&r->arena, f, sizeof *f);
	return see(r, o);
}
