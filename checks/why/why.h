/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_WHY_H
#define CHECKS_WHY_H

#include "checks/judge/finding.h"
#include "checks/judge/judge_stages.h"

/*
 * From symptom to cause: what follow-up probes, controls and the kernel's counters
 * make of a failure. Each rule is described in docs/diagnosis.md; each adds the
 * evidence it rests on, and leaves what it cannot decide as it was.
 */

/** What the cause would be; starts as what the failure alone says. */
struct why {
	const char *cause;
	enum confidence confidence;
	const char *summary;
	const char *key;
	struct words alternatives; /* besides the cause's own look-alikes */
};

/** One more cause that would look the same. */
void why_alternative(struct judging *j, struct why *w, const char *cause);

/** Makes it the finding of this stage. */
void why_conclude(
    struct judging *j, enum status status, enum stage stage, const struct why *w);

/** This machine: route, output and input filters, conntrack. True = decided. */
bool why_local(struct judging *j, const struct obs *attempt, struct why *w);

/** Where on this machine packets of a counted burst of SYNs were lost. */
enum lost {
	LOST_OUT,          /* they did not leave it (Linux 6.8 counts those that do) */
	LOST_IN,           /* answers came and were neither delivered nor forwarded */
	LOST_REVERSE_PATH, /* answers came by an interface we would not use */
};

/** What the counters beside one address' own SYNs say (OBS_COUNTED_SYNS). */
enum counted {
	COUNTED_NOTHING, /* it was not measured */
	COUNTED_NONE,    /* measured, and its packets were not lost there */
	COUNTED_ALL,     /* as many as were sent, in every burst and in no pause */
};

/** *ret is the observation it rests on; NULL = COUNTED_NOTHING. */
enum counted why_counted(const struct judging *j, const struct addr *peer,
    enum lost where, const struct obs **ret);

/**
 * Whether some other address was measured and did not lose packets there: then the
 * counters of the whole run say nothing about an address that was not measured.
 */
bool why_counted_innocent(const struct judging *j, enum lost where);

/** A refusal that this machine's own packet filter made up. True = decided. */
bool why_own_reset(struct judging *j, const struct obs *attempt, struct why *w);

/** An attempt that nobody answered. */
void why_silent(struct judging *j, const struct obs *attempt, struct why *w);

/** An attempt that was answered with a reset. */
void why_refused(struct judging *j, const struct obs *attempt, struct why *w);

/** Failing sets of attempts from fixed source ports. True = decided. */
bool why_source_ports(struct judging *j, const struct addr *peer, struct why *w);

/** A limit of ports or sessions that the run itself has reached. True = decided. */
bool why_limits(struct judging *j, const struct obs *attempt, struct why *w);

/** A direct attempt failed where the configured proxy gets through. True = decided. */
bool why_proxy_needed(struct judging *j, const struct obs *attempt, struct why *w);

/** An attempt at the proxy that met nobody: the proxy is named, not the endpoint. */
void why_proxy_unreachable(struct judging *j, const struct obs *attempt, struct why *w);

/** The same request past the proxy, or through it, when it was made; or NULL. */
const struct obs *why_other_way(const struct judging *j);

bool why_variant_answered(const struct obs_request_variant *v);

/** Tells what the other way met; after the check's stages. */
void why_compare_ways(struct judging *j);

/** Warns of an address that should never be sent to a proxy. */
void why_misrouted(struct judging *j);

/** An open connection that went dead before an answer came. */
void why_stream(struct judging *j, const struct stream_death *d, struct why *w);

/** A fatal alert that may be a filter's word for a name. True = decided. */
bool why_alert(struct judging *j, struct why *w);

/** Facts of the path, as attributes of the verdict; for passing checks too. */
void why_path(struct judging *j);

/** Whether the way out and the way back are known to have different lengths. */
bool why_is_asymmetric(const struct judging *j, const struct addr *peer);

/** Whether the way there leads through a tunnel, as an attribute. */
void why_tunnelled(struct judging *j, const struct addr *peer);

/** Packets get lost in a tunnel that other addresses do not use. True = decided. */
bool why_tunnel_blocks(struct judging *j, const struct addr *peer, struct why *w);

/** The device that terminates this check's connections in its peer's place, or NULL:
 * the observation that proves it. */
const struct obs *why_terminated(const struct judging *j, const struct addr *peer);

/** A reply sooner than the path allows (with some room for jitter). */
bool why_is_too_early(nsec_t after, nsec_t rtt);

/**
 * No answer came to a connection that was gone already: the kernel would have reset
 * it, and the run saw no such reset (Tcp.OutRsts). False also when nobody counts.
 */
bool why_no_late_answer(const struct judging *j);

/** Names every probe of this check that could not be made, and why, as context. */
void why_unmeasured(struct judging *j);

#endif
