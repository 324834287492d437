/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_FACTS_H
#define CHECKS_FACTS_H

#include "checks/facts/flow_view.h"
#include "checks/facts/probes.h"
#include "checks/plan/check_plan.h"
#include "probe/model/obslog.h"

struct arena;

/*
 * What the whole log tells beside one check: controls and comparisons. Built once
 * a run in O(n log n); every question is answered by binary search, so that 10,000
 * checks can be judged.
 */

/** Two observations that say the same of unrelated names; NULL = none. */
struct pair {
	const struct obs *first, *second;
};

/** What one DNS server did in this run. */
struct server_record {
	struct addr server;
	unsigned answered; /* well-formed messages, whatever they say */
	unsigned silent;   /* time-outs and socket errors */
	const struct obs *answer;
};

struct endpoint_fact; /* an address and port that accepted or finished TLS */
struct issuer_fact;   /* an issuer and a domain it signed for */
struct clock_fact;    /* an HTTP Date that disagrees with our clock */

struct facts {
	const struct check_plan *plan;
	const struct obslog *log;
	const struct obs *system; /* OBS_SYSTEM or NULL */
	bool root;                /* effective uid 0; false when not known */

	struct server_record *servers;
	size_t n_servers, servers_cap;
	struct addr *locals; /* addresses of this machine that were seen */
	size_t n_locals, locals_cap;

	struct endpoint_fact *connected, *served; /* TCP; finished TLS handshakes */
	size_t n_connected, connected_cap, n_served, served_cap;
	struct issuer_fact *untrusted, *private_looking, *expired, *not_yet;
	size_t n_untrusted, untrusted_cap, n_private_looking, private_looking_cap;
	size_t n_expired, expired_cap, n_not_yet, not_yet_cap;
	struct clock_fact *ahead, *behind, *agree; /* our clock against Date fields */
	size_t n_ahead, ahead_cap, n_behind, behind_cap, n_agree, agree_cap;
	const struct obs *v6_connected;

	struct probes probes;         /* what follow-up probes found */
	struct flow_view flows;       /* what a capture shows */
	struct endpoint_fact *silent; /* direct TCP attempts that nobody answered */
	size_t n_silent, silent_cap;
	size_t n_silent_public;               /* distinct public addresses among them */
	const struct obs *public_connected;   /* some direct TCP connection, or NULL */
	const struct obs *platform_connected; /* to an address of the Azure fabric */
	const struct obs *proxy_answered;     /* an answer through the explicit proxy */
	/* An answer on a connection that was open before probes.known_good_silent was
	 * tried, and that came after it had been given up; NULL = none. */
	const struct obs *survivor;
};

/** Reads the whole log, or with target >= 0 only its observations and the run's. */
void facts_init(struct facts *f, const struct check_plan *plan,
    const struct obslog *log, int target, struct arena *arena);

/** A completed connection to the same address on another port, or NULL. */
const struct obs *facts_other_port(const struct facts *f, const struct addr *peer);

/** The first connection of a check that this address and port accepted, or NULL. */
const struct obs *facts_accepted(const struct facts *f, const struct addr *peer);

/** Whom a connection of facts_other_port() or facts_control() reached. */
const struct addr *facts_connected_peer(const struct obs *o);

/** A direct TCP attempt that nobody answered, i from 0 to n_silent - 1. */
const struct obs *facts_silent(const struct facts *f, size_t i);

/**
 * Nothing public answers a direct connection, although at least three addresses
 * were tried: then the cause lies on the way out, not at those addresses.
 */
bool facts_outside_is_silent(const struct facts *f);

/** A handshake with a trusted certificate for this name at another address, or NULL. */
const struct obs *facts_served_elsewhere(
    const struct facts *f, const char *name, const struct addr *not_here);

/** A handshake that another name finished with the same address and port, or NULL. */
const struct obs *facts_other_name(
    const struct facts *f, const struct addr *peer, const char *sni);

/** A direct TCP connection that a check other than target completed, or NULL. */
const struct obs *facts_control(const struct facts *f, int target);

/** Whether the address is one this machine sent from, or loopback. */
bool facts_is_own(const struct facts *f, const struct addr *a);

/** The record of a server, or NULL when it was not asked. */
const struct server_record *facts_server(
    const struct facts *f, const struct addr *server);

/**
 * Certificates of this issuer for two unrelated names (different registrable
 * domains), none of which leads to a trusted root.
 */
struct pair facts_untrusted_issuer(const struct facts *f, const char *issuer);

/**
 * Trusted certificates without transparency timestamps of this issuer, one for a
 * name of Microsoft and one for somebody else's: no public CA does that.
 */
struct pair facts_inspecting_issuer(const struct facts *f, const char *issuer);

/** Certificates of two unrelated names with the same date error (X509_V_ERR_...). */
struct pair facts_date_errors(const struct facts *f, int code);

/**
 * HTTP Date fields that disagree with our clock by more than five minutes in the
 * direction this date error suggests; second is NULL when only one name says so.
 */
struct pair facts_clock_disagrees(const struct facts *f, int code);

/** An HTTP Date field that agrees with our clock, or NULL. */
const struct obs *facts_clock_agrees(const struct facts *f);

/** The part of a name under which registrations are made: "azurecr.io", "x.co.uk". */
const char *facts_registrable_domain(const char *name);

/** Whether a name lies in a domain in which Microsoft runs its services. */
bool facts_name_is_microsofts(const char *name);

/** Whether the issuer calls itself one of the well-known public authorities. */
bool facts_issuer_claims_public(const char *issuer);

#endif
