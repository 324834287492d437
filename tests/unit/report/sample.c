/* SPDX-License-Identifier: MIT */
#include "tests/unit/report/sample_targets.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/test.h"

enum {
	ARENA_LIMIT = 512 << 20,
	N_LARGE = 10000,
	HUGE_TEXT = 1 << 20
};

static unsigned put(struct sample *s, struct obs o, int target, enum stage stage)
{
	o.target = target;
	o.stage = stage;
	o.begin = MS(1.5) * (nsec_t)(s->log.n_items + 1);
	o.end = o.begin + MS(20.4);
	return obslog_append(&s->log, &o)->id;
}

static void put_system(struct sample *s, const char *hostname)
{
	static struct addr resolvers[1];
	static const char *const search[] = { "corp.contoso.example" };
	resolvers[0] = sample_addr("10.20.9.4:53");
	put(s,
	    (struct obs){ .kind = OBS_SYSTEM,
		.system = { .hostname = hostname,
		    .kernel = "6.1.0-18-amd64",
		    .resolvers = resolvers,
		    .n_resolvers = 1,
		    .search = search,
		    .n_search = 1 } },
	    OBS_NO_TARGET, STAGE_HOST);
}

static unsigned put_tcp(struct sample *s, int target, const char *peer, int err)
{
	return put(s,
	    (struct obs){ .kind = OBS_TCP,
		.tcp = { .peer = sample_addr(peer),
		    .local = sample_addr("10.20.1.4:40112"),
		    .outcome = err ? TCP_FAILED : TCP_CONNECTED,
		    .err = err } },
	    target, STAGE_TCP);
}

static unsigned put_tls(
    struct sample *s, int target, const char *peer, const char *subject)
{
	static const char *const sans[] = { "*.example.net" };
	struct certificate *leaf = arena_alloc(&s->arena, sizeof *leaf);
	*leaf = (struct certificate){ .subject = subject,
		.issuer = "CN=Microsoft Azure RSA TLS Issuing CA 04,O=Microsoft "
			  "Corporation,C=US",
		.not_before = INT64_C(1788000000),
		.not_after = INT64_C(1803000000),
		.sha256 = "aa",
		.sans = sans,
		.n_sans = 1 };
	return put(s,
	    (struct obs){ .kind = OBS_TLS,
		.tls = { .peer = sample_addr(peer),
		    .sni = s->plan.probe.targets[target].host,
		    .version = "TLSv1.3",
		    .cipher = "TLS_AES_256_GCM_SHA384",
		    .alpn = "h2",
		    .alert = -1,
		    .chain = leaf,
		    .n_chain = 1,
		    .verified = true,
		    .clock = INT64_C(1795341600) } },
	    target, STAGE_TLS);
}

static void add_evidence(struct sample *s, struct verdict *v, const char *text,
    unsigned id, enum evidence_role role)
{
	unsigned *ids = arena_memdup(&s->arena, &id, sizeof id);
	struct evidence *all = arena_array(&s->arena, v->n_evidence + 1, sizeof *all);
	if (v->n_evidence)
		memcpy(all, v->evidence, v->n_evidence * sizeof *all);
	all[v->n_evidence++] = (struct evidence){ text, ids, 1, role };
	v->evidence = all;
}

static struct verdict *pass(struct sample *s, int target, const char *address)
{
	struct verdict *v = &s->verdicts.items[target];
	*v = (struct verdict){ .status = STATUS_PASS,
		.dns = MS(1.23),
		.tcp = -1,
		.tls = -1,
		.http = -1,
		.duration = MS(84.2),
		.address = sample_addr(address) };
	s->verdicts.pass++;
	return v;
}

static void pass_https(struct sample *s, int target, const char *address)
{
	struct verdict *v = pass(s, target, address);
	const char *peer = arena_printf(&s->arena, "%s:443", address);
	unsigned id = put_tcp(s, target, peer, 0);
	v->tcp = MS(20.41);
	v->tls = MS(41.04);
	v->http = MS(122.3);
	add_evidence(s, v, "connected to 1 of 1 address", id, EVIDENCE_SUPPORTS);
	id = put_tls(s, target, peer,
	    arena_printf(&s->arena, "CN=%s", s->plan.probe.targets[target].host));
	add_evidence(
	    s, v, "the certificate is valid for the name", id, EVIDENCE_SUPPORTS);
}

static struct words words(struct sample *s, const char *a, const char *b)
{
	const char **items = arena_array(&s->arena, 2, sizeof *items);
	items[0] = a;
	items[1] = b;
	return (struct words){ .items = items, .n_items = a ? b ? 2 : 1 : 0 };
}

static const struct cause silent_drop = {
	.name = "silent_drop",
	.stage = STAGE_TCP,
	.sentence = "Packets to this address vanish without an answer.",
	.link = "https://learn.microsoft.com/azure/virtual-network/"
		"network-security-groups-overview",
};
static const struct cause service_denied = {
	.name = "service_denied",
	.stage = STAGE_HTTP,
	.sentence = "The service's own firewall refused this client.",
};
static const struct cause dns_server_unreachable = {
	.name = "dns_server_unreachable",
	.stage = STAGE_DNS,
	.sentence = "A configured resolver does not answer.",
};

static struct verdict *judge(struct sample *s, int target, enum status status,
    const struct cause *cause, enum confidence confidence)
{
	struct verdict *v = &s->verdicts.items[target];
	*v = (struct verdict){ .status = status,
		.has_stage = true,
		.stage = cause ? cause->stage : STAGE_HTTP,
		.cause = cause,
		.confidence = confidence,
		.dns = MS(1.31),
		.tcp = -1,
		.tls = -1,
		.http = -1,
		.duration = MS(3012) };
	switch (status) {
	case STATUS_FAIL:
		s->verdicts.fail++;
		break;
	case STATUS_WARN:
		s->verdicts.warn++;
		break;
	case STATUS_INCONCLUSIVE:
		s->verdicts.inconclusive++;
		break;
	default:
		s->verdicts.skipped++;
	}
	return v;
}

static void fail_storage(struct sample *s, int target, const char *address)
{
	struct verdict *v =
	    judge(s, target, STATUS_FAIL, &silent_drop, CONFIDENCE_CANNOT_TELL);
	unsigned id =
	    put_tcp(s, target, arena_printf(&s->arena, "%s:443", address), ETIMEDOUT);
	v->summary = "No answer to 4 connection attempts in 3.0 s.";
	v->alternatives = words(
	    s, "a network security group drops the traffic", "a route leads nowhere");
	v->would_decide = words(s, "VNet flow logs of the subnet", NULL);
	v->remediation = words(
	    s, "Allow outbound TCP 443 to the service tag Storage.westeurope.", NULL);
	v->ruled_out = words(s, "remote_refused", "icmp_rejected");
	add_evidence(
	    s, v, "4 SYN to the address, no segment came back", id, EVIDENCE_SUPPORTS);
	add_evidence(s, v, "acr.login answers on the same port", 1, EVIDENCE_CONTEXT);
}

/* Two routers answer, one hop is silent, the server is not reached. */
static void put_path(struct sample *s, int target, const char *peer)
{
	static struct ttl_step steps[5];
	for (unsigned i = 0; i < COUNT(steps); i++)
		steps[i] = (struct ttl_step){ .ttl = i + 1, .answer = TTL_SILENT };
	steps[0].answer = steps[2].answer = TTL_EXCEEDED;
	steps[0].rtt = MS(0.4);
	steps[2].rtt = MS(3.1);
	steps[0].icmp = (struct icmp_error){ .present = true,
		.offender = sample_addr("10.20.1.1") };
	steps[2].icmp = (struct icmp_error){ .present = true,
		.offender = sample_addr("10.20.0.9") };
	put(s,
	    (struct obs){ .kind = OBS_TTL_SCAN,
		.ttl_scan = { .peer = sample_addr(peer),
		    .ended = ORDER_DONE,
		    .packets = 8,
		    .steps = steps,
		    .n_steps = COUNT(steps) } },
	    target, STAGE_TCP);
}

static void group(struct sample *s, const struct cause_group *g)
{
	struct cause_group *all =
	    arena_array(&s->arena, s->verdicts.n_groups + 1, sizeof *all);
	if (s->verdicts.n_groups)
		memcpy(all, s->verdicts.groups, s->verdicts.n_groups * sizeof *all);
	all[s->verdicts.n_groups++] = *g;
	s->verdicts.groups = all;
}

static void healthy_platform(struct sample *s)
{
	struct verdict *v = pass(s, 0, NULL);
	add_evidence(s, v, "the Azure resolver answered", 1, EVIDENCE_SUPPORTS);
	v = pass(s, 2, "52.178.17.64");
	v->confidence = CONFIDENCE_POSSIBLE;
	v->summary = "Sent, nothing said no.";
	add_evidence(
	    s, v, "3 datagrams sent, no ICMP error came", 1, EVIDENCE_SUPPORTS);
}

/* Each form of a setting, and a proxy of the environment. */
static void put_settings(struct sample *s)
{
	static const char *const region[] = { "westeurope" }, *const yes[] = { "true" },
				 *const storage[] = { "contosoml", "contosologs" };
	static const struct saved_setting items[] = {
		{ "region", region, 1, SAVED_VALUE },
		{ "storage", storage, 2, SAVED_LIST },
		{ "strict", yes, 1, SAVED_SWITCH },
	};
	static const struct saved_settings settings = { .items = items,
		.n_items = COUNT(items),
		.https_proxy = "http://proxy.contoso.example:3128",
		.no_proxy = ".core.windows.net" };
	s->report.settings = &settings;
}

static void healthy(struct sample *s)
{
	put_settings(s);
	sample_targets(s, NULL, 0);
	put_system(s, "ml-node-7");
	healthy_platform(s);
	pass_https(s, 1, "169.254.169.254");
	pass_https(s, 3, "10.20.5.4");
	s->verdicts.items[3].attributes = ATTR_PRIVATE_ENDPOINT;
	pass_https(s, 4, "fd00:20:5::4");
	pass_https(s, 5, "20.61.97.10");
	pass_https(s, 6, "52.236.186.69");
	s->verdicts.overall = STATUS_PASS;
}

static void failing(struct sample *s)
{
	static const unsigned storage[] = { 3, 4 }, registry[] = { 5 }, imds[] = { 1 };
	sample_targets(s, NULL, 0);
	put_system(s, "ml-node-7.corp.contoso.example");
	healthy_platform(s);
	struct verdict *v =
	    judge(s, 1, STATUS_FAIL, &silent_drop, CONFIDENCE_CANNOT_TELL);
	v->address = sample_addr("169.254.169.254");
	add_evidence(s, v, "no answer from 169.254.169.254", 1, EVIDENCE_SUPPORTS);
	fail_storage(s, 3, "10.20.5.4");
	fail_storage(s, 4, "10.20.5.5");
	put_path(s, 3, "10.20.5.4:443");
	v = judge(s, 5, STATUS_FAIL, &service_denied, CONFIDENCE_CERTAIN);
	v->address = sample_addr("20.61.97.10");
	v->tcp = MS(20.4);
	v->tls = MS(41);
	unsigned id = put_tls(s, 5, "20.61.97.10:443", "CN=*.azurecr.io");
	add_evidence(s, v,
	    "status 403: client with IP '20.8.1.9' is not allowed access", id,
	    EVIDENCE_SUPPORTS);
	judge(s, 6, STATUS_INCONCLUSIVE, NULL, CONFIDENCE_CANNOT_TELL)->summary =
	    "The run ended while the key vault at amlvault.vault.azure.net was due to "
	    "answer.";
	add_evidence(s, &s->verdicts.items[6], "waited 2.1 s", 1, EVIDENCE_SUPPORTS);
	group(s,
	    &(struct cause_group){ .cause = &silent_drop,
		.confidence = CONFIDENCE_CANNOT_TELL,
		.summary = "Packets to the storage account amlstore vanish on the way, "
			   "for both of its services, although other services answer "
			   "on the same port.",
		.checks = storage,
		.n_checks = 2,
		.evidence = words(s, "4 SYN to 10.20.5.4:443, no segment came back",
		    "20.61.97.10:443 answers from the same subnet"),
		.alternatives = words(s, "a network security group drops the traffic",
		    "a route leads nowhere"),
		.would_decide = words(s, "VNet flow logs of the subnet", NULL),
		.remediation = words(s,
		    "Allow outbound TCP 443 to the service tag Storage.westeurope in "
		    "the network security group of the subnet.",
		    "Check the effective routes of the network interface.") });
	group(s, &(struct cause_group){ .cause = &silent_drop,
		     .confidence = CONFIDENCE_CANNOT_TELL,
		     .summary = "The metadata service does not answer.",
		     .checks = imds,
		     .n_checks = 1 });
	group(s,
	    &(struct cause_group){ .cause = &service_denied,
		.confidence = CONFIDENCE_CERTAIN,
		.summary = "The registry amlreg refuses clients from 20.8.1.9.",
		.checks = registry,
		.n_checks = 1,
		.evidence = words(s,
		    "it said: client with IP '20.8.1.9' is not allowed access", NULL),
		.remediation =
		    words(s, "Allow 20.8.1.9 in the registry's firewall.", NULL) });
	s->verdicts.attributes = ATTR_FORCED_TUNNEL | ATTR_EXPLICIT_PROXY;
	s->verdicts.overall = STATUS_FAIL;
}

static const char hostile_text[] =
    "\x1b[2J\x1b]0;owned\x07 \xe2\x80\xaetxt.exe \xff\xfe\xc0\x80 \"quoted\\\" "
    "</script><script>alert(1)</script><img src=x onerror=alert(2)> '\"><!--]]>&amp; "
    "\xef\xbf\xbe | `x` | [a](https://evil.example) @user #1 \r\n\t{} end";

static const char *huge(struct sample *s)
{
	char *text = arena_alloc(&s->arena, HUGE_TEXT + 1);
	for (size_t i = 0; i < HUGE_TEXT; i++)
		text[i] = "\x1bxyz "[i % 5];
	return text;
}

static void hostile(struct sample *s)
{
	static const char *const adhoc[] = {
		"https://a-very-long-host-name-that-somebody-chose-without-mercy.of-a-"
		"department-of-a-company.contoso.example:8443/and/a/path?with=query",
		"tcp://"
		"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae\xe5\x90\x8d\xe5\x89"
		"\x8d\xe3\x81\xa7\xe3\x81\x99.example:443",
		hostile_text,
	};
	static const unsigned all[] = { 3, 4, 5, 6, 7, 8, 9 };
	sample_targets(s, adhoc, COUNT(adhoc));
	put_system(s, hostile_text);
	healthy_platform(s);
	pass_https(s, 1, "169.254.169.254");
	for (int i = 3; i < (int)s->verdicts.n_items; i++) {
		struct verdict *v = judge(
		    s, i, STATUS_FAIL, &dns_server_unreachable, CONFIDENCE_LIKELY);
		v->address = sample_addr("2001:db8:1234:5678:9abc:def0:1234:5678");
		v->summary = i % 2 ? huge(s) : hostile_text;
		v->ruled_out = words(s, hostile_text, huge(s));
		unsigned id = put_tls(s, i, "[2001:db8::1]:443", hostile_text);
		add_evidence(s, v, huge(s), id, EVIDENCE_CONTRADICTS);
		add_evidence(s, v, hostile_text, id, EVIDENCE_SUPPORTS);
		static const struct header headers[] = { { "x-odd", hostile_text } };
		put(s,
		    (struct obs){ .kind = OBS_HTTP,
			.http = { .method = "GET",
			    .url = huge(s),
			    .headers = headers,
			    .n_headers = 1,
			    .body = huge(s),
			    .body_len = HUGE_TEXT } },
		    i, STAGE_HTTP);
	}
	group(s, &(struct cause_group){ .cause = &dns_server_unreachable,
		     .confidence = CONFIDENCE_LIKELY,
		     .summary = hostile_text,
		     .checks = all,
		     .n_checks = COUNT(all),
		     .evidence = words(s, hostile_text, huge(s)),
		     .alternatives = words(s, hostile_text, huge(s)),
		     .would_decide = words(s, hostile_text, NULL),
		     .remediation = words(s, huge(s), hostile_text) });
	s->verdicts.place = "client";
	s->verdicts.limits = words(s, hostile_text, huge(s));
	s->verdicts.overall = STATUS_FAIL;
}

/* A damaged file; what else it cannot show is told by its place. */
static void capture(struct sample *s)
{
	static const unsigned storage[] = { 3, 4 };
	static struct obs_capture file = { .source = "capture.pcap",
		.packets = 412,
		.flows = 9,
		.stopped = "a block ends within amlstore, 20.8.1.9" };
	sample_targets(s, NULL, 0);
	put(s, (struct obs){ .kind = OBS_CAPTURE, .capture = &file }, OBS_NO_TARGET,
	    STAGE_HOST);
	healthy_platform(s);
	pass_https(s, 1, "169.254.169.254");
	fail_storage(s, 3, "10.20.5.4");
	fail_storage(s, 4, "10.20.5.5");
	pass_https(s, 5, "20.61.97.10");
	pass_https(s, 6, "52.236.186.69");
	group(s, &(struct cause_group){ .cause = &silent_drop,
		     .confidence = CONFIDENCE_CANNOT_TELL,
		     .summary = "Nothing came back when connecting.",
		     .checks = storage,
		     .n_checks = COUNT(storage),
		     .evidence = words(s, "the capture was taken on the client's side",
			 "4 SYN to 10.20.5.4:443, no segment came back") });
	s->verdicts.place = "client";
	s->verdicts.limits = words(s,
	    "It was taken on the client's side: what happens on the way, and whether "
	    "a packet arrived, shows only by what came back.",
	    "The file could not be read to its end (a block ends within amlstore, "
	    "20.8.1.9); what came after is not known.");
	s->verdicts.overall = STATUS_FAIL;
}

static void large(struct sample *s)
{
	const char **adhoc = arena_array(&s->arena, N_LARGE, sizeof *adhoc);
	for (size_t i = 0; i < N_LARGE; i++)
		adhoc[i] = arena_printf(
		    &s->arena, "https://host%zu.contoso.example/health", i);
	sample_targets(s, adhoc, N_LARGE);
	put_system(s, "ml-node-7");
	healthy_platform(s);
	for (int i = 1; i < (int)s->verdicts.n_items; i++)
		if (i != 2)
			pass_https(s, i,
			    arena_printf(&s->arena, "10.%d.%d.4", i / 250, i % 250));
	s->verdicts.overall = STATUS_PASS;
}

static void interrupted(struct sample *s)
{
	sample_targets(s, NULL, 0);
	for (int i = 0; i < (int)s->verdicts.n_items; i++) {
		struct verdict *v =
		    judge(s, i, STATUS_INCONCLUSIVE, NULL, CONFIDENCE_CANNOT_TELL);
		v->has_stage = false;
		v->summary = "Interrupted before it was started.";
		unsigned id = put(s,
		    (struct obs){ .kind = OBS_UNFINISHED,
			.unfinished = { .reason = UNFINISHED_INTERRUPTED } },
		    i, STAGE_DNS);
		add_evidence(s, v, "nothing was sent", id, EVIDENCE_SUPPORTS);
	}
	s->report.interrupted = true;
	s->verdicts.overall = STATUS_INCONCLUSIVE;
}

static void empty(struct sample *s)
{
	sample_targets(s, NULL, 0);
	s->plan = (struct check_plan){ 0 };
	s->verdicts.n_items = 0;
}

bool sample_init(struct sample *s, const char *name)
{
	static const struct {
		const char *name;
		void (*build)(struct sample *s);
	} samples[] = {
		{ "healthy", healthy },
		{ "failing", failing },
		{ "hostile", hostile },
		{ "capture", capture },
		{ "large", large },
		{ "interrupted", interrupted },
		{ "empty", empty },
	};

	*s = (struct sample){ 0 };
	arena_init(&s->arena, ARENA_LIMIT);
	s->report = (struct report){ .plan = &s->plan,
		.log = &s->log,
		.verdicts = &s->verdicts,
		.tool_version = "0.1.0" };
	for (size_t i = 0; i < COUNT(samples); i++) {
		if (strcmp(name, samples[i].name) == 0) {
			samples[i].build(s);
			return true;
		}
	}
	return false;
}

void sample_deinit(struct sample *s)
{
	arena_deinit(&s->arena);
}
