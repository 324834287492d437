/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_PATH_FACTS_H
#define CHECKS_PATH_FACTS_H

#include "checks/judge/verdict.h"
#include "checks/plan/check_plan.h"
#include "probe/model/obslog.h"

struct arena;
struct judging;

/*
 * Facts by which a path is known again: what a name led to, who answered and what
 * stood in between. Two runs are compared by them (checks/runs/compare.h), and a
 * baseline keeps those that a person can approve (checks/runs/baseline.h). How each is
 * compared is told in docs/comparing.md.
 */
enum path_fact {
	/* Those of a baseline: they stay as they are until somebody changes something.
	 */
	FACT_ADDRESSES, /* of the name, from the hosts file or the system's resolver */
	FACT_ALIASES,   /* the chain of that answer, without the asked name */
	FACT_PROXY,     /* explicit proxy without credentials, or "none" */
	FACT_ISSUER,    /* of the leaf certificate, RFC 2253 */
	FACT_TLS_VERSION, /* "TLSv1.3" */
	FACT_EGRESS,      /* our public address as the service disclosed it */
	FACT_ATTRIBUTES,  /* words of enum attribute, of those that last */
	/* Those that change by themselves, too. */
	FACT_PEER,      /* the address that served the check */
	FACT_SOURCE,    /* the local address it was reached from */
	FACT_EXPIRY,    /* of the leaf certificate, "2026-11-22T10:00:00Z" */
	FACT_MSS,       /* bytes of a segment we may send */
	FACT_HOPS,      /* lowest TTL with which a SYN arrives */
	FACT_REPLY_TTL, /* of the SYN-ACK as it arrives */
};

#define N_PATH_FACTS     (FACT_REPLY_TTL + 1)
#define N_BASELINE_FACTS (FACT_ATTRIBUTES + 1)

enum {
	PATH_FACT_MAX_VALUES = 32 /* values of one fact */
};

const char *path_fact_name(enum path_fact f);

/** The stage that shows a fact. */
enum stage path_fact_stage(enum path_fact f);

struct fact {
	bool known;          /* false: this run has not seen it */
	struct words values; /* escaped; sets are sorted, the alias chain is in order */
	const struct obs
	    *seen; /* what shows it, NULL = the plan, or read from a file */
};

struct check_path {
	const char *id; /* escaped */
	struct fact facts[N_PATH_FACTS];
};

/** Of one check that is being judged, its attributes known already. */
void path_facts_of_check(struct judging *j, struct check_path *ret);

enum {
	N_PHASES = 4 /* dns, tcp, tls, http */
};

/** One check of a run that is over. Borrows nothing of plan or log but .seen. */
struct seen_check {
	struct check_path path;
	enum status status;
	const char *cause;       /* NULL on a pass */
	const char *summary;     /* of the verdict */
	bool inverted;           /* --must-not-reach: a block is what was wanted */
	nsec_t phases[N_PHASES]; /* -1 = did not happen */
};

/** A run in the form in which it is compared. */
struct path_facts {
	struct seen_check *checks; /* in the order of the plan */
	size_t n_checks;
	struct fact resolvers; /* of the system, or those that were given */
};

void path_facts_of_run(const struct check_plan *plan, const struct obslog *log,
    const struct verdicts *verdicts, struct arena *arena, struct path_facts *ret);

/** Whether the check worked and is no inverted one: only then its facts mean much. */
bool path_facts_count(enum status status, bool inverted);

#endif
