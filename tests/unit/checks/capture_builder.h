/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_CHECKS_CAPTURE_BUILDER_H
#define TESTS_UNIT_CHECKS_CAPTURE_BUILDER_H

#include "checks/flow/flow_book.h"
#include "checks/judge/judge.h"
#include "probe/base/arena.h"

/** One capture: flows are added, then everything is judged. */
struct capture {
	struct arena arena;
	struct flow_book *book;
	struct obs_capture whole;
	struct check_plan plan;
	struct obslog log;
	struct verdicts verdicts;
};

/** Taken on the client's side, with nothing lost. */
void capture_begin(struct capture *c);
void capture_judge(struct capture *c);

/** Of the check with that id, which has to be there. */
const struct verdict *capture_verdict(const struct capture *c, const char *id);

/** A connection with a ClientHello that was acknowledged; 20 ms, TTL 62. */
struct obs_flow flow_opened(const char *name, const char *server);

/** One that was answered. */
struct obs_flow flow_healthy(const char *name, const char *server);

/** One of bad.example.net that a reset without ACK ended. */
struct obs_flow flow_was_reset(uint8_t ttl, nsec_t after);

#endif
