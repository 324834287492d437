/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_EXPECT_H
#define CHECKS_EXPECT_H

#include "checks/judge/finding.h"

/**
 * Turns the verdict of a check that must not be reached (--must-not-reach) into what
 * it means there: an answer is a failure, a proven block is a pass, and everything
 * that proves neither is inconclusive. Silence is a block only while another check
 * shows that this machine can connect at all.
 */
void expect_blocked(struct judging *j);

#endif
