/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/checks/obs_builder.h"

#define SERVICE "20.1.1.1"
#define OTHER   "20.9.9.9"
#define PRIVATE "10.9.9.9"
#define TAG     "BatchNodeManagement.westeurope"

/* What is seen of one port: who listens, and one peer. */
struct row {
	const char *row;
	const char *listens; /* address, NULL = nothing does */
	const char *peer;    /* NULL = nobody came */
	bool tags, lossy;
	struct inbound_peer did;
	enum status status;
	const char *cause;
	enum confidence confidence;
};

static void see_listeners(
    struct run *r, int t, const char *at_begin, const char *at_end)
{
	struct addr *list = arena_array(&r->arena, 2, sizeof *list);
	struct obs o = obs_of(r, t, OBS_LISTENERS, 60 * NSEC_PER_SEC);
	o.stage = STAGE_TCP;
	if (at_begin)
		list[0] = address(at_begin);
	if (at_end)
		list[1] = address(at_end);
	o.listeners = (struct obs_listeners){ .port = 29876,
		.wanted = 60 * NSEC_PER_SEC,
		.at_begin = list,
		.n_at_begin = at_begin != NULL,
		.at_end = list + 1,
		.n_at_end = at_end != NULL };
	see(r, o);
}

static const char *const service_ranges[] = { "BatchNodeManagement.WestEurope" };
static const char *const other_ranges[] = { "AzureCloud" };

static void see_inbound(
    struct run *r, int t, const struct inbound_peer *peers, size_t n, bool tags)
{
	struct obs o = obs_of(r, t, OBS_INBOUND, 0);
	o.stage = STAGE_TCP;
	o.inbound = (struct obs_inbound){ .port = 29876,
		.source = tags ? "Public, change 7" : NULL,
		.peers = peers,
		.n_peers = n };
	see(r, o);
}

static struct inbound_peer peer_of(
    const char *from, bool tags, const struct inbound_peer *did)
{
	bool is_service = strcmp(from, SERVICE) == 0;
	struct inbound_peer p = *did;
	p.peer = address(from);
	p.local = address("10.0.0.4");
	p.came_by = "eth0";
	p.ranges = is_service ? service_ranges : other_ranges;
	p.n_ranges = tags;
	return p;
}

static int begin(struct run *r)
{
	run_init(r);
	int t = run_add(r, "inbound://localhost:29876", NULL);
	r->checks[t].service_tag = TAG;
	r->checks[t].required = false;
	return t;
}

#define DID(...)                                                                       \
	{                                                                              \
		__VA_ARGS__                                                            \
	}

static const struct row rows[] = {
	{ "nobody came", "0.0.0.0", NULL, true, false, DID(.syns = 0),
	    STATUS_INCONCLUSIVE, "inbound_unproven", CONFIDENCE_CANNOT_TELL },
	{ "the service was served", "0.0.0.0", SERVICE, true, false,
	    DID(.syns = 1, .connections = 1, .answered = 1, .completed = 1),
	    STATUS_PASS, NULL, CONFIDENCE_CERTAIN },
	{ "somebody was served", "0.0.0.0", SERVICE, false, false,
	    DID(.syns = 1, .connections = 1, .answered = 1, .completed = 1),
	    STATUS_PASS, NULL, CONFIDENCE_POSSIBLE },
	{ "somebody else was served", "0.0.0.0", OTHER, true, false,
	    DID(.syns = 1, .connections = 1, .answered = 1, .completed = 1),
	    STATUS_INCONCLUSIVE, "inbound_unproven", CONFIDENCE_CANNOT_TELL },
	{ "a private address is nobody's service", "0.0.0.0", PRIVATE, false, false,
	    DID(.syns = 1, .connections = 1, .answered = 1, .completed = 1),
	    STATUS_INCONCLUSIVE, "inbound_unproven", CONFIDENCE_CANNOT_TELL },
	{ "a load balancer is nobody's service", "0.0.0.0", "168.63.129.16", false,
	    false, DID(.syns = 1, .connections = 1, .answered = 1, .completed = 1),
	    STATUS_INCONCLUSIVE, "inbound_unproven", CONFIDENCE_CANNOT_TELL },
	{ "refused twice", NULL, SERVICE, true, false,
	    DID(.syns = 2, .connections = 2, .refused = 2), STATUS_FAIL,
	    "inbound_no_listener", CONFIDENCE_CERTAIN },
	{ "refused once", NULL, SERVICE, true, false,
	    DID(.syns = 1, .connections = 1, .refused = 1), STATUS_FAIL,
	    "inbound_no_listener", CONFIDENCE_LIKELY },
	{ "refused, whoever it was", NULL, SERVICE, false, false,
	    DID(.syns = 2, .connections = 2, .refused = 2), STATUS_FAIL,
	    "inbound_no_listener", CONFIDENCE_LIKELY },
	{ "a stranger was refused", NULL, OTHER, true, false,
	    DID(.syns = 2, .connections = 2, .refused = 2), STATUS_INCONCLUSIVE,
	    "inbound_unproven", CONFIDENCE_CANNOT_TELL },
	{ "refused at this address only", "127.0.0.1", SERVICE, true, false,
	    DID(.syns = 2, .connections = 2, .refused = 2), STATUS_FAIL,
	    "inbound_no_listener", CONFIDENCE_LIKELY },
	{ "refused although somebody listens", "::", SERVICE, true, false,
	    DID(.syns = 2, .connections = 2, .refused = 2), STATUS_FAIL,
	    "inbound_filtered", CONFIDENCE_LIKELY },
	{ "rejected", "10.0.0.4", SERVICE, true, false,
	    DID(.syns = 1, .connections = 1, .rejected = 1), STATUS_FAIL,
	    "inbound_filtered", CONFIDENCE_LIKELY },
	{ "dropped", "0.0.0.0", SERVICE, true, false, DID(.syns = 6, .connections = 2),
	    STATUS_FAIL, "inbound_filtered", CONFIDENCE_LIKELY },
	{ "dropped, and nobody listens", NULL, SERVICE, true, false,
	    DID(.syns = 6, .connections = 2), STATUS_FAIL, "inbound_filtered",
	    CONFIDENCE_POSSIBLE },
	{ "dropped, by a capture with gaps", "0.0.0.0", SERVICE, true, true,
	    DID(.syns = 6, .connections = 2), STATUS_FAIL, "inbound_filtered",
	    CONFIDENCE_POSSIBLE },
	{ "the answer is lost", "0.0.0.0", SERVICE, true, false,
	    DID(.syns = 2, .syn_acks = 9, .connections = 2, .answered = 2), STATUS_FAIL,
	    "inbound_reply_lost", CONFIDENCE_LIKELY },
	{ "the answer is lost once", "0.0.0.0", SERVICE, true, false,
	    DID(.syns = 1, .syn_acks = 4, .connections = 1, .answered = 1), STATUS_FAIL,
	    "inbound_reply_lost", CONFIDENCE_POSSIBLE },
	{ "a forged address waits for nothing", "0.0.0.0", SERVICE, false, false,
	    DID(.syns = 2, .syn_acks = 9, .connections = 2, .answered = 2),
	    STATUS_INCONCLUSIVE, "inbound_unproven", CONFIDENCE_CANNOT_TELL },
	{ "a scan", "0.0.0.0", SERVICE, true, false,
	    DID(.syns = 2, .syn_acks = 2, .connections = 2, .answered = 2,
		.aborted = 2),
	    STATUS_INCONCLUSIVE, "inbound_unproven", CONFIDENCE_CANNOT_TELL },
	{ "answered elsewhere", "0.0.0.0", SERVICE, true, false,
	    DID(.left_by = "eth1", .syns = 2, .syn_acks = 2, .connections = 2,
		.answered = 2, .elsewhere = 2, .completed = 2),
	    STATUS_WARN, "inbound_reply_elsewhere", CONFIDENCE_CERTAIN },
	{ "answered elsewhere in vain", "0.0.0.0", SERVICE, true, false,
	    DID(.left_by = "eth1", .syns = 2, .syn_acks = 9, .connections = 2,
		.answered = 2, .elsewhere = 2),
	    STATUS_FAIL, "inbound_reply_elsewhere", CONFIDENCE_LIKELY },
	{ "answered elsewhere in vain, whoever asked", "0.0.0.0", SERVICE, false, false,
	    DID(.left_by = "eth1", .syns = 2, .syn_acks = 9, .connections = 2,
		.answered = 2, .elsewhere = 2),
	    STATUS_FAIL, "inbound_reply_elsewhere", CONFIDENCE_POSSIBLE },
	{ "not decided yet", "0.0.0.0", SERVICE, true, false,
	    DID(.syns = 1, .connections = 1, .pending = 1), STATUS_INCONCLUSIVE,
	    "inbound_unproven", CONFIDENCE_CANNOT_TELL },
	{ "counts that contradict each other", "0.0.0.0", SERVICE, true, false,
	    DID(.connections = 1, .answered = 9, .completed = 0, .aborted = 20,
		.refused = 3),
	    STATUS_INCONCLUSIVE, "inbound_unproven", CONFIDENCE_CANNOT_TELL },
};

static void what_came_decides(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct run r;
		int t = begin(&r);
		see_capture(&r, row->lossy, NULL);
		see_listeners(&r, t, row->listens, row->listens);
		struct inbound_peer p;
		if (row->peer)
			p = peer_of(row->peer, row->tags, &row->did);
		see_inbound(&r, t, &p, row->peer != NULL, row->tags);
		run_judge(&r);
		run_expect(&r, t, row->row, row->status, row->cause, row->confidence);
		unsigned path = r.verdicts.items[t].attributes & ATTR_ASYMMETRIC_PATH;
		assert_int_equal(path != 0, row->did.elsewhere > 0);
		assert_true(row->peer == NULL || run_says(&r, t, row->peer));
		run_deinit(&r);
	}
}

static void what_others_met_neither_helps_nor_harms(void **state)
{
	(void)state;
	struct run r;
	int t = begin(&r);
	const struct inbound_peer served = {
		.connections = 1, .answered = 1, .completed = 1
	};
	const struct inbound_peer refused = {
		.syns = 2, .connections = 2, .refused = 2
	};
	const struct inbound_peer peers[] = { peer_of(SERVICE, true, &refused),
		peer_of(OTHER, true, &served) };
	see_capture(&r, 0, NULL);
	see_listeners(&r, t, NULL, NULL);
	see_inbound(&r, t, peers, 2, true);
	run_judge(&r);
	run_expect(&r, t, "service first", STATUS_FAIL, "inbound_no_listener",
	    CONFIDENCE_CERTAIN);
	assert_true(run_says(&r, t, OTHER " (AzureCloud): 1 completed"));
	/* It is not required, so that the run goes on to pass with a warning. */
	assert_int_equal(r.verdicts.overall, STATUS_WARN);
	run_deinit(&r);
}

static void without_a_capture_nothing_passes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct run r;
		int t = begin(&r);
		if (i < 2)
			see_capture(&r, 0, "no CAP_NET_RAW");
		see_listeners(
		    &r, t, i == 1 ? NULL : "0.0.0.0", i == 1 ? NULL : "0.0.0.0");
		run_judge(&r);
		run_expect(&r, t, "unseen", STATUS_INCONCLUSIVE, "inbound_not_watched",
		    CONFIDENCE_CANNOT_TELL);
		assert_true(run_says(&r, t,
		    i == 1 ? "nothing listens on TCP 29876" : "a program listens"));
		assert_true(
		    run_says(&r, t, i < 2 ? "no CAP_NET_RAW" : "nothing was captured"));
		assert_int_equal(r.verdicts.overall, STATUS_PASS);
		run_deinit(&r);
	}
}

static void reverse_path_filtering_needs_its_counter(void **state)
{
	(void)state;

	static const struct {
		uint64_t dropped;
		const char *cause;
	} counted[] = { { 6, "local_rp_filter" }, { 4, "local_rp_filter" },
		{ 3, "inbound_filtered" }, { 0, "inbound_filtered" } };

	for (size_t i = 0; i < COUNT(counted); i++) {
		struct run r;
		int t = begin(&r);
		const struct inbound_peer dropped = { .syns = 6, .connections = 2 };
		const struct inbound_peer p = peer_of(SERVICE, true, &dropped);
		const struct counter item = { "TcpExt.IPReversePathFilter",
			counted[i].dropped };
		struct obs o = obs_of(&r, OBS_NO_TARGET, OBS_COUNTERS, 0);
		o.stage = STAGE_HOST;
		o.counters.items = &item;
		o.counters.n_items = 1;
		see_capture(&r, 0, NULL);
		see_listeners(&r, t, "0.0.0.0", "0.0.0.0");
		see_inbound(&r, t, &p, 1, true);
		see(&r, o);
		run_judge(&r);
		run_expect(
		    &r, t, "counter", STATUS_FAIL, counted[i].cause, CONFIDENCE_LIKELY);
		run_deinit(&r);
	}
}

static void a_listener_that_comes_and_goes_is_told(void **state)
{
	(void)state;
	struct run r;
	int t = begin(&r);
	const struct inbound_peer refused = {
		.syns = 2, .connections = 2, .refused = 2
	};
	const struct inbound_peer p = peer_of(SERVICE, true, &refused);
	see_capture(&r, 0, NULL);
	see_listeners(&r, t, NULL, "0.0.0.0");
	see_inbound(&r, t, &p, 1, true);
	run_judge(&r);
	run_expect(
	    &r, t, "at times", STATUS_FAIL, "inbound_filtered", CONFIDENCE_POSSIBLE);
	assert_true(run_says(&r, t, "at the end only: 0.0.0.0"));
	run_deinit(&r);
}

static void an_unfinished_watch_is_inconclusive(void **state)
{
	(void)state;
	struct run r;
	int t = begin(&r);
	struct obs o = obs_of(&r, t, OBS_UNFINISHED, 0);
	o.unfinished.reason = UNFINISHED_NOT_STARTED;
	see(&r, o);
	run_judge(&r);
	run_expect(&r, t, "not started", STATUS_INCONCLUSIVE, "not_finished",
	    CONFIDENCE_CANNOT_TELL);
	run_deinit(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_decides),
		cmocka_unit_test(what_others_met_neither_helps_nor_harms),
		cmocka_unit_test(without_a_capture_nothing_passes),
		cmocka_unit_test(reverse_path_filtering_needs_its_counter),
		cmocka_unit_test(a_listener_that_comes_and_goes_is_told),
		cmocka_unit_test(an_unfinished_watch_is_inconclusive),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
