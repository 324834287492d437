/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_CHECK_PLAN_H
#define CHECKS_CHECK_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "checks/plan/catalogue.h"
#include "checks/plan/settings.h"
#include "probe/model/plan.h"

struct arena;
struct baseline;
struct service_tags;
struct input_error;

/** What is expected of plan.targets[i]; same index. */
struct check {
	const struct catalogue_entry *entry; /* NULL for an ad-hoc target */
	const char *title;
	const char *shown_target; /* URL, host:port or dns:name */
	const char *purpose;
	const char *family;
	const char *service_tag;       /* expanded, or NULL */
	const char *private_link_zone; /* of this cloud, or NULL */
	bool required;
	bool must_not_reach;
	bool expect_private;
	const char *proxy_reason;   /* which rule sent it directly or to the proxy */
	const char *no_proxy_entry; /* that keeps it from a proxy; NULL = none */
	bool proxy_matters; /* some proxy is set, and this could be sent to one */
	/* The rule by which other programs send this platform address to a proxy. */
	const char *others_proxied_by; /* NULL = none */
};

/** A catalogue entry that was left out, and why. */
struct left_out {
	const char *id;
	const char
	    *reason; /* "needs --key-vault", "feature aks is off", "--skip aks.*" */
};

struct check_plan {
	struct plan probe;
	const struct check *checks; /* probe.n_targets of them */
	const struct left_out *left_out;
	size_t n_left_out;
	const struct catalogue
	    *catalogue; /* without entries when only ad-hoc targets run */
	enum cloud cloud;
	const char *region; /* NULL = not given */
	const struct cidr *expect_cidrs;
	size_t n_expect_cidrs;
	const struct baseline *baseline; /* approved facts, or NULL */
	const struct service_tags
	    *service_tags; /* of a run that watches ports, or NULL */
};

/**
 * Turns settings and catalogue into what is contacted and expected, in catalogue
 * order. Sends nothing and reads no file.
 *
 * Returns 0, or -1 with a one-line reason (malformed target, glob that selects
 * nothing, nothing to check, ...).
 */
int check_plan_build(const struct settings *settings, const struct catalogue *catalogue,
    struct arena *arena, struct check_plan *ret, struct input_error *reterr);

/** Whether these settings need the catalogue at all (ad-hoc targets alone do not). */
bool check_plan_needs_catalogue(const struct settings *settings);

#endif
