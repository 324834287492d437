/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_CAUSE_DECIDED_H
#define CHECKS_CAUSE_DECIDED_H

#include "checks/judge/cause.h"

/**
 * What a cause is decided by, in one or two sentences for people. A test sees to it
 * that no entry of cause_table() gives NULL. The rules themselves are in the judge.
 */
const char *cause_decided(const struct cause *cause);

#endif
