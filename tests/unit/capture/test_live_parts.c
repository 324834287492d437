/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "probe/base/arena.h"
#include "probe/capture/flow_owner.h"
#include "probe/capture/own_sockets.h"
#include "probe/capture/tap_filter.h"
#include "tests/unit/test.h"

static struct addr at(const char *text)
{
	struct addr a;
	assert_true(addr_parse_port(text, &a));
	return a;
}

/* --- Own packets ------------------------------------------------------------------ */

static struct packet packet_of(
    enum packet_kind kind, const struct addr *from, const struct addr *to)
{
	struct packet p = { .kind = kind, .v6 = from->family == AF_INET6 };
	if (kind == PACKET_ICMP_ERROR)
		p.icmp = (struct packet_icmp){ .source = from->ip,
			.target = to->ip,
			.source_port = from->port,
			.target_port = to->port };
	p.source = from->ip;
	p.target = to->ip;
	p.source_port = kind == PACKET_ICMP_ERROR ? 0 : from->port;
	p.target_port = kind == PACKET_ICMP_ERROR ? 0 : to->port;
	return p;
}

static void packets_of_other_sockets_are_not_taken(void **state)
{
	static const struct {
		const char *name, *from, *to;
		enum packet_kind kind;
		bool own;
	} rows[] = {
		{ "what we sent", "10.0.0.1:4000", "10.0.0.2:443", PACKET_TCP, true },
		{ "an answer", "10.0.0.2:443", "10.0.0.1:4000", PACKET_TCP, true },
		{ "an error that quotes us", "10.0.0.1:4000", "10.0.0.2:443",
		    PACKET_ICMP_ERROR, true },
		{ "another port of ours", "10.0.0.1:4001", "10.0.0.2:443", PACKET_TCP,
		    false },
		{ "another port of the peer", "10.0.0.2:80", "10.0.0.1:4000",
		    PACKET_TCP, false },
		{ "another peer", "10.0.0.1:4000", "10.0.0.3:443", PACKET_TCP, false },
		{ "an error that quotes others", "10.0.0.1:9", "10.0.0.2:443",
		    PACKET_ICMP_ERROR, false },
		{ "IPv6", "[fd00::1]:5", "[fd00::2]:443", PACKET_UDP, true },
		{ "a fragment", "10.0.0.1:4000", "10.0.0.2:443", PACKET_FRAGMENT,
		    false },
	};
	struct own_sockets own = { 0 };
	const struct addr a = at("10.0.0.1:4000"), b = at("10.0.0.2:443");
	const struct addr c = at("[fd00::1]:5"), d = at("[fd00::2]:443");
	(void)state;
	own_sockets_add(&own, &a, &b);
	own_sockets_add(&own, &a, &b);
	own_sockets_add(&own, &c, &d);
	assert_int_equal(own.n_items, 2);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct addr from = at(rows[i].from), to = at(rows[i].to);
		const struct packet p = packet_of(rows[i].kind, &from, &to);
		if (own_sockets_has(&own, &p) != rows[i].own)
			fail_msg("%s", rows[i].name);
	}
	own_sockets_deinit(&own);
}

static void sockets_beyond_the_bound_are_told(void **state)
{
	struct own_sockets own = { 0 };
	struct addr local = at("10.0.0.1:1"), peer = at("10.0.0.2:443");
	(void)state;
	for (unsigned i = 0; i <= OWN_SOCKETS_MAX; i++) {
		assert_false(own.full);
		local.port = (uint16_t)(i & 0xffff);
		peer.port = (uint16_t)(i >> 16);
		own_sockets_add(&own, &local, &peer);
	}
	assert_true(own.full);
	assert_int_equal(own.n_items, OWN_SOCKETS_MAX);
	own_sockets_deinit(&own);
}

/* --- The kernel's filter ---------------------------------------------------------- */

static void filter_fits_the_kernel_for_any_number_of_peers(void **state)
{
	static struct sock_filter code[TAP_FILTER_MAX];
	static const uint16_t ports[INBOUND_MAX_PORTS] = { 29876, 29877, 44224, 22 };
	struct peer_ranges peers = { .n_v4 = 0 };
	(void)state;
	for (unsigned n = 0; n <= 3 * PEER_RANGES_MAX; n++) {
		const struct tap_wanted wanted = { .peers = &peers,
			.ports = ports,
			.n_ports = n % (INBOUND_MAX_PORTS + 1) };
		size_t len = tap_filter_build(&wanted, 256, code);
		assert_in_range(len, 1, TAP_FILTER_MAX);
		/* Every jump stays inside, and the last instruction returns. */
		for (size_t i = 0; i < len; i++) {
			bool jumps = BPF_CLASS(code[i].code) == BPF_JMP;
			bool always = jumps && BPF_OP(code[i].code) == BPF_JA;
			size_t furthest = always                    ? code[i].k
					  : code[i].jt > code[i].jf ? code[i].jt
								    : code[i].jf;
			if (jumps)
				assert_in_range(i + 1 + furthest, 1, len - 1);
		}
		assert_int_equal(BPF_CLASS(code[len - 1].code), BPF_RET);
		struct addr peer = at(n % 2 ? "10.0.0.1" : "fd00::1");
		peer.ip[n % 2 ? 2 : 14] = (uint8_t)n;
		peer_ranges_add(&peers, &peer);
	}
	assert_int_equal(peers.n_v4, PEER_RANGES_MAX);
	assert_int_equal(peers.n_v6, PEER_RANGES_MAX);
}

static bool is_covered(const struct peer_ranges *r, const uint8_t ip[4])
{
	uint32_t a = (uint32_t)ip[0] << 24 | (uint32_t)ip[1] << 16 |
		     (uint32_t)ip[2] << 8 | ip[3];
	for (size_t i = 0; i < r->n_v4; i++)
		if (a >= r->v4[i].low && a <= r->v4[i].high)
			return true;
	return false;
}

/* Whatever comes in whatever order: covered are all of them, in ordered ranges. */
static void ranges_cover_every_peer(void **state)
{
	struct peer_ranges r = { .n_v4 = 0 };
	struct addr peers[1000];
	uint32_t random = 1;
	(void)state;
	for (size_t n = 0; n < COUNT(peers); n++) {
		peers[n] = at("0.0.0.0");
		for (size_t i = 0; i < 4; i++) {
			random = random * 1103515245 + 12345;
			peers[n].ip[i] = (uint8_t)(random >> 16);
		}
		bool was_covered = is_covered(&r, peers[n].ip);
		assert_int_equal(peer_ranges_add(&r, &peers[n]), !was_covered);
		assert_false(peer_ranges_add(&r, &peers[n]));
		assert_in_range(r.n_v4, 1, PEER_RANGES_MAX);
		for (size_t i = 0; i <= n; i++)
			assert_true(is_covered(&r, peers[i].ip));
		for (size_t i = 0; i < r.n_v4; i++)
			assert_true(r.v4[i].low <= r.v4[i].high);
		for (size_t i = 1; i < r.n_v4; i++)
			assert_true(r.v4[i].low - 1 > r.v4[i - 1].high);
	}
}

static void neighbours_are_one_range(void **state)
{
	struct peer_ranges r = { .n_v4 = 0 };
	const struct addr first = at("10.0.0.255"), same = at("10.0.0.241"),
			  next = at("10.0.1.0"), last = at("255.255.255.255"),
			  zero = at("0.0.0.0");
	(void)state;
	assert_true(peer_ranges_add(&r, &first));
	assert_false(peer_ranges_add(&r, &same));
	assert_true(peer_ranges_add(&r, &next));
	assert_int_equal(r.n_v4, 1);
	assert_true(peer_ranges_add(&r, &last));
	assert_true(peer_ranges_add(&r, &zero));
	assert_int_equal(r.n_v4, 3);
	assert_int_equal(r.v4[2].high, UINT32_MAX);
}

/* --- Whose flow ------------------------------------------------------------------- */

static void add_tcp(struct obslog *log, int target, const char *local, const char *peer)
{
	obslog_append(log, &(struct obs){ .target = target,
			       .kind = OBS_TCP,
			       .tcp = { .local = at(local), .peer = at(peer) } });
}

static void flows_belong_to_the_check_that_opened_them(void **state)
{
	static const struct target targets[] = { { .host = "a.example" },
		{ .host = "b.example" }, { .host = "c.example" } };

	static const struct {
		const char *name, *client, *server, *sni;
		int target;
		bool follow_up;
	} rows[] = {
		{ "its socket", "10.0.0.1:4001", "10.0.0.9:443", NULL, 1, false },
		{ "its socket, whatever the name", "10.0.0.1:4000", "10.0.0.9:443",
		    "b.example", 0, false },
		{ "another socket with its name", "10.0.0.1:4999", "10.0.0.9:443",
		    "B.example", 1, true },
		{ "another socket with no name", "10.0.0.1:4998", "10.0.0.9:443", NULL,
		    0, true },
		{ "another port of the address", "10.0.0.1:4997", "10.0.0.9:80", NULL,
		    0, true },
		{ "its port rather than another", "10.0.0.1:4996", "10.0.0.9:8080",
		    NULL, 2, true },
		{ "an address of nobody", "10.0.0.1:4995", "10.0.0.8:443", "a.example",
		    OBS_NO_TARGET, true },
	};
	const struct plan plan = { .targets = targets, .n_targets = COUNT(targets) };
	struct arena arena;
	struct obslog log;
	(void)state;
	arena_init(&arena, (size_t)1 << 20);
	obslog_init(&log, &arena, COUNT(targets));
	add_tcp(&log, 0, "10.0.0.1:4000", "10.0.0.9:443");
	add_tcp(&log, 1, "10.0.0.1:4001", "10.0.0.9:443");
	add_tcp(&log, 2, "10.0.0.1:4002", "10.0.0.9:8080");
	const struct flow_owners *owners = flow_owners_new(&plan, &log, &arena);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct obs_flow f = { .client = at(rows[i].client),
			.server = at(rows[i].server),
			.name = rows[i].sni };
		if (flow_owner(owners, &f) != rows[i].target ||
		    f.follow_up != rows[i].follow_up)
			fail_msg("%s", rows[i].name);
	}
	arena_deinit(&arena);
}

static void questions_belong_to_the_check_that_asked(void **state)
{
	static const struct target targets[] = { { .host = "a.example" },
		{ .host = "b.example" } };
	const struct plan plan = { .targets = targets, .n_targets = COUNT(targets) };
	struct arena arena;
	struct obslog log;
	(void)state;
	arena_init(&arena, (size_t)1 << 20);
	obslog_init(&log, &arena, COUNT(targets));
	for (int i = 0; i < 2; i++)
		obslog_append(&log, &(struct obs){ .target = i,
					.kind = OBS_DNS,
					.dns = { .name = targets[i].host,
					    .server = at("10.0.0.53:53") } });
	const struct flow_owners *owners = flow_owners_new(&plan, &log, &arena);
	struct obs_flow f = { .server = at("10.0.0.53:53"),
		.name = "b.example",
		.dns = { .present = true } };
	assert_int_equal(flow_owner(owners, &f), 1);
	assert_false(f.follow_up);
	f.name = "c.example";
	assert_int_equal(flow_owner(owners, &f), OBS_NO_TARGET);
	f.name = "a.example";
	f.server = at("10.0.0.54:53");
	assert_int_equal(flow_owner(owners, &f), OBS_NO_TARGET);
	arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_of_other_sockets_are_not_taken),
		cmocka_unit_test(sockets_beyond_the_bound_are_told),
		cmocka_unit_test(filter_fits_the_kernel_for_any_number_of_peers),
		cmocka_unit_test(ranges_cover_every_peer),
		cmocka_unit_test(neighbours_are_one_range),
		cmocka_unit_test(flows_belong_to_the_check_that_opened_them),
		cmocka_unit_test(questions_belong_to_the_check_that_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
