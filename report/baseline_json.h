/* SPDX-License-Identifier: MIT */
#ifndef REPORT_BASELINE_JSON_H
#define REPORT_BASELINE_JSON_H

#include "checks/runs/baseline.h"
#include "report/json_out.h"

/** $defs/baseline of report.schema.json, as a report carries it. */
json_t *baseline_to_json(struct json_out *out, const struct baseline *b);

/**
 * The file of --save-baseline, malloc()ed: ids and sets in order and no time of day, so
 * that two files of the same path are the same bytes.
 */
char *baseline_json(const struct baseline *b);

#endif
