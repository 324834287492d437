/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_CHECKS_OBS_BUILDER_H
#define TESTS_UNIT_CHECKS_OBS_BUILDER_H

#include "checks/judge/judge.h"
#include "probe/base/arena.h"

/*
 * A small run made by hand: targets with what is expected of them, and the
 * observations the engine would have made.
 */

enum {
	RUN_MAX_TARGETS = 8,
	NOON = 1790000000 /* the wall clock at the start of every run */
};

struct run {
	struct arena arena;
	struct obslog log;
	struct check_plan plan;
	struct target targets[RUN_MAX_TARGETS];
	struct check checks[RUN_MAX_TARGETS];
	struct verdicts verdicts;
	nsec_t now; /* each observation begins where the last one ended */
};

void run_init(struct run *r);
void run_deinit(struct run *r);

/** "https://host:port", "tcp://...", "dns:host" and so on; returns its index. */
int run_add(struct run *r, const char *url, const struct catalogue_entry *entry);

/**
 * Judges all targets into r->verdicts and holds every verdict against the promises
 * of the report: evidence cites observations that exist, whatever is no pass has a
 * summary and a remedy without open placeholders, what cannot be told names
 * alternatives, and every cause is in exactly one group.
 */
void run_judge(struct run *r);

/** Fails the test, naming the row, unless target t was judged so; cause NULL = pass. */
void run_expect(const struct run *r, int t, const char *row, enum status status,
    const char *cause, enum confidence confidence);

/** Whether some evidence of the target, or a word of the list, holds the text. */
bool run_says(const struct run *r, int t, const char *text);
bool words_hold(const struct words *w, const char *text);

/* One observation each. They return what to change before see() appends it. */
struct obs obs_of(const struct run *r, int t, enum obs_kind kind, nsec_t lasts);
const struct obs *see(struct run *r, struct obs o);

struct obs tcp_connected(const struct run *r, int t, const char *peer);
struct obs tcp_failed(const struct run *r, int t, const char *peer, int err);
struct obs tcp_timeout(const struct run *r, int t, const char *peer);
struct icmp_error icmp_from(const char *offender, uint8_t type, uint8_t code);

/** A handshake with a certificate for the target's host; issuer NULL = a public CA. */
struct obs tls_verified(struct run *r, int t, const char *peer, const char *issuer);
/** The same, with verification errors (closed by 0). */
struct obs tls_unverified(
    struct run *r, int t, const char *peer, const char *issuer, const int *errors);

/** An answer with "name: value" header fields (closed by NULL). */
struct obs http_answer(struct run *r, int t, const char *peer, int status,
    const char *body, const char *const *fields);

/**
 * A DNS answer. Words of the chain are aliases and addresses in order; "soa=ZONE/MNAME"
 * adds an authority record.
 */
struct obs dns_answer(struct run *r, int t, enum dns_server_role role,
    const char *server, uint8_t rcode, const char *chain);
struct obs dns_failed(struct run *r, int t, enum dns_server_role role,
    const char *server, enum dns_outcome outcome);
struct obs hosts_line(struct run *r, int t, const char *address);

void see_system(struct run *r, bool root);

/** The run was captured; refused is why it was not, NULL = it was. */
void see_capture(struct run *r, uint64_t dropped, const char *refused);

/** A TCP flow of the run, of which nothing is known but its ends. */
struct obs_flow flow_between(const char *local, const char *peer);
const struct obs *see_flow(struct run *r, int t, const struct obs_flow *f);

struct addr address(const char *text);

#endif
