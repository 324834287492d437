/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_VERDICT_H
#define CHECKS_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "checks/judge/cause.h"
#include "probe/model/obs.h"

/*
 * What the observations of one check mean. Produced by checks/judge/judge.h, read by
 * report/. Words are those of the contract.
 */

enum status {
	STATUS_PASS,
	STATUS_WARN,
	STATUS_FAIL,
	STATUS_INCONCLUSIVE,
	STATUS_SKIPPED
};

/** Rules for each word: docs/diagnosis.md. */
enum confidence {
	CONFIDENCE_CERTAIN,
	CONFIDENCE_LIKELY,
	CONFIDENCE_POSSIBLE,
	CONFIDENCE_CANNOT_TELL,
};

enum evidence_role {
	EVIDENCE_SUPPORTS,
	EVIDENCE_CONTRADICTS,
	EVIDENCE_CONTEXT
};

const char *status_name(enum status s);
const char *confidence_name(enum confidence c);
const char *evidence_role_name(enum evidence_role r);

/* Facts of a path: bits of verdict.attributes. */
enum attribute {
	ATTR_TRANSPARENT_TCP_PROXY = 1 << 0,
	ATTR_SYN_PROXY = 1 << 1,
	ATTR_FORCED_TUNNEL = 1 << 2,
	ATTR_ASYMMETRIC_PATH = 1 << 3,
	ATTR_MSS_CLAMPED = 1 << 4,
	ATTR_PMTU_REDUCED = 1 << 5,
	ATTR_EXPLICIT_PROXY = 1 << 6,
	ATTR_TLS_INSPECTED = 1 << 7,
	ATTR_PRIVATE_ENDPOINT = 1 << 8,
	ATTR_SERVICE_ENDPOINT = 1 << 9,
	ATTR_TAMPERING_SEEN = 1 << 10,
};

#define N_ATTRIBUTES 11

/** Name of attribute bit number i (0 to N_ATTRIBUTES - 1). */
const char *attribute_name(unsigned i);

struct evidence {
	const char *text;
	const unsigned *observations; /* ids that exist */
	size_t n_observations;
	enum evidence_role role;
};

/** A list of sentences or cause names. */
struct words {
	const char **items;
	size_t n_items, cap;
};

struct verdict {
	enum status status;
	bool has_stage; /* false on a pass */
	enum stage stage;
	const struct cause *cause;  /* NULL on a pass */
	enum confidence confidence; /* of a pass too: a silent UDP pass is "possible" */
	unsigned attributes;
	const char *summary;       /* one sentence for people */
	struct words alternatives; /* names of causes, or plain words */
	struct words would_decide, ruled_out, remediation;
	struct evidence *evidence;
	size_t n_evidence, evidence_cap;
	nsec_t duration;            /* first to last observation of the check */
	nsec_t dns, tcp, tls, http; /* phase times; -1 = did not happen */
	struct addr address;        /* the one that served the check; family 0 = none */
};

/** Several checks with one cause, the root cause first. */
struct cause_group {
	const struct cause *cause;
	enum confidence confidence;
	const char *summary;
	const unsigned *checks; /* indices into the plan's targets */
	size_t n_checks;
	struct words evidence, alternatives, would_decide, remediation;
};

struct verdicts {
	struct verdict *items; /* one per target of the plan, same order */
	size_t n_items;
	struct cause_group *groups;
	size_t n_groups;
	unsigned attributes; /* of the run */
	unsigned pass, warn, fail, inconclusive, skipped;
	enum status overall; /* warnings do not make it worse than warn */
	const char *place;   /* of a capture file: "client", "unknown"; NULL = none */
	struct words limits; /* what the file cannot show, sentences */
};

#endif
