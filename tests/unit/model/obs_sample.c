/* SPDX-License-Identifier: MIT */
#include "tests/unit/model/obs_sample.h"

#include <errno.h>

#include "probe/base/arena.h"
#include "tests/unit/test.h"

const struct plan *sample_plan(void)
{
	static const struct target targets[] = {
		{ .id = "storage.blob", .host = "amlstore.blob.core.windows.net" },
		{ .id = "acr.login", .host = "amlreg.azurecr.io" },
		{ .id = "udp://tundra.example:5831", .host = "tundra.example" },
	};
	static const struct plan plan = { .targets = targets, .n_targets = 3 };
	return &plan;
}

static struct addr addr(const char *text)
{
	struct addr a = { 0 };
	assert_true(addr_parse_port(text, &a));
	return a;
}

static struct icmp_error admin_prohibited(void)
{
	return (struct icmp_error){
		.present = true, .type = 3, .code = 13, .offender = addr("10.20.1.1")
	};
}

static struct icmp_error too_big(void)
{
	return (struct icmp_error){ .present = true,
		.v6 = true,
		.type = 2,
		.code = 1,
		.local = true,
		.mtu = 1280 };
}

static struct tcp_facts tcp_facts(void)
{
	return (struct tcp_facts){
		.present = true,
		.state = 2,
		.retransmits = 3,
		.total_retrans = 4,
		.unacked = 5,
		.snd_mss = 1338,
		.rcv_mss = 536,
		.advmss = 1448,
		.pmtu = 1500,
		.rtt_us = 20417,
		.min_rtt_us = 20411,
		.segs_in = 6,
		.segs_out = 7,
		.data_segs_in = 8,
		.data_segs_out = 9,
		.bytes_acked = 5000000000,
		.bytes_received = 6000000000,
		.zero_window = true,
	};
}

static void put(struct obslog *log, struct obs o, int target, enum stage stage)
{
	o.target = target;
	o.stage = stage;
	o.begin = 1234567 * (nsec_t)(log->n_items + 1);
	o.end = o.begin + 20417001;
	obslog_append(log, &o);
}

static void put_host(struct obslog *log)
{
	struct addr *resolvers = arena_array(log->arena, 2, sizeof *resolvers);
	const char **search = arena_array(log->arena, 2, sizeof *search);
	resolvers[0] = addr("10.20.9.4:53");
	resolvers[1] = addr("[fe80::1]:53");
	resolvers[1].scope = 2;
	search[0] = "corp.example";
	search[1] = "lab.example";
	put(log,
	    (struct obs){ .kind = OBS_SYSTEM,
		.system = { .hostname = "ml-node-7",
		    .kernel = "6.1.0-18-amd64",
		    .root = true,
		    .net_raw = true,
		    .resolvers = resolvers,
		    .n_resolvers = 2,
		    .search = search,
		    .n_search = 2 } },
	    OBS_NO_TARGET, STAGE_HOST);
	put(log,
	    (struct obs){ .kind = OBS_HOSTS_FILE,
		.hosts_file = { .name = "amlstore.blob.core.windows.net",
		    .address = addr("10.20.5.9"),
		    .line = 12 } },
	    0, STAGE_HOST);
}

static void put_dns(struct obslog *log)
{
	static const char alias[] = "amlstore.privatelink.blob.core.windows.net";
	struct dns_record *r = arena_array(log->arena, 4, sizeof *r);
	r[0] = (struct dns_record){ .name = "amlstore.blob.core.windows.net",
		.type = DNS_TYPE_CNAME,
		.ttl = 60,
		.target = alias };
	r[1] = (struct dns_record){ .name = alias,
		.type = DNS_TYPE_A,
		.ttl = 10,
		.address = addr("10.20.5.4") };
	r[2] = (struct dns_record){ .name = alias,
		.type = DNS_TYPE_AAAA,
		.ttl = 11,
		.address = addr("fd00::5:4") };
	r[3] = (struct dns_record){ .name = "privatelink.blob.core.windows.net",
		.type = DNS_TYPE_SOA,
		.ttl = 300,
		.target = "azureprivatedns.net" };
	put(log,
	    (struct obs){ .kind = OBS_DNS,
		.dns = { .role = DNS_PLATFORM,
		    .server = addr("168.63.129.16:53"),
		    .transport = DNS_OVER_TCP,
		    .name = "amlstore.blob.core.windows.net",
		    .type = DNS_TYPE_AAAA,
		    .outcome = DNS_NET_ERROR,
		    .err = ECONNREFUSED,
		    .icmp = admin_prohibited(),
		    .rcode = 3,
		    .aa = true,
		    .tc = true,
		    .ra = true,
		    .ad = true,
		    .edns = true,
		    .ede = 18,
		    .records = r,
		    .n_records = 4 } },
	    0, STAGE_DNS);
	put(log,
	    (struct obs){ .kind = OBS_TCP,
		.tcp = { .peer = addr("10.20.5.4:443"),
		    .local = addr("10.20.1.4:40112"),
		    .outcome = TCP_FAILED,
		    .err = EHOSTUNREACH,
		    .icmp = too_big(),
		    .info = tcp_facts(),
		    .via_proxy = true } },
	    0, STAGE_TCP);
}

static void put_tls(struct obslog *log)
{
	static const char *const sans[] = { "*.azurecr.io", "10.0.0.9" };
	static const struct certificate chain[] = {
		{ .subject = "CN=*.azurecr.io,O=Example",
		    .issuer = "CN=Example CA",
		    .not_before = 1760000000,
		    .not_after = 1790000000,
		    .sha256 = "00112233445566778899aabbccddeeff"
			      "00112233445566778899aabbccddeeff",
		    .sans = sans,
		    .n_sans = 2,
		    .has_scts = true },
		{ .subject = "CN=Example CA",
		    .issuer = "CN=Example Root",
		    .not_before = -1,
		    .not_after = INT64_C(999999999999), /* year 33658 */
		    .sha256 = "ff" },
	};
	static const struct verify_error errors[] = {
		{ .code = 20, .depth = 1, .text = "unable to get local issuer" },
		{ .code = 10, .depth = 0, .text = "certificate has expired" },
	};
	put(log,
	    (struct obs){ .kind = OBS_TLS,
		.tls = { .peer = addr("[2001:db8::1]:443"),
		    .sni = "amlreg.azurecr.io",
		    .outcome = TLS_NOT_TLS,
		    .version = "TLSv1.3",
		    .cipher = "TLS_AES_256_GCM_SHA384",
		    .alpn = "h2",
		    .alert = 70,
		    .reason = "wrong version number",
		    .first_bytes = (const uint8_t *)"HTTP/1.1 \xff",
		    .n_first_bytes = 10,
		    .chain = chain,
		    .n_chain = 2,
		    .verified = true,
		    .errors = errors,
		    .n_errors = 2,
		    .clock = 1795341600,
		    .err = ECONNRESET,
		    .icmp = admin_prohibited(),
		    .info = tcp_facts() } },
	    1, STAGE_TLS);
}

static void put_http(struct obslog *log)
{
	static const struct header headers[] = {
		{ "docker-distribution-api-version", "registry/2.0" },
		{ "x-odd", "\x1b[31mred\xe2\x80\xae" },
	};
	static const char body[] = "<html>\x1b[2J\0hidden\xff</html>";
	put(log,
	    (struct obs){ .kind = OBS_HTTP,
		.http = { .peer = addr("10.20.5.6:443"),
		    .method = "GET",
		    .url = "https://amlreg.azurecr.io/v2/",
		    .outcome = HTTP_PROXY_REFUSED,
		    .version = "1.1",
		    .status = 401,
		    .proxy_status = 407,
		    .socks = SOCKS_UNREACHABLE,
		    .in_connect = true,
		    .headers = headers,
		    .n_headers = 2,
		    .body = body,
		    .body_len = sizeof body - 1,
		    .body_truncated = true,
		    .location = "https://elsewhere.example/",
		    .first_byte = 22300417,
		    .reason = "CONNECT tunnel failed",
		    .curl_code = 56,
		    .err = EPIPE,
		    .via_proxy = true,
		    .login_given = true,
		    .upgrade = true,
		    .accept_valid = true,
		    .icmp = admin_prohibited(),
		    .info = tcp_facts() } },
	    1, STAGE_WEBSOCKET);
	put(log,
	    (struct obs){ .kind = OBS_EXCHANGE,
		.exchange = { .peer = addr("10.20.5.4:445"),
		    .protocol = PROTO_SMB,
		    .outcome = EXCHANGE_MALFORMED,
		    .answer = "SMB 3.1.1",
		    .smb_dialect = 0x0311,
		    .smb_status = 0xc00000bb,
		    .first_bytes = (const uint8_t *)"\0\0\0\x40",
		    .n_first_bytes = 4,
		    .err = ECONNRESET,
		    .icmp = too_big(),
		    .info = tcp_facts() } },
	    0, STAGE_TCP);
}

static void put_websocket(struct obslog *log)
{
	put(log,
	    (struct obs){ .kind = OBS_WEBSOCKET,
		.websocket = { .peer = addr("10.20.5.4:443"),
		    .via_proxy = true,
		    .outcome = WEBSOCKET_MALFORMED,
		    .protocol = "v1.kernel.websocket.jupyter.org",
		    .ping_rtt = 1500000,
		    .echo = ECHO_OTHER,
		    .close_code = 1011,
		    .close_reason = "gone\xff away",
		    .closed_by_peer = true,
		    .frames_in = 7,
		    .pings_in = 2,
		    .bytes_in = 4711,
		    .reason = "a fragmented control frame",
		    .err = EPIPE,
		    .icmp = too_big(),
		    .info = tcp_facts() } },
	    1, STAGE_WEBSOCKET);
	put(log,
	    (struct obs){ .kind = OBS_JUPYTER,
		.jupyter = { .peer = addr("10.20.5.4:443"),
		    .via_proxy = true,
		    .step = JUPYTER_EXECUTE,
		    .outcome = JUPYTER_WRONG_ANSWER,
		    .http_status = 101,
		    .result = "3",
		    .reason = "the kernel did not compute 2" } },
	    1, STAGE_WEBSOCKET);
	put(log,
	    (struct obs){ .kind = OBS_IDLE,
		.idle = { .peer = addr("10.20.5.4:443"),
		    .via_proxy = true,
		    .mode = IDLE_PINGS,
		    .outcome = IDLE_RESET_AT_USE,
		    .idle = 4 * NSEC_PER_SEC,
		    .interval = 500 * NSEC_PER_MSEC,
		    .silent = 3 * NSEC_PER_SEC,
		    .answer = 2 * NSEC_PER_MSEC,
		    .pings = 6,
		    .frames_in = 1,
		    .close_code = 1001,
		    .reason = "going away",
		    .err = ECONNRESET,
		    .icmp = too_big(),
		    .info = tcp_facts() } },
	    1, STAGE_WEBSOCKET);
}

static void put_host_state(struct obslog *log)
{
	static const struct counter counters[] = {
		{ "Tcp.OutRsts", 3 },
		{ "TcpExt.TCPRetransFail", INT64_C(5000000000) },
	};
	put(log,
	    (struct obs){ .kind = OBS_CAPABILITIES,
		.capabilities = { .syn_icmp = true,
		    .min_hop_count = true,
		    .route = true,
		    .conntrack = true } },
	    OBS_NO_TARGET, STAGE_HOST);
	put(log,
	    (struct obs){ .kind = OBS_COUNTERS,
		.counters = { .items = counters,
		    .n_items = 2,
		    .conntrack_count = 77,
		    .conntrack_max = 65536 } },
	    OBS_NO_TARGET, STAGE_HOST);
	put(log,
	    (struct obs){ .kind = OBS_ROUTE,
		.route = { .peer = addr("10.20.5.4:443"),
		    .ended = ORDER_CANNOT,
		    .err = EACCES,
		    .gateway = addr("10.20.1.1"),
		    .source = addr("10.20.1.4"),
		    .interface = "eth0",
		    .mtu = 1400,
		    .table = 254 } },
	    0, STAGE_HOST);
}

static void put_path(struct obslog *log)
{
	static struct ttl_step steps[2];
	static const struct port_try tries[] = {
		{ 40001, 1, TCP_TIMEOUT, 0, 0 },
		{ 40001, 2, TCP_FAILED, ECONNREFUSED, 417000 },
	};
	steps[0] = (struct ttl_step){ .ttl = 1,
		.answer = TTL_EXCEEDED,
		.icmp = admin_prohibited(),
		.err = EHOSTUNREACH,
		.rtt = 417000 };
	steps[1] = (struct ttl_step){ .ttl = 2, .retried = true };
	put(log,
	    (struct obs){ .kind = OBS_TTL_SCAN,
		.ttl_scan = { .peer = addr("10.20.5.4:443"),
		    .ended = ORDER_CUT,
		    .err = EMFILE,
		    .packets = 32,
		    .steps = steps,
		    .n_steps = 2 } },
	    0, STAGE_TCP);
	put(log,
	    (struct obs){ .kind = OBS_CONTROL_CONNECT,
		.control_connect = { .peer = addr("192.0.2.1:443"),
		    .local = addr("10.20.1.4:40112"),
		    .purpose = CONTROL_CANARY,
		    .ended = ORDER_NO_BUDGET,
		    .outcome = TCP_FAILED,
		    .err = EHOSTUNREACH,
		    .icmp = too_big(),
		    .info = tcp_facts() } },
	    OBS_NO_TARGET, STAGE_TCP);
	put(log,
	    (struct obs){ .kind = OBS_SOURCE_PORTS,
		.source_ports = { .peer = addr("10.20.5.4:443"),
		    .ended = ORDER_CANNOT,
		    .err = EADDRINUSE,
		    .packets = 48,
		    .tries = tries,
		    .n_tries = 2 } },
	    0, STAGE_TCP);
	put(log,
	    (struct obs){ .kind = OBS_REPLY_TTL,
		.reply_ttl = { .peer = addr("10.20.5.4:443"),
		    .ended = ORDER_UNSUPPORTED,
		    .err = ENOPROTOOPT,
		    .packets = 27,
		    .reply = REPLY_RESET,
		    .ttl_low = 62,
		    .ttl_high = 63,
		    .confirmed = true,
		    .mixed = true,
		    .rtt = 20417000 } },
	    0, STAGE_TCP);
}

static void put_counted(struct obslog *log)
{
	static const struct counter lost[] = { { "Ip.InReceives", 5 },
		{ "Ip.InDelivers", 1 } };
	static const struct counted_window windows[] = {
		{ .syns = 4, .heard = 1, .items = lost, .n_items = COUNT(lost) },
		{ .syns = 0 }
	};

	put(log,
	    (struct obs){ .kind = OBS_COUNTED_SYNS,
		.counted_syns = { .peer = addr("10.20.5.6:443"),
		    .ended = ORDER_DONE,
		    .packets = 4,
		    .length = 50000000,
		    .rtt = 250000,
		    .windows = windows,
		    .n_windows = COUNT(windows) } },
	    1, STAGE_TCP);
}

static void put_variants(struct obslog *log)
{
	static struct reset_flow flows[2];
	flows[0] = (struct reset_flow){ .outcome = RESET_SEEN,
		.err = ECONNRESET,
		.after = 417000,
		.info = tcp_facts() };
	flows[1] = (struct reset_flow){ .min_ttl = 62, .outcome = RESET_ANSWERED };
	put(log,
	    (struct obs){ .kind = OBS_RESET_TEST,
		.reset_test = { .peer = addr("10.20.5.6:443"),
		    .name = "amlreg.azurecr.io",
		    .ended = ORDER_CUT,
		    .err = EMFILE,
		    .packets = 30,
		    .syn_ack_ttl = 62,
		    .min_rtt = 20411000,
		    .flows = flows,
		    .n_flows = 2 } },
	    1, STAGE_TLS);
	put(log,
	    (struct obs){ .kind = OBS_TLS_VARIANT,
		.tls_variant = { .peer = addr("10.20.5.6:443"),
		    .sni = "control.example",
		    .split_name = true,
		    .padded = true,
		    .max_seg = 1200,
		    .ended = ORDER_CUT,
		    .connected = TCP_CONNECTED,
		    .connect_time = 20417000,
		    .outcome = TLS_ALERT,
		    .err = ECONNRESET,
		    .icmp = admin_prohibited(),
		    .version = "TLSv1.2",
		    .alert = 112,
		    .reason = "tlsv1 unrecognized name",
		    .issuer = "CN=Example CA",
		    .subject = "CN=*.azurecr.io",
		    .hello_size = 517,
		    .first_byte = 20500000,
		    .handshake = 41000000,
		    .info = tcp_facts() } },
	    1, STAGE_TLS);
	put(log,
	    (struct obs){ .kind = OBS_LOCAL_UDP,
		.local_udp = { .peer = addr("10.20.5.6:443"),
		    .ended = ORDER_CUT,
		    .sent = 1,
		    .err = EPERM,
		    .icmp = admin_prohibited() } },
	    1, STAGE_UDP);
	put_counted(log);
}

static void put_dns_variant(struct obslog *log)
{
	static const struct dns_record record = { .name = "amlreg.azurecr.io",
		.type = DNS_TYPE_A,
		.ttl = 60,
		.address = { .family = AF_INET, .ip = { 10, 20, 5, 6 } } };
	static const struct dns_reply replies[2] = {
		{ .copy = 1, .after = 600000, .ttl = 100, .size = 33, .rcode = 3 },
		{ .copy = 1,
		    .after = 26000000,
		    .ttl = 62,
		    .size = 61,
		    .aa = true,
		    .tc = true,
		    .ad = true,
		    .records = &record,
		    .n_records = 1 },
	};
	put(log,
	    (struct obs){ .kind = OBS_DNS_VARIANT,
		.dns_variant = { .peer = addr("10.20.0.4:53"),
		    .name = "amlreg.azurecr.io",
		    .form = { .type = DNS_TYPE_AAAA,
			.transport = DNS_OVER_TCP,
			.edns_size = 512,
			.cd = true,
			.listen_on = true,
			.once = true },
		    .ended = ORDER_CUT,
		    .sent = 3,
		    .outcome = DNS_NET_ERROR,
		    .err = ECONNREFUSED,
		    .icmp = admin_prohibited(),
		    .replies = replies,
		    .n_replies = 2 } },
	    1, STAGE_DNS);
}

/* The lists of a request hold whole observations of the other kinds. */
static void put_request_variant(struct obslog *log)
{
	struct obs_request_variant v = { .peer = addr("10.20.5.6:443"),
		.what = REQUEST_USER_AGENT,
		.ended = ORDER_CUT,
		.err = EPIPE,
		.via_proxy = true,
		.method = "HEAD",
		.user_agent = "odd\x1b" };

	for (size_t i = 0; i < log->n_items; i++) {
		const struct obs *o = log->items[i];
		if (o->kind == OBS_DNS)
			v.dns = &o->dns;
		else if (o->kind == OBS_TCP)
			v.tcp = &o->tcp;
		else if (o->kind == OBS_TLS)
			v.tls = &o->tls;
		else if (o->kind == OBS_HTTP)
			v.http = &o->http;
	}
	v.n_dns = v.n_tcp = v.n_tls = v.n_http = 1;
	put(log, (struct obs){ .kind = OBS_REQUEST_VARIANT, .request_variant = v }, 1,
	    STAGE_HTTP);
}

static const struct obs_capture capture = { .source = "contoso.pcapng",
	.packets = 4096,
	.flows = 17,
	.undecoded = 3,
	.cut = 2,
	.dropped = 5,
	.drops_known = true,
	.open_most = 5,
	.snapped = 7,
	.offloaded = 2,
	.one_way = 1,
	.two_way = 14,
	.midstream = 2,
	.syn_fresh = 12,
	.syn_aged = 1,
	.syn_ack_fresh = 1,
	.syn_ack_aged = 11,
	.copies = 6,
	.left_out = 1,
	.stopped = "truncated dump file" };

static const struct flow_side client_side = { .present = true,
	.packets = 9,
	.bytes = 1500,
	.retransmits = 3,
	.syns = 1,
	.ttl = 64,
	.ttl_low = 64,
	.ttl_high = 64,
	.mss = 1460,
	.timestamps = true,
	.df = true,
	.ip_ids = true,
	.fin = true,
	.fin_first = true,
	.acks = true,
	.unacked = 517,
	.stuck_size = 517,
	.stuck_sent = 2,
	.biggest_acked = 80,
	.first_data = 21000000,
	.last_data = 900000000 };

static void put_capture(struct obslog *log)
{
	static struct obs_flow flow;
	flow = (struct obs_flow){ .client = addr("10.20.1.4:40000"),
		.server = addr("10.20.5.6:443"),
		.tunnelled = true,
		.cut = true,
		.open = true,
		.client_local = true,
		.vlan = 42,
		.syn_ack = 20417000,
		.ack = 40000,
		.idle = 240000000000,
		.idle_survived = 60000000000,
		.left = 5000000000,
		.of_client = client_side,
		.of_server = { .present = true,
		    .packets = 3,
		    .syns = 1,
		    .ttl = 62,
		    .ttl_low = 62,
		    .ttl_high = 62,
		    .zero_window = true,
		    .sacks = true,
		    .gap = true },
		.reset = { .present = true,
		    .by_server = true,
		    .ack = true,
		    .ack_zero = true,
		    .seq_fits = true,
		    .behind = true,
		    .acks_data = true,
		    .pending = true,
		    .timestamps = true,
		    .df = true,
		    .window = 64,
		    .ip_id = 4711,
		    .ttl = 64,
		    .at = 21500000,
		    .after = 260000,
		    .idle = 1000000000,
		    .count = 3,
		    .differing = true,
		    .mixed = true,
		    .ahead = 2,
		    .packets_after = 2,
		    .syn_ack_after = true,
		    .ttl_after = 62 },
		.icmp = { .present = true,
		    .type = 3,
		    .code = 4,
		    .quotes_server = true,
		    .mtu = 1400,
		    .from = addr("10.20.0.1"),
		    .count = 2,
		    .progress = true },
		.dns = { .present = true,
		    .type = 28,
		    .queries = 1,
		    .answers = 2,
		    .rcode = 3,
		    .records = 1,
		    .address = addr("10.20.5.6"),
		    .differing = true,
		    .ttl_first = 100,
		    .ttl_other = 62,
		    .answered = 600000,
		    .answered_again = 26000000 },
		.tls = { .present = true,
		    .server_hello = true,
		    .version = 0x0303,
		    .alert = 112,
		    .alert_by_server = true,
		    .data = true,
		    .alpn = "h2",
		    .certificate = "*.azurecr.io" },
		.http = { .present = true,
		    .request = "CONNECT",
		    .status = 403,
		    .upgrade = true },
		.name = "contoso.azurecr.io",
		.name_source = FLOW_NAME_SNI,
		.alike = 4 };
	put(log, (struct obs){ .kind = OBS_CAPTURE, .capture = &capture },
	    OBS_NO_TARGET, STAGE_HOST);
	put(log, (struct obs){ .kind = OBS_FLOW, .flow = &flow }, 1, STAGE_TCP);
}

static void put_inbound(struct obslog *log)
{
	static const char *const ranges[] = { "BatchNodeManagement.westeurope",
		"AzureCloud" };
	static struct addr begin[1], end[2];
	static struct inbound_peer peers[1];
	begin[0] = addr("0.0.0.0");
	end[0] = addr("0.0.0.0");
	end[1] = addr("::");
	peers[0] = (struct inbound_peer){ .peer = addr("203.0.113.7"),
		.local = addr("10.20.1.4"),
		.ranges = ranges,
		.n_ranges = 2,
		.came_by = "eth0",
		.left_by = "eth1",
		.syns = 9,
		.syn_acks = 8,
		.connections = 7,
		.answered = 4,
		.elsewhere = 3,
		.completed = 2,
		.aborted = 1,
		.refused = 1,
		.rejected = 1,
		.pending = 1 };
	put(log,
	    (struct obs){ .kind = OBS_LISTENERS,
		.listeners = { .port = 29876,
		    .wanted = 60000000000,
		    .cut = true,
		    .err = EACCES,
		    .at_begin = begin,
		    .n_at_begin = 1,
		    .at_end = end,
		    .n_at_end = 2 } },
	    1, STAGE_TCP);
	put(log,
	    (struct obs){ .kind = OBS_INBOUND,
		.inbound = { .port = 29876,
		    .source = "Public, change 363",
		    .peers = peers,
		    .n_peers = 1,
		    .more_peers = 5,
		    .unknown_syns = 6 } },
	    1, STAGE_TCP);
}

void sample_every_kind(struct obslog *log)
{
	put_host(log);
	put_dns(log);
	put_tls(log);
	put_http(log);
	put(log,
	    (struct obs){ .kind = OBS_UDP,
		.udp = { .peer = addr("192.0.2.9:5831"),
		    .outcome = UDP_FAILED,
		    .sent = 3,
		    .err = ECONNREFUSED,
		    .icmp = admin_prohibited() } },
	    2, STAGE_UDP);
	put(log,
	    (struct obs){ .kind = OBS_UNFINISHED,
		.unfinished = { .reason = UNFINISHED_INTERRUPTED,
		    .waited = 1500000000 } },
	    2, STAGE_HTTP);
	put_host_state(log);
	put_path(log);
	put_variants(log);
	put_websocket(log);
	put_dns_variant(log);
	put_request_variant(log);
	put_capture(log);
	put_inbound(log);
}
