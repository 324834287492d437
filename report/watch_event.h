/* SPDX-License-Identifier: MIT */
#ifndef REPORT_WATCH_EVENT_H
#define REPORT_WATCH_EVENT_H

#include "checks/runs/compare.h"
#include "report/report.h"

/*
 * Changes that a run brought. Values of facts that changed may stem from the run
 * before, whose names no redactor of this run knows: with one they are left out.
 */

/**
 * The document for --on-change ($defs/watch_event of report.schema.json), malloc()ed;
 * redacted where r->redactor is set.
 */
char *watch_event_json(const struct report *r, const struct change *changes, size_t n);

/**
 * A line for the log without its end: "since 2026-11-22T02:13:00Z storage.blob: status
 * pass -> fail (dns_not_private); changed with it: addresses". Lives in the arena.
 */
const char *watch_event_line(
    const struct report *r, const struct change *c, struct arena *arena);

#endif
