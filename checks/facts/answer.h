/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_ANSWER_H
#define CHECKS_ANSWER_H

#include <stdbool.h>

#include "checks/plan/catalogue.h"
#include "probe/model/obs.h"

struct arena;

/*
 * What an HTTP answer says about who gave it: the rules of the catalogue, and the
 * marks of proxies and filters that answer in place of a server.
 */

/** Value of the first field of that name (lower case), or NULL. */
const char *http_header(const struct obs_http *http, const char *name);

/** Whether the body (its first OBS_MAX_BODY bytes, NULs or not) holds the text. */
bool http_body_contains(const struct obs_http *http, const char *text);

/** Whether Jupyter's server (Tornado) says that a request came without its upgrade. */
bool http_says_upgrade_missing(const struct obs_http *http);
bool text_says_upgrade_missing(const char *text);

/**
 * The rule that the answer meets and whose fact is best known (documented before
 * seen before believed), or NULL.
 */
const struct answer_rule *answer_match(
    const struct answer_rule *rules, size_t n_rules, const struct obs_http *http);

/**
 * A rule whose header or body marks the answer bears, whatever its status; rules
 * that only look at the status do not count. NULL = none.
 */
const struct answer_rule *answer_marked(
    const struct answer_rule *rules, size_t n_rules, const struct obs_http *http);

/** Whether at least one rule is more than believed. */
bool answer_rules_known(const struct answer_rule *rules, size_t n_rules);

/** The value an answer discloses, not yet escaped, or NULL. */
const char *answer_disclosed(
    const struct disclosure *d, const struct obs_http *http, struct arena *arena);

/** How Azure Firewall words its refusal of a plain HTTP request. */
enum firewall_mark {
	FIREWALL_NONE,
	FIREWALL_STATUS, /* status 470 alone, which nobody else uses */
	FIREWALL_SENTENCE
};

enum firewall_mark answer_azure_firewall(const struct obs_http *http);

/**
 * The mark of a proxy or filter in the answer ("Server: squid"), or NULL. A Via
 * field counts only beside a refusal, since well-behaved caches add it too, and never
 * where an explicit proxy was asked.
 */
const char *answer_proxy_mark(const struct obs_http *http, struct arena *arena);

#endif
