/* SPDX-License-Identifier: MIT */
#ifndef CLI_EXIT_CODE_H
#define CLI_EXIT_CODE_H

#include <stdbool.h>

#include "checks/judge/verdict.h"
#include "cli/output.h"

/*
 * Exit codes of the contract. Plain: 0 passed, 1 failed, 2 could not test. Nagios
 * ("Plugin Return Codes" of the plugin guidelines): 0 OK, 1 WARNING, 2 CRITICAL,
 * 3 UNKNOWN.
 */

/**
 * For a run that took place. With strict a warning counts as a failure, that of a
 * check that is not required included. An interrupted run could not test, whatever it
 * had seen until then.
 */
int exit_code_of_run(
    const struct verdicts *v, bool strict, bool interrupted, enum exit_style style);

/** For a run that did not: usage, configuration, missing permission, lost output. */
int exit_code_unusable(enum exit_style style);

#endif
