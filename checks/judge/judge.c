/* SPDX-License-Identifier: MIT */
#include "checks/judge/judge.h"

#include <string.h>

#include "checks/facts/facts.h"
#include "checks/flow/capture_limits.h"
#include "checks/judge/expect.h"
#include "checks/judge/finding.h"
#include "checks/judge/group.h"
#include "checks/judge/judge_stages.h"
#include "checks/why/why.h"
#include "probe/base/arena.h"

/*
 * One check after the other goes through its stages in the order a client would. The
 * first stage that fails names the cause, unless an oddity of the name that was noted
 * on the way explains the failure better.
 */

/* --- Unfinished checks ------------------------------------------------------------ */

static const char *unfinished_words(struct judging *j)
{
	const struct obs_unfinished *u = &j->unfinished->unfinished;
	const char *stage = stage_name(j->unfinished->stage);

	switch (u->reason) {
	case UNFINISHED_DEADLINE:
		return arena_printf(j->arena,
		    "the deadline came during %s, after %.0f ms of waiting", stage,
		    nsec_to_ms(u->waited));
	case UNFINISHED_INTERRUPTED:
		return arena_printf(j->arena,
		    "interrupted during %s, after %.0f ms of waiting", stage,
		    nsec_to_ms(u->waited));
	case UNFINISHED_NOT_STARTED:
		break;
	}
	return "the run ended before this check could start";
}

bool judge_unfinished(struct judging *j, enum stage stage)
{
	const char *summary = "nothing was observed";

	if (j->unfinished) {
		summary = unfinished_words(j);
		stage = j->unfinished->stage;
	}
	say(j, EVIDENCE_SUPPORTS, j->unfinished ? j->unfinished : j->first, "%s",
	    summary);
	finding_set(j, &(struct finding){ .status = STATUS_INCONCLUSIVE,
			   .stage = stage,
			   .cause = "not_finished",
			   .confidence = CONFIDENCE_CANNOT_TELL,
			   .summary = summary });
	return false;
}

/* A failure of the very stage that was cut short may not be the whole story. */
static bool cut_short(const struct judging *j)
{
	return j->unfinished && j->verdict->status == STATUS_FAIL &&
	       j->verdict->stage == j->unfinished->stage;
}

/* --- Stages ----------------------------------------------------------------------- */

static bool judge_name(struct judging *j)
{
	bool seen = false;

	for (const struct obs *o = j->first; o && !seen; o = o->next_of_target)
		seen = o->kind == OBS_DNS || o->kind == OBS_HOSTS_FILE;
	if (!seen && j->target->protocol == PROTO_DNS)
		return judge_unfinished(j, STAGE_DNS);
	return judge_dns(j);
}

static void judge_stages(struct judging *j)
{
	enum protocol p = j->target->protocol;

	if (p == PROTO_INBOUND) {
		judge_inbound(j);
		return;
	}
	if (!judge_name(j) || p == PROTO_DNS)
		return;
	if (p == PROTO_UDP) {
		judge_udp(j);
		return;
	}
	if (!judge_tcp(j))
		return;
	if (p == PROTO_SMB || p == PROTO_SSH)
		judge_exchange(j);
	else if (protocol_is_http(p) && (!protocol_is_tls(p) || judge_tls(j)))
		judge_http(j);
}

static bool explains(const struct suspicion *s, const struct verdict *v)
{
	if (!s->cause || v->status != STATUS_FAIL)
		return false;
	/* What this machine itself refuses has nothing to do with the name. */
	if (strncmp(v->cause->name, "local_", strlen("local_")) == 0 ||
	    strcmp(v->cause->name, "clock_skew") == 0)
		return false;
	if (strcmp(v->cause->name, "service_denied") == 0)
		return s->explains & EXPLAINS_DENIAL;
	if (v->stage == STAGE_TCP || v->stage == STAGE_UDP)
		return s->explains & EXPLAINS_CONNECT;
	return s->explains & EXPLAINS_PEER;
}

static void weigh_suspicion(struct judging *j)
{
	const struct suspicion *s = &j->suspicion;
	struct verdict *v = j->verdict;

	if (v->status == STATUS_FAIL && v->stage != STAGE_DNS)
		judge_dns_suspect(j);
	bool guilty = explains(s, v);
	bool odd = s->warns && (v->status == STATUS_PASS || v->status == STATUS_WARN);
	const char *otherwise = guilty ? v->cause->name : NULL;

	/* It could be, but there is nothing that says so. */
	if (!guilty && s->cause && v->status == STATUS_FAIL && v->stage == STAGE_TCP)
		finding_alternative(j, s->cause);
	if (!guilty && !odd)
		return;
	v->status = STATUS_PASS;
	finding_set(j, &(struct finding){ .status = guilty ? STATUS_FAIL : STATUS_WARN,
			   .stage = STAGE_DNS,
			   .cause = s->cause,
			   .confidence = s->confidence,
			   .summary = s->summary,
			   .key = s->key });
	if (otherwise && s->confidence != CONFIDENCE_CERTAIN)
		finding_alternative(j, otherwise);
}

/* --- One check -------------------------------------------------------------------- */

/* A websocket's request once more, without the upgrade. */
static bool is_control(const struct judging *j, const struct obs *o)
{
	return protocol_is_websocket(j->target->protocol) && !o->http.upgrade;
}

void judge_read(struct judging *j)
{
	for (const struct obs *o = j->first; o; o = o->next_of_target) {
		if (o->kind == OBS_TLS)
			j->tls = o;
		else if (o->kind == OBS_HTTP && is_control(j, o))
			j->plain = o;
		else if (o->kind == OBS_HTTP)
			j->http = o;
		else if (o->kind == OBS_WEBSOCKET)
			j->frames = o;
		else if (o->kind == OBS_EXCHANGE)
			j->exchange = o;
		else if (o->kind == OBS_UNFINISHED)
			j->unfinished = o;
	}
}

/* From the first query to the last answer of the server that was used. */
static nsec_t dns_time(const struct judging *j)
{
	nsec_t begin = -1, end = -1;

	for (const struct obs *o = j->first; o; o = o->next_of_target) {
		if (o->kind != OBS_DNS || o->dns.outcome != DNS_ANSWERED ||
		    (o->dns.role == DNS_PLATFORM && !j->target->ask_only))
			continue;
		begin = begin < 0 || o->begin < begin ? o->begin : begin;
		end = o->end > end ? o->end : end;
	}
	return begin < 0 ? -1 : end - begin;
}

/* The connection that was used, or the longest attempt when none came about. */
static nsec_t tcp_time(const struct judging *j)
{
	nsec_t longest = -1;

	if (j->connected)
		return j->connected->end - j->connected->begin;
	for (const struct obs *o = j->first; o; o = o->next_of_target) {
		if (o->kind == OBS_TCP && o->end - o->begin > longest)
			longest = o->end - o->begin;
		if (o->kind == OBS_FLOW && !o->flow->follow_up &&
		    o->flow->syn_ack > 0 && o->flow->syn_ack > longest)
			longest = o->flow->syn_ack;
	}
	return longest;
}

static nsec_t time_of(const struct obs *o)
{
	return o ? o->end - o->begin : -1;
}

static void take_times(struct judging *j)
{
	struct verdict *v = j->verdict;
	nsec_t begin = 0, end = 0;

	for (const struct obs *o = j->first; o; o = o->next_of_target) {
		/* Packets beside the check's own observations are measured by another
		 * clock. */
		if (o->kind == OBS_FLOW && j->first->kind != OBS_FLOW)
			continue;
		begin = o == j->first || o->begin < begin ? o->begin : begin;
		end = o->end > end ? o->end : end;
	}
	v->duration = end - begin;
	v->dns = dns_time(j);
	v->tcp = tcp_time(j);
	v->tls = time_of(j->tls);
	v->http = time_of(j->http);
	if (j->connected)
		v->address = j->connected->tcp.peer;
	else if (j->target->protocol == PROTO_DNS && v->status == STATUS_PASS)
		v->address = j->address;
}

static void describe_pass(struct judging *j)
{
	struct verdict *v = j->verdict;

	if (v->status != STATUS_PASS || v->summary)
		return;
	if (j->exchange)
		v->summary = arena_printf(
		    j->arena, "answered %s", quote(j, j->exchange->exchange.answer));
	else if (j->connected)
		v->summary = arena_printf(j->arena, "connected to %s",
		    addr_port_words(j->arena, &j->connected->tcp.peer));
	else
		v->summary = arena_printf(
		    j->arena, "resolved to %s", addr_words(j->arena, &j->address));
}

static struct verdict judge_one(const struct facts *facts, unsigned target,
    struct arena *arena, struct group_input *ret)
{
	const struct check_plan *plan = facts->plan;
	struct verdict v = { .status = STATUS_PASS, .confidence = CONFIDENCE_CERTAIN };
	const struct check *check = &plan->checks[target];
	struct judging j = {
		.plan = plan,
		.check = check,
		.target = &plan->probe.targets[target],
		.facts = facts,
		.arena = arena,
		.expecting = !check->must_not_reach,
		.first = obslog_first(facts->log, (int)target),
		.verdict = &v,
		.key = "",
		.zone = check->private_link_zone,
	};

	judge_read(&j);
	if (j.first && j.first->kind == OBS_FLOW)
		judge_flows(&j);
	else
		judge_stages(&j);
	if (cut_short(&j)) {
		v.status = STATUS_PASS;
		judge_unfinished(&j, v.stage);
	}
	judge_fidelity(&j);
	why_compare_ways(&j);
	why_misrouted(&j);
	describe_pass(&j);
	judge_idle(&j);
	why_path(&j);
	if (check->must_not_reach)
		expect_blocked(&j);
	else
		weigh_suspicion(&j);
	judge_baseline(&j);
	take_times(&j);
	ret->n_own_remedies = v.remediation.n_items;
	finding_finish(&j, &ret->values);
	ret->key = j.key;
	return v;
}

/* --- The run ---------------------------------------------------------------------- */

static void count(struct verdicts *all, const struct verdict *v)
{
	switch (v->status) {
	case STATUS_PASS:
		all->pass++;
		break;
	case STATUS_WARN:
		all->warn++;
		break;
	case STATUS_FAIL:
		all->fail++;
		break;
	case STATUS_INCONCLUSIVE:
		all->inconclusive++;
		break;
	case STATUS_SKIPPED:
		all->skipped++;
		break;
	}
	all->attributes |= v->attributes;
}

/* What one check makes of the whole run; higher is worse. */
static int weight(const struct verdict *v, bool required)
{
	if (v->status == STATUS_FAIL)
		return required ? 3 : 1;
	if (v->status == STATUS_INCONCLUSIVE)
		return required ? 2 : 0;
	return v->status == STATUS_WARN ? 1 : 0;
}

static enum status overall(const struct verdicts *all, const struct check *checks)
{
	static const enum status words[] = { STATUS_PASS, STATUS_WARN,
		STATUS_INCONCLUSIVE, STATUS_FAIL };

	int worst = 0;

	for (size_t i = 0; i < all->n_items; i++) {
		int w = weight(&all->items[i], checks[i].required);
		worst = w > worst ? w : worst;
	}
	return words[worst];
}

void judge_run(const struct check_plan *plan, const struct obslog *log,
    struct arena *arena, struct verdicts *ret)
{
	size_t n = plan->probe.n_targets;
	struct group_input *inputs = arena_array(arena, n + 1, sizeof *inputs);
	struct facts facts;

	facts_init(&facts, plan, log, -1, arena);
	*ret = (struct verdicts){ .n_items = n,
		.items = arena_array(arena, n + 1, sizeof *ret->items) };
	for (size_t i = 0; i < n; i++) {
		ret->items[i] = judge_one(&facts, (unsigned)i, arena, &inputs[i]);
		count(ret, &ret->items[i]);
	}
	ret->overall = overall(ret, plan->checks);
	if (facts.flows.capture && !facts.system) {
		ret->place = capture_place_name(facts.flows.place);
		capture_limits(&facts.flows, arena, &ret->limits);
	}
	group_build(ret, inputs, arena);
}

enum status judge_status(const struct check_plan *plan, const struct obslog *log,
    unsigned target, struct arena *scratch)
{
	struct facts facts;
	struct group_input unused;

	facts_init(&facts, plan, log, (int)target, scratch);
	return judge_one(&facts, target, scratch, &unused).status;
}
